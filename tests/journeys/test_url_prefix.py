"""The whole site below a path of a host, behind a proxy that cuts the path off or leaves it."""

import re
from collections.abc import Callable, Iterator
from functools import cache

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import DESKTOP, PASSWORD, fill_in
from tests.journeys.prefixing_proxy import PrefixingProxy, prefixing_proxy
from tests.served_site import ServedSite, served_site
from tests.waiting import wait_until

PREFIX = "/emotion"
PAGES = [
    "accounts/",
    "accounts/people/",
    "accounts/people/invitations/",
    "accounts/2fa/",
    "accounts/sessions/",
    "accounts/password/change/",
    "review/",
    "review/emotion/",
    "models/",
    "models/runs/",
    "admin/",
    "admin/classifier/clip/",
    "history/?label=happy&sort=confidence",
]
# What a page links to or loads, as the browser understands it.
LINKS = """() => {
  const parts = [...document.querySelectorAll("a, form, link, script, img, audio, [hx-get], [hx-post]")];
  const written = ["href", "src", "action", "hx-get", "hx-post"];
  return parts.flatMap((part) => written.map((name) => part.getAttribute(name)))
    .filter((address) => address !== null)
    .map((address) => new URL(address, location).href)
    .filter((address) => address.startsWith(location.origin));
}"""
QUEUE_A_RUN = """
from tests.journeys.seeding import seed; seed()
from training.models import TrainingRun as R
old = R.objects.get()
run = R.objects.create(task=old.task, snapshot=old.snapshot, start_version=old.start_version, state="queued")
from django.urls import reverse
print(reverse("training:run", args=[run.pk]))
"""


@pytest.fixture(scope="module")
def own_site(tmp_path_factory) -> Iterator[ServedSite]:
    options = {"URL_PREFIX": PREFIX, "NUM_PROXIES": "1", "EMAIL_URL": ""}
    with served_site(tmp_path_factory.mktemp("prefix"), **options) as running:
        yield running


@pytest.fixture(params=[False, True], ids=["cuts the prefix", "keeps the prefix"])
def proxy(own_site: ServedSite, request) -> Iterator[PrefixingProxy]:
    target = own_site.url.removesuffix(PREFIX)
    with prefixing_proxy(target, PREFIX, keeps_prefix=request.param) as running:
        yield running
    # A browser may ask for the icon of the whole host.
    assert [path for path in running.astray if path != "/favicon.ico"] == []


@pytest.fixture
def page(browser: Browser, proxy: PrefixingProxy) -> Iterator[Page]:
    context = browser.new_context(base_url=proxy.url, viewport=DESKTOP, locale="en-GB")
    window = context.new_page()
    yield window
    context.close()


@pytest.fixture(scope="module")
def queued_run(own_site: ServedSite) -> Callable[[], str]:
    """``queued_run()`` is the address of a run that waits, made when there is an administrator."""
    return cache(lambda: own_site.manage("shell", "-c", QUEUE_A_RUN).split()[-1])


def sign_in(page: Page, site: ServedSite, proxy: PrefixingProxy) -> None:
    """The first time through the link that the terminal shows, then with the password."""
    printed = site.first_administrator_url
    assert printed.startswith(f"{site.url}/accounts/")
    page.goto(printed.replace(f"{site.url}/", proxy.url))
    if page.get_by_role("button", name="Make my account").is_visible():
        fill_in(page, "admin@example.org")
        page.get_by_role("button", name="Make my account").click()
    else:
        page.goto("history/")
        expect(page).to_have_url(re.compile(rf"{PREFIX}/accounts/login/\?next={PREFIX}/history/$"))
        page.get_by_label("E-mail address").fill("admin@example.org")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("main").get_by_role("button", name="Sign in", exact=True).click()
    expect(page.locator(".account-menu")).to_be_visible()
    proxy.refused.clear()  # the used link


def test_everything_works_below_a_path(page: Page, own_site: ServedSite, proxy: PrefixingProxy, speech_wav):
    sign_in(page, own_site, proxy)
    cookies = page.context.cookies()
    assert {cookie["path"] for cookie in cookies} == {f"{PREFIX}/"}

    page.goto("")
    expect(page.locator("#record-button")).to_be_visible()
    page.locator("#file").set_input_files(speech_wav)
    expect(page.locator(".upload-row")).to_have_attribute("data-state", "done")
    page.get_by_role("link", name="History", exact=True).click()
    expect(page).to_have_url(f"{proxy.url}history/")
    page.locator(".clip-row a").first.click()
    expect(page).to_have_url(re.compile(re.escape(proxy.url) + "clips/"))
    sound = page.locator("[data-audio]").first.get_attribute("data-audio")
    assert page.evaluate("(sound) => fetch(sound).then((answer) => answer.status)", sound) == 200

    for address in PAGES:
        page.goto(address)
        links = page.evaluate(LINKS)
        assert len(links) > 5 and [link for link in links if not f"{link}/".startswith(proxy.url)] == []

    page.locator("body").press("Tab")
    page.goto("api/docs/")
    operation = page.locator(".opblock-get").filter(has=page.locator('[data-path="/api/v1/clips/"]'))
    operation.locator(".opblock-summary-control").click()
    operation.get_by_role("button", name="Try it out").click()
    with page.expect_response(lambda answer: answer.url.endswith("/api/v1/clips/")) as asked:
        operation.get_by_role("button", name="Execute").click()
    assert asked.value.status == 200 and asked.value.url == f"{proxy.url}api/v1/clips/"
    assert proxy.refused == []

    page.goto("no/such/page/")
    page.get_by_role("button", name="To the start page").click()
    expect(page).to_have_url(proxy.url)
    page.get_by_label("Language").select_option("es")
    expect(page.locator("html")).to_have_attribute("lang", "es")
    expect(page).to_have_url(proxy.url)
    page.get_by_label("Idioma").select_option("en")
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_the_page_of_a_run_hears_through_its_socket(
    page: Page, own_site: ServedSite, proxy: PrefixingProxy, queued_run
):
    sign_in(page, own_site, proxy)
    run_address = queued_run()
    assert run_address.startswith(f"{PREFIX}/models/")
    page.goto(run_address.removeprefix(f"{PREFIX}/"))
    wait_until(lambda: proxy.sockets)
    assert [each for each in proxy.refused if "favicon" not in each] == []
