"""Each group of staff against each URL of the admin."""

from datetime import timedelta

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.template.response import SimpleTemplateResponse
from django.urls import reverse
from django.utils import timezone

from alliance.models import Alliance, Initiative
from editorial import roles
from editorial.models import Content, PreviewLink, Revision
from editorial.revisions import snapshots
from feedback.models import FeedbackPage
from pages.models import Page
from partners.models import PartnerUniversity
from tests.editorial.test_admin import FACTORIES
from translations.desk.models import GlossaryTerm

pytestmark = [pytest.mark.django_db, pytest.mark.once]
# A letter for each group. “N” is a member of staff without a group.
GROUPS = {"N": (), "E": (roles.EDITORS,), "T": (roles.TRANSLATORS,), "P": (roles.PUBLISHERS,)}
GROUPS |= {"O": (roles.PRIVACY_OFFICERS,)}
EVERYONE = "NETPO"
NOBODY = ""

# Page of an item → the groups that may open it.
CONTENT = {
    "changelist": "ETP",
    "change": "ETP",
    "history": "ETP",
    "compare": "ETP",
    "add": "EP",
    "conflicts": "EP",
    "restore": "EP",
    "approval": "P",
    "schedule": "P",
    "delete": "P",
    "erase": "PO",
}
SINGLETON = {"add": NOBODY, "delete": NOBODY}
# Kinds without drafts have nothing to approve.
WITHOUT_DRAFTS = {"approval": NOBODY}
OF_OFFICERS = dict.fromkeys(("add", "conflicts", "restore", "schedule", "delete"), "O") | WITHOUT_DRAFTS
OF_OFFICERS |= dict.fromkeys(("changelist", "change", "history", "compare"), "TO") | {"erase": "O"}
KINDS = {
    Alliance: SINGLETON,
    FeedbackPage: SINGLETON,
    GlossaryTerm: WITHOUT_DRAFTS,
    # Officers have pages of their own.
    Page: {"changelist": "ETPO"},
}
# Other URLs → the groups that may open them. The rest is for superusers.
OTHERS = {
    **dict.fromkeys(
        ("index", "password_change", "password_change_done", "jsi18n", "unsaved_input", "manual"), EVERYONE
    ),
    # Leads to the form of the settings, which has permissions of its own.
    **dict.fromkeys(("logout", "editorial_binsettings_changelist"), EVERYONE),
    # Leads those who are signed in to the index.
    "login": NOBODY,
    "app_list": "ETP",
    "jobs_job_changelist": "O",
    **dict.fromkeys(("editorial_scheduledchange_calendar", "editorial_scheduledchange_changelist"), "ETPO"),
    **dict.fromkeys(("editorial_deleteditem_changelist", "editorial_deleteditem_change"), "EPO"),
    **dict.fromkeys(("editorial_binsettings_history", "editorial_binsettings_change"), "P"),
    **dict.fromkeys(("editorial_revision_preview", "editorial_revision_preview_page"), "ETP"),
    **dict.fromkeys(("editorial_make_preview_link", "editorial_revoke_preview_link"), "ETP"),
    **dict.fromkeys(("editorial_previewlink_changelist", "editorial_previewlink_change"), "ETP"),
    "editorial_previewlink_history": "ETP",
    **{f"editorial_contenterasure_{page}": "PO" for page in ("changelist", "change", "history", "find")},
    **dict.fromkeys(("translations_texttotranslate_changelist", "translations_exchangedtext_changelist"), "ETPO"),
    **{f"translations_texttotranslate_{page}": "ETP" for page in ("change", "history", "in_draft")},
    **dict.fromkeys(("translations_export", "translations_import", "translations_apply"), "ETPO"),
    "translations_translation_changelist": "ETPO",
    "feedback_message_changelist": "EP",
}
# A part that only a draft has.
NEW_PART = "initiative_parts.999"
POSTED = ("logout", "editorial_make_preview_link", "editorial_revoke_preview_link", "translations_import")
POSTED += ("translations_apply", "consent_decision_erase")


def named_urls(patterns=None, parameters=()):
    """Yield the name and the parameters of each URL of the admin."""
    for pattern in admin.site.get_urls() if patterns is None else patterns:
        own = (*parameters, *pattern.pattern.regex.groupindex)
        if hasattr(pattern, "url_patterns"):
            yield from named_urls(pattern.url_patterns, own)
        elif pattern.name and pattern.name != "view_on_site":
            yield pattern.name, own


def model_of(name: str):
    labels = {f"{model._meta.app_label}_{model._meta.model_name}": model for model in admin.site._registry}
    return labels.get("_".join(name.split("_")[:2]))


def permitted(name: str) -> str:
    model, page = model_of(name), name.split("_")[-1]
    if model is None or not issubclass(model, Content) or page not in CONTENT:
        default = "O" if name.startswith("consent_") and page not in ("add", "delete") else NOBODY
        return OTHERS.get(name, default)
    if model._meta.app_label != "consent":
        return (CONTENT | KINDS.get(model, {}))[page]
    return NOBODY if model._meta.model_name in ("notice", "privacypolicy") and page in SINGLETON else OF_OFFICERS[page]


def sample(model):
    """Return an item that may be deleted, if there is one."""
    if model is Page:
        return Page.objects.filter(kind=Page.Kind.TEXT).first()
    return (
        (model._base_manager.last() if model is PartnerUniversity else model._base_manager.first()) if model else None
    )


def address(name: str, parameters) -> str:
    item = sample(model_of(name))
    revision = Revision.objects.of(item if isinstance(item, Content) else Alliance.objects.get()).first()
    key = item.pk if item else 1
    values = {"object_id": key, "id": key, "number": revision.pk, "pk": key if model_of(name) else revision.pk}
    if name == "editorial_revoke_preview_link":
        values["pk"] = PreviewLink.objects.get().pk
    if name == "translations_texttotranslate_in_draft":
        draft = Revision.objects.open().get(base__isnull=False)
        values = {"app_label": "alliance", "kind": "initiative", "key": draft.object_id, "row": NEW_PART}
        return reverse(f"admin:{name}", kwargs=values | {"column": "title_pl"})
    values |= {"form": "csv", "language": "en", "app_label": "alliance", "name": "docs/editing.md"}
    return reverse(f"admin:{name}", kwargs={parameter: values[parameter] for parameter in parameters})


def add_part_to_draft(item: Initiative):
    data = snapshots.take(Initiative, [item.pk])[item.pk]
    data[NEW_PART] = {"key": "labs", "title_en": "Labs", "is_published": True}
    Revision.objects.save_draft(item, data)


def is_permitted(client, name: str, path: str) -> bool:
    response = client.post(path) if name in POSTED else client.get(path)
    # The index is where the admin leads those who ask for what they do not see.
    return response.status_code < 400 and response.headers.get("Location") != "/admin/"


@pytest.mark.nightly
def test_each_group_opens_exactly_its_urls_of_the_admin(client, staff, monkeypatch):
    # Without HTML, whose making takes most of the time.
    monkeypatch.setattr(SimpleTemplateResponse, "rendered_content", "")
    monkeypatch.setattr(admin.AdminSite, "each_context", lambda *args: {})
    monkeypatch.setattr("health.errors.render_error", lambda request, status, *args: HttpResponse(status=status))
    monkeypatch.setattr("django.utils.log.request_logger.disabled", True)
    for make in FACTORIES.values():
        make()
    Revision.objects.record()
    add_part_to_draft(Initiative.objects.first())
    revision = Revision.objects.of(Alliance.objects.get()).first()
    until = timezone.now() + timedelta(days=1)
    PreviewLink.objects.create(revision=revision, author_name="anna", expires_at=until)
    accounts = {letter: staff(*groups) for letter, groups in GROUPS.items()}
    User.objects.update(is_superuser=False)
    # Once for all groups, because no request deletes an item. Where there is none, those who may open it are led away.
    urls = [
        (name, address(name, parameters), not parameters or sample(model_of(name))) for name, parameters in named_urls()
    ]
    wrong = {}
    for letter, account in accounts.items():
        client.force_login(account)
        for name, path, has_item in urls:
            is_open, may_open = is_permitted(client, name, path), letter in permitted(name)
            if is_open != may_open and (is_open or has_item):
                wrong.setdefault(name, []).append(letter)
            if name == "logout":
                client.force_login(account)
    assert wrong == {}
