"""Reviews made elsewhere: two forms of table, idempotent, and what they decide."""

import json

import pytest
from django.core.management import CommandError, call_command
from django_tasks_db.models import DBTaskResult

from annotations.agreement import report_cache
from annotations.models import CurrentReview, Decision, DecisionChange, QueueEntry, Review
from classifier.models import Clip, Corpus, Label
from tests.annotations.corpora import write_table
from tests.factories import ClipFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def corpus(task) -> Corpus:
    return Corpus.objects.create(name="voices", task=task)


@pytest.fixture
def clip(corpus, task) -> Clip:
    """Meant to be sad, and imported so."""
    return make_clip(corpus, "audio/1.wav")


def make_clip(corpus, name, **fields):
    sad = Label.objects.get(task=corpus.task, key="sad")
    clip = ClipFactory(
        owner=None, corpus=corpus, file_name=name, reference_label=sad, source=Clip.Source.CORPUS, **fields
    )
    Decision.objects.update_or_create(
        clip=clip, task=corpus.task, defaults={"state": "decided", "label": sad, "how": "imported"}
    )
    return clip


@pytest.fixture
def run(capsys, tmp_path):
    def call(rows, *args):
        path = write_table(tmp_path / "reviews.csv", rows)
        status = 0
        try:
            call_command("import_reviews", str(path), "--json", *args)
        except SystemExit as exit:
            status = exit.code
        return json.loads(capsys.readouterr().out), status

    return call


def votes(**counts):
    return {"file_name": "audio/1.wav", **{f"votes_{key}": str(n) for key, n in counts.items()}}


def long(label, rater="ann", **more):
    return {"file_name": "audio/1.wav", "rater": rater, "label": label, **more}


def test_after_many_reviews_a_worker_makes_the_report_at_once(run, clip, task, monkeypatch):
    waiting = DBTaskResult.objects.filter(task_path="annotations.tasks.refresh_report")
    run([votes(sad=1)])
    assert not waiting.exists()
    monkeypatch.setattr(report_cache, "MANY_REVIEWS", 2)
    run([votes(sad=3)])
    assert waiting.get().args_kwargs["args"] == [task.pk]


def test_counted_votes_are_anonymous_reviews(run, clip):
    row = {**votes(sad=1, angry=2), "votes_total": "3", "label": "sad"}
    summary, status = run([row])
    assert (summary["added"], status) == (3, 0)
    assert set(Review.objects.values_list("rater", "reviewer", "kind")) == {("", None, "blind")}
    assert CurrentReview.objects.count() == 3
    assert run([row])[0] == {"added": 0, "already": 3, "decided": 0, "rejected": {}}


def test_more_votes_than_before_add_only_the_new_ones(run, clip):
    run([votes(sad=1)])
    assert run([votes(sad=3)])[0]["added"] == 2


def test_an_imported_label_stays_unless_told_otherwise(run, clip):
    run([votes(sad=1, angry=2)])
    assert Decision.objects.get().label.key == "sad"
    assert run([votes(sad=1, angry=2)], "--decide")[0]["decided"] == 1
    decision = Decision.objects.get()
    assert (decision.label.key, decision.how) == ("angry", "consensus")
    assert clip.reference_label.key == "sad", "what was meant is another label than what was heard"
    assert DecisionChange.objects.get().label.key == "angry"


def test_a_tie_is_conflicting(run, clip):
    run([votes(sad=2, angry=2)], "--decide")
    decision = Decision.objects.get()
    assert (decision.state, decision.label) == ("conflicting", None)


def test_without_a_label_of_the_corpus_the_reviews_decide(run, clip):
    Decision.objects.all().delete()
    run([long("angry", "ann"), long("angry", "bob"), long("sad", "eve")])
    assert Decision.objects.get().label.key == "angry"


def test_what_an_administrator_decided_stays(run, clip, admin):
    Decision.objects.update(how="adjudicated", decided_by=admin)
    run([votes(angry=2)], "--decide")
    assert Decision.objects.get().how == "adjudicated"


def test_named_people_count_once_and_their_last_word_holds(run, clip):
    rows = [long("sad", created="2024-01-01"), long("sad", created="2024-01-01"), long("angry")]
    summary, _status = run(rows)
    assert (summary["added"], Review.objects.count()) == (3, 3)
    current = CurrentReview.objects.get()
    assert (current.rater, current.label.key) == ("ann", "angry")
    assert Review.objects.first().created.date().isoformat() == "2024-01-01"
    run([long("happy")])
    assert CurrentReview.objects.get().label.key == "happy"


def test_anonymous_lines_are_told_apart(run, clip):
    assert run([long("sad", ""), long("sad", "")])[0]["added"] == 2
    assert run([long("sad", ""), long("sad", "")])[0]["added"] == 0


def test_labels_may_be_renamed(run, clip):
    run([votes(tristezza=1)], "--map", "tristezza=sad")
    assert Review.objects.get().label.key == "sad"


def test_lines_that_cannot_be_used(run, clip):
    rows = [
        long("bored"),
        long("sad", created="yesterday"),
        long("sad", "x" * 81),
        {"file_name": "audio/2.wav", "rater": "ann", "label": "sad"},
        long("sad"),
    ]
    summary, status = run(rows)
    reasons = {"unknown_label": 1, "bad_created": 1, "bad_rater": 1, "unknown_file": 1}
    assert (summary["rejected"], summary["added"], status) == (reasons, 1, 1)


@pytest.mark.parametrize("cell", ["1.5", "many", "-1", "1e9"])
def test_votes_that_are_no_numbers(run, clip, cell):
    assert run([{**votes(sad=1), "votes_angry": cell}])[0]["rejected"] == {"bad_votes": 1}


def test_a_name_that_two_corpora_use(run, clip, task):
    make_clip(Corpus.objects.create(name="others", task=task), "audio/1.wav")
    assert run([votes(sad=1)])[0]["rejected"] == {"ambiguous": 1}


def test_the_queue_counts_them(run, corpus):
    clip = make_clip(corpus, "audio/1.wav", shared_for_review=True)
    assert QueueEntry.objects.get(clip=clip).given == 0
    run([votes(sad=3)])
    entry = QueueEntry.objects.get()
    assert (entry.given, entry.is_open) == (3, False)


@pytest.mark.parametrize(
    ("rows", "code"),
    [([{"file_name": "a", "label": "sad"}], "no_reviews"), ([votes(bored=1)], "unknown_label")],
)
def test_a_file_that_is_no_such_table(tmp_path, corpus, rows, code):
    path = write_table(tmp_path / "reviews.csv", rows)
    with pytest.raises(CommandError, match=code) as caught:
        call_command("import_reviews", str(path))
    assert caught.value.returncode == 2


def test_a_task_is_made_once(capsys, db):
    call_command("create_task", "loudness", "--labels", "quiet,loud")
    call_command("create_task", "loudness", "--labels", "quiet,loud")
    assert "was there already" in capsys.readouterr().out
    with pytest.raises(CommandError, match="task_exists"):
        call_command("create_task", "loudness", "--labels", "quiet,shrill")
    for wrong in (["Two Words", "--labels", "a,b"], ["x", "--labels", "a"], ["x", "--labels", "a,a"]):
        with pytest.raises(CommandError) as caught:
            call_command("create_task", *wrong)
        assert caught.value.returncode == 2


def test_agreement_at_the_terminal(run, clip, capsys):
    call_command("agreement", "--json")
    assert json.loads(capsys.readouterr().out)["n_clips"] == 0
    run([votes(sad=1, angry=1)])
    call_command("agreement", "--task", "emotion", "--json")
    assert json.loads(capsys.readouterr().out) == {
        "n_clips": 1,
        "n_reviews": 2,
        "raw_agreement": 0.0,
        "fleiss_kappa": -1.0,
        "krippendorff_alpha": 0.0,
    }
    call_command("agreement")
    assert "fleiss_kappa" in capsys.readouterr().out
