"""The privacy policy: its facts, its versions, and the version that a decision names."""

import json
import re

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client

from consent.export import FORMATS
from consent.models import AccessEntry, Decision, PolicyVersion, PrivacyPolicy
from consent.models.policy import UntranslatedError
from consent.record_check import check_record
from consent.verification import Verification
from editorial import roles
from tests.consent.visitors import RECEIPT, press
from tests.serving import Server

pytestmark = pytest.mark.django_db
PUBLISH = "/admin/consent/policyversion/publish/"
PAGE = "/en/privacy-policy/"


@pytest.fixture
def officer(client, staff):
    client.force_login(staff(roles.PRIVACY_OFFICERS))
    return client


def text(response) -> str:
    assert response.status_code == 200
    return response.content.decode()


def change(name: str, html: str, languages: tuple[str, ...] = ()):
    """Change a fact, with a translation into all languages or into some of them."""
    policy = PrivacyPolicy.objects.get()
    for field in policy._meta.fields:
        if field.name == f"{name}_en" or (
            field.name.startswith(f"{name}_") and (not languages or field.name[-2:] in languages)
        ):
            setattr(policy, field.name, f"{html} ({field.name[-2:]})" if field.name[-2:] != "en" else html)
    policy.save()


@pytest.mark.once
def test_the_policy_has_every_fact_that_it_was_given(client):
    html = text(client.get(PAGE))
    for heading in ("Controller", "Purposes and legal basis", "Recipients", "How long data are kept", "Your rights"):
        assert f"<h2>{heading}</h2>" in html
    for right in ("Right of access", "Right to data portability", "Right to withdraw consent", "Right to complain"):
        assert f"<h3>{right}</h3>" in html
    assert "Version 1, in force since" in re.sub(r"\s+", " ", html)
    assert 'href="mailto:unic@uni.lodz.pl"' in html


@pytest.mark.once
def test_the_policy_says_what_is_recorded_counted_stored_and_logged_in_each_language():
    wording = PolicyVersion.objects.current().wording
    facts = {code: {each["key"]: each["text"] for each in texts["sections"]} for code, texts in wording.items()}
    english = facts["en"]["purposes"]
    for fact in (
        "whether your browser objected to tracking",
        "the decision that you made before",
        "decisions on cookies, messages from forms and openings of previews are counted per IP address",
        "strictly necessary cookies, and their browser keeps input that was not saved for 7 days",
        "logged with the name of the account, and the entry is erased after a year",
        "the name of the account, the time and the reason are kept permanently",
    ):
        assert fact in english
    for texts in facts.values():
        # Each translation has the same paragraphs, and a link to the page “Cookies” among them.
        assert re.findall("</(?:p|h3|a)>", texts["purposes"]) == re.findall("</(?:p|h3|a)>", english)
        assert texts["periods"].count("<li>") == facts["en"]["periods"].count("<li>") == 7


@pytest.mark.once
def test_an_empty_fact_shows_nothing_to_visitors_and_is_listed_for_officers(client, staff):
    assert "Data protection officer" not in text(client.get(PAGE))
    client.force_login(staff(roles.PRIVACY_OFFICERS))
    for path in (PUBLISH, f"/admin/consent/privacypolicy/{PrivacyPolicy.objects.get().pk}/change/"):
        html = text(client.get(path))
        assert re.search(r'<li><a href="[^"]+#id_officer_en">Data protection officer</a>[^<]*13\(1\)\(b\)', html)
    change("officer", "<p></p>")
    assert PrivacyPolicy.objects.get().empty_facts() == ["officer"]
    change("officer", "<p>Write to the officer.</p>")
    assert PrivacyPolicy.objects.get().empty_facts() == []


@pytest.mark.nightly
@pytest.mark.once
def test_the_check_for_deployment_lists_empty_facts_and_needs_no_database(prepared, tmp_path):
    assert "lacks" not in Server(tmp_path / "empty", {"DEBUG": "false"}).manage("check", "--deploy").stderr
    prepared("sqlite", tmp_path)
    checked = Server(tmp_path / "data", {"DEBUG": "false"}).manage("check", "--deploy").stderr
    assert "The privacy policy lacks a fact that the law asks for: officer." in checked
    assert "The accessibility statement lacks a required detail: telephone." in checked


def test_visitors_read_a_change_when_an_officer_puts_it_in_force(officer):
    assert "has not changed" in text(officer.get(PUBLISH))
    change("recipients", "<p>Nobody but us.</p>")
    assert "Nobody but us." not in text(officer.get(PAGE))
    html = text(officer.get(PUBLISH))
    assert "added: </span>Nobody but us.</ins>" in html and "removed: </span>The staff who run this site" in html
    draft = re.search(r'name="draft" value="(\w+)"', html)[1]
    assert officer.post(PUBLISH, {"draft": draft}).status_code == 302
    assert "Nobody but us." in text(officer.get(PAGE))
    assert (AccessEntry.objects.get().action, AccessEntry.objects.get().details) == ("policy", "2")


@pytest.mark.once
def test_an_officer_sees_a_change_of_the_address_of_a_link(officer):
    change("recipients", '<p><a href="https://old.example/">Our partners</a></p>')
    PolicyVersion.objects.put_in_force()
    change("recipients", '<p><a href="https://new.example/">Our partners</a></p>')
    html = text(officer.get(PUBLISH))
    old, new = (f'href="https://{name}.example/"&gt;Our'.replace('"', "&quot;") for name in ("old", "new"))
    assert f"removed: </span>{old}</del>" in html and f"added: </span>{new}</ins>" in html


def test_a_policy_that_changed_since_the_review_is_not_put_in_force(officer):
    change("recipients", "<p>Nobody but us.</p>")
    draft = re.search(r'name="draft" value="(\w+)"', text(officer.get(PUBLISH)))[1]
    change("recipients", "<p>Everybody.</p>")
    html = text(officer.post(PUBLISH, {"draft": draft}))
    assert "nothing was published" in html and "Everybody." in html
    assert PolicyVersion.objects.count() == 1


def test_another_version_that_is_put_in_force_at_the_same_moment_is_not_an_error(officer, monkeypatch):
    change("recipients", "<p>Nobody but us.</p>")
    draft = re.search(r'name="draft" value="(\w+)"', text(officer.get(PUBLISH)))[1]
    save = PolicyVersion.save

    def be_slower(version, **kwargs):
        monkeypatch.setattr(PolicyVersion, "save", save)
        PolicyVersion.objects.put_in_force()
        save(version, **kwargs)

    monkeypatch.setattr(PolicyVersion, "save", be_slower)
    assert officer.post(PUBLISH, {"draft": draft}).status_code == 302
    assert PolicyVersion.objects.current().number == 2


@pytest.mark.once
def test_the_policy_is_not_put_in_force_while_a_translation_is_missing_or_out_of_date(officer):
    change("recipients", "<p>Nobody but us.</p>", ("de", "en", "es", "fi", "fr", "hr", "nl", "sv"))
    PrivacyPolicy.objects.update(access_tr="")
    html = text(officer.get(PUBLISH))
    listed = re.findall(r'<a href="(/admin/translations/texttotranslate/\d+/change/)">([^<]+)</a>', html)
    assert [name for _path, name in listed] == ["Recipients (pl)", "Recipients (tr)", "Right of access (tr)"]
    assert officer.get(listed[0][0]).status_code == 200
    assert 'name="draft"' not in html
    draft = PolicyVersion.objects.draft().content_digest()
    assert "cannot be put in force" in text(officer.post(PUBLISH, {"draft": draft}))
    with pytest.raises(UntranslatedError, match=r"Recipients \(pl\)"):
        PolicyVersion.objects.put_in_force()
    assert PolicyVersion.objects.count() == 1


@pytest.mark.once
def test_a_draft_of_a_translation_does_not_hide_that_the_published_one_is_out_of_date():
    change("recipients", "<p>Nobody but us.</p>", ("en",))
    texts = PolicyVersion.objects.untranslated()
    assert {item.language for item in texts} == {"de", "es", "fi", "fr", "hr", "nl", "pl", "sv", "tr"}
    texts[0].propose("<p>Nur wir.</p>")
    assert len(PolicyVersion.objects.untranslated()) == 9


@pytest.mark.once
def test_a_language_that_visitors_are_not_offered_delays_nothing(settings):
    change("recipients", "<p>Nobody but us.</p>", ("pl", "en"))
    settings.LANGUAGES = [("en", "English"), ("pl", "Polski")]
    assert set(PolicyVersion.objects.put_in_force().wording) == {"en", "pl"}


@pytest.mark.once
def test_the_list_of_versions_leads_to_the_page_that_puts_the_policy_in_force(officer):
    assert f'href="{PUBLISH}"' in text(officer.get("/admin/consent/policyversion/"))


@pytest.mark.once
def test_only_privacy_officers_put_the_policy_in_force(client, staff):
    for group in (roles.EDITORS, roles.PUBLISHERS, roles.TRANSLATORS):
        client.force_login(staff(group))
        assert client.get(PUBLISH).status_code == 403


@pytest.mark.once
@pytest.mark.parametrize("group", [roles.EDITORS, roles.PUBLISHERS, roles.TRANSLATORS])
def test_others_cannot_put_a_changed_policy_in_force_by_sending_its_form(client, staff, group):
    change("recipients", "<p>Nobody but us.</p>")
    form = {"draft": PolicyVersion.objects.draft().content_digest()}
    client.force_login(staff(group))
    assert client.post(PUBLISH, form).status_code == 403
    assert PolicyVersion.objects.count() == 1
    client.force_login(staff(roles.PRIVACY_OFFICERS))
    assert client.post(PUBLISH, form).status_code == 302
    assert PolicyVersion.objects.count() == 2


def test_earlier_versions_are_at_their_own_addresses(client):
    change("recipients", "<p>Nobody but us.</p>")
    PolicyVersion.objects.put_in_force()
    html = text(client.get(PAGE))
    assert re.findall(r'href="/en/privacy-policy/(\d+)/"', html) == ["2", "1"]
    earlier = text(client.get("/en/privacy-policy/1/"))
    assert "The staff who run this site" in earlier and "Nobody but us." not in earlier
    assert "no longer in force" in earlier and '<meta name="robots" content="noindex">' in earlier
    assert "no longer in force" not in text(client.get("/en/privacy-policy/2/"))
    polish = re.findall(r'href="(/pl/[^"]+/1/)"', text(client.get("/pl/polityka-prywatnosci/")))
    assert "<li>Odmowa: 12" in text(client.get(polish[0]))
    assert client.get("/en/privacy-policy/3/").status_code == 404
    assert client.get("/en/privacy-policy/001/")["Location"] == "/en/privacy-policy/1/"
    assert client.get(f"/en/privacy-policy/{10**30}/").status_code == 404


def test_a_version_has_a_digest_for_each_language(officer):
    before = PolicyVersion.objects.current()
    change("recipients", "<p>Nikt poza nami.</p>", ("pl",))
    draft = PolicyVersion.objects.draft()
    assert len(before.part_digests()) == 10
    changed = dict(draft.part_digests().items() ^ before.part_digests().items())
    assert set(changed) == {"en", "pl"} and draft.leaf() != before.digest
    html = text(officer.get(f"/admin/consent/policyversion/{before.pk}/change/"))
    assert all(f"<li>{code}: <code>{digest}</code></li>" in html for code, digest in before.part_digests().items())


def test_a_new_release_changes_nothing_of_a_policy_in_force_but_adds_languages(settings):
    change("recipients", "<p>Nobody but us.</p>")
    call_command("put_notice_in_force", refresh=True)
    call_command("put_notice_in_force")
    assert PolicyVersion.objects.count() == 1
    offered = settings.LANGUAGES
    settings.LANGUAGES = [(code, name) for code, name in offered if code != "sv"]
    assert "sv" not in PolicyVersion.objects.put_in_force().wording
    settings.LANGUAGES = offered
    PrivacyPolicy.objects.update(access_sv="")
    call_command("put_notice_in_force", refresh=True)
    version = PolicyVersion.objects.current()
    assert version.number == 3 and version.languages() == {code for code, _name in offered} - {"sv"}


def test_a_new_language_gets_what_is_in_force_and_no_draft(settings):
    offered = settings.LANGUAGES
    settings.LANGUAGES = [(code, name) for code, name in offered if code != "sv"]
    change("access", "<p>Ask us.</p>")
    before = PolicyVersion.objects.put_in_force()
    change("recipients", "<p>Everybody.</p>")
    settings.LANGUAGES = offered
    call_command("put_notice_in_force", refresh=True)
    version = PolicyVersion.objects.current()
    assert version.wording == before.wording | {"sv": version.wording["sv"]}
    texts, in_force = ({text["key"]: text for text in version.texts(code)} for code in ("sv", "en"))
    assert texts["recipients"]["text"] == in_force["recipients"]["text"] and texts["recipients"]["language"] == "en"
    assert texts["access"]["text"] == "<p>Ask us.</p> (sv)" and "language" not in texts["access"]


@pytest.mark.once
def test_an_untranslated_fact_is_marked_as_english(client, settings):
    PrivacyPolicy.objects.update(access_sv="")
    version = PolicyVersion.objects.draft()
    version.save()
    html = text(client.get("/sv/integritetspolicy/"))
    assert '<div class="rich-text" lang="en" data-untranslated>' in html
    assert 'hreflang="sv"' not in html.split("</head>")[0]


def test_each_decision_names_the_policy_that_was_in_force(client):
    press(client, "accept")
    change("recipients", "<p>Nobody but us.</p>")
    second = PolicyVersion.objects.put_in_force()
    press(client, "refuse")
    later, earlier = Decision.objects.all()
    assert earlier.content()["policy"]["number"] == 1
    assert later.content()["policy"] == {"number": 2, "digest": second.digest}
    html = text(client.get(RECEIPT))
    assert '<a href="/en/privacy-policy/2/">2</a>' in html and second.digest in html
    assert json.loads(client.get("/en/cookies/receipt.json").content)["record"]["policy"]["number"] == 2
    exported = {name: "".join(form.chunks(Decision.objects.order_by("pk"))) for name, form in FORMATS.items()}
    assert all(exported[name].count(second.digest) == 1 for name in FORMATS)


def test_a_decision_before_the_first_policy_names_none(client, tamper):
    tamper("DELETE FROM consent_policyversion")
    press(client, "refuse")
    decision = Decision.objects.get()
    assert decision.content()["policy"] is None
    assert "Version of the privacy policy" not in text(client.get(RECEIPT))
    assert check_record(decision).faults == []


def test_an_altered_policy_is_reported(decide, tamper):
    decision = decide()
    assert Verification().run().faults == []
    assert PolicyVersion.objects.get().is_as_published()
    tamper("UPDATE consent_policyversion SET published_at = '2020-01-01 00:00:00+00:00'")
    fault = "Version 1 of the privacy policy was altered."
    assert Verification().run().faults == [fault]
    assert check_record(Decision.objects.get(pk=decision.pk)).faults == [fault]


@pytest.mark.once
def test_a_browser_finds_out_that_the_site_honours_global_privacy_control():
    response = Client().get("/.well-known/gpc.json")
    assert response["Content-Type"] == "application/json"
    statement = json.loads(response.content)
    assert statement["gpc"] is True and re.fullmatch(r"\d{4}-\d\d-\d\d", statement["lastUpdate"])
    assert not response.cookies


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL has no REPLACE")
def test_sqlite_refuses_to_replace_a_policy():
    names = ", ".join(field.column for field in PolicyVersion._meta.fields)
    with pytest.raises(Exception, match="append-only"):
        connection.cursor().execute(
            f"REPLACE INTO consent_policyversion ({names}) SELECT {names} FROM consent_policyversion"
        )
