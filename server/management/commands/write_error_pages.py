import logging
from pathlib import Path

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.management import BaseCommand, CommandError

from pagecache.key import CacheKey, canonical_host, first_host
from security.files import write_atomically
from server.asgi import REFUSED_STATUS, call_wsgi

# Errors for which nginx sends these pages (deploy/nginx.conf).
STATUSES = (400, 413, 414, 429, 431, 503)


class Command(BaseCommand):
    help = (
        "Writes the error pages that nginx sends while the site does not answer, in each language. Run it after each "
        "update. Example: manage.py write_error_pages --to /var/lib/unic/error-pages"
    )

    def add_arguments(self, parser):
        parser.add_argument("--to", required=True, type=Path, help="The folder. It is created if it does not exist.")

    def handle(self, *args, to: Path, **options):
        host = first_host()
        if canonical_host(host) is None:
            raise CommandError("ALLOWED_HOSTS contains no host to write the pages for.")
        site = WSGIHandler()
        # Otherwise Django logs each page as an error.
        logging.getLogger("django.request").setLevel(logging.CRITICAL)
        for code in ("", *(code for code, _name in settings.LANGUAGES)):
            for status in STATUSES:
                path = f"/{code}/" if code else "/"
                environ = CacheKey("https", host, path, "", "").environ({REFUSED_STATUS: status})
                page, _chunks = call_wsgi(site, environ)
                if page.status != status:
                    raise CommandError(f"The page for status {status} at {path} has status {page.status}.")
                self.write(to / code / f"{status}.html", page.body)
        languages = ", ".join(code for code, _name in settings.LANGUAGES)
        self.stdout.write(f"Wrote {len(STATUSES)} pages for each language ({languages}) to {to}.")

    @staticmethod
    def write(file: Path, content: bytes):
        """Write a file that the user of the web server can read."""
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.parent.chmod(0o755)
            write_atomically(file, content, mode=0o644)
        except OSError as error:
            raise CommandError(f"{file} could not be written: {error.strerror}.") from error
