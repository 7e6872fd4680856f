from django.db import migrations
from django.utils.translation import gettext_noop as _

# Colours keep apart under the common kinds of colour blindness (Okabe and Ito, 2008), in this order.
LABELS = [
    ("neutral", _("Neutral"), "#7a7a7a"),
    ("happy", _("Happy"), "#e69f00"),
    ("sad", _("Sad"), "#0072b2"),
    ("angry", _("Angry"), "#d55e00"),
    ("fearful", _("Fearful"), "#8a63d2"),
    ("disgust", _("Disgust"), "#009e73"),
]


def make_task(apps, schema_editor):
    task = apps.get_model("classifier", "Task").objects.create(slug="emotion", name=_("Emotion"))
    label_model = apps.get_model("classifier", "Label")
    for order, (key, name, colour) in enumerate(LABELS):
        label_model.objects.create(
            task=task, key=key, name=name, colour=colour, digit=order + 1, order=order
        )


class Migration(migrations.Migration):
    dependencies = [("classifier", "0002_relations")]
    operations = [migrations.RunPython(make_task, migrations.RunPython.noop)]
