"""Reviewers at work: hands on the keyboard, a line that breaks, a slip of the finger."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect

from tests.journeys.conftest import PHONE, hold
from tests.journeys.reviewing import BEGINS_ANEW, NOTE_SOUND, SEEK_EVERYWHERE, TYPE_ON, people_of, until
from tests.journeys.waiting import appears, wait_on_page
from tests.served_site import ServedSite, served_site

SUBMIT = "**/api/v1/reviews/"
NEXT = "**/api/v1/reviews/next/"
PROGRESS = "**/api/v1/reviews/progress/*"


@pytest.fixture(scope="module")
def own_site(tmp_path_factory) -> Iterator[ServedSite]:
    # Without mail an invitation alone makes an account.
    with served_site(tmp_path_factory.mktemp("review"), EMAIL_URL="") as running:
        yield running


@pytest.fixture(scope="module")
def people(browser: Browser, own_site: ServedSite, tmp_path_factory) -> Callable[..., BrowserContext]:
    return people_of(own_site, browser, tmp_path_factory.mktemp("clips"))


@pytest.fixture
def at_work(people) -> Iterator[Callable[..., Page]]:
    """``at_work("reviewer")`` is a page with the first clip on it."""
    opened: list[BrowserContext] = []
    wrong: list[str] = []

    def start(who: str, **options) -> Page:
        context = people(who, **options)
        opened.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda line: wrong.append(line.text) if "Security Policy" in line.text else None)
        page.on("request", note_what_is_heard)
        page.goto("/review/")
        page.keyboard.press("Enter")
        expect(page.locator("#desk")).to_be_visible()
        return page

    yield start
    for context in opened:
        context.close()
    assert wrong == []


requested: dict[Page, set[str]] = defaultdict(set)


def note_what_is_heard(request: Request) -> None:
    if request.url.endswith("/wav/"):
        requested[request.frame.page].add(request.url)


def heard(page: Page) -> set[str]:
    return requested[page]


def left(page: Page) -> int:
    return int(page.locator("#left").inner_text())


def saved(page: Page):
    return expect(page.locator("#save-words"))


def say(page: Page, key: str) -> None:
    page.keyboard.press(key)
    page.keyboard.press("Enter")


def reviews(page: Page) -> int:
    """How many answers the site has of this person today."""
    page.goto("/review/")
    return int(page.locator(".figures dd").first.inner_text())


def test_two_reviewers_at_once_with_the_keyboard_alone(at_work):
    one, other = at_work("reviewer"), at_work("admin")
    before = left(one)
    assert heard(one) and heard(other)
    assert heard(one).isdisjoint(heard(other))
    for page in (one, other):
        # It played by itself.
        expect(page.locator(".player-time")).not_to_have_text(re.compile(r"^0:00"))
        say(page, "3")
        expect(page.locator("#last-words")).to_contain_text("You said Sad.")
        saved(page).to_have_text("Saved")
    assert left(one) == before - 1
    # Nothing is submitted unless something is chosen.
    one.keyboard.press("Enter")
    expect(one.locator("#answer-hint")).to_have_text("Choose a label first, or say why there is none.")
    # A flag that wants a word on it: the keyboard goes there, and Enter sends it.
    one.keyboard.press("o")
    one.keyboard.press("Enter")
    expect(one.locator("#answer-hint")).to_contain_text("in a few words")
    one.keyboard.type("1 dog barks")
    one.keyboard.press("Enter")
    expect(one.locator("#last-words")).to_contain_text("You said Other.")
    saved(one).to_have_text("Saved")
    assert reviews(one) == 2


def test_what_was_taken_back_is_answered_anew(at_work):
    page = at_work("reviewer")
    before = left(page)
    say(page, "4")
    saved(page).to_have_text("Saved")
    assert left(page) == before - 1
    page.keyboard.press("u")
    expect(page.locator("#clip-note")).to_contain_text("taken back")
    assert left(page) == before
    say(page, "5")
    expect(page.locator("#last-words")).to_contain_text("You said Fearful.")
    # Thinking again: both answers are kept, the count stays.
    page.keyboard.press("c")
    expect(page.locator("#revising")).to_be_visible()
    expect(page.locator("[data-label=fearful]")).to_have_attribute("aria-pressed", "true")
    say(page, "6")
    expect(page.locator("#last-words")).to_contain_text("Changed to Disgust.")
    assert left(page) == before - 1


def test_a_broken_line_and_a_reload_lose_and_double_nothing(at_work):
    page = at_work("reviewer")
    before = left(page)
    hold(page, SUBMIT, lambda route: route.abort())
    say(page, "2")
    expect(page.locator("#save-words")).to_have_text("1 answer not sent yet")
    expect(page.locator("#trouble")).to_contain_text("cannot be reached")
    # The reply to one that arrived is lost: it is sent again, and saved once.
    arrived: list[object] = []
    hold(page, SUBMIT, lambda route: (arrived.append(route.fetch()), route.abort()))
    page.reload()
    expect(page.locator("#save-words")).to_have_text("1 answer not sent yet")
    wait_on_page(page, lambda: arrived)
    page.unroute_all(behavior="wait")
    page.reload()
    expect(page.locator("#desk")).to_be_visible()
    saved(page).to_have_text("Saved")
    assert left(page) == before - 1


def test_looking_again_twice_at_once_offers_no_clip_twice(at_work):
    page, answered = at_work("reviewer"), []
    progress = {"left": 0, "held_by_others": 0, "done_today": 0, "median_ms": None}
    hold(page, PROGRESS, lambda route: route.fulfill(json=progress))
    hold(page, NEXT, lambda route: route.fulfill(status=204))
    page.reload()
    expect(page.locator("#finished")).to_be_visible()
    page.unroute(NEXT)
    page.unroute(PROGRESS)
    hold(page, SUBMIT, lambda route: (answered.append(route.request.post_data_json), route.continue_()))
    page.evaluate("for (const _ of [1, 2]) document.querySelector('[data-look-again]').click()")
    expect(page.locator("#desk")).to_be_visible()
    page.wait_for_timeout(500)
    for _clip in range(2):
        say(page, "3")
        saved(page).to_have_text("Saved")
        page.wait_for_timeout(500)
    assert len(answered) == len({review["clip"] for review in answered}) == 2


def test_what_is_typed_before_the_next_clip_is_there_labels_nothing_and_is_told(at_work):
    page, takes, answered = at_work("reviewer"), [], []
    hold(page, SUBMIT, lambda route: (answered.append(route.request.post_data_json), route.continue_()))
    hold(page, NEXT, lambda route: (takes.append(route), len(takes) != 2 and route.continue_()))
    page.reload()
    expect(page.locator("#desk")).to_be_visible()
    say(page, "3")
    expect(page.locator(".choice[aria-pressed=true]")).to_have_count(0)
    early = page.locator("#early")
    for key in ["4", "Enter", "0", "n"]:
        expect(early).to_have_text("")
        page.keyboard.press(key)
        expect(early).to_have_text("The clip was still loading, so nothing happened.")
        page.evaluate("document.getElementById('early').replaceChildren()")
    expect(page.locator("#loading")).to_be_visible()
    page.evaluate(TYPE_ON)
    takes[1].continue_()
    expect(page.locator("#desk")).to_be_visible()
    expect(early).to_have_text(re.compile("still loading"))
    chosen = page.locator(".choice[aria-pressed=true]")
    expect(chosen).to_have_count(0)
    page.keyboard.press("5")
    while not appears(chosen, within_ms=100):  # tapped again and again, it is heard after a moment
        page.keyboard.press("5")
    expect(early).to_have_text("")
    page.keyboard.press("Enter")
    expect(page.locator("#last-words")).to_contain_text("You said Fearful.")
    saved(page).to_have_text("Saved")
    assert [review["label"] for review in answered] == ["sad", "fearful"]


def test_on_a_phone_the_verdict_is_seen_at_once_and_moves_no_label(at_work):
    page = at_work("reviewer", viewport=PHONE)
    label, answers, last = page.locator("[data-label=sad]"), page.locator(".answer"), page.locator("#last")
    place = label.bounding_box()
    label.click()
    page.locator("#submit").click()
    expect(page.locator("#last-words")).to_contain_text("The model")
    expect(page.locator(".choice[aria-pressed=true]")).to_have_count(0)
    for part in ["#last", "#change", "#undo", "#submit"]:
        expect(page.locator(part)).to_be_in_viewport(ratio=1)
    assert label.bounding_box() == place
    assert last.bounding_box()["y"] + last.bounding_box()["height"] <= answers.bounding_box()["y"]
    page.get_by_role("button", name="Take it back").click()
    expect(page.locator("#clip-note")).to_contain_text("taken back")
    expect(last).to_be_hidden()


def test_the_player_obeys_the_keys_and_stays_as_it_was_set(at_work):
    page = at_work("reviewer")
    playing, speed = page.locator(".is-playing"), page.locator(".player-speed select")
    position = page.locator(".waveform")
    page.evaluate(NOTE_SOUND)
    page.keyboard.press("Home")
    until(page, "window.sound !== undefined")
    page.keyboard.press("Space")
    expect(playing).to_have_count(0)
    assert page.evaluate(SEEK_EVERYWHERE) is None
    page.evaluate("sound.currentTime = 0.4")
    for key, seconds in [("ArrowRight", "1.4"), ("ArrowLeft", "0.4")]:
        until(page, "!sound.seeking")
        page.keyboard.press(key)
        expect(position).to_have_attribute("aria-valuenow", seconds)

    page.keyboard.press("l")
    page.keyboard.press("Space")
    expect(page.locator("#loop")).to_have_attribute("aria-pressed", "true")
    assert page.evaluate(BEGINS_ANEW)
    expect(playing).to_have_count(1)
    for key, values in [(".", ["1.25", "1.5", "2", "2"]), (",", ["1.5", "1.25", "1", "0.75", "0.5", "0.5"])]:
        for value in values:
            page.keyboard.press(key)
            expect(speed).to_have_value(value)
            assert page.evaluate("sound.playbackRate") == float(value)
    speed.select_option("1.5")
    first = page.evaluate("sound.src")
    say(page, "3")  # digits are for labels again
    until(page, f"sound.src !== '{first}'")
    expect(playing).to_have_count(1)
    assert page.evaluate("[sound.loop, sound.playbackRate]") == [True, 1.5]

    page.keyboard.press("l")
    expect(page.locator("#loop")).to_have_attribute("aria-pressed", "false")
    expect(playing).to_have_count(0)
    assert page.evaluate("sound.ended")


def test_a_clip_that_lay_on_the_desk_for_days_costs_no_answer(at_work):
    page, sent = at_work("reviewer"), []
    hold(page, SUBMIT, lambda route: (sent.append(route.request.post_data_json), route.continue_()))
    page.evaluate("(() => { performance.now = () => 1e12; })()")
    page.evaluate("document.querySelector('[data-label=sad]').click()")
    page.evaluate("document.getElementById('submit').click()")
    expect(page.locator("#last-words")).to_contain_text("You said Sad.")
    saved(page).to_have_text("Saved")
    assert [review["milliseconds"] for review in sent] == [24 * 3600 * 1000]  # the most that the API takes


def test_keys_can_be_changed_but_not_to_one_that_is_taken(at_work):
    page = at_work("reviewer", viewport=PHONE)
    page.keyboard.press("?")
    page.get_by_role("button", name="Sad 3").click()
    page.keyboard.press("4")
    expect(page.locator("#key-note")).to_contain_text("4 is already used for “Angry”.")
    page.keyboard.press("x")
    expect(page.locator("#key-note")).to_have_text("Sad: X.")
    page.keyboard.press("Escape")
    page.keyboard.press("x")
    expect(page.locator("[data-label=sad]")).to_have_attribute("aria-pressed", "true")
    page.reload()
    expect(page.locator("#desk")).to_be_visible()
    page.keyboard.press("x")
    expect(page.locator("[data-label=sad]")).to_have_attribute("aria-pressed", "true")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
