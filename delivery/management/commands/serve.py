import errno
import os
import socket
import sys

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import BaseCommand, CommandError, call_command

from delivery.serving import InUseError, hold_while_serving
from delivery.store.disk import STATE
from delivery.store.listener import LISTEN
from delivery.views import DATABASE_AWAY

# So long a path a socket may have on every system that there is.
LONGEST_SOCKET = 100


class Command(BaseCommand):
    help = "Prepares the site and serves it until Ctrl-C. Example: manage.py serve --port 8001"

    def add_arguments(self, parser):
        parser.add_argument("--host", default="127.0.0.1", help="Address to listen at (default: %(default)s).")
        parser.add_argument("--port", default="8000", help="Port to listen at (default: %(default)s).")
        parser.add_argument("--workers", type=int, default=2, help="Processes that answer (default: %(default)s).")
        parser.add_argument("--reload", action="store_true", help="Start anew when a file of the program changes.")

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
        command = [sys.executable, "-m", "granian", "--interface", "wsgi"]
        if settings.PAGE_STORE_MEGABYTES and not settings.DEBUG and not reload:
            behind = self.socket_behind(port)
            environment[LISTEN] = f"{host} {port} {behind}"
            command += ["--uds", behind, "--uds-permissions", "600"]
        else:
            command += ["--host", host, "--port", port]
        # With four threads, a worker hands out a fifth less; the server warns of more than the processors seem to need.
        command += ["--workers", "1" if reload else str(workers), "--blocking-threads", "12", "--no-ws"]
        command += ["--workers-kill-timeout", "10", "--respawn-failed-workers"]
        command += ["--log-level", "error", *(["--reload"] if reload else []), "unic_site.worker:application"]
        if reload:
            # Whoever changes a template wants to see it at once.
            environment["PAGE_STORE_MEGABYTES"] = "0"
        # The server takes this process's place, so that signals reach it directly.
        os.execve(sys.executable, command, environment)  # noqa: S606 (no shell is meant)

    def prepare(self, verbosity: int) -> bool:
        """Returns whether the site is ready; not where the database is away, but pages are there to be served."""
        try:
            call_command("prepare", verbosity=verbosity)
        except DATABASE_AWAY:
            if not (settings.PAGE_STORE / STATE).exists():
                raise
            self.stdout.write("The database is away: visitors get the pages as they were last.")
            self.stdout.write("When it is back and /readyz names missing migrations, stop this and start it anew.")
            return False
        return True

    def check_address(self, host: str, port: str):
        """Raise CommandError where the server could not listen, in words that say what to do."""
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
    def socket_behind(port: str) -> str:
        """Where the server waits for what the workers' listeners pass on; only this user may reach it."""
        path = settings.DATA_DIR / f"{port}.sock"
        path.unlink(missing_ok=True)
        shortest = min(str(path), os.path.relpath(path), key=len)
        if len(shortest) > LONGEST_SOCKET:
            raise CommandError(f"DATA_DIR={settings.DATA_DIR} is too long a path: give one of 80 characters at most.")
        return shortest

    @staticmethod
    def why_not(error: OSError, host: str, port: str) -> str:
        if error.errno == errno.EADDRINUSE:
            return f"Port {port} is taken by another program: stop that one, or choose another port: make run PORT=8001"
        if error.errno == errno.EACCES:
            return f"Port {port} is reserved for the system: choose one above 1023: make run PORT=8001"
        return f"HOST={host} is no address of this machine: leave it out, or give one that is."
