from django.db import migrations

from editorial import roles


def grant(apps, schema_editor):
    roles.grant(apps, "events", roles.CONTENT_RIGHTS)


def withdraw(apps, schema_editor):
    roles.withdraw(apps, "events", roles.CONTENT_RIGHTS)


class Migration(migrations.Migration):
    dependencies = [("events", "0001_initial"), ("editorial", "0002_groups")]

    operations = [migrations.RunPython(grant, withdraw)]
