"""PO, the file format of gettext."""

import re
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO

from django.utils.translation import gettext as _
from translate.misc.multistring import multistring
from translate.storage.poheader import parseheaderstring
from translate.storage.poparser import PoParseError, PoParseState, parse_unit
from translate.storage.pypo import pofile, pounit, splitlines, unquotefrompo

from translations.exchange.units import CharsetError, ExchangeError, ExchangeFile, Unit, marked_charset

CHARSET = re.compile(r"""^Content-Type:.*?charset\s*=\s*["']?([^\s"';]+)""", re.IGNORECASE | re.MULTILINE)
# Every charset of PO files reads it as ASCII does, but UTF-7, HZ, IDNA and the escapes of Python do not.
PLAIN_TEXT = rb'msgid "A +2AA- ~{ \u0041 .xn--a"'
ENTRY = re.compile(rb'\bmsgid\s*"')
ARCHIVE = b"PK"


def write(language: str, units: list[Unit], plural_forms: str) -> bytes:
    # No line wrapping: translate-toolkit reads a line that starts with "_:" as a KDE comment.
    store = pofile(noheader=True, width=-1)
    header = store.addsourceunit("")
    header.target = (
        f"Language: {language}\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
        f"Content-Transfer-Encoding: 8bit\nPlural-Forms: {plural_forms}\n"
    )
    for unit in units:
        added = store.create_unit()
        added.source = multistring(list(unit.sources)) if unit.is_plural else unit.sources[0]
        store.addunit(added)
        if unit.context is not None:
            added.setcontext(unit.context)
        added.target = list(unit.targets) if unit.is_plural else "".join(unit.targets)
        if any(unit.targets) and not unit.is_final:
            added.markfuzzy()
        if unit.earlier_source:
            added.prev_source = unit.earlier_source
        limit = _("At most %(count)d characters.") % {"count": unit.limit} if unit.limit else ""
        added.addnote("\n".join(filter(None, (unit.description, limit, unit.url))), "developer")
    output = BytesIO()
    store.serialize(output)
    return output.getvalue()


def has_entry(content: bytes) -> bool:
    """Whether the file has an entry of PO, and is not an archive that may contain one."""
    # In UTF-16, the bytes of ASCII are among zeros.
    return not content.startswith(ARCHIVE) and bool(ENTRY.search(content.replace(b"\0", b"")))


def read(content: bytes) -> ExchangeFile:
    """Parse a PO file. Raises ExchangeError if it is invalid."""
    text = in_utf8(content)
    try:
        found = list(entries(text, "utf-8"))
    except Exception as error:
        # translate-toolkit raises errors of any class for a file that it does not expect.
        raise ExchangeError(
            _("The file is not valid PO: %(error)s. Export it again, or correct the error.") % {"error": error}
        ) from error
    header: dict[str, str] = next((parseheaderstring(unit.target) for unit in found if unit.isheader()), {})
    units = []
    for unit in found:
        # A comment at the end of a file, such as “# vim: …”, is a blank unit.
        if unit.isheader() or unit.isobsolete() or unit.isblank():
            continue
        targets = tuple(map(str, unit.target.strings)) if isinstance(unit.target, multistring) else (unit.target,)
        units.append(
            Unit(
                id="",
                sources=sources_of(unit),
                targets=targets if any(targets) else (),
                is_final=not unit.isfuzzy(),
                context=unit.getpreviouscontext() if unit.msgctxt else None,
                line=unit.line_number,
            )
        )
    # PO does not name the source language.
    return ExchangeFile(None, header.get("Language", ""), tuple(units))


def entries(content: bytes, charset: str) -> Iterator[pounit]:
    """Yield the entries of a PO file, whatever charset its header names. Raises errors of any class."""
    lines, _newline = splitlines(content)
    state = PoParseState(lines, pofile().create_unit, charset)
    while unit := parse_unit(state):
        if not unit.isobsolete():
            unit.infer_state()
        yield unit
    if not state.eof:
        raise PoParseError(state)


def named_charset(content: bytes) -> str:
    """Return the charset that the header names, which is the translation of the empty text."""
    with suppress(Exception):
        # Each byte is a character in Latin-1, and the header names the charset in ASCII.
        header = next(unit.target for unit in entries(content, "latin-1") if unit.isheader())
        # The template of gettext has the word CHARSET.
        if (found := CHARSET.search(header)) and found[1] != "CHARSET":
            return found[1]
    return "UTF-8"


def is_charset(name: str) -> bool:
    try:
        return PLAIN_TEXT.decode(name) == PLAIN_TEXT.decode()
    except (LookupError, ValueError):
        return False


def in_utf8(content: bytes) -> bytes:
    """Return the file in UTF-8. Raises ExchangeError if it is not in the charset that its header names."""
    charset = marked_charset(content)
    try:
        if not charset and not is_charset(charset := named_charset(content)):
            raise LookupError
        return content.decode(charset).removeprefix("\ufeff").encode()
    except UnicodeDecodeError as error:
        raise CharsetError(content, charset, error.start) from error
    except (LookupError, UnicodeError) as error:
        raise ExchangeError(
            _("The header names the charset “%(charset)s”, which is unknown. Save the file as UTF-8.")
            % {"charset": charset}
        ) from error


def sources_of(unit: pounit) -> tuple[str, ...]:
    """The singular and the plural, including text that translate-toolkit read as a KDE comment."""
    singular = unquotefrompo(unit.msgidcomments + unit.msgid)
    plural = unquotefrompo(unit.msgid_pluralcomments + unit.msgid_plural)
    return (singular, plural) if plural else (singular,)
