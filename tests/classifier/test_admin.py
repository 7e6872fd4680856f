"""What administrators may not change in Django's admin, because models and people rely on it."""

import pytest

from classifier.models import Label, Task
from tests.factories import ClipFactory, ModelVersionFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def task_page() -> str:
    return f"/admin/classifier/task/{Task.objects.get(slug='emotion').pk}/change/"


def fields_of(page) -> dict[str, object]:
    """What a browser would send back of the task and its labels."""
    labels = page.context["inline_admin_formsets"][0].formset
    forms = [page.context["adminform"].form, labels.management_form, *labels.forms]
    return {bound.html_name: bound.value() for form in forms for bound in form if bound.value() is not None}


def test_labels_that_a_version_learned_keep_their_keys_and_number(admin_client, task_page):
    ModelVersionFactory()
    fields = fields_of(admin_client.get(task_page))
    fields |= {"slug": "mood", "labels-0-key": "calm", "labels-0-name": "Calm", "labels-1-DELETE": "on"}
    assert admin_client.post(task_page, fields).status_code == 302
    keys = ["neutral", "happy", "sad", "angry", "fearful", "disgust"]
    assert list(Label.objects.filter(task__slug="emotion").values_list("key", flat=True)) == keys
    assert Label.objects.get(key="neutral").name == "Calm"


def test_labels_that_nothing_learned_yet_may_change(admin_client, task_page):
    fields = fields_of(admin_client.get(task_page)) | {"labels-0-key": "calm"}
    assert admin_client.post(task_page, fields).status_code == 302
    assert Label.objects.filter(key="calm").exists()


def test_how_a_label_is_recognised_is_written_by_administrators(admin_client, task_page, reviewer_client):
    ModelVersionFactory()
    fields = fields_of(admin_client.get(task_page)) | {"labels-2-guidance": "As on a rainy Sunday."}
    assert admin_client.post(task_page, fields).status_code == 302
    beside = reviewer_client.get("/review/emotion/").content.decode()
    assert "As on a rainy Sunday." in beside and "Slow, low and weak" not in beside
    assert "Bright and lively" in beside, "the others keep the words of the site"


def test_a_clip_is_deleted_by_its_owner_alone(admin_client):
    clip = ClipFactory()
    path = f"/admin/classifier/clip/{clip.pk}/delete/"
    assert admin_client.post(path, {"post": "yes"}).status_code == 403
