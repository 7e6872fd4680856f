from django.db import migrations
from django.db.models import OuterRef, Subquery


def fill(apps, schema_editor):
    """Until now the newest version's prediction was the one that pages showed."""
    predictions = apps.get_model("classifier", "Prediction").objects.filter(clip=OuterRef("pk"))
    newest = predictions.order_by("-model_version__number").values("model_version")[:1]
    apps.get_model("classifier", "Clip").objects.update(answered_by=Subquery(newest))


class Migration(migrations.Migration):
    dependencies = [("classifier", "0010_clip_answered_by")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
