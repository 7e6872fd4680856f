from django.db import migrations

from emotion_site.storage.folding import fill_folded


def fill(apps, schema_editor):
    for model in ("User", "ApiToken"):
        fill_folded(apps.get_model("emotion_site", model), "folded_name", of="name")


class Migration(migrations.Migration):
    dependencies = [("emotion_site", "0006_folded_names")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
