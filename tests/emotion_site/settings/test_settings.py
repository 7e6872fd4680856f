import re
import runpy

import pytest
from django.core.exceptions import ImproperlyConfigured

from emotion_site.settings import env, quotas


def test_a_key_is_made_once_and_never_seen_half_written(tmp_path):
    key = env.secret_key("NO_SUCH_VARIABLE", tmp_path)
    assert len(key) > 60 and env.secret_key("NO_SUCH_VARIABLE", tmp_path) == key
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600


def test_sign_up_is_open_only_where_this_machine_alone_reaches_the_site():
    assert env.is_local("127.0.0.1", https=False, num_proxies=0)
    assert not env.is_local("127.0.0.1", https=True, num_proxies=0)
    assert not env.is_local("127.0.0.1", https=False, num_proxies=1)
    assert not env.is_local("0.0.0.0", https=False, num_proxies=0)


@pytest.mark.parametrize(
    ("chosen", "machine", "zone"),
    [
        ("Asia/Tokyo", "Europe/Madrid", "Asia/Tokyo"),
        ("", "Europe/Madrid", "Europe/Madrid"),
        ("", ":Europe/Madrid", "Europe/Madrid"),
        ("", "Moon/Apollo", "UTC"),
    ],
)
def test_times_are_those_of_the_machine_unless_another_zone_is_chosen(monkeypatch, chosen, machine, zone):
    monkeypatch.setenv("TIME_ZONE", chosen)
    monkeypatch.setenv("TZ", machine)
    assert env.time_zone("TIME_ZONE") == zone


@pytest.mark.parametrize(("given", "clips"), [({}, 2000), ({"QUOTA_MB": "5", "QUOTA_CLIPS_PER_DAY": "0"}, 0)])
def test_quotas_come_from_the_environment(monkeypatch, given, clips):
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    read = runpy.run_path(quotas.__file__)
    assert read["QUOTA_BYTES"] == int(given.get("QUOTA_MB", "2000")) * 1024 * 1024
    assert read["QUOTA_CLIPS_PER_DAY"] == clips


@pytest.mark.parametrize(
    ("read", "text", "message"),
    [
        (lambda: env.flag("NAMED", False), "ture", "NAMED must be 1 or 0, not 'ture'."),
        (lambda: env.number("NAMED", 1.0), "3s", "NAMED must be a number, not '3s'."),
        (lambda: env.whole("NAMED", 1), "1.5", "NAMED must be a number, not '1.5'."),
        (lambda: env.whole("NAMED", 1, at_least=1), "0", "NAMED must be at least 1, not 0."),
        (lambda: env.choice("NAMED", "a", ["a", "b"]), "c", "NAMED must be one of a, b, not 'c'."),
        (lambda: env.path_prefix("NAMED"), "a b", "NAMED must be a path such as /emotion, not 'a b'."),
    ],
)
def test_an_unusable_value_is_refused_with_the_name_of_its_variable(monkeypatch, read, text, message):
    monkeypatch.setenv("NAMED", text)
    with pytest.raises(ImproperlyConfigured, match=f"^{re.escape(message)}$"):
        read()
