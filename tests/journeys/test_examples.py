"""Who has no recording at hand tries one that ships: with the keyboard, on a phone, without scripts."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import PASSWORD
from tests.served_site import ServedSite


def test_an_example_is_heard_and_tried_with_the_keyboard(page: Page, sign_up):
    sign_up(page)
    button = page.get_by_role("button", name="A happy voice")
    sound = page.get_by_label("Listen: A happy voice")
    assert sound.evaluate("sound => sound.play().then(() => sound.duration > 1)")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Example: a happy voice")).to_be_visible()
    expect(page.locator(".headline")).to_contain_text("Happy")


def test_the_empty_history_offers_them_too_and_nothing_sticks_out(page: Page, sign_up):
    sign_up(page)
    page.goto("/history/")
    box = page.locator(".examples").bounding_box()
    assert box and box["x"] >= 0 and box["x"] + box["width"] <= page.viewport_size["width"]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="An angry voice").click()
    expect(page.locator(".headline")).to_contain_text("Angry")
    page.goto("/history/")
    expect(page.locator(".clip-row")).to_have_count(1)
    expect(page.locator(".examples")).to_have_count(0)


@pytest.fixture
def plain(browser: Browser, site: ServedSite, page: Page) -> Iterator[Page]:
    """A window as large as the other, without scripts, of somebody who reads Spanish."""
    context = browser.new_context(
        base_url=site.url, viewport=page.viewport_size, locale="es-ES", java_script_enabled=False
    )
    yield context.new_page()
    context.close()


def test_an_example_needs_no_script_and_speaks_spanish(plain: Page, page: Page, sign_up):
    email, window = sign_up(page), plain
    window.goto("/accounts/login/")
    window.locator("input[name=login]").fill(email)
    window.locator("input[name=password]").fill(PASSWORD)
    window.locator("main button[type=submit]").first.click()
    expect(window.get_by_role("heading", name="Prueba un ejemplo")).to_be_visible()
    window.get_by_role("button", name="Una voz tranquila").click()
    expect(window).to_have_url(re.compile(r"/clips/"))
    expect(window.get_by_role("heading", name="Ejemplo: una voz tranquila")).to_be_visible()
