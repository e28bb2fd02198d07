from django.db import migrations

from editorial import roles


def grant(apps, schema_editor):
    roles.grant(apps, "alliance", roles.CONTENT_RIGHTS)


class Migration(migrations.Migration):
    dependencies = [("alliance", "0004_ways_in"), ("editorial", "0002_groups")]

    # Backwards nothing: the rights go with the model, and those over the other models must stay.
    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
