import errno
import os
import socket
import sys

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import BaseCommand, CommandError, call_command

from health.errors import CONNECTION_ERRORS
from pagecache.disk import STATE
from server.granian import GRANIAN
from server.lock import InUseError, lock_while_serving

# A stopped worker finishes the requests that it accepted. After this time it is killed.
SECONDS_TO_STOP = "30"


class Command(BaseCommand):
    help = "Prepares the site and serves it until Ctrl-C. Example: manage.py serve --port 8001"

    def add_arguments(self, parser):
        parser.add_argument("--host", default="127.0.0.1", help="Address to listen on (default: %(default)s).")
        parser.add_argument("--port", default="8000", help="Port to listen on (default: %(default)s).")
        parser.add_argument("--workers", type=int, default=2, help="Worker processes (default: %(default)s).")
        parser.add_argument("--reload", action="store_true", help="Restart when a file of the program changes.")

    def handle(self, *args, host, port, workers, reload, **options):
        self.check_address(host, port)
        try:
            lock_while_serving()
        except InUseError as error:
            raise CommandError("A backup is being restored: start the site when the restore has finished.") from error
        is_prepared = self.prepare(options["verbosity"])
        shown = f"[{host}]" if ":" in host else host
        self.stdout.write(f"The site is at http://{shown}:{port}/ and its admin at http://{shown}:{port}/admin/")
        if is_prepared and not get_user_model().objects.filter(is_staff=True).exists():
            self.stdout.write(
                "There is no staff account yet. Create the first one with `make staff`, or on an installed server with "
                "`unic createsuperuser`."
            )
        self.stdout.write("Press Ctrl-C to stop it.")
        self.stdout.flush()
        environment = os.environ | {"ALLOWED_HOSTS": ",".join([*settings.ALLOWED_HOSTS, shown])}
        command = [sys.executable, *GRANIAN, "--host", host, "--port", port]
        command += ["--workers", "1" if reload else str(workers), "--respawn-failed-workers"]
        command += ["--workers-kill-timeout", SECONDS_TO_STOP, *(["--reload"] if reload else [])]
        if reload:
            # So that a changed template shows in the next request.
            environment["PAGE_CACHE_MEGABYTES"] = "0"
        # Replaces this process by the server, so that signals reach it directly.
        os.execve(sys.executable, [*command, "unic_site.asgi:application"], environment)  # noqa: S606 (no shell)

    def prepare(self, verbosity: int) -> bool:
        """Return True when the site is ready, False if only cached pages can be served without the database."""
        try:
            call_command("prepare", verbosity=verbosity)
        except CONNECTION_ERRORS:
            if not (settings.PAGE_CACHE / STATE).exists():
                raise
            self.stdout.write("The database cannot be reached: visitors get the cached pages.")
            self.stdout.write("Once it can be reached again: if /readyz lists missing migrations, restart the server.")
            return False
        return True

    def check_address(self, host: str, port: str):
        """Raise CommandError if the server cannot listen on this address. The message says what to do."""
        if not port.isdecimal() or not 0 < int(port) < 65536:
            raise CommandError(f"PORT={port} is not a port: give a number from 1 to 65535, such as PORT=8001.")
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, int(port)))
            except OSError as error:
                raise CommandError(self.listen_error(error, host, port)) from error

    @staticmethod
    def listen_error(error: OSError, host: str, port: str) -> str:
        if error.errno == errno.EADDRINUSE:
            return f"Port {port} is in use by another program: stop it, or choose another port: make run PORT=8001"
        if error.errno == errno.EACCES:
            return f"Port {port} is reserved for the system: choose one above 1023: make run PORT=8001"
        return f"HOST={host} is not an address of this machine: leave it out, or give an address of this machine."
