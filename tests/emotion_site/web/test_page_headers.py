"""What every page tells the browser to allow and to forget."""

import pytest

SIGNED_IN_PAGES = ["/", "/history/", "/accounts/", "/admin/", "/nothing-here/"]


@pytest.mark.parametrize("path", SIGNED_IN_PAGES)
def test_browser_keeps_no_page(admin_client, path):
    control = admin_client.get(path).headers["Cache-Control"]
    assert "no-store" in control
    assert "private" in control


@pytest.mark.parametrize("path", ["/", "/accounts/login/", "/api/docs/", "/api/v1/clips/", "/health/"])
def test_pages_may_use_the_microphone_and_little_else(speaker_client, path):
    headers = speaker_client.get(path).headers
    assert "microphone=(self)" in headers["Permissions-Policy"]
    assert "camera=()" in headers["Permissions-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    policy = headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
