"""Permissions to write translations.

The permissions `change` and `translate` of a model allow translating its items into all languages. The permission of a
language allows translating all content into that language. Each language has such a permission, and a group with it.
"""

from typing import Any

from django.conf import settings
from django.contrib.auth import get_permission_codename
from django.contrib.auth.models import AnonymousUser, Group, Permission, User
from django.db import connections
from django.db.models import Model, QuerySet
from django.utils.translation import get_language

from translations.status.fields import TARGET_LANGUAGES, translated_models

# Attribute of a user object, which lives as long as a request.
LANGUAGES_CACHE = "_languages_by_permission"


def permission(action: str, model: type[Model]) -> str:
    """Return the name of the permission for `action`, such as "publish", on the items of `model`."""
    return f"{model._meta.app_label}.{get_permission_codename(action, model._meta)}"


def permission_for(language: str) -> str:
    return f"translate_into_{language.replace('-', '_').lower()}"


def group_for(language: str) -> str:
    return f"Translators: {settings.CONTENT_LANGUAGES[language]}"


def permitted_languages(user: User | AnonymousUser, model: type[Model]) -> frozenset[str]:
    """The languages into which the user may translate `model`."""
    if not user.is_active:
        # An early exit: without it, the sign-in page runs a permission check for each model, language and backend.
        return frozenset()
    if any(user.has_perm(permission(action, model)) for action in ("change", "translate")):
        return frozenset(TARGET_LANGUAGES)
    return languages_by_permission(user)


def may_publish_translation(user: User | AnonymousUser, model: type[Model], language: str) -> bool:
    """Whether a translation of the user goes live at once. Others who may change the model save a draft."""
    may_act = any(user.has_perm(permission(action, model)) for action in ("publish", "translate"))
    return may_act or language in languages_by_permission(user)


def needs_draft(user: User | AnonymousUser, item: Any, language: str) -> bool:
    """Whether a translation of the user is saved in a draft: `item` is on the site, and they may not publish it."""
    is_live = item.has_drafts and item.owner.is_published
    return is_live and not may_publish_translation(user, item.permission_model, language)


def permitted_models(user: User | AnonymousUser) -> list[type[Model]]:
    """The models that the user may translate into at least one language."""
    return [model for model in translated_models() if permitted_languages(user, model)]


def all_permitted_languages(user: User | AnonymousUser) -> list[str]:
    """The languages into which the user may translate at least one model."""
    permitted = frozenset().union(*(permitted_languages(user, model) for model in translated_models()))
    return [code for code in TARGET_LANGUAGES if code in permitted]


def own_languages(user: User | AnonymousUser) -> list[str]:
    """The languages that the user works in: those of their language permissions, else all that they may translate."""
    by_permission = languages_by_permission(user)
    return [code for code in TARGET_LANGUAGES if code in by_permission] or all_permitted_languages(user)


def own_language(user: User | AnonymousUser) -> str | None:
    """The language that the user sees first: that of the admin, else the first of theirs.

    None if the user works in all languages or in none.
    """
    own = own_languages(user)
    if (current := get_language()) in own:
        return current
    return own[0] if 0 < len(own) < len(TARGET_LANGUAGES) else None


def languages_by_permission(user: User | AnonymousUser) -> frozenset[str]:
    """The languages into which the user may translate all content, cached on `user` as Django caches permissions."""
    # Pages of the admin ask hundreds of times, once for each kind of content and button.
    if not hasattr(user, LANGUAGES_CACHE):
        codes = {code for code in TARGET_LANGUAGES if user.has_perm(f"translations.{permission_for(code)}")}
        setattr(user, LANGUAGES_CACHE, frozenset(codes))
    return getattr(user, LANGUAGES_CACHE)


def create_permissions(using: str, apps):
    """Create the missing permissions and groups of languages. A group that staff deleted is not created again."""
    try:
        group_model, permission_model = apps.get_model("auth.Group"), apps.get_model("auth.Permission")
        content_type_model = apps.get_model("contenttypes.ContentType")
        apps.get_model("translations.Translation")
    except LookupError:
        # Only some apps were migrated, and these tables do not exist.
        return
    content_type, _created = content_type_model.objects.using(using).get_or_create(
        app_label="translations", model="translation"
    )
    for code in TARGET_LANGUAGES:
        name = settings.CONTENT_LANGUAGES[code]
        translate, is_new = permission_model.objects.using(using).get_or_create(
            content_type=content_type, codename=permission_for(code), defaults={"name": f"Can translate into {name}"}
        )
        if is_new:
            group, _created = group_model.objects.using(using).get_or_create(name=group_for(code))
            group.permissions.add(translate)
    delete_former(permission_model.objects.using(using))


def former(permissions: QuerySet[Permission]) -> QuerySet[Permission]:
    """The permissions of languages that the site no longer has."""
    current = [permission_for(code) for code in TARGET_LANGUAGES]
    return permissions.filter(content_type__app_label="translations", codename__startswith=permission_for("")).exclude(
        codename__in=current
    )


def delete_former(permissions: QuerySet[Permission]):
    """Delete the permissions and groups of former languages that nobody has."""
    for permission in former(permissions):
        # A group with members, or with other permissions, may be needed for more than the language.
        for group in permission.group_set.filter(user=None):
            if group.permissions.count() == 1:
                group.delete()
        if not permission.group_set.exists() and not permission.user_set.exists():
            permission.delete()


def groups_of_former_languages(using: str) -> list[Group]:
    """The groups that `delete_former` keeps, because they have members or other permissions."""
    if Permission._meta.db_table not in connections[using].introspection.table_names():
        return []
    permissions = former(Permission.objects.using(using))
    return list(Group.objects.using(using).filter(permissions__in=permissions).distinct().order_by("name"))
