from django.db import migrations

from editorial import roles


def grant(apps, schema_editor):
    roles.grant(apps, "news", roles.CONTENT_RIGHTS)


def withdraw(apps, schema_editor):
    roles.withdraw(apps, "news", roles.CONTENT_RIGHTS)


class Migration(migrations.Migration):
    dependencies = [("news", "0001_initial"), ("editorial", "0002_groups")]

    operations = [migrations.RunPython(grant, withdraw)]
