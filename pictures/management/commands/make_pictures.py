from django.core.management import BaseCommand, CommandError

from pictures.models import Picture


class Command(BaseCommand):
    help = (
        "Makes the sizes and formats of every picture that lacks them, as after a backup was brought back, and removes "
        "those that no picture uses any more. Example: manage.py make_pictures --anew"
    )

    def add_arguments(self, parser):
        parser.add_argument("--anew", action="store_true", help="Make those that are there a second time.")

    def handle(self, *args, anew, **options):
        faults, made = [], 0
        for picture in Picture.objects.all():
            if picture.has_sizes and not anew:
                continue
            try:
                picture.make_sizes()
                made += 1
            except (OSError, ValueError) as error:
                faults.append(
                    f"{picture} ({picture.file.name}): {error}. Upload its file again, or free space on the disk."
                )
            else:
                if options["verbosity"]:
                    self.stdout.write(f"{picture}: made")
        removed = Picture.objects.remove_unused_sizes()
        if made or removed or options["verbosity"] > 1:
            self.stdout.write(f"{made} made, {removed} outdated removed.")
        if faults:
            raise CommandError("\n".join(["Some pictures have no sizes; pages show the original.", *faults]))
