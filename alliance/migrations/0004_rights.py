from django.db import migrations

from editorial import roles


def grant(apps, schema_editor):
    roles.grant(apps, "alliance", roles.CONTENT_RIGHTS)


class Migration(migrations.Migration):
    dependencies = [("alliance", "0003_facts"), ("editorial", "0002_groups")]

    # The permissions on the other models remain.
    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
