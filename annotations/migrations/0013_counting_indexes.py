from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("annotations", "0012_leased_index")]

    operations = [
        migrations.RemoveIndex(model_name="currentreview", name="current_review_by_rater"),
        migrations.AddIndex(
            model_name="currentreview",
            index=models.Index(fields=["task", "rater", "created", "clip"], name="current_review_by_rater"),
        ),
        migrations.AddIndex(
            model_name="queueentry",
            index=models.Index(
                fields=["task", "owner", "given", "clip"], name="queue_open", condition=Q(is_open=True)
            ),
        ),
    ]
