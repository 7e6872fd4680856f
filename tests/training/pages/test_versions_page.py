"""The page of model versions, as an administrator uses it."""

from classifier.models import Clip, ModelVersion
from tests.factories import ModelVersionFactory, PredictionFactory
from tests.training.pages.reading import address, text_of
from tests.training.verdicts import keys, verdict_of
from training.models import PredictionJob, Promotion


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
    shown = "1 clip shows the prediction of another version than the one in service."
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
    assert "1 of 1 clip," in section and shown not in section and address("predict_again") not in section


def test_a_rollback_tells_which_answers_stay(admin_client, task, versions_on_disk):
    first, second = versions_on_disk
    PredictionFactory(model_version=second)
    response = admin_client.post(address("roll_back"), {"task": "emotion"}, follow=True)
    text = text_of(response)
    assert f"Version {first.number} is in service" in text
    assert f"1 clip still shows the answer of version {second.number}, which was taken back." in text
    assert "1 clip shows the prediction of another version than the one in service." in text


def test_what_the_gate_rejected_is_marked_in_service_too(admin_client, waiting, task):
    assert "rejected by the gate" not in text_of(admin_client.get(address("versions")))
    waiting.verdict = verdict_of(keys(task), changed=Clip.objects.first(), worse=True)
    waiting.save()
    text = text_of(admin_client.get(address("versions")))
    assert text.count("rejected by the gate") == 1 and "It does not pass the gate." in text
    assert text.count("Put into service anyway") == 2  # what opens the question, and what answers it
    ModelVersion.objects.update(is_active=False)
    ModelVersion.objects.filter(pk=waiting.version_id).update(is_active=True)
    text = text_of(admin_client.get(address("versions")))
    assert text.count("rejected by the gate") == 2 and "into service anyway" not in text


def test_a_version_of_which_nobody_knows_is_marked(admin_client, waiting):
    waiting.verdict["outcome"] = "unclear"
    waiting.save()
    text = text_of(admin_client.get(address("versions")))
    assert "unclear whether better" in text and "into service anyway" not in text


def test_a_handful_of_voices_prove_nothing(admin_client, waiting):
    verdict = verdict_of(keys(waiting.task), changed=Clip.objects.first(), n_speakers=1)
    test = {name: verdict["figures"]["candidate"][name] for name in ("accuracy", "speakers", "interval_by")}
    waiting.version.manifest["metrics"]["test"] = test
    waiting.version.save()
    waiting.verdict = verdict
    waiting.save()
    low, high = (round(100 * edge) for edge in test["accuracy"]["interval_95"])
    text = text_of(admin_client.get(address("versions")))
    assert "too few voices to tell" in text and low < high
    assert (
        f"of the clips of 1 unseen voice right ({low} to {high}% for other clips of the same voice)" in text
    )
    told = text_of(admin_client.get(address("run", waiting.pk)))
    assert "These are too few voices to tell" in told and "It meets every rule of the gate." in told
    assert "Put into service" in told and "into service anyway" not in told


def test_an_interval_without_width_is_not_shown_again(admin_client, waiting):
    """As versions of before carry it in their manifest."""
    old = {"accuracy": {"value": 0.61, "interval_95": [0.61, 0.61]}, "speakers": 1}
    waiting.version.manifest["metrics"]["test"] = old
    waiting.version.save()
    text = text_of(admin_client.get(address("versions")))
    assert "61 to 61" not in text
    assert "61.0%" in text
    assert "of the clips of 1 unseen voice right, which is too few to tell about others" in text
