import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from classifier.clips import uploads
from classifier.inference.exceptions import NoActiveVersion
from classifier.models import ModelVersion
from classifier.predictions import predictor
from classifier.predictions.serialize import prediction_fields
from emotion_site.exceptions import UserError
from emotion_site.serving.quiet_log import quiet_log

UNREADABLE = "unreadable"


class Command(BaseCommand):
    help = "Says which emotion is heard in each file. Nothing is stored."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", metavar="FILE")
        parser.add_argument(
            "--json", action="store_true", help="one JSON object per file, each on its own line"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        with quiet_log(options["verbosity"]):
            failures = self._classify(options["files"], as_json=options["json"])
        if failures:
            raise SystemExit(1)

    def _classify(self, names: list[str], *, as_json: bool) -> int:
        """Show every prediction as soon as it is there; how many files failed."""
        # The engine logs a database that cannot be read and goes on; here somebody waits for the reason.
        ModelVersion.objects.active().exists()
        try:
            predictor.active_engine().current()
        except NoActiveVersion as error:
            raise CommandError(
                _("No model is in service. Run `manage.py register_shipped_model`.")
            ) from error
        failures = 0
        try:
            for name in names:
                line = classify_file(name)
                failures += "error" in line
                self._show(line, as_json=as_json)
        finally:
            uploads.decoder_pool().close()
        return failures

    def _show(self, line: dict[str, Any], *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(line, ensure_ascii=False))
        elif "error" in line:
            self.stderr.write(f"{line['file']}: {line['error']['detail']} ({line['error']['code']})")
        else:
            scores = sorted(line["scores"].items(), key=lambda item: -item[1])
            verdict = line["label"] if line["sure"] else _("not sure")
            shares = ", ".join(f"{key} {share:.1%}" for key, share in scores)
            self.stdout.write(f"{line['file']}: {verdict} ({shares})")


def classify_file(name: str) -> dict[str, Any]:
    """The fields of the contract for one file, or its error."""
    try:
        data = uploads.read_upload(ContentFile(Path(name).read_bytes()))
        decoded = uploads.decode_upload(data)
    except OSError as error:
        return _failed(name, UNREADABLE, error.strerror or _("The file cannot be read."))
    except UserError as error:
        return _failed(name, error.code, str(error.detail))
    loaded, predicted = predictor.predict(decoded.waveform)
    return {
        "file": name,
        **prediction_fields(
            label=predicted.label,
            confidence=predicted.confidence,
            margin=predicted.margin,
            scores=predicted.scores,
            segments=[dict(segment) for segment in predicted.segments],
            model_version=loaded.number,
            duration_s=decoded.quality.duration_s,
            quality=decoded.quality.as_dict(),
            labels=loaded.engine.manifest.labels,
        ),
    }


def _failed(name: str, code: str, detail: str) -> dict[str, Any]:
    return {"file": name, "error": {"code": code, "detail": detail}}
