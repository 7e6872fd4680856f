import pytest

from emotion_site.web import health

pytestmark = pytest.mark.django_db


def test_a_site_that_works_answers_ok(client, monkeypatch):
    monkeypatch.setattr(health, "checks", {"database": health.database_is_up})
    response = client.get("/health/")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    assert "no-store" in response["Cache-Control"]


def test_a_stranger_does_not_learn_what_is_wrong(client, monkeypatch):
    monkeypatch.setitem(health.checks, "model", lambda: False)
    response = client.get("/health/")
    assert (response.status_code, response.json()) == (503, {"status": "unavailable"})


def test_an_administrator_learns_what_is_wrong(admin_client, monkeypatch):
    monkeypatch.setattr(health, "checks", {"database": health.database_is_up, "model": lambda: False})
    assert admin_client.get("/health/").json() == {"status": "unavailable", "wrong": ["model"]}


def test_a_site_without_a_model_is_not_healthy(client):
    assert client.get("/health/").status_code == 503
