from django.db import migrations

from editorial import roles


def grant(apps, schema_editor):
    roles.grant(apps, "opportunities", roles.CONTENT_RIGHTS)


def withdraw(apps, schema_editor):
    roles.withdraw(apps, "opportunities", roles.CONTENT_RIGHTS)


class Migration(migrations.Migration):
    dependencies = [("opportunities", "0001_initial"), ("editorial", "0002_groups")]

    operations = [migrations.RunPython(grant, withdraw)]
