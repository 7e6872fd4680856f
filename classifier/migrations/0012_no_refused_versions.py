from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("classifier", "0011_fill_answered_by")]
    operations = [
        migrations.AlterField(
            model_name="modelversion",
            name="status",
            field=models.CharField(
                choices=[("ready", "ready"), ("removed", "files removed")], default="ready", max_length=16
            ),
        )
    ]
