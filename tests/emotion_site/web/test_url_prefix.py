"""The site below a path of a host that it shares: its settings, its checks, and its addresses."""

import asyncio
import json
import subprocess
import sys

import pytest
from django.core.exceptions import ImproperlyConfigured

from emotion_site.checks import prefix_is_no_page_of_the_site, proxy_of_the_prefix_is_declared
from emotion_site.settings import env
from emotion_site.web.url_prefix import add_prefix, cut_prefix
from tests.requirements import ROOT


@pytest.mark.parametrize(
    ("written", "read"),
    [("", ""), ("/", ""), ("/emotion", "/emotion"), ("emotion/", "/emotion"), ("/a/b.c/", "/a/b.c")],
)
def test_a_prefix_is_read_however_its_slashes_are_written(monkeypatch, written, read):
    monkeypatch.setenv("URL_PREFIX", written)
    assert env.path_prefix("URL_PREFIX") == read


@pytest.mark.parametrize("written", ["/a b", "https://host/emotion", "/../x", "/é", "/a?b"])
def test_what_is_no_path_is_refused(monkeypatch, written):
    monkeypatch.setenv("URL_PREFIX", written)
    with pytest.raises(ImproperlyConfigured, match="such as /emotion"):
        env.path_prefix("URL_PREFIX")


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize(
    ("asked", "own"),
    [
        ("/emotion/history/", "/history/"),
        ("/history/", "/history/"),
        ("/emotion", "/"),
        ("/emotion/", "/"),
        ("/emotional/", "/emotional/"),
    ],
)
def test_a_proxy_may_cut_the_prefix_off_or_leave_it(settings, kind, asked, own):
    settings.URL_PREFIX = "/emotion"
    seen = []

    async def inner(scope, receive, send):
        seen.append(scope["path"])

    for app in (cut_prefix(inner), cut_prefix(add_prefix(inner))):
        asyncio.run(app({"type": kind, "path": asked}, None, None))
    assert seen == [own, f"/emotion{own}"]


def test_a_prefix_that_is_a_page_of_the_site_is_an_error(settings):
    for prefix in ("/api", "/history", "/accounts/x", "/admin"):
        settings.URL_PREFIX = prefix
        assert [finding.id for finding in prefix_is_no_page_of_the_site(None)] == ["emotion_site.E020"]
    for prefix in ("", "/emotion", "/voices/api"):
        settings.URL_PREFIX = prefix
        assert prefix_is_no_page_of_the_site(None) == []


def test_a_prefix_without_a_declared_proxy_is_a_warning(settings):
    settings.URL_PREFIX, settings.NUM_PROXIES = "/emotion", 0
    assert [finding.id for finding in proxy_of_the_prefix_is_declared(None)] == ["emotion_site.W020"]
    settings.NUM_PROXIES = 1
    assert proxy_of_the_prefix_is_declared(None) == []


ASK = """
import django, json
django.setup()
from django.conf import settings
from django.urls import reverse
from django.templatetags.static import static
from emotion_site.sign_in.links import Purpose, link_path
settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
names = ["SESSION_COOKIE_PATH", "CSRF_COOKIE_PATH", "LANGUAGE_COOKIE_PATH", "SESSION_COOKIE_NAME"]
print(json.dumps([
    reverse("classifier:history"), static("x.css"), link_path(Purpose.INVITATION, "secret"),
    *(getattr(settings, name) for name in names),
]))
"""


@pytest.mark.parametrize(("prefix", "session"), [("", "sessionid"), ("/a/emotion", "sessionid_a_emotion")])
def test_everything_that_a_process_links_to_begins_with_the_prefix(tmp_path, prefix, session):
    environment = {
        "PATH": "/usr/bin:/bin",
        "DATA_DIR": str(tmp_path),
        "URL_PREFIX": prefix,
        "DJANGO_SETTINGS_MODULE": "emotion_site.settings.base",
    }
    done = subprocess.run(
        [sys.executable, "-c", ASK], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    history, style, link, *paths, name = json.loads(done.stdout)
    assert (history, style) == (f"{prefix}/history/", f"{prefix}/static/x.css")
    assert link.startswith(f"{prefix}/accounts/") and link.endswith("/secret/")
    assert set(paths) == {f"{prefix}/"} and name == session
