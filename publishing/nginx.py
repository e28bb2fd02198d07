"""The configuration by which nginx finds the file for a request, and says of it what the site would say."""

import re
from collections import Counter
from hashlib import sha256

from django.conf import settings

from publishing.folder import HeaderSet
from publishing.site import beginnings_of_the_site

# Best first, as delivery.store.answer chooses. Weights (q=) are rare, and left to the site.
ENCODINGS = r"""map $http_accept_encoding $page_encoding {
    default identity;
    "~[;*]" "";
    "~*(?:^|,) *br *(?:,|$)" br;
    "~*(?:^|,) *zstd *(?:,|$)" zstd;
    "~*(?:^|,) *(?:x-)?gzip *(?:,|$)" gzip;
}
map $uri $page_content_encoding { "~\.(br|zstd|gzip)\.[0-9a-f]{8}$" $1; }
"""
GONE = "gone"
# A form, a query, or a request that is not understood here: the site itself answers.
UNDERSTOOD = r"""map "$request_method $is_args $page_variant $page_encoding" $page_is_not_understood {
    default 1;
    "~^(?:GET|HEAD)  [^ ]+ [^ ]+$" "";
}
"""


def quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


class Configuration:
    """Two files to include: `maps` where nginx expects `http`, `locations` within its `server`.

    That one names @site, the location that asks the site itself.
    """

    def __init__(self, root: str, rule, sets: dict[str, Counter[HeaderSet]], redirects: dict[str, str]):
        self.root, self.rule, self.redirects = root, rule, redirects
        # The most frequent first: it is looked for first.
        self.sets = {
            place: sorted(counted, key=lambda headers: (-counted[headers], headers.name))
            for place, counted in sets.items()
        }
        every = {headers.name: headers for found in self.sets.values() for headers in found}
        self.every = [every[name] for name in sorted(every)]
        names = {name for headers in self.every for name, _value in headers.headers}
        self.header_names = sorted(names - {"Content-Type"})

    @property
    def digest(self) -> str:
        """Names what a release must have been made for."""
        places = {place: [headers.name for headers in found] for place, found in sorted(self.sets.items())}
        return sha256(f"{self.maps}{places}".encode()).hexdigest()[:12]

    @property
    def maps(self) -> str:
        codes = "|".join(code for code, _name in settings.LANGUAGES)
        beginnings = "|".join(one.replace(".", r"\.") for one in beginnings_of_the_site())
        lines = [ENCODINGS, self.rule.as_nginx(), UNDERSTOOD]
        lines.append(f'map $request_uri $page_language {{ "~^/({codes})/" $1; }}')
        lines.append(
            f'map $page_language $page_content_language {{ default $page_language; "" {settings.LANGUAGE_CODE}; }}'
        )
        lines.append(f'map $uri $page_is_of_site {{ / 1; "~^(?:{beginnings})" 1; }}')
        lines.append("map $uri $page_moved {")
        for old, new in sorted(self.redirects.items()):
            lines.append(f"    {quoted(f'~^{re.escape(old)}/?$')} {quoted(new or GONE)};")
        lines.append("}")
        # Told once for each file, then looked up for each header.
        names = "|".join(headers.name for headers in self.every)
        lines.append(f'map $uri $page_headers {{ "~^/current/[^/]+/(?:[^/]+/)?({names})/" $1; }}')
        for number, name in enumerate(self.header_names):
            values = {headers.name: dict(headers.headers).get(name, "") for headers in self.every}
            usual, _count = Counter(values.values()).most_common(1)[0]
            lines.append(f"map $page_headers $page_header_{number} {{")
            lines.append(f"    default {quoted(usual)};")
            for headers, value in values.items():
                if value != usual:
                    lines.append(f"    {headers} {quoted(value)};")
            lines.append("}")
        return "\n".join([*lines, ""])

    @property
    def locations(self) -> str:
        parts = [
            f"root {self.root};",
            # Times of files say nothing here; ETags do.
            "if_modified_since off;",
            "max_ranges 0;",
            "absolute_redirect off;",
            "location / {",
            "    error_page 418 = @site;",
            "    if ($page_is_not_understood) { return 418; }",
            "    if ($page_is_of_site) { return 418; }",
            f"    {self.try_files('pages/$page_variant', '$uri', '@missing')}",
            self.headers,
            "}",
        ]
        for place, url in (("static", settings.STATIC_URL), ("media", settings.MEDIA_URL)):
            parts += [
                f"location {url} {{",
                "    error_page 418 = @site;",
                "    if ($page_is_not_understood) { return 418; }",
                f"    {self.try_files(place, '$uri', '@site')}",
                self.headers.replace("$page_content_language", '""'),
                "}",
            ]
        parts += [
            "location @missing {",
            "    error_page 418 = @site;",
            # Nothing is published now, or it is to be read by another configuration than this one.
            f"    if (!-f {self.root}/current/of-{self.digest}) {{ return 418; }}",
            f"    if ($page_moved = {GONE}) {{ return 418; }}",
            "    if ($page_moved) { return 301 $page_moved; }",
            '    if ($page_language = "") { return 418; }',
            "    error_page 404 /.missing;",
            "    return 404;",
            "}",
            "location = /.missing {",
            "    internal;",
            f"    {self.try_files('missing/$page_variant', '/$page_language', '@site')}",
            self.headers,
            "}",
        ]
        return "\n".join([*parts, ""])

    def try_files(self, place: str, path: str, otherwise: str) -> str:
        files = []
        for headers in self.sets.get(place.partition("/")[0], []):
            for encoding in ("$page_encoding", "identity"):
                files.append(f"/current/{place}/{headers.name}{path}.{encoding}.{headers.ending}")
        return " ".join(["try_files", *(files or ["/current/none"]), f"{otherwise};"])

    @property
    def headers(self) -> str:
        lines = [f"    {quoted(headers.content_type)} {headers.ending};" for headers in self.every]
        lines = ["    types {", *(f"    {line}" for line in sorted(set(lines))), "    }"]
        lines += [
            f"    add_header {name} $page_header_{number} always;" for number, name in enumerate(self.header_names)
        ]
        lines.append("    add_header Content-Encoding $page_content_encoding always;")
        lines.append("    add_header Content-Language $page_content_language always;")
        lines.append('    add_header Last-Modified "";')
        return "\n".join(lines)
