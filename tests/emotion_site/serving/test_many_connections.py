"""Nobody takes every place there is, with however many connections."""

import pytest

from tests.emotion_site.crowd import address_of, clients, get, still_open
from tests.served_site import served_site
from tests.waiting import wait_until

pytestmark = pytest.mark.slow

HALF_A_REQUEST = b"GET /accounts/login/ HTTP/1.1\r\nHost: localhost\r\nX-Wait: "
SIGN_IN = "/accounts/login/"
ANOTHER = "127.0.0.9"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with served_site(tmp_path_factory.mktemp("served"), CONNECTIONS_PER_ADDRESS="512") as served:
        yield served


def test_silent_connections_keep_nobody_out(site):
    with clients(address_of(site.url), 600, HALF_A_REQUEST):
        statuses = [
            get(site.url, SIGN_IN, source=source).status_code for source in (ANOTHER, "127.0.0.1") * 3
        ]
    assert set(statuses) == {200}


def test_silent_connections_from_many_addresses_keep_nobody_out(site):
    with (
        clients(address_of(site.url), 200, HALF_A_REQUEST, source="127.0.0.2"),
        clients(address_of(site.url), 200, b"", source="127.0.0.3"),
        clients(address_of(site.url), 200, HALF_A_REQUEST, source="127.0.0.4"),
    ):
        assert get(site.url, SIGN_IN, source=ANOTHER).status_code == 200


def test_an_address_holds_no_more_than_its_share(tmp_path):
    with (
        served_site(tmp_path, CONNECTIONS_PER_ADDRESS="20") as site,
        clients(address_of(site.url), 15, HALF_A_REQUEST, source=ANOTHER) as others,
        clients(address_of(site.url), 60, HALF_A_REQUEST) as many,
    ):
        wait_until(lambda: still_open(many) <= 20, within_s=10)
        # The health check of `served_site` may have one of the twenty.
        assert still_open(many) >= 19
        assert still_open(others) == 15
