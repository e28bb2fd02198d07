from django.db import migrations

from editorial import roles


def grant(apps, schema_editor):
    roles.grant(apps, "translations", roles.CONTENT_RIGHTS)


def withdraw(apps, schema_editor):
    roles.withdraw(apps, "translations", roles.CONTENT_RIGHTS)


class Migration(migrations.Migration):
    dependencies = [("translations", "0002_desk_and_exchange"), ("editorial", "0002_groups")]
    operations = [migrations.RunPython(grant, withdraw)]
