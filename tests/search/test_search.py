"""Search finds pages by their words in the language of the page."""

import re
from html import unescape

import pytest
from django.urls import reverse
from django.utils import translation

from alliance.models import Deliverable, Initiative, InitiativePart, Milestone
from editorial.alphabet import fold
from news.models import NewsItem
from pages.models import Page
from pages.pagination import ITEMS_PER_PAGE
from partners.models import PartnerOwnName, PartnerUniversity
from search.indexing import index_changed_items
from search.matching import match
from search.models import Occurrence, Synonyms
from search.results import find, number_of_pages, ranked

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def page(client, query: str, language: str = "en", number: str = "1") -> str:
    with translation.override(language):
        path = reverse("search:results")
    return client.get(path, {"q": query, "page": number}).content.decode()


def hits(client, query: str, language: str = "en", number: str = "1") -> list[str]:
    """The paths of the pages found, in their order."""
    return re.findall(
        r'<h3>\s*<a href="([^"]+)"', page(client, query, language, number).partition('class="results"')[2]
    )


def set_synonyms(*groups: dict[str, str]):
    Synonyms.objects.all().delete()
    for number, words in enumerate(groups):
        Synonyms.objects.create(key=f"group-{number}", **{f"words_{code}": text for code, text in words.items()})
    # More items than a search indexes.
    index_changed_items()


@pytest.mark.nightly
@pytest.mark.parametrize("number", ["٢", "02", "9" * 25, "99", "last", "0"])
def test_an_invalid_page_number_shows_the_first_results(client, number):
    shown = [hits(client, "university", number=n) for n in ("1", "2", number)]
    assert shown[2] == shown[0] != shown[1] != []


def test_a_word_of_a_title_is_found(client):
    assert "/en/partners/malmo-university/" in page(client, "malmö")


def test_a_word_in_polish_is_found_on_polish_pages(client):
    assert "/pl/partnerzy/uniwersytet-lodzki/" in page(client, "łódzki", "pl")


@pytest.mark.parametrize("query", ["LODZ", "Łódź", "łódź", "lódź"])
def test_search_ignores_case_and_accents(client, query):
    assert "/en/partners/university-of-lodz/" in page(client, query)


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ("Creathon", "/en/timeline/"),
        ("Student Charter", "/en/tasks/"),
        ("doctoral", "/en/vision/"),
        ("superdiversity", "/en/"),
        ("mobility hubs", "/en/transformation/unic-inter-university-campus/"),
    ],
)
def test_words_in_lists_find_the_page_of_the_list(client, query, path):
    assert f'<a href="{path}">' in page(client, query)


def test_search_ignores_html_tags(client):
    assert "No page found" in page(client, "blockquote")
    assert "No page found" in page(client, "</p>")


def test_an_unpublished_page_is_not_found(client):
    PartnerUniversity.objects.filter(key="malmo-university").update(is_published=False)
    assert "/en/partners/malmo-university/" not in page(client, "malmö")


def test_pages_with_some_of_the_words_are_shown_only_if_none_has_every_word(client):
    Deliverable.objects.filter(key="seamless-mobility").update(body_en="<p>Xyzzy plugh</p>")
    Deliverable.objects.filter(key="social-inclusion").update(body_en="<p>Plugh</p>")
    assert hits(client, "xyzzy plugh") == ["/en/deliverables/seamless-mobility/"]
    assert "some of them" not in page(client, "xyzzy plugh")
    assert hits(client, "xyzzy zzzz plugh") == [
        "/en/deliverables/seamless-mobility/",
        "/en/deliverables/social-inclusion/",
    ]
    assert "No page has all of these words. These pages have some of them." in page(client, "xyzzy zzzz plugh")
    assert "No page found" in page(client, "zzzz qqqq")


def test_of_the_pages_with_some_of_the_words_those_with_the_rarest_come_first(client):
    for key in ("post-industrial-cities", "social-inclusion", "collaborative-structure"):
        Deliverable.objects.filter(key=key).update(title_en="Plugh", body_en="<p></p>")
    Deliverable.objects.filter(key="seamless-mobility").update(body_en="<p>Xyzzy</p>")
    assert hits(client, "plugh zzzz xyzzy")[0] == "/en/deliverables/seamless-mobility/"


@pytest.mark.parametrize(
    ("language", "typed", "word"),
    [("en", "the university of xyzzy", "xyzzy"), ("pl", "w xyzzy", "xyzzy"), ("en", "do I xyzzy", "do xyzzy")],
)
def test_single_letters_and_words_of_most_pages_do_not_count_among_others(client, language, typed, word):
    title = {f"title_{language}": f"The University of {typed}"}
    Deliverable.objects.filter(key="social-inclusion").update(**title, **{f"body_{language}": "<p>Do w I</p>"})
    Deliverable.objects.filter(key="seamless-mobility").update(**{f"summary_{language}": "Xyzzy, do"})
    Deliverable.objects.filter(key="post-industrial-cities").update(**{f"title_{language}": "Xyzzy to do"})
    found = hits(client, typed, language)
    assert len(found) == 3
    assert found == hits(client, word, language)


def test_words_of_most_pages_are_found_alone(client):
    assert len(hits(client, "the")) > 20
    assert hits(client, "the of")


def test_words_of_most_pages_count_beside_single_letters(client):
    titles = {"seamless-mobility": "The Q", "social-inclusion": "Q", "post-industrial-cities": "The"}
    for key, title in titles.items():
        Deliverable.objects.filter(key=key).update(title_en=title, summary_en="", body_en="")
    assert hits(client, "the q") == ["/en/deliverables/seamless-mobility/"]


def test_a_compound_of_a_word_of_most_pages_counts_among_others(client):
    titles = {"seamless-mobility": "The-xyzzy plugh", "social-inclusion": "The plugh"}
    for key, title in titles.items():
        Deliverable.objects.filter(key=key).update(title_en=title)
    assert hits(client, "the-xyzzy plugh") == ["/en/deliverables/seamless-mobility/"]


def test_points_of_words_of_most_pages_are_not_computed_among_others(rf):
    Deliverable.objects.filter(key="seamless-mobility").update(title_en="The University of Xyzzy")
    index_changed_items()
    found = next(match("the university of xyzzy", ("en",), Occurrence.objects.all()))
    _hits, ranking = ranked(rf.get("/"), found, number_of_pages())
    assert [unit[0][0].word for unit in ranking.units] == ["xyzzy"]


@pytest.mark.parametrize(
    ("language", "typed", "kind"),
    [("en", "how to apply", "opportunities"), ("en", "what can I apply for", "opportunities")],
)
def test_questions_in_words_are_answered(client, language, typed, kind):
    with translation.override(language):
        assert hits(client, typed, language)[0] == Page.objects.get(kind=kind).get_absolute_url()


def test_words_of_most_pages_are_not_suggested(client):
    html = page(client, "the suprdivrsity of")
    assert '<a href="?q=superdiversity">' in html.lower()
    assert '<a href="?q=the">' not in html and '<a href="?q=of">' not in html


def test_a_university_is_found_by_the_name_in_its_own_language(client):
    assert "/en/partners/university-of-oulu/" in page(client, "Oulun yliopisto")


def test_a_word_that_is_too_short_is_reported_and_kept_in_the_form(client):
    html = page(client, "x")
    assert "Enter at least two letters." in html
    assert 'value="x"' in html


def test_an_empty_search_asks_for_a_search_term(client):
    assert "Enter a search term." in page(client, "")


def test_all_pages_that_match_are_counted_and_can_be_reached(client):
    for number in range(ITEMS_PER_PAGE + 1):
        Deliverable.objects.create(key=f"new-{number:02}", slug_en=f"new-{number:02}", title_en="Xyzzy & plugh")
    index_changed_items()
    html = page(client, "Xyzzy & plugh")
    assert f"{ITEMS_PER_PAGE + 1} pages found" in html
    path = reverse("search:results") + unescape(re.search(r'rel="next" href="([^"]+)"', html)[1])
    following = client.get(path).content.decode()
    assert f"{ITEMS_PER_PAGE + 1} pages found" in following and "<mark>plugh</mark>" in following
    first, last = hits(client, "Xyzzy & plugh"), re.findall(r'<h3>\s*<a href="([^"]+)"', following)
    assert first + last == [f"/en/deliverables/new-{number:02}/" for number in range(ITEMS_PER_PAGE + 1)]
    assert 'rel="next"' not in following and 'rel="prev"' in following


@pytest.mark.parametrize("number", ["0", "-1", "x", "99999999999999999999", "1.5", ""])
def test_a_page_of_results_that_does_not_exist_is_no_error(client, number):
    response = client.get("/en/search/", {"q": "university", "page": number})
    assert response.status_code == 200 and b'class="results"' in response.content


@pytest.mark.parametrize(
    "typed",
    [
        "<xyzzy>",
        "xyzzy&nbsp;",
        "&lt;b&gt;Xyzzy&lt;/b&gt;",
        "<span>xyzzy</span>",
        "xyzzy&#39;s",
        "A &amp; xyzzy",
        "\u200bxyzzy",
    ],
)
def test_entities_and_tags_are_no_words_of_a_query(client, typed):
    Deliverable.objects.filter(key="seamless-mobility").update(title_en="Xyzzy")
    assert hits(client, typed) == ["/en/deliverables/seamless-mobility/"]


def test_a_query_of_invisible_characters_asks_for_a_word(client):
    assert "Enter a search term." in page(client, "\u200b\u200b")


def test_a_pasted_title_is_searched(client):
    title = "Walking towards climate neutral cities " * 4
    Deliverable.objects.filter(key="seamless-mobility").update(title_en=title[:150])
    assert hits(client, title[:150])[0] == "/en/deliverables/seamless-mobility/"


def test_the_query_is_escaped(client):
    html = page(client, "<script>alert(1)</script>")
    assert "<script>alert" not in html
    assert "&lt;script&gt;" in html


def test_the_canonical_url_of_results_is_the_search_page(client):
    assert '<link rel="canonical" href="http://testserver/en/search/">' in page(client, "city")


@pytest.mark.parametrize("query", ["%", "_", "'", '"', "\\", "a" * 100, "é" * 50, "\x00ab"])
def test_special_characters_are_no_error(client, query):
    assert client.get("/en/search/", {"q": query * 2}).status_code == 200


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("istanbul", "İstanbul"),
        ("İSTANBUL", "istanbul"),
        ("İstanbul", "I\u0307stanbul"),
        ("STRASSE", "Straße"),
        ("strasse", "STRAẞE"),
        ("field", "ﬁeld"),
        ("ʼn", "ŉ"),
        ("orsted", "Ǿrsted"),
        ("mhz", "㎒"),
    ],
)
def test_search_ignores_case_of_letters_whose_lower_case_has_another_length(typed, written):
    assert fold(typed) == fold(written)


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("language", "typed", "written"),
    [
        ("pl", "wspolpraca miedzynarodowa", "Współpraca międzynarodowa"),
        ("de", "strassenbau", "Straßenbau"),
        ("de", "GRÖSSE", "Größe"),
        ("tr", "istanbul isgi", "İstanbul ışğı"),
        ("fr", "oeuvre", "Œuvre"),
        ("fr", "coeur d'ete", "Cœur d’été"),
        ("fi", "yo", "Yö"),
        ("hr", "durdevac", "Đurđevac"),
        ("sv", "akerlund", "Åkerlund"),
        ("es", "nono", "Ñoño"),
        ("nl", "coordinatie", "Coördinatie"),
        ("en", "aerial orsted", "Ærial Ørsted"),
        ("en", "thorlakshofn", "Þorlákshöfn"),
        ("en", "post industrial", "post‑industrial"),
        ("en", "postindustrial", "post–industrial"),
        ("en", "e-mail", "e−mail"),
        ("en", "university", "uni\u00adver\u200bsity"),
        ("en", "OʼBrien", "O'Brien"),
        ("en", "o‘brien", "O’Brien"),
        ("en", "obrien", "O’Brien"),
        ("en", "(laboratory),", "“laboratory”…"),
        ("en", "R&D", "R&amp;D"),
        ("en", "cafe", "cafe\u0301"),
    ],
)
def test_words_are_found_however_they_are_typed(client, language, typed, written):
    Deliverable.objects.filter(key="seamless-mobility").update(**{f"body_{language}": f"<p>Xyzzy {written} end</p>"})
    with translation.override(language):
        path = Deliverable.objects.get(key="seamless-mobility").get_absolute_url()
    assert path in hits(client, f"xyzzy {typed}", language)


@pytest.mark.nightly
@pytest.mark.parametrize("written", ["734,000", "734.000", "734 000", "734\u00a0000", "734\u202f000", "734000"])
def test_large_numbers_are_found_however_their_digits_are_grouped(client, written):
    Deliverable.objects.filter(key="seamless-mobility").update(body_en=f"<p>Xyzzy {written} people</p>")
    for typed in ("734000", "734,000", "734.000", "734 000"):
        assert hits(client, f"xyzzy {typed}") == ["/en/deliverables/seamless-mobility/"], typed


@pytest.mark.parametrize("typed", ["zymu lab", "Zymu labs", "xyzzy zymu lab", "zymu lab xyzzy"])
def test_two_words_side_by_side_find_the_word_that_they_form(client, typed):
    Deliverable.objects.filter(key="seamless-mobility").update(body_en="<p>Xyzzy ZymuLabs</p>")
    Deliverable.objects.filter(key="social-inclusion").update(body_en="<p>Xyzzy zymu lab, zymulaboratory</p>")
    Deliverable.objects.filter(key="post-industrial-cities").update(body_en="<p>Xyzzy zymulaboratory</p>")
    assert set(hits(client, typed)) == {
        "/en/deliverables/seamless-mobility/",
        "/en/deliverables/social-inclusion/",
    }


@pytest.mark.parametrize("apostrophe", "'’ʼ‘")
def test_all_apostrophes_find_the_same_pages(client, apostrophe):
    found = hits(client, f"l{apostrophe}alliance", "fr")
    assert len(found) > 10
    assert found == hits(client, "l'alliance", "fr")


def test_tags_and_entities_are_no_words_and_tags_of_blocks_separate_words(client):
    body = "<p>xone&nbsp;<strong>xt</strong>wo</p><p>xthree &lt;em&gt; <a href='https://hidden.example'>x</a></p>"
    body += "<p>x<span lang='la'>fo</span>ur</p>"
    Deliverable.objects.filter(key="seamless-mobility").update(body_en=body)
    for query in ("xone xtwo", "xthree", "xtwo xthree", "xfour"):
        assert hits(client, query) == ["/en/deliverables/seamless-mobility/"], query
    for query in ("nbsp", "strong", "lang", "href", "hidden", "xtwoxthree"):
        assert "/en/deliverables/seamless-mobility/" not in hits(client, query), query


def test_a_word_is_found_by_its_beginning_but_not_by_its_middle(client):
    Deliverable.objects.filter(key="seamless-mobility").update(body_en="<p>For migrants who migrate</p>")
    assert "/en/deliverables/seamless-mobility/" in hits(client, "migran")
    assert "/en/deliverables/seamless-mobility/" not in hits(client, "grant")


def test_a_whole_word_comes_before_the_beginning_of_a_word(client):
    found = hits(client, "EUR")
    assert found[0] == "/en/partners/erasmus-university-rotterdam/"
    assert "/en/transformation/lasting-alliance/" in found


def test_a_university_is_found_by_its_short_name_its_city_its_country_and_its_role(client):
    assert hits(client, "UŁ")[0] == "/en/partners/university-of-lodz/"
    assert "/en/partners/university-of-deusto/" in hits(client, "Bilbao")[:2]
    assert "/en/partners/university-of-zagreb/" in hits(client, "Croatia")
    assert "/en/partners/erasmus-university-rotterdam/" in hits(client, "coordinator")


def test_a_match_in_a_name_precedes_a_title_which_precedes_a_summary_and_a_text(client):
    PartnerUniversity.objects.filter(key="university-of-oulu").update(name_en="Zymurgy University")
    Page.objects.filter(kind="vision").update(title_en="Zymurgy")
    Deliverable.objects.filter(key="social-inclusion").update(summary_en="About zymurgy.")
    Deliverable.objects.filter(key="collaborative-structure").update(body_en="<p>Zymurgy, zymurgy and zymurgy.</p>")
    assert hits(client, "zymurgy") == [
        "/en/partners/university-of-oulu/",
        "/en/vision/",
        "/en/deliverables/social-inclusion/",
        "/en/deliverables/collaborative-structure/",
    ]


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("language", "typed", "written"),
    [
        ("en", "laboratories", "laboratory"),
        ("en", "studying", "studies"),
        ("pl", "stypendium", "stypendia"),
        ("pl", "uniwersytetach", "uniwersytetu"),
        ("de", "Stipendium", "Stipendien"),
        ("de", "Stadt", "Städte"),
        ("nl", "onderzoek", "onderzoeken"),
        ("es", "movilidad", "movilidades"),
        ("fr", "bourse", "bourses"),
        ("fi", "yliopistoihin", "yliopistossa"),
        ("tr", "üniversiteler", "üniversitesi"),
        ("hr", "gradova", "gradovima"),
        ("hr", "mobilnosti", "mobilnošću"),
        ("hr", "sveučilištima", "sveučilište"),
        ("sv", "studenter", "studenten"),
    ],
)
def test_inflected_forms_find_each_other(client, language, typed, written):
    set_synonyms()
    Deliverable.objects.filter(key="seamless-mobility").update(**{f"body_{language}": f"<p>Xyzzy {written}</p>"})
    with translation.override(language):
        path = Deliverable.objects.get(key="seamless-mobility").get_absolute_url()
    assert hits(client, f"xyzzy {typed}", language) == [path]
    # Without its accents too.
    assert hits(client, f"xyzzy {fold(typed)}", language) == [path]


# Of the last three, the stem is shorter than the word by several letters.
@pytest.mark.parametrize(
    "query", ["creathno", "creaton", "creathhon", "creethon", "Malmäö", "mobilty", "moblity", "opportunites"]
)
def test_a_word_with_one_typing_error_is_found(client, query):
    assert hits(client, query)


def test_typing_errors_count_only_when_nothing_is_found_otherwise(client):
    Deliverable.objects.filter(key="seamless-mobility").update(body_en="<p>Plant</p>")
    Deliverable.objects.filter(key="social-inclusion").update(body_en="<p>Plane</p>")
    assert hits(client, "plane") == ["/en/deliverables/social-inclusion/"]
    assert sorted(hits(client, "plano")) == sorted(hits(client, "planr")) != []


def test_synonyms_are_found_after_the_word_itself_in_every_language(client):
    set_synonyms({"en": "zymurgy, brewing science", "pl": "piwowarstwo"})
    Deliverable.objects.filter(key="seamless-mobility").update(title_en="Brewing as a science")
    Deliverable.objects.filter(key="social-inclusion").update(body_en="<p>Zymurgy</p>")
    both = ["/en/deliverables/social-inclusion/", "/en/deliverables/seamless-mobility/"]
    assert hits(client, "zymurgy") == both
    assert hits(client, "brewing sciences") == both[::-1]
    assert hits(client, "piwowarstwo") == both[::-1]
    assert "some of them" in page(client, "creathon zymurgy")
    assert hits(client, "brewing") == both[1:]


@pytest.mark.nightly
@pytest.mark.parametrize("typed", ["PhD", "Ph.D", "ph.d.", "Ph. D.", "Ph-D", "Ph.D. students", "ph d student"])
def test_a_word_of_a_group_is_known_with_and_without_joints_and_spaces(client, typed):
    set_synonyms({"en": "PhD, PhD student, zymurgist"})
    Deliverable.objects.filter(key="seamless-mobility").update(body_en="<p>For zymurgists</p>")
    assert "/en/deliverables/seamless-mobility/" in hits(client, typed)


@pytest.mark.parametrize("written", ["Zymu.R.", "Zymu-R", "ZymuR"])
def test_a_phrase_of_a_group_is_known_with_and_without_joints(client, written):
    set_synonyms({"en": f"{written}, brewer"})
    Deliverable.objects.filter(key="seamless-mobility").update(body_en="<p>A brewer</p>")
    Deliverable.objects.filter(key="social-inclusion").update(body_en=f"<p>{written}</p>")
    for typed in ("zymur", "Zymu.R", "zymu-r"):
        assert hits(client, typed) == ["/en/deliverables/social-inclusion/", "/en/deliverables/seamless-mobility/"]
    assert "/en/deliverables/social-inclusion/" in hits(client, "brewer")


def test_a_misspelt_word_of_a_group_finds_its_synonyms(client):
    set_synonyms({"en": "scholarship, brewing science"})
    Deliverable.objects.filter(key="seamless-mobility").update(title_en="Brewing science")
    for typed in ("scolarship", "scholarships", "brewing sciense"):
        assert hits(client, typed) == ["/en/deliverables/seamless-mobility/"], typed


@pytest.mark.parametrize("words", ["zymurgy; brewing science", "zymurgy， brewing science", "zymurgy、brewing science"])
def test_words_of_a_group_can_be_separated_as_on_other_keyboards(client, words):
    set_synonyms({"en": words})
    Deliverable.objects.filter(key="seamless-mobility").update(title_en="Brewing science")
    assert hits(client, "zymurgy") == ["/en/deliverables/seamless-mobility/"]


@pytest.mark.parametrize("typed", ["BIP", "bips", "summerschool", "Summer-School"])
def test_abbreviations_and_other_spellings_of_courses_are_found(client, typed):
    assert hits(client, typed)


def test_synonyms_that_are_not_published_do_not_count(client):
    set_synonyms({"en": "zymurgy, creathon"})
    assert "/en/timeline/" in hits(client, "zymurgy")
    Synonyms.objects.update(is_published=False)
    assert hits(client, "zymurgy") == []


def test_a_word_that_means_something_else_in_another_language_brings_no_synonyms(client):
    set_synonyms({"en": "doctorate", "de": "promotion"})
    Deliverable.objects.filter(key="seamless-mobility").update(body_en="<p>A doctorate</p>")
    assert "/en/deliverables/seamless-mobility/" not in hits(client, "promotion")


@pytest.mark.parametrize(
    ("language", "typed"),
    [
        ("en", "scholarship"),
        ("en", "stypendium"),
        ("en", "stypendia"),
        ("en", "Stipendien"),
        ("pl", "dotacja"),
        ("de", "Stipendium"),
        ("de", "beurzen"),
        ("fr", "bourse"),
    ],
)
def test_the_initial_content_has_synonyms(client, language, typed):
    with translation.override(language):
        assert reverse("alliance:milestones") in hits(client, typed, language)


@pytest.mark.parametrize(
    ("language", "typed"), [("en", "journalist"), ("en", "photo"), ("de", "Ansprechpartner"), ("fr", "interlocuteur")]
)
def test_words_for_a_person_to_ask_lead_to_the_contacts(client, language, typed):
    with translation.override(language):
        assert hits(client, typed, language)[0] == Page.objects.get(key="contacts").get_absolute_url()


@pytest.mark.parametrize(
    ("language", "typed", "written"),
    [
        ("pl", "staż", "praktyki"),
        ("en", "traineeship", "internship"),
        ("de", "Studenten", "Studierende"),
        ("pl", "ciasteczka", "cookie"),
        ("en", "Erasmus plus", "Erasmus"),
        ("en", "ERASMUSPLUS", "Erasmus"),
        ("de", "Lodsch", "Lodz"),
        ("pl", "aplikować", "zgłoszenie"),
    ],
)
def test_words_of_visitors_find_the_words_of_the_content(rf, language, typed, written):
    with translation.override(language):
        best = find(rf.get("/"), written, language).pages[:5]
        assert best
        assert set(best) <= set(find(rf.get("/"), typed, language).pages)


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("language", "typed"),
    [
        ("en", "apply, application, deadline, call, how do I apply, how can I apply?, how to apply"),
        ("de", "bewerben, Bewerbung, Frist, Ausschreibung, wie bewerbe ich mich"),
        ("es", "solicitar, solicitud, plazo, convocatoria, cómo solicitar"),
        ("fi", "hakea, hakemus, määräaika, haku, miten haen"),
        ("fr", "postuler, candidature, date limite, appel, comment postuler"),
        ("hr", "prijaviti se, prijava, rok, natječaj, kako se prijaviti"),
        ("nl", "aanmelden, aanvraag, deadline, oproep, hoe meld ik me aan"),
        ("pl", "aplikować, zgłoszenie, termin, nabór, konkurs, jak się zgłosić"),
        ("sv", "ansöka, ansökan, sista ansökningsdag, utlysning, hur ansöker jag"),
        ("tr", "başvurmak, başvuru, son tarih, çağrı, nasıl başvurabilirim"),
    ],
)
def test_words_for_applying_lead_to_the_opportunities(client, rf, language, typed):
    with translation.override(language):
        path = reverse("opportunities:list")
        found = {query: find(rf.get("/"), query, language) for query in typed.split(", ")}
    places = {query: query_found.pages.index("pages/#opportunities") for query, query_found in found.items()}
    assert path in hits(client, typed.partition(",")[0], language)[:3]
    # Single words are in the titles of calls too.
    assert {query: place for query, place in places.items() if place >= 10} == {}


def test_a_stem_of_four_letters_has_no_typing_error(client):
    Deliverable.objects.filter(key="seamless-mobility").update(body_en="<p>Zyqking and zyqqking</p>")
    assert hits(client, "zyqqqs") == ["/en/deliverables/seamless-mobility/"]
    assert hits(client, "zyqxs") == []


def test_the_excerpt_shows_and_marks_what_matched(client):
    words = "Lorem ipsum dolor sit amet. " * 40
    Deliverable.objects.filter(key="seamless-mobility").update(
        title_en="Xyzzy <b>", body_en=f"<p>{words}The xyzzies &amp; the plugh &lt;end&gt;. {words}</p>"
    )
    html = page(client, "xyzzies plugh")
    assert "<mark>Xyzzy</mark> &lt;b&gt;" in html
    excerpt = re.search(r"<p>(…[^\n]*the <mark>plugh</mark> &lt;end&gt;[^\n]*…)</p>", html)[1]
    assert "The <mark>xyzzies</mark> &amp; the" in excerpt
    assert len(unescape(re.sub("<[^>]*>", "", excerpt))) < 260


def test_a_page_that_matches_by_its_short_name_alone_shows_it_before_its_summary(client):
    assert "<p><mark>UŁ</mark> – Textile mills made Lodz" in page(client, "UŁ")


def test_words_in_several_items_of_a_list_find_its_page(client):
    assert hits(client, "creathon ambassadors") == ["/en/timeline/"]


def test_without_a_hit_the_page_suggests_searches_that_find_something(client):
    html = page(client, "suprdivrsity")
    assert '<a href="?q=superdiversity">' in html.lower()
    assert hits(client, "superdiversity")
    assert '<a href="?q=Malm%C3%B6">' in page(client, "malmqqo zzzz")


def test_without_a_hit_the_page_links_to_the_main_pages_and_names_a_contact(client):
    main = page(client, "qqqq").partition("<main")[2].partition("</main>")[0]
    assert "Try another word" in main
    for path in ("/en/partners/", "/en/news/", "/en/alliance/"):
        assert f'href="{path}"' in main
    assert 'href="mailto:unic@uni.lodz.pl"' in main


def hide_university():
    PartnerUniversity.objects.filter(key="university-of-oulu").update(is_published=False)


def hide_own_name():
    PartnerOwnName.objects.filter(partner__key="university-of-oulu").update(is_published=False)


def hide_part():
    InitiativePart.objects.filter(title_en="xyzzy").update(is_published=False)


def hide_initiative():
    Initiative.objects.update(is_published=False)


def hide_news():
    NewsItem.objects.update(is_published=False)


def hide_section():
    hide_news()
    Page.objects.filter(kind="milestones").update(is_published=False)


def hide_milestones():
    hide_news()
    Milestone.objects.update(is_published=False)


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("query", "hide"),
    [
        ("Uleåborg", hide_university),
        ("Plughuniversity", hide_own_name),
        ("xyzzy", hide_part),
        ("xyzzy", hide_initiative),
        ("kunnection", hide_section),
        ("kunnection", hide_milestones),
    ],
)
def test_what_is_not_published_is_neither_found_nor_suggested(client, query, hide):
    PartnerUniversity.objects.filter(key="university-of-oulu").update(city_past_en="Uleåborg")
    PartnerOwnName.objects.filter(partner__key="university-of-oulu").update(name="Plughuniversity")
    InitiativePart.objects.filter(initiative__key="campus").update(title_en="xyzzy")
    found = hits(client, query)
    assert found
    # Too many errors to be found, but few enough for a suggestion.
    misspelt = query.replace("zz", "zqqz").replace("bo", "bqqo").replace("ection", "ectqqion").replace("vers", "vqqers")
    hide()
    for typed in (query, misspelt):
        html = page(client, typed)
        assert not set(hits(client, typed)) & set(found)
        assert f'">{query}' not in html and "<mark>" not in html.partition("<main")[2]


def test_the_number_of_queries_does_not_depend_on_the_query_being_long(client, django_assert_max_num_queries):
    hits(client, "city")
    with django_assert_max_num_queries(40):
        hits(client, "a b c d e f g h i j k l m n o p q r s")


@pytest.mark.parametrize(("language", "path"), [("en", "/en/alliance/"), ("pl", "/pl/sojusz/")])
def test_the_name_of_the_alliance_leads_to_the_page_about_it(client, language, path):
    assert hits(client, "UNIC", language)[0] == path
