"""The configuration that is shipped, as nginx itself reads it, over TLS and with the site behind."""

import datetime
import http.client
import re
import shutil
import socket
import ssl
import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.publishing.test_publish import SMALL, wait_for
from tests.serving import NGINX_FOLDERS, PATIENCE, ROOT, Server, free_port

pytestmark = [
    pytest.mark.once,
    pytest.mark.skipif(not shutil.which("nginx"), reason="nginx is missing; on Debian: sudo apt install nginx-light"),
]
NAME = "unic.example.org"
# Another address of this machine than the one by which nginx asks the site.
VISITOR = "127.0.0.2"
# What /etc/nginx/nginx.conf says around it on Debian, as far as it is not about where nginx writes.
AROUND = (
    """
user root;
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ }}
http {{"""
    + NGINX_FOLDERS
    + """  include {folder}/site.conf;
}}
"""
)
# A page to which no other leads, listed last.
APART = """
Page.objects.create(key="apart", title_en="Apart", short_title_en="Apart", description_en="-", slug_en="apart",
    is_published=True, order=999)
"""
# From 1.25.1 nginx would have it said in another way, which those before do not know.
OF_NEWER_NGINX = 'the "listen ... http2" directive is deprecated'


def make_certificate(folder):
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


class Deployed:
    """The site as docs/deployment.md has it: published, behind nginx, with the visitor's own TLS."""

    def __init__(self, folder, prepared):
        prepared("sqlite", folder)
        settings = {
            "CONSENT_SEAL_MINUTES": "0",
            "DJANGO_SETTINGS_MODULE": "tests.publishing.short_sitemaps",
            "ALLOWED_HOSTS": NAME,
            "BEHIND_TRUSTED_PROXY": "true",
        }
        self.folder, self.site = folder, Server(folder / "data", settings)
        for name in ("admin", "django_prose_editor", "editorial", "flags"):
            shutil.rmtree(self.site.data / "static" / name, ignore_errors=True)
        self.site.manage("shell", "-v", "0", "-c", SMALL + APART, check=True)
        self.site.manage("publish", "--to", str(folder / "public"), "--address", f"https://{NAME}", check=True)
        make_certificate(folder)
        self.port, self.plain_port = free_port(), free_port()
        # Its port is known when it starts.
        self.site.start(until="/healthz")
        (folder / "nginx.conf").write_text(AROUND.format(folder=folder))
        (folder / "site.conf").write_text(self.configuration)
        self.nginx = None

    @property
    def configuration(self) -> str:
        """deploy/nginx.conf with other paths and ports."""
        text = (ROOT / "deploy/nginx.conf").read_text()
        others = {
            "/srv/unic/public": str(self.folder / "public"),
            "/etc/ssl/unic": str(self.folder),
            "http://127.0.0.1:8000;": f"{self.site.url};",
            "listen 80;": f"listen 127.0.0.1:{self.plain_port};",
            "listen [::]:80;": f"listen [::1]:{self.plain_port};" if has_ipv6() else "",
            "listen 443 ": f"listen 127.0.0.1:{self.port} ",
            "listen [::]:443 ": f"listen [::1]:{self.port} " if has_ipv6() else "# ",
        }
        for shipped, here in others.items():
            assert shipped in text, shipped
            text = text.replace(shipped, here)
        return text

    def start(self):
        self.nginx = subprocess.Popen(["nginx", "-c", self.folder / "nginx.conf"])
        wait_for(self.port)

    def stop(self):
        if self.nginx:
            self.nginx.terminate()
            self.nginx.wait(timeout=PATIENCE)
        self.site.stop()

    def files(self, path: str) -> list[Path]:
        """What is published at an address for who answered nothing yet."""
        return list(self.folder.glob(f"public/current/pages/1+asked/identity/*{path}=.*"))

    def ask(self, path: str, method: str = "GET", body: str | None = None, **headers: str) -> http.client.HTTPResponse:
        """Ask as a browser does that trusts the certificate."""
        context = ssl.create_default_context(cafile=self.folder / "fullchain.pem")
        plain = socket.create_connection(("127.0.0.1", self.port), PATIENCE, source_address=(VISITOR, 0))
        with context.wrap_socket(plain, server_hostname=NAME) as wire:
            connection = http.client.HTTPConnection(NAME)
            connection.sock = wire
            connection.request(method, path, body, headers={"Host": NAME} | headers)
            response = connection.getresponse()
            response.body = response.read().decode()
            return response


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


@pytest.fixture(scope="module")
def deployed(prepared, tmp_path_factory):
    site = Deployed(tmp_path_factory.mktemp("deployed"), prepared)
    site.start()
    yield site
    site.stop()


def test_nginx_has_nothing_to_say_against_the_configuration(deployed):
    checked = subprocess.run(
        ["nginx", "-t", "-c", deployed.folder / "nginx.conf"], capture_output=True, text=True, timeout=PATIENCE
    )
    said = [line for line in checked.stderr.splitlines() if OF_NEWER_NGINX not in line]
    assert checked.returncode == 0, checked.stderr
    assert len(said) == 2 and said[0].endswith("syntax is ok") and said[1].endswith("test is successful"), said


def test_a_published_page_is_read_over_tls_from_its_file(deployed):
    page = deployed.ask("/en/vision/")
    assert (page.status, page.getheader("Server").partition("/")[0]) == (200, "nginx")
    assert f'<link rel="canonical" href="https://{NAME}/en/vision/">' in page.body
    assert page.getheader("Strict-Transport-Security")
    (file,) = deployed.files("/en/vision/")
    assert page.body == file.read_text()
    # nginx makes it of the file that it sends.
    assert page.getheader("ETag") == f'"{int(file.stat().st_mtime):x}-{file.stat().st_size:x}"'


def test_plain_http_leads_to_tls(deployed):
    connection = http.client.HTTPConnection("127.0.0.1", deployed.plain_port, timeout=PATIENCE)
    connection.request("GET", "/en/vision/?a=b", headers={"Host": NAME})
    answer = connection.getresponse()
    assert (answer.status, answer.getheader("Location")) == (301, f"https://{NAME}/en/vision/?a=b")
    connection.close()


FORGED = {"X-Forwarded-Proto": "http", "X-Forwarded-For": "192.0.2.7", "X-Forwarded-Host": "evil.example"}


def test_a_form_is_passed_on_as_asked_over_tls_whatever_a_visitor_says(deployed):
    for headers in ({}, FORGED):
        form = deployed.ask("/en/accessibility/feedback/", **headers)
        # Over plain HTTP the site would send them to TLS.
        assert form.status == 200 and "<form" in form.body
        assert "evil.example" not in form.body


def test_the_site_learns_from_nginx_who_asks_whatever_they_say(deployed):
    page = deployed.ask("/admin/login/")
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.body)[1]
    cookie = page.getheader("Set-Cookie")
    assert "; Secure" in cookie
    answer = deployed.ask(
        "/admin/login/",
        "POST",
        f"csrfmiddlewaretoken={token}&username=nobody&password=wrong",
        **FORGED,
        Cookie=cookie.partition(";")[0],
        Referer=f"https://{NAME}/admin/login/",
        **{"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert answer.status == 200
    show = "from axes.models import AccessAttempt; print(*AccessAttempt.objects.values_list('ip_address', flat=True))"
    assert deployed.site.manage("shell", "-v", "0", "-c", show, check=True).stdout.split() == [VISITOR]


def listed(text: str) -> list[str]:
    return re.findall(rf"<loc>https://{NAME}([^<]+)</loc>", text)


def test_a_published_site_map_of_several_parts_leads_to_every_page(deployed):
    parts = listed(deployed.ask("/sitemap.xml").body)
    assert "/sitemap-pages.xml" in parts and "/sitemap-pages.xml?p=2" in parts
    found = []
    for part in parts:
        answer = deployed.ask(part)
        assert answer.status == 200, part
        found += listed(answer.body)
    assert len(found) == len(set(found)) > 10 and "/en/apart/" in found
    for path in found:
        assert deployed.ask(path).status == 200, path
        # Also what only a later part lists is published.
        assert deployed.files(path), path
