import fcntl
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

from django.core.management import BaseCommand, CommandError

from consent.variants import Rule
from delivery.models import Generation
from delivery.sqlite import close_if_replaced
from delivery.store.answer import Rendering
from delivery.store.build import build
from delivery.store.front import SECONDS_AFTER_A_FAULT, VARY
from delivery.store.question import proper_host
from delivery.store.watcher import PAUSE
from delivery.views import DATABASE_AWAY
from pages.models import Redirect
from publishing.folder import Folder, Release, write
from publishing.nginx import Configuration
from publishing.site import FaultOfSiteError, Site


class Command(BaseCommand):
    help = (
        "Writes the whole site as files, for nginx to hand out: each page in each variant and encoding. Writes only "
        "what changed, and switches to the new release at once. "
        "Example: manage.py publish --to /srv/unic/public --address https://unic.example.org"
    )

    def add_arguments(self, parser):
        parser.add_argument("--to", required=True, type=Path, help="The folder of the releases; made if missing.")
        parser.add_argument("--address", required=True, help="Where visitors read the site: https://unic.example.org.")
        parser.add_argument("--watch", action="store_true", help="Stay, and publish anew after each change.")

    def handle(self, *args, to: Path, address: str, watch: bool, **options):
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.netloc or parts.path not in ("", "/"):
            raise CommandError(
                f"{address} is no address of a site: give scheme and host, as in https://unic.example.org."
            )
        if proper_host(parts.netloc) is None:
            raise CommandError(f"{parts.netloc} is none of this site's hosts: add it to ALLOWED_HOSTS.")
        self.to, self.scheme, self.host = to.resolve(), parts.scheme, parts.netloc
        self.folder, self.build = Folder(self.to), build()
        with (self.to / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise CommandError(f"Another process publishes to {to}. Wait for it, or stop it.") from error
            if watch:
                self.watch()
            try:
                self.publish(Generation.objects.current())
            except FaultOfSiteError as fault:
                raise CommandError(f"{fault} The release before stays.") from fault

    def watch(self):
        """Publish after each change, until the process is stopped."""
        published = None
        while True:
            try:
                close_if_replaced()
                generation = Generation.objects.current()
                if generation != published:
                    # What is outdated is not handed out: the site answers until the new release is whole.
                    if self.folder.current_name != self.release_name(generation):
                        self.folder.withdraw()
                    self.publish(generation, may_be_outdated=True)
                    published = generation
            except DATABASE_AWAY:
                # Nothing can change meanwhile.
                pass
            except FaultOfSiteError as fault:
                self.stderr.write(f"{fault} Trying again.")
                time.sleep(SECONDS_AFTER_A_FAULT)
            time.sleep(PAUSE)

    def release_name(self, generation: str) -> str:
        made_of = (generation, self.build, self.scheme, self.host)
        return sha256(repr(made_of).encode()).hexdigest()[:16]

    def publish(self, generation: str, may_be_outdated: bool = False):
        """Make a release of the content; with `may_be_outdated` only until it changes."""
        name = self.release_name(generation)
        if self.folder.current_name == name:
            self.stdout.write("Nothing has changed.")
            return
        site = Site(self.scheme, self.host, Rule.in_force())
        release, entrances = Release(self.folder, name), {}
        for place, path, rendering, vary in self.files(site):
            if may_be_outdated and Generation.objects.current() != generation:
                return
            release.put(place, path, rendering, vary)
        for code, rendering in site.entrances():
            entrances[code] = rendering.header("location")
            release.say("entrance", rendering, "Accept-Language")
        redirects = Redirect.objects.published().targets()
        configuration = Configuration(str(self.to), site.rule, release.sets, redirects, entrances)
        is_new = self.configure(configuration)
        release.finish(configuration.digest)
        self.stdout.write(f"Published {release.count} pages and files, {release.written} of them new.")
        if is_new:
            self.stdout.write("The configuration is another one: reload nginx.")
        self.stdout.flush()

    def files(self, site: Site) -> Iterator[tuple[str, str, Rendering, str]]:
        """What a release holds: by place and path, what the site answers and what that varies by."""
        for variant in site.rule.variants():
            place = variant.replace(" ", "+")
            for address, rendering in site.pages(variant):
                path, mark, part = address.partition("?")
                yield f"pages/{place}{mark and '.'}{part}", path, rendering, VARY
            for code, rendering in site.missing(variant):
                yield f"missing/{place}", f"/{code}", rendering, VARY
        for code, rendering in site.away():
            yield "away", f"/{code}", rendering, "Accept-Encoding"
        for place, paths, vary in (
            ("share", site.share_files(), VARY),
            ("static", site.static_files(), "Accept-Encoding"),
            ("media", site.uploads(), "Accept-Encoding"),
        ):
            for path in paths:
                rendering = site.ask(path)
                # What went meanwhile, or leads elsewhere, is left to the site.
                if rendering.may_be_kept:
                    yield place, path, rendering, vary

    def configure(self, configuration: Configuration) -> bool:
        """Write what nginx is to include, and return whether it is another configuration than before."""
        is_new = False
        for name, text in (("maps.conf", configuration.maps), ("locations.conf", configuration.locations)):
            path = self.to / name
            if not path.exists() or path.read_text() != text:
                write(path, text.encode())
                is_new = True
        return is_new
