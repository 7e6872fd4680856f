"""Whose body is received at all, how much of it is kept, and that none is taken for empty."""

import json
from io import BytesIO
from pathlib import Path

import httpx
import numpy as np
import pytest
import soundfile

from tests.emotion_site.crowd import Person, address_of, answer_on, asking
from tests.served_site import served_site
from tests.waiting import wait_until

pytestmark = pytest.mark.slow

API = "/api/v1/clips/"
SIGN_IN = "/accounts/login/"
LARGE = 20_000_000
MULTIPART = {"Content-Type": "multipart/form-data; boundary=b"}
GO_ON = b"HTTP/1.1 100 Continue\r\n\r\n"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with served_site(tmp_path_factory.mktemp("served"), EMAIL_URL="") as served:
        yield served


@pytest.fixture(scope="module")
def person(site) -> Person:
    return Person(site)


def recording(pitch: float) -> bytes:
    """A second that another pitch makes another recording."""
    times = np.arange(16_000) / 16_000
    out = BytesIO()
    soundfile.write(out, 0.3 * np.sign(np.sin(2 * np.pi * pitch * times)), 16_000, format="WAV")
    return out.getvalue()


def kept_files(site) -> list[Path]:
    """What the web process holds of bodies that are too large for memory."""
    opened = Path(f"/proc/{site.child('emotion_site.serving.web').pid}/fd").iterdir()
    return [link for link in opened if link.readlink().name.endswith("(deleted)")]


@pytest.mark.parametrize(("path", "status"), [("/", 302), (API, 401)])
@pytest.mark.parametrize("length", [{"Content-Length": LARGE}, {"Transfer-Encoding": "chunked"}])
def test_nobody_receives_the_recording_of_a_stranger(site, path, status, length):
    headers = MULTIPART | length | {"Expect": "100-continue"}
    with asking(address_of(site.url), path, headers) as client:
        assert answer_on(client).status == status


def test_a_stranger_who_sends_all_the_same_reads_the_answer(site):
    answer = httpx.post(site.url + API, files={"file": ("voice.wav", b"x" * LARGE)})
    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
    assert answer.headers.get("Connection") == "close"
    page = httpx.post(site.url + "/", files={"file": ("voice.wav", b"x" * LARGE)})
    assert (page.status_code, page.headers["Location"]) == (302, f"{SIGN_IN}?next=/")
    assert kept_files(site) == []


def test_the_refusal_speaks_the_language_of_the_browser(site):
    answer = httpx.post(site.url + API, content=b"x", headers={"Accept-Language": "es"})
    assert answer.json()["detail"].startswith("Las credenciales")


def test_an_expired_token_is_named_before_the_recording_is_sent(site):
    late = Person(site, "late@example.org", days=-1)
    headers = MULTIPART | late.bearer | {"Content-Length": LARGE, "Expect": "100-continue"}
    with asking(address_of(site.url), API, headers) as client:
        answer = answer_on(client)
    assert (answer.status, json.loads(answer.text)["code"]) == (401, "token_expired")


@pytest.mark.parametrize("wrong", [{"Origin": "https://evil.example"}, {"X-CSRFToken": "y" * 32}])
@pytest.mark.parametrize("path", ["/", API])
def test_a_forged_upload_is_refused_by_its_headers(site, person, path, wrong):
    headers = MULTIPART | person.cookies | wrong | {"Content-Length": LARGE, "Expect": "100-continue"}
    with asking(address_of(site.url), path, headers) as client:
        assert answer_on(client).status == 403


def test_someone_known_is_told_to_go_on(site, person):
    body = MULTIPART | {"Content-Length": 100, "Expect": "100-continue"}
    for headers in (person.bearer, person.cookies | {"X-CSRFToken": person.csrf}):
        with asking(address_of(site.url), API, headers | body) as client:
            assert client.recv(len(GO_ON)) == GO_ON


@pytest.mark.parametrize("length", [{"Content-Length": 100_000}, {"Transfer-Encoding": "chunked"}])
def test_a_form_of_a_stranger_is_small(site, length):
    headers = {"Content-Type": "application/x-www-form-urlencoded"} | length
    with asking(address_of(site.url), SIGN_IN, headers) as client:
        if "Transfer-Encoding" in length:
            client.sendall(b"10000\r\n" + b"a" * 0x10000 + b"\r\n" + b"10000\r\n" + b"a" * 0x10000)
        assert answer_on(client).status == 413


def test_a_stranger_signs_in(site, person):
    """With a form that is a few KB long, as passkeys are, and came without its length."""
    with httpx.Client(base_url=site.url) as browser:
        token = browser.get(SIGN_IN).text.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
        fields = {
            "csrfmiddlewaretoken": token,
            "login": "sender@example.org",
            "password": "a long and quiet sentence",
            "padding": "x" * 30_000,
        }
        form = httpx.Request("POST", site.url, data=fields).content
        answer = browser.post(
            SIGN_IN, content=in_pieces(form), headers={"Content-Type": "application/x-www-form-urlencoded"}
        )
        assert (answer.status_code, answer.headers["Location"]) == (302, "/")


def in_pieces(body: bytes):
    """httpx sends what comes from a generator without saying how long it will be."""
    for begin in range(0, len(body), 10_000):
        yield body[begin : begin + 10_000]


def test_no_body_without_a_length_is_taken_for_empty(site, person):
    form = httpx.Request(
        "POST", site.url, files={"file": ("voice.wav", recording(140))}, data={"title": "In pieces"}
    )
    headers = {"Content-Type": form.headers["Content-Type"]}
    with httpx.Client(base_url=site.url, headers=person.bearer, timeout=30) as program:
        made = program.post(API, content=in_pieces(form.read()), headers=headers)
        assert made.status_code in (201, 202), made.text
        clip = f"{API}{made.json()['id']}/"
        assert program.get(clip).json()["title"] == "In pieces"
        renamed = program.patch(
            clip, content=in_pieces(b'{"title": "Renamed"}'), headers={"Content-Type": "application/json"}
        )
        assert renamed.json()["title"] == "Renamed"
        url_encoded = {"Content-Type": "application/x-www-form-urlencoded"}
        program.patch(clip, content=in_pieces(b"title=Again"), headers=url_encoded)
        assert program.get(clip).json()["title"] == "Again"
        nonsense = program.patch(clip, content=in_pieces(b"{"), headers={"Content-Type": "application/json"})
        assert (nonsense.status_code, nonsense.json()["code"]) == (400, "parse_error")


def test_a_plain_form_without_a_length_is_read(site, person):
    fields = {"csrfmiddlewaretoken": person.csrf}
    form = httpx.Request("POST", site.url, files={"file": ("voice.wav", recording(200))}, data=fields)
    headers = person.cookies | {"Content-Type": form.headers["Content-Type"]}
    answer = httpx.post(f"{site.url}/", content=in_pieces(form.read()), headers=headers, timeout=30)
    assert (answer.status_code, answer.headers.get("Location", "")[:7]) == (302, "/clips/")


@pytest.mark.parametrize(("length", "status"), [(2_000_000, 413), (30_000_000, 413)])
def test_the_limits_hold_without_a_length_too(site, person, length, status):
    path = API if length > 25_000_000 else "/accounts/"
    headers = person.cookies | {"X-CSRFToken": person.csrf, "Content-Type": "multipart/form-data; boundary=b"}
    answer = httpx.post(site.url + path, content=in_pieces(b"x" * length), headers=headers, timeout=60)
    assert answer.status_code == status


def test_nothing_is_left_of_a_body_that_broke_off(site, person):
    before = len(kept_files(site))
    headers = person.bearer | {"Content-Length": LARGE}
    with asking(address_of(site.url), API, headers) as client:
        client.sendall(b"x" * 3_000_000)
        wait_until(lambda: len(kept_files(site)) > before)
    wait_until(lambda: len(kept_files(site)) == before)
