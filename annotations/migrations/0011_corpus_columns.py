from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("annotations", "0010_last_decisions_index"),
        ("classifier", "0008_silent_clips_without_label"),
    ]

    operations = [
        migrations.CreateModel(
            name="CorpusColumns",
            fields=[
                (
                    "clip",
                    models.OneToOneField(
                        on_delete=models.CASCADE,
                        primary_key=True,
                        related_name="corpus_columns",
                        serialize=False,
                        to="classifier.clip",
                    ),
                ),
                ("columns", models.JSONField()),
            ],
        ),
    ]
