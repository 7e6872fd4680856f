from django.db import migrations
from django.utils import timezone


def log_versions_in_service(apps, schema_editor):
    """Whatever serves when the log begins is its first entry."""
    ModelVersion = apps.get_model("classifier", "ModelVersion")
    Promotion = apps.get_model("training", "Promotion")
    for version in ModelVersion.objects.filter(is_active=True):
        Promotion.objects.create(
            task_id=version.task_id,
            kind="promote",
            to_version=version,
            created=version.activated_at or timezone.now(),
        )


class Migration(migrations.Migration):
    dependencies = [("training", "0001_snapshots_and_runs")]

    operations = [migrations.RunPython(log_versions_in_service, migrations.RunPython.noop)]
