import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("classifier", "0005_corpus"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="clip",
            name="corpus",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="clips",
                to="classifier.corpus",
            ),
        ),
        migrations.AddField(
            model_name="clip",
            name="file_name",
            field=models.CharField(blank=True, help_text="As the corpus names it", max_length=255),
        ),
        migrations.AddField(
            model_name="clip",
            name="reference_label",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="classifier.label",
            ),
        ),
        migrations.AddField(
            model_name="clip",
            name="split",
            field=models.CharField(
                blank=True,
                choices=[("train", "training"), ("validation", "validation"), ("test", "test")],
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="clip",
            name="owner",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="clips",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="clip",
            name="source",
            field=models.CharField(
                choices=[
                    ("record", "Recorded"),
                    ("upload", "Uploaded"),
                    ("api", "API"),
                    ("corpus", "Corpus"),
                ],
                max_length=8,
                verbose_name="source",
            ),
        ),
    ]
