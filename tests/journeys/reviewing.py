"""People and clips of a site where clips are reviewed, and what is asked of its page meanwhile."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.journeys.conftest import DESKTOP, PASSWORD, make_account, write_wav
from tests.journeys.waiting import wait_on_page
from tests.served_site import ServedSite

# As a quick typist's fingers do, the moment that the clip is there.
TYPE_ON = """new MutationObserver(() => {
  const press = (key) => document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
  ["4", "Enter"].forEach(press);
}).observe(document.getElementById("desk"), { attributeFilter: ["hidden"] })"""

# The sounds are not on the page, so the one that plays next is noted.
NOTE_SOUND = """() => {
  const { play } = HTMLMediaElement.prototype;
  HTMLMediaElement.prototype.play = function () { window.sound = this; return play.call(this); };
}"""
BEGINS_ANEW = """() => new Promise((done) => {
  let before = 0;
  sound.addEventListener("ended", () => done(false));
  sound.addEventListener("timeupdate", () => {
    if (sound.currentTime < before) done(!sound.paused);
    before = sound.currentTime;
  });
})"""

# Browsers are at odds with some formats: whoever cannot find a place there plays nothing more.
SEEK_EVERYWHERE = """async () => {
  for (let place = 0; place < sound.duration; place += 0.1) {
    const seeked = new Promise((done) => {
      for (const name of ["seeked", "error"]) sound.addEventListener(name, done, { once: true });
    });
    sound.currentTime = place;
    await seeked;
    if (sound.error) return `${place.toFixed(1)}: ${sound.error.message}`;
  }
}"""


def people_of(site: ServedSite, browser: Browser, folder: Path) -> Callable[..., BrowserContext]:
    """``people("admin")`` is a browser in which the administrator is signed in; the speaker shared clips."""
    states: dict[str, dict] = {}

    def context(who: str | None = None, **options) -> BrowserContext:
        state = states.get(who or "")
        settings = {"base_url": site.url, "viewport": DESKTOP, "locale": "en-GB", **options}
        return browser.new_context(storage_state=state, **settings)

    admin = context()
    page = admin.new_page()
    page.goto(site.first_administrator_url)
    make_account(page, "admin@example.org")
    page.goto("/accounts/reauthenticate/")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    states["admin"] = admin.storage_state()
    for role in ["Reviewer", "User"]:
        page.goto("/accounts/people/invitations/")
        page.get_by_label("Role").select_option(label=role)
        page.get_by_role("button", name="Make an invitation").click()
        link = page.locator(".copy input").input_value()
        invited = context()
        their_page = invited.new_page()
        their_page.goto(link)
        make_account(their_page, f"{role.lower()}@example.org")
        states[role.lower()] = invited.storage_state()
        if role == "User":
            share_clips(their_page, folder)
        invited.close()
    admin.close()
    return context


def share_clips(page: Page, folder: Path, count: int = 15) -> None:
    page.goto("/")
    expect(page.get_by_role("button", name="Record", exact=True)).to_be_visible()
    page.get_by_text("Speaker and sharing").click()
    page.get_by_role("switch", name="Share for review").check()
    times = np.arange(48_000 * 2) / 48_000
    paths = [folder / f"{number}.wav" for number in range(count)]
    for number, path in enumerate(paths):
        hum = sum(np.sin(2 * np.pi * (120 + 10 * number) * k * times) / k for k in range(1, 9))
        write_wav(path, (hum * (1 - np.cos(4 * np.pi * times)) * 3000).astype(np.int16))
    page.locator("#file").set_input_files(paths)
    expect(page.locator("#upload-count")).to_have_text(f"{count} of {count}")


def until(page: Page, expression: str) -> None:
    """Playwright's own way evaluates a string in the page, which the page's policy forbids."""
    wait_on_page(page, lambda: page.evaluate(expression))
