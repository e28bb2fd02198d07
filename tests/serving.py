"""A real server process with data of its own, for tests of what only a process shows, and for benchmarks."""

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
# Seconds that anything may take on a busy machine before it counts as hung.
PATIENCE = 60
# Within `http` of a configuration for nginx: nothing is written but to its own folder. To be formatted with `folder`.
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
    """Has each of so many visitors, given by number, call `visit` again and again, until the block ends."""
    done = threading.Event()

    def visit_again(number: int):
        while not done.is_set():
            visit(number)

    threads = [threading.Thread(target=visit_again, args=(number,)) for number in range(visitors)]
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
    """The site as a process of its own group on a free port: its data folder, and the settings beside it."""

    data: Path
    settings: dict[str, str]
    process: subprocess.Popen | None = None
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        return kept | {"DATA_DIR": str(self.data)} | self.settings

    def manage(self, *arguments: str, check: bool = False) -> subprocess.CompletedProcess:
        return subprocess.run(
            [*MANAGE, *arguments], cwd=ROOT, env=self.environment, check=check, capture_output=True, text=True
        )

    @cached_property
    def paths(self) -> list[str]:
        """The pages in its site map."""
        with urllib.request.urlopen(f"{self.url}/sitemap.xml") as response:
            addresses = re.findall(r"<loc>([^<]+)</loc>", response.read().decode())
        return [address.removeprefix(self.url) for address in addresses]

    def start(self, application: str = "", until: str = "/readyz", port: int = 0, **options):
        """Serve as `make run` does; `application` names another ASGI application for a prepared site."""
        self.port = port or free_port()
        command = [*MANAGE, "serve", "--port", str(self.port)]
        if application:
            command = [sys.executable, *GRANIAN, "--port", str(self.port), "--workers", "1", application]
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=self.environment, stdout=subprocess.DEVNULL, start_new_session=True, **options
        )
        self.wait_until_ready(until)

    def wait_until_ready(self, path: str = "/readyz"):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            assert self.process.poll() is None, "the server ended before it answered"
            try:
                urllib.request.urlopen(f"{self.url}{path}", timeout=PATIENCE)
                return
            except OSError:
                time.sleep(0.1)
        pytest.fail(f"{self.url} did not answer within {PATIENCE} seconds")

    @property
    def workers(self) -> set[int]:
        """The processes that answer requests."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return {int(pid) for pid in children if b"granian" in Path(f"/proc/{pid}/cmdline").read_bytes()}

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(timeout=PATIENCE)
