"""A text without a translation: visitors read it in English, are told so, and search engines are not led to it."""

import re
from html.parser import HTMLParser

import pytest
from django.conf import settings
from django.db.models import TextField
from django.urls import reverse
from django.utils import translation

from alliance.models import Alliance, Deliverable
from consent.models import NoticeVersion
from editorial.content_files import content_models, translated_fields
from partners.models import PartnerUniversity

pytestmark = [pytest.mark.django_db, pytest.mark.once]
SIGN = "¤"
NOTE = "untranslated-note"
VOID = {"meta", "link", "img", "input", "source", "br", "path", "circle", "rect"}


class Reader(HTMLParser):
    """Collects what a page says with the sign of English in it, and in which language it claims to say so."""

    def __init__(self, html: str):
        super().__init__()
        self.languages, self.said = [], []
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
        self.said += [(language, text) for text in texts if text and SIGN in text]


@pytest.fixture
def untranslated():
    """The site with nothing of it in Swedish, and a sign in all that is English."""
    for model in content_models().values():
        for item in model.objects.all():
            fields = translated_fields(model) - {"slug"}
            values = {f"{name}_sv": None for name in translated_fields(model)}
            for name in fields:
                if value := getattr(item, f"{name}_en"):
                    rich = isinstance(model._meta.get_field(name), TextField) and value.startswith("<")
                    values[f"{name}_en"] = f"<p>{SIGN}</p>{value}" if rich else f"{SIGN} {value}"[:300]
            model.objects.filter(pk=item.pk).update(**values)


def paths(client, code: str) -> list[str]:
    return re.findall(rf"<loc>http://testserver(/{code}/[^<]*)</loc>", client.get("/sitemap.xml").content.decode())


def counterpart(client, path: str) -> str:
    html = client.get(path).content.decode()
    return re.search(r'href="(/sv/[^"]*)"\s+lang="sv"', html)[1]


@pytest.mark.once
def test_what_is_not_translated_is_marked_as_english_wherever_it_stands(client, untranslated):
    with translation.override("sv"):
        form = reverse("feedback:form")
    for path in [*(counterpart(client, path) for path in paths(client, "en")), form]:
        response = client.get(path)
        html = response.content.decode()
        assert response.status_code == 200, path
        said = Reader(html).said
        assert said, path
        assert not [text for language, text in said if language != "en"], path
        assert html.count(NOTE) == 1, path


def test_search_results_are_marked_too(client, untranslated):
    html = client.get("/sv/sok/", {"q": "lodz"}).content.decode()
    said = Reader(html).said
    assert len(said) > 5
    assert {language for language, _text in said} == {"en"}


def test_the_cookie_notice_is_marked_too(client, untranslated):
    version = NoticeVersion.objects.publish()
    assert "data-untranslated" not in version.html["fi"] and "languages" not in str(version.wording["fi"])
    dialog = Reader(version.html["sv"]).said
    assert len(dialog) == len(re.findall(SIGN, version.html["sv"]))
    assert {language for language, _text in dialog} == {"en"}
    assert version.html["sv"] in client.get("/sv/").content.decode()
    with translation.override("sv"):
        html = client.get(reverse("consent:settings")).content.decode()
    settings_page = Reader(html).said
    assert len(settings_page) > 5
    assert {language for language, _text in settings_page} == {"en"}


def test_a_notice_that_lacks_a_language_is_marked_as_a_whole(client):
    version = NoticeVersion.objects.current()
    later = NoticeVersion(number=version.number + 1, asks_again=True, style="")
    later.wording = {code: version.wording[code] for code in ("en", "pl")}
    later.html = {code: version.html[code] for code in ("en", "pl")}
    later.digest = later.compute_digest()
    later.save()
    assert re.search(r'<form[^>]*action="/sv/[^>]* lang="en" data-untranslated>', client.get("/sv/").content.decode())
    assert "data-untranslated" not in client.get("/pl/").content.decode()


@pytest.mark.once
def test_search_engines_are_led_to_no_page_without_a_translation(client, untranslated):
    assert not paths(client, "sv")
    english = paths(client, "en")
    assert len(english) == len(paths(client, "pl"))
    for path in english:
        html = client.get(path).content.decode()
        codes = set(re.findall(r'rel="alternate" hreflang="([^"]+)"', html))
        assert codes == {*settings.CONTENT_LANGUAGES, "x-default"} - {"sv"}, path
        there = counterpart(client, path)
        assert f'<link rel="canonical" href="http://testserver{path}">' in client.get(there).content.decode()


def test_the_language_choice_offers_it_all_the_same(client, untranslated):
    html = client.get("/en/deliverables/").content.decode()
    for code in settings.CONTENT_LANGUAGES:
        assert re.search(rf'href="/{code}/[^"]*"\s+lang="{code}"', html), code


@pytest.mark.once
def test_a_page_that_is_nowhere_is_offered_in_no_other_language(client):
    assert "data-offer=" in client.get("/pl/").content.decode()
    assert "data-offer=" not in client.get("/pl/nothing-here/").content.decode()


def test_a_page_that_is_translated_says_nothing_of_it(every_page):
    for path, response in every_page.items():
        html = response.content.decode()
        assert NOTE not in html and "data-untranslated" not in html, path


def test_a_section_is_there_only_with_what_it_lists(client):
    Deliverable.objects.filter(pk=Deliverable.objects.first().pk).update(body_fi=None)
    html = client.get("/en/deliverables/").content.decode()
    assert 'hreflang="fi" href="http' not in html and 'hreflang="sv" href="http' in html
    assert len(paths(client, "fi")) == len(paths(client, "sv")) - 2


def test_what_is_empty_in_english_too_is_not_missed(client):
    partner = PartnerUniversity.objects.first()
    PartnerUniversity.objects.filter(pk=partner.pk).update(
        **{f"description_{code}": "" for code in settings.CONTENT_LANGUAGES}
    )
    assert len(paths(client, "sv")) == len(paths(client, "en"))
    assert NOTE not in client.get("/sv/partner/").content.decode()


def test_a_language_written_from_right_to_left_keeps_english_from_left_to_right(client, monkeypatch):
    from django.conf.locale import LANG_INFO

    monkeypatch.setitem(LANG_INFO, "sv", LANG_INFO["sv"] | {"bidi": True})
    Alliance.objects.update(tagline_sv=None)
    assert re.search(r'<span lang="en" dir="ltr" data-untranslated>', client.get("/sv/").content.decode())


@pytest.mark.parametrize("path", ["/sv/", "/sv/resultat/", "/sv/partner/", "/sitemap.xml"])
def test_falling_back_costs_no_query(client, untranslated, path, django_assert_max_num_queries):
    client.get(path)
    with django_assert_max_num_queries(40) as before:
        client.get(path)
    most = len(before)
    for model in (Deliverable, PartnerUniversity):
        for number in range(5):
            copy = model.objects.last()
            copy.pk, copy.key = None, ""
            copy.role = "member"
            for code in settings.CONTENT_LANGUAGES:
                setattr(copy, f"slug_{code}", f"copy-{number}" if code == "en" else None)
            copy.save()
    # The first page after a change also reads what all pages show.
    client.get(path)
    with django_assert_max_num_queries(most):
        client.get(path)
