"""The error pages stand in the site's look, also when neither the database nor a request is there."""

import asyncio

import pytest
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.views.defaults import server_error

from emotion_site.web.admission.body_limit import limit_body

PAGES = ["400", "403", "403_csrf", "404", "408", "413", "429", "500", "503", "507"]


@pytest.mark.parametrize("name", PAGES)
def test_page_needs_no_request_and_no_database(name):
    # Without the `db` fixture any query fails.
    text = render_to_string(f"{name}.html")
    assert text.count("<h1>") == 1
    assert "site.css" in text
    assert "style=" not in text


def test_crash_shows_the_page(db, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = server_error(RequestFactory().get("/"))
    assert response.status_code == 500
    assert "Something went wrong" in response.content.decode()


def test_unknown_address_shows_the_page(speaker_client):
    response = speaker_client.get("/nothing/")
    assert response.status_code == 404
    assert "There is nothing here" in response.content.decode()


def test_stale_form_says_that_nothing_changed(speaker, client_of):
    browser = client_of(speaker)
    browser.handler.enforce_csrf_checks = True
    response = browser.post("/clips/delete/", {"ids": []})
    assert response.status_code == 403
    assert "Nothing was changed" in response.content.decode()


def test_too_large_form_shows_the_page(settings):
    sent = []

    async def never_called(*_arguments) -> HttpResponse:
        raise AssertionError("the body was too large")

    async def send(message):
        sent.append(message)

    length = str(settings.MAX_BODY_BYTES + 1).encode()
    scope = {"type": "http", "method": "POST", "path": "/", "headers": [(b"content-length", length)]}
    asyncio.run(limit_body(never_called)(scope, never_called, send))
    assert sent[0]["status"] == 413
    assert b"What you sent is too large" in sent[1]["body"]
