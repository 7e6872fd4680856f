"""A process that serves people loads none of the libraries that train."""

import subprocess
import sys

import pytest

from tests.requirements import ROOT

SERVE_ONE_CLIP = """
import io, os, sys, tempfile
os.environ["DATA_DIR"] = tempfile.mkdtemp()
os.environ["DJANGO_SETTINGS_MODULE"] = "emotion_site.settings.base"
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
call_command("register_shipped_model", verbosity=0, stdout=sys.stderr)

import wave
import numpy as np
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from emotion_site.asgi import application
from emotion_site.models import User
from emotion_site.signals import web_process_starting
from emotion_site.sign_in.tokens import create_token

web_process_starting.send(sender=None)
tone = (np.sin(np.arange(32000) / 20) * 8000).astype("<i2")
file = io.BytesIO()
with wave.open(file, "wb") as out:
    out.setnchannels(1); out.setsampwidth(2); out.setframerate(16000); out.writeframes(tone.tobytes())
_, secret = create_token(user=User.objects.create_user("a@example.org"), name="test", days=1)
response = Client(HTTP_HOST="localhost").post(
    "/api/v1/clips/",
    {"file": SimpleUploadedFile("tone.wav", file.getvalue())},
    headers={"Authorization": "Bearer " + secret},
)
assert response.status_code == 201, (response.status_code, response.content)
assert response.json()["prediction"]["label"], response.content
heavy = {"torch", "torchaudio", "transformers", "onnx", "safetensors", "scipy"} & set(sys.modules)
sys.exit(f"imported {sorted(heavy)}" if heavy else 0)
"""


@pytest.mark.slow
def test_serving_process_never_imports_torch():
    """In a process of its own: other tests of this run may have imported torch already."""
    run = subprocess.run(
        [sys.executable, "-c", SERVE_ONE_CLIP], cwd=ROOT, capture_output=True, text=True, timeout=200
    )
    assert run.returncode == 0, run.stderr
