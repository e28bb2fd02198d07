"""Who may write translations into which language.

Three rights lead there: to change a kind of content, to translate a kind of content into all languages, and to
translate all content into one language. Groups of the last come with each language of the settings.
"""

from django.conf import settings
from django.contrib.auth import get_permission_codename
from django.db.models import Model

from translations.status.models import TARGET_LANGUAGES, translated_models


def permission_for(language: str) -> str:
    return f"translate_into_{language.replace('-', '_').lower()}"


def group_for(language: str) -> str:
    return f"Translators: {settings.CONTENT_LANGUAGES[language]}"


def languages_open_to(user, model) -> set[str]:
    """The languages whose translations of `model` the user may write."""
    if not user.is_active:
        # The sign-in page asks this for each model; each right that is missing would be looked for in every backend.
        return set()
    label = model._meta.app_label
    for action in ("change", "translate"):
        if user.has_perm(f"{label}.{get_permission_codename(action, model._meta)}"):
            return set(TARGET_LANGUAGES)
    return languages_of(user)


def models_open_to(user) -> list[type[Model]]:
    """The kinds of content of which the user may write translations into some language."""
    return [model for model in translated_models() if languages_open_to(user, model)]


def all_languages_open_to(user) -> list[str]:
    """The languages that the user may write translations of anything into."""
    found = set().union(*(languages_open_to(user, model) for model in translated_models()))
    return [code for code in TARGET_LANGUAGES if code in found]


def languages_of(user) -> set[str]:
    """The languages that the user may translate all content into, by a right for that language."""
    return {code for code in TARGET_LANGUAGES if user.has_perm(f"translations.{permission_for(code)}")}


def make_rights(using: str, apps):
    """A right and a group for each language that has none yet. A group that staff deleted stays deleted."""
    try:
        group_model, permission_model = apps.get_model("auth.Group"), apps.get_model("auth.Permission")
        content_type_model = apps.get_model("contenttypes.ContentType")
        apps.get_model("translations.Translation")
    except LookupError:
        # The plan of these migrations ends before there are such tables.
        return
    content_type, _made = content_type_model.objects.using(using).get_or_create(
        app_label="translations", model="translation"
    )
    for code in TARGET_LANGUAGES:
        name = settings.CONTENT_LANGUAGES[code]
        permission, is_new = permission_model.objects.using(using).get_or_create(
            content_type=content_type, codename=permission_for(code), defaults={"name": f"Can translate into {name}"}
        )
        if is_new:
            group, _made = group_model.objects.using(using).get_or_create(name=group_for(code))
            group.permissions.add(permission)
