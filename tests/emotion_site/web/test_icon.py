"""The icon that browsers ask for by themselves where a page names none."""

import pytest
from django.contrib.staticfiles import finders

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("page", ["/admin/", "/health/", "/api/v1/clips/"])
def test_no_page_sends_browsers_to_an_icon_that_is_not_there(page, admin_client, client):
    assert b'rel="icon"' not in admin_client.get(page).content  # so this is where they look
    for browser in (admin_client, client):
        response = browser.get("/favicon.ico")
        assert response.status_code == 302
        assert finders.find(response.url.removeprefix("/static/"))
