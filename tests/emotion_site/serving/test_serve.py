"""`manage.py serve`, started for real: its processes live and die together."""

import signal
import socket
import time
from pathlib import Path

import httpx
import psutil
import pytest

from tests.emotion_site.crowd import Person, address_of, asking
from tests.served_site import ServedSite, fresh_database, served_site
from tests.waiting import wait_until

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with served_site(tmp_path_factory.mktemp("served")) as served:
        yield served


def commands(site):
    """Command lines of the supervisor and of what it started, without what those started."""
    supervisor = psutil.Process(site.process.pid)
    return [" ".join(process.cmdline()) for process in [supervisor, *supervisor.children()]]


def still_running(processes):
    return [process for process in processes if process.is_running() and process.status() != "zombie"]


def test_starts_one_web_process_and_two_workers(site):
    wait_until(lambda: len(commands(site)) == 4)
    # In the order of their numbers, which begin anew on a machine that runs long enough.
    served = [
        command.split("emotion_site.serving.")[1] for command in commands(site) if "serving." in command
    ]
    web, *workers = sorted(served)
    assert web.startswith("web ")
    assert workers == ["worker default", "worker training"]


def test_prints_a_link_that_makes_the_first_administrator(site):
    assert httpx.get(site.first_administrator_url, follow_redirects=True).status_code == 200


def test_a_page_comes_with_its_style(site):
    page = httpx.get(site.url, follow_redirects=True)
    assert page.status_code == 200
    stylesheet = page.text.split('rel="stylesheet" href="')[1].split('"')[0]
    assert httpx.get(site.url + stylesheet).status_code == 200


def test_health_tells_strangers_nothing_more_than_yes(site):
    assert httpx.get(f"{site.url}/health/").json() == {"status": "ok"}


def test_an_upload_on_its_way_waits_in_the_data_folder(site):
    def kept() -> list[Path]:
        opened = Path(f"/proc/{site.child('emotion_site.serving.web').pid}/fd").iterdir()
        return [link.readlink() for link in opened if link.readlink().name.endswith("(deleted)")]

    headers = Person(site).bearer | {"Content-Length": 4_000_000}
    before = kept()
    with asking(address_of(site.url), "/api/v1/clips/", headers) as client:
        client.sendall(b"x" * 3_000_000)
        wait_until(lambda: len(kept()) > len(before))
        assert {path.parent for path in set(kept()) - set(before)} == {site.data_dir / "tmp"}


def test_a_web_process_that_dies_is_started_again(site):
    killed = site.child("emotion_site.serving.web")
    killed.kill()
    wait_until(lambda: not killed.is_running())
    site.wait_until_healthy()
    assert site.child("emotion_site.serving.web").pid != killed.pid
    assert "Ended by itself" in site.output


def test_a_port_in_use_is_said_clearly(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other, fresh_database() as database:
        port = other.getsockname()[1]
        site = ServedSite(tmp_path, PORT=str(port), **database)
        assert site.process.wait(timeout=30) == 1
        site.stop()
    assert f"Port {port} is in use." in site.output
    assert "Traceback" not in site.output


def test_a_second_server_of_a_data_folder_is_refused_and_harms_nothing(tmp_path):
    with served_site(tmp_path) as site:
        wait_until(lambda: len(commands(site)) == 4)
        family = site.family()
        second = ServedSite(tmp_path)
        try:
            assert second.process.wait(timeout=60) == 1
        finally:
            second.stop()
        assert (
            f"Another server (process {site.process.pid}) uses the data folder {tmp_path}." in second.output
        )
        assert "Traceback" not in second.output
        assert still_running(family) == family
        assert httpx.get(f"{site.url}/health/").status_code == 200


def test_a_killed_server_keeps_nobody_from_its_data_folder(tmp_path):
    with fresh_database() as database:
        for _start in range(2):
            site = ServedSite(tmp_path, **database)
            try:
                site.wait_until_healthy()
            finally:
                site.process.kill()
                site.stop()


def test_a_damaged_model_heals_before_it_is_said_to_serve(tmp_path):
    model = tmp_path / "models" / "emotion" / "1" / "model.onnx"
    with fresh_database() as database:
        for _start in range(2):
            site = ServedSite(tmp_path, **database)
            try:
                site.wait_until_healthy()
                assert "The shipped model is version 1, in service." in site.output
            finally:
                site.stop()
            model.write_bytes(model.read_bytes()[:-1000] + bytes(1000))


def test_ctrl_c_stops_everything_within_five_seconds(tmp_path):
    with served_site(tmp_path) as site:
        wait_until(lambda: len(commands(site)) == 4)
        family = site.family()
        begin = time.monotonic()
        site.interrupt()
        assert site.process.wait(timeout=10) == 0
        assert time.monotonic() - begin < 5
        assert still_running(family) == []
    assert "Traceback" not in site.output


def test_no_process_outlives_a_killed_supervisor(tmp_path):
    with served_site(tmp_path) as site:
        wait_until(lambda: len(commands(site)) == 4)
        family = site.family()
        site.process.send_signal(signal.SIGKILL)
        wait_until(lambda: not still_running(family), within_s=6)


def test_a_second_start_registers_nothing_again(tmp_path):
    with fresh_database() as database:
        for _start in range(2):
            site = ServedSite(tmp_path, **database)
            try:
                site.wait_until_healthy()
            finally:
                site.stop()
    assert [path.name for path in (tmp_path / "models" / "emotion").iterdir()] == ["1"]


def test_two_web_processes_share_one_address(tmp_path):
    with served_site(tmp_path, WEB_PROCESSES="2") as site:
        wait_until(lambda: sum("emotion_site.serving.web" in p.cmdline() for p in site.family()) == 2)
        assert {httpx.get(f"{site.url}/health/").status_code for _request in range(10)} == {200}
