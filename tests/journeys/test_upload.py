import re
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import DESKTOP, hold, write_wav


@pytest.fixture
def files(tmp_path: Path, speech_wav: Path) -> list[Path]:
    """Two recordings and between them one that is broken."""
    good, broken, hum = tmp_path / "first words.wav", tmp_path / "broken.wav", tmp_path / "hum.wav"
    good.write_bytes(speech_wav.read_bytes())
    broken.write_bytes(b"This is a letter, not a recording. " * 40)
    write_wav(hum, (np.sin(np.arange(96_000) / 60) * 9000).astype(np.int16))
    return [good, broken, hum]


def test_three_files_at_once_one_of_them_broken(page: Page, sign_up, files):
    sign_up(page)
    page.locator("#file").set_input_files(files)
    rows = page.locator(".upload-row")
    expect(rows).to_have_count(3)
    for name in ["first words.wav", "hum.wav"]:
        expect(rows.filter(has_text=name)).to_have_attribute("data-state", "done")
    broken = rows.filter(has_text="broken.wav")
    expect(broken).to_have_attribute("data-state", "refused")
    expect(broken.locator(".upload-reason")).not_to_be_empty()
    expect(broken.get_by_role("button", name="Try again")).to_be_hidden()
    count = page.locator("#upload-count")
    expect(count).to_have_text("3 of 3")
    broken.get_by_role("button", name="Remove from this list").click()
    expect(count).to_have_text("2 of 2")

    page.goto("/history/")
    expect(page.locator(".clip-row")).to_have_count(2)
    expect(page.locator(".clip-row").filter(has_text="first words")).to_have_count(1)


def test_the_count_tells_how_many_of_many_are_done(page: Page, sign_up, files, tmp_path):
    sign_up(page)
    others = [tmp_path / f"{number}.wav" for number in range(2)]
    for number, path in enumerate(others):
        write_wav(path, (np.sin(np.arange(48_000) / (50 + number)) * 9000).astype(np.int16))
    # Two at a time: while these two are held up, nothing else is sent.
    hold(page, "**/api/v1/clips/", lambda route: None)
    page.locator("#file").set_input_files([*files, *others])
    count = page.locator("#upload-count")
    expect(count).to_have_text("0 of 5")
    expect(page.locator(".upload-row:not([data-state=queued])")).to_have_count(2)
    page.unroute("**/api/v1/clips/")  # lets them go on
    expect(count).to_have_text("5 of 5")


def test_an_open_result_can_be_hidden(page: Page, sign_up, files):
    sign_up(page)
    page.locator("#file").set_input_files([files[0], files[2]])
    row = page.locator(".upload-row").filter(has_text="hum.wav")
    row.get_by_text("Show the result").click()
    expect(row.get_by_text("Show the result")).to_be_hidden()
    row.get_by_text("Hide the result").click()
    expect(row.get_by_text("Show the result")).to_be_visible()


def test_one_file_needs_no_count(page: Page, sign_up, files):
    sign_up(page)
    page.locator("#file").set_input_files(files[0])
    expect(page.locator(".upload-row")).to_have_attribute("data-state", "done")
    expect(page.locator("#upload-count")).to_be_hidden()


def test_the_same_file_again_shows_the_first_clip(page: Page, sign_up, files):
    sign_up(page)
    for _time in range(2):
        page.goto("/")
        expect(page.get_by_role("button", name="Record", exact=True)).to_be_visible()
        page.locator("#file").set_input_files(files[0])
        expect(page.locator(".upload-row")).to_have_attribute("data-state", "done")
    expect(page.locator(".upload-reason")).to_contain_text("already have this recording")
    page.goto("/history/")
    expect(page.locator(".clip-row")).to_have_count(1)


def test_a_file_goes_up_without_any_script(browser: Browser, page: Page, site, sign_up, files):
    sign_up(page)
    context = browser.new_context(
        base_url=site.url,
        viewport=DESKTOP,
        java_script_enabled=False,
        storage_state=page.context.storage_state(),
    )
    plain = context.new_page()
    plain.goto("/")
    plain.locator("#file").set_input_files(files[0])
    plain.get_by_role("button", name="Upload").click()
    expect(plain).to_have_url(re.compile(r"/clips/[0-9a-f-]{36}/"))
    expect(plain.get_by_role("heading", name="first words")).to_be_visible()

    plain.goto("/")
    plain.locator("#file").set_input_files(files[1])
    plain.get_by_role("button", name="Upload").click()
    expect(plain.get_by_role("alert")).to_contain_text("broken.wav")
    context.close()
