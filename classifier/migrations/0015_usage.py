import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("classifier", "0014_clip_stored_bytes"),
    ]
    operations = [
        migrations.CreateModel(
            name="Usage",
            fields=[
                (
                    "owner",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="usage",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("stored_bytes", models.PositiveBigIntegerField(default=0)),
                ("day", models.DateField(null=True)),
                ("clips_on_day", models.PositiveIntegerField(default=0)),
            ],
        ),
    ]
