from django.core.management import BaseCommand, CommandError

from pictures.models import Picture


class Command(BaseCommand):
    help = (
        "Creates missing renditions (sizes and formats) of pictures, for example after a restore, and deletes unused "
        "ones. Example: manage.py make_pictures --anew"
    )

    def add_arguments(self, parser):
        parser.add_argument("--anew", action="store_true", help="Also create the existing renditions again.")

    def handle(self, *args, anew, **options):
        errors, made = [], 0
        for picture in Picture.objects.all():
            if picture.has_renditions and not anew:
                continue
            try:
                picture.make_renditions()
                made += 1
            except (OSError, ValueError) as error:
                errors.append(
                    f"{picture} ({picture.file.name}): {error}. Upload its file again, or free space on the disk."
                )
            else:
                if options["verbosity"]:
                    self.stdout.write(f"{picture}: made")
        deleted = Picture.objects.delete_unused_renditions()
        if made or deleted or options["verbosity"] > 1:
            self.stdout.write(f"{made} made, {deleted} unused deleted.")
        if errors:
            raise CommandError("\n".join(["Some pictures have no renditions. Pages show the uploads.", *errors]))
