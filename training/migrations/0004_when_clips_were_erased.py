from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("training", "0003_snapshot_heartbeat")]

    operations = [
        migrations.AddField(
            model_name="snapshotclip",
            name="erased_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
