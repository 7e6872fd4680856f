from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("classifier", "0013_label_guidance")]
    operations = [
        migrations.AddField(
            model_name="clip",
            name="stored_bytes",
            field=models.PositiveIntegerField(default=0, help_text="Of the file that is kept"),
        ),
    ]
