"""The Spanish of the site: complete, fitting its English, and shown to those who choose it."""

import json
import re
from collections.abc import Iterator
from gettext import GNUTranslations
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation.template import templatize

from classifier.models import Label
from classifier.templatetags.numbers import percent
from emotion_site.accounts.people import give_role
from emotion_site.roles import Role
from emotion_site.web.javascript_catalog import catalog_of
from emotion_site.web.translation_overrides import ALLAUTH, DJANGO
from tests.factories import ClipFactory

ROOT = Path(settings.BASE_DIR)
APPS = ["annotations", "classifier", "emotion_site", "training"]
PO_FILES = {domain: ROOT / f"locale/es/LC_MESSAGES/{domain}.po" for domain in ["django", "djangojs"]}
LAZY = {f"{name}_lazy": places for name, places in DEFAULT_KEYWORDS.items() if "gettext" in name}
KEYWORDS = {**DEFAULT_KEYWORDS, **LAZY, "gettext_noop": None}
PLACEHOLDER = re.compile(r"%(?:\(\w+\))?[\d.]*[a-z]|%%")
TAG = re.compile(r"</?\w+[^>]*>")
COMMAND_LINE = re.compile(r"`[^`]+`")

Key = tuple[str | None, str | tuple[str, ...]]


def read(domain: str) -> Catalog:
    with PO_FILES[domain].open("rb") as file:
        return read_po(file, locale="es")


@pytest.fixture(scope="module", params=PO_FILES)
def domain(request) -> str:
    """Of the site's texts, and of those that scripts say."""
    return request.param


@pytest.fixture(scope="module")
def spanish(domain) -> Catalog:
    return read(domain)


@pytest.fixture
def compiled(settings, tmp_path) -> Iterator[Path]:
    """The folder of the catalogues that are compiled as `make setup` does it, and in use."""
    folder = tmp_path / "es/LC_MESSAGES"
    folder.mkdir(parents=True)
    for domain in PO_FILES:
        with (folder / f"{domain}.mo").open("wb") as file:
            write_mo(file, read(domain))
    settings.LOCALE_PATHS = [tmp_path]
    catalog_of.cache_clear()
    yield folder
    catalog_of.cache_clear()


def messages_in_the_source(domain: str) -> Iterator[Key]:
    if domain == "djangojs":
        for path in sorted(ROOT.glob("*/static/**/*.js")):
            yield from _messages(path.read_text(), "javascript")
        return
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            yield from _messages(path.read_text())
    for path in sorted([*(ROOT / "templates").rglob("*.html"), *(ROOT / "templates").rglob("*.txt")]):
        # Lines of a template are indented as a page is, which would be an error in Python.
        lines = templatize(path.read_text(), origin=str(path)).splitlines()
        yield from _messages("\n".join(line.strip() for line in lines))


def _messages(source: str, language: str = "python") -> Iterator[Key]:
    for _line, message, _comments, context in extract(language, BytesIO(source.encode()), KEYWORDS):
        yield context, message


def test_every_text_of_the_source_is_in_the_catalogue_and_nothing_else(domain, spanish):
    assert {(message.context, message.id) for message in spanish if message.id} == set(
        messages_in_the_source(domain)
    )
    assert not spanish.obsolete


def forms_of(message: Message) -> list[tuple[str, str]]:
    """English and Spanish, once for the singular and once for the plural where there is one."""
    if message.pluralizable:
        assert len(message.string) == 2
        return list(zip(message.id, message.string, strict=True))
    return [(message.id, message.string)]


def test_nothing_is_empty_or_unsure(domain, spanish):
    assert len(spanish) > {"django": 600, "djangojs": 30}[domain]
    assert [message.id for message in spanish if message.id and message.fuzzy] == []
    assert [en for message in spanish for en, es in forms_of(message) if message.id and not es.strip()] == []


@pytest.mark.parametrize(
    "pattern", [PLACEHOLDER, TAG, COMMAND_LINE], ids=["placeholders", "tags", "commands"]
)
def test_what_is_not_language_stays_as_it_is(spanish, pattern):
    wrong = [
        (en, es)
        for message in spanish
        if message.id
        for en, es in forms_of(message)
        if sorted(pattern.findall(en)) != sorted(pattern.findall(es))
    ]
    assert wrong == []


COUNTED = re.compile(
    r"%\(\w+\)[sd] (clips|voices|speakers|people|points|minutes|seconds|hours|days|pairs|answers|reviews|"
    r"versions|labels|runs|codes|files|lines|decisions|recordings)\b"
)
# Never one: a constant, a number with decimals, or the first of so many that not all are shown. Or no number.
NEVER_ONE = {
    "%(format)s files cannot be read.",
    "Fewer than %(enough)d voices say nothing about all the others. Have clips of more voices decided, then "
    "train again.",
    "%(minutes)s minutes",
    "%(points)s points of accuracy",
    "%(shown)s of %(total)s pairs are shown.",
    "These are %(shown)s of %(total)s pairs. The CSV file has all of them.",
}


def test_nobody_reads_of_one_clips(spanish):
    texts = [message.id for message in spanish if message.id and not message.pluralizable]
    wrong = [text for text in texts if COUNTED.search(text) and not any(each in text for each in NEVER_ONE)]
    assert wrong == []


def test_people_are_addressed_in_one_way(spanish):
    formal = re.compile(
        r"\b(usted|[Ii]nténtelo|[Ee]scriba|[Ee]lija|[Pp]ulse|[Ii]ntroduzca|vosotros|[Aa]brid)\b"
    )
    texts = [es for message in spanish if message.id for _en, es in forms_of(message)]
    assert [es for es in texts if formal.search(es)] == []


def test_the_compiled_catalogue_says_what_the_source_says(domain, spanish, compiled):
    with (compiled / f"{domain}.mo").open("rb") as file:
        known = GNUTranslations(file)
    for message in spanish:
        if message.id and not message.pluralizable:
            said = (
                known.pgettext(message.context, message.id) if message.context else known.gettext(message.id)
            )
            assert said == message.string


@pytest.mark.parametrize("text", [*DJANGO, *ALLAUTH], ids=str)
def test_a_borrowed_text_is_still_one_of_its_library(settings, text):
    """Once a library words it anew, our Spanish for it would be translated for nobody."""
    settings.LOCALE_PATHS = []
    values = {"min_length": 8, "verbose_name": "-", "value": "-"}
    with translation.override("es"):
        assert text % values != english(text, values)


def english(text: Promise, values: dict[str, object]) -> str:
    with translation.override("en"):
        return text % values


def page_in_spanish(browser: Client, url: str) -> str:
    response = browser.get(url, headers={"Accept-Language": "es"})
    assert response["Content-Language"] == "es"
    return response.content.decode()


def test_signing_in_speaks_spanish(compiled, client, db):
    page = page_in_spanish(client, reverse("account_login"))
    assert "<h1>Iniciar sesión</h1>" in page
    assert "Mantener la sesión iniciada en este dispositivo" in page
    wrong = {"login": "nobody@example.org", "password": "wrong"}
    response = client.post(reverse("account_login"), wrong, headers={"Accept-Language": "es"})
    assert "El correo electrónico o la contraseña no son correctos." in response.content.decode()


def test_the_classify_page_and_its_scripts_speak_spanish(compiled, speaker_client):
    page = page_in_spanish(speaker_client, reverse("classifier:classify"))
    assert "¿Qué emoción hay en esta voz?" in page
    start = page.index('id="classify-settings"')
    settings_json = page[page.index(">", start) + 1 : page.index("</script>", start)]
    handed_over = json.loads(settings_json)
    assert handed_over["labels"]["happy"]["name"] == "Alegría"
    script = speaker_client.get(re.search(r'src="(/jsi18n/es/[^"]+)"', page).group(1)).content.decode()
    assert f'"Press the button and speak.": {json.dumps("Pulsa el botón y habla.")}' in script


def test_rows_in_the_admin_speak_spanish(compiled, admin_client):
    clip = ClipFactory(answer="sad")
    pages = {
        "classifier/clip": ["duración en segundos", "por estado"],
        "classifier/prediction": [str(clip.pk), "grabación"],
        "django_tasks_database/dbtaskresult": ["trabajos en segundo plano", "por cola"],
    }
    for path, words in pages.items():
        page = page_in_spanish(admin_client, f"/admin/{path}/").lower()
        assert [word for word in words if word not in page] == [], path


def test_a_refusal_of_the_api_speaks_spanish(compiled, speaker_client):
    response = speaker_client.post("/api/v1/clips/", headers={"Accept-Language": "es"})
    assert response.json() == {
        "code": "no_file",
        "detail": "No ha llegado ninguna grabación. Elige un archivo o graba tu voz.",
    }


def test_what_a_person_is_told_speaks_their_language(
    compiled, speaker, admin, mail_is_configured, mailoutbox, django_capture_on_commit_callbacks
):
    speaker.language = "es"
    speaker.save()
    with django_capture_on_commit_callbacks(execute=True):
        give_role(user=speaker, role=Role.REVIEWER, actor=admin)
    assert mailoutbox[0].subject == "Un cambio en tu cuenta"
    assert "Desde la administración se cambió tu rol. Ahora es: Revisión." in mailoutbox[0].body


def test_counts_have_their_plural(compiled):
    with translation.override("es"):
        said = [
            translation.ngettext("%(count)d clip is back.", "%(count)d clips are back.", count)
            % {"count": count}
            for count in (1, 2)
        ]
    assert said == ["Se ha recuperado 1 grabación.", "Se han recuperado 2 grabaciones."]


def test_a_sentence_embeds_the_names_of_emotions(compiled, db):
    happy, fearful = (Label.objects.get(key=key) for key in ("happy", "fearful"))
    with translation.override("es"):
        sentence = translation.gettext("Not sure: between %(first)s and %(second)s")
        assert sentence % {"first": str(fearful).lower(), "second": str(happy).lower()} == (
            "No está claro: entre miedo y alegría"
        )


@pytest.mark.parametrize(("language", "written"), [("en", "34.8%"), ("es", "34,8\N{NO-BREAK SPACE}%")])
def test_percentages_are_written_as_the_language_does(compiled, language, written):
    with translation.override(language):
        assert percent(34.81, 1) == written
