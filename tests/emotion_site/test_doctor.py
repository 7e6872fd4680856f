import json
import os
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

import classifier.checks
from classifier.checks import LAYERS
from emotion_site.management.commands.doctor import HTTPS_HINTS
from emotion_site.web import health

pytestmark = pytest.mark.django_db


def findings():
    out = StringIO()
    failed = False
    try:
        call_command("doctor", json=True, stdout=out)
    except CommandError:
        failed = True
    return failed, {finding["id"]: finding for finding in json.loads(out.getvalue())["findings"]}


def test_a_failing_health_check_is_an_error(monkeypatch):
    monkeypatch.setitem(health.checks, "model", lambda: False)
    failed, found = findings()
    assert failed
    assert found["health.model"]["level"] == "error"


def test_a_folder_that_cannot_be_written_is_an_error_with_a_hint(settings, tmp_path):
    settings.DATA_DIR = tmp_path / "missing"
    failed, found = findings()
    assert failed
    assert "DATA_DIR" in found["emotion_site.E001"]["hint"]


def test_a_public_site_without_https_is_warned(settings):
    settings.HOST = "0.0.0.0"
    _failed, found = findings()
    assert found["security.W012"]["level"] == "warning"


def test_a_site_behind_a_proxy_on_this_machine_leaves_https_to_it(settings):
    settings.HOST, settings.HTTPS = "127.0.0.1", True
    _failed, found = findings()
    assert not HTTPS_HINTS & set(found)
    assert "NUM_PROXIES" in found["emotion_site.W002"]["hint"]


def test_a_site_on_this_machine_alone_needs_no_https(settings):
    settings.HOST = "127.0.0.1"
    _failed, found = findings()
    assert not any(identifier.startswith("security.") for identifier in found)


def test_a_site_that_works_says_so(monkeypatch):
    monkeypatch.setattr(health, "checks", {"database": health.database_is_up})
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    out = StringIO()
    call_command("doctor", stdout=out)
    *others, last = out.getvalue().strip().splitlines()
    assert last == "No problems found."
    assert not [line for line in others if not line.startswith("info: ")]


def test_root_is_refused_where_others_reach_the_site(settings, monkeypatch):
    settings.HOST = "0.0.0.0"
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    failed, found = findings()
    assert failed
    assert found["emotion_site.E002"]["level"] == "error"
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert "emotion_site.E002" not in findings()[1]


def test_root_behind_a_proxy_on_this_machine_is_refused_too(settings, monkeypatch):
    settings.HOST, settings.NUM_PROXIES = "127.0.0.1", 1
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert findings()[1]["emotion_site.E002"]["level"] == "error"


def test_root_is_only_warned_on_a_machine_of_its_own(settings, monkeypatch):
    settings.HOST = "127.0.0.1"
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    _failed, found = findings()
    assert found["emotion_site.W008"]["level"] == "warning"
    assert "emotion_site.E002" not in found


def test_doctor_reports_the_layers_of_the_sandbox(monkeypatch):
    _failed, found = findings()
    assert found["classifier.I001"]["level"] == "info"
    assert "no new files or processes" in found["classifier.I001"]["message"]


def test_doctor_reports_which_layers_are_missing_and_why(monkeypatch):
    layers = dict.fromkeys(LAYERS, "") | {"calls": "libseccomp is not installed"}
    monkeypatch.setattr(classifier.checks, "sandbox_layers", lambda _limits: layers)
    _failed, found = findings()
    assert found["classifier.W004"]["level"] == "warning"
    assert "(libseccomp is not installed)" in found["classifier.W004"]["message"]
    assert "system calls" not in found["classifier.I001"]["message"]
