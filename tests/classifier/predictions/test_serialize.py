"""The form of a prediction for programs."""

import pytest

from classifier.models import Label
from classifier.predictions.serialize import serialize_prediction
from tests.factories import ClipFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def clip(speaker):
    """A clip whose scores came back from the database in another order, as PostgreSQL's do."""
    clip = ClipFactory(owner=speaker, answer="sad")
    prediction = clip.predictions.get()
    scores = dict(sorted(prediction.scores.items()))
    prediction.scores, prediction.segments = scores, [{"start_s": 0.0, "end_s": 2.5, "scores": scores}]
    prediction.save()
    return clip


def test_scores_stand_in_the_order_of_the_task(clip):
    order = list(Label.objects.filter(task__slug="emotion").values_list("key", flat=True))
    answer = serialize_prediction(clip.predictions.get(), clip)
    assert order == ["neutral", "happy", "sad", "angry", "fearful", "disgust"]
    assert list(answer["scores"]) == order
    assert list(answer["segments"][0]["scores"]) == order


def test_the_list_of_the_api_keeps_that_order(clip, speaker_client):
    listed = speaker_client.get("/api/v1/clips/").json()["results"][0]["prediction"]
    assert list(listed["scores"])[:3] == ["neutral", "happy", "sad"]
