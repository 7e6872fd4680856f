"""From three shared clips to labels that others can use, and back when one is withdrawn."""

import csv
import io
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, Route, expect

from tests.journeys.conftest import DESKTOP, PASSWORD, hold, make_account, write_wav
from tests.journeys.waiting import appears, wait_on_page
from tests.served_site import ServedSite, served_site

DIGITS = {"happy": "2", "sad": "3", "angry": "4"}


@pytest.fixture(scope="module")
def own_site(tmp_path_factory) -> Iterator[ServedSite]:
    # Without mail an invitation alone makes an account.
    with served_site(tmp_path_factory.mktemp("review_to_export"), EMAIL_URL="") as running:
        yield running


@pytest.fixture
def window(browser: Browser, own_site: ServedSite) -> Iterator[Callable[[], Page]]:
    """``window()`` is a browser of somebody new; a script that fails fails the test."""
    opened: list[BrowserContext] = []
    wrong: list[str] = []

    def start() -> Page:
        context = browser.new_context(base_url=own_site.url, viewport=DESKTOP, locale="en-GB")
        opened.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        return page

    yield start
    for context in opened:
        context.close()
    assert wrong == []


def administrator(page: Page, site: ServedSite) -> Page:
    page.goto(site.first_administrator_url)
    make_account(page, "admin@example.org")
    page.goto("/accounts/reauthenticate/")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    return page


def invited(page: Page, admin: Page, role: str, email: str) -> Page:
    admin.goto("/accounts/people/invitations/")
    admin.get_by_label("Role").select_option(label=role)
    admin.get_by_role("button", name="Make an invitation").click()
    page.goto(admin.locator(".copy input").input_value())
    make_account(page, email)
    return page


def ask_for_two_reviewers(admin: Page) -> None:
    admin.goto("/review/")
    admin.get_by_text("Change these rules").click()
    admin.get_by_label("Reviewers per clip").select_option("2")
    admin.get_by_label("Percentage of clips that one more person reviews").fill("0")
    admin.get_by_role("button", name="Save").click()
    expect(admin.get_by_text("Each clip is heard by 2 people.")).to_be_visible()


def share_three_clips(page: Page, folder: Path) -> list[str]:
    """Upload them as private as they are by default, and share them from the history; their ids."""
    page.goto("/")
    expect(page.get_by_role("button", name="Record", exact=True)).to_be_visible()
    times = np.arange(48_000) / 48_000
    paths = [folder / f"{number}.wav" for number in range(3)]
    for number, path in enumerate(paths):
        hum = sum(np.sin(2 * np.pi * (120 + 15 * number) * k * times) / k for k in range(1, 9))
        write_wav(path, (hum * (1 - np.cos(4 * np.pi * times)) * 3000).astype(np.int16))
    page.locator("#file").set_input_files(paths)
    expect(page.locator("#upload-count")).to_have_text("3 of 3")
    page.goto("/history/")
    page.get_by_label("Choose all on this page").check()
    page.get_by_text("Share chosen").click()
    page.get_by_role("button", name="For review and training").click()
    expect(page.get_by_text("3 clips are shared.")).to_be_visible()
    return [box.get_attribute("value") or "" for box in page.locator(".clip-row input[name=ids]").all()]


def label_by_keyboard(page: Page, answers: dict[str, str]) -> None:
    """Enter starts, a digit answers, Enter goes on, until nothing is left."""
    # The page itself says nothing of which clip it is; its sounds are fetched in the order of the queue.
    fetched: dict[str, None] = {}
    page.on("request", lambda request: _note_clip(fetched, request.url, answers))
    wanted: list[Request] = []
    page.on("request", lambda request: _wants_a_clip(request) and wanted.append(request))
    page.goto("/review/")
    page.keyboard.press("Enter")
    held: list[Route] = []
    for count in range(len(answers)):
        expect(page.locator("#desk")).to_be_visible()
        is_last, before = count == len(answers) - 1, len(wanted)
        if is_last:
            hold(page, "**/api/v1/reviews/", lambda route: held.append(route))
        wait_on_page(page, lambda count=count: len(fetched) > count)
        _choose(page, answers[list(fetched)[count]])
        page.keyboard.press("Enter")
        assert page.locator("#done").inner_text() == str(count + 1)
        if is_last:  # the site counts what is done before it has this answer
            wait_on_page(page, lambda before=before: held and len(wanted) > before)
            held[0].continue_()
        expect(page.locator("#save-words")).to_have_text("Saved")
    expect(page.locator("#finished")).to_be_visible()
    assert page.locator("#done").inner_text() == str(len(answers))


def _choose(page: Page, label: str) -> None:
    """On a busy machine the next clip may take its time; until it is there, digits choose nothing."""
    chosen = page.locator(f"[data-label={label}][aria-pressed=true]")
    for _attempt in range(100):
        page.keyboard.press(DIGITS[label])
        if appears(chosen, within_ms=500):  # a pause, as of somebody who looks up
            return
    raise AssertionError(f"{label} was never chosen")


def _wants_a_clip(request: Request) -> bool:
    return request.url.endswith("/reviews/next/") and not request.post_data_json["ahead"]


def _note_clip(fetched: dict[str, None], url: str, clips: Iterable[str]) -> None:
    if url.endswith("/wav/"):
        fetched.update(dict.fromkeys(pk for pk in clips if pk in url))


def export(admin: Page, *, count: int) -> dict[str, dict[str, str]]:
    """The rows of a fresh export by the id of their clip; ``count`` exports stand on the page by then."""
    admin.goto("/exports/")
    admin.get_by_role("button", name="Start the export").click()
    links = admin.get_by_role("button", name="Download")
    expect(links).to_have_count(count)
    with admin.expect_download() as coming:
        links.first.click()
    archive = zipfile.ZipFile(io.BytesIO(Path(coming.value.path()).read_bytes()))
    manifest = json.loads(archive.read("manifest.json"))
    rows = list(csv.DictReader(io.StringIO(archive.read("labels.csv").decode("utf-8-sig"))))
    assert manifest["rows"] == len(rows)
    expect(admin.get_by_text(manifest["sha256"]).first).to_be_visible()
    return {row["clip"]: row for row in rows}


@pytest.mark.timeout(300)  # a whole day's work of four people
def test_from_three_shared_clips_to_an_export(window, own_site, tmp_path):
    admin = administrator(window(), own_site)
    speaker = invited(window(), admin, "User", "speaker@example.org")
    reviewers = [invited(window(), admin, "Reviewer", f"reviewer{n}@example.org") for n in (1, 2)]
    ask_for_two_reviewers(admin)
    first, second, third = share_three_clips(speaker, tmp_path)
    label_by_keyboard(reviewers[0], {first: "sad", second: "sad", third: "angry"})
    label_by_keyboard(reviewers[1], {first: "sad", second: "sad", third: "happy"})
    settle_the_conflict(admin, third)
    look_at_the_agreement(reviewers[0])

    rows = export(admin, count=1)
    assert {pk: (row["label"], row["how"]) for pk, row in rows.items()} == {
        first: ("sad", "consensus"),
        second: ("sad", "consensus"),
        third: ("angry", "adjudicated"),
    }
    take_back(speaker, first)
    assert export(admin, count=2).keys() == {second, third}


def settle_the_conflict(admin: Page, clip: str) -> None:
    admin.goto("/reviews/conflicts/")
    expect(admin.locator(".rows > li")).to_have_count(1)
    admin.get_by_role("button", name="Settle the first one").click()
    assert clip in admin.url
    expect(admin.locator(".opinion")).to_have_count(2)
    expect(admin.locator(".opinions")).not_to_contain_text("@")
    expect(admin.locator("#keys-hint")).to_be_visible()
    admin.keyboard.press(DIGITS["angry"])
    admin.keyboard.press("Enter")
    expect(admin.get_by_text("Decided: Angry.")).to_be_visible()
    expect(admin.get_by_role("heading", name="No conflicts")).to_be_visible()


def look_at_the_agreement(reviewer: Page) -> None:
    reviewer.goto("/agreement/")
    expect(reviewer.locator(".lead strong").first).to_have_text("67%")
    with reviewer.expect_download() as coming:
        reviewer.locator('a[href$="overall.csv"]').click()
    text = Path(coming.value.path()).read_text(encoding="utf-8-sig")
    figures = {row["figure"]: row["value"] for row in csv.DictReader(io.StringIO(text))}
    assert (figures["n_clips"], figures["n_reviews"]) == ("3", "6")
    assert float(figures["raw_agreement"]) == pytest.approx(2 / 3, abs=1e-5)
    # Of six answers four say sad: by chance two would disagree in 18 of 30 pairs.
    assert float(figures["krippendorff_alpha"]) == pytest.approx(1 - (1 / 3) / (18 / 30), abs=1e-5)


def take_back(speaker: Page, clip: str) -> None:
    speaker.goto(f"/clips/{clip}/")
    expect(speaker.locator("#review-state")).to_contain_text("People hear: Sad.")
    speaker.get_by_role("switch", name="Share for review").uncheck()
    expect(speaker.locator("#review-state")).to_contain_text("in no new export")
