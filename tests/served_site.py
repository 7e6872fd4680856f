"""The real `manage.py serve` in a folder of its own, as a process that tests can talk to and kill."""

import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import httpx
import psutil
import psycopg

from tests.requirements import ROOT
from tests.waiting import wait_until


class ServedSite:
    """Starts at once; ``url`` and ``first_administrator_url`` are read from what the command prints."""

    def __init__(self, data_dir: Path, **environment: str) -> None:
        self.data_dir = data_dir
        self.mail_dir = data_dir / "mail"
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "serve"],
            cwd=ROOT,
            env=self._environment(environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # As in a terminal: Ctrl-C can be sent to this group without reaching the tests.
            process_group=0,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _environment(self, changes: dict[str, str]) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("DJANGO_")}
        return inherited | {
            "DATA_DIR": str(self.data_dir),
            "PORT": "0",
            # Its path loses the first slash on the way.
            "EMAIL_URL": f"filemail:///{self.mail_dir}",
            **changes,
        }

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip())

    @property
    def output(self) -> str:
        return "\n".join(self.lines)

    @property
    def url(self) -> str:
        return self._printed(r"(http://localhost:\d+\S*)/ ")

    @property
    def first_administrator_url(self) -> str:
        return self._printed(r"(http://\S+/first-administrator/\S+)")

    def _printed(self, pattern: str) -> str:
        wait_until(lambda: re.search(pattern, self.output) or self.process.poll() is not None)
        found = re.search(pattern, self.output)
        assert found, f"{pattern} was not printed:\n{self.output}"
        return found[1]

    def wait_until_healthy(self) -> None:
        def healthy() -> bool:
            assert self.process.poll() is None, self.output
            try:
                return httpx.get(f"{self.url}/health/", timeout=5).status_code == 200
            except httpx.TransportError:
                return False

        wait_until(healthy)

    def family(self) -> list[psutil.Process]:
        """The supervisor and everything below it."""
        supervisor = psutil.Process(self.process.pid)
        return [supervisor, *supervisor.children(recursive=True)]

    def child(self, module: str) -> psutil.Process:
        return next(process for process in self.family() if module in process.cmdline())

    def manage(self, *arguments: str) -> str:
        """Run a command in the very environment of the site, and return what it printed."""
        environment = psutil.Process(self.process.pid).environ()
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def interrupt(self) -> None:
        """What Ctrl-C does: SIGINT to the whole group in the foreground."""
        os.killpg(self.process.pid, signal.SIGINT)

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(timeout=60)
        self._reader.join(timeout=5)


@contextmanager
def served_site(data_dir: Path, **environment: str) -> Iterator[ServedSite]:
    """A site that answers, on the kind of database that the tests run on, stopped at the end."""
    with fresh_database() as database:
        if not database:
            # Migrating takes as long as everything else together.
            copy_migrated_database(data_dir)
        site = ServedSite(data_dir, **database, **environment)
        try:
            site.wait_until_healthy()
            yield site
        finally:
            site.stop()


def copy_migrated_database(data_dir: Path) -> None:
    """Put a SQLite database in which nothing has happened into a data folder."""
    data_dir.mkdir(exist_ok=True)
    shutil.copy(_migrated_database(Path(_prepared.name)), data_dir)


_prepared = tempfile.TemporaryDirectory(prefix="migrated-")  # removed when the tests end


@cache
def _migrated_database(folder: Path) -> Path:
    inherited = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    inherited.pop("DJANGO_SETTINGS_MODULE", None)
    command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    subprocess.run(command, cwd=ROOT, env={**inherited, "DATA_DIR": str(folder)}, check=True)
    return folder / "db.sqlite3"


@contextmanager
def fresh_database() -> Iterator[dict[str, str]]:
    """Environment for an empty database: SQLite in the data folder, or one more on the tests' server."""
    url = os.environ.get("DATABASE_URL", "")
    if not url.startswith("postgres"):
        yield {}
        return
    name = f"served_{secrets.token_hex(6)}"
    _execute(url, f'CREATE DATABASE "{name}"')
    try:
        yield {"DATABASE_URL": urlunsplit(urlsplit(url)._replace(path=f"/{name}"))}
    finally:
        _execute(url, f'DROP DATABASE "{name}" WITH (FORCE)')


def _execute(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)
