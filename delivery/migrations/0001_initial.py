from django.db import migrations, models


def remove_triggers(apps, schema_editor):
    from delivery.triggers import remove

    remove(schema_editor.connection.alias)


class Migration(migrations.Migration):
    initial = True
    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Generation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(default="", max_length=36)),
            ],
            options={
                "default_permissions": (),
                "constraints": [models.CheckConstraint(condition=models.Q(("pk", 1)), name="one_generation")],
            },
        ),
        # The triggers come with post_migrate, when every table is there.
        migrations.RunPython(migrations.RunPython.noop, remove_triggers),
    ]
