"""Reviewing with 100,000 clips and 300,000 reviews, as JSON lines: `python -m benchmarks.reviews`.

Runs on SQLite, then on PostgreSQL in a database of its own on the server that ``BENCH_DATABASE`` or
``DATABASE_URL`` names. Targets: next clip and submit at most 50 ms in 95 of 100 requests, queue page and
review page 100 ms, agreement page 1 s when nothing is remembered, and its report made anew as long.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from uuid import uuid4

import numpy as np
import psycopg

if TYPE_CHECKING:
    from django.test import Client

    from benchmarks.review_data import Site

LIMITS_MS = {
    "next": 50,
    "submit": 50,
    "queue page": 100,
    "review page": 100,
    "agreement page": 1000,
    "agreement API": 1000,
    "agreement report": 1000,
}
PAGES = {
    "queue page": "/review/",
    "review page": "/review/emotion/",
    "agreement page": "/agreement/",
    "agreement API": "/api/v1/agreement/",
}
PAGE_LOADS = 20
REPORTS = 5
SQLITE = "sqlite"


def main() -> int:
    options = _parser().parse_args()
    if options.database:
        return _run(options)
    # Settings are read once per process.
    return max(_run_apart("--database", database) for database in _databases())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="benchmarks.reviews")
    parser.add_argument("--clips", type=int, default=100_000)
    parser.add_argument("--reviews", type=int, default=300_000)
    parser.add_argument("--rounds", type=int, default=300, help="clips that are taken and answered")
    parser.add_argument(
        "--database", default="", metavar="URL", help="only this PostgreSQL server, or only sqlite"
    )
    return parser


def _databases() -> Iterator[str]:
    yield SQLITE
    server = os.environ.get("BENCH_DATABASE") or os.environ.get("DATABASE_URL", "")
    if server.startswith("postgres"):
        yield server
    else:
        note("PostgreSQL is left out: name a server with BENCH_DATABASE=postgres://...")


def _run_apart(*arguments: str) -> int:
    return subprocess.run([sys.executable, "-m", "benchmarks.reviews", *sys.argv[1:], *arguments]).returncode


def _run(options: argparse.Namespace) -> int:
    with tempfile.TemporaryDirectory(prefix="bench-reviews-") as folder, _database(options, folder) as url:
        _set_up(folder, url)
        from django.db import connections
        from django.test.utils import override_settings

        with override_settings(ALLOWED_HOSTS=["testserver"], SECURE_SSL_REDIRECT=False):
            results = list(_measure(options))
        connections.close_all()
    for result in results:
        sys.stdout.write(json.dumps(result) + "\n")
    return 0 if all(result["met"] for result in results) else 1


@contextmanager
def _database(options: argparse.Namespace, folder: str) -> Iterator[str]:
    """The address of an empty database, which is gone afterwards."""
    if options.database == SQLITE:
        yield f"sqlite:///{folder}/db.sqlite3"
        return
    name = f"bench_reviews_{uuid4().hex[:8]}"
    try:
        server = psycopg.connect(options.database, autocommit=True, connect_timeout=5)
    except psycopg.OperationalError as error:
        sys.exit(f"PostgreSQL cannot be reached, so nothing was measured on it: {error}")
    with server:
        server.execute(f"CREATE DATABASE {name}")
        try:
            yield urlsplit(options.database)._replace(path=f"/{name}").geturl()
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _set_up(folder: str, database: str) -> None:
    os.environ |= {
        "DATA_DIR": folder,
        "DJANGO_SETTINGS_MODULE": "emotion_site.settings.base",
        "THROTTLE_USER": "1000000/min",
        "THROTTLE_ADDRESS": "1000000/min",
        "THROTTLE_REVIEW": "1000000/min",
        "LOG_LEVEL": "ERROR",
        "DATABASE_URL": database,
    }
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def _measure(options: argparse.Namespace) -> Any:
    from django.db import connection

    from benchmarks.review_data import Site

    site = Site(options.clips, options.reviews)
    site.fill(note)
    note("measuring")
    with _as_served():
        times = {**_review(site, options.rounds), **_pages(site), **_report(site)}
    for name, milliseconds in times.items():
        p95 = float(np.percentile(milliseconds, 95))
        yield {
            "database": connection.vendor,
            "what": name,
            "clips": options.clips,
            "reviews": options.reviews,
            "p50_ms": round(float(np.median(milliseconds)), 1),
            "p95_ms": round(p95, 1),
            "limit_ms": LIMITS_MS[name],
            "met": p95 <= LIMITS_MS[name],
        }


@contextmanager
def _as_served() -> Iterator[None]:
    """As under `serve`: SQLite's log is written back, and what lives long is no garbage."""
    from emotion_site.serving.web import load_what_requests_need
    from emotion_site.serving.write_back import EVERY_S, WriteBack

    load_what_requests_need()
    stopping = threading.Event()
    writer = WriteBack(stopping)
    writer.start()
    time.sleep(2 * EVERY_S)  # until the log of all that was filled in is written back
    yield
    stopping.set()
    writer.join()


def _review(site: "Site", rounds: int) -> dict[str, list[float]]:
    """Twenty reviewers take turns, each with the clip after this one fetched ahead, as the page does."""
    people = [_browser(person) for person in site.reviewers]
    now = [_post(browser, "next/", {}).json()["clip"] for browser in people]
    then = [_ahead(browser, clip).json()["clip"] for browser, clip in zip(people, now, strict=True)]
    taken: list[float] = []
    sent: list[float] = []
    for number in range(rounds):
        place = number % len(people)
        browser = people[place]
        answer = {"clip": now[place], "label": "sad", "client_id": uuid4().hex, "milliseconds": 900}
        saved = _timed(sent, partial(_post, browser, "", answer))
        if saved.status_code != 201:
            sys.exit(f"An answer was refused: {saved.content!r}")
        offer = _timed(taken, partial(_ahead, browser, then[place])).json()
        now[place], then[place] = then[place], offer["clip"]
    # The first rounds fill caches that a running site has filled long ago.
    return {"next": taken[len(people) :], "submit": sent[len(people) :]}


def _pages(site: "Site") -> dict[str, list[float]]:
    from django.core.cache import cache

    browser = _browser(site.reviewers[0])
    times: dict[str, list[float]] = {}
    for name, path in PAGES.items():
        times[name] = []
        browser.get(path)
        for _number in range(PAGE_LOADS):
            cache.clear()
            response = _timed(times[name], partial(browser.get, path))
            if response.status_code != 200:
                sys.exit(f"{path} answered {response.status_code}.")
    return times


def _report(site: "Site") -> dict[str, list[float]]:
    """What a worker does while the page shows the report before."""
    from annotations.agreement.report import make_report

    times: list[float] = []
    for _number in range(REPORTS):
        _timed(times, partial(make_report, site.task))
    return {"agreement report": times}


def _browser(person: Any) -> "Client":
    from django.test import Client

    browser = Client()
    browser.force_login(person)
    return browser


def _post(browser: "Client", path: str, data: dict[str, Any]) -> Any:
    return browser.post(f"/api/v1/reviews/{path}", data, content_type="application/json")


def _ahead(browser: "Client", clip: str) -> Any:
    return _post(browser, "next/", {"ahead": True, "beside": [clip]})


def _timed(times: list[float], work: Callable[[], Any]) -> Any:
    begin = time.perf_counter()
    result = work()
    times.append((time.perf_counter() - begin) * 1000)
    return result


def note(text: str) -> None:
    sys.stderr.write(text + "\n")


if __name__ == "__main__":
    sys.exit(main())
