import logging
from pathlib import Path

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.management import BaseCommand, CommandError

from pagecache.key import CacheKey, canonical_host
from server.asgi import REFUSED, call_wsgi

# The errors that nginx answers itself (deploy/nginx.conf).
STATUSES = (400, 413, 429, 503)


class Command(BaseCommand):
    help = (
        "Writes the error pages that nginx sends while the site does not answer, in each language. Run it after each "
        "update. Example: manage.py write_error_pages --to /var/lib/unic/error-pages"
    )

    def add_arguments(self, parser):
        parser.add_argument("--to", required=True, type=Path, help="The folder; made if missing.")

    def handle(self, *args, to: Path, **options):
        host = next((host.lstrip(".") for host in settings.ALLOWED_HOSTS if host != "*"), "localhost")
        if canonical_host(host) is None:
            raise CommandError("ALLOWED_HOSTS names no host to write the pages for.")
        site = WSGIHandler()
        # Django would log each of the pages as an error.
        logging.getLogger("django.request").setLevel(logging.CRITICAL)
        for code in ("", *(code for code, _name in settings.LANGUAGES)):
            for status in STATUSES:
                path = f"/{code}/" if code else "/"
                environ = CacheKey("https", host, path, "", "").environ({REFUSED: status})
                page, _streamed = call_wsgi(site, environ)
                if page.status != status:
                    raise CommandError(f"{path} was answered with {page.status} instead of {status}.")
                self.write(to / code / f"{status}.html", page.body)
        self.stdout.write(f"Wrote {len(STATUSES)} pages in {len(settings.LANGUAGES)} languages to {to}.")

    @staticmethod
    def write(file: Path, content: bytes):
        """Write a file that the web server's user may read, whatever the umask."""
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.parent.chmod(0o755)
            new = file.with_suffix(".new")
            new.write_bytes(content)
            new.chmod(0o644)
            new.replace(file)
        except OSError as error:
            raise CommandError(f"{file} could not be written: {error.strerror}.") from error
