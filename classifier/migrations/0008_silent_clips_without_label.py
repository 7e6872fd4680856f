from django.db import migrations


def take_label_off(apps, schema_editor):
    """Silent clips used to be counted under the first label of the task."""
    clips = apps.get_model("classifier", "Clip").objects
    clips.filter(quality__digital_silence=True, label__isnull=False).update(label=None)


class Migration(migrations.Migration):
    dependencies = [("classifier", "0007_clip_owner_or_corpus")]
    operations = [migrations.RunPython(take_label_off, migrations.RunPython.noop)]
