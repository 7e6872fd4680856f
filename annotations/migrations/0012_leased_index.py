from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("annotations", "0011_corpus_columns")]

    operations = [
        migrations.AddIndex(
            model_name="queueentry",
            index=models.Index(
                fields=["task", "leased_until"],
                name="queue_leased",
                condition=Q(leased_until__isnull=False),
            ),
        ),
    ]
