import re

from playwright.sync_api import Locator, Page, expect

EMOTIONS = re.compile("Neutral|Happy|Sad|Angry|Fearful|Disgust|Not sure")


def record(page: Page, seconds: int) -> Locator:
    """Speak for some seconds; gives the row in which the result appears."""
    button = page.locator("#record-button")
    button.press("Enter")
    expect(page.locator("#recorder")).to_have_attribute("data-state", "recording")
    expect(page.locator("#record-time")).to_have_text(f"0:{seconds:02}", timeout=30_000)
    button.press("Enter")
    row = page.locator(".upload-row").first
    expect(row).to_have_attribute("data-state", "done")
    return row


def test_from_signing_up_to_bringing_a_deleted_recording_back(page: Page, sign_up):
    sign_up(page)

    row = record(page, seconds=2)
    expect(row.locator(".headline")).to_have_text(EMOTIONS)
    expect(row.locator(".bars > *")).to_have_count(6)
    expect(row.locator(".waveform")).to_be_visible()
    expect(row.locator(".bars")).to_be_in_viewport()

    page.get_by_role("navigation", name="Main").get_by_role("link", name="History").click()
    clip = page.locator(".clip-row")
    expect(clip).to_have_count(1)
    expect(clip).to_contain_text(EMOTIONS)
    expect(clip).to_contain_text("Recorded")

    clip.locator(".row-what a").click()
    page.locator(".player-toggle").click()
    expect(page.locator(".player")).to_have_class(re.compile("is-playing"))
    expect(page.locator(".player-time")).not_to_have_text(re.compile(r"^0:00"))

    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("1 clip deleted.")).to_be_visible()
    expect(clip).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(clip).to_have_count(1)


def test_a_recording_can_be_cancelled(page: Page, sign_up):
    sign_up(page)
    page.locator("#record-button").click()
    expect(page.locator("#recorder")).to_have_attribute("data-state", "recording")
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator("#recorder")).to_have_attribute("data-state", "ready")
    expect(page.locator(".upload-row")).to_have_count(0)


HIDDEN_TAB_WITH_SHORT_LIMIT = """
window.requestAnimationFrame = () => 0;
document.addEventListener("readystatechange", () => {
  const settings = document.getElementById("classify-settings");
  if (settings) settings.textContent = JSON.stringify({ ...JSON.parse(settings.textContent), maxSeconds: 2 });
});
"""


def test_a_recording_in_a_tab_that_nobody_looks_at_stops_at_the_limit(page: Page, sign_up):
    sign_up(page)
    page.add_init_script(HIDDEN_TAB_WITH_SHORT_LIMIT)
    page.reload()
    page.locator("#record-button").click()
    expect(page.locator("#recorder-status")).to_contain_text("The time limit was reached")
    expect(page.locator(".upload-row")).to_have_attribute("data-state", "done")


def test_the_page_never_scrolls_sideways(page: Page, sign_up):
    sign_up(page)
    record(page, seconds=1)
    for address in ["/", "/history/", "/accounts/"]:
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), address
