"""Redis is killed or hangs: people are served as before, and Redis is used again once it answers."""

import time

import httpx
import pytest
from django.core.cache import cache
from django.urls import reverse
from redis.connection import Connection

from emotion_site.storage import shared_cache
from emotion_site.web import health
from tests.factories import PASSWORD
from tests.redis_server import redis_of_our_own
from tests.served_site import served_site
from tests.waiting import wait_until


@pytest.fixture
def redis(settings):
    with redis_of_our_own() as server:
        settings.CACHES = {
            "default": {"BACKEND": "emotion_site.storage.shared_cache.SharedCache", "LOCATION": server.url}
        }
        yield server


def kill(server):
    server.kill()


def freeze(server):
    server.freeze()


@pytest.fixture(params=[kill, freeze])
def lose(request):
    """``lose(redis)`` leaves a server that refuses connections, or one that takes them and never answers."""
    return request.param


def test_what_is_counted_is_shared(redis):
    cache.set("a", 1, 60)
    assert cache.incr("a") == 2
    assert any(b"a" in key for key in redis.names())


@pytest.mark.django_db
def test_pages_and_the_api_go_on_without_it(redis, lose, speaker_client, monkeypatch):
    monkeypatch.setattr(health, "checks", {"database": health.database_is_up})
    assert speaker_client.get("/health/").json() == {"status": "ok"}
    lose(redis)
    began = time.monotonic()
    for path in (reverse("classifier:classify"), reverse("classifier:history"), "/api/v1/clips/") * 5:
        assert speaker_client.get(path).status_code == 200, path
    # One of them waited for a tenth of a second; without the pause all would have, several times each.
    assert time.monotonic() - began < 10
    response = speaker_client.get("/health/")
    assert response.status_code == 200
    assert response.json() == {"status": "degraded", "failing": ["redis"]}


def test_nobody_waits_for_it_twice(redis, monkeypatch):
    monkeypatch.setattr(shared_cache, "PAUSE_S", 600.0)
    redis.freeze()
    asked = []
    ask = Connection.send_packed_command
    monkeypatch.setattr(
        Connection, "send_packed_command", lambda self, *args, **kw: asked.append(1) or ask(self, *args, **kw)
    )
    cache.set("a", 1, 60)
    first = len(asked)
    assert first
    assert cache.get("a") == 1
    assert cache.incr("a") == 2
    assert len(asked) == first


@pytest.mark.django_db
def test_requests_are_counted_without_it(redis, lose, speaker_client, monkeypatch):
    lose(redis)
    monkeypatch.setattr("emotion_site.api.throttling.UserThrottle.rate", "3/min", raising=False)
    codes = [speaker_client.get("/api/v1/clips/").status_code for _ in range(5)]
    assert codes == [200, 200, 200, 429, 429]


@pytest.mark.django_db
def test_wrong_passwords_are_counted_without_it(redis, lose, client, speaker, settings, monkeypatch):
    settings.ACCOUNT_RATE_LIMITS = {"login": None}  # its limit of all sign-ins would stand before
    monkeypatch.setattr("emotion_site.sign_in.guessing.OF_PAIR", "3/m/key")
    lose(redis)
    for _ in range(3):
        client.post(reverse("account_login"), {"login": speaker.email, "password": "wrong"})
    response = client.post(reverse("account_login"), {"login": speaker.email, "password": PASSWORD})
    assert response.status_code != 302


def test_it_is_used_again_once_it_answers(redis, lose, monkeypatch):
    monkeypatch.setattr(shared_cache, "PAUSE_S", 0.1)
    lose(redis)
    cache.set("meanwhile", 1, 60)
    assert cache.get("meanwhile") == 1
    assert not health.redis_is_up()
    redis.thaw() if lose is freeze else redis.start()
    wait_until(health.redis_is_up)
    cache.set("afterwards", 1, 60)
    assert any(b"afterwards" in key for key in redis.names())


@pytest.mark.slow
def test_a_served_site_does_without_it(tmp_path):
    with redis_of_our_own() as redis, served_site(tmp_path, REDIS_URL=redis.url, WEB_PROCESSES="2") as site:

        def state():
            response = httpx.get(f"{site.url}/health/", timeout=30)
            assert response.status_code == 200
            return response.json()["status"]

        for lose, bring_back in ((redis.kill, redis.start), (redis.freeze, redis.thaw)):
            lose()
            for _ in range(20):
                assert httpx.get(f"{site.url}/accounts/login/", timeout=30).status_code == 200
            assert state() == "degraded"
            assert "degraded" in site.manage("doctor")
            bring_back()
            # Each of the two processes has to notice by itself.
            wait_until(lambda: {state() for _ in range(6)} == {"ok"})
        assert "Traceback" not in site.output
