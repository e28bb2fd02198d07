"""The servers that are compared. All are started, measured and stopped in the same way."""

import os
import re
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

import psutil

from server.granian import GRANIAN
from tests.serving import NGINX_FOLDERS, ROOT, free_port

PYTHON = sys.executable
# Options for sites without the page cache: WSGI is their fastest interface.
OVER_WSGI = ["-m", "granian", "--interface", "wsgi", "--workers", "2", "--blocking-threads", "12", "--no-ws"]
OVER_WSGI += ["--log-level", "critical", "--port", "{port}"]
PATIENCE = 120
NGINX_FILE, BEHIND_NGINX, SITE = "nginx, a plain file", "the site behind nginx", "the site alone"
ALONE = "granian alone, a constant"
DJANGO, WAGTAIL = "Django with its cache middleware", "Wagtail with wagtail-cache"
NGINX_CONFIGURATION = (
    """
worker_processes 2;
pcre_jit on;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000;
  open_file_cache max=100;
  types {{ text/html html; }}"""
    + NGINX_FOLDERS
    + """  {servers}
}}
"""
)


@dataclass
class Target:
    """A server and the path of its page. "{port}" in the command is replaced by the port."""

    name: str
    command: list[str]
    path: str = "/en/"
    environment: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    # Command that creates N pages and prints their URLs; N is appended.
    fill: list[str] = field(default_factory=list)
    # The server that it passes requests to. Both are started and stopped together.
    upstream: "Target | None" = None
    process: psutil.Popen | None = None
    # Seconds from the start of the program to the first response.
    starting_seconds: float = 0.0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{self.path}"

    def run(self, *arguments: str) -> str:
        """Run a command with the same Python and data, and return its output."""
        environment = os.environ | self.environment
        command = [self.command[0], *arguments]
        return subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout

    def __enter__(self) -> "Target":
        if self.upstream:
            self.upstream.__enter__()
        command = [part.format(port=self.port) for part in self.command]
        started_at = time.perf_counter()
        self.process = psutil.Popen(
            command, cwd=ROOT, env=os.environ | self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            while not self.is_ready():
                if self.process.poll() is not None or time.perf_counter() - started_at > PATIENCE:
                    sys.exit(f"{self.name} did not answer at {self.url}: {' '.join(command)}")
                time.sleep(0.005)
        except BaseException:
            # Also stop the process if the benchmark is stopped during the start.
            self.__exit__()
            raise
        self.starting_seconds = time.perf_counter() - started_at
        return self

    def is_ready(self) -> bool:
        try:
            return bool(fetch(self.url))
        except OSError:
            return False

    def __exit__(self, *_fault):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(PATIENCE)
        if self.upstream:
            self.upstream.__exit__()

    def workers(self) -> list[psutil.Process]:
        """Return the worker processes."""
        children = self.process.children(recursive=True)
        return [child for child in children if "resource_tracker" not in " ".join(child.cmdline())]

    def cpu_seconds(self) -> float:
        times = [process.cpu_times() for process in (self.process, *self.workers())]
        return sum(used.user + used.system for used in times)

    def megabytes(self) -> float:
        """Return the mean resident memory of the workers."""
        sizes = [worker.memory_info().rss for worker in self.workers()]
        return sum(sizes) / len(sizes) / 1e6


def fetch(url: str, encoding: str = "identity") -> bytes:
    request = urllib.request.Request(url, headers={"Accept-Encoding": encoding})
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        return answer.read()


def nginx(folder: Path, body: bytes) -> Target:
    """Return nginx with the page as a plain file."""
    (folder / "files").mkdir(parents=True)
    (folder / "files/page.html").write_bytes(body)
    # The workers of nginx may run as another user.
    for path in (folder, folder / "files"):
        path.chmod(0o755)
    return nginx_target(NGINX_FILE, folder, "/page.html", "server {{ listen 127.0.0.1:{port}; root {folder}/files; }}")


def nginx_target(name: str, folder: Path, path: str, servers: str) -> Target:
    target = Target(name, ["nginx", "-c", str(folder / "nginx.conf"), "-g", "daemon off;"], path)
    servers = servers.format(port=target.port, folder=folder)
    (folder / "nginx.conf").write_text(NGINX_CONFIGURATION.format(folder=folder, servers=servers))
    return target


def behind_nginx(folder: Path, upstream: Target) -> Target:
    """Return nginx with deploy/nginx.conf in front of the site, without TLS and without limits for each client."""
    folder.mkdir()
    folder.chmod(0o755)
    text = (ROOT / "deploy/nginx.conf").read_text()
    text = text[: text.index("# Requests for other hosts")] + text[text.rindex("server {") :]
    for line in ("ssl_[^;]+;", "limit_conn [^;]+;", r"listen \[::\]:443[^;]+;"):
        text = re.sub(rf"\n\s*{line}", "", text)
    replacements = {
        "/var/cache/nginx/unic": f"{folder}/cache",
        "/var/log/nginx": str(folder),
        "listen 443 ssl http2": "listen 127.0.0.1:{port}",
        "server_name unic.example.org": "server_name 127.0.0.1",
        "127.0.0.1:8000": f"127.0.0.1:{upstream.port}",
        # The prefix of cookies with HTTPS.
        "__Host-": "",
    }
    for original, replacement in replacements.items():
        assert original in text, original
        text = text.replace(original, replacement)
    escaped = text.replace("{", "{{").replace("}", "}}").replace("{{port}}", "{port}")
    target = nginx_target(BEHIND_NGINX, folder, "/en/", escaped)
    target.upstream = upstream
    return target


def constant(folder: Path, body: bytes) -> Target:
    """Return granian with an application that always sends the page, as an upper limit of speed."""
    file = folder / f"constant-{len(body)}"
    file.write_bytes(body)
    command = [PYTHON, *GRANIAN, "--workers", "2", "--port", "{port}", "bench.pages.constant:application"]
    return Target(ALONE, command, "/", {"BODY": str(file)})


def site(data: Path, workers: int = 2, **settings: str) -> Target:
    """Return the site as `make run` serves it, with data from `manage.py prepare`."""
    command = [PYTHON, "manage.py", "serve", "--port", "{port}", "--workers", str(workers)]
    environment = {"DATA_DIR": str(data), "DJANGO_SETTINGS_MODULE": "unic_site.settings"} | settings
    return Target(SITE, command, environment=environment, fill=["-m", "bench.pages.fill"])


def site_without_cache(data: Path) -> Target:
    target = site(data, PAGE_CACHE_MEGABYTES="0")
    target.name = "the site without its page cache"
    return target


def django_cache(data: Path) -> Target:
    """Return the same project with Django's cache middleware instead of the page cache."""
    environment = {"DATA_DIR": str(data), "DJANGO_SETTINGS_MODULE": "bench.pages.django_cache"}
    command = [PYTHON, *OVER_WSGI, "unic_site.wsgi:application"]
    return Target(DJANGO, command, environment=environment, fill=["-m", "bench.pages.fill"])


def wagtail(folder: Path, body: bytes) -> Target | None:
    """Return Wagtail with wagtail-cache, in a separate environment, or None if it cannot be installed."""
    python = folder / "venv/bin/python"
    target = Target(WAGTAIL, [str(python), *OVER_WSGI, "bench.pages.wagtail.wsgi:application"], "/")
    target.fill = ["-m", "bench.pages.wagtail.fill"]
    target.environment = {"WAGTAIL_DATA": str(folder), "DJANGO_SETTINGS_MODULE": "bench.pages.wagtail.settings"}
    if not python.exists():
        packages = [f"granian=={version('granian')}", "-r", str(ROOT / "bench/pages/wagtail/requirements.txt")]
        try:
            subprocess.run([PYTHON, "-m", "venv", folder / "venv"], check=True)
            subprocess.run([python, "-m", "pip", "install", "-q", "-q", *packages], check=True)
        except subprocess.CalledProcessError:
            print("Wagtail could not be installed and is skipped.", flush=True)
            return None
    (folder / "wagtailcore").mkdir(exist_ok=True)
    page = b"{% verbatim %}" + body + b"{% endverbatim %}"
    (folder / "wagtailcore/page.html").write_bytes(page)
    target.run("-m", "django", "migrate", "-v", "0")
    return target
