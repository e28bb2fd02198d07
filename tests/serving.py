"""A server process with its own data folder, for tests and benchmarks."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

from server.granian import GRANIAN

ROOT = Path(__file__).parents[1]
MANAGE = [sys.executable, "manage.py"]
APPLICATION = "unic_site.asgi:application"
# Timeout in seconds, generous because the machine may be busy.
PATIENCE = 60
# Template for the `http` block of an nginx configuration that writes only to `folder`.
NGINX_FOLDERS = """
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def side_by_side(visit: Callable[[int], None], visitors: int) -> Iterator[None]:
    """Run a thread for each visitor that calls `visit` with its number repeatedly until the block ends."""
    done = threading.Event()

    def visit_repeatedly(number: int):
        while not done.is_set():
            visit(number)

    threads = [threading.Thread(target=visit_repeatedly, args=(number,)) for number in range(visitors)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        done.set()
        for thread in threads:
            thread.join()


@dataclass
class Server:
    """The site as a process in its own process group on a free port.

    `data` is its data folder; `settings` are further environment variables; `proxy_url` is the URL of a proxy in front.
    """

    data: Path
    settings: dict[str, str]
    process: subprocess.Popen | None = None
    port: int = 0
    proxy_url: str = ""

    @property
    def process_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """The URL for visitors."""
        return self.proxy_url or self.process_url

    def cookie_name(self, name: str) -> str:
        """Return the name of a cookie of the site as browsers get it."""
        return f"__Host-{name}" if self.settings.get("HTTPS") == "true" else name

    @property
    def environment(self) -> dict[str, str]:
        inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        return inherited | {"DATA_DIR": str(self.data)} | self.settings

    def manage(self, *arguments: str, check: bool = False) -> subprocess.CompletedProcess:
        return subprocess.run(
            [*MANAGE, *arguments], cwd=ROOT, env=self.environment, check=check, capture_output=True, text=True
        )

    @cached_property
    def paths(self) -> list[str]:
        """The paths in the site map."""
        with urllib.request.urlopen(f"{self.url}/sitemap.xml") as response:
            addresses = re.findall(r"<loc>([^<]+)</loc>", response.read().decode())
        return [address.removeprefix(self.url) for address in addresses]

    def start(self, application: str = APPLICATION, port: int = 0, **options):
        """Start granian with one worker for a prepared site, and wait until `/readyz` responds.

        It takes half as long as `serve`.
        """
        self.port = port or free_port()
        command = [sys.executable, *GRANIAN, "--port", str(self.port), "--workers", "1", application]
        self.launch(command, **options)

    def serve(self, workers: int = 2, **options):
        """Start the server as `make run` does, and wait until `/readyz` responds."""
        self.port = free_port()
        command = [*MANAGE, "serve", "--port", str(self.port), "--workers", str(workers)]
        self.launch(command, **options)

    def launch(self, command: list[str], until: str = "/readyz", **options):
        """Start the process and wait until the path `until` responds. `options` are those of subprocess.Popen."""
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=self.environment, stdout=subprocess.DEVNULL, start_new_session=True, **options
        )
        self.wait_until_ready(until)

    def wait_until_ready(self, path: str = "/readyz"):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            assert self.process.poll() is None, "the server ended before it answered"
            try:
                urllib.request.urlopen(f"{self.process_url}{path}", timeout=PATIENCE)
                return
            except OSError:
                time.sleep(0.1)
        pytest.fail(f"{self.process_url} did not answer within {PATIENCE} seconds")

    @property
    def workers(self) -> set[int]:
        """The process IDs of the workers."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return {int(pid) for pid in children if b"granian" in Path(f"/proc/{pid}/cmdline").read_bytes()}

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(timeout=PATIENCE)
