"""The statistics against tables and results that others published."""

import numpy as np
import pytest

from annotations.agreement import coefficients

# Fleiss (1971), table 1: 30 patients, each diagnosed by 6 of 43 psychiatrists.
# Depression, personality disorder, schizophrenia, neurosis, other.
PATIENTS = """
0 0 0 6 0
0 3 0 0 3
0 1 4 0 1
0 0 0 0 6
0 3 0 3 0
2 0 4 0 0
0 0 4 0 2
2 0 3 1 0
2 0 0 4 0
0 0 0 0 6
1 0 0 5 0
1 1 0 4 0
0 3 3 0 0
1 0 0 5 0
0 2 0 3 1
0 0 5 0 1
3 0 0 1 2
5 1 0 0 0
0 2 0 4 0
1 0 2 0 3
0 0 0 0 6
0 1 0 5 0
0 2 0 1 3
2 0 0 4 0
1 0 0 4 1
0 5 0 1 0
4 0 0 0 2
0 2 0 4 0
1 0 5 0 0
0 0 0 0 6
"""
# Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability", section C: four observers, twelve units.
OBSERVERS = """
1 2 3 3 2 1 4 1 2 . . .
1 2 3 3 2 2 4 1 2 5 . 3
. 3 3 3 2 3 4 2 2 5 1 .
1 2 3 3 2 4 4 1 2 5 1 .
"""


def table_of(text):
    return np.array([row.split() for row in text.split("\n") if row], int)


def each_once(table):
    return table, np.ones(len(table), int)


def units(text, n_labels):
    columns = zip(*[row.split() for row in text.split("\n") if row], strict=True)
    return np.array(
        [[list(column).count(str(label + 1)) for label in range(n_labels)] for column in columns], int
    )


@pytest.fixture
def patients():
    return each_once(table_of(PATIENTS))


def test_fleiss_kappa_of_the_psychiatrists(patients):
    found = coefficients.agreement(*patients)
    assert found.fleiss_kappa == pytest.approx(0.430, abs=0.0005)
    assert found.raw_agreement == pytest.approx(0.5556, abs=0.0001)
    assert (found.n_clips, found.n_reviews) == (30, 180)


def test_each_diagnosis_of_the_psychiatrists(patients):
    rows = coefficients.per_label(*patients)
    assert [row.kappa for row in rows] == pytest.approx([0.245, 0.245, 0.520, 0.471, 0.566], abs=0.001)
    assert [row.share for row in rows] == pytest.approx([0.144, 0.144, 0.167, 0.306, 0.239], abs=0.001)


def test_krippendorffs_example_with_missing_answers():
    table, clips = each_once(units(OBSERVERS, 5))
    found = coefficients.agreement(table, clips)
    assert found.krippendorff_alpha == pytest.approx(0.743, abs=0.0005)
    assert (found.n_clips, found.n_reviews) == (11, 40), "one unit was judged by one observer alone"


def test_krippendorffs_example_of_two_observers():
    """Section A: five units twice 0, one twice 1, four judged differently; alpha is 0.095."""
    table, clips = np.array([[2, 0], [0, 2], [1, 1]]), np.array([5, 1, 4])
    found = coefficients.agreement(table, clips)
    assert found.krippendorff_alpha == pytest.approx(0.095, abs=0.0005)


def test_krippendorffs_example_of_nominal_data():
    """Section B: two observers, twelve units, five labels; alpha is 0.692."""
    ben, gerry = "aabbdcccedda", "babbbccceddd"
    table = np.array([[pair.count(label) for label in "abcde"] for pair in zip(ben, gerry, strict=True)])
    found = coefficients.agreement(*each_once(table))
    assert found.krippendorff_alpha == pytest.approx(0.692, abs=0.0005)


def test_cohens_kappa_of_the_textbook():
    """Cohen (1960), table 1: two judges, proportions of 200 patients; kappa is 0.492."""
    shares = np.array([[0.44, 0.07, 0.09], [0.05, 0.20, 0.05], [0.01, 0.03, 0.06]])
    assert coefficients.cohen_kappa(np.round(shares * 200).astype(int)) == pytest.approx(0.492, abs=0.001)


def test_cohens_kappa_is_that_of_scikit_learn():
    metrics = pytest.importorskip("sklearn.metrics")
    chance = np.random.default_rng(0)
    first = chance.integers(0, 4, 500)
    second = np.where(chance.random(500) < 0.6, first, chance.integers(0, 4, 500))
    pairs = np.zeros((4, 4), int)
    np.add.at(pairs, (first, second), 1)
    assert coefficients.cohen_kappa(pairs) == pytest.approx(metrics.cohen_kappa_score(first, second))


def test_the_interval_holds_the_figure_and_shrinks_with_more_clips(patients):
    few = coefficients.intervals(*patients)["krippendorff_alpha"]
    many = coefficients.intervals(patients[0], patients[1] * 100)["krippendorff_alpha"]
    assert few.low < 0.43 < few.high
    assert many.high - many.low < (few.high - few.low) / 5


@pytest.mark.parametrize("table", [[[2, 0]] * 3, [[2, 0], [0, 2]], [[1, 1]] * 9])
def test_clips_that_are_all_alike_are_not_sure_for_certain(table):
    found = coefficients.intervals(*each_once(np.array(table)))
    assert found["raw_agreement"].high - found["raw_agreement"].low > 0.25
    assert found["fleiss_kappa"] is None or found["fleiss_kappa"].low < found["fleiss_kappa"].high


@pytest.mark.slow
def test_the_interval_covers_as_often_as_it_says():
    """Many small samples of a known population: about 95 in 100 intervals hold its alpha."""
    chance = np.random.default_rng(1)
    truth = coefficients.agreement(*each_once(sample(chance, 100_000))).krippendorff_alpha
    hits = 0
    for seed in range(200):
        found = coefficients.intervals(*each_once(sample(chance, 150)), seed=seed)["krippendorff_alpha"]
        hits += found.low <= truth <= found.high
    assert 180 <= hits <= 198


def sample(chance, n_clips):
    """Three people who hear one of four labels, each right seven times in ten."""
    said = np.where(
        chance.random((n_clips, 3)) < 0.7,
        chance.integers(0, 4, (n_clips, 1)),
        chance.integers(0, 4, (n_clips, 3)),
    )
    return np.stack([(said == label).sum(axis=1) for label in range(4)], axis=1)


def test_clips_that_were_answered_alike_may_stand_in_one_row(patients):
    kinds, clips = np.unique(patients[0], axis=0, return_counts=True)
    assert coefficients.agreement(kinds, clips).fleiss_kappa == pytest.approx(
        coefficients.agreement(*patients).fleiss_kappa
    )
    assert np.allclose(coefficients.rater_confusion(kinds, clips), coefficients.rater_confusion(*patients))


@pytest.mark.parametrize("table", [[[1, 0]], [[3, 0], [2, 0]], np.zeros((0, 2), int)])
def test_nothing_is_claimed_where_nothing_can_be_told(table):
    found = coefficients.agreement(*each_once(np.array(table)))
    assert found.fleiss_kappa is None
    assert found.krippendorff_alpha is None


def test_the_confusion_between_people_sums_to_one_per_label(patients):
    rows = coefficients.rater_confusion(*patients)
    assert np.allclose(rows.sum(axis=1), 1)
    assert np.allclose(np.diag(rows), [row.agreement for row in coefficients.per_label(*patients)])


def test_wilsons_interval():
    """Newcombe (1998), table I: 81 of 263 and 0 of 20."""
    interval = coefficients.wilson(81, 263)
    assert (interval.low, interval.high) == pytest.approx((0.2553, 0.3662), abs=0.0001)
    interval = coefficients.wilson(0, 20)
    assert (interval.low, interval.high) == pytest.approx((0.0, 0.1611), abs=0.0001)
    assert coefficients.wilson(0, 0) is None
