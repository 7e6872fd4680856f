from django.db import migrations
from django.db.models.functions import Random


def draw(apps, schema_editor):
    """Clips that were drawn at random stood in the order of doubt."""
    entries = apps.get_model("annotations", "QueueEntry").objects
    entries.filter(is_random=True).update(priority=Random())


class Migration(migrations.Migration):
    dependencies = [("annotations", "0008_kept_reports")]
    operations = [migrations.RunPython(draw, migrations.RunPython.noop)]
