"""Exchange files preserve all texts."""

from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from translations.exchange import plan, po, xliff
from translations.exchange.units import ExchangeError, Unit

PLURAL_FORMS = "nplurals=3; plural=(n==1 ? 0 : n<5 ? 1 : 2)"
MARKUP = [
    "<p>",
    '<span lang="pl">',
    "</span>",
    '<a href="/en/?a=1&amp;b=2">',
    "</a>",
    "<br/>",
    "&nbsp;",
    "]]>",
    "<!--",
    "%(count)d",
    "{name}",
]
SPACES = ["\n", "\r\n", "\t", "  ", "\xa0", "\u202f", "\u2028", "\x85", "\ufeff"]
SIGNS = ["„“«»\"'", "\\n", "🇵🇱👩🏽\u200d🔬", "مرحبا\u200f", "\x01\x1b\x00", "\ufffe", "_: a\n", "#~ x", 'msgid "']
PIECES = st.sampled_from(MARKUP + SPACES + SIGNS)
TEXTS = st.lists(PIECES | st.text(max_size=12), min_size=1, max_size=8).map("".join)


UNITS = st.builds(
    lambda source, target, is_final: Unit("pages.about.title", (source,), (target,), is_final, "pages.about.title"),
    TEXTS.filter(bool),
    TEXTS.filter(bool),
    st.booleans(),
)
FORMS = st.builds(
    lambda sources, targets: Unit("interface.1", sources, targets, forms=3),
    st.tuples(TEXTS.filter(bool), TEXTS.filter(bool)),
    st.tuples(*[TEXTS.filter(bool)] * 3),
)


def contents(unit: Unit) -> tuple:
    return unit.sources, unit.targets, unit.is_final


@given(UNITS | FORMS)
def test_xliff_preserves_every_text(unit):
    file = xliff.read(xliff.write("pl", "en", [unit], "content"))
    assert (file.source_language, file.language) == ("en", "pl")
    assert [contents(u) for u in file.units] == [contents(unit)]
    assert file.units[0].id == unit.id


@pytest.mark.parametrize(
    ("unit", "source", "target"),
    [
        (
            "<ignorable><source>A </source><target>a </target></ignorable><segment><source>B</source><target>b</target>"
            "</segment><ignorable><source>.</source><target>!</target></ignorable>",
            "A B.",
            ("a b!",),
        ),
        # Ignorable content without a target is the same in the translation.
        (
            "<segment><source>B</source><target>b</target></segment><ignorable><source>.</source></ignorable>",
            "B.",
            ("b.",),
        ),
        ("<segment><source>B</source></segment><ignorable><source>.</source></ignorable>", "B.", ()),
    ],
)
def test_the_text_of_an_xliff_unit_is_its_segment_and_what_is_ignorable(unit, source, target):
    file = xliff.write("pl", "en", [Unit("a", ("x",), ())], "content").decode()
    start, end = file.index("<segment"), file.index("</segment>") + len("</segment>")
    (read,) = xliff.read((file[:start] + unit + file[end:]).encode()).units
    assert (read.sources, read.targets) == ((source,), target)


@given(UNITS | FORMS)
@example(Unit("pages.about.title", ("\n_: a\n",), ("b",), context="pages.about.title"))
def test_po_preserves_every_text(unit):
    file = po.read(po.write("pl", [unit], PLURAL_FORMS))
    assert file.language == "pl"
    assert [contents(u) for u in file.units] == [contents(unit)]
    assert file.units[0].context == unit.context


NAMED = '"Language: pl\\n"\n"Content-Type: text/plain; charset=ISO-8859-2\\n"\n'
HEADER = f'msgid ""\nmsgstr ""\n{NAMED}\n'
ENTRY = 'msgid "About"\nmsgstr "Żółć"\n'
HEADERS = {
    "plain": HEADER,
    "after a comment": f"# Poland\n\n{HEADER}",
    "after empty lines": f"\n \n\n{HEADER}",
    "after a comment that names another charset": f"# From Content-Type: text/plain; charset=UTF-8\n{HEADER}",
    "after another entry": f'msgid "Home"\nmsgstr "charset=UTF-8"\n\n{HEADER}',
    "over two strings": HEADER.replace("; charset", '; "\n"charset'),
    "with spaces": HEADER.replace("charset=", "charset = "),
    "in quotes": HEADER.replace("ISO-8859-2", '\\"ISO-8859-2\\"'),
    "in small letters": HEADER.replace("Content-Type", "content-type"),
    "with Windows line ends": HEADER.replace("\n", "\r\n"),
}


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS)
def test_the_charset_of_a_po_file_is_the_one_of_its_header(header):
    file = po.read((header + ENTRY).encode("iso-8859-2"))
    assert file.language == "pl"
    assert file.units[-1].targets == ("Żółć",)


@pytest.mark.parametrize(
    "elsewhere", ["# %s\n{header}{entry}", "{header}#. %s\n{entry}", '{header}msgid "%s"\nmsgstr ""\n\n{entry}']
)
def test_a_charset_outside_of_the_header_of_a_po_file_has_no_effect(elsewhere):
    text = elsewhere % "Content-Type: text/plain; charset=ISO-8859-1"
    for header in (HEADER.replace("ISO-8859-2", "UTF-8"), HEADER.replace("ISO-8859-2", "CHARSET"), ""):
        file = po.read(text.format(header=header, entry=ENTRY).encode())
        assert file.units[-1].targets == ("Żółć",)


@pytest.mark.parametrize(
    "codec", ["UTF-7", "unicode_escape", "raw_unicode_escape", "idna", "punycode", "hz", "cp037", "rot13", "undefined"]
)
def test_a_codec_that_changes_plain_text_is_no_charset_of_a_po_file(codec):
    content = HEADER.replace("ISO-8859-2", codec) + 'msgid "About"\nmsgstr "+2AA- \\\\ud800 ABOUT"\n'
    with pytest.raises(ExchangeError, match=f"charset “{codec}”, which is unknown"):
        po.read(content.encode())


WRITTEN = [
    Unit("pages.about.title", ("A <b>b</b> %(count)d\x0b",), ("C {name}",), True, "pages.about.title", limit=10),
    Unit("interface.1", ("a", "b"), ("c", "d", "e"), forms=3),
]
FILES = [xliff.write("pl", "en", WRITTEN, "content"), po.write("pl", WRITTEN, PLURAL_FORMS)]
# Pieces of both formats, in places where they do not belong.
FRAGMENTS = (
    rb"""</ <!-- &#0; <target/> <segment> <mrk/> <cp/> <ph/> <pc> </file> <unit/> state="x" xmlns="a" "
    msgid msgctxt msgstr[9] #~ #| #,fuzzy \ \x charset= utf-16 nplurals= MIME-VersionL"""
).split()
DAMAGES = st.tuples(st.floats(0, 1), st.integers(0, 40), st.binary(max_size=3) | st.sampled_from(FRAGMENTS))


def damaged(content: bytes, damages: list[tuple[float, int, bytes]]) -> bytes:
    for place, length, piece in damages:
        start = round(place * len(content))
        content = content[:start] + piece + content[start + length :]
    return content


@given(st.builds(damaged, st.sampled_from(FILES), st.lists(DAMAGES, min_size=1, max_size=3)))
def test_a_damaged_file_is_read_or_refused_with_an_error(content):
    with suppress(ExchangeError):
        plan.read(content)


@given(st.binary(max_size=60) | st.text(max_size=40).map(lambda text: f"<xliff {text}".encode()))
def test_any_bytes_are_read_or_refused_with_an_error(content):
    with suppress(ExchangeError):
        plan.read(content)
