import errno
import os
import socket
import sys

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import BaseCommand, CommandError, call_command

from health.errors import DATABASE_AWAY
from pagecache.disk import STATE
from server.granian import GRANIAN
from server.lock import InUseError, hold_while_serving

# A worker that is stopped answers what it has accepted; what takes longer is cut off.
SECONDS_TO_STOP = "30"


class Command(BaseCommand):
    help = "Prepares the site and serves it until Ctrl-C. Example: manage.py serve --port 8001"

    def add_arguments(self, parser):
        parser.add_argument("--host", default="127.0.0.1", help="Address to listen at (default: %(default)s).")
        parser.add_argument("--port", default="8000", help="Port to listen at (default: %(default)s).")
        parser.add_argument("--workers", type=int, default=2, help="Processes that answer (default: %(default)s).")
        parser.add_argument("--reload", action="store_true", help="Restart when a file of the program changes.")

    def handle(self, *args, host, port, workers, reload, **options):
        self.check_address(host, port)
        try:
            hold_while_serving()
        except InUseError as error:
            raise CommandError("A backup is being restored: start the site when that is done.") from error
        is_prepared = self.prepare(options["verbosity"])
        shown = f"[{host}]" if ":" in host else host
        self.stdout.write(f"The site is at http://{shown}:{port}/ and its admin at http://{shown}:{port}/admin/")
        if is_prepared and not get_user_model().objects.filter(is_staff=True).exists():
            self.stdout.write("There is no staff account yet: run `make staff` to make the first one.")
        self.stdout.write("Ctrl-C stops it.")
        self.stdout.flush()
        environment = os.environ | {"ALLOWED_HOSTS": ",".join([*settings.ALLOWED_HOSTS, shown])}
        command = [sys.executable, *GRANIAN, "--host", host, "--port", port]
        command += ["--workers", "1" if reload else str(workers), "--respawn-failed-workers"]
        command += ["--workers-kill-timeout", SECONDS_TO_STOP, *(["--reload"] if reload else [])]
        if reload:
            # Whoever changes a template wants to see it at once.
            environment["PAGE_CACHE_MEGABYTES"] = "0"
        # The server takes this process's place, so that signals reach it directly.
        os.execve(sys.executable, [*command, "unic_site.asgi:application"], environment)  # noqa: S606 (no shell)

    def prepare(self, verbosity: int) -> bool:
        """Returns whether the site is ready; not where the database is away, but pages are there to be served."""
        try:
            call_command("prepare", verbosity=verbosity)
        except DATABASE_AWAY:
            if not (settings.PAGE_CACHE / STATE).exists():
                raise
            self.stdout.write("The database is away: visitors get the pages as they were last.")
            self.stdout.write("When it is back and /readyz names missing migrations, restart the server.")
            return False
        return True

    def check_address(self, host: str, port: str):
        """Raise CommandError where the server could not listen, with a sentence that says what to do."""
        if not port.isdecimal() or not 0 < int(port) < 65536:
            raise CommandError(f"PORT={port} is no port: give a number from 1 to 65535, such as PORT=8001.")
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, int(port)))
            except OSError as error:
                raise CommandError(self.why_not(error, host, port)) from error

    @staticmethod
    def why_not(error: OSError, host: str, port: str) -> str:
        if error.errno == errno.EADDRINUSE:
            return f"Port {port} is taken by another program: stop that one, or choose another port: make run PORT=8001"
        if error.errno == errno.EACCES:
            return f"Port {port} is reserved for the system: choose one above 1023: make run PORT=8001"
        return f"HOST={host} is no address of this machine: leave it out, or give one that is."
