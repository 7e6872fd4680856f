from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("annotations", "0006_mark_withdrawn_decisions")]

    operations = [
        migrations.RemoveIndex(model_name="currentreview", name="current_review_agreement"),
        migrations.AddIndex(
            model_name="currentreview",
            index=models.Index(
                fields=["task", "clip", "rater", "blind_label", "created"], name="current_review_agreement"
            ),
        ),
    ]
