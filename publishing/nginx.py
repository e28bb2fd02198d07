"""The configuration by which nginx finds the file for a request, and says of it what the site would say."""

import re
from collections import Counter
from hashlib import sha256
from itertools import product

from django.conf import settings

from delivery.store.answer import ENCODERS
from publishing.folder import HeaderSet
from publishing.site import SHARE_URL, beginnings_of_the_site, forms_of_addresses, known_parameters

# Best first, as delivery.store.answer chooses. Weights (q=) are rare, and left to the site. What browsers send is told
# without a pattern: patterns are most of what a request costs here.
ENCODINGS = r"""map $http_accept_encoding $page_encoding {
    default identity;
    "gzip, deflate, br, zstd" br;
    "gzip, deflate, br" br;
    "gzip, deflate" gzip;
    "~[;*]" "";
    "~*(?:^|,) *br *(?:,|$)" br;
    "~*(?:^|,) *zstd *(?:,|$)" zstd;
    "~*(?:^|,) *(?:x-)?gzip *(?:,|$)" gzip;
}
"""
# What a browser says that prefers one language and refuses none; other ways to say it are left to the site.
SUBTAGS = "(?:-[a-z0-9]{1,8}){0,3}"
PREFERRED = rf"{SUBTAGS}(?:, ?(?:[a-z]{{1,8}}{SUBTAGS}|\*)(?:;q=0\.[1-9])?){{0,30}}$"
GONE = "gone"
# They are small, and say which language they are in; an upload or a style sheet is in none.
OF_A_LANGUAGE = {"pages", "missing", "away", "share"}
# They lie in a folder for each variant.
IN_VARIANTS = ("pages", "missing")
UNLESS_READ = [
    "    error_page 418 = @site;",
    '    if ($page_place = "") { return 418; }',
    '    if ($page_variant = "") { return 418; }',
]


def quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def variable(header: str) -> str:
    return f"$file_{header.lower().replace('-', '_')}"


class Configuration:
    """Two files to include: `maps` where nginx expects `http`, `locations` within its `server`.

    That one names @site, the location that asks the site itself.
    """

    def __init__(self, root: str, rule, sets: dict[str, Counter[HeaderSet]], redirects: dict, entrances: dict):
        self.root, self.rule = root, rule
        # Old address → new one, None where it is gone. Language → the address of its home page.
        self.redirects, self.entrances = dict(sorted(redirects.items())), entrances
        # The most frequent first: it is looked for first.
        self.sets = {
            place: sorted(counted, key=lambda headers: (-counted[headers], headers.name))
            for place, counted in sets.items()
        }
        self.every = sorted({headers for found in self.sets.values() for headers in found}, key=lambda one: one.name)

    @property
    def digest(self) -> str:
        """Names what a release must have been made for."""
        places = {place: [headers.name for headers in found] for place, found in sorted(self.sets.items())}
        return sha256(f"{self.maps}{places}".encode()).hexdigest()[:12]

    @property
    def maps(self) -> str:
        return "\n".join([*self.what_is_asked(), *self.where_it_leads(), *self.what_was_found(), ""])

    def what_is_asked(self) -> list[str]:
        """$page_place: the folder of a request's file in `pages` or `missing`.

        It is "" where the site is to answer for method, query or encoding; $page_variant is where it is for the cookie.
        """
        known = "|".join(known_parameters())
        # Where visitors come from is told by parameters that no page knows. A name that is written in another way than
        # plainly could be one that a page knows.
        unknown = rf"(?!(?:{known})(?:[=&]|$))[A-Za-z0-9_.~-]+"
        query = rf"~^(?:{unknown}(?:=[A-Za-z0-9_.~%+:/,=-]*)?(?:&|$))+$"
        part = rf"~^((?:{known})=[0-9]+)$"
        places = [
            f'    "{method} {encoding}" $page_variant$page_part/{encoding};'
            for method, encoding in product(("GET", "HEAD"), ("identity", *ENCODERS))
        ]
        return [
            ENCODINGS,
            self.rule.as_nginx(),
            f'map $args $page_question {{ default asked; "" ""; {quoted(query)} ""; {quoted(part)} ""; }}',
            f'map $args $page_part {{ "" ""; {quoted(part)} .$1; }}',
            # A form, or a question that files don't answer, has none, nor what asks for an encoding that is not known.
            'map "$request_method$page_question $page_encoding" $page_place {',
            *places,
            "}",
        ]

    def where_it_leads(self) -> list[str]:
        """For what is no page: where it went, or which language its visitor reads."""
        codes = "|".join(code for code, _name in settings.LANGUAGES)
        beginnings = "|".join(one.replace(".", r"\.") for one in beginnings_of_the_site())
        # The site knows where a page went that had such an address, and what lacks its last slash.
        forms = "|".join(forms_of_addresses())
        # pt-BR before pt.
        longest_first = sorted(self.entrances, key=len, reverse=True)
        return [
            f'map $request_uri $page_language {{ "~^/({codes})/" $1; }}',
            f'map $page_language $away_language {{ default $page_language; "" {settings.LANGUAGE_CODE}; }}',
            f'map $uri $page_is_of_site {{ "~^(?:{beginnings})" 1; }}',
            f'map $uri $page_may_be_elsewhere {{ "~[^/]$" 1; {quoted(f"~^(?:{forms})$")} 1; }}',
            "map $uri $page_moved {",
            *(f"    {quoted(f'~^{re.escape(old)}/?$')} {quoted(new or GONE)};" for old, new in self.redirects.items()),
            "}",
            f'map $http_accept_language $entrance_language {{ "" {settings.LANGUAGE_CODE};',
            *(f"    {quoted(f'~*^{code}{PREFERRED}')} {code};" for code in longest_first),
            "}",
            "map $entrance_language $entrance {",
            *(f"    {code} {quoted(address)};" for code, address in self.entrances.items()),
            "}",
        ]

    def what_was_found(self) -> list[str]:
        """$file_headers: the set of headers of the file that was found, and what else is told by its path."""
        codes = "|".join(code for code, _name in settings.LANGUAGES)
        names = "|".join(headers.name for headers in self.every)
        # One pattern for all. What it has caught is read after $file_headers was asked for: $file_content_encoding does
        # so, and stands before $file_content_language.
        found = rf"~^/current/(?:(?:{'|'.join(IN_VARIANTS)})/)?[^/]+/"
        found += rf"(?:(?<file_encoding>{'|'.join(ENCODERS)})|identity)/({names})"
        found += rf"(?:{SHARE_URL}|/)(?:(?<file_language>{codes})(?=[/=]))?"
        lines = [
            f"map $uri $file_headers {{ {quoted(found)} $2; }}",
            "map $file_headers $file_content_encoding { default $file_encoding; }",
            f'map $file_language $file_content_language {{ default $file_language; "" {settings.LANGUAGE_CODE}; }}',
        ]
        varying = {name for place in self.sets for name, values in self.values(place).items() if len(values) > 1}
        for name in sorted(varying):
            lines.append(f"map $file_headers {variable(name)} {{")
            lines += [f"    {one.name} {quoted(dict(one.headers).get(name, ''))};" for one in self.every]
            lines.append("}")
        return lines

    @property
    def locations(self) -> str:
        parts = [
            f"root {self.root};",
            # Times of files say nothing here; ETags do.
            "if_modified_since off;",
            "max_ranges 0;",
            "absolute_redirect off;",
            # What @site can't reach; whoever is there was sent by an error_page already.
            "error_page 502 504 =503 /.away;",
            "recursive_error_pages on;",
            "location / {",
            *UNLESS_READ,
            f"    {self.try_files('pages', '$uri', '@missing')}",
            *self.headers("pages"),
            "}",
        ]
        for place, url in (("static", settings.STATIC_URL), ("media", settings.MEDIA_URL), ("share", SHARE_URL)):
            parts += [
                f"location {url} {{",
                *UNLESS_READ,
                f"    {self.try_files(place, '$uri', '@site')}",
                *self.headers(place),
                "}",
            ]
        parts += [
            "location = / {",
            *self.unless_whole(),
            '    if ($request_method !~ "^(?:GET|HEAD)$") { return 418; }',
            "    if ($is_args) { return 418; }",
            '    if ($entrance = "") { return 418; }',
            "    return 302 $entrance;",
            *self.headers("entrance"),
            "    add_header Content-Language $entrance_language always;",
            "}",
            "location @missing {",
            *self.unless_whole(),
            # The site repeats what was asked.
            "    if ($is_args) { return 418; }",
            "    if ($page_is_of_site) { return 418; }",
            f"    if ($page_moved = {GONE}) {{ return 418; }}",
            "    if ($page_moved) { return 301 $page_moved; }",
            '    if ($page_language = "") { return 418; }',
            "    if ($page_may_be_elsewhere) { return 418; }",
            "    error_page 404 /.missing;",
            "    return 404;",
            "}",
            "location = /.missing {",
            "    internal;",
            f"    {self.try_files('missing', '/$page_language', '@site')}",
            *self.headers("missing"),
            "}",
            "location = /.away {",
            "    internal;",
            f"    {self.try_files('away', '/$away_language', '=503')}",
            *self.headers("away"),
            "}",
        ]
        return "\n".join([*parts, ""])

    def unless_whole(self) -> list[str]:
        """Leave it to the site: nothing is published now, or it is to be read by another configuration."""
        missing = f"!-f {self.root}/current/of-{self.digest}"
        return ["    error_page 418 = @site;", f"    if ({missing}) {{ return 418; }}"]

    def try_files(self, place: str, path: str, otherwise: str) -> str:
        folders = ["$page_encoding", "identity"]
        if place in IN_VARIANTS:
            folders = ["$page_place", "$page_variant$page_part/identity"]
        files = [
            f"/current/{place}/{folder}/{headers.name}{path}=.{headers.ending}"
            for headers in self.sets.get(place, [])
            for folder in folders
        ]
        return " ".join(["try_files", *(files or ["/current/none"]), f"{otherwise};"])

    def values(self, place: str) -> dict[str, set[str]]:
        """By name, the values of a header among the files of one place; "" is none."""
        found = [dict(headers.headers) for headers in self.sets.get(place, [])]
        names = {name for headers in found for name in headers} - {"Content-Type"}
        return {name: {headers.get(name, "") for headers in found} for name in sorted(names)}

    def headers(self, place: str) -> list[str]:
        types = {f"        {quoted(one.content_type)} {one.ending};" for one in self.sets.get(place, [])}
        lines = ["    types {", *sorted(types), "    }"]
        for name, values in self.values(place).items():
            value = variable(name) if len(values) > 1 else quoted(*values)
            lines.append(f"    add_header {name} {value} always;")
        lines.append("    add_header Content-Encoding $file_content_encoding always;")
        if place in OF_A_LANGUAGE:
            lines.append("    add_header Content-Language $file_content_language always;")
            # What is small costs less to read and to write with its head than to have sent by the kernel after it.
            lines.append("    sendfile off;")
        lines.append('    add_header Last-Modified "";')
        return lines
