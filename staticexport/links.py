"""Links of the site as a plain web space can serve them.

A web space ignores the query. So the second part of a list, `/en/timeline/?page=2`, becomes `/en/timeline/page-2/`, and
the second part of a site map, `/sitemap-pages.xml?p=2`, becomes `/sitemap-pages-2.xml`.
"""

import re
from collections.abc import Iterator
from html import escape, unescape
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, unquote, urljoin, urlsplit

from staticexport.site import query_parameters

# Attributes that hold one address, and the element of a site map that does.
ONE_ADDRESS = re.compile(r'(?P<before>\s(?:href|src|content|poster|data)="|<loc>)(?P<value>[^"<]+)(?=["<])')
SEVERAL_ADDRESSES = re.compile(r'\ssrcset="([^"]+)"')
IN_STYLE_SHEET = re.compile(r"""url\(\s*["']?([^"')]+)["']?\s*\)""")
IN_MANIFEST = re.compile(r'"src": "([^"]+)"')
MARKUP = {"text/html", "application/xml", "text/xml", "application/atom+xml", "application/rss+xml", "image/svg+xml"}
# Addresses that the browser does not resolve against the page.
ABSOLUTE = re.compile(r"[/#]|[A-Za-z][A-Za-z0-9+.-]*:")
PART_NUMBER = re.compile(r"[1-9][0-9]{0,8}")


class Address(NamedTuple):
    """One address of the site: its path, decoded, and the one parameter that names a part of it ("page=2" or "")."""

    path: str
    part: str = ""

    @classmethod
    def of(cls, path: str, query: str = "") -> "Address":
        """The address without the parameters that its view does not know; the first part has no number."""
        known = query_parameters(path) or ()
        named = [(name, value) for name, value in parse_qsl(query) if name in known and PART_NUMBER.fullmatch(value)]
        if len(named) != 1 or named[0][1] == "1":
            return cls(path)
        return cls(path, "{}={}".format(*named[0]))

    @property
    def mirrored(self) -> str:
        """The path at which the mirror has it."""
        if not self.part:
            return self.path
        part = self.part.replace("=", "-")
        if self.path.endswith("/"):
            return f"{self.path}{part}/"
        stem, point, ending = self.path.rpartition(".")
        # `sitemap-pages.xml?p=2`: the number alone, since a file name stands alone too.
        return f"{stem}-{part.rpartition('-')[2]}{point}{ending}"

    @property
    def file(self) -> str:
        """The file below the root of the mirror. Raises ValueError where the path cannot name one safely."""
        path = self.mirrored.removeprefix("/")
        segments = path.split("/")
        # The last one is empty in the address of a folder.
        for segment in segments[:-1] if path.endswith("/") or not path else segments:
            if segment in ("", ".", "..") or len(segment.encode()) > 200 or re.search(r"[\x00-\x1f\x7f\\]", segment):
                raise ValueError(path)
        return f"{path}index.html" if path.endswith("/") or not path else path


class Links:
    """The links in the files of the mirror at `address`."""

    def __init__(self, address: str):
        self.address = address

    def target(self, value: str, base: str) -> tuple[Address, str] | None:
        """The address of the site that a link on the page at `base` leads to, and its fragment; None for others."""
        try:
            parts = urlsplit(urljoin(f"{self.address}{quote(base)}", value.strip()))
        except ValueError:
            return None
        if f"{parts.scheme}://{parts.netloc}" != self.address:
            return None
        return Address.of(unquote(parts.path) or "/", parts.query), parts.fragment

    def rewritten(self, text: str, page: Address) -> str:
        """`text` with the links to parts as the mirror has them. They lead from where the page was, not where it is."""

        def replaced(match: re.Match) -> str:
            value = unescape(match["value"])
            if match["before"].strip().startswith("content") and not value.startswith(f"{self.address}/"):
                return match[0]
            found = self.target(value, page.path)
            if found is None or not (found[0].part or (page.part and not ABSOLUTE.match(value))):
                return match[0]
            address, fragment = found
            start = self.address if value.startswith(self.address) else ""
            end = f"#{fragment}" if fragment else ""
            return f"{match['before']}{start}{escape(quote(address.mirrored))}{escape(end)}"

        return ONE_ADDRESS.sub(replaced, text)

    def found(self, text: str, content_type: str, page: Address) -> Iterator[Address]:
        """The addresses of this site that a text leads to, before it is rewritten."""
        for value in values(text, content_type, self.address):
            if target := self.target(value, page.path):
                yield target[0]


def values(text: str, content_type: str, address: str) -> Iterator[str]:
    if content_type in MARKUP:
        for match in ONE_ADDRESS.finditer(text):
            # Of `content`, the share card's address alone is one; it is written in full.
            if not match["before"].strip().startswith("content") or match["value"].startswith(f"{address}/"):
                yield unescape(match["value"])
        for srcset in SEVERAL_ADDRESSES.findall(text):
            yield from (entry.split()[0] for entry in unescape(srcset).split(",") if entry.strip())
    elif content_type == "text/css":
        yield from IN_STYLE_SHEET.findall(text)
    elif content_type == "application/manifest+json":
        yield from IN_MANIFEST.findall(text)
