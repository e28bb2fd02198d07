"""Exchange files: whatever text goes out comes back, and a damaged file is named with the place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange import po, xliff
from exchange.units import ExchangeError, Unit

PLURAL_FORMS = "nplurals=3; plural=(n==1 ? 0 : n<5 ? 1 : 2)"
PIECES = st.sampled_from(
    ["<p>", '<a href="/en/?a=1&amp;b=2">', "</a>", "<br/>", "&nbsp;", "%(count)d", "{name}", "„“«»\"'", "\xa0\u202f", "\n", "\r\n", "\t", "\\n", "  ", "🇵🇱👩🏽\u200d🔬", "مرحبا\u200f", "\x01\x1b\x00", "\ufffe", "]]>", "<!--", "_: a\n", "#~ x", 'msgid "', "\u2028", "\x85", "\ufeff"]
)  # fmt: skip
TEXTS = st.lists(PIECES | st.text(max_size=12), min_size=1, max_size=8).map("".join)


def units(draw_texts):
    return st.builds(
        lambda source, target, settled: Unit("pages.about.title", (source,), (target,), settled, "pages.about.title"),
        draw_texts,
        draw_texts,
        st.booleans(),
    )


def kept(unit: Unit) -> tuple:
    return unit.sources, unit.targets, unit.is_settled


@given(units(TEXTS.filter(bool)))
def test_xliff_returns_every_text_as_it_went_out(unit):
    file = xliff.read(xliff.write("pl", "en", [unit], "content"))
    assert (file.source_language, file.language) == ("en", "pl")
    assert [kept(u) for u in file.units] == [kept(unit)]
    assert file.units[0].id == unit.id


@given(units(TEXTS.filter(bool)))
def test_po_returns_every_text_as_it_went_out(unit):
    file = po.read(po.write("pl", [unit], PLURAL_FORMS))
    assert file.language == "pl"
    assert [kept(u) for u in file.units] == [kept(unit)]
    assert file.units[0].context == unit.context
