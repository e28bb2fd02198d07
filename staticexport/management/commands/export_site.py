import errno
import re
import time
from pathlib import Path
from urllib.parse import urlsplit

from django.core.management import BaseCommand, CommandError
from django.db import InterfaceError, OperationalError
from django.http.request import split_domain_port

from staticexport.folder import Folder, FolderError
from staticexport.mirror import Mirror, SameFileError
from staticexport.site import Site, SiteError

FILES_A_LINE = 200
MOST_NAMED = 10


class Command(BaseCommand):
    help = (
        "Writes the public site as plain files, for any web space or an archive: pages in each language, what they "
        "use, feeds, the site map and error pages, without forms and without consent notice. Writes only what changed, "
        "and replaces the folder at once. Example: manage.py export_site --to /srv/unic/mirror "
        "--address https://unic.example.org"
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--to",
            required=True,
            type=Path,
            metavar="DIR",
            help="The folder of the mirror; made if missing. The folder above it must be writable.",
        )
        parser.add_argument(
            "--address", required=True, help="Where visitors will read the mirror: https://unic.example.org."
        )

    def handle(self, *args, to: Path, address: str, verbosity: int, **options):
        mirror = Mirror(Site(checked(address)))
        folder = Folder(to)
        try:
            with folder.replaced():
                self.write(mirror, folder, is_quiet=verbosity == 0)
                removed = folder.switch()
        except (FolderError, SiteError, SameFileError) as error:
            raise CommandError(f"{error} The mirror is as it was.") from error
        except (OperationalError, InterfaceError) as error:
            raise CommandError(f"The database does not answer: {error}. The mirror is as it was.") from error
        except OSError as error:
            raise CommandError(f"{explained(error, folder)} The mirror is as it was.") from error
        if verbosity:
            self.summarise(mirror, folder, removed)

    def write(self, mirror: Mirror, folder: Folder, is_quiet: bool):
        """Write each file, and say from time to time how far it is."""
        start = time.monotonic()
        for name, content in mirror.files():
            folder.put(name, content)
            done = len(folder.names)
            if done % FILES_A_LINE == 0 and not is_quiet:
                left = (time.monotonic() - start) / done * len(mirror.waiting)
                self.stdout.write(
                    f"{done:,} of at least {done + len(mirror.waiting):,} files, about {left:,.0f} s left"
                )
                self.stdout.flush()

    def summarise(self, mirror: Mirror, folder: Folder, removed: int):
        files = len(folder.names)
        if folder.written or removed:
            self.stdout.write(
                f"{folder.path} has {files:,} files: {folder.written:,} written, {files - folder.written:,} unchanged, "
                f"{removed:,} removed."
            )
        else:
            self.stdout.write(f"Nothing has changed in {folder.path} ({files:,} files).")
        self.name("Links that lead nowhere", [f"{path} (on {page})" for path, page in mirror.dead_links.items()])
        self.name("Redirects left out, as no file can stand for them or their target", mirror.skipped)

    def name(self, what: str, items: list[str]):
        if items:
            shown = [printable(item) for item in sorted(items)[:MOST_NAMED]]
            more = [f"and {len(items) - MOST_NAMED:,} more"] if len(items) > MOST_NAMED else []
            self.stderr.write(f"{what}: {', '.join([*shown, *more])}.")


def checked(address: str) -> str:
    """`address` as scheme and host. Raises CommandError for anything else."""
    try:
        parts = urlsplit(address)
    except ValueError:
        parts = urlsplit("")
    host, _port = split_domain_port(parts.netloc)
    if parts.scheme not in ("http", "https") or not host or parts.path not in ("", "/") or parts.query:
        raise CommandError(
            f"--address {address} is not the address of a site. Give scheme and host alone, as in "
            "https://unic.example.org; a mirror in a folder of a host cannot work, since its links start at the root."
        )
    return f"{parts.scheme}://{parts.netloc.lower()}"


def explained(error: OSError, folder: Folder) -> str:
    """One sentence on what failed, with the remedy where there is one."""
    place = error.filename or folder.path
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"{place} cannot be written. Make {folder.path.parent} and all in {folder.path} writable for this user."
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"There is no space left for {place}. The export needs room for each file that changed."
    if error.errno == errno.EBUSY:
        return f"{place} is a mount point, which cannot be replaced. Name a folder in it."
    return f"{place}: {error.strerror}."


def printable(text: str) -> str:
    return re.sub(r"[\x00-\x1f\x7f-\x9f]", "?", text)
