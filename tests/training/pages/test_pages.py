"""The pages of snapshots and training runs, as an administrator uses them."""

from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from classifier.models import Clip, ModelVersion
from tests.factories import ClipFactory, ModelVersionFactory
from tests.training.decided import decided_by_people, decided_corpus
from tests.training.pages.reading import address, text_of
from tests.training.verdicts import keys, verdict_of
from training.datasets.freezing import freeze_snapshot
from training.models import Snapshot, TrainingRun

PAGES = ["versions", "jobs", "snapshots", "snapshot_list", "runs", "estimate"]
PEOPLE = [("nobody", 302), ("speaker", 403), ("stranger", 403), ("reviewer", 403), ("admin", 200)]


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


def test_a_run_of_one_step_shows_figures_and_no_course(admin_client, run_in):
    point = {"epoch": 1, "validation_loss": 1.234, "mean_recall": 0.612, "accuracy": 0.64}
    text = text_of(admin_client.get(address("run", run_in("cancelled", curves=[point]).pk)))
    assert "1.234" in text and "0.612" in text and "0.640" in text
    assert "data-chart" not in text
    several = run_in("cancelled", curves=[point, {**point, "epoch": 2}])
    drawn = text_of(admin_client.get(address("run", several.pk)))
    assert drawn.count('data-chart="lines"') == 2
    assert drawn.count('"axis": "Epoch"') == 2
    assert '<th scope="row" class="number">2</th><td class="number">1.234</td>' in drawn


def test_the_log_of_a_run_has_the_times_of_the_site(admin_client, run_in):
    run = run_in("cancelled", log=["23:30:05 A worker began.", "without a time"])
    with timezone.override("Asia/Tokyo"):
        text = text_of(admin_client.get(address("run", run.pk)))
    assert "08:30:05 A worker began." in text and "without a time" in text and "UTC" not in text


def test_nothing_yet(admin_client, task):
    assert "No version is in service" in text_of(admin_client.get(address("versions")))
    assert "No snapshot yet" in text_of(admin_client.get(address("snapshots")))
    assert "There is nothing to learn from yet" in text_of(admin_client.get(address("runs")))


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
    assert "The disk is full." in text_of(admin_client.get(address("snapshot_list")))


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


def test_a_snapshot_that_cannot_be_learned_from_says_so_before(admin_client, frozen, in_service):
    page = text_of(admin_client.get(address("snapshots")))
    assert "Train on it" in page and "No voice in this snapshot" not in page
    frozen.counts["validation"] = {}
    frozen.save()
    refused = "No voice in this snapshot is kept for validation, so training would not know when to stop."
    page = text_of(admin_client.get(address("snapshots")))
    assert refused in page and "Train on it" not in page
    form = {"snapshot": frozen.number, "start_version": in_service.number, "mode": "head"}
    for name in ("runs", "estimate"):
        text = text_of(admin_client.get(address(name), form))
        assert refused in text and "It takes about" not in text
    assert refused in text_of(admin_client.post(address("runs"), form))


@pytest.mark.parametrize("wrong", [{"snapshot": "999"}, {"mode": "magic"}, {"start_version": "x"}])
def test_bad_choices_start_nothing(admin_client, frozen, in_service, wrong):
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
    assert run.get_state_display() in text and f'"stage-heading">{run.get_state_display()} ' not in text
    assert ("Cancel the run" in text) is run.is_unfinished
    assert ("It broke." in text) is (state == "failed")


def test_the_verdict_is_told(admin_client, waiting):
    text = text_of(admin_client.get(address("run", waiting.pk)))
    assert "The new version is better." in text and "It meets every rule of the gate." in text
    assert "Of 120 clips of 20 voices" in text and "the validation voices were used" in text
    assert "97.5%" in text and "+37.5" in text and "Recall of Happy" in text and "Size on disk" in text
    assert text.count('class="heat"') == 2
    assert "Recall of Happy in noise" in text and "Of the 40 clips among them that people sent here" in text
    assert "Accuracy may fall by 1 point, in noise by 2 points." in text and "/gatepolicy/" in text
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
    assert "Accuracy falls from 97.5% to 60.0%, more than the rules allow (1 point)." in text
    assert "is found in 60.0% of its clips" in text and "Put into service anyway" in text


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
    assert "Put into service anyway" not in text


def test_approving_a_damaged_version_keeps_the_old_one(admin_client, waiting, in_service):
    text = text_of(admin_client.post(address("approve", waiting.pk), follow=True))
    assert "so the one in service stays." in text
    assert ModelVersion.objects.active().get() == in_service


def test_approving_what_was_compared_with_another(admin_client, waiting, in_service, task):
    ModelVersion.objects.update(is_active=False)
    ModelVersionFactory(task=task, is_active=True)
    text = text_of(admin_client.get(address("run", waiting.pk)))
    assert "The version in service is no longer the one it was compared with" in text


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
    assert "it is kept for testing them" in text_of(speaker_client.get(page))
    page = reverse("classifier:clip", args=[ClipFactory(owner=speaker).pk])
    assert "training-heading" not in text_of(speaker_client.get(page))
