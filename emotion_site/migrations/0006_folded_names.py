from django.db import migrations

from emotion_site.storage.folding import FoldedField


class Migration(migrations.Migration):
    dependencies = [("emotion_site", "0005_declared_purpose")]
    operations = [
        migrations.AddField(
            model_name="user", name="folded_name", field=FoldedField(max_length=360, of="name")
        ),
        migrations.AddField(
            model_name="apitoken", name="folded_name", field=FoldedField(max_length=240, of="name")
        ),
    ]
