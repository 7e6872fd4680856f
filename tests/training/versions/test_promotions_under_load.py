"""Fifty clients classify through twenty promotions on two web processes: nobody notices but by the number."""

import io
import logging
import os
import secrets
import threading
import time
from collections import Counter
from pathlib import Path

import httpx
import numpy as np
import pytest
import soundfile

from classifier.inference.session import Engine
from tests.served_site import served_site
from training.datasets.near_duplicates import SAMPLE_RATE

logger = logging.getLogger(__name__)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    # Beside other tests it would measure them: on two cores they take the time that its clients need.
    pytest.mark.skipif("LOAD_TESTS" not in os.environ, reason="needs the machine for itself; see make bench"),
]
CLIENTS, PROMOTIONS = 50, 20
HOT_LOAD_S = 2.0
BETWEEN_S = 4.0
COMPARED = 100

ADMINISTRATOR = """
from emotion_site.models import User
from emotion_site.roles import Role, set_role
from emotion_site.sign_in.tokens import create_token
user = User.objects.create_user("load@example.org")
set_role(user=user, role=Role.ADMIN)
print("token", create_token(user=user, name="load", days=1)[1])
"""


@pytest.fixture
def site(tmp_path):
    limits = {"THROTTLE_USER": "100000/min", "THROTTLE_ADDRESS": "100000/min", "EMAIL_URL": ""}
    with served_site(tmp_path / "site", WEB_PROCESSES="2", **limits) as running:
        yield running


class Client(threading.Thread):
    """Sends one new recording after the other and remembers what came back."""

    def __init__(self, url: str, token: str, stop: threading.Event, seed: int) -> None:
        super().__init__(daemon=True)
        self.url, self.stop = url, stop
        self.headers = {"Authorization": f"Bearer {token}"}
        self.chance = np.random.default_rng(seed)
        self.statuses: Counter[int] = Counter()
        self.errors: list[tuple[float, str]] = []
        self.answers: list[tuple[float, float, dict, np.ndarray]] = []

    def run(self) -> None:
        with httpx.Client(headers=self.headers, timeout=60) as client:
            while not self.stop.is_set():
                sound = (self.chance.normal(size=8000) * 0.1).astype(np.float32)
                file = io.BytesIO()
                soundfile.write(file, sound, SAMPLE_RATE, format="WAV", subtype="PCM_16")
                began = time.monotonic()
                reply = client.post(f"{self.url}/api/v1/clips/", files={"file": ("a.wav", file.getvalue())})
                ended = time.monotonic()
                self.statuses[reply.status_code] += 1
                if reply.status_code not in (201, 202):
                    self.errors.append((began, reply.text))
                if reply.status_code == 201:
                    heard, _rate = soundfile.read(io.BytesIO(file.getvalue()), dtype="float32")
                    self.answers.append((began, ended, reply.json()["prediction"], heard))


def test_no_request_notices_a_promotion(site, checkpoint_folder):
    token = site.manage("shell", "-c", ADMINISTRATOR).split("token ")[1].strip()
    site.manage("import_model", str(checkpoint_folder))
    stop = threading.Event()
    clients = [Client(site.url, token, stop, secrets.randbits(32)) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    promoted = []
    with httpx.Client(headers={"Authorization": f"Bearer {token}"}, timeout=60) as administrator:
        for number in range(PROMOTIONS):
            version = 2 if number % 2 == 0 else 1
            asked = time.monotonic()
            reply = administrator.post(f"{site.url}/api/v1/versions/{version}/promote/")
            assert reply.status_code == 200, reply.text
            promoted.append((asked, time.monotonic(), version))
            time.sleep(BETWEEN_S)
    stop.set()
    for client in clients:
        client.join(timeout=60)
    statuses = sum((client.statuses for client in clients), Counter())
    answers = sorted((answer for client in clients for answer in client.answers), key=lambda each: each[0])
    logger.warning("%s answers, slowest hot-load %.2f s", dict(statuses), slowest_hot_load(answers, promoted))
    assert not [error for client in clients for error in client.errors]
    assert set(statuses) <= {201, 202} and statuses[201] > PROMOTIONS
    assert {answer["model_version"] for _began, _ended, answer, _sound in answers} == {1, 2}
    assert slowest_hot_load(answers, promoted) < HOT_LOAD_S
    assert_made_by_the_version_they_name(answers, site.data_dir / "models" / "emotion")


def slowest_hot_load(answers: list, promoted: list[tuple[float, float, int]]) -> float:
    """How long after a promotion a request could begin and still be answered by the version before.

    Only requests count that ended before the next promotion was asked for: what they name is certain.
    """
    late = [0.0]
    nexts = [*(asked for asked, _done, _version in promoted[1:]), np.inf]
    for (_asked, done, version), following in zip(promoted, nexts, strict=True):
        for began, ended, answer, _sound in answers:
            if done < began and ended < following and answer["model_version"] != version:
                late.append(began - done)
    return max(late)


def assert_made_by_the_version_they_name(answers: list, models: Path) -> None:
    engines = {number: Engine.load(models / str(number), threads=1) for number in (1, 2)}
    chosen = np.random.default_rng(0).choice(len(answers), min(COMPARED, len(answers)), replace=False)
    for index in chosen:
        _began, _ended, answer, sound = answers[index]
        expected = engines[answer["model_version"]].predict(sound).scores
        assert all(abs(expected[label] - score) < 1e-3 for label, score in answer["scores"].items())
