"""The sentences of the checks, word for word, at the limits of what they report."""

import pytest
from translations.status.changes import CONTEXT, shortened, word_changes, words

from translations.status.checks import Finding, findings

pytestmark = pytest.mark.once
A_LINK = '<p><a href="{}">x</a></p>'


def messages(source: str, target: str, language: str = "pl", **options) -> list[str]:
    return [finding.message for finding in findings(source, target, language, **options)]


def in_html(source: str, target: str) -> list[str]:
    return messages(source, target, is_html=True)


def test_errors_come_first():
    found = findings("In 2026 %(count)s pages", "stron  x", "pl")
    assert [finding.is_error for finding in found] == [True, False, False]


def test_a_remark_is_no_error_unless_it_says_so():
    assert not Finding("a").is_error


@pytest.mark.parametrize(
    ("target", "sentences"),
    [
        ("x" * 40, []),
        ("x" * 41, ["The text is 1 character too long: there is room for 40. Shorten it."]),
        ("x" * 42, ["The text is 2 characters too long: there is room for 40. Shorten it."]),
    ],
)
def test_a_text_may_be_as_long_as_its_field(target, sentences):
    assert messages("Short", target, limit=40) == sentences
    assert messages("Short", target) == []


@pytest.mark.parametrize(
    ("target", "tags"),
    [
        ("<p>Raz</p>", None),
        ("<p>Raz<br>dwa<hr></p>", None),
        ("<p>Raz", "“<p>”"),
        ("Raz</p>", "“</p>”"),
        ("<p><em>Raz</p></em>", "“</p>”"),
        ("<ul><li>Raz</ul>", "“</ul>”"),
    ],
)
def test_each_tag_is_closed_in_turn(target, tags):
    found = [message for message in in_html(target, target) if message.startswith("These tags have no matching")]
    assert [tags in message for message in found] == ([True] if tags else [])
    assert all(finding.is_error for finding in findings(target, target, "pl", is_html=True))


def test_tags_of_the_source_are_compared_by_their_number_and_links_are_not():
    source = "<p>One <em>two</em> <em>three</em></p>"
    assert in_html(source, "<p>Raz <em>dwa</em> trzy</p>") == ["Formatting of the source is missing: “<em> × 1”."]
    assert in_html("<p>One</p>", "<p>Raz</p><p><b>dwa</b></p>") == [
        "Formatting that the source does not have: “<b> × 1” and “<p> × 1”."
    ]
    assert in_html("<p>One</p>", '<p><a href="https://a.example/">Raz</a></p>') == []


def test_tags_that_a_plain_source_has_too_are_no_fault():
    assert messages("The tag <b>", "Znacznik <b>") == []
    assert messages("a < b", "a < b") == []
    (message,) = messages("The tag <b>", "Znacznik <b> <i> <em>")
    assert message == "This text is not formatted, so readers would see “<em>” and “<i>” as typed. Remove it."


def test_a_link_of_the_source_is_named_once():
    link = A_LINK.format("https://a.example/")
    assert in_html(link + link, "<p>x</p><p>x</p>") == ["Links of the source are missing: “https://a.example/”."]


def test_links_to_this_site_are_counted_and_go_to_pages_in_the_same_language():
    own = A_LINK.format("/en/partners/")
    assert in_html(own, A_LINK.format("/pl/partnerzy/")) == []
    assert in_html(own, "<p>x</p>") == ["Links to pages of this site: 1 in the source, 0 here."]
    assert in_html("<p>x</p>", A_LINK.format("/pl/partnerzy/")) == [
        "Links to pages of this site: 0 in the source, 1 here."
    ]
    assert in_html(own + own, A_LINK.format("/de/partner/") * 2) == [
        "Links lead to pages in another language: “/de/partner/”. Link to the same page in Polski."
    ]
    assert in_html(A_LINK.format("/media/a.pdf"), A_LINK.format("/media/a.pdf")) == []
    assert in_html('<p><a name="a">x</a></p>', '<p><a name="a">x</a></p>') == [], "no link without an address"


def test_placeholders_are_compared_by_their_number():
    assert messages("%s of %s", "%s") == [
        "Placeholders are missing: “%s”. The program puts words there; keep them as they are."
    ]
    assert messages("%s", "%s z %s") == ["Placeholders that the source does not have: “%s”. Remove them."]
    assert messages("Percent", "{procent}") == [], "words in braces are no placeholders where the source has none"
    assert all(finding.is_error for finding in findings("%s, {}", "%d, {a}", "pl"))


@pytest.mark.parametrize(
    ("source", "target", "missing"),
    [
        ("In 2026", "W 2026", None),
        ("In 2026 and 2026", "W roku", "“2026”"),
        ("1,000", "1 000", None),
        ("1,000", "1000", None),
        ("1.5 and 7", "1,5", "“7”"),
        ("3–5", "od 3 do 5", None),
        ("6.1", "1 i 6", None),
        ("6.1", "6", "“6.1”"),
        ("12", "123", "“12”"),
    ],
)
def test_numbers_are_compared_without_their_separators(source, target, missing):
    expected = [f"Numbers of the source are missing: {missing}. Compare them."] if missing else []
    assert messages(source, target) == expected


def test_an_address_ends_before_the_full_stop_of_its_sentence():
    assert messages("See https://a.example/b.", "Zob. https://a.example/b, tam") == []
    assert messages("Ask a@b.example, or www.c.example!", "x") == [
        "Addresses of the source are missing: “a@b.example” and “www.c.example”."
    ]
    assert messages("https://a.example/ https://a.example/", "x") == [
        "Addresses of the source are missing: “https://a.example/”."
    ]
    assert messages("https://a.example/?a=1&amp;b=2", "https://a.example/?a=1&b=2") == []


def test_double_spaces_are_counted():
    assert messages("a", "a b") == []
    assert messages("a", "a  b") == ["There are two spaces in a row in 1 place."]
    assert messages("a", "a  bc   d") == ["There are two spaces in a row in 2 places."]


def test_quotation_marks_are_those_of_the_language():
    assert messages("“a”", "«a»", "de") == ["Quotation marks of another language: « ». In Deutsch write „ “ ‚ ‘."]
    assert messages("“a”", "«a»", "xx") == []


def test_words_of_different_blocks_are_told_apart_and_those_of_one_line_are_not():
    assert in_html("<p>1</p><p>2</p>", "<p>12</p><p></p>") == [
        "Numbers of the source are missing: “1” and “2”. Compare them."
    ]
    assert in_html("<p>1<b>2</b></p>", "<p><b>12</b></p>") == []


# Changes of a source


def test_words_of_formatted_text_end_where_a_block_ends():
    assert words("<p>One</p><p>two&amp;</p>") == ["One", "two&"]
    assert words("<p>o<em>n</em>e</p>") == ["one"]
    assert words("a <b> c") == ["a", "<b>", "c"]


def test_what_was_removed_comes_before_what_was_added():
    html = word_changes("one two three", "one 2 three")
    assert html == (
        'one <del><span class="visually-hidden">removed: </span>two</del> '
        '<ins><span class="visually-hidden">added: </span>2</ins> three'
    )
    assert word_changes("one", "one two") == 'one <ins><span class="visually-hidden">added: </span>two</ins>'
    assert word_changes("one two", "two") == '<del><span class="visually-hidden">removed: </span>one</del> two'
    assert "&lt;b&gt;" in word_changes("one", "one <b>")


@pytest.mark.parametrize(
    ("length", "is_first", "is_last", "ends"),
    [
        (2 * CONTEXT + 1, False, False, None),
        (2 * CONTEXT + 2, False, False, (CONTEXT, CONTEXT)),
        (CONTEXT + 1, True, False, None),
        (CONTEXT + 2, True, False, (0, CONTEXT)),
        (CONTEXT + 1, False, True, None),
        (CONTEXT + 2, False, True, (CONTEXT, 0)),
        (1, True, True, None),
        (2, True, True, (0, 0)),
    ],
)
def test_an_unchanged_stretch_is_cut_to_eight_words_at_each_change(length, is_first, is_last, ends):
    stretch = [str(number) for number in range(length)]
    expected = stretch if ends is None else [*stretch[: ends[0]], "…", *stretch[length - ends[1] :]]
    assert shortened(stretch, is_first, is_last) == " ".join(expected)


def test_eight_words_are_enough():
    assert CONTEXT == 8
