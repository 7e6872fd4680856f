from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("annotations", "0009_random_places")]

    operations = [
        migrations.AddIndex(
            model_name="decision",
            index=models.Index(fields=["task", "how", "-decided_at"], name="decision_by_how"),
        ),
    ]
