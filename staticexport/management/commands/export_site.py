import errno
import re
import time
from pathlib import Path
from urllib.parse import urlsplit

from django.core.management import BaseCommand, CommandError
from django.http.request import split_domain_port

from health.errors import CONNECTION_ERRORS
from staticexport.folder import Folder, FolderError
from staticexport.mirror import Mirror, SameFileError
from staticexport.site import Site, SiteError

# Files between two lines of progress.
PROGRESS_INTERVAL = 200
MAX_LISTED = 10


class Command(BaseCommand):
    help = (
        "Writes the public site as plain files for any web space or an archive: pages in each language with the files "
        "that they use, feeds, the sitemap and error pages, without forms and without the consent notice. Only changed "
        "files are written, and the folder is replaced atomically. "
        "Example: manage.py export_site --to /srv/unic/mirror --address https://unic.example.org"
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--to",
            required=True,
            type=Path,
            metavar="DIR",
            help="Folder of the mirror. It is created if it does not exist. Its parent folder must be writable.",
        )
        parser.add_argument("--address", required=True, help="Public URL of the mirror: https://unic.example.org.")

    def handle(self, *args, to: Path, address: str, verbosity: int, **options):
        mirror = Mirror(Site(parse_origin(address)))
        folder = Folder(to)
        try:
            with folder.replaced():
                self.write(mirror, folder, is_quiet=verbosity == 0)
                removed = folder.switch()
        except (FolderError, SiteError, SameFileError) as error:
            raise CommandError(f"{error} The mirror is unchanged.") from error
        except CONNECTION_ERRORS as error:
            raise CommandError(f"The database cannot be reached: {error}. The mirror is unchanged.") from error
        except OSError as error:
            raise CommandError(f"{explain(error, folder)} The mirror is unchanged.") from error
        if verbosity:
            self.summarise(mirror, folder, removed)

    def write(self, mirror: Mirror, folder: Folder, is_quiet: bool):
        """Write all files, and print the progress."""
        started_at = time.monotonic()
        for name, content in mirror.files():
            folder.put(name, content)
            done = len(folder.names)
            if done % PROGRESS_INTERVAL == 0 and not is_quiet:
                left = (time.monotonic() - started_at) / done * len(mirror.queue)
                self.stdout.write(f"{done:,} of at least {done + len(mirror.queue):,} files, about {left:,.0f} s left")
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
        self.list_problems("Broken links", [f"{path} (on {page})" for path, page in mirror.dead_links.items()])
        self.list_problems("Redirects that are not possible in a mirror", mirror.skipped)

    def list_problems(self, title: str, items: list[str]):
        if items:
            shown = [printable(item) for item in sorted(items)[:MAX_LISTED]]
            more = [f"and {len(items) - MAX_LISTED:,} more"] if len(items) > MAX_LISTED else []
            self.stderr.write(f"{title}: {', '.join([*shown, *more])}.")


def parse_origin(address: str) -> str:
    """Return scheme and host of `address`. Raises CommandError if it has other parts."""
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


def explain(error: OSError, folder: Folder) -> str:
    """Return a sentence on the error, with a remedy if there is one."""
    path = error.filename or folder.path
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"{path} cannot be written. Make {folder.path.parent} and all in {folder.path} writable for this user."
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"There is no space left for {path}. The export needs space for each changed file."
    if error.errno == errno.EBUSY:
        return f"{path} is a mount point, which cannot be replaced. Choose a folder in it."
    return f"{path}: {error.strerror}."


def printable(text: str) -> str:
    return re.sub(r"[\x00-\x1f\x7f-\x9f]", "?", text)
