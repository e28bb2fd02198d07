"""XLIFF 2.1, based on the XLIFF 2.0 classes of translate-toolkit.

This module adds:

* inline codes, which protect markup and placeholders from changes,
* <cp> for characters that XML does not allow,
* notes and xml:space in the positions that the schema requires,
* the module for length limits.

XLIFF 2.1 uses the namespace of 2.0. Specification: https://docs.oasis-open.org/xliff/xliff-core/v2.1/
"""

import re
from collections import defaultdict
from io import BytesIO
from xml.parsers import expat

from django.utils.translation import gettext as _
from lxml import etree
from translate.misc.xml_helpers import setXMLspace
from translate.storage.xliff2 import Xliff2File, Xliff2Unit

from editorial.clean_text import NOT_IN_XML
from translations.exchange.units import CharsetError, ExchangeError, ExchangeFile, Unit, marked_charset

LIMITS = "urn:oasis:names:tc:xliff:sizerestriction:2.0"
# Markup and placeholders of Python's string formats, which become inline codes.
CODE = re.compile(r"</?[A-Za-z][^<>]*>|&#?\w+;|%\(\w+\)[sd]|%[sd]|\{\w*\}")
PLURAL = "gettext:plural"
VERSION = re.compile(rb"""<(?:\w+:)?xliff\b[^<>]*?\sversion\s*=\s*["']([\d.]+)""")
# The states of a finished segment in XLIFF 2.0 to 2.2. Any other is that of a draft.
FINISHED = {"translated", "reviewed", "final"}


def reject_unsafe(content: bytes):
    """Raise ExchangeError if `content` is not well-formed, not in its charset or has a document type declaration.

    A declaration could define entities that expand to gigabytes or read files of the server.
    """
    charset = marked_charset(content) or "UTF-8"

    def doctype(name, *_ids):
        raise ExchangeError(
            _("Line %(line)d: the file has a document type declaration, which XLIFF does not allow. Remove it.")
            % {"line": parser.CurrentLineNumber}
        )

    def declaration(_version, encoding, _standalone):
        nonlocal charset
        charset = encoding or charset

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = doctype
    parser.XmlDeclHandler = declaration
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        if charset.upper() == "UTF-8":
            check_utf8(content)
        line = getattr(error, "lineno", parser.CurrentLineNumber)
        raise ExchangeError(
            _("Line %(line)d: the file is not valid XML (%(error)s). Export it again, or correct the error.")
            % {"line": line, "error": error}
        ) from error


def check_utf8(content: bytes):
    """Raise CharsetError if `content` is not in UTF-8."""
    try:
        content.decode()
    except UnicodeDecodeError as error:
        raise CharsetError(content, "UTF-8", error.start) from error


class TextUnit(Xliff2Unit):
    """A unit of one segment with inline codes and characters that XML does not allow."""

    def _ensure_xml_space_preserve(self):
        setXMLspace(self.getunitelement(), "preserve")

    def child_of_unit(self, name: str) -> etree._Element:
        """Get or create the child `name`. The schema puts notes first, and original data before the segment."""
        unit = self.getunitelement()
        child = unit.find(self.namespaced(name))
        if child is None:
            child = etree.Element(self.namespaced(name))
            unit.insert(0 if name == "notes" else unit.index(self.xmlelement), child)
        return child

    def addnote(self, text: str, origin: str | None = None, position: str = "append") -> None:
        note = etree.SubElement(self.child_of_unit("notes"), self.namespaced("note"))
        note.text = NOT_IN_XML.sub("\ufffd", text)
        note.set("category", origin or "description")

    def createlanguageNode(self, lang: str, text: str, purpose: str) -> etree._Element:  # type: ignore[override]  # noqa: N802
        """The element `purpose` with `text` and its inline codes. A code has the same ID in source and target."""
        node = etree.Element(self.namespaced(purpose))
        data = self.data()
        unused_ids: dict[str, list[str]] = defaultdict(list)
        codes = 0
        for code in self.xmlelement.iter(self.namespaced("ph")):
            codes += 1
            unused_ids[data[code.get("dataRef")]].append(code.get("id"))
        position = 0
        for match in CODE.finditer(text):
            self.append_characters(node, text[position : match.start()])
            position = match.end()
            ids = unused_ids[match[0]]
            if not ids:
                codes += 1
                ids.append(str(codes))
            code = etree.SubElement(node, self.namespaced("ph"))
            code.set("id", ids.pop(0))
            code.set("dataRef", self.data_id(match[0]))
            code.set("disp", NOT_IN_XML.sub("\ufffd", match[0]))
        self.append_characters(node, text[position:])
        return node

    def append_characters(self, node: etree._Element, text: str):
        position = 0
        for match in NOT_IN_XML.finditer(text):
            append_text(node, text[position : match.start()])
            etree.SubElement(node, self.namespaced("cp")).set("hex", f"{ord(match[0]):04X}")
            position = match.end()
        append_text(node, text[position:])

    def data_id(self, text: str) -> str:
        """Get or create the ID of `text` in the unit's original data."""
        for data_id, original_text in self.data().items():
            if original_text == text:
                return data_id
        container = self.child_of_unit("originalData")
        data = etree.SubElement(container, self.namespaced("data"))
        data.set("id", f"d{len(container)}")
        self.append_characters(data, text)
        return data.get("id")

    def data(self) -> dict[str, str]:
        """ID → text, of the unit's original data, to which inline codes refer."""
        container = self.getunitelement().find(self.namespaced("originalData"))
        if container is None:
            return {}
        return {data.get("id"): text_of(data, {}) for data in container.iterchildren(self.namespaced("data"))}

    def getNodeText(self, languageNode, xml_space="preserve") -> str | None:  # noqa: N802, N803
        return None if languageNode is None else text_of(languageNode, self.data())


def text_of(node: etree._Element, data: dict[str, str]) -> str:
    """The text of an element with the original text of its codes. Raises ValueError for invalid content."""
    parts = [node.text or ""]
    for child in node:
        parts += [inline_text(child, data), child.tail or ""]
    return "".join(parts)


def inline_text(element: etree._Element, data: dict[str, str]) -> str:
    kind = etree.QName(element).localname if isinstance(element.tag, str) else "comment"
    if kind == "cp":
        return character(element.get("hex", ""))
    if kind in ("ph", "sc", "ec"):
        return original(element.get("dataRef"), data)
    if kind == "pc":
        start, end = (original(element.get(name), data) for name in ("dataRefStart", "dataRefEnd"))
        return start + text_of(element, data) + end
    if kind == "mrk":
        return text_of(element, data)
    if kind in ("sm", "em", "comment"):
        return ""
    raise ValueError(_("the element <%(name)s> is not allowed in a text") % {"name": kind})


def original(name: str | None, data: dict[str, str]) -> str:
    if name not in data:
        raise ValueError(_("the inline code “%(name)s” is not among the original data") % {"name": name})
    return data[name]


def append_text(node: etree._Element, text: str):
    if len(node):
        node[-1].tail = (node[-1].tail or "") + text
    else:
        node.text = (node.text or "") + text


def character(code: str) -> str:
    try:
        found = chr(int(code, 16))
        found.encode()
    except (ValueError, OverflowError) as error:
        raise ValueError(_("“%(code)s” is no code point") % {"code": code}) from error
    return found


class TextFile(Xliff2File):
    UnitClass = TextUnit
    XMLskeleton = (
        f'<xliff version="2.1" xmlns="{TextUnit.namespace}" xmlns:slr="{LIMITS}" srcLang="en">'
        '<file id="texts" canResegment="no"><slr:profiles generalProfile="xliff:codepoints"/></file></xliff>'
    )


def write(language: str, source_language: str, units: list[Unit], kind: str) -> bytes:
    """An XLIFF file with `units`; `kind` is the ID of its <file> element."""
    store = TextFile(sourcelanguage=source_language, targetlanguage=language)
    store.body.set("id", kind)
    for unit in units:
        if unit.is_plural:
            group = etree.SubElement(store.body, store.namespaced("group"))
            group.set("id", unit.id)
            group.set("type", PLURAL)
            for form in range(unit.forms):
                target = unit.targets[form] if form < len(unit.targets) else ""
                group.append(add_unit(store, unit, f"{unit.id}.{form}", unit.sources[min(form, 1)], target))
        else:
            add_unit(store, unit, unit.id, unit.sources[0], "".join(unit.targets))
    output = BytesIO()
    store.serialize(output)
    return output.getvalue()


def add_unit(store: TextFile, unit: Unit, unit_id: str, source: str, target: str) -> etree._Element:
    added = store.addsourceunit(source)
    element = added.getunitelement()
    element.set("id", unit_id)
    if target:
        added.target = target
    added.xmlelement.set("state", "final" if target and unit.is_final else "initial")
    if unit.limit:
        element.set(f"{{{LIMITS}}}sizeRestriction", str(unit.limit))
    for text, category in (
        (unit.description, "description"),
        (unit.earlier_source and _("Translated from: %(text)s") % {"text": unit.earlier_source}, "earlier-source"),
        (unit.limit and _("At most %(count)d characters.") % {"count": unit.limit}, "length"),
        (unit.url, "location"),
    ):
        if text:
            added.addnote(str(text), category)
    return element


def read(content: bytes) -> ExchangeFile:
    """Parse an XLIFF 2 file. Raises ExchangeError if it is invalid."""
    reject_unsafe(content)
    try:
        store = TextFile(BytesIO(content))
    except Exception as error:
        # translate-toolkit raises errors of any class for a file that it does not expect.
        found = VERSION.search(content)
        if found and found[1].startswith(b"1"):
            message = _("The file is XLIFF %(version)s. Save it as XLIFF 2.1 or 2.0 in your tool.")
            message %= {"version": found[1].decode()}
        else:
            message = _("The file is not XLIFF 2. Save it as XLIFF 2.1 or 2.0 in your tool.")
        raise ExchangeError(message) from error
    errors: list[str] = []
    units: list[Unit] = []
    plurals: dict[etree._Element, list[Unit]] = defaultdict(list)
    for element in store.document.getroot().iterdescendants(store.namespaced("unit")):
        unit = read_unit(store, element, errors)
        if unit is None:
            continue
        group = element.getparent()
        if group.get("type") != PLURAL:
            units.append(unit)
            continue
        plurals[group].append(unit)
    for group, forms in plurals.items():
        units.append(
            Unit(
                id=group.get("id", ""),
                sources=(forms[0].sources[0], forms[-1].sources[0]),
                targets=tuple("".join(form.targets) for form in forms),
                is_final=all(form.is_final for form in forms),
                line=group.sourceline,
            )
        )
    if errors:
        raise ExchangeError(*errors)
    units.sort(key=lambda unit: unit.line or 0)
    return ExchangeFile(store.sourcelanguage, store.targetlanguage or "", tuple(units))


def source_and_target(store: TextFile, part: etree._Element) -> tuple[str | None, str | None]:
    """Return the texts of a segment or of ignorable content; None for one that it lacks."""
    unit = store.UnitClass.createfromxmlElement(part)
    unit.namespace = store.namespace
    return unit.source, unit.target


def read_unit(store: TextFile, element: etree._Element, errors: list[str]) -> Unit | None:
    """Parse a unit. Adds to `errors` and returns None if it is invalid."""
    location = {"line": element.sourceline, "unit": element.get("id", "")}
    segments = list(element.iterchildren(store.namespaced("segment")))
    if len(segments) != 1:
        errors.append(
            _("Line %(line)d, unit “%(unit)s”: it must have one segment. Join the segments that your tool made.")
            % location
        )
        return None
    # Tools move white space and codes at the ends of a segment into <ignorable> (XLIFF 2.1, section 4.2.2.6).
    parts = element.iterchildren(store.namespaced("segment"), store.namespaced("ignorable"))
    try:
        texts = {part: source_and_target(store, part) for part in parts}
    except ValueError as error:
        errors.append(
            _("Line %(line)d, unit “%(unit)s”: %(error)s. Restore it from the export.") % {**location, "error": error}
        )
        return None
    if any(source is None for source, _target in texts.values()):
        errors.append(
            _("Line %(line)d, unit “%(unit)s”: the source is missing. Restore it from the export.") % location
        )
        return None
    _source, translation = texts[segments[0]]
    target = "".join((source if target is None else target) or "" for source, target in texts.values())
    return Unit(
        id=location["unit"],
        sources=("".join(source or "" for source, _target in texts.values()),),
        targets=(target,) if translation else (),
        is_final=segments[0].get("state") in FINISHED,
        line=element.sourceline,
    )
