from django.db import migrations
from django.db.models import Exists, OuterRef


def mark(apps, schema_editor):
    entries = apps.get_model("annotations", "QueueEntry").objects
    is_open = Exists(entries.filter(task=OuterRef("task"), clip=OuterRef("clip"), is_open=True))
    answers = apps.get_model("annotations", "CurrentReview").objects
    answers.filter(~is_open).update(may_be_open=False)


class Migration(migrations.Migration):
    dependencies = [("annotations", "0014_answers_to_open_clips")]
    operations = [migrations.RunPython(mark, migrations.RunPython.noop)]
