"""The list that tells an administrator of a new site what comes next."""

import pytest
from django.urls import reverse

from classifier.models import Corpus, Task
from emotion_site.accounts.purpose import declare_purpose
from tests.factories import ModelVersionFactory
from training.models import Snapshot, TrainingRun

pytestmark = pytest.mark.django_db
HEADING = "What comes next"
# The page where each step is done.
PURPOSE, INVITATIONS, RUNS = (
    reverse(name) for name in ("emotion_site:purpose", "emotion_site:invitations", "training:runs")
)


def checklist(browser) -> str:
    """What stands between the heading and the end of the list; empty where there is none."""
    page = browser.get(reverse("classifier:classify")).content.decode()
    return page.partition(HEADING)[2].partition("</ol>")[0]


def do_everything(admin) -> None:
    task = Task.objects.get(slug="emotion")
    version = ModelVersionFactory(task=task)
    declare_purpose(text="Whales", excludes_workers_and_pupils=True, actor=admin)
    Corpus.objects.create(task=task, name="voices")
    snapshot = Snapshot.objects.create(task=task, number=1, labels=[], n_clips=0)
    TrainingRun.objects.create(task=task, snapshot=snapshot, start_version=version, state="cancelled")


def test_a_new_site_has_four_steps_that_lead_where_they_are_done(admin_client):
    found = checklist(admin_client)
    assert found.count("<li") == 4 and "is-done" not in found
    for address in (PURPOSE, INVITATIONS, RUNS):
        assert f'href="{address}"' in found
    # The list says it, so no notice above it says it once more.
    assert admin_client.get("/").content.decode().count("Nobody has said yet") == 1


def test_steps_follow_what_was_really_done(admin, admin_client, reviewer):
    declare_purpose(text="Whales", excludes_workers_and_pupils=True, actor=admin)
    found = checklist(admin_client)
    # The purpose, somebody else, and that this one is a reviewer.
    assert found.count("is-done") == 3 and f'href="{RUNS}"' in found and f'href="{PURPOSE}"' not in found
    reviewer.is_active = False
    reviewer.save()
    assert checklist(admin_client).count("is-done") == 1


def test_the_list_disappears_when_all_is_done(admin, admin_client, speaker):
    assert checklist(admin_client) != ""
    do_everything(admin)
    assert checklist(admin_client) == ""


def test_only_administrators_see_it(admin_client, speaker_client, reviewer_client):
    assert checklist(admin_client) != ""
    assert checklist(speaker_client) == checklist(reviewer_client) == ""


def test_it_can_be_hidden_by_each_for_themselves(admin, admin_client, client_of):
    other = client_of(type(admin).objects.create_superuser("other@example.org"))
    response = admin_client.post(reverse("emotion_site:hide_checklist"), follow=True)
    assert response.status_code == 200 and HEADING not in response.content.decode()
    assert checklist(admin_client) == "" and checklist(other) != ""


def test_others_cannot_hide_anything(speaker_client, client):
    assert speaker_client.post(reverse("emotion_site:hide_checklist")).status_code == 403
    assert client.post(reverse("emotion_site:hide_checklist")).status_code == 302
