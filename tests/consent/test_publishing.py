"""Publishing the notice in the admin and with the command."""

import re

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from consent.comparison import Widening
from consent.completeness import IncompleteNoticeError, gaps
from consent.models import AccessEntry, DeclaredCookie, Notice, NoticeVersion, PolicyVersion, Provider, Purpose
from editorial import roles
from tests.consent.factories import make_counter, make_provider, put_in_force, translate_draft
from tests.editorial.test_admin import address, save

pytestmark = pytest.mark.django_db
PUBLISH = "/admin/consent/noticeversion/publish/"
COMPARE = "/admin/consent/noticeversion/compare/"


@pytest.fixture(autouse=True)
def complete(db):
    """A notice in force whose texts are current in all languages."""
    translate_draft()
    NoticeVersion.objects.put_in_force()


@pytest.fixture
def officer(client, staff):
    client.force_login(staff(roles.PRIVACY_OFFICERS))
    return client


def text(response) -> str:
    assert response.status_code == 200
    return response.content.decode()


def change_heading(heading: str = "Cookies, and what they are for"):
    notice = Notice.objects.get()
    notice.heading_en = heading
    notice.save()
    translate_draft()


def reviewed(officer, **data) -> dict:
    """Return the form of the page to publish."""
    return {"draft": re.search(r'name="draft" value="(\w+)"', text(officer.get(PUBLISH)))[1]} | data


def newest() -> NoticeVersion:
    return NoticeVersion.objects.current()


def logged() -> str:
    return AccessEntry.objects.filter(action="publish").latest("pk").details


def test_the_page_to_publish_shows_the_changes_and_the_number_of_visitors_to_ask_again(officer, decide):
    browser = Client()
    decide("accept", browser)
    decide("withdraw", browser)
    decide("refuse")
    assert "nothing to publish" in text(officer.get(PUBLISH))
    change_heading()
    before = newest()
    html = text(officer.get(PUBLISH))
    assert "removed: </span>Cookies on this site</del>" in html
    assert "added: </span>Cookies, and what they are for</ins>" in html
    assert "2 visitors who have decided are asked again." in html
    assert newest() == before
    officer.post(PUBLISH, reviewed(officer, change="slip"))
    assert newest().asks_again is False
    assert logged() == f"{newest().number}, asks nobody again, nothing widened"


def test_a_draft_that_changed_since_the_review_is_not_published(officer):
    change_heading()
    form = reviewed(officer, change="slip")
    before = newest()
    Purpose.objects.filter(key="statistics").update(description_en="We sell it.")
    html = text(officer.post(PUBLISH, form))
    assert "nothing was published" in html and "We sell it." in html
    assert newest() == before


def test_another_version_that_is_published_at_the_same_moment_is_not_an_error(officer, monkeypatch):
    change_heading()
    form, before, save = reviewed(officer), newest(), NoticeVersion.save

    def be_slower(version, **kwargs):
        monkeypatch.setattr(NoticeVersion, "save", save)
        put_in_force()
        save(version, **kwargs)

    monkeypatch.setattr(NoticeVersion, "save", be_slower)
    assert officer.post(PUBLISH, form).status_code == 302
    assert newest().number == before.number + 1


def test_what_is_published_is_what_was_reviewed(officer, monkeypatch):
    change_heading()
    form, original = reviewed(officer), NoticeVersion.objects.put_in_force

    def be_slower(**arguments):
        Provider.objects.update(policy_url="https://elsewhere.example/privacy")
        return original(**arguments)

    monkeypatch.setattr(NoticeVersion.objects, "put_in_force", be_slower)
    officer.post(PUBLISH, form)
    assert newest().wording["en"]["heading"] == "Cookies, and what they are for"
    assert "elsewhere" not in str(newest().wording)


def test_another_order_can_be_published(officer):
    Purpose.objects.filter(key="statistics").update(order=99)
    assert "The draft differs" in text(officer.get("/admin/consent/noticeversion/"))
    assert "No text changed, only the order" in text(officer.get(PUBLISH))
    officer.post(PUBLISH, reviewed(officer, change="slip"))
    assert [purpose["key"] for purpose in newest().purposes][-1] == "statistics"


@pytest.mark.once
def test_the_page_names_what_widens_and_offers_no_slip(officer, decide):
    decide("accept")
    make_counter(publish=False)
    Purpose.objects.filter(key="functional").update(name_en="Functions")
    host = Provider.objects.get(key="openstreetmap")
    host.hosts += "\nhttps://c.example"
    host.save()
    translate_draft()
    html = re.sub(r"\s+", " ", text(officer.get(PUBLISH)))
    assert '<strong>new purpose</strong>: Statistics: <span class="widened">Count Ltd</span>' in html
    assert (
        "<strong>new host</strong>: Functions › OpenStreetMap Foundation: "
        '<span class="widened">https://c.example</span>' in html
    )
    assert "everyone is asked again" in html and "1 visitor who has decided is asked again." in html
    assert 'value="slip"' not in html


@pytest.mark.once
def test_a_widening_asks_again_even_if_the_form_says_that_it_is_a_slip(officer):
    make_counter(publish=False)
    translate_draft()
    officer.post(PUBLISH, reviewed(officer, change="slip"))
    assert newest().asks_again is True
    assert logged() == f"{newest().number}, asks everyone again, widened: new purpose: Statistics: Count Ltd"


@pytest.mark.once
def test_a_slip_is_offered_where_something_was_only_removed(officer):
    Provider.objects.filter(key="openstreetmap").update(is_published=False)
    html = text(officer.get(PUBLISH))
    assert 'value="slip"' in html and "What widens" not in html


@pytest.mark.once
def test_a_new_or_necessary_purpose_is_shown_as_a_widening(officer):
    Purpose.objects.filter(key="statistics").update(is_necessary=True)
    html = text(officer.get(PUBLISH))
    assert "Statistics › necessary" in html and "purpose that became necessary" in html


@pytest.mark.once
@pytest.mark.parametrize("small_change", [False, True])
def test_the_command_refuses_a_small_change_that_widens_and_names_it(small_change):
    make_provider("counter", "statistics", "Count Ltd", "https://stats.example")
    translate_draft()
    before = newest()
    if small_change:
        with pytest.raises(CommandError, match="new purpose: Statistics"):
            call_command("put_notice_in_force", small_change=True)
        assert newest() == before
    else:
        call_command("put_notice_in_force")
        assert newest().number == before.number + 1
        assert logged().endswith("asks everyone again, widened: new purpose: Statistics: Count Ltd")


@pytest.mark.once
def test_a_purpose_that_is_asked_about_for_the_first_time_under_the_same_introduction_is_a_warning(officer, capsys):
    warning = "Asked about for the first time: Statistics. The introduction is unchanged."
    make_counter(publish=False)
    translate_draft()
    assert warning in text(officer.get(PUBLISH))
    notice = Notice.objects.get()
    introduction, notice.introduction_en = notice.introduction_en, "<p>It asks about statistics.</p>"
    notice.save()
    translate_draft()
    assert "for the first time" not in text(officer.get(PUBLISH))
    Notice.objects.update(introduction_en=introduction)
    translate_draft()
    call_command("put_notice_in_force")
    assert warning in capsys.readouterr().err
    call_command("put_notice_in_force")
    assert "for the first time" not in capsys.readouterr().err


def test_the_command_publishes_a_small_change_without_asking_again(capsys):
    change_heading()
    call_command("put_notice_in_force", small_change=True)
    assert newest().asks_again is False
    assert capsys.readouterr().out == f"Version {newest().number} of the cookie notice is in force.\n"
    entry = AccessEntry.objects.get(action="publish")
    assert entry.staff.endswith("(manage.py)") and entry.details.endswith("asks nobody again, nothing widened")


INCOMPLETE = {
    "the notice": lambda: Notice.objects.update(heading_pl=""),
    "a purpose": lambda: Purpose.objects.filter(key="advertising").update(description_pl=""),
    "a provider": lambda: Provider.objects.update(data_pl=""),
    "a cookie": lambda: DeclaredCookie.objects.filter(key="theme").update(description_pl=""),
    "a stale text": lambda: Purpose.objects.filter(key="advertising").update(description_en="Lets us show more."),
}


@pytest.mark.nightly
@pytest.mark.once
@pytest.mark.parametrize("name", INCOMPLETE)
def test_an_incomplete_notice_is_not_put_in_force(officer, name):
    change_heading()
    form = reviewed(officer, change="substance")
    before = newest()
    INCOMPLETE[name]()
    form["draft"] = NoticeVersion.objects.draft().content_digest()
    html = text(officer.post(PUBLISH, form))
    assert "cannot be put in force" in html and "<h2>Polski</h2>" in html
    assert 'name="draft"' not in html
    with pytest.raises(CommandError, match="pl: "):
        call_command("put_notice_in_force")
    with pytest.raises(IncompleteNoticeError, match="pl: "):
        NoticeVersion.objects.put_in_force()
    assert newest() == before
    translate_draft()
    call_command("put_notice_in_force")
    assert newest().number == before.number + 1


@pytest.mark.once
def test_each_missing_text_has_a_link_to_its_form_and_to_the_desk(officer, settings):
    Provider.objects.update(data_pl="")
    Provider.objects.update(retention_en="A year.")
    cookie = DeclaredCookie.objects.get(key="theme")
    DeclaredCookie.objects.filter(pk=cookie.pk).update(description_sv="")
    html = re.sub(r"\s+", " ", text(officer.get(PUBLISH)))
    provider = Provider.objects.get(key="openstreetmap")
    assert f'href="/admin/consent/provider/{provider.pk}/change/#id_data_pl"' in html and "(missing)" in html
    assert html.count("OpenStreetMap Foundation: retention</a> (stale)") == 9
    form = f"/admin/consent/purpose/{cookie.purpose_id}/change/"
    field = re.search(rf'href="{form}#id_(cookies-\d+-description_sv)"', html)[1]
    row = field.removesuffix("description_sv")
    assert f'name="{row}name" value="theme"' in text(officer.get(form))
    desk = re.search(r'href="(/admin/translations/texttotranslate/\d+/change/)"', html)[1]
    assert officer.get(desk).status_code == 200
    assert [name for name in settings.CONTENT_LANGUAGES.values() if f"<h2>{name}</h2>" not in html] == ["English"]


@pytest.mark.once
def test_a_text_that_is_missing_in_the_source_language_is_listed(officer):
    Provider.objects.update(data_en="")
    html = text(officer.get(PUBLISH))
    assert "<h2>English</h2>" in html and "#id_data_en" in html


@pytest.mark.once
def test_items_that_visitors_do_not_see_need_no_translation():
    provider = make_provider("counter", "statistics", "Count Ltd", "https://stats.example")
    assert gaps()
    Provider.objects.filter(pk=provider.pk).update(is_published=False)
    assert not gaps()


def test_a_new_site_with_an_incomplete_notice_has_none_in_force(capsys, monkeypatch):
    Provider.objects.update(data_pl="")
    monkeypatch.setattr("consent.models.version.NoticeVersionQuerySet.current", lambda self: None)
    number = NoticeVersion.objects.count()
    call_command("put_notice_in_force", refresh=True)
    error = capsys.readouterr().err
    assert "No cookie notice is in force" in error and "pl: provider OpenStreetMap Foundation, data: missing" in error
    assert NoticeVersion.objects.count() == number


def test_each_purpose_has_a_version_of_its_own(decide):
    make_counter()
    before = decide().answers
    Purpose.objects.filter(key="statistics").update(description_en="Counts visits.")
    put_in_force()
    after = decide().answers
    assert after["openstreetmap"] == before["openstreetmap"]
    assert after["counter"] == before["counter"] | {"version": before["counter"]["version"] + 1}


def test_a_new_purpose_starts_with_version_1(decide):
    Purpose.objects.create(key="research", name_en="Research", description_en="We study how the site is used.")
    make_provider("studies", "research", "Study Ltd", "https://studies.example")
    put_in_force()
    assert decide().answers["studies"]["version"] == 1


def test_the_same_answer_to_a_notice_that_asks_again_is_a_renewal(decide):
    browser = Client()
    decide("accept", browser)
    change_heading()
    put_in_force()
    assert decide("accept", browser).action == "renewed"
    assert decide("refuse", browser).action == "withdrawn"


def test_a_refresh_publishes_the_new_style_and_no_draft(monkeypatch, capsys):
    before = newest()
    change_heading()
    call_command("put_notice_in_force", refresh=True)
    assert newest() == before
    monkeypatch.setattr("consent.models.version.dialog_style", lambda: "body { color: red }")
    call_command("put_notice_in_force", refresh=True)
    version = newest()
    assert (version.number, version.asks_again, version.style) == (before.number + 1, False, "body { color: red }")
    assert version.wording_in("en")["heading"] == "Cookies on this site"
    assert not capsys.readouterr().out


def without_swedish(settings):
    settings.LANGUAGES = [(code, name) for code, name in settings.LANGUAGES if code != "sv"]


def test_a_refresh_publishes_new_languages_and_shows_missing_texts_in_the_source_language(settings):
    offered = settings.LANGUAGES
    without_swedish(settings)
    assert "sv" not in put_in_force().wording
    settings.LANGUAGES = offered
    Purpose.objects.filter(key="statistics").update(description_sv="")
    call_command("put_notice_in_force", refresh=True)
    version = newest()
    assert set(version.wording) == {code for code, _name in offered}
    swedish = version.wording["sv"]["purposes"]
    assert [purpose["version"] for purpose in swedish] == [purpose["version"] for purpose in version.purposes]
    assert '<span lang="en" data-untranslated>' in version.html["sv"]


def test_a_command_that_puts_the_policy_in_force_is_logged():
    call_command("put_notice_in_force", refresh=True)
    assert not AccessEntry.objects.filter(action="policy").exists()
    # As on a site that offers further languages since.
    PolicyVersion.objects.create(number=2, wording={"en": PolicyVersion.objects.current().wording["en"]})
    call_command("put_notice_in_force", refresh=True)
    entry = AccessEntry.objects.get(action="policy")
    assert entry.staff.endswith("(manage.py)") and entry.details == "3"


def test_a_refresh_never_widens_in_a_new_language(settings):
    offered = settings.LANGUAGES
    without_swedish(settings)
    before = put_in_force()
    settings.LANGUAGES = offered
    # A draft that widens and narrows, with its translations.
    make_counter(publish=False)
    provider = Provider.objects.get(key="openstreetmap")
    provider.data_en, provider.data_sv = "Everything.", "Allt."
    provider.hosts = "https://c.example"
    provider.save()
    DeclaredCookie.objects.filter(key="theme").update(lifetime=9, unit="year")
    DeclaredCookie.objects.create(key="x", name="x", provider=provider, description_en="x", description_sv="x")
    call_command("put_notice_in_force", refresh=True)
    version = newest()
    assert version.widenings_since(before) == []
    [english], [swedish] = (
        [purpose["providers"] for purpose in version.wording[code]["purposes"] if purpose["providers"]]
        for code in ("en", "sv")
    )
    for item, in_force in zip(swedish, english, strict=True):
        assert (item["key"], item["hosts"]) == (in_force["key"], in_force["hosts"])
        assert [cookie["name"] for cookie in item["cookies"]] == [cookie["name"] for cookie in in_force["cookies"]]
    # The translation belongs to a text that is not in force.
    assert swedish[0]["data"] == english[0]["data"] and swedish[0]["languages"]["data"] == "en"
    assert swedish[0]["retention"] == provider.retention_sv and "retention" not in swedish[0]["languages"]


@pytest.fixture
def swedish_offered_again(settings):
    """A version with Swedish texts whose answers hold, while the one in force has none and a Swedish text changed."""
    offered, first = settings.LANGUAGES, newest()
    without_swedish(settings)
    Notice.objects.update(heading_en="About cookies")
    put_in_force(asks_again=False)
    settings.LANGUAGES = offered
    provider = Provider.objects.get(key="openstreetmap")
    provider.data_sv = "Allt."
    provider.save()
    return first


def swedish_data(version: NoticeVersion) -> list[str]:
    purposes = version.wording["sv"]["purposes"]
    return [provider["data"] for purpose in purposes for provider in purpose["providers"]]


def test_a_language_that_is_offered_again_is_compared_with_the_version_that_had_it(officer, swedish_offered_again):
    draft = NoticeVersion.objects.draft()
    assert draft.asks_again
    assert [item.kind for item in draft.not_asked_about_under(newest())] == [Widening.FACT]
    assert "changed fact" in text(officer.get(PUBLISH))
    with pytest.raises(CommandError, match="changed fact"):
        call_command("put_notice_in_force", small_change=True)
    version = put_in_force(asks_again=False)
    assert version.asks_again and swedish_data(version) == ["Allt."]


def test_a_refresh_offers_a_language_again_with_the_texts_that_visitors_answered(swedish_offered_again):
    call_command("put_notice_in_force", refresh=True)
    version = newest()
    assert not version.asks_again and version.widenings_since(swedish_offered_again) == []
    assert swedish_data(version) == swedish_data(swedish_offered_again) != ["Allt."]


@pytest.mark.once
def test_two_versions_are_compared_word_by_word_in_any_language(officer):
    before = newest()
    notice = Notice.objects.get()
    notice.introduction_pl = f"<p>Całkiem nowe zdanie.</p>{notice.introduction_pl}"
    notice.save()
    make_counter()
    after = newest()
    change_heading("Third")
    put_in_force()
    query = {"before": before.pk, "after": after.pk, "language": "pl"}
    html = re.sub(r"\s+", " ", text(officer.get(COMPARE, query)))
    assert '<ins><span class="visually-hidden">added: </span>Całkiem nowe zdanie.</ins>' in html
    assert "<strong>new purpose</strong>: Statistics" in html
    assert "Third" not in html and "texts are unchanged" in html
    back = text(officer.get(COMPARE, query | {"before": after.pk, "after": before.pk}))
    assert '<del><span class="visually-hidden">removed: </span>Całkiem nowe zdanie.</del>' in back
    assert "Nothing widened." in back
    english = text(officer.get(COMPARE, query | {"language": "en"}))
    assert "Całkiem" not in english
    assert "Third" in text(officer.get(COMPARE))


@pytest.mark.once
@pytest.mark.parametrize("query", [{"before": "x"}, {"after": "999999"}, {"language": "\0"}, {"language": "xx"}])
def test_a_comparison_of_unknown_versions_says_so(officer, query):
    html = text(officer.get(COMPARE, query))
    assert "errorlist" in html


@pytest.mark.once
def test_the_list_of_versions_says_that_the_draft_differs(officer):
    versions = "/admin/consent/noticeversion/"
    html = text(officer.get(versions))
    assert "The draft differs" not in html and COMPARE in html
    change_heading()
    assert "The draft differs from the version in force." in text(officer.get(versions))


@pytest.mark.once
def test_saving_a_part_of_the_notice_says_that_it_is_a_draft(officer):
    provider = Provider.objects.get(key="openstreetmap")
    for item, field in ((Purpose.objects.get(key="advertising"), "name_en"), (provider, "data_en")):
        assert "This is a draft." not in text(save(officer, item))
        html = text(save(officer, item, **{field: "Other words"}))
        assert "This is a draft." in html and f'<a href="{PUBLISH}">' in html
    officer.post(address(make_provider("counter", "statistics", "Count Ltd"), "delete"), {"post": "yes"})
    assert "This is a draft." in text(officer.get("/admin/"))
