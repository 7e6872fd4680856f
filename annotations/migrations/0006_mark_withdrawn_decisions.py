from django.db import migrations
from django.db.models import Q


def mark(apps, schema_editor):
    clips = apps.get_model("classifier", "Clip").objects
    withdrawn = clips.filter(Q(shared_for_review=False) | Q(deleted_at__isnull=False), owner__isnull=False)
    decisions = apps.get_model("annotations", "Decision").objects
    decisions.filter(clip__in=withdrawn).update(is_withdrawn=True)


class Migration(migrations.Migration):
    dependencies = [("annotations", "0005_withdrawn_decisions")]
    operations = [migrations.RunPython(mark, migrations.RunPython.noop)]
