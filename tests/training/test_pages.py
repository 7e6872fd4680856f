"""The pages of model versions, snapshots and training runs, as an administrator uses them."""

from uuid import uuid4

import pytest
from django.urls import reverse

from classifier.models import Clip, ModelVersion, Task
from tests.factories import ClipFactory, ModelVersionFactory, PredictionFactory
from tests.training.decided import decided_by_people, decided_corpus
from tests.training.verdicts import keys, verdict_of
from training.freezing import freeze_snapshot
from training.models import PredictionJob, Promotion, Snapshot, TrainingRun
from training.promoting import promote_version

PAGES = ["versions", "jobs", "snapshots", "snapshot_list", "runs", "estimate"]
PEOPLE = [("nobody", 302), ("speaker", 403), ("stranger", 403), ("reviewer", 403), ("admin", 200)]


@pytest.fixture(autouse=True)
def own_folders(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    settings.MODELS_DIR = tmp_path / "models"


@pytest.fixture
def task(db) -> Task:
    return Task.objects.get(slug="emotion")


@pytest.fixture
def in_service(task) -> ModelVersion:
    metrics = {"test": {"accuracy": {"value": 0.7143, "interval_95": [0.67, 0.76]}}}
    manifest = {"labels": keys(task), "parameters": 1_000_000, "metrics": metrics}
    return ModelVersionFactory(task=task, is_active=True, manifest=manifest)


@pytest.fixture
def versions_on_disk(own_data_dir, tiny_version, admin) -> list[ModelVersion]:
    """Two of them, of which the second came into service after the first."""
    found = [tiny_version(0), tiny_version(3)]
    for version in found:
        promote_version(version=version, administrator=admin)
    return found


@pytest.fixture
def frozen(task, admin) -> Snapshot:
    decided_corpus()
    return freeze_snapshot(task=task, administrator=admin, later=False).snapshot


@pytest.fixture
def run_in(task, frozen, in_service, admin):
    """``run_in("training", ...)`` is a run in this state."""

    def make(state: str, **fields) -> TrainingRun:
        given = {"task": task, "snapshot": frozen, "start_version": in_service, "started_by": admin}
        return TrainingRun.objects.create(**{**given, "state": state, **fields})

    return make


@pytest.fixture
def waiting(run_in, task, in_service) -> TrainingRun:
    """A run whose version is better and waits for approval."""
    version = ModelVersionFactory(task=task, origin="trained", manifest=in_service.manifest)
    verdict = verdict_of(keys(task), changed=Clip.objects.first())
    return run_in("waiting_for_approval", version=version, compared_with=in_service, verdict=verdict)


def text_of(response) -> str:
    return " ".join(response.content.decode().split())


def address(name: str, *args) -> str:
    return reverse(f"training:{name}", args=args)


@pytest.mark.parametrize(("person", "status"), PEOPLE)
@pytest.mark.parametrize("page", PAGES)
def test_pages_are_for_administrators(request, client_of, task, page, person, status):
    user = request.getfixturevalue(person) if person != "nobody" else None
    assert client_of(user).get(address(page)).status_code == status


@pytest.mark.parametrize(("person", "status"), PEOPLE)
@pytest.mark.parametrize("page", ["run", "run_live"])
def test_a_run_is_for_administrators(request, client_of, run_in, page, person, status):
    user = request.getfixturevalue(person) if person != "nobody" else None
    assert client_of(user).get(address(page, run_in("queued").pk)).status_code == status


POSTS = ["promote", "delete_version", "cancel", "approve", "reject"]


@pytest.mark.parametrize("page", POSTS)
def test_others_change_nothing(reviewer_client, waiting, in_service, page):
    pk = waiting.version_id if page in ("promote", "delete_version") else waiting.pk
    assert reviewer_client.post(address(page, pk)).status_code == 403
    waiting.refresh_from_db()
    assert waiting.state == "waiting_for_approval"
    assert ModelVersion.objects.active().get() == in_service


@pytest.mark.parametrize("page", ["roll_back", "predict_again", "snapshots", "runs"])
def test_others_start_nothing(reviewer_client, task, page):
    assert reviewer_client.post(address(page), {"task": "emotion"}).status_code == 403


def test_only_administrators_are_led_there(reviewer_client, admin_client, task):
    link = f'href="{address("versions")}"'
    assert link in admin_client.get("/").content.decode()
    assert link not in reviewer_client.get("/").content.decode()


def test_unknown_things(admin_client, task):
    for name in ("run", "run_live"):
        assert admin_client.get(address(name, uuid4())).status_code == 404
    assert admin_client.get(address("versions"), {"task": "nothing"}).status_code == 404
    assert admin_client.post(address("promote", 999)).status_code == 404


def test_nothing_yet(admin_client, task):
    assert "No version is in service" in text_of(admin_client.get(address("versions")))
    assert "No snapshot yet" in text_of(admin_client.get(address("snapshots")))
    assert "There is nothing to learn from yet" in text_of(admin_client.get(address("runs")))


def test_versions_tell_how_good_they_are(admin_client, in_service, task):
    ModelVersionFactory(task=task)
    text = text_of(admin_client.get(address("versions")))
    assert f"Version {in_service.number} is in service" in text
    assert "71.4%" in text and "(67 to 76%)" in text and "never measured here" in text


def test_a_version_that_cannot_serve_is_refused(admin_client, in_service, task):
    other = ModelVersionFactory(task=task)
    form = {"reason": "try", "instead_of": in_service.pk}
    response = admin_client.post(address("promote", other.pk), form, follow=True)
    assert "so the one in service stays." in text_of(response)
    assert ModelVersion.objects.active().get() == in_service


def test_the_log_says_who_and_why(admin_client, admin, in_service, task):
    first = ModelVersionFactory(task=task)
    Promotion.objects.create(
        task=task, kind="promote", from_version=first, to_version=in_service, actor=admin, reason="better"
    )
    text = text_of(admin_client.get(address("versions")))
    assert f"Version {in_service.number} put into service" in text and "<q>better</q>" in text
    assert f"Roll back to version {first.number}" in text and admin.email in text
    response = admin_client.post(address("roll_back"), {"task": "emotion"}, follow=True)
    assert "so the one in service stays." in text_of(response)  # it has no files


def test_deleting_asks_first(admin_client, in_service, task):
    other = ModelVersionFactory(task=task)
    PredictionFactory(model_version=other)
    asked = text_of(admin_client.get(address("delete_version", other.pk)))
    assert "1 prediction stays and keeps its number." in asked
    other.refresh_from_db()
    assert other.status == "ready"
    text = text_of(admin_client.post(address("delete_version", other.pk), follow=True))
    assert f"The files of version {other.number} are deleted." in text and "files removed" in text
    response = admin_client.post(address("delete_version", in_service.pk), follow=True)
    assert "The version in service cannot be deleted." in text_of(response)


def test_predicting_again(admin_client, in_service, task):
    clip = PredictionFactory(model_version=ModelVersionFactory(task=task)).clip
    shown = "1 clip shows the answer of another version than the one in service."
    assert shown in text_of(admin_client.get(address("versions")))
    response = admin_client.post(address("predict_again"), {"task": "emotion"}, follow=True)
    text = text_of(response)
    assert "1 clip is heard again." in text and 'hx-trigger="every 1s"' in text
    # While a worker is busy, nobody needs to count or to ask once more.
    assert shown not in text and address("predict_again") not in text
    PredictionJob.objects.update(state="done", done=1)
    section = text_of(admin_client.get(address("jobs")))
    assert "hx-trigger" not in section and shown in section and address("predict_again") in section
    Clip.objects.filter(pk=clip.pk).update(answered_by=in_service)
    section = text_of(admin_client.get(address("jobs")))
    assert "1 of 1 clips" in section and shown not in section and address("predict_again") not in section


def test_a_rollback_tells_which_answers_stay(admin_client, task, versions_on_disk):
    first, second = versions_on_disk
    PredictionFactory(model_version=second)
    response = admin_client.post(address("roll_back"), {"task": "emotion"}, follow=True)
    text = text_of(response)
    assert f"Version {first.number} is in service" in text
    assert f"1 clip still shows the answer of version {second.number}, which was taken back." in text
    assert "1 clip shows the answer of another version than the one in service." in text


def test_freezing(admin_client, in_service, task, speaker):
    response = admin_client.post(address("snapshots"), {"task": "emotion"}, follow=True)
    assert "so there is nothing to freeze." in text_of(response)
    decided_by_people(speaker)
    decided_corpus()
    form = {"task": "emotion", "with_corpora": "on"}
    text = text_of(admin_client.post(address("snapshots"), form, follow=True))
    snapshot = Snapshot.objects.get()
    assert f"Snapshot {snapshot.number} is frozen and being written." in text
    assert f"0 of {snapshot.n_clips} clips written" in text and 'hx-trigger="every 1s"' in text
    assert "Few clips for training: Neutral 2, Happy" in text
    again = text_of(admin_client.post(address("snapshots"), form, follow=True))
    assert f"Nothing has changed since snapshot {snapshot.number}" in again
    Snapshot.objects.update(state="failed", error_code="storage_full")
    assert "The site has no room left." in text_of(admin_client.get(address("snapshot_list")))


def test_starting_and_cancelling(admin_client, frozen, in_service):
    page = text_of(admin_client.get(address("runs")))
    assert "It takes about a minute on this machine" in page
    form = {"snapshot": frozen.number, "start_version": in_service.number, "mode": "top"}
    assert "about a minute" in text_of(admin_client.get(address("estimate"), form))
    text = text_of(admin_client.post(address("runs"), form, follow=True))
    run = TrainingRun.objects.get()
    assert run.mode == "top" and "Waiting for the worker" in text
    again = admin_client.post(address("runs"), form)
    assert again.status_code == 400 and "A training run is under way already." in text_of(again)
    text = text_of(admin_client.post(address("cancel", run.pk), follow=True))
    assert "cancelled" in text
    assert "This run has ended already." in text_of(admin_client.post(address("cancel", run.pk), follow=True))


@pytest.mark.parametrize("wrong", [{"snapshot": "999"}, {"mode": "magic"}, {"start_version": "x"}])
def test_bad_wishes_start_nothing(admin_client, frozen, in_service, wrong):
    form = {"snapshot": frozen.number, "start_version": in_service.number, "mode": "head", **wrong}
    assert admin_client.post(address("runs"), form).status_code == 400
    assert not TrainingRun.objects.exists()


def test_the_page_follows_a_run(admin_client, run_in):
    curves = [{"epoch": 1, "loss": 1.5, "validation_loss": 1.4, "accuracy": 0.4, "mean_recall": 0.35}]
    run = run_in(
        "training", stage="training", progress=0.42, seconds_left=400, curves=curves, log=["10:00:00 Hi"]
    )
    response = admin_client.get(address("run_live", run.pk))
    text = text_of(response)
    assert 'value="42"' in text and "Time left: about 7 minutes" in text and "10:00:00 Hi" in text
    assert "Learning" in text and 'hx-trigger="every 1s"' in text and "HX-Refresh" not in response
    TrainingRun.objects.update(state="failed", error_code="out_of_memory", error_detail="x")
    response = admin_client.get(address("run_live", run.pk))
    assert response["HX-Refresh"] == "true" and "hx-trigger" not in text_of(response)
    assert "Choose a smaller mode" in text_of(admin_client.get(address("run", run.pk)))


@pytest.mark.parametrize("state", TrainingRun.State.values)
def test_every_state_has_its_page(admin_client, run_in, state):
    run = run_in(state, error_code="internal" if state == "failed" else "", error_detail="It broke.")
    text = text_of(admin_client.get(address("run", run.pk)))
    assert run.get_state_display() in text
    assert ("Cancel the run" in text) is run.is_unfinished
    assert ("It broke." in text) is (state == "failed")


def test_the_verdict_is_told(admin_client, waiting):
    text = text_of(admin_client.get(address("run", waiting.pk)))
    assert "The new version is better." in text and "It keeps every rule of the gate." in text
    assert "Of 120 clips of 20 voices" in text and "the validation voices did" in text
    assert "97.5%" in text and "+37.5" in text and "Recall of Happy" in text and "Size on disk" in text
    assert text.count('class="heat"') == 2
    assert "Recall of Happy in noise" in text and "Of the 40 clips among them that people sent here" in text
    assert "Accuracy may fall by 1 points, in noise by 2." in text and "/gatepolicy/" in text
    assert reverse("annotations:audio", args=[Clip.objects.first().pk]) in text
    assert "Page 1 of 3" in text and text.count("<audio") == 20
    assert "Page 3 of 3" in text_of(admin_client.get(address("run", waiting.pk), {"page": 3}))
    Clip.objects.update(shared_for_review=False)
    text = text_of(admin_client.get(address("run", waiting.pk)))
    assert "<audio" not in text and "not shared" in text
    assert "of the same clips: 60.0%" in text_of(admin_client.get(address("versions")))


def test_broken_rules_are_told(admin_client, waiting, task):
    waiting.verdict = verdict_of(keys(task), changed=Clip.objects.first(), worse=True)
    waiting.state = "rejected"
    waiting.save()
    text = text_of(admin_client.get(address("run", waiting.pk)))
    assert "The new version is worse." in text and "It does not pass the gate." in text
    assert "Accuracy falls from 97.5% to 60.0%; at most 1 points are allowed." in text
    assert "is found in 60.0% of its clips" in text and "Put into service all the same" in text


def test_what_the_gate_rejected_is_marked_in_service_too(admin_client, waiting, task):
    assert "rejected by the gate" not in text_of(admin_client.get(address("versions")))
    waiting.verdict = verdict_of(keys(task), changed=Clip.objects.first(), worse=True)
    waiting.save()
    text = text_of(admin_client.get(address("versions")))
    assert text.count("rejected by the gate") == 1 and "It does not pass the gate." in text
    assert text.count("Put into service all the same") == 2  # what opens the question, and what answers it
    ModelVersion.objects.update(is_active=False)
    ModelVersion.objects.filter(pk=waiting.version_id).update(is_active=True)
    text = text_of(admin_client.get(address("versions")))
    assert text.count("rejected by the gate") == 2 and "all the same" not in text


def test_a_version_of_which_nobody_knows_is_marked(admin_client, waiting):
    waiting.verdict["outcome"] = "unclear"
    waiting.save()
    text = text_of(admin_client.get(address("versions")))
    assert "unclear whether better" in text and "all the same" not in text


def test_a_label_without_clips_has_no_recall(admin_client, waiting):
    for figures in (waiting.verdict["figures"]["candidate"], waiting.verdict["figures"]["active"]):
        figures["confusion"][-1] = [0] * 6
        figures["labels"]["disgust"]["recall"]["value"] = 0.0
    waiting.save()
    text = text_of(admin_client.get(address("run", waiting.pk)))
    for name in ("Recall of Disgust", "Recall of Disgust in noise"):
        row = text[text.index(f'<th scope="row">{name}</th>') :]
        row = row[: row.index("</tr>")]
        assert row.count("–") == 3 and "%" not in row


def test_rejecting(admin_client, waiting, admin):
    text = text_of(admin_client.post(address("reject", waiting.pk), {"reason": "Not yet."}, follow=True))
    waiting.refresh_from_db()
    assert (waiting.state, waiting.decided_by) == ("rejected", admin)
    assert "The version stays out of service." in text and "Not yet." in text


def test_what_somebody_left_out_is_not_approved_by_a_stale_page(admin_client, waiting, in_service):
    admin_client.post(address("reject", waiting.pk), {"reason": "Not yet."})
    text = text_of(admin_client.post(address("approve", waiting.pk), follow=True))
    assert "This run has no version that waits for a decision." in text
    assert "Put into service all the same" not in text


def test_approving_a_damaged_version_keeps_the_old_one(admin_client, waiting, in_service):
    text = text_of(admin_client.post(address("approve", waiting.pk), follow=True))
    assert "so the one in service stays." in text
    assert ModelVersion.objects.active().get() == in_service


def test_approving_what_was_compared_with_another(admin_client, waiting, in_service, task):
    ModelVersion.objects.update(is_active=False)
    ModelVersionFactory(task=task, is_active=True)
    text = text_of(admin_client.get(address("run", waiting.pk)))
    assert "Another version is in service now than the one it was compared with" in text


def test_a_clip_says_which_versions_learned_from_it(speaker, speaker_client, task, in_service, run_in):
    clips = decided_by_people(speaker)
    snapshot = freeze_snapshot(task=task, administrator=None, later=False).snapshot
    learned = snapshot.clips.filter(clip__in=clips, split="train").first()
    page = reverse("classifier:clip", args=[learned.clip_id])
    assert "no model version has learned from it yet" in text_of(speaker_client.get(page))
    made = ModelVersionFactory(task=task)
    run_in("promoted", snapshot=snapshot, version=made)
    assert f"<strong>version {made.number}</strong>" in text_of(speaker_client.get(page))
    judged = snapshot.clips.filter(clip__in=clips, split="test").first()
    page = reverse("classifier:clip", args=[judged.clip_id])
    assert "it is kept to judge them" in text_of(speaker_client.get(page))
    page = reverse("classifier:clip", args=[ClipFactory(owner=speaker).pk])
    assert "training-heading" not in text_of(speaker_client.get(page))
