from django.db import migrations


class Migration(migrations.Migration):
    # The triggers of the record are registered in consent/triggers.py; migrate installs them.
    dependencies = [("consent", "0006_restoration")]
    operations = []
