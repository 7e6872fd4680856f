from django.db import migrations

from emotion_site.storage.folding import FoldedField


class Migration(migrations.Migration):
    dependencies = [("classifier", "0016_fill_usage")]
    operations = [
        migrations.AddField(
            model_name="clip", name="folded_title", field=FoldedField(max_length=360, of="title")
        )
    ]
