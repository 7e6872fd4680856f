"""A day on a site without a network: ``python -m tests.egress.walk FOLDER`` in a namespace of its own.

Only loopback is there. Whatever tries to leave fails quickly; strace, outside, writes it down.
"""

import fcntl
import re
import socket
import struct
import sys
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx

from tests.egress.hub import served_hub
from tests.served_site import ServedSite, served_site
from tests.waiting import wait_until

PASSWORD = "four quiet green rivers"
SIOCSIFFLAGS, IFF_UP_RUNNING = 0x8914, 0x41
TOKEN = """
from emotion_site.models import User
from emotion_site.sign_in.tokens import create_token
print("token", create_token(user=User.objects.get(email="{email}"), name="walk", days=1)[1])
"""
# A library that calls home may think about it first.
LINGER_S = 5.0
NO_LIMITS = {"THROTTLE_USER": "10000/min", "THROTTLE_ADDRESS": "10000/min"}
UNFINISHED = {"queued", "preparing", "training", "evaluating"}


def main(folder: Path) -> None:
    switch_loopback_on()
    with (
        served_hub(folder / "checkpoint") as (hub, asked),
        served_site(folder / "data", EMAIL_URL="", HF_ENDPOINT=hub, **NO_LIMITS) as site,
    ):
        admin = sign_up(site, site.first_administrator_url, "admin@example.org")
        speaker = sign_up(site, f"{site.url}/accounts/signup/", "speaker@example.org")
        look_around(admin)
        clip = upload(speaker, next((folder / "corpus" / "audio").glob("*.flac")))
        api = client(site, "admin@example.org")
        review(api)
        export(admin)
        commands(site, folder)
        retrain(api)
        commands_after_training(site)
        speaker.get(f"/clips/{clip}/").raise_for_status()
        time.sleep(LINGER_S)
        assert asked == [], "somebody asked the hub"
        site.manage("import_model", "--download", "someone/something")
        assert asked and all("someone/something" in line for line in asked), asked
        assert not any("torch" in line for line in asked), "the hub was told more than it needs"


def switch_loopback_on() -> None:
    """What `ip link set lo up` does, on machines that have no `ip`."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP_RUNNING))


def sign_up(site: ServedSite, address: str, email: str) -> httpx.Client:
    browser = httpx.Client(base_url=site.url, timeout=60, follow_redirects=True)
    page = send(browser, address, email=email, password1=PASSWORD, password2=PASSWORD)
    if page.url.path == "/accounts/login/":  # open sign-up does not say whether there was an account before
        page = send(browser, "/accounts/login/", login=email, password=PASSWORD)
    assert page.url.path == "/", page.url
    return browser


def send(
    browser: httpx.Client, address: str, files: dict[str, Any] | None = None, **fields: str
) -> httpx.Response:
    """Open the page and send its form."""
    browser.get(address).raise_for_status()
    headers = {"X-CSRFToken": browser.cookies["csrftoken"], "Referer": str(browser.base_url)}
    return browser.post(address, data=fields, files=files, headers=headers).raise_for_status()


def look_around(browser: httpx.Client) -> None:
    pages = ("/", "/history/", "/review/", "/agreement/", "/models/", "/accounts/", "/accounts/about/")
    for path in (*pages, "/api/docs/", "/api/schema/", "/admin/", "/health/"):
        browser.get(path).raise_for_status()


def upload(browser: httpx.Client, recording: Path) -> str:
    """Share a recording for review and training; the clip's id."""
    sharing = {"shared_for_review": "on", "shared_for_training": "on"}
    shown = send(browser, "/", files={"file": ("voice.flac", recording.read_bytes())}, **sharing)
    assert "/clips/" in str(shown.url), shown.text
    for part in ("audio", "spectrogram"):
        browser.get(f"{shown.url}{part}/").raise_for_status()
    return shown.url.path.split("/")[2]


def client(site: ServedSite, email: str) -> httpx.Client:
    found = re.search(r"token (\S+)", site.manage("shell", "-c", TOKEN.format(email=email)))
    assert found
    headers = {"Authorization": f"Bearer {found[1]}"}
    return httpx.Client(base_url=f"{site.url}/api/v1/", headers=headers, timeout=60)


def review(api: httpx.Client) -> None:
    clip = api.post("reviews/next/", json={}).raise_for_status().json()["clip"]
    answer = {"clip": clip, "label": "sad", "client_id": uuid.uuid4().hex}
    api.post("reviews/", json=answer).raise_for_status()


def export(admin: httpx.Client) -> None:
    send(admin, "/accounts/reauthenticate/", password=PASSWORD)
    send(admin, "/exports/", task="emotion", format="csv")
    links = re.compile(r"/exports/[0-9a-f-]{36}/download/")
    eventually(lambda: links.search(admin.get("/exports/list/").text))
    link = links.search(admin.get("/exports/list/").text)
    assert link and admin.get(link[0]).raise_for_status().content


def commands(site: ServedSite, folder: Path) -> None:
    """Every command of the site that an administrator may need before a training run."""
    corpus, checkpoint, out = (str(folder / name) for name in ("corpus", "checkpoint", "tmp"))
    recording = str(next((folder / "corpus" / "audio").glob("*.flac")))
    site.manage("register_shipped_model")
    with suppress(AssertionError):  # it may find fault with the machine
        site.manage("doctor")
    site.manage("classify", recording, "--json")
    site.manage("create_task", "noise", "--labels", "loud,low")
    site.manage("import_corpus", corpus)
    site.manage("import_reviews", f"{folder}/reviews.csv")
    site.manage("agreement", "--json")
    site.manage("describe_corpus", corpus, "--picture", f"{out}/corpus.svg")
    site.manage("export_labels", f"{out}/labels.csv")
    site.manage("export_dataset", f"{out}/dataset", "--json")
    config = f"{folder}/config.json"
    site.manage(
        *("train_model", "--checkpoint", checkpoint, "--corpus", corpus),
        *("--config", config, "--output", f"{out}/run"),
    )
    site.manage("import_model", checkpoint, "--corpus", corpus, "--activate")
    site.manage("evaluate_model", "--version", "2", "--corpus", corpus, "--pictures", f"{out}/pictures")


def retrain(api: httpx.Client) -> None:
    """From a frozen snapshot to a verdict."""
    snapshot = api.post("snapshots/").raise_for_status().json()["id"]
    eventually(lambda: api.get(f"snapshots/{snapshot}/").json()["state"] == "ready")
    run = api.post("runs/", json={"mode": "head"}).raise_for_status().json()["id"]
    eventually(lambda: api.get(f"runs/{run}/").json()["state"] not in UNFINISHED)
    ended = api.get(f"runs/{run}/").json()
    assert ended["state"] in {"waiting_for_approval", "promoted", "rejected"}, ended


def commands_after_training(site: ServedSite) -> None:
    site.manage("activate_model", "1")
    site.manage("rollback_model")
    site.manage("list_models")


def eventually(happened: Callable[[], object]) -> None:
    wait_until(happened, within_s=300)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
