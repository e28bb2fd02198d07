"""URLs of the static mirror. A plain web space ignores the query of a URL, so pages and years are part of the path.

The second page of the news of a year, `/en/news/?year=2023&page=2`, becomes `/en/news/year-2023/page-2/`. The second
page of a sitemap, `/sitemap-pages.xml?p=2`, becomes `/sitemap-pages-2.xml`.
"""

import re
from collections.abc import Iterator
from html import escape, unescape
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, unquote, urlencode, urljoin, urlsplit

from staticexport.site import query_parameters

# Attributes with one URL, and the element of a sitemap and the properties of a JSON Feed with one.
ONE_URL = re.compile(
    r'(?P<before>\s(?:href|src|content|poster|data)="|<loc>|"(?:home_page_url|feed_url|url)": ")'
    r'(?P<value>[^"<]+)(?=["<])'
)
SRCSET_ATTRIBUTE = re.compile(r'\ssrcset="([^"]+)"')
CSS_URL = re.compile(r"""url\(\s*["']?([^"')]+)["']?\s*\)""")
MANIFEST_URL = re.compile(r'"src": "([^"]+)"')
REWRITTEN = {
    "text/html",
    "application/xml",
    "text/xml",
    "application/atom+xml",
    "application/feed+json",
    "application/rss+xml",
    "image/svg+xml",
}
# URLs that do not depend on the path of the page.
ABSOLUTE = re.compile(r"[/#]|[A-Za-z][A-Za-z0-9+.-]*:")
NUMBER = re.compile(r"[1-9][0-9]{0,8}")


class Address(NamedTuple):
    """A URL of the site: the decoded path, and the parameters of a list, such as "year=2023&page=2", or ""."""

    path: str
    query: str = ""

    @classmethod
    def of(cls, path: str, query: str = "") -> "Address":
        """Return the address with the known parameters that are numbers. The first page of a list has no number."""
        known = query_parameters(path) or ()
        numbers = {name: value for name, value in parse_qsl(query) if name in known and NUMBER.fullmatch(value)}
        # In one order, with the year before the page.
        return cls(path, urlencode([pair for pair in sorted(numbers.items(), reverse=True) if pair[1] != "1"]))

    @property
    def mirror_path(self) -> str:
        """The path in the mirror."""
        numbers = parse_qsl(self.query)
        if not numbers:
            return self.path
        if self.path.endswith("/"):
            return self.path + "".join(f"{name}-{number}/" for name, number in numbers)
        stem, dot, extension = self.path.rpartition(".")
        return "-".join([stem, *(number for _name, number in numbers)]) + dot + extension

    @property
    def file(self) -> str:
        """The file name relative to the root of the mirror. Raises ValueError if the path is not a safe file name."""
        path = self.mirror_path.removeprefix("/")
        segments = path.split("/")
        # The last segment of a folder is empty.
        for segment in segments[:-1] if path.endswith("/") or not path else segments:
            if segment in ("", ".", "..") or len(segment.encode()) > 200 or re.search(r"[\x00-\x1f\x7f\\]", segment):
                raise ValueError(path)
        return f"{path}index.html" if path.endswith("/") or not path else path


class Links:
    """The links in the files of the mirror under `origin`."""

    def __init__(self, origin: str):
        self.origin = origin

    def target(self, value: str, base: str) -> tuple[Address, str] | None:
        """Return the target of a link on the page at `base` and its fragment, or None for a link to another site."""
        try:
            parts = urlsplit(urljoin(f"{self.origin}{quote(base)}", value.strip()))
        except ValueError:
            return None
        if f"{parts.scheme}://{parts.netloc}" != self.origin:
            return None
        return Address.of(unquote(parts.path) or "/", parts.query), parts.fragment

    def rewritten(self, text: str, page: Address) -> str:
        """Return `text` with the URLs of the mirror. Relative links on a page of a list become absolute."""

        def replaced(match: re.Match) -> str:
            value = unescape(match["value"])
            if match["before"].strip().startswith("content") and not value.startswith(f"{self.origin}/"):
                return match[0]
            target = self.target(value, page.path)
            if target is None or not (target[0].query or (page.query and not ABSOLUTE.match(value))):
                return match[0]
            address, fragment = target
            origin = self.origin if value.startswith(self.origin) else ""
            suffix = f"#{fragment}" if fragment else ""
            return f"{match['before']}{origin}{escape(quote(address.mirror_path))}{escape(suffix)}"

        return ONE_URL.sub(replaced, text)

    def targets(self, text: str, content_type: str, page: Address) -> Iterator[Address]:
        """Yield the addresses of this site that an original text links to."""
        for value in urls_in(text, content_type, self.origin):
            if target := self.target(value, page.path):
                yield target[0]


def urls_in(text: str, content_type: str, origin: str) -> Iterator[str]:
    """Yield the URLs in a text, by its content type."""
    if content_type in REWRITTEN:
        for match in ONE_URL.finditer(text):
            # Attributes `content` contain other values too; the URL of the share card begins with the origin.
            if not match["before"].strip().startswith("content") or match["value"].startswith(f"{origin}/"):
                yield unescape(match["value"])
        for srcset in SRCSET_ATTRIBUTE.findall(text):
            yield from (entry.split()[0] for entry in unescape(srcset).split(",") if entry.strip())
    elif content_type == "text/css":
        yield from CSS_URL.findall(text)
    elif content_type == "application/manifest+json":
        yield from MANIFEST_URL.findall(text)
