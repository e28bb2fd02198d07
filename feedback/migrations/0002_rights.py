from django.db import migrations

from editorial import roles

# Editors and publishers answer messages. Only publishers can erase them.
STAFF = {group: roles.CONTENT_RIGHTS[group] for group in (roles.EDITORS, roles.PUBLISHERS)}
TRANSLATORS = {roles.TRANSLATORS: ("translate",)}


def grant(apps, schema_editor):
    roles.grant(apps, "feedback", STAFF | TRANSLATORS)
    # Translators see the texts of the page, but no messages.
    permission = apps.get_model("auth.Permission")
    translators = apps.get_model("auth.Group").objects.get(name=roles.TRANSLATORS)
    translators.permissions.add(
        permission.objects.get(content_type__app_label="feedback", codename="view_feedbackpage")
    )


def withdraw(apps, schema_editor):
    roles.withdraw(apps, "feedback", STAFF | TRANSLATORS)


class Migration(migrations.Migration):
    dependencies = [("feedback", "0001_initial"), ("editorial", "0002_groups")]

    operations = [migrations.RunPython(grant, withdraw)]
