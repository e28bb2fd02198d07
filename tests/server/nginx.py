"""A real nginx with deploy/nginx.conf, over TLS, in front of a real server."""

import base64
import datetime
import hashlib
import http.client
import re
import socket
import ssl
import subprocess
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.serving import NGINX_FOLDERS, PATIENCE, ROOT, Server, free_port

NAME = "unic.example.org"
URL = f"https://{NAME}"
# Not the address from which nginx sends requests to the site.
VISITOR = "127.0.0.2"
# Its header X-Test-Address is the address of the visitor.
PROXY = "127.0.0.4"
# The main configuration, which includes the site's, with all files in a folder of the test.
MAIN_CONFIGURATION = (
    """
# Other users cannot read the folders of pytest. Without root, nginx ignores this line.
user root;
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
# As on Debian.
error_log {folder}/error.log;
events {{ }}
http {{
  access_log {folder}/access.log;
  # A test of the limits can have any address.
  set_real_ip_from 127.0.0.4;
  real_ip_header X-Test-Address;"""
    + NGINX_FOLDERS
    + """  include {folder}/site.conf;
}}
"""
)
BEHIND_NGINX = {"ALLOWED_HOSTS": f"{NAME},127.0.0.1", "HTTPS": "true"}
PRODUCTION = BEHIND_NGINX | {"CONSENT_SEAL_MINUTES": "0"}


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


def make_certificate(folder: Path):
    key = ec.generate_private_key(ec.SECP256R1())
    name, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)]), datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "fullchain.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "privkey.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


@dataclass
class Nginx:
    """nginx in front of `site` and optionally `second`. All its files are in `folder`."""

    folder: Path
    site: Server
    second: Server | None = None
    process: subprocess.Popen | None = None

    def start(self) -> "Nginx":
        make_certificate(self.folder)
        self.port, self.plain_port = free_port(), free_port()
        (self.folder / "nginx.conf").write_text(MAIN_CONFIGURATION.format(folder=self.folder))
        (self.folder / "site.conf").write_text(self.configuration)
        self.process = subprocess.Popen(["nginx", "-c", self.folder / "nginx.conf"])
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return self
            except OSError:
                time.sleep(0.05)
        pytest.fail("nginx did not start")

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait(timeout=PATIENCE)

    @property
    def configuration(self) -> str:
        """deploy/nginx.conf with the paths and ports of the test."""
        text = (ROOT / "deploy/nginx.conf").read_text()
        replacements = {
            "/var/cache/nginx/unic": f"{self.folder}/cache",
            "/var/lib/unic/error-pages": f"{self.folder}/error-pages",
            "/var/log/nginx": str(self.folder),
            "/etc/ssl/unic": str(self.folder),
            "server 127.0.0.1:8000 ": f"server 127.0.0.1:{self.site.port} ",
            "listen 80": f"listen 127.0.0.1:{self.plain_port}",
            "listen [::]:80": f"listen [::1]:{self.plain_port}" if has_ipv6() else "# ",
            "listen 443 ": f"listen 127.0.0.1:{self.port} ",
            "listen [::]:443 ": f"listen [::1]:{self.port} " if has_ipv6() else "# ",
        }
        for original, replacement in replacements.items():
            assert original in text, original
            text = text.replace(original, replacement)
        if self.second:
            text = text.replace("    keepalive 32;", f"    server 127.0.0.1:{self.second.port};\n    keepalive 32;")
        return text

    @cached_property
    def trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.folder / "fullchain.pem")

    @property
    def browser_arguments(self) -> list[str]:
        """Arguments for Chromium, so that it finds nginx under its name and trusts the certificate.

        With the option `ignore_https_errors` of Playwright instead, Chromium would not use its cache.
        """
        certificate = x509.load_pem_x509_certificate((self.folder / "fullchain.pem").read_bytes())
        der, kind = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        digest = hashlib.sha256(certificate.public_key().public_bytes(der, kind)).digest()
        return [
            f"--host-resolver-rules=MAP {NAME}:443 127.0.0.1:{self.port}",
            f"--ignore-certificate-errors-spki-list={base64.b64encode(digest).decode()}",
        ]

    def connect(self, visitor: str = VISITOR) -> ssl.SSLSocket:
        plain = socket.create_connection(("127.0.0.1", self.port), PATIENCE, source_address=(visitor, 0))
        return self.trust.wrap_socket(plain, server_hostname=NAME)

    def ask(
        self, path: str, method: str = "GET", body: str | None = None, visitor: str = VISITOR, **headers: str
    ) -> http.client.HTTPResponse:
        """Send a request over TLS. The attribute `body` of the response has its content."""
        with self.connect(visitor) as tls_socket:
            connection = http.client.HTTPConnection(NAME)
            connection.sock = tls_socket
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            if body is not None:
                named = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"} | named
            connection.request(method, path, body, headers={"Host": NAME} | named)
            response = connection.getresponse()
            response.body = response.read()
            return response

    def ask_site(self, path: str, **headers: str) -> http.client.HTTPResponse:
        """Send a request to the site without nginx."""
        connection = http.client.HTTPConnection("127.0.0.1", self.site.port, timeout=PATIENCE)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request("GET", path, headers={"Host": NAME, "X-Forwarded-Proto": "https"} | named)
        response = connection.getresponse()
        response.body = response.read()
        connection.close()
        return response

    def is_cached(self, path: str, choice: str = "") -> bool:
        """Whether nginx has cached a response for a path, and for the consent cookie `choice` if there is one."""
        return any(key.startswith(f"{path}|{choice}") for key in self.cached)

    @property
    def cached(self) -> dict[str, str]:
        """Cache key, without scheme and host → name of the cache folder, for all responses in the cache."""
        key = re.compile(rf"^KEY: https://{NAME}(.*)$".encode(), re.MULTILINE)
        files = {file: key.search(file.read_bytes()[:4096]) for file in self.folder.glob("cache*/*/*/*")}
        return {match[1].decode(): file.parents[2].name for file, match in files.items() if match}
