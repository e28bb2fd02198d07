"""The groups of staff, and the rights that each has over an app's content. Migrations call this."""

from django.contrib.auth.management import create_permissions

EDITORS = "Editors"
TRANSLATORS = "Translators"
PUBLISHERS = "Publishers"
PRIVACY_OFFICERS = "Privacy officers"
GROUPS = (EDITORS, TRANSLATORS, PUBLISHERS, PRIVACY_OFFICERS)

# What each group may do with content; privacy officers have no part in it.
CONTENT_RIGHTS = {
    EDITORS: ("view", "add", "change"),
    TRANSLATORS: ("view", "translate"),
    PUBLISHERS: ("view", "add", "change", "delete", "publish"),
}


def grant(apps, app_label: str, rights: dict[str, tuple[str, ...]]):
    """Give each group its actions on every model of `app_label`.

    `apps` is the migration's registry. Django makes permissions after all migrations; here they are needed now.
    """
    app_config = apps.get_app_config(app_label)
    app_config.models_module = True
    create_permissions(app_config, apps=apps, verbosity=0)
    app_config.models_module = None
    group_model, permission_model = apps.get_model("auth.Group"), apps.get_model("auth.Permission")
    for group_name, actions in rights.items():
        codenames = [f"{action}_{model._meta.model_name}" for model in app_config.get_models() for action in actions]
        permissions = permission_model.objects.filter(content_type__app_label=app_label, codename__in=codenames)
        group_model.objects.get(name=group_name).permissions.add(*permissions)


def withdraw(apps, app_label: str, rights: dict[str, tuple[str, ...]]):
    """Take back what `grant` gave."""
    group_model, permission_model = apps.get_model("auth.Group"), apps.get_model("auth.Permission")
    permissions = permission_model.objects.filter(content_type__app_label=app_label)
    for group in group_model.objects.filter(name__in=rights):
        group.permissions.remove(*permissions)
