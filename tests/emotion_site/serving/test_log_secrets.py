"""The log may be read by people who may not open the links that were sent to others."""

import logging
from collections.abc import Iterator
from uuid import uuid4

import pytest

from emotion_site.models import OneTimeLink
from emotion_site.serving.log_filter import BriefRefusals, HideSecretPaths
from emotion_site.sign_in.links import Purpose, link_path
from tests.factories import make_one_time_link


@pytest.fixture
def logged(caplog) -> Iterator[pytest.LogCaptureFixture]:
    caplog.handler.addFilter(HideSecretPaths())
    caplog.set_level(logging.INFO)
    yield caplog
    caplog.handler.filters.clear()


def test_refused_form_on_a_link_that_works_hides_its_secret(speaker, admin, client_of, logged):
    _link, secret = make_one_time_link(OneTimeLink.Purpose.PASSWORD_RESET, user=speaker, created_by=admin)
    browser = client_of(None)
    browser.handler.enforce_csrf_checks = True
    assert browser.post(link_path(Purpose.PASSWORD_RESET, secret)).status_code == 403
    assert "/accounts/reset-password/…/" in logged.text
    assert secret not in logged.text


@pytest.mark.parametrize("path", ["/accounts/invitation/{}/x/", "/accounts/password/reset/keys/1-{}/"])
def test_link_that_was_copied_wrongly_is_hidden_too(client, db, logged, path):
    secret = "a" * 43
    assert client.get(path.format(secret)).status_code == 404
    assert "Not Found" in logged.text
    assert secret not in logged.text


def test_a_refusal_needs_no_stack_trace(speaker_client, logged):
    logged.handler.addFilter(BriefRefusals())
    assert speaker_client.get("/exports/").status_code == 403
    assert speaker_client.get("/", headers={"Host": "evil.example.org"}).status_code == 400
    assert "/exports/" in logged.text and "evil.example.org" in logged.text
    assert "Traceback" not in logged.text


def test_ids_of_clips_stay_readable(speaker_client, logged):
    pk = uuid4()
    assert speaker_client.get(f"/clips/{pk}/").status_code == 404
    assert f"/clips/{pk}/" in logged.text


def test_console_has_the_filter():
    handlers = [handler for handler in logging.getLogger().handlers if type(handler) is logging.StreamHandler]
    assert handlers
    for kind in (HideSecretPaths, BriefRefusals):
        assert all(any(isinstance(f, kind) for f in handler.filters) for handler in handlers)
