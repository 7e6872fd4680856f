"""Snapshots, runs and versions over the API and in the Django admin: the same services."""

import json

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from classifier.models import Corpus, ModelVersion, Task
from tests.factories import ModelVersionFactory
from tests.training.decided import decided_by_people, decided_corpus
from training.models import Promotion, Snapshot, TrainingRun
from training.versions.lineage import clips_behind, versions_that_learned_from


@pytest.fixture(autouse=True)
def own_folders(own_data_dir):
    """For every door, since many write."""


@pytest.fixture
def in_service(task) -> ModelVersion:
    manifest = {"labels": [label.key for label in task.labels.all()], "parameters": 1000, "metrics": {"a": 1}}
    return ModelVersionFactory(task=task, is_active=True, manifest=manifest)


@pytest.fixture
def frozen(task, in_service, admin_client) -> Snapshot:
    decided_corpus()
    response = admin_client.post("/api/v1/snapshots/")
    assert response.status_code == 201, response.content
    return Snapshot.objects.get(pk=response.json()["id"])


PATHS = ["snapshots/", "runs/", "versions/", "promotions/"]


@pytest.mark.parametrize("path", PATHS)
def test_only_administrators_see_training(path, reviewer_client, speaker_client, admin_client, client):
    assert client.get(f"/api/v1/{path}").status_code == 401
    assert speaker_client.get(f"/api/v1/{path}").status_code == 403
    assert reviewer_client.get(f"/api/v1/{path}").status_code == 403
    assert admin_client.get(f"/api/v1/{path}").status_code == 200


def test_freezing_twice_answers_the_same_snapshot(frozen, admin_client):
    again = admin_client.post("/api/v1/snapshots/")
    assert again.status_code == 200 and again.json()["checksum"] == frozen.checksum
    shown = admin_client.get(f"/api/v1/snapshots/{frozen.pk}/").json()
    assert shown["counts"]["train"]["sad"] == 2 and shown["n_clips"] == 30


def test_nothing_to_freeze_is_told(admin_client, task):
    response = admin_client.post("/api/v1/snapshots/")
    assert response.status_code == 409 and response.json()["code"] == "no_decided_clips"


def test_run_is_started_once_and_cancelled(frozen, admin_client, in_service):
    response = admin_client.post("/api/v1/runs/", {"mode": "top"}, content_type="application/json")
    assert response.status_code == 201, response.content
    run = response.json()
    assert (run["snapshot"], run["start_version"]) == (frozen.number, in_service.number)
    again = admin_client.post("/api/v1/runs/", {}, content_type="application/json")
    assert again.status_code == 409 and again.json()["code"] == "run_exists"
    cancelled = admin_client.post(f"/api/v1/runs/{run['id']}/cancel/")
    assert cancelled.json()["state"] == "cancelled"
    assert admin_client.post(f"/api/v1/runs/{run['id']}/approve/").json()["code"] == "not_waiting"


def test_reviewers_start_nothing(frozen, reviewer_client):
    response = reviewer_client.post("/api/v1/runs/", {}, content_type="application/json")
    assert response.status_code == 403 and not TrainingRun.objects.exists()


def test_versions_tell_their_metrics_and_refuse_what_is_damaged(admin_client, in_service, task):
    manifest = {"labels": ["a"], "metrics": {}}
    other = ModelVersionFactory(task=task, manifest=manifest)
    base = f"/api/v1/versions/{other.number}"
    shown = admin_client.get(f"/api/v1/versions/{in_service.number}/metrics/").json()
    assert shown == {"metrics": {"a": 1}, "verdict": None}
    response = admin_client.post(f"{base}/promote/", {"reason": "try"}, content_type="application/json")
    assert response.status_code == 409 and response.json()["code"] == "missing_folder"
    assert ModelVersion.objects.active().get() == in_service
    assert admin_client.delete(f"{base}/").status_code == 204
    other.refresh_from_db()
    assert other.status == "removed"
    response = admin_client.delete(f"/api/v1/versions/{in_service.number}/")
    assert response.status_code == 409 and response.json()["code"] == "in_service"
    response = admin_client.post("/api/v1/versions/rollback/")
    assert response.status_code == 409 and response.json()["code"] == "nothing_to_roll_back"


def test_retrain_in_the_admin_leads_to_the_choice_of_how(frozen, admin_client, in_service, task):
    older = ModelVersionFactory(task=task, manifest=in_service.manifest)
    for model, row in (("training_snapshot", frozen), ("classifier_modelversion", older)):
        changelist = reverse(f"admin:{model}_changelist")
        assert f'href="{reverse("training:runs")}"' in admin_client.get(changelist).content.decode()
        form = {"action": "retrain", "_selected_action": [row.pk]}
        page = admin_client.post(changelist, form, follow=True).content.decode()
        assert f'<option value="{row.number}" selected>' in page and "on this machine" in page
    assert not TrainingRun.objects.exists()


def test_putting_into_service_in_the_admin_shows_what_serves_first(admin_client, in_service, task):
    other = ModelVersionFactory(task=task)
    form = {"action": "promote", "_selected_action": [other.pk]}
    response = admin_client.post(reverse("admin:classifier_modelversion_changelist"), form)
    assert response.url == f"{reverse('training:versions')}?task=emotion#version-{other.number}"
    assert ModelVersion.objects.active().get() == in_service


MODELS = [
    "snapshot",
    "snapshotclip",
    "trainingrun",
    "promotion",
    "gatepolicy",
    "speakersplit",
    "predictionjob",
]


@pytest.mark.parametrize("model", MODELS)
def test_admin_lists_open(model, frozen, admin_client):
    assert admin_client.get(reverse(f"admin:training_{model}_changelist")).status_code == 200


def test_versions_know_their_clips_and_clips_their_versions(admin_client, frozen, in_service, task):
    made = ModelVersionFactory(task=task)
    TrainingRun.objects.create(
        task=task, snapshot=frozen, start_version=in_service, version=made, state="promoted"
    )
    learned = frozen.clips.filter(split="train").first()
    judged = frozen.clips.filter(split="test").first()
    assert list(versions_that_learned_from(learned.clip_id)) == [made]
    assert list(versions_that_learned_from(judged.clip_id)) == []
    assert clips_behind(made).count() == 30
    answer = admin_client.get(f"/api/v1/versions/{made.number}/clips/").json()
    assert len(answer["results"]) > 0 and {"clip", "label", "how", "split"} <= answer["results"][0].keys()


def test_what_was_in_service_at_a_moment(admin_client, in_service, task):
    Promotion.objects.create(task=task, kind="promote", to_version=in_service)
    at, before = timezone.now().isoformat(), "2001-01-01T00:00"
    answer = admin_client.get("/api/v1/versions/in_service/", {"at": at})
    assert answer.json()["number"] == in_service.number
    assert admin_client.get("/api/v1/versions/in_service/", {"at": before}).status_code == 404
    assert admin_client.get("/api/v1/versions/in_service/", {"at": "once"}).status_code == 400
    page = reverse("training:versions")
    assert (
        f'href="#version-{in_service.number}">version' in admin_client.get(page, {"at": at}).content.decode()
    )
    text = admin_client.get(page, {"at": before}).content.decode()
    assert "No version was in service." in text
    assert admin_client.get(page, {"at": "2001-99-99T00:00"}).status_code == 200


def test_export_dataset_is_read_by_the_datasets_library(task, speaker, tmp_path, capsys):
    decided_corpus()
    decided_by_people(speaker)
    call_command("export_dataset", tmp_path / "out", "--task", "emotion", "--json")
    told = json.loads(capsys.readouterr().out)
    again = tmp_path / "again"
    call_command("export_dataset", again, "--json")
    assert json.loads(capsys.readouterr().out) == told
    datasets = pytest.importorskip("datasets")
    datasets.disable_progress_bars()
    loaded = datasets.load_dataset(
        "audiofolder", data_dir=str(tmp_path / "out"), cache_dir=str(tmp_path / "cache")
    )
    assert {split: len(rows) for split, rows in loaded.items()} == {
        split: sum(labels.values()) for split, labels in told["counts"].items()
    }
    labels = loaded["train"].features["label"]
    assert set(getattr(labels, "names", None) or loaded["train"]["label"]) <= set(task_labels(task))
    assert {"audio", "label", "speaker", "split", "duration_s", "soft_label_sad"} <= set(
        loaded["test"].column_names
    )


def task_labels(task: Task) -> list[str]:
    return list(task.labels.values_list("key", flat=True))


def test_export_dataset_refuses_a_full_folder_and_an_empty_site(task, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "x").touch()
    with pytest.raises(CommandError) as refused:
        call_command("export_dataset", tmp_path / "out")
    assert refused.value.returncode == 2
    with pytest.raises(CommandError, match="no_decided_clips"):
        call_command("export_dataset", tmp_path / "other")
    assert not Corpus.objects.exists()


def test_rollback_model_says_what_is_missing(task, in_service):
    with pytest.raises(CommandError, match="nothing_to_roll_back"):
        call_command("rollback_model")
    assert not Promotion.objects.filter(kind="rollback").exists()
