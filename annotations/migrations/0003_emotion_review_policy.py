from django.db import migrations


def make_policy(apps, schema_editor):
    """The clips that people share are reviewed for the task that ships."""
    task = apps.get_model("classifier", "Task").objects.filter(slug="emotion").first()
    if task is not None:
        apps.get_model("annotations", "ReviewPolicy").objects.create(task=task, takes_shared_clips=True)


class Migration(migrations.Migration):
    # What a database that was made before the migrations were joined has applied.
    replaces = [
        ('annotations', '0002_emotion_review_policy'),
    ]
    dependencies = [("annotations", "0002_relations"), ("classifier", "0003_emotion_task")]
    operations = [migrations.RunPython(make_policy, migrations.RunPython.noop)]
