"""The one place that reads the process environment.

Every name may also be given as ``NAME_FILE``, the path of a file that holds the value.

django-environ reads the text and takes URLs apart. The readers of other types are ours, because its own take
``HTTPS=ture`` for no and ``3s`` for 3, and their errors do not name the variable.
"""

import os
import re
import secrets
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import environ
from django.core.exceptions import ImproperlyConfigured

LOOPBACK_HOSTS = ("127.0.0.1", "::1", "localhost")

# Addresses that stand for every address of the machine; no browser goes to one of them.
WILDCARD_HOSTS = ("0.0.0.0", "::")  # noqa: S104  # to compare with, not to listen on

_SQLITE_PRAGMAS = {
    "journal_mode": "WAL",
    "synchronous": "NORMAL",
    "cache_size": -8_000,
    # `serve` writes the log back every two seconds (serving/write_back.py). This is for commands without it:
    # a commit that finds 64 MB in the log writes them back itself.
    "wal_autocheckpoint": 16_000,
    # What one very large transaction made of the log is given back to the disk.
    "journal_size_limit": 64 * 1024 * 1024,
}

_env = environ.FileAwareEnv()


def text(name: str, default: str = "") -> str:
    return str(_env.str(name, default)).strip()


def flag(name: str, default: bool) -> bool:
    value = text(name, "1" if default else "0").lower()
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off", ""}:
        return False
    raise ImproperlyConfigured(f"{name} must be 1 or 0, not {value!r}.")


def whole(name: str, default: int, *, at_least: int = 0) -> int:
    return int(number(name, default, at_least=at_least, kind=int))


def number(name: str, default: float, *, at_least: float = 0.0, kind: type[float] = float) -> float:
    value = text(name, str(default))
    try:
        parsed = kind(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a number, not {value!r}.") from None
    if parsed < at_least:
        raise ImproperlyConfigured(f"{name} must be at least {at_least}, not {value}.")
    return parsed


def choice(name: str, default: str, allowed: Sequence[str]) -> str:
    value = text(name, default).lower()
    if value not in allowed:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(allowed)}, not {value!r}.")
    return value


def words(name: str, default: Sequence[str] = ()) -> list[str]:
    return [word.strip() for word in text(name, ",".join(default)).split(",") if word.strip()]


def folder(name: str, default: Path) -> Path:
    return Path(text(name, str(default))).expanduser().resolve()


def path_prefix(name: str) -> str:
    """A path such as ``/emotion``, however its slashes were written; empty for the root."""
    parts = [part for part in text(name).split("/") if part]
    if not all(re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*", part) for part in parts):
        raise ImproperlyConfigured(f"{name} must be a path such as /emotion, not {text(name)!r}.")
    return "".join(f"/{part}" for part in parts)


def database(name: str, default: str) -> dict[str, Any]:
    """Django's settings for the database at a URL such as ``postgres://user:password@host/name``."""
    try:
        config = dict(_env.db_url_config(text(name, default)))
    except (KeyError, ValueError) as error:
        raise ImproperlyConfigured(f"{name} is not a database address that Django can use.") from error
    if config["ENGINE"].endswith("sqlite3"):
        # Opening a connection costs more than most requests; a thread keeps its own for a while.
        config["CONN_MAX_AGE"] = 60
        # IMMEDIATE takes the write lock at BEGIN, so a transaction waits for the lock
        # instead of failing when it first writes.
        config["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            # A connection that waits for the write lock polls; of fifty some are unlucky for long.
            "timeout": 20,
            "init_command": "".join(f"PRAGMA {pragma}={value};" for pragma, value in _SQLITE_PRAGMAS.items()),
        }
    elif config["ENGINE"].endswith("postgresql"):
        config["OPTIONS"] = {"pool": {"min_size": 1, "max_size": 20, "timeout": 5}}
    return config


def mail(name: str) -> dict[str, Any] | None:
    """Django's mail settings for a URL such as ``smtp+tls://user:password@host:587``, or None."""
    url = text(name)
    if not url:
        return None
    try:
        return dict(_env.email_url_config(url))
    except KeyError as error:
        raise ImproperlyConfigured(f"{name} is not a mail address that Django can use.") from error


def time_zone(name: str) -> str:
    """The zone from the environment, or this machine's where it can be known, or UTC."""
    if given := text(name):
        return given
    machine = text("TZ").lstrip(":") or os.path.realpath("/etc/localtime").partition("/zoneinfo/")[2]
    try:
        return ZoneInfo(machine).key
    except (ValueError, KeyError, OSError):
        return "UTC"


def is_local(host: str, *, https: bool, num_proxies: int) -> bool:
    """Whether this machine alone reaches the site: a proxy on it may open a loopback address to the world."""
    return host in LOOPBACK_HOSTS and not https and not num_proxies


def secret_key(name: str, data_dir: Path) -> str:
    """The key from the environment, or one that is made once and kept in ``data_dir``."""
    given = text(name)
    if given:
        return given
    path = data_dir / "secret_key"
    data_dir.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        _make_secret(path)
    return path.read_text().strip()


def _make_secret(path: Path) -> None:
    """No process ever reads half a key, and of several that make one at once one wins."""
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=".secret_key-") as draft:
        draft.write(secrets.token_urlsafe(64))
        draft.flush()
        os.fsync(draft.fileno())
        with suppress(FileExistsError):
            os.link(draft.name, path)
