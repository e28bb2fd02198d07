from django.core.management import BaseCommand

from feedback.models import Message


class Command(BaseCommand):
    help = (
        "Mails the messages of visitors that no mail server has taken yet, and erases those that were answered long "
        "enough ago. The server does both by itself. Example: manage.py mail_feedback"
    )

    def handle(self, *args, **options):
        mailed = Message.objects.mail_waiting()
        erased = Message.objects.erase_outdated()
        waiting = Message.objects.waiting().count()
        self.stdout.write(f"Mailed: {mailed}. Waiting: {waiting}. Erased after their retention period: {erased}.")
