"""What is compared: nginx with the page as a file, and the site in several states."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from tests.serving import ROOT

NGINX = """
worker_processes 2;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000;
  open_file_cache max=100;
  types {{ text/html html; }}
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{ listen 127.0.0.1:{port}; root {folder}/files; }}
}}
"""


@dataclass
class Target:
    """One server at one address."""

    name: str
    url: str


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(url: str):
    for _attempt in range(300):
        try:
            urllib.request.urlopen(url, timeout=5).read()
            return
        except OSError:
            time.sleep(0.1)
    sys.exit(f"{url} did not answer within 30 seconds")


def fetch(url: str, encoding: str) -> bytes:
    request = urllib.request.Request(url, headers={"Accept-Encoding": encoding})
    with urllib.request.urlopen(request) as answer:
        return answer.read()


def start_nginx(folder: Path, body: bytes) -> tuple[subprocess.Popen, str]:
    """nginx in the foreground, with the page as a file; returns it and the page's address."""
    (folder / "files").mkdir(parents=True)
    (folder / "files/page.html").write_bytes(body)
    # Its workers give up root's rights, and must still get to the file.
    for path in (folder, folder / "files"):
        path.chmod(0o755)
    port = free_port()
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=port))
    process = subprocess.Popen(["nginx", "-c", folder / "nginx.conf", "-g", "daemon off;"], stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}/page.html"
    wait_for(url)
    return process, url


def start_constant(folder: Path, body: bytes) -> tuple[subprocess.Popen, str]:
    """The site's own server with the page as a constant, under the options of `manage.py serve`."""
    (folder / "constant").write_bytes(body)
    port = free_port()
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--port", str(port), "--workers", "2"]
    command += ["--blocking-threads", "4", "--no-ws", "--log-level", "critical", "bench.pages.constant:application"]
    environment = os.environ | {"BODY": str(folder / "constant")}
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}/"
    wait_for(url)
    return process, url
