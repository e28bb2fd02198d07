"""Who may write translations into which language.

Three rights lead there: to change a kind of content, to translate a kind of content into all languages, and to
translate all content into one language. Groups of the last come with each language of the settings.
"""

from django.conf import settings
from django.contrib.auth import get_permission_codename

from translations.models import TARGET_LANGUAGES


def permission_for(language: str) -> str:
    return f"translate_into_{language.replace('-', '_').lower()}"


def languages_open_to(user, model) -> set[str]:
    """The languages whose translations of `model` the user may write."""
    label = model._meta.app_label
    for action in ("change", "translate"):
        if user.has_perm(f"{label}.{get_permission_codename(action, model._meta)}"):
            return set(TARGET_LANGUAGES)
    return languages_of(user)


def languages_of(user) -> set[str]:
    """The languages that the user may translate all content into, by a right for that language."""
    return {code for code in TARGET_LANGUAGES if user.has_perm(f"translations.{permission_for(code)}")}


def make_rights(using: str):
    """A permission and a group for each language that has none yet. A group that staff deleted stays deleted."""
    from django.contrib.auth.models import Group, Permission
    from django.contrib.contenttypes.models import ContentType

    from translations.models import Translation

    content_type = ContentType.objects.db_manager(using).get_for_model(Translation)
    for code in TARGET_LANGUAGES:
        name = settings.CONTENT_LANGUAGES[code]
        permission, is_new = Permission.objects.using(using).get_or_create(
            content_type=content_type, codename=permission_for(code), defaults={"name": f"Can translate into {name}"}
        )
        if is_new:
            group, _made = Group.objects.using(using).get_or_create(name=f"Translators: {name}")
            group.permissions.add(permission)
