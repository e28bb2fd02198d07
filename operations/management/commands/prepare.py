from hashlib import sha256

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import BaseCommand, CommandError, call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

import triggers
from editorial.content_files import OtherSiteError
from editorial.models import ImportState
from server.lock import InterruptedRestoreError, require_no_interrupted_restore
from translations.columns.sync import outdated_columns


class Command(BaseCommand):
    help = (
        "Prepares the site to be served: compiles translations, migrates the database, loads the initial content and "
        "builds static files. Steps that are already done are skipped, and edited content is not overwritten. "
        "Example: manage.py prepare"
    )

    def add_arguments(self, parser):
        parser.add_argument("--no-content", action="store_true", help="Do not load the initial content.")

    def handle(self, *args, no_content, **options):
        try:
            require_no_interrupted_restore()
        except InterruptedRestoreError as error:
            raise CommandError(str(error)) from error
        call_command("compilemessages", verbosity=options["verbosity"])
        # Before the steps that need the database, which may be unavailable.
        self.collect_static_files()
        self.migrate(options["verbosity"])
        if not no_content:
            self.load_content(options["verbosity"])
            call_command("put_notice_in_force", refresh=True, verbosity=options["verbosity"])
        call_command("update_search", verbosity=options["verbosity"])
        self.make_pictures(options["verbosity"])

    def migrate(self, verbosity: int):
        executor = MigrationExecutor(connection)
        is_outdated = bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
        if is_outdated:
            self.stdout.write("Migrating the database …")
        elif columns := outdated_columns(connection):
            self.stdout.write(f"Adding {len(columns)} columns for the languages of the site …")
        # A new version or another language can change triggers without a migration.
        faults = {} if is_outdated or columns else triggers.faults(connection)
        if is_outdated or columns or faults:
            call_command("migrate", interactive=False, verbosity=0 if verbosity == 1 else verbosity)
        for name, state in faults.items():
            self.stdout.write(f"The database trigger {name} was {state}; it was corrected.")

    def load_content(self, verbosity: int):
        try:
            call_command("load_content", verbosity=0 if verbosity == 1 else verbosity)
        except CommandError as error:
            # An error in a file must not stop a site that has content. That of two sites must not mix.
            if isinstance(error.__cause__, OtherSiteError) or not ImportState.objects.exists():
                raise
            self.stderr.write(f"{error}\nThe site starts with the content of the database.")

    def make_pictures(self, verbosity: int):
        try:
            call_command("make_pictures", verbosity=verbosity)
        except CommandError as error:
            # Not fatal: pages show the original files instead.
            self.stderr.write(str(error))

    def collect_static_files(self):
        """Build the static files if a source file has changed since the last build."""
        if settings.DEBUG:
            return
        digest = sha256()
        for finder in get_finders():
            for path, storage in finder.list([]):
                size, modified_at = storage.size(path), storage.get_modified_time(path)
                digest.update(f"{path}\0{size}\0{modified_at}\0{storage.path(path)}\n".encode())
        stamp = settings.STATIC_ROOT / ".built-from"
        if stamp.exists() and stamp.read_text() == digest.hexdigest():
            return
        self.stdout.write("Building static files …")
        call_command("collectstatic", interactive=False, clear=True, verbosity=0)
        stamp.write_text(digest.hexdigest())
