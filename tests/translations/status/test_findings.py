"""The messages of the checks and the output of the diff, at their limits."""

import pytest

from translations.status.checks import Finding, findings
from translations.status.diff import CONTEXT, shortened, visible_words, word_diff

pytestmark = pytest.mark.once
A_LINK = '<p><a href="{}">x</a></p>'


def messages(source: str, target: str, language: str = "pl", **options) -> list[str]:
    return [finding.message for finding in findings(source, target, language, **options)]


def in_html(source: str, target: str) -> list[str]:
    return messages(source, target, is_html=True)


def test_errors_come_first():
    found = findings("In 2026 %(count)s pages", "stron  x", "pl")
    assert [finding.is_error for finding in found] == [True, False, False]


def test_a_finding_is_a_warning_by_default():
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
def test_unpaired_tags_are_reported(target, tags):
    found = [message for message in in_html(target, target) if message.startswith("These tags have no matching")]
    assert [tags in message for message in found] == ([True] if tags else [])
    assert all(finding.is_error for finding in findings(target, target, "pl", is_html=True))


def test_the_numbers_of_tags_are_compared_except_for_links():
    source = "<p>One <em>two</em> <em>three</em></p>"
    assert in_html(source, "<p>Raz <em>dwa</em> trzy</p>") == ["Formatting of the source is missing: “<em> × 1”."]
    assert in_html("<p>One</p>", "<p>Raz</p><p><b>dwa</b></p>") == [
        "Formatting that the source does not have: “<b> × 1” and “<p> × 1”."
    ]
    assert in_html("<p>One</p>", '<p><a href="https://a.example/">Raz</a></p>') == []


def test_a_phrase_of_another_language_may_be_in_one_language_only_and_divides_no_word():
    marked, plain = '<p>One 1<span lang="pl">2</span> two</p>', "<p>Raz 12 dwa</p>"
    assert in_html(marked, plain) == []
    assert in_html(plain, marked) == []
    assert in_html(plain, "<p>Raz 12 <span lang='la'>dwa</p>") == [
        "These tags have no matching opening or closing tag: “</p>”, “<p>” and “<span>”. Complete or remove them."
    ]


def test_tags_that_a_plain_source_has_too_are_allowed():
    assert messages("The tag <b>", "Znacznik <b>") == []
    assert messages("a < b", "a < b") == []
    (message,) = messages("The tag <b>", "Znacznik <b> <i> <em>")
    assert message == "This text is not formatted, so readers would see “<em>” and “<i>” as typed. Remove it."


def test_a_missing_link_is_reported_once():
    link = A_LINK.format("https://a.example/")
    assert in_html(link + link, "<p>x</p><p>x</p>") == ["Links of the source are missing: “https://a.example/”."]


def test_internal_links_are_counted_and_must_be_in_the_same_language():
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
    assert in_html('<p><a name="a">x</a></p>', '<p><a name="a">x</a></p>') == [], "an anchor without href is not a link"


def test_the_numbers_of_placeholders_are_compared():
    assert messages("%s of %s", "%s") == [
        "Placeholders are missing: “%s”. The program puts words there; keep them as they are."
    ]
    assert messages("%s", "%s z %s") == ["Placeholders that the source does not have: “%s”. Remove them."]
    assert messages("Percent", "{procent}") == [], "a source without placeholders"
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


def test_an_address_does_not_include_following_punctuation():
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


def test_quotation_marks_of_another_language_are_reported():
    assert messages("“a”", "«a»", "de") == ["Quotation marks of another language: « ». In Deutsch write „ “ ‚ ‘."]
    assert messages("“a”", "«a»", "xx") == []


def test_numbers_in_different_blocks_are_separate():
    assert in_html("<p>1</p><p>2</p>", "<p>12</p><p></p>") == [
        "Numbers of the source are missing: “1” and “2”. Compare them."
    ]
    assert in_html("<p>1<b>2</b></p>", "<p><b>12</b></p>") == []


def test_blocks_separate_words_and_inline_tags_do_not():
    assert visible_words("<p>One</p><p>two&amp;</p>") == ["One", "two&"]
    assert visible_words("<p>o<em>n</em>e</p>") == ["one"]
    assert visible_words("a <b> c") == ["a", "<b>", "c"]


def test_removed_words_precede_added_words():
    html = word_diff("one two three", "one 2 three")
    assert html == (
        'one <del><span class="visually-hidden">removed: </span>two</del> '
        '<ins><span class="visually-hidden">added: </span>2</ins> three'
    )
    assert word_diff("one", "one two") == 'one <ins><span class="visually-hidden">added: </span>two</ins>'
    assert word_diff("one two", "two") == '<del><span class="visually-hidden">removed: </span>one</del> two'
    assert "&lt;b&gt;" in word_diff("one", "one <b>")


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
def test_an_unchanged_passage_is_shortened_to_eight_words_at_each_change(length, is_first, is_last, ends):
    words = [str(number) for number in range(length)]
    expected = words if ends is None else [*words[: ends[0]], "…", *words[length - ends[1] :]]
    assert shortened(words, is_first, is_last) == " ".join(expected)


def test_the_context_has_eight_words():
    assert CONTEXT == 8
