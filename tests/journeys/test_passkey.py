"""A passkey, from making it to signing in with nothing else, in a real browser with a virtual key."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.journeys.conftest import PASSWORD, make_account
from tests.requirements import chromium
from tests.served_site import ServedSite, served_site

pytestmark = pytest.mark.browser

KEY = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Iterator[ServedSite]:
    with served_site(tmp_path_factory.mktemp("site")) as running:
        yield running


@pytest.fixture
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser.new_page()
        browser.close()


def by_name(url: str) -> str:
    """Browsers allow passkeys for names only, never for numbers."""
    return url.replace("127.0.0.1", "localhost")


def become_administrator(page: Page, site: ServedSite) -> None:
    page.goto(by_name(site.first_administrator_url))
    make_account(page, "boss@example.org")


def plug_in_key(page: Page) -> None:
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})


def add_passkey(page: Page, address: str) -> None:
    page.goto(f"{address}/accounts/2fa/webauthn/add/")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    page.get_by_label("Name").fill("My phone")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    page.goto(f"{address}/accounts/2fa/webauthn/")
    expect(page.get_by_role("heading", name="My phone")).to_be_visible()
    expect(page.get_by_text("Signs you in alone")).to_be_visible()


def test_a_passkey_alone_signs_in(site: ServedSite, page: Page):
    address = by_name(site.url)
    become_administrator(page, site)
    plug_in_key(page)
    add_passkey(page, address)

    page.context.clear_cookies()
    page.goto(f"{address}/accounts/login/?next=/accounts/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_text("boss@example.org")).to_be_visible()


def test_somebody_at_a_numeric_address_is_told_why_there_is_no_passkey(site: ServedSite, page: Page):
    page.goto(f"{site.url.replace('localhost', '127.0.0.1')}/accounts/login/")
    plug_in_key(page)
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("need the name of the site")
