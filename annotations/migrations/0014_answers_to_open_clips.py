from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("annotations", "0013_counting_indexes")]

    operations = [
        migrations.AddField(
            model_name="currentreview",
            name="may_be_open",
            field=models.BooleanField(default=True),
        ),
        migrations.AddIndex(
            model_name="currentreview",
            index=models.Index(
                fields=["task", "rater", "clip"],
                name="current_review_may_be_open",
                condition=Q(may_be_open=True) & ~Q(rater=""),
            ),
        ),
    ]
