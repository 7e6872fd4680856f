from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("annotations", "0004_label_exports")]

    operations = [
        migrations.RemoveIndex(model_name="decision", name="decision_by_state"),
        migrations.AddField(
            model_name="decision", name="is_withdrawn", field=models.BooleanField(default=False)
        ),
        migrations.AddIndex(
            model_name="decision",
            index=models.Index(fields=["task", "is_withdrawn", "state"], name="decision_by_state"),
        ),
    ]
