from hashlib import sha256

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import BaseCommand, CommandError, call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

import triggers


class Command(BaseCommand):
    help = (
        "Makes the site ready to be served: translations, database schema, first content, static files. "
        "Does only what is not done yet, and overwrites nothing that an editor changed. Example: manage.py prepare"
    )

    def add_arguments(self, parser):
        parser.add_argument("--no-content", action="store_true", help="Leave the content files alone.")

    def handle(self, *args, no_content, **options):
        call_command("compilemessages", verbosity=options["verbosity"])
        # Before all that needs the database, which may be away.
        self.collect_static_files()
        self.migrate(options["verbosity"])
        if not no_content:
            call_command("load_content", verbosity=0 if options["verbosity"] == 1 else options["verbosity"])
            call_command("publish_notice", refresh=True, verbosity=options["verbosity"])
        self.make_pictures(options["verbosity"])

    def migrate(self, verbosity: int):
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            self.stdout.write("Bringing the database up to date …")
            call_command("migrate", interactive=False, verbosity=0 if verbosity == 1 else verbosity)
        # A version without migrations may bring other triggers.
        for name, fault in triggers.install(connection).items():
            self.stdout.write(f"The database trigger {name} was {fault}; it is as it should be now.")

    def make_pictures(self, verbosity: int):
        try:
            call_command("make_pictures", verbosity=verbosity)
        except CommandError as fault:
            # Pages show the originals instead; no reason to stay away.
            self.stderr.write(str(fault))

    def collect_static_files(self):
        """Build the static files anew if any source of them changed since they were last built."""
        if settings.DEBUG:
            return
        seen = sha256()
        for finder in get_finders():
            for path, storage in finder.list([]):
                source = storage.path(path)
                seen.update(f"{path}\0{storage.size(path)}\0{storage.get_modified_time(path)}\0{source}\n".encode())
        stamp = settings.STATIC_ROOT / ".built-from"
        if stamp.exists() and stamp.read_text() == seen.hexdigest():
            return
        self.stdout.write("Building static files …")
        call_command("collectstatic", interactive=False, clear=True, verbosity=0)
        stamp.write_text(seen.hexdigest())
