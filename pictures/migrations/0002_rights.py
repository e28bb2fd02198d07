from django.db import migrations

from editorial import roles


def grant(apps, schema_editor):
    roles.grant(apps, "pictures", roles.CONTENT_RIGHTS)


def withdraw(apps, schema_editor):
    roles.withdraw(apps, "pictures", roles.CONTENT_RIGHTS)


class Migration(migrations.Migration):
    dependencies = [("pictures", "0001_initial"), ("editorial", "0002_groups")]

    operations = [migrations.RunPython(grant, withdraw)]
