"""Permission to publish: the members of staff for an item, and the kinds of content for a member of staff."""

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, QuerySet

from editorial.models.content import Content, content_models
from translations.status.permissions import permission, permitted_languages


def deciding(item: Content) -> tuple[str, type[Model]]:
    """Return the action and the model of the permission that decides who may publish `item`."""
    model = item.permission_model
    return ("publish", model) if model is type(item) else ("change", model)


def may_publish(user: User | AnonymousUser, item: Content) -> bool:
    """Whether `user` may publish `item` and take it off the site."""
    return user.has_perm(permission(*deciding(item)))


def publishers_of(item: Content) -> QuerySet:
    """Return the active members of staff who may publish `item`."""
    return staff_who_may(*deciding(item))


def staff_who_may(action: str, model: type[Model]) -> QuerySet[AbstractBaseUser]:
    users = get_user_model()._default_manager.with_perm(permission(action, model))
    return users.filter(is_staff=True)


def kinds_with(user: User | AnonymousUser, action: str) -> list[ContentType]:
    """Return the kinds of content for which `user` has the permission for `action`."""
    models = [model for model in content_models() if user.has_perm(permission(action, model))]
    return list(ContentType.objects.get_for_models(*models).values())


def visible_kinds(user: User | AnonymousUser) -> list[ContentType]:
    """Return the kinds of content that `user` may see in the admin."""
    models = [
        model
        for model in content_models()
        if user.has_perm(permission("view", model))
        or user.has_perm(permission("change", model))
        or permitted_languages(user, model)
    ]
    return list(ContentType.objects.get_for_models(*models).values())
