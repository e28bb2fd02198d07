"""The files of the static mirror: all pages that are the same for all visitors, and the files that they use."""

import re
from collections import deque
from collections.abc import Iterator
from urllib.parse import unquote

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import URLResolver, get_resolver
from django.utils import translation
from django.utils.translation import gettext_lazy

from editorial.models import PastSlug, SluggableContent, content_models
from health.errors import ERRORS
from pages.models import Redirect
from staticexport.links import REWRITTEN, Address, Links
from staticexport.site import Site, SiteError, language_of, match_of, query_parameters

# Views that are not marked as cached pages, but whose responses can be mirrored.
ALSO_MIRRORED = {"feedback:form", "favicon"}
# Status → heading, remedy. A mirror has neither a search nor accounts.
START_FROM_HOME = ERRORS[400][1]
ERROR_PAGES = {
    403: (ERRORS[403][0], START_FROM_HOME),
    404: (ERRORS[404][0], START_FROM_HOME),
    500: ERRORS[500],
    503: ERRORS[503],
}
# Content types that are searched for links.
TEXTS = REWRITTEN | {"text/css", "application/manifest+json"}
REDIRECTS = {301, 302, 303, 307, 308}
UNSAFE_IN_REDIRECT = re.compile(r"[\x00-\x1f\x7f\\]")


class SameFileError(Exception):
    """Two addresses of the site have the same file name."""


class Mirror:
    """The mirror of `site`. `files` yields its files."""

    def __init__(self, site: Site):
        self.site, self.links = site, Links(site.origin)
        self.queue: deque[Address] = deque()
        # Each address that was ever in the queue → the path of a page that links to it, or "".
        self.linked_from: dict[Address, str] = {}
        # File → its address.
        self.sources: dict[str, Address] = {}
        # Addresses without a page, and paths of redirects that cannot be a file.
        self.missing: set[Address] = set()
        self.skipped: list[str] = []

    @property
    def dead_links(self) -> dict[str, str]:
        """Path of each missing page → the path of a page that links to it."""
        return {address.path: page for address in self.missing if (page := self.linked_from[address])}

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Yield the name and content of each file.

        Raises SiteError if the site cannot render a page, SameFileError if two addresses have the same file name.
        """
        redirects = [*past_slug_redirects(), *staff_redirects()]
        yield from self.own_pages()
        for path in starting_points():
            self.enqueue(Address(path), "")
        for _old, new in redirects:
            if target := self.links.target(new, "/"):
                self.enqueue(target[0], "")
        while self.queue:
            yield from self.process(self.queue.popleft())
        home = f"/{settings.LANGUAGE_CODE}/"
        if Address(home).file not in self.sources:
            raise SiteError(
                f"The site has no home page at {home}. Load the content (manage.py prepare), or publish it."
            )
        for old, new in redirects:
            yield from self.stored_redirect(old, new)

    # Responses of the site

    def enqueue(self, address: Address, page: str):
        """Add an address that the page at the path `page` links to, unless it was added before."""
        if address in self.linked_from:
            self.linked_from[address] = self.linked_from[address] or page
            return
        self.linked_from[address] = page
        try:
            address.file  # noqa: B018 (raises ValueError)
        except ValueError:
            self.missing.add(address)
        else:
            self.queue.append(address)

    def process(self, address: Address) -> Iterator[tuple[str, bytes]]:
        """Yield the file for an address, if it has one."""
        if needs_the_server(address.path):
            if translation.get_language_from_path(address.path):
                yield self.file(address, self.unavailable_page(address.path))
            else:
                self.missing.add(address)
            return
        response = self.site.get(address.path, address.query)
        target = None
        if response.status in REDIRECTS:
            target = self.links.target(response.headers["location"], address.path)
        if target and is_file(target[0].path):
            # A redirect to a file, such as /favicon.ico, is replaced by a copy of the file.
            response = self.site.get(target[0].path)
        if response.status == 200:
            yield self.file(address, response.body, response.content_type)
        elif target:
            yield from self.site_redirect(address, target[0])
        else:
            self.missing.add(address)

    def site_redirect(self, address: Address, target: Address) -> Iterator[tuple[str, bytes]]:
        """Yield the page for a redirect of the site."""
        self.enqueue(target, address.path)
        folder = Address(f"{address.path.rstrip('/')}/")
        # Web servers redirect to the URL with the slash themselves.
        if target != folder and folder.file not in self.sources:
            yield self.file(folder, self.redirect_page(target.mirror_path))

    def file(self, address: Address, content: bytes, content_type: str = "text/html") -> tuple[str, bytes]:
        """Return the name and content of the file for `address`, and enqueue the addresses that it links to."""
        name = address.file
        self.linked_from.setdefault(address, "")
        if (other := self.sources.setdefault(name, address)) != address:
            raise SameFileError(
                f"{other.path} and {address.path}?{address.query} have the same file name, {name}. "
                "Change the address of one of the two pages in the admin."
            )
        if content_type in TEXTS:
            text = content.decode()
            for target in self.links.targets(text, content_type, address):
                self.enqueue(target, address.path)
            if content_type in REWRITTEN:
                content = self.links.rewritten(text, address).encode()
        return name, content

    # Pages of the mirror itself

    def render(self, template: str, path: str, **context) -> bytes:
        with translation.override(language_of(path)):
            return render_to_string(template, context, self.site.request(path)).encode()

    def own_pages(self) -> Iterator[tuple[str, bytes]]:
        """Yield the page at `/`, which links to each language, and error pages for the web server."""
        yield self.file(Address("/"), self.render("staticexport/root.html", "/"))
        for folder in ["/", *(f"/{code}/" for code, _name in settings.LANGUAGES)]:
            for status, (heading, remedy) in ERROR_PAGES.items():
                path = f"{folder}{status}.html"
                context = {"is_error": True, "status": status, "heading": heading, "remedy": remedy}
                yield self.file(Address(path), self.render("error.html", path, **context))

    def stored_redirect(self, old: str, new: str) -> Iterator[tuple[str, bytes]]:
        """Yield the page that redirects from the path `old` to `new`. A page with the same address has priority."""
        target = None if UNSAFE_IN_REDIRECT.search(old + new) else self.links.target(new, "/")
        address = Address(f"{old.rstrip('/')}/")
        if target is None or not self.can_redirect(address, target[0]):
            self.skipped.append(old)
        elif address.file not in self.sources:
            fragment = f"#{target[1]}" if target[1] else ""
            yield self.file(address, self.redirect_page(f"{target[0].mirror_path}{fragment}"))

    def can_redirect(self, address: Address, target: Address) -> bool:
        """Whether the target is in the mirror, and a file for `address` is possible."""
        folder = Address(f"{target.mirror_path.rstrip('/')}/")
        try:
            is_mirrored = bool({target.file, folder.file} & self.sources.keys())
            return is_mirrored and not any(parent in self.sources for parent in parents(address.file))
        except ValueError:
            return False

    def unavailable_page(self, path: str) -> bytes:
        """Return the page that is shown instead of a page that needs the server."""
        heading = gettext_lazy("Not available in this copy of the site")
        return self.render("staticexport/unavailable.html", path, is_error=True, heading=heading)

    def redirect_page(self, target: str) -> bytes:
        return self.render("staticexport/redirect.html", target, target=target)


def starting_points() -> Iterator[str]:
    """Yield the paths of the cached pages without URL parameters. The sitemap is first, as it lists most others."""
    yield "/sitemap.xml"
    yield "/favicon.ico"
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            for route, view in routes(get_resolver()):
                if "<" not in route and hasattr(view, "query_parameters"):
                    yield f"/{route}"


def routes(resolver: URLResolver, before: str = "") -> Iterator[tuple[str, object]]:
    """Yield each route of the project in the active language, with its view."""
    for entry in resolver.url_patterns:
        route = before + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from routes(entry, route)
        else:
            yield route, entry.callback


def is_file(path: str) -> bool:
    return path.startswith((settings.STATIC_URL, settings.MEDIA_URL))


def needs_the_server(path: str) -> bool:
    """Whether the page at `path` depends on the visitor or only processes forms: search, settings, the admin."""
    match = match_of(path)
    if match is None or is_file(path) or match.view_name in ALSO_MIRRORED:
        return False
    return query_parameters(path) is None


def parents(name: str) -> Iterator[str]:
    """Yield the folders above a file, relative to the root of the mirror."""
    for end in (match.start() for match in re.finditer("/", name)):
        yield name[:end]


def staff_redirects() -> Iterator[tuple[str, str]]:
    """Yield the old and new path of each redirect of staff.

    A plain web space cannot send 410, and its files do not depend on parameters.
    """
    for old, new in Redirect.objects.published().targets().items():
        if new and "?" not in old:
            yield unquote(old), new


def past_slug_redirects() -> Iterator[tuple[str, str]]:
    """Yield each former path of a published item, in the languages of the site, and its current path."""
    languages = [code for code, _name in settings.LANGUAGES]
    for model in content_models():
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
