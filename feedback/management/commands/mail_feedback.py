from django.core.management import BaseCommand

from feedback.models import Message


class Command(BaseCommand):
    help = (
        "Mails the waiting messages of visitors, and erases answered messages after their retention period. The server "
        "does both automatically. Example: manage.py mail_feedback"
    )

    def handle(self, *args, **options):
        mailed = Message.objects.mail_waiting()
        erased = Message.objects.erase_outdated()
        waiting = Message.objects.waiting().count()
        self.stdout.write(f"Mailed: {mailed}. Waiting: {waiting}. Erased after their retention period: {erased}.")
