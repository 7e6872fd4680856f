from contextlib import suppress

from django.core.files.storage import default_storage
from django.db import migrations
from django.db.models import Sum

BATCH = 500


def fill(apps, schema_editor):
    """Measure the files of the clips that were there before, and count them for their owners."""
    Clip = apps.get_model("classifier", "Clip")
    clips = Clip.objects.filter(stored_bytes=0).only("audio", "stored_bytes")
    measured = []
    for clip in clips.iterator(BATCH):
        with suppress(OSError):  # a file that is lost takes no room
            clip.stored_bytes = default_storage.size(clip.audio.name)
            measured.append(clip)
    Clip.objects.bulk_update(measured, ["stored_bytes"], batch_size=BATCH)
    owned = Clip.objects.filter(owner__isnull=False).order_by().values_list("owner")
    Usage = apps.get_model("classifier", "Usage")
    Usage.objects.bulk_create(
        [Usage(owner_id=owner, stored_bytes=total) for owner, total in owned.annotate(Sum("stored_bytes"))],
        ignore_conflicts=True,
    )


class Migration(migrations.Migration):
    dependencies = [("classifier", "0015_usage")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
