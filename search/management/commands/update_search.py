from django.core.management import BaseCommand

from search.indexing import index_changed_items
from search.triggers import mark_all_items


class Command(BaseCommand):
    help = (
        "Updates the search from content that changed. A running site does this within seconds. "
        "Example: manage.py update_search --all"
    )

    def add_arguments(self, parser):
        parser.add_argument("--all", action="store_true", help="Index all content again.")

    def handle(self, *args, **options):
        if options["all"]:
            mark_all_items()
        number = index_changed_items()
        if number and options["verbosity"]:
            self.stdout.write(f"Search: {number} changes indexed.")
