"""PO, the format of gettext."""

from io import BytesIO

from django.utils.translation import gettext as _
from translate.misc.multistring import multistring
from translate.storage.poparser import PoParseError
from translate.storage.pypo import pofile, unquotefrompo

from exchange.units import ExchangeError, ExchangeFile, Unit


def write(language: str, units: list[Unit], plural_forms: str) -> bytes:
    # One line a text: the toolkit takes a line that starts with "_:" for a comment of KDE's.
    store = pofile(noheader=True, width=-1)
    header = store.addsourceunit("")
    header.target = (
        f"Language: {language}\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
        f"Content-Transfer-Encoding: 8bit\nPlural-Forms: {plural_forms}\n"
    )
    for unit in units:
        added = store.addsourceunit(multistring(list(unit.sources)) if unit.is_plural else unit.sources[0])
        if unit.context is not None:
            added.setcontext(unit.context)
        added.target = list(unit.targets) if unit.is_plural else "".join(unit.targets)
        if any(unit.targets) and not unit.is_settled:
            added.markfuzzy()
        if unit.earlier_source:
            added.prev_source = unit.earlier_source
        limit = unit.limit and _("At most %(count)d characters.") % {"count": unit.limit}
        added.addnote("\n".join(filter(None, (unit.description, limit, unit.url))), "developer")
    output = BytesIO()
    store.serialize(output)
    return output.getvalue()


def read(content: bytes) -> ExchangeFile:
    try:
        store = pofile(BytesIO(content))
    except (PoParseError, UnicodeDecodeError, LookupError, ValueError) as error:
        raise ExchangeError(
            [_("The file is no sound PO: %(error)s. Export it anew, or mend it there.") % {"error": error}]
        ) from error
    header = store.parseheader()
    units = []
    for unit in store.unit_iter():
        targets = wordings(unit.target)
        units.append(
            Unit(
                id="",
                sources=wordings(unit.source) if unit.hasplural() else (unquotefrompo(unit.msgidcomments) + unit.source,),
                targets=targets if any(targets) else (),
                is_settled=not unit.isfuzzy(),
                line=unit.line_number,
                context=unit.getpreviouscontext() if unit.msgctxt else None,
            )
        )
    # PO does not say which language it translates from.
    return ExchangeFile(None, header.get("Language", ""), tuple(units))


def wordings(text: str | multistring) -> tuple[str, ...]:
    return tuple(map(str, text.strings)) if isinstance(text, multistring) else (text,)
