from django.db import migrations

from editorial import roles


def make_groups(apps, schema_editor):
    for name in roles.GROUPS:
        apps.get_model("auth.Group").objects.get_or_create(name=name)
    # The settings of the bin, and the erasing of personal data.
    rights = {roles.PUBLISHERS: ("view", "change", "erase"), roles.PRIVACY_OFFICERS: ("erase",)}
    roles.grant(apps, "editorial", rights)


def remove_groups(apps, schema_editor):
    apps.get_model("auth.Group").objects.filter(name__in=roles.GROUPS).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("editorial", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [migrations.RunPython(make_groups, remove_groups)]
