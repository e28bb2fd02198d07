from django.core.management import BaseCommand

from editorial.models import ScheduledChange


class Command(BaseCommand):
    help = (
        "Shows and hides what is scheduled, where its moment has come. The server does it by itself; this is for one "
        "that is started otherwise. Example: manage.py carry_out_schedule"
    )

    def handle(self, *args, **options):
        self.stdout.write(f"Scheduled changes made: {ScheduledChange.objects.carry_out()}.")
