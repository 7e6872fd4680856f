"""A model version in service and recordings to send."""

import io
import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from classifier.clips import uploads
from classifier.inference.hot_reload import LoadedEngine
from classifier.inference.session import Engine
from classifier.inference.version_folder import folder_checksum
from classifier.models import ModelVersion, Task
from classifier.predictions import predictor
from classifier.predictions.registry import SHIPPED_MODEL
from emotion_site.models import User
from emotion_site.sign_in.tokens import create_token

RATE = 16000


@pytest.fixture(scope="session")
def shipped_engine() -> Engine:
    """The model that ships, loaded once: reading it anew would cost each test a fifth of a second."""
    return Engine.load(SHIPPED_MODEL, threads=1)


@pytest.fixture
def model_version(db: None, shipped_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> ModelVersion:
    """The shipped model version in service. How a process finds and loads it is tested with the engine."""
    manifest = shipped_engine.manifest
    version = ModelVersion.objects.create(
        task=Task.objects.get(slug="emotion"),
        number=1,
        origin=ModelVersion.Origin.SHIPPED,
        folder="emotion/1",
        checksum=folder_checksum(SHIPPED_MODEL),
        manifest=manifest.as_dict(),
        is_active=True,
    )
    loaded = LoadedEngine(version.pk, version.number, shipped_engine)
    monkeypatch.setattr(predictor, "active_engine", lambda: SimpleNamespace(current=lambda: loaded))
    return version


@pytest.fixture(autouse=True)
def own_storage(settings, tmp_path: Path) -> None:
    """Each test keeps its files in a folder of its own."""
    settings.DATA_DIR = tmp_path
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path / "clips"},
        },
    }


@pytest.fixture(scope="session", autouse=True)
def no_decoder_is_left() -> Iterator[None]:
    yield
    uploads.decoder_pool().close()


@pytest.fixture
def make_wav() -> Callable[..., bytes]:
    return wav_bytes


def wav_bytes(*, seconds: float = 1.0, pitch: float = 140.0, level: float = 0.3) -> bytes:
    """A buzz with the harmonics of a voice; another pitch is another waveform."""
    times = np.arange(int(seconds * RATE)) / RATE
    buzz = sum(np.sin(2 * np.pi * pitch * k * times) / k for k in range(1, 9))
    samples = (level * buzz / np.abs(buzz).max() * 32767).astype("<i2")
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())
    return out.getvalue()


@pytest.fixture
def upload(make_wav: Callable[..., bytes]) -> Callable[..., SimpleUploadedFile]:
    """An upload of a good recording, or of ``content`` when it is given."""

    def make(name: str = "voice.wav", content: bytes | None = None, **shape: float) -> SimpleUploadedFile:
        return SimpleUploadedFile(name, make_wav(**shape) if content is None else content)

    return make


@pytest.fixture
def token(speaker: User) -> str:
    return create_token(user=speaker, name="test", days=1)[1]


@pytest.fixture
def api(client: Client, token: str) -> Client:
    """A client that signs in by token on every request."""
    client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    return client


@pytest.fixture
def clip(api: Client, model_version: ModelVersion, upload: Callable[..., SimpleUploadedFile]) -> dict:
    return api.post("/api/v1/clips/", {"file": upload()}).json()
