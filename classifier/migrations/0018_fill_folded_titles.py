from django.db import migrations

from emotion_site.storage.folding import fill_folded


def fill(apps, schema_editor):
    fill_folded(apps.get_model("classifier", "Clip"), "folded_title", of="title")


class Migration(migrations.Migration):
    dependencies = [("classifier", "0017_folded_title")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
