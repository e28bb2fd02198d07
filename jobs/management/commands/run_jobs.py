from django.core.management import BaseCommand, CommandError

from jobs.models import Job, Lease
from jobs.registry import definitions
from jobs.runner import process_name


class Command(BaseCommand):
    help = (
        "Runs the recurring jobs that are due, once. Does nothing if a server process runs them. Named jobs always "
        "run. If the site is served by another program than `manage.py serve`, call this command every minute. The "
        "exit status is 1 if a job failed. Example: manage.py run_jobs mail-feedback"
    )

    def add_arguments(self, parser):
        parser.add_argument("names", nargs="*", metavar="NAME", help=f"One of: {', '.join(sorted(definitions))}.")

    def handle(self, *args, names, **options):
        if unknown := sorted(set(names) - definitions.keys()):
            raise CommandError(f"Unknown job {', '.join(unknown)}. Use one of: {', '.join(sorted(definitions))}.")
        if names:
            self.run([job for job in Job.objects.ensure_all() if job.name in names])
            return
        owner = process_name()
        if not Lease.objects.take(owner):
            self.stdout.write(f"Nothing to do: {Lease.objects.first()} runs the jobs.")
            return
        try:
            self.run([job for job in Job.objects.ensure_all() if job.is_due])
        finally:
            Lease.objects.give_back(owner)

    def run(self, jobs: list[Job]) -> None:
        failed = []
        for job in jobs:
            if job.run():
                self.stdout.write(f"{job.name}: done")
            else:
                failed.append(f"{job.name}: {job.last_error}")
        if failed:
            raise CommandError("\n".join(failed))
