"""The served site, and Chromium whose microphone hears a recording of real speech."""

import re
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import count
from pathlib import Path

import av
import numpy as np
import pytest
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from tests.requirements import SPEECH_DIR, chromium
from tests.served_site import ServedSite, served_site
from tests.waiting import wait_until

DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
PASSWORD = "four quiet green rivers"
# Nothing that Chromium would fetch or report by itself.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
]
MICROPHONE_RATE = 48_000
# A busy machine may take long; what never happens is found out all the same.
expect.set_options(timeout=30_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def site(tmp_path_factory) -> Iterator[ServedSite]:
    chromium()  # without it no journey runs, so nothing needs to be served
    limits = {"THROTTLE_USER": "10000/min", "THROTTLE_ADDRESS": "10000/min"}
    with served_site(tmp_path_factory.mktemp("journeys"), **limits) as running:
        yield running


@pytest.fixture(scope="session")
def speech_wav(tmp_path_factory) -> Path:
    """A few seconds of a person speaking, or of a voice-like hum where there is no speech."""
    path = tmp_path_factory.mktemp("speech") / "speech.wav"
    write_wav(path, real_speech(SPEECH_DIR / "crema-d" / "audio" / "1001_IEO_ANG_HI.ogg"))
    return path


def real_speech(source: Path) -> np.ndarray:
    """int16[samples], mono, 48 kHz."""
    if not source.exists():
        time = np.arange(3 * MICROPHONE_RATE) / MICROPHONE_RATE
        hum = sum(np.sin(2 * np.pi * 140 * harmonic * time) / harmonic for harmonic in range(1, 9))
        return (hum * (1 - np.cos(4 * np.pi * time)) * 3000).astype(np.int16)
    resampler = av.AudioResampler("s16", "mono", MICROPHONE_RATE)
    with av.open(str(source)) as container:
        frames = [out for frame in container.decode(audio=0) for out in resampler.resample(frame)]
    return np.concatenate([frame.to_ndarray()[0] for frame in frames])


def write_wav(path: Path, samples: np.ndarray) -> None:
    with av.open(str(path), "w", format="wav") as container:
        stream = container.add_stream("pcm_s16le", rate=MICROPHONE_RATE, layout="mono")
        frame = av.AudioFrame.from_ndarray(samples[None], format="s16", layout="mono")
        frame.rate, frame.time_base = MICROPHONE_RATE, Fraction(1, MICROPHONE_RATE)
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)


@pytest.fixture(scope="module")
def browser(speech_wav: Path) -> Iterator[Browser]:
    """Ends with its module: while Playwright's loop runs, Django refuses other tests the database."""
    arguments = [*ARGUMENTS, f"--use-file-for-fake-audio-capture={speech_wav}"]
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium(), args=arguments)
        yield running
        running.close()


@pytest.fixture(params=[DESKTOP, PHONE], ids=["desktop", "phone"])
def page(browser: Browser, site: ServedSite, request) -> Iterator[Page]:
    """A fresh browser window; the test fails when a script did, or when a page broke its own policy."""
    context = browser.new_context(base_url=site.url, viewport=request.param, locale="en-GB")
    window = context.new_page()
    wrong: list[str] = []
    window.on("pageerror", lambda error: wrong.append(str(error)))
    window.on("console", lambda line: wrong.append(line.text) if "Security Policy" in line.text else None)
    yield window
    context.close()
    assert wrong == []


numbers = count(1)


@pytest.fixture
def sign_up(site: ServedSite) -> Callable[[Page], str]:
    """``sign_up(page)`` makes an account and confirms its address; gives the address."""

    def make(page: Page) -> str:
        email = f"person{next(numbers)}@example.org"
        page.goto("/accounts/signup/")
        fill_in(page, email)
        page.get_by_role("main").get_by_role("button", name="Sign up").click()
        expect(page.get_by_role("heading", name="Look in your mailbox")).to_be_visible()
        page.goto(confirmation_link(site, email))
        page.get_by_role("button", name="Yes, confirm").click()
        # The button appears once the page's script listens.
        expect(page.get_by_role("button", name="Record", exact=True)).to_be_visible()
        return email

    return make


def make_account(page: Page, email: str) -> None:
    """Fill in the form behind a one-time link, and arrive signed in."""
    fill_in(page, email)
    page.get_by_role("button", name="Make my account").click()
    expect(page.locator(".account-menu")).to_be_visible()


def fill_in(page: Page, email: str) -> None:
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("The same password again").fill(PASSWORD)


def hold(page: Page, address: str, handler: Callable[[Route], object]) -> None:
    """``page.route`` that is in force when it returns.

    A busy page learns late that its requests are to be passed on: a key pressed meanwhile comes first.
    """
    caught: list[Route] = []
    page.route(address, handler)
    page.route("**/is-it-held/", lambda route: (caught.append(route), route.abort()))
    while not caught:
        page.evaluate("fetch('/is-it-held/').catch(() => null)")
    page.unroute("**/is-it-held/")


def confirmation_link(site: ServedSite, email: str) -> str:
    """The link in the message that the site sent to this address."""

    def messages() -> list[str]:
        texts = [path.read_text() for path in site.mail_dir.glob("*")]
        return [text for text in texts if f"To: {email}" in text]

    wait_until(messages)
    link = re.search(r"http://\S+/accounts/confirm-email/\S+", messages()[-1])
    assert link, messages()[-1]
    return link[0]
