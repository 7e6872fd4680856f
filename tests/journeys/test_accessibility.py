"""Every page, looked at by axe-core, light and dark, with nothing serious to find."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.journeys.conftest import DESKTOP, PASSWORD, make_account
from tests.requirements import ROOT
from tests.served_site import ServedSite, served_site

pytestmark = pytest.mark.slow

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
RUN_AXE = """async ([disabled, only]) => {
  const rules = Object.fromEntries(disabled.map((id) => [id, { enabled: false }]));
  const asked = only.length ? { runOnly: only } : { rules };
  const { violations } = await axe.run(document, { resultTypes: ["violations"], ...asked });
  return violations
    .filter(({ impact }) => ["serious", "critical"].includes(impact))
    .map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target).join(" | ")}`);
}"""
# A script may follow the change of the system, so colours begin to change a moment after it.
WAIT_FOR_COLOURS = """async () => {
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  await Promise.all(document.getAnimations().map((change) => change.finished.catch(() => null)));
}"""
# Swagger UI puts a button into the heading of each operation that is a button itself.
NOT_OURS = {"/api/docs/": ["nested-interactive"]}
LOOK = {"viewport": DESKTOP, "locale": "en-GB", "color_scheme": "light"}
STRANGERS_PAGES = [
    "/accounts/login/",
    "/accounts/signup/",
    "/accounts/password/reset/",
    "/accounts/confirm-email/unknown/",
    "/accounts/invitation/unknown/",
    "/no-such-page/",
]
OWN_PAGES = [
    "/",
    "/history/",
    "/history/?label=happy&text=nothing-is-called-this",
    "/review/",
    "/review/emotion/",
    "/agreement/",
    "/reviews/conflicts/",
    "/reviews/decisions/",
    "/exports/",
    "/listens/",
    "/models/",
    "/models/snapshots/",
    "/models/runs/",
    "/accounts/",
    "/accounts/about/",
    "/accounts/about/purpose/",
    "/accounts/tokens/",
    "/accounts/delete/",
    "/accounts/people/",
    "/accounts/people/invitations/",
    "/accounts/password/change/",
    "/accounts/email/",
    "/accounts/sessions/",
    "/accounts/2fa/",
    "/accounts/2fa/totp/activate/",
    "/accounts/2fa/webauthn/",
    "/accounts/2fa/webauthn/add/",
    "/accounts/logout/",
    "/api/docs/",
    "/admin/",
    "/admin/classifier/clip/",
]


@pytest.fixture(scope="module")
def own_site(tmp_path_factory) -> Iterator[ServedSite]:
    """A site of which we are the administrator."""
    with served_site(tmp_path_factory.mktemp("accessible")) as running:
        yield running


@pytest.fixture(scope="module")
def signed_in(browser: Browser, own_site: ServedSite, speech_wav: Path) -> dict:
    """The cookies of an administrator who has one clip."""
    context = browser.new_context(base_url=own_site.url, viewport=DESKTOP, locale="en-GB")
    page = context.new_page()
    page.goto(own_site.first_administrator_url)
    make_account(page, "admin@example.org")
    page.goto("/accounts/reauthenticate/")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    page.goto("/")
    expect(page.get_by_role("button", name="Record", exact=True)).to_be_visible()
    page.locator("#file").set_input_files(speech_wav)
    expect(page.locator(".upload-row")).to_have_attribute("data-state", "done")
    state = context.storage_state()
    context.close()
    return dict(state)


@pytest.fixture(scope="module")
def run_page(own_site: ServedSite, signed_in: dict) -> str:
    """The address of a training run that waits for approval."""
    return own_site.manage("shell", "-c", "from tests.journeys.seeding import seed; seed()").split()[-1]


def findings(page: Page, address: str) -> list[str]:
    response = page.goto(address)
    assert response and response.status in {200, 404, 410}, address
    page.wait_for_load_state("networkidle")
    return [f"{address} {finding}" for finding in looked_at(page, NOT_OURS.get(address, []))]


def looked_at(page: Page, disabled: list[str]) -> list[str]:
    """What is wrong with the page as it is now, and with its colours when it is dark."""
    page.evaluate(AXE.read_text())  # the page's own policy would refuse a script element
    found = page.evaluate(RUN_AXE, [disabled, []])
    page.emulate_media(color_scheme="dark")
    page.evaluate(WAIT_FOR_COLOURS)
    found += [f"dark: {finding}" for finding in page.evaluate(RUN_AXE, [[], ["color-contrast"]])]
    page.emulate_media(color_scheme="light")
    return found


def check(context: BrowserContext, addresses: list[str]) -> None:
    page = context.new_page()
    found = [finding for address in addresses for finding in findings(page, address)]
    context.close()
    assert found == []


def test_a_strangers_pages(browser: Browser, own_site, signed_in):
    check(browser.new_context(base_url=own_site.url, **LOOK), STRANGERS_PAGES)


def test_the_pages_of_somebody_signed_in(browser: Browser, own_site, signed_in, run_page):
    context = browser.new_context(base_url=own_site.url, storage_state=signed_in, **LOOK)
    page = context.new_page()
    page.goto("/history/")
    clip = page.locator(".clip-row .row-what a").first.get_attribute("href")
    assert clip and re.match(r"/clips/", clip)
    check(context, [*OWN_PAGES, clip, run_page])


def test_a_fresh_result(browser: Browser, own_site, signed_in, speech_wav):
    context = browser.new_context(base_url=own_site.url, storage_state=signed_in, **LOOK)
    page = context.new_page()
    page.goto("/")
    expect(page.locator("#record-button")).to_be_visible()
    page.locator("#file").set_input_files(speech_wav)
    expect(page.locator(".upload-row .headline")).to_be_visible()
    found = looked_at(page, [])
    context.close()
    assert found == []


def test_the_page_of_the_api_is_dark_where_the_system_is(browser: Browser, own_site):
    context = browser.new_context(base_url=own_site.url, **{**LOOK, "color_scheme": "dark"})
    page = context.new_page()
    page.goto("/api/docs/")
    expect(page.locator("html")).to_have_css("color-scheme", "dark")
    page.emulate_media(color_scheme="light")
    expect(page.locator("html")).to_have_css("color-scheme", "light")
    context.close()
