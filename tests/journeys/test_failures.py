from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.journeys.conftest import hold


@pytest.fixture
def clip(page: Page, sign_up, speech_wav: Path) -> Locator:
    """The result of an upload, on the classify page."""
    sign_up(page)
    page.set_input_files("#file", speech_wav)
    row = page.locator(".upload-row")
    expect(row.locator(".bars")).to_be_visible()
    return row


def problem(page: Page) -> Locator:
    return page.get_by_text("nothing was changed")


def test_sharing_that_was_not_saved_does_not_look_saved(page: Page, clip: Locator):
    clip.get_by_role("link", name="Everything about this clip").click()
    switch = page.get_by_role("switch", name="Share for review")
    hold(page, "**/share/", lambda route: route.abort())
    # Clicked, because `check` would insist on what must not be.
    switch.click()
    expect(problem(page)).to_be_visible()
    expect(switch).not_to_be_checked()

    page.unroute("**/share/")
    switch.click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    expect(problem(page)).to_be_hidden()
    expect(switch).to_be_checked()


def test_a_switch_turned_before_the_page_is_ready_is_saved(page: Page, clip: Locator):
    held: list[Route] = []
    page.route("**/htmx*.js", lambda route: held.append(route))
    address = clip.get_by_role("link", name="Everything about this clip").get_attribute("href")
    page.goto(address, wait_until="commit")
    switch = page.get_by_role("switch", name="Share for review")
    switch.check()
    for route in held:
        route.continue_()
    expect(page.get_by_text("Saved.")).to_be_visible()
    expect(switch).to_be_checked()


def test_who_was_signed_out_meanwhile_is_asked_to_sign_in(page: Page, clip: Locator):
    clip.get_by_role("link", name="Everything about this clip").click()
    page.context.clear_cookies(name="sessionid")
    page.get_by_role("switch", name="Share for review").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(page.locator("#sharing")).to_have_count(0)


def test_a_waiting_clip_asks_again_after_an_outage(page: Page, clip: Locator):
    address = clip.locator(".result").get_attribute("data-clip")
    waiting = f'<div class="result" hx-get="/clips/{address}/result/" hx-trigger="load delay:100ms" '
    waiting += 'hx-swap="outerHTML"><p class="headline">Waiting</p></div>'
    answers = [
        lambda route: route.fulfill(body=waiting, content_type="text/html"),
        lambda route: route.abort(),
    ]

    def answer(route: Route) -> None:
        if answers:
            answers.pop(0)(route)
        else:
            route.continue_()

    hold(page, "**/result/", answer)
    page.evaluate("address => htmx.ajax('GET', address, '.result')", f"/clips/{address}/result/")
    expect(page.locator(".headline", has_text="Waiting")).to_be_visible()
    expect(page.locator(".result .bars")).to_be_visible()
    assert answers == []
    expect(problem(page)).to_be_hidden()
