from django.contrib.auth.management import create_permissions
from django.db import migrations


def grant(apps, schema_editor):
    """Let privacy officers read the states of the recurring jobs."""
    # Django adds permissions after all migrations, but they are needed here.
    app_config = apps.get_app_config("jobs")
    app_config.models_module = True
    create_permissions(app_config, apps=apps, verbosity=0)
    app_config.models_module = None
    officers(apps).permissions.add(view_permission(apps))


def withdraw(apps, schema_editor):
    officers(apps).permissions.remove(view_permission(apps))


def officers(apps):
    return apps.get_model("auth.Group").objects.get(name="Privacy officers")


def view_permission(apps):
    return apps.get_model("auth.Permission").objects.get(content_type__app_label="jobs", codename="view_job")


class Migration(migrations.Migration):
    dependencies = [("jobs", "0001_initial"), ("editorial", "0002_groups")]

    operations = [migrations.RunPython(grant, withdraw)]
