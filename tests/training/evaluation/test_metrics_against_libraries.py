"""Figures of a model against scikit-learn, statsmodels and scipy, over predictions drawn at random."""

import numpy as np
import pytest
from scipy import optimize, special, stats
from sklearn import metrics
from sklearn.calibration import calibration_curve
from statsmodels.stats.contingency_tables import mcnemar

from training.evaluation.calibration import COLDEST, HOTTEST, clip_scores, fit_temperature
from training.evaluation.gate import compare_predictions, mcnemar_p
from training.evaluation.metrics import N_BINS, Predictions, all_metrics

SEEDS = range(15)
LABELS = ["neutral", "happy", "sad", "angry", "fearful"]
# Figures are rounded to four digits.
ROUNDED = 1e-4


def answers_of(chance, *, n_clips=400, n_speakers=12):
    """A model that is somewhat right, and of some labels neither speaks nor is asked."""
    shares = chance.dirichlet(np.full(len(LABELS), 0.5))
    truth = chance.choice(len(LABELS), size=n_clips, p=shares)
    logits = chance.normal(size=(n_clips, len(LABELS))) * 1.5
    logits[np.arange(n_clips), truth] += chance.uniform(0, 3)
    logits[:, 0] -= 100 * (chance.random() < 0.3)
    speakers = [f"s{number}" for number in chance.integers(0, n_speakers, n_clips)]
    return Predictions(special.softmax(logits, axis=1), truth, speakers)


def values(figures):
    return {name: each["value"] for name, each in figures.items()}


@pytest.mark.parametrize("seed", SEEDS)
def test_overall_figures_are_those_of_scikit_learn(seed):
    answers = answers_of(np.random.default_rng(seed))
    truth, said = answers.truth, answers.scores.argmax(axis=1)
    found = all_metrics(answers, LABELS)
    present = np.unique(truth)
    numbers = range(len(LABELS))
    expected = {
        "accuracy": metrics.accuracy_score(truth, said),
        # Of labels that nobody meant there is nothing to recall.
        "mean_recall": metrics.recall_score(truth, said, labels=present, average="macro"),
        "f1_macro": metrics.f1_score(truth, said, labels=numbers, average="macro", zero_division=0),
    }
    for name, value in expected.items():
        assert found[name]["value"] == pytest.approx(value, abs=ROUNDED), name
    assert found["confusion"] == metrics.confusion_matrix(truth, said, labels=numbers).tolist()


@pytest.mark.parametrize("seed", SEEDS)
def test_figures_of_a_label_are_those_of_scikit_learn(seed):
    answers = answers_of(np.random.default_rng(seed))
    said = answers.scores.argmax(axis=1)
    found = all_metrics(answers, LABELS)
    for number, label in enumerate(LABELS):
        meant, given = answers.truth == number, said == number
        precision, recall, f1, _ = metrics.precision_recall_fscore_support(
            meant, given, average="binary", zero_division=0
        )
        specificity = metrics.recall_score(meant, given, pos_label=False)
        expected = {
            "precision": precision,
            "recall": recall,
            "f1": f1,
            "specificity": specificity,
            "fall_out": 1 - specificity,
            "mcc": metrics.matthews_corrcoef(meant, given),
        }
        assert values(found["labels"][label]) == pytest.approx(expected, abs=ROUNDED), label


@pytest.mark.parametrize("seed", SEEDS)
def test_calibration_error_is_that_of_scikit_learns_curve(seed):
    answers = answers_of(np.random.default_rng(seed))
    right, sure = answers.scores.argmax(axis=1) == answers.truth, answers.scores.max(axis=1)
    accuracy, confidence = calibration_curve(right, sure, n_bins=N_BINS)
    found = all_metrics(answers, LABELS)
    bins = found["reliability"]
    assert [each["accuracy"] for each in bins] == pytest.approx(accuracy)
    assert [each["confidence"] for each in bins] == pytest.approx(confidence)
    clips = np.array([each["clips"] for each in bins])
    expected = np.average(np.abs(accuracy - confidence), weights=clips)
    assert found["calibration_error"]["value"] == pytest.approx(expected, abs=ROUNDED)


@pytest.mark.filterwarnings("ignore:A single label was found")
def test_all_of_one_label_is_as_scikit_learn_has_it():
    """Defined or 0: nothing divides by nothing."""
    answers = Predictions(np.eye(2)[[0] * 20] * 0.8 + 0.1, np.zeros(20, int), ["ann"] * 20)
    found = all_metrics(answers, ["sad", "happy"])
    zeros = np.zeros(20, int)
    assert found["f1_macro"]["value"] == metrics.f1_score(
        zeros, zeros, labels=[0, 1], average="macro", zero_division=0
    )
    assert found["mean_recall"]["value"] == 1.0
    assert found["labels"]["sad"]["mcc"]["value"] == metrics.matthews_corrcoef([1] * 20, [1] * 20)


@pytest.mark.parametrize("seed", range(5))
def test_intervals_are_those_of_scipys_percentile_bootstrap_over_speakers(seed):
    """Both draw speakers with replacement; what is left is the chance of a thousand draws."""
    answers = answers_of(np.random.default_rng(seed), n_speakers=20)
    right = answers.scores.argmax(axis=1) == answers.truth
    expected = drawn_interval(right.astype(float), answers.speakers, seed)
    assert_alike(all_metrics(answers, LABELS)["accuracy"]["interval_95"], expected)


@pytest.mark.parametrize("seed", range(5))
def test_interval_of_the_difference_is_that_of_scipys_paired_bootstrap(seed):
    chance = np.random.default_rng(seed)
    new = answers_of(chance, n_speakers=20)
    # The version before hears the same clips and is a little more confused.
    noise = chance.dirichlet(np.ones(len(LABELS)), len(new.truth))
    old = Predictions(0.6 * new.scores + 0.4 * noise, new.truth, new.speakers)
    gain = (new.scores.argmax(axis=1) == new.truth) * 1.0 - (old.scores.argmax(axis=1) == old.truth)
    names = [str(number) for number in range(len(new.truth))]
    found = compare_predictions({"clean": new}, {"clean": old}, names, LABELS)["difference"]
    assert found["value"] == pytest.approx(gain.mean(), abs=ROUNDED)
    assert_alike(found["interval_95"], drawn_interval(gain, new.speakers, seed))


def drawn_interval(per_clip, speakers, seed):
    """Of the mean over the clips of speakers drawn anew."""
    _, unit = np.unique(speakers, return_inverse=True)
    sums, clips = np.bincount(unit, weights=per_clip), np.bincount(unit)
    drawn = stats.bootstrap(
        (sums, clips),
        lambda sums, clips, axis: sums.sum(axis=axis) / clips.sum(axis=axis),
        paired=True,
        n_resamples=5000,
        method="percentile",
        rng=np.random.default_rng(seed),
    )
    return drawn.confidence_interval


def assert_alike(interval, expected):
    tolerance = (expected.high - expected.low) / 10
    assert interval == pytest.approx([expected.low, expected.high], abs=tolerance)


@pytest.mark.parametrize("gained", [0, 1, 2, 5, 12, 40, 300])
@pytest.mark.parametrize("lost", [0, 1, 3, 5, 30, 280])
def test_mcnemar_is_that_of_statsmodels_and_scipy(gained, lost):
    found = mcnemar_p(gained, lost)
    assert found == pytest.approx(
        mcnemar([[7, gained], [lost, 9]], exact=True).pvalue if gained + lost else 1.0
    )
    assert found == pytest.approx(stats.binomtest(gained, gained + lost).pvalue if gained + lost else 1.0)


@pytest.mark.parametrize("seed", range(5))
def test_clips_won_and_lost_are_those_of_statsmodels_table(seed):
    chance = np.random.default_rng(seed)
    new = answers_of(chance)
    old = Predictions(chance.permuted(new.scores, axis=1), new.truth, new.speakers)
    new_right, old_right = (each.scores.argmax(axis=1) == new.truth for each in (new, old))
    expected = mcnemar(metrics.confusion_matrix(old_right, new_right), exact=True).pvalue
    names = [str(number) for number in range(len(new.truth))]
    found = compare_predictions({"clean": new}, {"clean": old}, names, LABELS)["mcnemar"]
    assert found["p"] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("windows", [1, 3])
def test_scores_of_windows_are_the_mean_of_scipys_softmax(windows):
    logits = np.random.default_rng(windows).normal(size=(windows, 6)) * 40
    expected = special.softmax(logits / 1.7, axis=1).mean(axis=0)
    assert clip_scores(logits, 1.7) == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("factor", [0.5, 1.0, 2.5])
def test_temperature_is_where_scikit_learns_log_loss_is_least(seed, factor):
    chance = np.random.default_rng(seed)
    truth = chance.integers(0, 4, 300)
    clips = [chance.normal(size=(chance.integers(1, 4), 4)) * 1.5 * factor for _ in truth]
    for windows, label in zip(clips, truth, strict=True):
        windows[:, label] += factor
    labels = range(4)

    def surprise(log_temperature):
        given = [special.softmax(each / np.exp(log_temperature), axis=1).mean(axis=0) for each in clips]
        return metrics.log_loss(truth, given, labels=labels)

    least = optimize.minimize_scalar(surprise, bounds=np.log([COLDEST, HOTTEST]), method="bounded")
    assert fit_temperature(clips, truth) == pytest.approx(np.exp(least.x), rel=2e-3)


def test_temperature_of_a_model_that_is_always_right_stays_within_its_bounds():
    clips = [np.eye(3)[[label]] * 4.0 for label in (0, 1, 2)]
    assert fit_temperature(clips, [0, 1, 2]) == pytest.approx(COLDEST, rel=2e-3)
    assert fit_temperature(clips, [1, 2, 0]) == pytest.approx(HOTTEST, rel=2e-3)
