from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("classifier", "0006_clips_of_a_corpus")]

    operations = [
        migrations.AddConstraint(
            model_name="clip",
            constraint=models.UniqueConstraint(
                condition=Q(deleted_at__isnull=True),
                fields=("corpus", "checksum"),
                name="clip_waveform_once_per_corpus",
            ),
        ),
        migrations.AddConstraint(
            model_name="clip",
            constraint=models.UniqueConstraint(
                condition=Q(corpus__isnull=False),
                fields=("corpus", "split", "file_name"),
                name="clip_file_name_once_per_split",
            ),
        ),
        migrations.AddConstraint(
            model_name="clip",
            constraint=models.CheckConstraint(
                condition=Q(owner__isnull=False, corpus__isnull=True)
                | Q(owner__isnull=True, corpus__isnull=False),
                name="clip_has_owner_or_corpus",
            ),
        ),
    ]
