from django.db import migrations, models

PRESENT = models.Q(deleted_at__isnull=True)


class Migration(migrations.Migration):
    dependencies = [("classifier", "0018_fill_folded_titles")]
    operations = [
        migrations.RemoveIndex(model_name="clip", name="clip_owner_newest"),
        migrations.RemoveIndex(model_name="clip", name="clip_owner_title"),
        migrations.AddIndex(
            model_name="clip",
            index=models.Index(
                condition=PRESENT,
                fields=["owner", "-created", "-id", "folded_title"],
                name="clip_owner_newest",
            ),
        ),
        migrations.AddIndex(
            model_name="clip",
            index=models.Index(
                condition=PRESENT, fields=["owner", "folded_title", "id"], name="clip_owner_title"
            ),
        ),
    ]
