"""What real listeners said, imported by the commands, against figures that pandas computes on its own."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import call_command

from annotations.models import CurrentReview, Decision, DuplicateFile, Review
from classifier.models import Clip, Corpus, Task
from tests.annotations.corpora import write_table
from tests.requirements import speech

pd = pytest.importorskip("pandas")
pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.timeout(900)]

# Six clips, mostly one of each emotion, of so many times six; all of them where there is time.
STEP = 1 if "LOAD_TESTS" in os.environ else 18
# Theirs to ours.
EMOZIONALMENTE = {
    "anger": "angry",
    "disgust": "disgust",
    "fear": "fearful",
    "joy": "happy",
    "neutrality": "neutral",
    "sadness": "sad",
    "surprise": "surprise",
}


@pytest.fixture(autouse=True)
def own_storage(settings, tmp_path):
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path / "clips"},
        },
    }


@pytest.fixture
def command(capsys) -> Callable[..., dict]:
    def run(*args):
        capsys.readouterr()
        call_command(*args, "--json")
        return json.loads(capsys.readouterr().out)

    return run


def figures_of(votes: "pd.DataFrame") -> dict[str, float]:
    """Of a table of counts, one row per clip and one column per label."""
    votes = votes[votes.sum(axis=1) >= 2]
    people = votes.sum(axis=1)
    alike = (votes * (votes - 1)).sum(axis=1)
    raw = (alike / (people * (people - 1))).mean()
    shares = votes.sum() / votes.to_numpy().sum()
    by_chance = (shares**2).sum()
    # Krippendorff's alpha as one minus observed over expected disagreement.
    total = people.sum()
    observed = ((people**2 - (votes**2).sum(axis=1)) / (people - 1)).sum() / total
    expected = (total**2 - (votes.sum() ** 2).sum()) / (total * (total - 1))
    return {
        "n_clips": len(votes),
        "n_reviews": int(total),
        "raw_agreement": raw,
        "fleiss_kappa": (raw - by_chance) / (1 - by_chance),
        "krippendorff_alpha": 1 - observed / expected,
    }


def plurality(votes: "pd.DataFrame") -> "pd.Series":
    """The label that most people said; missing where two are tied."""
    most = votes.max(axis=1)
    return votes.idxmax(axis=1).where(votes.eq(most, axis=0).sum(axis=1) == 1)


def decided(corpus: str) -> "pd.Series":
    rows = Decision.objects.filter(clip__corpus__name=corpus).values_list("clip__file_name", "label__key")
    return pd.Series(dict(rows), dtype=object)


def test_the_listeners_of_crema_d(command, tmp_path):
    table = pd.read_csv(speech("crema-d") / "metadata.csv")
    table = table[(table.index // 6 % STEP == 0) | (table["usable"] == "no")]
    folder = tmp_path / "crema-d"
    folder.mkdir()
    (folder / "audio").symlink_to(speech("crema-d") / "audio")
    table.to_csv(folder / "metadata.csv", index=False)
    imported = command("import_corpus", str(folder), "--follow-links")
    assert imported["rejected"].pop("not_usable") == 1
    assert imported["added"] + imported["rejected"].pop("duplicate", 0) == len(table) - 1
    assert not imported["rejected"] and command("import_corpus", str(folder), "--follow-links")["added"] == 0

    table = table[table["usable"] == "yes"].set_index("file_name")
    votes = table.filter(regex="^votes_(?!total)").rename(columns=lambda name: name.removeprefix("votes_"))
    added = command("import_reviews", str(folder / "metadata.csv"), "--decide")
    assert added["added"] == votes.to_numpy().sum()
    assert command("import_reviews", str(folder / "metadata.csv"), "--decide")["added"] == 0

    # Two files sound exactly like another one: what people said of both is said of one clip.
    votes = votes.groupby(first_files(table)).sum()
    found = command("agreement", "--task", "emotion")
    assert found == pytest.approx(figures_of(votes), abs=1e-9)

    expected = plurality(votes)
    decisions = decided("crema-d")
    assert decisions.dropna().sort_index().equals(expected.dropna().sort_index())
    assert Decision.objects.filter(state="conflicting").count() == expected.isna().sum()
    # What the actors meant is kept beside what was heard; people hear it in about 42 clips of 100.
    meant = pd.Series(dict(Clip.objects.values_list("file_name", "reference_label__key")), dtype=object)
    assert (decisions == meant.reindex(decisions.index)).mean() == pytest.approx(0.42, abs=0.05)


def first_files(table: "pd.DataFrame") -> "pd.Series":
    """Each file's clip, by the first file that holds the same sound."""
    first = dict(DuplicateFile.objects.values_list("file_name", "clip__file_name"))
    return pd.Series([first.get(name, name) for name in table.index], index=table.index)


def test_the_evaluators_of_emozionalmente(command, tmp_path: Path):
    folder = speech("emozionalmente")
    call_command("create_task", "heard", "--labels", ",".join(sorted(EMOZIONALMENTE.values())))
    make_placeholders(pd.read_csv(folder / "samples.csv")["file_name"])
    said = pd.read_csv(folder / "evaluations.csv").rename(
        columns={"evaluator": "rater", "emotion_recognized": "label"}
    )
    path = write_table(tmp_path / "reviews.csv", said[["file_name", "rater", "label"]].to_dict("records"))
    renames = [part for theirs, ours in EMOZIONALMENTE.items() for part in ("--map", f"{theirs}={ours}")]
    added = command("import_reviews", str(path), "--task", "heard", *renames)
    assert (added["added"], added["rejected"]) == (len(said), {})
    assert CurrentReview.objects.values("rater").distinct().count() == 829
    again = command("import_reviews", str(path), "--task", "heard", *renames)
    assert (again["added"], Review.objects.count()) == (0, added["added"])

    # Some people were asked the same twice: their last word counts.
    said["label"] = said["label"].map(EMOZIONALMENTE)
    last = said.drop_duplicates(["file_name", "rater"], keep="last")
    votes = pd.crosstab(last["file_name"], last["label"])
    found = command("agreement", "--task", "heard")
    assert found == pytest.approx(figures_of(votes), abs=1e-9)
    decisions = decided("emozionalmente")
    assert decisions.dropna().sort_index().equals(plurality(votes).dropna().sort_index())


def make_placeholders(names: "pd.Series") -> None:
    """The corpus has no sound here: silent clips stand for it."""
    corpus = Corpus.objects.create(name="emozionalmente", task=Task.objects.get(slug="heard"))
    Clip.objects.bulk_create(
        Clip(
            corpus=corpus,
            file_name=name,
            source=Clip.Source.CORPUS,
            status=Clip.Status.DONE,
            checksum=f"{number:064x}",
            duration_s=3.0,
        )
        for number, name in enumerate(names)
    )
