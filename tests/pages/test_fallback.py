"""Untranslated texts: shown in English, marked as English, and not offered to search engines."""

import re
from html.parser import HTMLParser

import pytest
from django.conf import settings
from django.db.models import TextField
from django.urls import reverse
from django.utils import translation

from alliance.models import Alliance, Deliverable
from consent.models import NoticeVersion
from editorial.content_files import translated_fields
from editorial.models import content_models
from partners.models import PartnerUniversity
from tests.consent.factories import put_in_force

pytestmark = [pytest.mark.django_db, pytest.mark.once]
# Added to every English text.
MARKER = "¤"
NOTE = "untranslated-note"
VOID = {"meta", "link", "img", "input", "source", "br", "path", "circle", "rect"}


class Reader(HTMLParser):
    """Collects the marked texts of a page with the language that the HTML declares for them."""

    def __init__(self, html: str):
        super().__init__()
        self.languages, self.texts = [], []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        language = dict(attributes).get("lang") or (self.languages[-1][1] if self.languages else None)
        self.note(language, [value for name, value in attributes if name in ("alt", "aria-label", "title")])
        if tag not in VOID:
            self.languages.append((tag, language))

    def handle_endtag(self, tag):
        while self.languages and self.languages.pop()[0] != tag:
            pass

    def handle_data(self, data):
        if self.languages and self.languages[-1][0] not in ("script", "title"):
            self.note(self.languages[-1][1], [data])

    def note(self, language, texts):
        self.texts += [(language, text) for text in texts if text and MARKER in text]


@pytest.fixture
def untranslated():
    """Removes all Swedish texts and marks all English ones."""
    for model in content_models():
        for item in model.objects.all():
            fields = translated_fields(model) - {"slug"}
            values = {f"{name}_sv": None for name in translated_fields(model)}
            for name in fields:
                if value := getattr(item, f"{name}_en"):
                    rich = isinstance(model._meta.get_field(name), TextField) and value.startswith("<")
                    values[f"{name}_en"] = f"<p>{MARKER}</p>{value}" if rich else f"{MARKER} {value}"[:300]
            model.objects.filter(pk=item.pk).update(**values)


def paths(client, code: str) -> list[str]:
    return re.findall(rf"<loc>http://testserver(/{code}/[^<]*)</loc>", client.get("/sitemap.xml").content.decode())


def counterpart(client, path: str) -> str:
    html = client.get(path).content.decode()
    return re.search(r'href="(/sv/[^"]*)"\s+lang="sv"', html)[1]


@pytest.mark.nightly
@pytest.mark.once
def test_untranslated_texts_are_marked_as_english_on_every_page(client, untranslated):
    with translation.override("sv"):
        form = reverse("feedback:form")
    for path in [*(counterpart(client, path) for path in paths(client, "en")), form]:
        response = client.get(path)
        html = response.content.decode()
        assert response.status_code == 200, path
        texts = Reader(html).texts
        assert texts, path
        assert not [text for language, text in texts if language != "en"], path
        assert html.count(NOTE) == 1, path


def test_untranslated_search_results_are_marked_as_english(client, untranslated):
    html = client.get("/sv/sok/", {"q": "lodz"}).content.decode()
    texts = Reader(html).texts
    assert len(texts) > 5
    assert {language for language, _text in texts} == {"en"}


def test_an_untranslated_cookie_notice_is_marked_as_english(client, untranslated):
    version = put_in_force()
    assert "data-untranslated" not in version.html["fi"] and "languages" not in str(version.wording["fi"])
    dialog = Reader(version.html["sv"]).texts
    assert len(dialog) == len(re.findall(MARKER, version.html["sv"]))
    assert {language for language, _text in dialog} == {"en"}
    assert version.html["sv"] in client.get("/sv/").content.decode()
    with translation.override("sv"):
        html = client.get(reverse("consent:settings")).content.decode()
    settings_page = Reader(html).texts
    assert len(settings_page) > 5
    assert {language for language, _text in settings_page} == {"en"}


def test_a_notice_without_the_language_is_marked_as_english_as_a_whole(client):
    version = NoticeVersion.objects.current()
    later = NoticeVersion(number=version.number + 1, asks_again=True, style="")
    later.wording = {code: version.wording[code] for code in ("en", "pl")}
    later.html = {code: version.html[code] for code in ("en", "pl")}
    later.digest = later.leaf()
    later.save()
    assert re.search(r'<form[^>]*action="/sv/[^>]* lang="en" data-untranslated>', client.get("/sv/").content.decode())
    assert "data-untranslated" not in client.get("/pl/").content.decode()


@pytest.mark.nightly
@pytest.mark.once
def test_search_engines_are_not_offered_untranslated_pages(client, untranslated):
    assert not paths(client, "sv")
    english = paths(client, "en")
    assert len(english) == len(paths(client, "pl"))
    for path in english:
        html = client.get(path).content.decode()
        codes = set(re.findall(r'rel="alternate" hreflang="([^"]+)"', html))
        assert codes == {*settings.CONTENT_LANGUAGES, "x-default"} - {"sv"}, path
        untranslated_path = counterpart(client, path)
        assert (
            f'<link rel="canonical" href="http://testserver{path}">' in client.get(untranslated_path).content.decode()
        )


def test_the_language_menu_links_to_untranslated_pages(client, untranslated):
    html = client.get("/en/deliverables/").content.decode()
    for code in settings.CONTENT_LANGUAGES:
        assert re.search(rf'href="/{code}/[^"]*"\s+lang="{code}"', html), code


@pytest.mark.once
def test_an_error_page_is_not_offered_in_other_languages(client):
    assert "data-offer=" in client.get("/pl/").content.decode()
    assert "data-offer=" not in client.get("/pl/nothing-here/").content.decode()


def test_a_translated_page_has_no_note(every_page):
    for path, response in every_page.items():
        html = response.content.decode()
        assert NOTE not in html and "data-untranslated" not in html, path


@pytest.mark.nightly
def test_a_section_counts_as_translated_only_with_its_list(client):
    Deliverable.objects.filter(pk=Deliverable.objects.first().pk).update(body_fi=None)
    html = client.get("/en/deliverables/").content.decode()
    assert 'hreflang="fi" href="http' not in html and 'hreflang="sv" href="http' in html
    assert len(paths(client, "fi")) == len(paths(client, "sv")) - 2


@pytest.mark.nightly
def test_a_text_that_is_empty_in_english_is_not_missing(client):
    partner = PartnerUniversity.objects.first()
    PartnerUniversity.objects.filter(pk=partner.pk).update(
        **{f"description_{code}": "" for code in settings.CONTENT_LANGUAGES}
    )
    assert len(paths(client, "sv")) == len(paths(client, "en"))
    assert NOTE not in client.get("/sv/partner/").content.decode()


def test_english_stays_left_to_right_in_a_right_to_left_language(client, monkeypatch):
    from django.conf.locale import LANG_INFO

    monkeypatch.setitem(LANG_INFO, "sv", LANG_INFO["sv"] | {"bidi": True})
    Alliance.objects.update(tagline_sv=None)
    with translation.override("sv"):
        about = reverse("alliance:about")
    assert re.search(r'<span lang="en" dir="ltr" data-untranslated>', client.get(about).content.decode())


@pytest.mark.nightly
@pytest.mark.parametrize("path", ["/sv/", "/sv/resultat/", "/sv/partner/", "/sitemap.xml"])
def test_untranslated_texts_cost_no_query(client, untranslated, path, django_assert_max_num_queries):
    client.get(path)
    with django_assert_max_num_queries(40) as before:
        client.get(path)
    limit = len(before)
    for model in (Deliverable, PartnerUniversity):
        for number in range(5):
            copy = model.objects.last()
            copy.pk, copy.key = None, ""
            copy.role = "member"
            for code in settings.CONTENT_LANGUAGES:
                setattr(copy, f"slug_{code}", f"copy-{number}" if code == "en" else None)
            copy.save()
    # The first request after a change also fills the cache of shared content.
    client.get(path)
    with django_assert_max_num_queries(limit):
        client.get(path)
