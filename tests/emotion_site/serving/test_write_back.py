"""SQLite's log is written back by `serve`, not by whoever commits."""

import io
import signal
import struct
import threading
from pathlib import Path

import httpx
import numpy as np
import pytest
import soundfile
from django.conf import settings
from django.db import ConnectionHandler, connection

from emotion_site.serving import write_back
from emotion_site.settings import env
from tests.served_site import served_site
from tests.waiting import wait_until

pytestmark = pytest.mark.skipif(
    not settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"), reason="only SQLite has such a log"
)
# A log of which SQLite's own default would have made the next commit write it back.
PAGES = 1_500
MEGABYTE = 1024 * 1024
FILL = f"""
from django.db import connection
from emotion_site.models import User
from emotion_site.sign_in.tokens import create_token
user = User.objects.create_user("speaker@example.org")
print("token", create_token(user=user, name="test", days=1)[1])
with connection.cursor() as cursor:
    cursor.execute("CREATE TABLE filler (content)")
    cursor.execute("INSERT INTO filler VALUES (zeroblob({PAGES * 4096}))")
"""


def log_of(database: Path) -> tuple[int, int]:
    """How many pages are in the log, and how many of them are in the database: from the log's index."""
    index = database.with_name(f"{database.name}-shm").read_bytes()
    return struct.unpack_from("=I", index, 16)[0], struct.unpack_from("=I", index, 96)[0]


def upload(url: str, token: str) -> None:
    file = io.BytesIO()
    soundfile.write(file, np.random.default_rng(0).normal(size=8000) * 0.1, 16_000, format="WAV")
    headers, files = {"Authorization": f"Bearer {token}"}, {"file": ("a.wav", file.getvalue())}
    reply = httpx.post(f"{url}/api/v1/clips/", headers=headers, files=files, timeout=60)
    assert reply.status_code in (201, 202)


@pytest.mark.slow
def test_the_supervisor_writes_back_what_the_web_process_leaves_in_the_log(tmp_path):
    with served_site(tmp_path / "site") as site:
        database = site.data_dir / "db.sqlite3"
        site.process.send_signal(signal.SIGSTOP)
        try:
            token = site.manage("shell", "-c", FILL).split("token ")[1].split()[0]
            pages_before, _written_back = log_of(database)
            upload(site.url, token)
            pages, written_back = log_of(database)
            assert pages > pages_before > PAGES > written_back
        finally:
            site.process.send_signal(signal.SIGCONT)
        wait_until(lambda: log_of(database)[0] == log_of(database)[1])


@pytest.fixture
def database(transactional_db, django_db_serialized_rollback):
    """The tests' database with nothing in its log, and a table to write into."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE filler (content)")
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    yield Path(connection.settings_dict["NAME"])
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE filler")
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@pytest.fixture
def other():
    """Another connection to the same database, which does not wait for anybody."""
    wrapper = connection.copy()
    with wrapper.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 0")
    yield wrapper
    wrapper.close()


def write(pages: int, wrapper=connection) -> None:
    with wrapper.cursor() as cursor:
        cursor.execute(f"INSERT INTO filler VALUES (zeroblob({pages * 4096}))")


def test_what_is_in_the_log_comes_into_the_database(database):
    write(PAGES)
    assert log_of(database)[1] == 0
    write_back.write_back()
    pages, written_back = log_of(database)
    assert pages == written_back > PAGES


def test_a_long_log_begins_anew_though_somebody_wrote_meanwhile(database, other, monkeypatch):
    checkpoint = write_back.checkpoint

    def checkpoint_beside_a_writer(mode):
        pages = checkpoint(mode)
        if mode == "PASSIVE":
            write(1, other)
        return pages

    monkeypatch.setattr(write_back, "checkpoint", checkpoint_beside_a_writer)
    write(write_back.LONG_LOG_PAGES + 1)
    write_back.write_back()
    write(1)
    assert log_of(database)[0] < 100


def test_a_reader_that_takes_long_is_not_waited_for_and_keeps_nobody_waiting(database, other, monkeypatch):
    checkpoint, patience = write_back.checkpoint, {}

    def note_patience(mode):
        with connection.cursor() as cursor:
            patience[mode] = cursor.execute("PRAGMA busy_timeout").fetchone()[0]
        return checkpoint(mode)

    monkeypatch.setattr(write_back, "checkpoint", note_patience)
    write(1)
    with other.cursor() as cursor:
        cursor.execute("BEGIN DEFERRED")
        cursor.execute("SELECT count(*) FROM filler").fetchone()
        write(write_back.LONG_LOG_PAGES + 1)
        write_back.write_back()
        # A passive one waits for nobody anyway.
        assert patience == {"PASSIVE": 20_000, "RESTART": 0}
        pages, written_back = log_of(database)
        assert written_back < write_back.LONG_LOG_PAGES < pages
        cursor.execute("COMMIT")
    write(1, other)
    write_back.write_back()
    assert len(set(log_of(database))) == 1


def test_a_database_that_fails_is_complained_of_once(monkeypatch, caplog):
    stopping, tries = threading.Event(), []

    def fail(mode):
        tries.append(mode)
        if len(tries) == 3:
            stopping.set()
        raise write_back.DatabaseError("disk full")

    monkeypatch.setattr(write_back, "checkpoint", fail)
    monkeypatch.setattr(write_back.connection, "close", lambda: None)
    monkeypatch.setattr(write_back, "EVERY_S", 0)
    write_back.WriteBack(stopping).run()
    assert (len(tries), len(caplog.records)) == (3, 1)


@pytest.mark.django_db  # only because the connection is one of Django's
def test_the_log_stays_within_bounds_where_nobody_else_writes_it_back(tmp_path):
    path = tmp_path / "db.sqlite3"
    alone = ConnectionHandler({"default": env.database("NO_SUCH_VARIABLE", f"sqlite:///{path}")})["default"]
    log = path.with_name(f"{path.name}-wal")
    longest = 0
    with alone.cursor() as cursor:
        cursor.execute("CREATE TABLE filler (content)")
    for _commit in range(20):
        with alone.cursor() as cursor:
            cursor.execute("REPLACE INTO filler (rowid, content) VALUES (1, zeroblob(6000000))")
        longest = max(longest, log.stat().st_size)
    alone.close()
    assert 4 * MEGABYTE < longest < 80 * MEGABYTE
