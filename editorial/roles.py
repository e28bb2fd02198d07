"""Groups of staff and their permissions, for use in migrations.

Migrations that have already been applied use CONTENT_RIGHTS too. To change the permissions of an existing site, add a
migration that calls `grant` or `withdraw`.
"""

from typing import Any

from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions

EDITORS = "Editors"
TRANSLATORS = "Translators"
PUBLISHERS = "Publishers"
PRIVACY_OFFICERS = "Privacy officers"
GROUPS = (EDITORS, TRANSLATORS, PUBLISHERS, PRIVACY_OFFICERS)

# Actions of each group on content. Privacy officers have none, but may erase personal data.
CONTENT_RIGHTS = {
    EDITORS: ("view", "add", "change"),
    TRANSLATORS: ("view", "translate"),
    PUBLISHERS: ("view", "add", "change", "delete", "publish"),
}


def grant(apps: Apps, app_label: str, rights: dict[str, tuple[str, ...]]) -> None:
    """Give each group its actions on every model of `app_label`.

    `apps` is the registry of the migration. `rights` maps the name of a group to actions. Django creates permissions
    after all migrations, so this creates those of the app now.
    """
    app_config: Any = apps.get_app_config(app_label)
    # create_permissions skips an app without models_module. The app of a migration has none.
    app_config.models_module = True
    create_permissions(app_config, apps=apps, verbosity=0)
    app_config.models_module = None
    group_model, permission_model = apps.get_model("auth.Group"), apps.get_model("auth.Permission")
    for group_name, actions in rights.items():
        codenames = [f"{action}_{model._meta.model_name}" for model in app_config.get_models() for action in actions]
        permissions = permission_model.objects.filter(content_type__app_label=app_label, codename__in=codenames)
        group_model.objects.get(name=group_name).permissions.add(*permissions)


def withdraw(apps: Apps, app_label: str, rights: dict[str, tuple[str, ...]]) -> None:
    """Reverse `grant`."""
    group_model, permission_model = apps.get_model("auth.Group"), apps.get_model("auth.Permission")
    permissions = permission_model.objects.filter(content_type__app_label=app_label)
    for group in group_model.objects.filter(name__in=rights):
        group.permissions.remove(*permissions)
