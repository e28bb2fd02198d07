"""Every text of content passes one gate, whichever way it enters."""

import unicodedata
from xml.etree import ElementTree

import pytest
from django.core.exceptions import ValidationError
from django.db import models
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from alliance.models import Milestone
from editorial.clean_text import CleanText, xml_text
from editorial.content_files import ContentError, load
from editorial.models import content_models
from pages.models import Page
from tests.editorial.test_admin import address, filled_in
from tests.editorial.test_content import PAGE, write

ONE_LINE, LINES, RICH = (Page._meta.get_field(name) for name in ("title_en", "lead_en", "body_en"))
NOTHING = ["", " ", "\t\n", "\xa0\u2003\u3000", "\u200b", "\ufeff", "\u2060\u200d", "\xad", "\x0b\x00", "\u2028"]
# Fillers, selectors and other characters that show nothing, though no format characters.
NOTHING += [
    *"\u034f\u115f\u1160\u17b4\u180b\u2800\u3164\ufe00\ufe0f\uffa0\ufffc\U0001d173\U000e0001\U000e0100",
    "\u3164\ufe0f\u200d",
]
# All of Unicode, and often what breaks documents.
TEXTS = st.text(
    st.sampled_from("\x00\x0b\x1b\x7f\x85\r\n\t \u00ad\u0301\u0338\u200b\u2028\ufeff\ufffe\uffff<>&\"'])")
    | st.characters(),
    max_size=12,
)


@pytest.mark.parametrize(
    ("field", "typed", "stored"),
    [
        (ONE_LINE, "\u200b \xa0One\u3000\ufeff", "One"),
        (ONE_LINE, "\u202aOne\u202c", "One"),
        (ONE_LINE, "\u2068\u200eOne\u200f\u2069\u034f\u061c", "One"),
        (ONE_LINE, "\u206aOne\u2064\ufff9", "One"),
        (ONE_LINE, "One \u2067שלום\u2069", "One \u2067שלום\u2069"),
        (
            ONE_LINE,
            "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
            "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        ),
        (ONE_LINE, "\u0601٢", "\u0601٢"),
        (ONE_LINE, "One\x0btwo\x00three\x85four\x7ffive", "One two three four five"),
        (ONE_LINE, "One\r\ntwo\tthree", "One two\tthree"),
        (ONE_LINE, "One\u2028two\u2029three", "One two three"),
        (ONE_LINE, "Ło\u0301dz\u0301", "Łódź"),
        (ONE_LINE, "👩🏽\u200d🔬", "👩🏽\u200d🔬"),
        (ONE_LINE, "\ufffcOne \ufffc", "One"),
        (ONE_LINE, "\u3164One\ufe0f\u2800\uffa0", "One"),
        (ONE_LINE, "One ❤\ufe0f\u3164", "One ❤\ufe0f"),
        (ONE_LINE, "葛\U000e0100", "葛\U000e0100"),
        (LINES, " One\r\ntwo\rthree\n\x0cfour ", " One\ntwo\nthree\n four "),
        (LINES, "One\u2028two\u2029three", "One\ntwo\nthree"),
        (RICH, "<p>One\u2028two&#x2029;three</p>", "<p>One\ntwo\nthree</p>"),
        (RICH, "<p>One\x0btwo&#11;three\r\nfour &amp; e\u0301</p>", "<p>One two three\nfour &amp; é</p>"),
        (RICH, "<p>\u0338</p>", "<p>\u0338</p>"),
        (RICH, "<p>a&#0;b&#x0000b;c&#1d</p>", "<p>a b c d</p>"),
        (RICH, "<p>&#128;&#x41;&#9731; &amp;#0;</p>", "<p>€A☃ &amp;#0;</p>"),
    ],
)
def test_a_text_is_normalised(field, typed, stored):
    assert field.clean(typed, None) == stored
    assert field.formfield().clean(typed) in (stored, stored.strip(), field.to_python(typed))


@pytest.mark.parametrize("text", NOTHING, ids=ascii)
@pytest.mark.parametrize("field", [Page._meta.get_field(f"{name}_pl") for name in ("title", "lead", "body")], ids=str)
def test_a_text_of_white_space_alone_is_empty(field, text):
    assert not field.clean(text, None)
    assert not field.formfield().clean(text)
    if field.name.startswith("body"):
        assert not field.clean(f"<p>{text}&nbsp;</p><p><br></p>", None)


@pytest.mark.parametrize("text", ["a\ufffe", "\uffffb", "a\ud800b", "\udc00"], ids=ascii)
@pytest.mark.parametrize("field", [ONE_LINE, LINES, RICH], ids=str)
def test_what_is_no_character_is_refused(field, text):
    for clean in (lambda: field.clean(text, None), lambda: field.formfield().clean(text)):
        with pytest.raises(ValidationError, match=f"The text contains U\\+{max(map(ord, text.strip('ab'))):04X}"):
            clean()


@pytest.mark.parametrize("reference", ["&#xD800;", "&#55296;", "&#XDfFf", "&#x00d834;&#xdd1e;"])
def test_a_reference_to_half_of_a_pair_is_refused(reference):
    for clean in (
        lambda: RICH.clean(f"<p>a{reference}</p>", None),
        lambda: RICH.formfield().clean(f"<p>{reference}</p>"),
    ):
        with pytest.raises(ValidationError, match="The text contains U\\+D"):
            clean()


def test_the_length_of_a_text_is_that_of_what_is_stored():
    letters = "o\u0301" * ONE_LINE.max_length
    assert ONE_LINE.formfield().clean(letters) == ONE_LINE.clean(letters, None) == "ó" * ONE_LINE.max_length


def test_every_text_field_of_content_has_the_gate():
    fields = [field for model in content_models() for field in model._meta.local_fields]
    texts = [field for field in fields if isinstance(field, models.CharField | models.TextField) and field.editable]
    assert len(texts) > 500
    assert [field for field in texts if not isinstance(field, CleanText)] == []


@given(TEXTS)
def test_any_text_is_refused_or_stored_well_formed(text):
    for field in (ONE_LINE, LINES, RICH):
        try:
            stored = field.clean(f"a{text}", None)
        except ValidationError:
            continue
        assert field.clean(stored, None) == stored == xml_text(stored)
        assert not [letter for letter in stored if unicodedata.category(letter) == "Cc" and letter not in "\t\n"]
        stored.encode()


@pytest.mark.django_db
@pytest.mark.once
def test_code_that_saves_without_validation_stores_a_normalised_text_too():
    page = Page.objects.get(key="about")
    page.title_pl, page.body_pl = "\u200bA\x0bb ", "<p>A\x0bb</p>"
    page.save()
    page.refresh_from_db()
    assert (page.title_pl, page.body_pl) == ("A b", "<p>A b</p>")


@pytest.fixture
def milestone(client, staff):
    client.force_login(staff())
    return Milestone.objects.first()


@pytest.mark.django_db
@pytest.mark.once
class TestForm:
    def save(self, client, item, **typed):
        return client.post(address(item), filled_in(client.get(address(item))) | typed)

    def test_a_form_stores_a_normalised_text(self, client, milestone):
        assert self.save(client, milestone, title_pl=" Eta\x0bp\x00 2\u200b", title_de="\u2003").status_code == 302
        milestone.refresh_from_db()
        assert (milestone.title_pl, milestone.title_de or "") == ("Eta p  2", "")

    @pytest.mark.nightly
    @pytest.mark.parametrize("text", NOTHING[1:], ids=ascii)
    def test_a_heading_of_white_space_is_missing(self, client, milestone, text):
        response = self.save(client, milestone, title_en=text)
        assert response.context["adminform"].form.errors["title_en"] == ["This field is required."]

    def test_a_refused_character_is_an_error_of_its_field_and_nothing_typed_is_lost(self, client, milestone):
        response = self.save(client, milestone, title_pl="Eta\ufffep", title_de="Neu")
        form = response.context["adminform"].form
        assert form.errors == {"title_pl": ["The text contains U+FFFE, which is not a character. Remove it."]}
        assert (form["title_pl"].value(), form["title_de"].value()) == ("Eta\ufffep", "Neu")

    @hypothesis_settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(title=TEXTS, body=TEXTS)
    def test_any_text_is_saved_or_refused_and_the_feed_stays_well_formed(self, client, milestone, title, body):
        # A browser submits no halves of surrogate pairs.
        typed = {"title_en": title.encode(errors="replace"), "body_en": f"<p>{body}".encode(errors="replace")}
        assert self.save(client, milestone, **typed).status_code in (200, 302)
        ElementTree.fromstring(client.get("/en/timeline/feed.xml").content)


@pytest.mark.django_db
@pytest.mark.once
def test_a_content_file_passes_the_gate(tmp_path):
    english, polish = PAGE | {"title": " Ne\x0bws\u200b"}, {"title": "\u3000"}
    load(write(tmp_path, en={"pages": {"news": english}}, pl={"pages": {"news": polish}}))
    page = Page.objects.get(key="news")
    assert (page.title_en, page.title_pl) == ("Ne ws", "")
    with pytest.raises(ContentError, match=r"pl.toml: pages.news.title: The text contains U\+FFFF"):
        load(write(tmp_path, pl={"pages": {"news": {"title": "Nowe\uffff"}}}))
