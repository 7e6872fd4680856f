"""What can be wrong in a deployment is said before it hurts."""

import pytest
from django.core.checks import run_checks


@pytest.fixture
def ids():
    def run():
        return {message.id for message in run_checks(include_deployment_checks=True)}

    return run


def test_a_data_folder_that_cannot_be_written_to_is_an_error(settings, tmp_path, ids):
    settings.DATA_DIR = tmp_path
    assert "emotion_site.E001" not in ids()
    settings.DATA_DIR = tmp_path / "missing"
    assert "emotion_site.E001" in ids()


def test_a_data_folder_that_others_can_look_into_is_pointed_out(settings, tmp_path, ids):
    settings.DATA_DIR = tmp_path
    tmp_path.chmod(0o750)
    assert "emotion_site.W006" in ids()
    tmp_path.chmod(0o700)
    assert "emotion_site.W006" not in ids()


def test_missing_browser_libraries_are_named(settings, tmp_path, ids):
    settings.STATICFILES_DIRS = [("vendor/pico", tmp_path)]
    settings.STATIC_ROOT = tmp_path / "not collected"
    assert "emotion_site.W001" not in ids()
    settings.STATICFILES_DIRS = [("vendor/pico", tmp_path / "missing")]
    assert "emotion_site.W001" in ids()


def test_https_without_a_declared_proxy_is_pointed_out(settings, ids):
    settings.HTTPS, settings.NUM_PROXIES = True, 0
    assert "emotion_site.W002" in ids()
    settings.NUM_PROXIES = 1
    assert "emotion_site.W002" not in ids()


@pytest.mark.parametrize(
    ("host", "proxies", "signup", "warned"),
    [
        ("0.0.0.0", 0, "open", True),
        ("0.0.0.0", 0, "invite", False),
        ("127.0.0.1", 0, "open", False),
        ("127.0.0.1", 1, "open", True),
    ],
)
def test_sign_up_that_is_open_to_the_network_is_pointed_out(settings, ids, host, proxies, signup, warned):
    settings.HOST, settings.NUM_PROXIES, settings.SIGNUP = host, proxies, signup
    assert ("emotion_site.W003" in ids()) == warned


@pytest.mark.parametrize(
    ("host", "names", "warned"),
    [("0.0.0.0", ["localhost", "0.0.0.0"], True), ("0.0.0.0", ["10.0.0.7"], False), ("10.0.0.7", [], False)],
)
def test_a_site_that_refuses_every_name_is_pointed_out(settings, ids, host, names, warned):
    settings.HOST, settings.ALLOWED_HOSTS = host, names
    assert ("emotion_site.W005" in ids()) == warned


def test_mail_from_an_address_that_others_refuse_is_pointed_out(settings, ids):
    settings.EMAIL, settings.DEFAULT_FROM_EMAIL = {"EMAIL_HOST": "mail.example.org"}, "emotion@localhost"
    assert "emotion_site.W004" in ids()
    settings.DEFAULT_FROM_EMAIL = "emotion@example.org"
    assert "emotion_site.W004" not in ids()


def test_the_description_of_the_api_names_everything_without_a_collision(ids):
    assert not {name for name in ids() if name.startswith("drf_spectacular")}


@pytest.mark.parametrize("names", [["*"], ["emotion.example.org", "*"]])
def test_a_site_that_answers_under_every_name_is_pointed_out(settings, ids, names):
    settings.ALLOWED_HOSTS = ["emotion.example.org"]
    assert "emotion_site.W007" not in ids()
    settings.ALLOWED_HOSTS = names
    assert "emotion_site.W007" in ids()
