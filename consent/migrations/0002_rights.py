from django.db import migrations

from editorial import roles

OFFICERS = {roles.PRIVACY_OFFICERS: ("view", "add", "change", "delete", "publish", "export", "erase")}
TRANSLATORS = {roles.TRANSLATORS: ("translate",)}
WORDING = ("notice", "purpose", "provider", "declaredcookie", "embeddedcontent", "privacypolicy")


def grant(apps, schema_editor):
    roles.grant(apps, "consent", OFFICERS | TRANSLATORS)
    # Translators see the wording, but not the record.
    permission = apps.get_model("auth.Permission")
    translators = apps.get_model("auth.Group").objects.get(name=roles.TRANSLATORS)
    wording = permission.objects.filter(
        content_type__app_label="consent", codename__in=[f"view_{model}" for model in WORDING]
    )
    translators.permissions.add(*wording)


def withdraw(apps, schema_editor):
    roles.withdraw(apps, "consent", OFFICERS | TRANSLATORS)


class Migration(migrations.Migration):
    dependencies = [("consent", "0001_initial"), ("editorial", "0002_groups")]

    operations = [migrations.RunPython(grant, withdraw)]
