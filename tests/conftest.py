"""The people of every test: ``speaker``, ``stranger``, ``reviewer`` and ``admin``, with a browser each."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client, TransactionTestCase
from django.urls import reverse

from classifier.predictions import predictor
from emotion_site.models import User
from tests.factories import PASSWORD, UserFactory

SLOW_AS_A_WHOLE = re.compile(r"^pytestmark = .*mark\.slow", re.MULTILINE)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Where slow tests are left out, modules of nothing else are not imported: torch alone takes seconds."""
    if "not slow" not in config.option.markexpr or collection_path.suffix != ".py":
        return None
    return bool(SLOW_AS_A_WHOLE.search(collection_path.read_text())) or None


@pytest.fixture(scope="session", autouse=True)
def tasks_and_roles_survive():
    """A test that commits ends by emptying every table; what the migrations wrote comes back for the next."""
    flush = TransactionTestCase._fixture_teardown

    def flush_and_restore(self):
        flush(self)
        connection.creation.deserialize_db_from_string(connection._test_serialized_contents)

    TransactionTestCase._fixture_teardown = flush_and_restore
    yield
    TransactionTestCase._fixture_teardown = flush


@pytest.fixture(scope="session", autouse=True)
def no_watcher_outlives_the_database(django_db_setup):
    """Predicting in a test starts the thread that follows the active version."""
    yield
    predictor.active_engine().stop()


@pytest.fixture(autouse=True)
def empty_cache():
    """Throttles and rate limits count in the cache; one test must not slow the next."""
    cache.clear()


@pytest.fixture
def speaker(db) -> User:
    """Owns what the test is about."""
    return UserFactory(email="speaker@example.org", name="Sam Speaker")


@pytest.fixture
def stranger(db) -> User:
    """Signed in, and nothing here is theirs."""
    return UserFactory(email="stranger@example.org")


@pytest.fixture
def reviewer(db) -> User:
    return UserFactory(email="reviewer@example.org", role="reviewer")


@pytest.fixture
def admin(db) -> User:
    return UserFactory(email="admin@example.org", role="admin")


@pytest.fixture
def client_of() -> Callable[[User | None], Client]:
    """``client_of(user)`` is a browser in which this person is signed in; None is signed out."""

    def make(user: User | None) -> Client:
        browser = Client()
        if user is not None:
            browser.force_login(user)
        return browser

    return make


@pytest.fixture
def speaker_client(speaker, client_of) -> Client:
    return client_of(speaker)


@pytest.fixture
def stranger_client(stranger, client_of) -> Client:
    return client_of(stranger)


@pytest.fixture
def reviewer_client(reviewer, client_of) -> Client:
    return client_of(reviewer)


@pytest.fixture
def admin_client(admin, client_of) -> Client:
    return client_of(admin)


@pytest.fixture
def confirm_identity() -> Callable[[Client], None]:
    """Answer the question for the password that stands before pages that can change an account."""

    def confirm(browser: Client) -> None:
        response = browser.post(reverse("account_reauthenticate"), {"password": PASSWORD})
        assert response.status_code == 302

    return confirm


@pytest.fixture
def fresh_admin_client(admin_client, confirm_identity) -> Client:
    """An administrator's browser that has just signed in once more, as power over others asks for."""
    confirm_identity(admin_client)
    return admin_client


@pytest.fixture
def mail_is_configured(settings) -> None:
    """The site as it is with ``EMAIL_URL``; messages land in ``mailoutbox``."""
    settings.EMAIL = {"EMAIL_HOST": "mail.example.org"}
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    settings.ACCOUNT_EMAIL_NOTIFICATIONS = True
    settings.MFA_ALLOW_UNVERIFIED_EMAIL = False
