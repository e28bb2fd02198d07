from pathlib import Path

from django.core.management import BaseCommand, CommandError
from django.db import DatabaseError

from operations.copying import CopyError, check, copy
from server.lock import InUseError, lock_while_restoring


class Command(BaseCommand):
    help = (
        "Copies all rows of an SQLite database into the PostgreSQL database of DATABASE_URL, which `migrate` has "
        "prepared. Stop the site first. Example: manage.py copy_database /srv/unic/data/db.sqlite3"
    )
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path, metavar="FILE", help="The SQLite database.")

    def handle(self, *args, file, **options):
        try:
            with lock_while_restoring():
                check(file)
                count = copy(file)
        except InUseError as error:
            raise CommandError("The site is running: stop it first, on Debian with: systemctl stop unic") from error
        except CopyError as error:
            raise CommandError(f"Nothing was copied. {error}") from error
        except DatabaseError as error:
            # Further lines can contain values of a row.
            raise CommandError("Nothing was copied: " + str(error).partition("\n")[0]) from error
        self.stdout.write(f"{count} rows were copied. Check the consent record now: manage.py verify_consents")
