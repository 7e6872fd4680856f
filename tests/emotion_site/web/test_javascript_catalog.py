"""The texts of the scripts: one script per language, which a browser fetches once."""

import re
from http import HTTPStatus

import pytest
from django.test import Client, override_settings
from django.urls import reverse, set_script_prefix
from django.utils import translation

from emotion_site.web.javascript_catalog import catalog_url

ADDRESS = re.compile(r'<script src="([^"]*/jsi18n/[^"]+)" defer>')


@pytest.fixture
def url(db) -> str:
    with translation.override("es"):
        return catalog_url()


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_page_names_the_catalogue_of_its_language_to_anybody(client, db, language):
    page = client.get(reverse("account_login"), headers={"Accept-Language": language}).content.decode()
    [address] = ADDRESS.findall(page)
    response = client.get(address)
    assert f"/jsi18n/{language}/" in address
    assert response.status_code == HTTPStatus.OK
    assert response["Content-Type"] == "text/javascript; charset=utf-8"
    assert b"ngettext" in response.content


def test_the_address_says_the_language_and_nothing_else_does(client, url):
    response = client.get(url, headers={"Accept-Language": "en"})
    assert response["Content-Language"] == "es"


def test_it_is_fetched_once(client, url):
    response = client.get(url)
    assert response["Cache-Control"] == "public, max-age=31536000, immutable"
    again = client.get(url, headers={"If-None-Match": response["ETag"]})
    assert again.status_code == HTTPStatus.NOT_MODIFIED


def test_a_page_from_before_an_update_gets_the_texts_of_now(client, url):
    current = client.get(url)
    response = client.get(reverse("javascript_catalog", args=["es", "before"]))
    assert response.content == current.content
    assert response["Cache-Control"] == "no-cache"


def test_no_other_language_is_kept_in_memory(client, db):
    assert client.get(reverse("javascript_catalog", args=["pl", "1"])).status_code == HTTPStatus.NOT_FOUND


@override_settings(REQUIRE_MFA="all")
def test_who_lacks_a_second_step_reads_it(speaker_client: Client, url):
    assert speaker_client.get(url).status_code == HTTPStatus.OK


def test_it_lies_below_the_prefix_of_the_site(db):
    set_script_prefix("/voices/")
    try:
        assert catalog_url().startswith("/voices/jsi18n/")
    finally:
        set_script_prefix("/")
