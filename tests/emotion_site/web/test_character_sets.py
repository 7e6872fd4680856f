"""Text in a character set that is none is refused, not crashed over."""

import asyncio

import httpx
import pytest

FORM = "application/x-www-form-urlencoded"
API = "/api/v1/clips/"


@pytest.fixture
def post():
    """Send a request through the site's whole ASGI application, as its server does."""
    from emotion_site.asgi import application

    async def send(path: str, content_type: str, **headers: str) -> httpx.Response:
        transport = httpx.ASGITransport(app=application)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as browser:
            headers["Content-Type"] = content_type
            return await browser.post(path, content=b"title=a", headers=headers)

    return lambda path, content_type, **headers: asyncio.run(send(path, content_type, **headers))


@pytest.mark.parametrize("charset", ["hex", "base64", "idna", "undefined", "utf-7"])
@pytest.mark.parametrize("kind", [FORM, "application/json", "multipart/form-data; boundary=x"])
def test_the_api_refuses_it(post, kind, charset):
    response = post(API, f"{kind}; charset={charset}")
    assert (response.status_code, response.json()["code"]) == (400, "unknown_charset")


@pytest.mark.parametrize("charset", ["=hex", "*=nonsense''a"])
def test_a_page_refuses_it(post, charset):
    response = post("/history/?q=a", f"{FORM}; charset{charset}")
    assert response.status_code == 400
    assert "<h1>" in response.text


@pytest.mark.parametrize("headers", [{"Accept-Language": "es"}, {"Cookie": "django_language=es"}])
def test_the_refusal_speaks_the_language_of_the_browser_and_says_why(post, headers):
    reason = "No se entiende este juego de caracteres."
    assert reason in post(API, f"{FORM}; charset=hex", **headers).json()["detail"]
    assert reason in post("/history/", f"{FORM}; charset=hex", **headers).text


@pytest.mark.parametrize("charset", ["utf-8", "UTF-8", "us-ascii", "latin-1", "windows-1252", "nonsense"])
def test_what_browsers_send_is_read(post, charset):
    """As far as the question who sends it."""
    assert post(f"{API}?q=a", f"{FORM}; charset={charset}").status_code == 401
