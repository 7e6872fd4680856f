"""Every page that an administrator can reach, opened under a name of its own: none asks another host."""

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from playwright.sync_api import BrowserContext, Error, Page, expect, sync_playwright

from tests.journeys.conftest import ARGUMENTS, DESKTOP, PASSWORD, make_account
from tests.requirements import chromium
from tests.served_site import ServedSite, served_site

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

# Some libraries behave on `localhost` as they would nowhere else. The browser looks nothing up.
HOST = "emotion.example"
RESOLVER = f"--host-resolver-rules=MAP {HOST} 127.0.0.1, MAP * ~NOTFOUND"
# Signing out would end the walk, and a download shows no page.
LEFT_OUT = re.compile(r"/logout/|/download/|\.csv|/export/|/audio/|/spectrogram/|/schema/|/jsi18n/")
MUST_BE_SEEN = {
    *("/", "/history/", "/clips/*/", "/review/", "/review/emotion/", "/agreement/", "/exports/", "/listens/"),
    *("/reviews/conflicts/", "/reviews/decisions/", "/models/", "/models/snapshots/", "/models/runs/"),
    *("/models/runs/*/", "/accounts/", "/accounts/about/", "/accounts/about/purpose/", "/accounts/people/"),
    *("/accounts/people/*/", "/accounts/people/invitations/", "/accounts/tokens/", "/accounts/email/"),
    *("/accounts/password/change/", "/accounts/sessions/", "/accounts/2fa/", "/api/docs/", "/admin/"),
    *("/admin/classifier/clip/", "/admin/classifier/clip/*/change/", "/accounts/login/", "/accounts/signup/"),
    "/accounts/password/reset/",
}


@pytest.fixture(scope="module")
def own_site(tmp_path_factory) -> Iterator[ServedSite]:
    chromium()
    names = {"ALLOWED_HOSTS": f"{HOST},localhost,127.0.0.1"}
    with served_site(tmp_path_factory.mktemp("no_other_host"), **names) as running:
        yield running


@pytest.fixture
def context(own_site: ServedSite) -> Iterator[BrowserContext]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=[*ARGUMENTS, RESOLVER])
        address = own_site.url.replace("localhost", HOST)
        yield browser.new_context(base_url=address, viewport=DESKTOP, locale="en-GB")
        browser.close()


def test_no_page_asks_another_host_for_anything(
    context: BrowserContext, own_site: ServedSite, speech_wav: Path
):
    asked = watched(context)
    page = context.new_page()
    seen = walk(page, ["/accounts/login/", "/accounts/signup/", "/accounts/password/reset/"], set())
    become_administrator(page, own_site)
    fill_the_site(page, own_site, speech_wav)
    walk(page, ["/", "/admin/", "/api/docs/", "/accounts/2fa/"], seen)
    assert seen >= MUST_BE_SEEN, sorted(MUST_BE_SEEN - seen)
    assert len(asked) > len(seen)
    assert {url for url in asked if not is_own(url)} == set()


def test_a_page_that_asks_another_host_would_be_noticed(context: BrowserContext):
    asked = watched(context)
    page = context.new_page()
    page.goto("/accounts/login/")
    page.evaluate("() => { new Image().src = 'https://one.example/' }")
    page.evaluate("() => fetch('https://two.example/').catch(() => null)")
    page.wait_for_load_state("networkidle")
    told = " ".join(url for url in asked if not is_own(url))
    assert "https://one.example/" in told and "https://two.example/" in told


def watched(context: BrowserContext) -> set[str]:
    """Every address that its pages ask for from now on, and the words of the policy that refused one."""
    asked: set[str] = set()
    context.on("request", lambda request: asked.add(request.url))
    context.on("console", lambda line: asked.add(line.text) if "Security Policy" in line.text else None)
    context.on("page", lambda page: page.on("websocket", lambda socket: asked.add(socket.url)))
    return asked


def is_own(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in {"data", "blob"} or parts.hostname == HOST


def become_administrator(page: Page, site: ServedSite) -> None:
    page.goto(site.first_administrator_url.replace("localhost", HOST))
    make_account(page, "admin@example.org")
    page.goto("/accounts/reauthenticate/")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    expect(page.locator(".account-menu")).to_be_visible()


def fill_the_site(page: Page, site: ServedSite, recording: Path) -> None:
    """A clip, an example that is listened to, and a training run that waits for approval."""
    page.goto("/")
    page.locator(".examples audio").first.evaluate("sound => sound.play()")
    page.locator("#file").set_input_files(recording)
    expect(page.locator(".upload-row")).to_have_attribute("data-state", "done")
    site.manage("shell", "-c", "from tests.journeys.seeding import seed; seed()")


def walk(page: Page, starts: list[str], seen: set[str]) -> set[str]:
    """Open a page of every kind that links lead to; ``seen`` keeps which, with ``*`` for numbers."""
    waiting = list(starts)
    while waiting:
        path = waiting.pop(0)
        if kind_of(path) in seen or LEFT_OUT.search(path):
            continue
        seen.add(kind_of(path))
        try:
            page.goto(path)
        except Error as error:
            assert "Download is starting" in str(error), f"{path}: {error}"
            continue
        with suppress(Error):  # a page that follows something is never quiet for long
            page.wait_for_load_state("networkidle", timeout=3_000)
        links = page.locator("a[href]").evaluate_all("links => links.map((link) => link.href)")
        waiting += [urlsplit(urljoin(page.url, link)).path for link in links if is_own(link)]
    return seen


def kind_of(path: str) -> str:
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|(?<=/)\d+(?=/)", "*", path)
