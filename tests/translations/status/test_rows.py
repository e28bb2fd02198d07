"""A translation as the desk shows it: its findings, its addresses, and who may write it."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.urls import reverse
from translations.status.rights import all_languages_open_to, group_for, permission_for

from alliance.models import Deliverable, Initiative, InitiativePart
from translations.status.models import Translation

pytestmark = pytest.mark.django_db


@pytest.fixture
def deliverable():
    return Deliverable.objects.get(key="seamless-mobility")


def polish(item, field: str = "title") -> Translation:
    return Translation.objects.of(item).into("pl").get(field=field)


def test_a_row_has_the_findings_on_its_text(deliverable):
    Deliverable.objects.filter(pk=deliverable.pk).update(title_en="In 2026", title_pl="W roku")
    assert [finding.message for finding in polish(deliverable).findings] == [
        "Numbers of the source are missing: “2026”. Compare them."
    ]
    Deliverable.objects.filter(pk=deliverable.pk).update(
        body_en="<p>One</p>", body_pl="<p>Raz <strong>dwa</strong></p>"
    )
    assert [finding.is_error for finding in polish(deliverable, "body").findings] == [False], "it is formatted text"


@pytest.mark.parametrize("emptied", [{"title_en": ""}, {"title_pl": ""}])
def test_a_row_without_source_or_target_has_no_findings(deliverable, emptied):
    Deliverable.objects.filter(pk=deliverable.pk).update(title_en="In 2026", title_pl="W 2027")
    Deliverable.objects.filter(pk=deliverable.pk).update(**emptied)
    assert polish(deliverable).findings == []


def test_the_change_of_a_source_is_shown_where_the_text_was_translated_before(deliverable):
    before = deliverable.title_en
    Deliverable.objects.filter(pk=deliverable.pk).update(title_en=f"{before} again")
    assert "<ins>" in polish(deliverable).source_changes
    Deliverable.objects.filter(pk=deliverable.pk).update(title_pl="")
    assert polish(deliverable).source_changes == ""


def test_a_text_is_edited_in_the_form_of_its_item_at_its_field(deliverable):
    row = polish(deliverable)
    form = reverse("admin:alliance_deliverable_change", args=[deliverable.pk])
    assert row.edit_url == f"{form}#id_title_pl"
    assert row.desk_url == reverse("admin:translations_texttotranslate_change", args=[row.pk])


def test_a_text_of_an_inline_is_edited_in_the_form_of_what_it_belongs_to():
    part = InitiativePart.objects.first()
    row = Translation.objects.of(part).into("pl").first()
    assert row.edit_url == reverse("admin:alliance_initiative_change", args=[part.initiative_id])
    assert Initiative.objects.filter(pk=part.initiative_id).exists()


def test_each_language_has_a_group_with_the_right_to_translate_into_it(django_user_model, settings):
    for code, name in settings.CONTENT_LANGUAGES.items():
        if code == settings.LANGUAGE_CODE:
            assert not Permission.objects.filter(codename=permission_for(code)).exists()
            continue
        (permission,) = Group.objects.get(name=group_for(code)).permissions.all()
        assert (permission.codename, permission.name) == (f"translate_into_{code}", f"Can translate into {name}")
        user = django_user_model.objects.create_user(code, is_staff=True)
        user.groups.add(Group.objects.get(name=group_for(code)))
        assert all_languages_open_to(user) == [code]


def test_nobody_translates_without_a_right_or_with_a_closed_account(django_user_model):
    user = django_user_model.objects.create_user("a", is_staff=True)
    assert all_languages_open_to(user) == []
    user = django_user_model.objects.create_user("b", is_staff=True, is_superuser=True, is_active=False)
    assert all_languages_open_to(user) == []
