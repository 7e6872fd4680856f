import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("classifier", "0009_removed_versions")]
    operations = [
        migrations.AddField(
            model_name="clip",
            name="answered_by",
            field=models.ForeignKey(
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="classifier.modelversion",
            ),
        )
    ]
