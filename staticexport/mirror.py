"""The files of the static mirror: every page that is the same for all visitors, and all that those pages use."""

import re
from collections import deque
from collections.abc import Iterator

from django.apps import apps
from django.conf import settings
from django.template.loader import render_to_string
from django.urls import URLResolver, get_resolver
from django.utils import translation
from django.utils.translation import gettext_lazy

from editorial.models import PastSlug, SluggableContent
from health.errors import ERRORS
from pages.models import Redirect
from staticexport.links import MARKUP, Address, Links
from staticexport.site import Site, SiteError, language_of, match_of, query_parameters

# Views that are not stored, but that answer a mirror with something it can hold.
ALSO_MIRRORED = {"feedback:form", "favicon"}
# Status → heading and remedy. A mirror has no search and no accounts to point to.
START_FROM_HOME = ERRORS[400][1]
ERROR_PAGES = {
    403: (ERRORS[403][0], START_FROM_HOME),
    404: (ERRORS[404][0], START_FROM_HOME),
    500: ERRORS[500],
    503: ERRORS[503],
}
# Content types in which links are looked for.
TEXTS = MARKUP | {"text/css", "application/manifest+json"}
REDIRECTS = {301, 302, 303, 307, 308}
UNSAFE_IN_REDIRECT = re.compile(r"[\x00-\x1f\x7f\\]")


class SameFileError(Exception):
    """Two addresses of the site would be one file."""


class Mirror:
    """All files of the mirror of `site`, made one after another by `files`."""

    def __init__(self, site: Site):
        self.site, self.links = site, Links(site.address)
        self.waiting: deque[Address] = deque()
        # Each address that was ever to be asked for → a page that links to it; "" where none does.
        self.found_on: dict[Address, str] = {}
        # File → the address that it is made from.
        self.sources: dict[str, Address] = {}
        # Addresses that nothing answers, and redirects that no file can stand for.
        self.missing: set[Address] = set()
        self.skipped: list[str] = []

    @property
    def dead_links(self) -> dict[str, str]:
        """Each path that a link leads to and that is not in the mirror, with a page that has such a link."""
        return {address.path: page for address in self.missing if (page := self.found_on[address])}

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Each file by its name below the root. Raises SiteError where the site cannot make a page."""
        redirects = [*past_sluges(), *redirects_of_staff()]
        yield from self.own_pages()
        for path in starting_points():
            self.enqueue(Address(path), "")
        for _old, new in redirects:
            if target := self.links.target(new, "/"):
                self.enqueue(target[0], "")
        while self.waiting:
            yield from self.answer(self.waiting.popleft())
        home = f"/{settings.LANGUAGE_CODE}/"
        if Address(home).file not in self.sources:
            raise SiteError(
                f"The site has no home page at {home}. Load its content (manage.py prepare), or publish it."
            )
        for old, new in redirects:
            yield from self.redirect(old, new)

    # Answers of the site

    def enqueue(self, address: Address, page: str):
        if address in self.found_on:
            self.found_on[address] = self.found_on[address] or page
            return
        self.found_on[address] = page
        try:
            address.file  # noqa: B018 (raises for a path that is no file name)
        except ValueError:
            self.missing.add(address)
        else:
            self.waiting.append(address)

    def answer(self, address: Address) -> Iterator[tuple[str, bytes]]:
        """The file for one address; none where nothing is to be kept of it."""
        if needs_the_server(address.path):
            if translation.get_language_from_path(address.path):
                yield self.made(address, self.unavailable_page(address.path))
            else:
                self.missing.add(address)
            return
        answer = self.site.ask(address.path, address.part)
        target = self.links.target(answer.headers["location"], address.path) if answer.status in REDIRECTS else None
        if target and is_file(target[0].path):
            # The favicon: browsers ask for it by an address of its own.
            answer = self.site.ask(target[0].path)
        if answer.status == 200:
            yield self.made(address, answer.body, answer.content_type)
        elif target:
            yield from self.moved(address, target[0])
        else:
            self.missing.add(address)

    def moved(self, address: Address, target: Address) -> Iterator[tuple[str, bytes]]:
        """The page that leads from an address to another one, which the site redirects to."""
        self.enqueue(target, address.path)
        folder = Address(f"{address.path.rstrip('/')}/")
        # Any web server adds the slash to the name of a folder.
        if target != folder and folder.file not in self.sources:
            yield self.made(folder, self.redirect_page(target.mirrored))

    def made(self, address: Address, content: bytes, content_type: str = "text/html") -> tuple[str, bytes]:
        """The name and content of the file for `address`. What it links to is asked for later."""
        name = address.file
        self.found_on.setdefault(address, "")
        if (other := self.sources.setdefault(name, address)) != address:
            raise SameFileError(
                f"{other.path} and {address.path}?{address.part} would be one file, {name}. "
                "Change the address of one of the two pages in the admin."
            )
        if content_type in TEXTS:
            text = content.decode()
            for found in self.links.found(text, content_type, address):
                self.enqueue(found, address.path)
            if content_type in MARKUP:
                content = self.links.rewritten(text, address).encode()
        return name, content

    # Pages of the mirror itself

    def rendered(self, template: str, path: str, **context) -> bytes:
        with translation.override(language_of(path)):
            return render_to_string(template, context, self.site.request(path)).encode()

    def own_pages(self) -> Iterator[tuple[str, bytes]]:
        """The way from `/` to each language, and the error pages that a web server can be told to show."""
        yield self.made(Address("/"), self.rendered("staticexport/root.html", "/"))
        for folder in ["/", *(f"/{code}/" for code, _name in settings.LANGUAGES)]:
            for status, (heading, remedy) in ERROR_PAGES.items():
                path = f"{folder}{status}.html"
                context = {"is_error": True, "status": status, "heading": heading, "remedy": remedy}
                yield self.made(Address(path), self.rendered("error.html", path, **context))

    def redirect(self, old: str, new: str) -> Iterator[tuple[str, bytes]]:
        """A page that leads from `old` to `new`. What has the address now goes first, as on the site."""
        target = None if UNSAFE_IN_REDIRECT.search(old + new) else self.links.target(new, "/")
        try:
            address = Address(f"{old.rstrip('/')}/")
            name = address.file
            folder = target and Address(f"{target[0].mirrored.rstrip('/')}/")
            there = target and {target[0].file, folder.file} & self.sources.keys()
        except ValueError:
            there = None
        if not there or any(parent in self.sources for parent in parents(name)):
            self.skipped.append(old)
        elif name not in self.sources:
            fragment = f"#{target[1]}" if target[1] else ""
            yield self.made(address, self.redirect_page(f"{target[0].mirrored}{fragment}"))

    def unavailable_page(self, path: str) -> bytes:
        """A page that explains that `path` is not part of the mirror."""
        heading = gettext_lazy("Not in this copy of the site")
        return self.rendered("staticexport/unavailable.html", path, is_error=True, heading=heading)

    def redirect_page(self, target: str) -> bytes:
        return self.rendered("staticexport/redirect.html", target, target=target)


def starting_points() -> Iterator[str]:
    """The addresses of all stored pages without a parameter. The site map is first: it names most of the others."""
    yield "/sitemap.xml"
    yield "/favicon.ico"
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            for route, view in routes(get_resolver()):
                if "<" not in route and hasattr(view, "query_parameters"):
                    yield f"/{route}"


def routes(resolver: URLResolver, before: str = "") -> Iterator[tuple[str, object]]:
    """Every route of the project in the active language, with its view."""
    for entry in resolver.url_patterns:
        route = before + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from routes(entry, route)
        else:
            yield route, entry.callback


def is_file(path: str) -> bool:
    return path.startswith((settings.STATIC_URL, settings.MEDIA_URL))


def needs_the_server(path: str) -> bool:
    """Whether the view at `path` answers each visitor differently, or only posts: search, settings, the admin."""
    match = match_of(path)
    if match is None or is_file(path) or match.view_name in ALSO_MIRRORED:
        return False
    return query_parameters(path) is None


def parents(name: str) -> Iterator[str]:
    """The folders above a file, by their names below the root."""
    for end in (match.start() for match in re.finditer("/", name)):
        yield name[:end]


def redirects_of_staff() -> Iterator[tuple[str, str]]:
    """Old and new path of each redirect. A plain web space cannot say 410, so what is gone for good is left out."""
    for old, new in Redirect.objects.published().targets().items():
        if new:
            yield old, new


def past_sluges() -> Iterator[tuple[str, str]]:
    """Each path that a published item had before in one of the languages offered, and its path now."""
    languages = [code for code, _name in settings.LANGUAGES]
    for model in apps.get_models():
        if not issubclass(model, SluggableContent):
            continue
        past = list(PastSlug.objects.filter(section=model.content_section, language__in=languages))
        items = model.objects.published().in_bulk({row.key for row in past}, field_name="key") if past else {}
        for row in past:
            if item := items.get(row.key):
                with translation.override(row.language):
                    slug, path = item.slug, item.get_absolute_url()
                if path.endswith(f"/{slug}/"):
                    yield f"{path.removesuffix(f'{slug}/')}{row.slug}/", path
