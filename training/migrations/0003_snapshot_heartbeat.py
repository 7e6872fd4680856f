from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("training", "0002_log_versions_in_service")]

    operations = [
        migrations.AddField(
            model_name="snapshot",
            name="heartbeat",
            field=models.DateTimeField(blank=True, help_text="Last sign of life of its writer", null=True),
        ),
    ]
