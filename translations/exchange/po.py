"""PO, the file format of gettext."""

import codecs
import re
from io import BytesIO

from django.utils.translation import gettext as _
from translate.misc.multistring import multistring
from translate.storage.pypo import pofile, pounit, unquotefrompo

from translations.exchange.units import ExchangeError, ExchangeFile, Unit

# The charset in the header, which is the translation of the empty text.
CHARSET = re.compile(r'Content-Type:[^"\n]*?charset=([^\s"\\;]+)', re.IGNORECASE)
BYTE_ORDER_MARKS = {codecs.BOM_UTF8: "UTF-8", codecs.BOM_UTF16_LE: "UTF-16", codecs.BOM_UTF16_BE: "UTF-16"}


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


def read(content: bytes) -> ExchangeFile:
    """Parse a PO file. Raises ExchangeError if it is invalid."""
    text = in_utf8(content)
    try:
        store = pofile(BytesIO(text))
        header = store.parseheader()
    except Exception as error:
        # translate-toolkit raises errors of any class for a file that it does not expect.
        raise ExchangeError(
            [_("The file is not valid PO: %(error)s. Export it again, or correct the error.") % {"error": error}]
        ) from error
    units = []
    for unit in store.unit_iter():
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


def in_utf8(content: bytes) -> bytes:
    """Return the file in UTF-8. Raises ExchangeError if it is not in the charset that its header names."""
    header = CHARSET.search(content.partition(b"\n\n")[0].decode("latin-1"))
    # The template of gettext has the word CHARSET.
    named = header[1] if header and header[1] != "CHARSET" else "UTF-8"
    charset = next((name for mark, name in BYTE_ORDER_MARKS.items() if content.startswith(mark)), named)
    try:
        text = content.decode(charset).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        values = {"line": line, "charset": charset}
        raise ExchangeError(
            [_("Line %(line)d: the file is not in %(charset)s, the charset of its header. Save it as UTF-8.") % values]
        ) from error
    except (LookupError, ValueError) as error:
        raise ExchangeError(
            [
                _("The header names the charset “%(charset)s”, which is unknown. Save the file as UTF-8.")
                % {"charset": charset}
            ]
        ) from error
    return CHARSET.sub(lambda found: found[0].removesuffix(found[1]) + "UTF-8", text, count=1).encode()


def sources_of(unit: pounit) -> tuple[str, ...]:
    """The singular and the plural, including text that translate-toolkit read as a KDE comment."""
    singular = unquotefrompo(unit.msgidcomments + unit.msgid)
    plural = unquotefrompo(unit.msgid_pluralcomments + unit.msgid_plural)
    return (singular, plural) if plural else (singular,)
