"""Constraints of the database, and the messages of forms for them."""

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from alliance.models import Alliance, Contact, Initiative, InitiativePart, Line, Milestone, Project, Task
from consent.models import DeclaredCookie, EmbeddedContent, Notice, PrivacyPolicy, Provider, Script
from editorial.models import Content, ImportState
from events.models import Event
from feedback.models import FeedbackPage
from news.models import NewsItem
from opportunities.models import Opportunity
from pages.models import Page, Redirect
from partners.models import PartnerOwnName, PartnerUniversity
from pictures.models import Picture
from tests.consent.factories import make_counter, make_video
from tests.pictures.factories import make_picture

pytestmark = pytest.mark.django_db
OULU = {"key": "university-of-oulu"}
AWARD = {"key": "citylabs-award-2026"}
BILBAO = {"key": "2025-working-conference-bilbao"}
# Constraint → model, filter for a row, and an update that violates the constraint.
VIOLATIONS = {
    "one_alliance": (Alliance, {}, {"key": "another"}),
    "former_name_ends_after_it_starts": (Alliance, {}, {"former_name_from": 2023, "former_name_until": 2020}),
    "phase_ends_after_it_starts": (Alliance, {}, {"phase_from": 2027, "phase_until": 2023}),
    "milestone_ends_after_it_starts": (Milestone, {"key": "2023-conference"}, {"until": "2023-12-03"}),
    "milestone_precision_is_known": (Milestone, {"key": "2023-conference"}, {"precision": "century"}),
    "news_precision_is_known": (NewsItem, {"key": "university-of-lodz-joins-unic"}, {"precision": "century"}),
    "one_coordinator": (PartnerUniversity, OULU, {"role": "coordinator"}),
    "role_is_known": (PartnerUniversity, OULU, {"role": "guest"}),
    "coordinates_on_earth": (PartnerUniversity, OULU, {"latitude": "90.01"}),
    "founded_in_a_plausible_year": (PartnerUniversity, OULU, {"founded": 20}),
    "joined_not_before_founded": (PartnerUniversity, OULU, {"joined": 1900}),
    "number_of_students_has_a_year": (PartnerUniversity, OULU, {"students": 14200}),
    "contact_can_be_reached": (Contact, {"key": "unic-office-oulu"}, {"email": ""}),
    "project_ends_after_it_starts": (Project, {"key": "unic4er"}, {"ends_on": "2021-08-31"}),
    "line_kind_is_known": (Line, {"key": "superdiversity"}, {"kind": "circle"}),
    "left_not_before_joined": (PartnerUniversity, OULU, {"joined": 2022, "left": 2021}),
    "coordinator_has_not_left": (PartnerUniversity, {"role": "coordinator"}, {"left": 2026}),
    "one_own_name_a_language": (PartnerOwnName, {"key": "university-of-deusto-eu"}, {"language": "es"}),
    "event_last_day_not_before_first": (Event, BILBAO, {"ends_on": "2025-11-03"}),
    "event_ends_after_it_starts": (
        Event,
        BILBAO,
        {"starts_at_time": "10:00", "ends_on": None, "ends_at_time": "10:00"},
    ),
    "event_of_a_month_has_no_times": (Event, BILBAO, {"precision": "month", "starts_at_time": "10:00"}),
    "event_precision_is_known": (Event, BILBAO, {"precision": "year"}),
    "event_format_is_known": (Event, BILBAO, {"format": "letter"}),
    "event_coordinates_on_earth": (Event, BILBAO, {"latitude": "90.01", "longitude": "0"}),
    "one_page_a_section": (Page, {"key": "vision"}, {"kind": "home"}),
    "redirect_leads_elsewhere": (Redirect, {"key": "unic"}, {"new_path": "/unic"}),
    "one_notice": (Notice, {}, {"key": "another"}),
    "one_privacy_policy": (PrivacyPolicy, {}, {"key": "another"}),
    "one_feedback_page": (FeedbackPage, {}, {"key": "another"}),
    "embed_shape_is_known": (EmbeddedContent, {"provider__key": "video"}, {"shape": "round"}),
    "script_tool_is_known": (Script, {}, {"tool": "abacus"}),
    "cookie_kind_is_known": (DeclaredCookie, {"key": "sessionid"}, {"kind": "cake"}),
    "cookie_unit_is_known": (DeclaredCookie, {"key": "sessionid"}, {"unit": "moon"}),
    "cookie_lifetime_has_a_number": (DeclaredCookie, {"key": "sessionid"}, {"lifetime": None}),
    "cookie_has_purpose_or_provider": (DeclaredCookie, {"key": "sessionid"}, {"purpose": None}),
    "provider_key_is_not_notice": (Provider, {"key": "video"}, {"key": "notice"}),
    "focal_point_in_picture": (Picture, {"name": "Harbour"}, {"focal_x": 101}),
    "opportunity_closes_after_it_opens": (Opportunity, AWARD, {"closes_on": "2025-12-31", "closes_at_time": None}),
    "opportunity_ends_after_it_starts": (Opportunity, AWARD, {"starts_on": "2026-06-02", "ends_on": "2026-06-01"}),
    "opportunity_time_has_a_day": (Opportunity, AWARD, {"closes_on": None}),
    "opportunity_kind_is_known": (Opportunity, AWARD, {"kind": "lottery"}),
    "opportunity_format_is_known": (Opportunity, AWARD, {"format": "by post"}),
    "opportunity_no_deadline_is_known": (Opportunity, AWARD, {"no_deadline": "perhaps"}),
    "opportunity_precision_is_known": (Opportunity, AWARD, {"opens_precision": "century"}),
    "import_state_once": (ImportState, {"section": "pages", "key": "home"}, {"key": "about"}),
}


def rows(model, row: dict):
    """The rows of a model. Content that the initial content lacks is created, which takes most of the time."""
    if not (found := model.objects.filter(**row)).exists():
        make_picture()
        make_video(publish=False)
        make_counter(publish=False)
    return found


@pytest.mark.parametrize("name", VIOLATIONS)
def test_the_database_refuses_what_a_constraint_forbids(name):
    model, row, update = VIOLATIONS[name]
    found = rows(model, row)
    with pytest.raises(IntegrityError), transaction.atomic():
        assert found.update(**update) == 1


def test_every_constraint_is_tested():
    models = [model for model in apps.get_models() if issubclass(model, (Content, ImportState))]
    assert {constraint.name for model in models for constraint in model._meta.constraints} == set(VIOLATIONS)


@pytest.mark.parametrize("name", sorted(set(VIOLATIONS) - {"one_coordinator", "import_state_once"}))
def test_forms_explain_violated_constraints(name):
    model, row, update = VIOLATIONS[name]
    item = rows(model, row).get()
    for field, value in update.items():
        setattr(item, field, item._meta.get_field(field).to_python(value))
    with pytest.raises(ValidationError) as error:
        item.full_clean(validate_unique=False)
    assert all(message.endswith(".") for message in error.value.messages)
    assert not any("Constraint" in message for message in error.value.messages)


@pytest.mark.parametrize(
    "model", [model for model in apps.get_models() if issubclass(model, Content)], ids=lambda model: model.__name__
)
def test_content_has_a_unique_key(model):
    item = rows(model, {}).first()
    with pytest.raises(IntegrityError), transaction.atomic():
        model.objects.bulk_create([model(key=item.key)])


@pytest.mark.parametrize("language", ["en", "pl"])
def test_slugs_are_unique_in_each_language(language):
    page, other = Page.objects.filter(kind__in=["text", "privacy"])
    with pytest.raises(IntegrityError), transaction.atomic():
        Page.objects.filter(pk=page.pk).update(**{f"slug_{language}": getattr(other, f"slug_{language}")})


def test_a_university_with_tasks_cannot_be_deleted():
    university = Task.objects.first().partner
    with pytest.raises(ProtectedError):
        university.delete()


def test_the_host_cannot_be_deleted():
    alliance = Alliance.objects.get()
    alliance.host = PartnerUniversity.objects.get(**OULU)
    alliance.save()
    with pytest.raises(ProtectedError):
        alliance.host.delete()


def test_the_coordinator_cannot_be_deleted():
    with pytest.raises(ProtectedError):
        PartnerUniversity.objects.get(role="coordinator").delete()


def test_deleting_an_initiative_deletes_its_parts():
    campus = Initiative.objects.get(key="campus")
    assert InitiativePart.objects.filter(initiative=campus).count() == 4
    campus.delete()
    assert InitiativePart.objects.count() == 0


def test_saving_a_new_coordinator_makes_the_previous_one_a_member():
    oulu = PartnerUniversity.objects.get(**OULU)
    oulu.role = "coordinator"
    oulu.full_clean()
    oulu.save()
    assert PartnerUniversity.objects.get(role="coordinator") == oulu


def test_a_new_coordinator_that_joined_before_it_was_founded_is_refused():
    oulu = PartnerUniversity.objects.get(**OULU)
    oulu.role, oulu.joined = "coordinator", 1900
    with pytest.raises(ValidationError, match="cannot join before it was founded") as error:
        oulu.full_clean()
    assert "Another university is already the coordinator." not in error.value.messages


def test_a_new_item_gets_its_key_and_slug_from_its_heading():
    page = Page.objects.create(
        title_en="T", short_title_en="Żółta Łódź", short_title_pl="Żółta Łódź", description_en="D"
    )
    assert (page.key, page.slug_en, page.slug_pl) == ("zolta-lodz", "zolta-lodz", "zolta-lodz")
    second = Page.objects.create(title_en="T", short_title_en="Żółta Łódź", description_en="D")
    assert (second.key, second.slug_en, second.slug_pl) == ("zolta-lodz-2", "zolta-lodz-2", None)


@pytest.mark.parametrize("path", ["unic", "//example.org", "/\\example.org", "https://example.org"])
def test_a_redirect_stays_on_this_site(path):
    for redirect in (Redirect(old_path=path, new_path="/en/"), Redirect(old_path="/old", new_path=path)):
        with pytest.raises(ValidationError, match="Start with one slash"):
            redirect.full_clean(exclude=["key"])


def test_redirects_cannot_be_chained():
    with pytest.raises(ValidationError, match="That address is itself redirected"):
        Redirect(old_path="/older", new_path="/unic").full_clean(exclude=["key"])
