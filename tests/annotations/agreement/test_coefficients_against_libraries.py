"""The statistics against statsmodels, krippendorff, scikit-learn and scipy, over tables drawn at random."""

import krippendorff
import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.inter_rater import cohens_kappa, fleiss_kappa
from statsmodels.stats.proportion import proportion_confint

from annotations.agreement import coefficients

SEEDS = range(25)
MISSING = -1


def ratings_of(chance, *, missing=0.0, n_clips=None, n_labels=None):
    """int[people, clips]: who follows a clip's true label more or less often; MISSING for no answer."""
    n_people = int(chance.integers(2, 8))
    n_clips = n_clips or int(chance.integers(3, 80))
    n_labels = n_labels or int(chance.integers(2, 9))
    truth = chance.choice(n_labels, size=n_clips, p=chance.dirichlet(np.ones(n_labels)))
    guesses = chance.integers(0, n_labels, (n_people, n_clips))
    said = np.where(chance.random((n_people, n_clips)) < chance.random(), truth, guesses)
    said[chance.random(said.shape) < missing] = MISSING
    return said, n_labels


def table_of(said, n_labels):
    """int[clips, labels]"""
    return np.stack([(said == label).sum(axis=0) for label in range(n_labels)], axis=1)


def each_once(table):
    return table, np.ones(len(table), int)


def alpha_of_the_library(said):
    return krippendorff.alpha(
        reliability_data=np.where(said == MISSING, np.nan, said), level_of_measurement="nominal"
    )


def pairs_of(first, second, n_labels):
    pairs = np.zeros((n_labels, n_labels), int)
    np.add.at(pairs, (first, second), 1)
    return pairs


@pytest.mark.parametrize("seed", SEEDS)
def test_fleiss_kappa_is_that_of_statsmodels(seed):
    table = table_of(*ratings_of(np.random.default_rng(seed)))
    assert coefficients.agreement(*each_once(table)).fleiss_kappa == pytest.approx(fleiss_kappa(table))


@pytest.mark.parametrize("seed", SEEDS)
def test_kappa_of_a_label_is_fleiss_kappa_of_this_label_or_another(seed):
    table = table_of(*ratings_of(np.random.default_rng(seed)))
    rows = coefficients.per_label(*each_once(table))
    for column, row in zip(table.T, rows, strict=True):
        if 0 < column.sum() < table.sum():
            this_or_another = np.column_stack([column, table.sum(axis=1) - column])
            assert row.kappa == pytest.approx(fleiss_kappa(this_or_another))
        else:
            assert row.kappa is None


@pytest.mark.parametrize("missing", [0.0, 0.3, 0.7])
@pytest.mark.parametrize("seed", SEEDS)
def test_alpha_is_that_of_krippendorff(seed, missing):
    said, n_labels = ratings_of(np.random.default_rng(seed), missing=missing, n_clips=40)
    found = coefficients.agreement(*each_once(table_of(said, n_labels)))
    assert found.krippendorff_alpha == pytest.approx(alpha_of_the_library(said))


@pytest.mark.parametrize("seed", SEEDS)
def test_rows_that_stand_for_several_clips_count_as_often(seed):
    said, n_labels = ratings_of(np.random.default_rng(seed), missing=0.2, n_clips=60, n_labels=3)
    kinds, clips = np.unique(table_of(said, n_labels), axis=0, return_counts=True)
    assert len(kinds) < 60
    found = coefficients.agreement(kinds, clips)
    assert found.krippendorff_alpha == pytest.approx(alpha_of_the_library(said))


@pytest.mark.parametrize("seed", SEEDS)
def test_cohens_kappa_is_that_of_scikit_learn_and_statsmodels(seed):
    chance = np.random.default_rng(seed)
    said, n_labels = ratings_of(chance)
    pairs = pairs_of(said[0], said[1], n_labels)
    found = coefficients.cohen_kappa(pairs)
    assert found == pytest.approx(cohen_kappa_score(said[0], said[1]))
    assert found == pytest.approx(cohens_kappa(pairs).kappa)


@pytest.mark.filterwarnings("ignore:invalid value encountered")
@pytest.mark.filterwarnings("ignore:A single label was found")
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.UndefinedMetricWarning")
def test_agreement_on_a_single_label_has_no_kappa_and_no_alpha():
    said = np.ones((3, 10), int)
    table = table_of(said, 4)
    found = coefficients.agreement(*each_once(table))
    assert found.raw_agreement == 1.0
    assert found.fleiss_kappa is None and np.isnan(fleiss_kappa(table))
    with pytest.raises(ValueError, match="more than one value in the domain"):
        alpha_of_the_library(said)
    assert found.krippendorff_alpha is None
    pairs = pairs_of(said[0], said[1], 4)
    assert coefficients.cohen_kappa(pairs) is None and np.isnan(cohen_kappa_score(said[0], said[1]))


@pytest.mark.parametrize("said", [[[0, 1] * 6, [1, 0] * 6], [[0] * 12, [0, 1] * 6], [[0, 1] * 6] * 2])
def test_ties_and_full_agreement_and_its_opposite(said):
    said = np.array(said)
    table = table_of(said, 2)
    found = coefficients.agreement(*each_once(table))
    assert found.fleiss_kappa == pytest.approx(fleiss_kappa(table))
    assert found.krippendorff_alpha == pytest.approx(alpha_of_the_library(said))
    pairs = pairs_of(said[0], said[1], 2)
    assert coefficients.cohen_kappa(pairs) == pytest.approx(cohen_kappa_score(said[0], said[1]))


@pytest.mark.parametrize(("hits", "total"), [(0, 20), (20, 20), (1, 3), (81, 263), (499, 1000)])
def test_wilsons_interval_is_that_of_statsmodels(hits, total):
    interval = coefficients.wilson(hits, total)
    expected = proportion_confint(hits, total, method="wilson")
    assert (interval.low, interval.high) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_intervals_are_those_of_scipys_percentile_bootstrap(seed):
    """Both draw clips with replacement; what is left is the chance of 500 draws here and 2,000 there."""
    said, n_labels = ratings_of(np.random.default_rng(seed), missing=0.2, n_clips=150, n_labels=4)
    said = said[:, (said != MISSING).sum(axis=0) >= 2]
    found = coefficients.intervals(*each_once(table_of(said, n_labels)), seed=seed)["krippendorff_alpha"]
    drawn = stats.bootstrap(
        (np.arange(said.shape[1]),),
        lambda clips: alpha_of_the_library(said[:, clips]),
        vectorized=False,
        n_resamples=2000,
        method="percentile",
        rng=np.random.default_rng(seed),
    )
    width = drawn.confidence_interval.high - drawn.confidence_interval.low
    assert found.low == pytest.approx(drawn.confidence_interval.low, abs=width / 8)
    assert found.high == pytest.approx(drawn.confidence_interval.high, abs=width / 8)
