"""Findings, URLs and permissions of translations."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.urls import reverse

from alliance.models import Deliverable, Initiative, InitiativePart
from translations.status.models import Translation
from translations.status.permissions import all_permitted_languages, group_for, permission_for

pytestmark = pytest.mark.django_db


@pytest.fixture
def deliverable():
    return Deliverable.objects.get(key="seamless-mobility")


def polish(item, field: str = "title") -> Translation:
    return Translation.objects.of_items([item]).into("pl").get(field=field)


def test_findings_check_the_published_translation(deliverable):
    Deliverable.objects.filter(pk=deliverable.pk).update(title_en="In 2026", title_pl="W roku")
    assert [finding.message for finding in polish(deliverable).findings] == [
        "Numbers of the source are missing: “2026”. Compare them."
    ]
    body = {"body_en": "<p>One</p>", "body_pl": "<p>Raz <strong>dwa</strong></p>"}
    Deliverable.objects.filter(pk=deliverable.pk).update(**body)
    assert [finding.is_error for finding in polish(deliverable, "body").findings] == [False], "checked as HTML"


@pytest.mark.parametrize("emptied", [{"title_en": ""}, {"title_pl": ""}])
def test_a_missing_source_or_translation_has_no_findings(deliverable, emptied):
    Deliverable.objects.filter(pk=deliverable.pk).update(title_en="In 2026", title_pl="W 2027")
    Deliverable.objects.filter(pk=deliverable.pk).update(**emptied)
    assert polish(deliverable).findings == []


def test_source_changes_need_an_earlier_translation(deliverable):
    before = deliverable.title_en
    Deliverable.objects.filter(pk=deliverable.pk).update(title_en=f"{before} again")
    assert "<ins>" in polish(deliverable).source_changes
    Deliverable.objects.filter(pk=deliverable.pk).update(title_pl="")
    assert polish(deliverable).source_changes == ""


def test_the_edit_url_is_the_form_of_the_item_with_the_field_as_anchor(deliverable):
    row = polish(deliverable)
    form = reverse("admin:alliance_deliverable_change", args=[deliverable.pk])
    assert row.edit_url == f"{form}#id_title_pl"
    assert row.desk_url == reverse("admin:translations_texttotranslate_change", args=[row.pk])


def test_the_edit_url_of_an_inline_is_the_form_of_its_parent():
    part = InitiativePart.objects.first()
    row = Translation.objects.of_items([part]).into("pl").first()
    assert row.edit_url == reverse("admin:alliance_initiative_change", args=[part.initiative_id])
    assert Initiative.objects.filter(pk=part.initiative_id).exists()


def test_each_language_has_a_group_with_its_permission(django_user_model, settings):
    for code, name in settings.CONTENT_LANGUAGES.items():
        if code == settings.LANGUAGE_CODE:
            assert not Permission.objects.filter(codename=permission_for(code)).exists()
            continue
        (permission,) = Group.objects.get(name=group_for(code)).permissions.all()
        assert (permission.codename, permission.name) == (f"translate_into_{code}", f"Can translate into {name}")
        user = django_user_model.objects.create_user(code, is_staff=True)
        user.groups.add(Group.objects.get(name=group_for(code)))
        assert all_permitted_languages(user) == [code]


def test_translating_requires_a_permission_and_an_active_account(django_user_model):
    user = django_user_model.objects.create_user("a", is_staff=True)
    assert all_permitted_languages(user) == []
    user = django_user_model.objects.create_user("b", is_staff=True, is_superuser=True, is_active=False)
    assert all_permitted_languages(user) == []
