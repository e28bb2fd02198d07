from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("editorial", "0002_groups")]

    operations = [
        migrations.CreateModel(
            name="PastAddress",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("section", models.CharField(max_length=60)),
                ("language", models.CharField(max_length=20)),
                ("slug", models.CharField(max_length=100)),
                ("key", models.CharField(max_length=100)),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(fields=("section", "language", "slug"), name="past_address_of_one")
                ],
            },
        ),
    ]
