"""Template tags for the admin."""

import json
from collections import defaultdict

from django import template
from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from editorial.admin.history import draft_link
from editorial.editor_labels import EDITOR_LABELS
from editorial.models import BinSettings, Content, Revision
from editorial.phrases import LANGUAGE_TAG
from editorial.revisions import snapshots
from translations.status.fields import TARGET_LANGUAGES
from translations.status.permissions import languages_by_permission

register = template.Library()


@register.simple_tag
def content_languages() -> str:
    """Return the content languages as JSON: [["en", "English"], …], the source language first."""
    return json.dumps(list(settings.CONTENT_LANGUAGES.items()), ensure_ascii=False)


@register.simple_tag
def site_languages() -> list[tuple[str, str]]:
    """Return the code of each language that visitors can choose, with its name in the language itself."""
    return settings.LANGUAGES


@register.simple_tag
def own_languages(user: User | AnonymousUser | None) -> str:
    """Return the languages for which `user` is a translator, separated by spaces. Empty if these are all."""
    codes = languages_by_permission(user) if user and user.is_active else set()
    return " ".join(code for code in TARGET_LANGUAGES if code in codes) if len(codes) < len(TARGET_LANGUAGES) else ""


@register.simple_tag
def language_tag_pattern() -> str:
    """Return the regular expression of a language tag, for the `pattern` of an input."""
    return LANGUAGE_TAG


@register.simple_tag
def editor_labels() -> dict[str, str]:
    """Return the labels of the rich text editor in the active language by those in its code."""
    return {label: str(translated) for label, translated in EDITOR_LABELS.items()}


@register.simple_tag
def bin_days() -> int:
    """Return the number of days for which deleted items are kept."""
    return BinSettings.current().days


@register.simple_tag(takes_context=True)
def linking_names(context: template.Context) -> list[SafeString | str]:
    """Return the names of the items and drafts that link to the items of a page for deletion."""
    items = list(context["queryset"]) if "queryset" in context else [context["object"]]
    if not items:
        return []
    model, keys = type(items[0]), [item.pk for item in items]
    linking: dict[type[Content], list[int]] = defaultdict(list)
    for label, key, _name in snapshots.links_to(model, keys):
        linking[apps.get_model(label)].append(key)
    rows = [row for other, found in linking.items() for row in other._base_manager.filter(pk__in=found)]
    drafts = [
        draft
        for draft in Revision.objects.drafts_naming(model, keys)
        if draft.object_id not in linking.get(draft.model_class, [])
    ]
    return [*map(name_with_kind, rows), *map(draft_link, drafts)]


@register.filter
def name_with_kind(item: Content) -> str:
    return f"{capfirst(str(item._meta.verbose_name))}: {item}"
