from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("emotion_site", "0003_task_heartbeat")]

    operations = [
        migrations.AddField(
            model_name="onetimelink",
            name="role",
            field=models.CharField(
                blank=True, help_text="What a person becomes who uses the link", max_length=16
            ),
        ),
    ]
