"""Nothing is cut off, collides or jumps, whatever people are called and however wide their screen is."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import make_account
from tests.journeys.waiting import wait_on_page
from tests.served_site import ServedSite, served_site

LONG_NAME = "Anna María Fernández de la Torre y Martínez"
# Everything in the bar: is it within its parent and the window, and on one line?
MISPLACED = """() => {
  const bar = document.querySelector(".site-header nav").getBoundingClientRect();
  const isOut = ({ top, bottom, right, height }) =>
    top < bar.top || bottom > bar.bottom + 1 || right > bar.right || height > 60;
  return [...document.querySelectorAll(".site-header :is(.brand, .main-links a, summary, .account-name)")]
    .filter((part) => part.checkVisibility() && isOut(part.getBoundingClientRect()))
    .map((part) => part.textContent.trim());
}"""
IS_WIDER = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
TOP = "(part) => part.getBoundingClientRect().top + scrollY"


@pytest.fixture(scope="module")
def own_site(tmp_path_factory) -> Iterator[ServedSite]:
    """A site of which we are the administrator."""
    with served_site(tmp_path_factory.mktemp("layout")) as running:
        yield running


@pytest.fixture(scope="module")
def signed_in(browser: Browser, own_site: ServedSite, speech_wav: Path) -> dict:
    """The cookies of an administrator with a long name, who has one clip."""
    context = browser.new_context(base_url=own_site.url, locale="en-GB")
    page = context.new_page()
    page.goto(own_site.first_administrator_url)
    make_account(page, "admin@example.org")
    page.goto("/accounts/")
    page.get_by_label("Name").fill(LONG_NAME)
    page.get_by_role("button", name="Save profile").click()
    page.goto("/")
    expect(page.locator("#record-button")).to_be_visible()
    page.locator("#file").set_input_files(speech_wav)
    expect(page.locator(".upload-row")).to_have_attribute("data-state", "done")
    state = context.storage_state()
    context.close()
    return dict(state)


@pytest.fixture
def open_page(browser: Browser, own_site: ServedSite, signed_in: dict) -> Iterator:
    """``open_page(address, width, language)`` is a page as this person sees it."""
    contexts = []

    def make(address: str, width: int, language: str = "en-GB") -> Page:
        view = {"width": width, "height": 900}
        context = browser.new_context(
            base_url=own_site.url, storage_state=signed_in, viewport=view, locale=language
        )
        contexts.append(context)
        page = context.new_page()
        page.goto(address)
        page.wait_for_load_state("networkidle")
        return page

    yield make
    for context in contexts:
        context.close()


@pytest.mark.parametrize("width", [1280, 1024, 910, 901, 900, 390, 320])
@pytest.mark.parametrize("language", ["en-GB", "es-ES"])
def test_the_bar_stays_on_one_line(open_page, width, language):
    page = open_page("/models/", width, language)
    assert page.evaluate(MISPLACED) == []
    assert not page.evaluate(IS_WIDER)


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("language", ["en-GB", "es-ES"])
def test_choosing_clips_moves_none(open_page, width, language):
    page = open_page("/history/", width, language)
    box = page.locator(".clip-row input[name=ids]").first
    before = box.evaluate(TOP)
    box.check()
    expect(page.locator("#chosen-count")).to_have_text(re.compile("1"))
    assert box.evaluate(TOP) == before
    assert not page.evaluate(IS_WIDER)


@pytest.mark.parametrize("language", ["en-GB", "es-ES"])
def test_a_phone_shows_clips_before_tools(open_page, language):
    page = open_page("/history/", 390, language)
    assert (
        page.locator(".clip-row").first.evaluate(TOP) < 620
    )  # of an administrator who is reminded of something
    expect(page.get_by_role("combobox")).to_have_count(2)  # language and appearance, at the foot of the page
    fold = page.locator(".filter-fold > summary")
    fold.focus()
    page.keyboard.press("Enter")
    page.locator("[name=label]").select_option("happy")
    expect(page.locator("#filter-count")).to_have_text(re.compile("1"))
    page.reload()
    expect(page.locator("#filter-count")).to_have_text(re.compile("1"))
    expect(page.locator("[name=label]")).to_be_hidden()


def test_a_desktop_shows_the_filters_at_once(open_page):
    page = open_page("/history/", 1280)
    expect(page.locator("[name=label]")).to_be_visible()
    expect(page.locator(".filter-fold > summary")).to_be_hidden()


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_what_is_done_with_chosen_clips_appears_when_some_are(browser, own_site, signed_in, width, scripts):
    view = {"width": width, "height": 844}
    context = browser.new_context(
        base_url=own_site.url,
        storage_state=signed_in,
        viewport=view,
        java_script_enabled=scripts,
        locale="en-GB",
    )
    page = context.new_page()
    page.goto("/history/")
    actions = page.get_by_role("group", name="What to do with the chosen recordings")
    box = page.locator(".clip-row input[name=ids]").first
    delete = page.get_by_role("button", name="Delete chosen")
    expect(box).to_be_visible()
    expect(actions).to_be_hidden()
    expect(delete).to_be_hidden()
    box.check()
    expect(delete).to_be_in_viewport(ratio=1)
    actions.get_by_text("Share chosen").click()
    expect(actions.get_by_role("button", name="Take them back")).to_be_in_viewport(ratio=1)
    actions.get_by_text("Share chosen").click()
    box.uncheck()
    expect(actions).to_be_hidden()
    context.close()


def test_recordings_stay_where_they_are_when_the_chart_arrives(open_page):
    page = open_page("/", 1280)
    held = []
    page.route("**/history/chart/**", lambda route: held.append(route))
    page.goto("/history/")
    expect(page.get_by_text("Counting …")).to_be_visible()
    row = page.locator(".clip-row").first
    before = row.evaluate(TOP)
    wait_on_page(page, lambda: held)
    held[0].continue_()
    expect(page.locator(".timeline canvas")).to_be_visible()
    assert row.evaluate(TOP) == pytest.approx(before, abs=1)


def test_days_the_wrong_way_round_are_told_as_soon_as_they_are_chosen(open_page):
    page = open_page("/history/", 1280)
    page.get_by_text("More filters").click()
    page.get_by_label("From").fill("2026-11-30")
    until = page.get_by_label("To", exact=True)
    until.fill("2026-11-20")
    until.blur()
    problem = page.locator("#until-problem")
    expect(problem).to_have_text("This day is before “From”.")
    expect(until).to_have_attribute("aria-invalid", "true")
    until.fill("2026-12-01")
    until.blur()
    expect(problem).to_be_empty()
    expect(until).not_to_have_attribute("aria-invalid", "true")


@pytest.mark.parametrize("language", ["en-GB", "es-ES"])
def test_the_versions_of_an_unsure_answer_fit_on_a_desktop(open_page, language):
    page = open_page("/history/", 1280, language)
    page.goto(page.locator(".row-what a").first.get_attribute("href"))
    # What the model is sure of depends on the recording; the longest answer does not.
    page.locator("td.wraps").evaluate(
        "(cell) => { cell.textContent = 'No está claro: entre tristeza y alegría'; }"
    )
    table = page.locator(".table-scroll:has(td.wraps)")
    assert table.evaluate("(box) => box.scrollWidth <= box.clientWidth")
