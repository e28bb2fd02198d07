"""An exported site for all tests of this folder, and a static file server for it."""

import re
import subprocess
import tempfile
import threading
import urllib.error
import urllib.request
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.serving import MANAGE, ROOT, Server

ADDRESS = "https://mirror.example.org"
SETTINGS = {"CONSENT_SEAL_MINUTES": "0", "DJANGO_SETTINGS_MODULE": "tests.staticexport.two_languages"}
# Few pages, with one example of each feature of the export.
CONTENT = """
from alliance.models import Deliverable, Initiative, Milestone
from consent.models import Purpose
from news.models import NewsItem
from pages.models import Page, Redirect
from partners.models import PartnerUniversity
from tests.consent.factories import LINK, make_counter, make_video
from tests.pages.factories import fill
from tests.pictures.factories import make_picture
fill(Milestone, 60)
Initiative.objects.update(is_published=False)
Deliverable.objects.exclude(key="seamless-mobility").update(is_published=False)
PartnerUniversity.objects.filter(role="member").update(is_published=False)
NewsItem.objects.exclude(key="university-of-lodz-joins-unic").update(is_published=False)
keys = "home alliance news vision deliverables milestones tasks partners".split()
keys += "sitemap search about accessibility privacy cookies".split()
Page.objects.exclude(key__in=keys).update(is_published=False)
# Their texts lead to pages that are not published here.
Page.objects.filter(key="alliance").update(body_en="", body_pl="")
Deliverable.objects.update(body_en="<p>Text</p>", body_pl="<p>Tekst</p>")
make_video()
make_counter()
about = Page.objects.get(key="about")
about.body_en = f'''<p>Before.</p><p><a href="{LINK.replace("&", "&amp;")}">The film</a></p>
<p><a href="/en/cookies/settings/">Settings</a> <a href="/en/timeline/?utm_source=x&amp;page=3#item-60">Later</a>
<a href="/en/once">Once</a> <a href="/en/vision">No slash</a></p>'''
about.cover = make_picture()
about.save()
make_picture(name="Unused")
Page.objects.create(key="apart", title_en="Apart", short_title_en="Apart", description_en="-", slug_en="apart",
    is_published=True, order=999)
Redirect.objects.create(old_path="/en/once", new_path="/en/vision/")
Redirect.objects.create(old_path="/old/page.php", new_path="/en/timeline/?page=2")
Redirect.objects.create(old_path="/łódź", new_path="/pl/")
Redirect.objects.create(old_path="/en/vision", new_path="/en/about/")
Redirect.objects.create(old_path="/robots.txt/below", new_path="/en/about/")
Redirect.objects.create(old_path="/nowhere", new_path="/en/no-such-page/")
Redirect.objects.create(old_path="/gone", new_path="")
coordinator = PartnerUniversity.objects.get(role="coordinator")
for slug in ("named-before", coordinator.slug_en):
    coordinator.slug_en = slug
    coordinator.save()
"""


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


class Exported:
    """A site with its data, and the folder of its mirror."""

    def __init__(self, folder: Path, prepared):
        prepared("sqlite", folder)
        self.site = Server(folder / "data", SETTINGS)
        self.folder, self.path = folder, folder / "mirror"
        self.run("shell", "-v", "0", "-c", CONTENT)
        self.first = self.export()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=str(self.path)))
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def command(self) -> list[str]:
        return [*MANAGE, "export_site", "--to", str(self.path), "--address", ADDRESS]

    def run(self, *arguments: str) -> str:
        outcome = self.site.manage(*arguments)
        assert outcome.returncode == 0, outcome.stderr
        return outcome.stdout

    def export(self, **options) -> subprocess.CompletedProcess:
        """Run the command. `options` are those of subprocess.run."""
        options = {"env": self.site.environment} | options
        return subprocess.run(self.command, cwd=ROOT, capture_output=True, text=True, **options)

    def start(self) -> subprocess.Popen:
        return subprocess.Popen(
            self.command, cwd=ROOT, env=self.site.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def ask(self, path: str) -> tuple[int, bytes]:
        """Request a path of the mirror, and follow redirects."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.server.server_port}{path}") as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def page(self, path: str) -> str:
        status, body = self.ask(path)
        assert status == 200, path
        return body.decode()

    def files(self) -> dict[str, tuple[int, bytes]]:
        """Return inode and content of each file of the mirror."""
        files = (path for path in self.path.rglob("*") if path.is_file())
        return {path.relative_to(self.path).as_posix(): (path.stat().st_ino, path.read_bytes()) for path in files}

    def html(self) -> dict[str, str]:
        return {name: content.decode() for name, (_, content) in self.files().items() if name.endswith(".html")}


@pytest.fixture(scope="session")
def exported(prepared):
    # Not in the folder of pytest, which other users cannot enter.
    with tempfile.TemporaryDirectory(prefix="unic-mirror-") as folder:
        site = Exported(Path(folder), prepared)
        yield site
        site.stop()


def numbers(summary: str) -> tuple[int, int, int, int]:
    """Return the numbers in the last line of an export: files, written, unchanged, removed."""
    match = re.search(r"has ([\d,]+) files: ([\d,]+) written, ([\d,]+) unchanged, ([\d,]+) removed", summary)
    return tuple(int(number.replace(",", "")) for number in match.groups())
