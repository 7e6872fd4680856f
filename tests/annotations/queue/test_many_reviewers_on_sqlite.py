"""Twenty reviewers at once over a database in a file, in a process of its own; tests use one in memory."""

import os
import subprocess
import sys

import pytest

from tests.requirements import ROOT

REVIEW_EVERYTHING = """
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import uuid4
from django.db import connections
from annotations.reviews import submission
from annotations.reviews.choice import read_choice
from annotations.models import Review, ReviewPolicy
from annotations.queue.offers import take_next
from annotations.reviews.submission import ReviewContext
from classifier.models import Task
from tests.factories import ClipFactory, UserFactory

task = Task.objects.get(slug="emotion")
ReviewPolicy.objects.update(doubled_percent=0)
speaker, people = UserFactory(), [UserFactory(role="reviewer") for _ in range(20)]
clips = {ClipFactory(owner=speaker, shared_for_review=True).pk for _ in range(60)}
start = Barrier(len(people))

def review(person):
    start.wait()
    done = []
    while offer := take_next(reviewer=person, task=task):
        choice = read_choice(task, label="sad")
        saved = submission.submit_review(reviewer=person, task=task, clip_id=offer.clip.pk, choice=choice,
                                       context=ReviewContext(uuid4().hex))
        assert saved.notes == [], saved.notes
        done.append(offer.clip.pk)
    connections.close_all()
    return done

with ThreadPoolExecutor(len(people)) as threads:
    taken = [pk for done in threads.map(review, people) for pk in done]
assert Counter(taken) == Counter(clips), Counter(taken).most_common(3)
assert Review.objects.count() == 60
"""


@pytest.mark.slow
def test_no_clip_goes_to_two_people_and_none_is_lost(tmp_path):
    environment = os.environ | {
        "DATA_DIR": str(tmp_path),
        "DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3",
        "DJANGO_SETTINGS_MODULE": "emotion_site.settings.base",
        "LOG_LEVEL": "ERROR",
    }
    run = subprocess.run(
        [sys.executable, "-c", REVIEW_EVERYTHING],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert run.returncode == 0, run.stderr
