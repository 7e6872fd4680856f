"""Pictures and tables of how well people agree."""

import csv
import datetime
import io

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from annotations.agreement.charts import Mark, heat, position, weekly_chart
from annotations.agreement.coefficients import Agreement, Interval
from annotations.agreement.csv_tables import PARTS
from annotations.agreement.report import WeekRow
from tests.factories import ModelVersionFactory, PredictionFactory, UserFactory

pytestmark = pytest.mark.django_db
AGREEMENT = "/agreement/"


@pytest.fixture
def answered(policy, shared, say, reviewer, second_reviewer):
    """``answered("sad", "angry")`` is a clip with these two blind answers."""
    policy.reviewers_needed = 2
    policy.save()

    def make(first: str, second: str, **fields):
        clip = shared(**fields)
        say(reviewer, clip, first)
        say(second_reviewer, clip, second)
        return clip

    return make


def text_of(response) -> str:
    return response.content.decode()


def table(browser, part: str, language: str = "en", separator: str = ",") -> list[list[str]]:
    address = reverse("annotations:agreement_csv", args=["emotion", part])
    text = text_of(browser.get(address, headers={"Accept-Language": language}))
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff")), delimiter=separator))


def test_nothing_to_say_yet(reviewer_client):
    text = text_of(reviewer_client.get(AGREEMENT))
    assert "Not enough answers yet" in text
    assert "No randomly drawn clip" in text


@pytest.mark.parametrize("part", PARTS)
def test_tables_without_answers_have_a_header(reviewer_client, part):
    assert len(table(reviewer_client, part)[0]) > 1


def test_figures_are_those_of_the_answers(reviewer_client, answered):
    for first, second in [("sad", "sad"), ("sad", "sad"), ("angry", "angry"), ("sad", "angry")]:
        answered(first, second)
    text = text_of(reviewer_client.get(AGREEMENT))
    assert "<strong>75%</strong>" in text
    figures = {row[0]: row[1] for row in table(reviewer_client, "overall")[1:]}
    assert (figures["n_clips"], figures["n_reviews"], figures["raw_agreement"]) == ("4", "8", "0.75")
    # Krippendorff 2011: observed 0.25, expected 5*3*2/(8*7).
    assert float(figures["krippendorff_alpha"]) == pytest.approx(1 - 0.25 / (30 / 56), abs=1e-6)
    labels = {row[0]: row[3] for row in table(reviewer_client, "labels")[1:]}
    assert float(labels["sad"]) == 0.8
    assert labels["happy"] == ""


def test_pairs_are_pseudonyms_and_mark_oneself(reviewer_client, reviewer, second_reviewer, answered):
    answered("sad", "sad")
    text = text_of(reviewer_client.get(AGREEMENT))
    assert f"{reviewer.pseudonym.name} (you)" in text
    assert second_reviewer.email not in text


def test_a_version_is_judged_on_clips_drawn_at_random(reviewer_client, policy, shared, say, reviewer):
    version = ModelVersionFactory(number=7)
    policy.random_percent = 100
    policy.save()
    for said in ("sad", "sad", "angry"):
        clip = shared()
        PredictionFactory(clip=clip, model_version=version, answer="sad")
        say(reviewer, clip, said)
    header, row = table(reviewer_client, "versions")
    found = dict(zip(header, row, strict=True))
    assert (found["model_version"], found["n_clips"]) == ("7", "3")
    assert float(found["accuracy"]) == pytest.approx(2 / 3, abs=1e-6)
    assert float(found["low"]) < 2 / 3 < float(found["high"])
    assert "Which labels version 7 confuses" in text_of(reviewer_client.get(AGREEMENT))


def test_spanish_spreadsheets_get_their_notation(reviewer_client, answered):
    answered("sad", "sad")
    answered("sad", "angry")
    rows = table(reviewer_client, "overall", "es", ";")
    assert rows[3][:2] == ["raw_agreement", "0,5"]


def test_an_unknown_table(reviewer_client):
    assert reviewer_client.get("/agreement/emotion/secrets.csv").status_code == 404
    assert reviewer_client.get("/agreement/nothing/pairs.csv").status_code == 404


def test_queries_do_not_grow_with_answers(reviewer_client, answered):
    def queries() -> int:
        cache.clear()
        reviewer_client.get(AGREEMENT)
        cache.delete_many([])
        with CaptureQueriesContext(connection) as captured:
            reviewer_client.get(AGREEMENT)
        return len(captured)

    answered("sad", "sad")
    few = queries()
    for _number in range(5):
        answered("sad", "angry")
    UserFactory(role="reviewer")
    assert queries() == few <= 16


def test_places_on_the_scale():
    assert (position(-1), position(-0.2), position(0.4), position(1)) == (0, 0, 50, 100)
    below = Mark("", -0.2)
    assert (below.start, below.length) == (0, position(0))
    spread = Mark("", 0.4, Interval(0.1, 0.7))
    assert (spread.low, spread.spread) == (25, 50)


def test_a_week_without_figures_interrupts_the_line():

    def week(number: int, raw: float | None) -> WeekRow:
        monday = datetime.date(2026, 1, 5) + datetime.timedelta(weeks=number)
        return WeekRow(monday, Agreement(3, 6, raw, raw, raw))

    weeks = [week(0, 1.0), week(1, 0.4), week(2, None)]
    drawn = weekly_chart(weeks, [("Raw", "raw_agreement")])
    assert drawn["days"] == ["2026-01-05", "2026-01-12", "2026-01-19"]
    assert drawn["names"][0] == "5 Jan 2026"
    assert drawn["series"] == [{"name": "Raw", "values": [1.0, 0.4, None]}]


def test_heat_follows_the_share():
    cells = heat([[0.86, 0.14], [0.0, 1.0]])
    assert [[cell.level for cell in line] for line in cells] == [[9, 1], [0, 10]]
    assert cells[1][1].is_same and not cells[0][1].is_same


def test_a_label_that_nobody_gave_has_no_shares(reviewer_client, answered):
    assert [cell.share for cell in heat([[0.0, 0.0], [0.0, 1.0]])[0]] == [None, None]
    for _clip in range(2):
        answered("sad", "angry")
    page = text_of(reviewer_client.get(AGREEMENT))
    heats = page[page.index('class="heat"') :]
    happy = heats[heats.index('<th scope="row">Happy') :]
    assert happy[: happy.index("</tr>")].count("–") == 6 and "%" not in happy[: happy.index("</tr>")]
    assert table(reviewer_client, "confusion")[2] == ["happy", *[""] * 6]


def test_figures_are_explained_and_negative_ones_have_a_minus_sign(reviewer_client, answered):
    for _clip in range(2):
        answered("sad", "angry")
    page = text_of(reviewer_client.get(AGREEMENT))
    assert "below 0 is less than chance." in page
    assert "\N{MINUS SIGN}1.00" in page and "-1.00" not in page


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ([("sad", "sad"), ("sad", "sad")], "Everybody always gave the same label"),
        ([("sad", "angry"), ("angry", "sad")], "That is less than people would agree by chance"),
        ([("sad", "sad"), ("angry", "angry")], "Beyond chance, that is <strong>almost perfect"),
    ],
)
def test_what_is_beyond_chance_in_words(reviewer_client, answered, answers, said):
    for first, second in answers:
        answered(first, second)
    assert said in text_of(reviewer_client.get(AGREEMENT))


def test_the_page_shows_the_first_pairs_and_the_table_has_all(
    reviewer_client, answered, say, admin, monkeypatch
):
    monkeypatch.setattr("annotations.agreement.report.MAX_PAIRS", 2)
    say(admin, answered("sad", "sad"), "sad")
    assert "These are 2 of 3 pairs." in text_of(reviewer_client.get(AGREEMENT))
    assert len(table(reviewer_client, "pairs")) == 4
