"""The trial, if it goes on."""

import math

import numpy as np
import pytest
from scipy import stats

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.outcomes import beta_binomial, predictive_success


def predict(x, n, y, m, **options):
    return predictive_success(
        x, n, y, m, **{"further_treatment": 5, "further_control": 4, **options}
    )


# By hand


def test_one_to_come_in_each_arm():
    # no event and one event, 1/2 each: 5/6 for benefit; equal outcomes: 1/2
    options = {"further_treatment": 1, "further_control": 1}
    assert predict(0, 0, 0, 0, threshold=0.8, **options).value == pytest.approx(0.25)
    assert predict(0, 0, 0, 0, threshold=0.4, **options).value == pytest.approx(0.75)
    assert predict(0, 0, 0, 0, threshold=0.9, **options).value == 0
    assert predict(0, 0, 0, 0, threshold=0.1, **options).value == pytest.approx(1)


# Edges


def test_nobody_to_come_is_the_answer_itself():
    options = {"further_treatment": 0, "further_control": 0}
    benefit = beta_binomial(3, 30, 9, 30).probability_of_benefit
    assert predict(3, 30, 9, 30, threshold=benefit - 1e-6, **options).value == 1
    assert predict(3, 30, 9, 30, threshold=benefit + 1e-6, **options).value == 0
    found = predict(3, 30, 9, 30)
    assert math.isnan(found.lower)
    assert found.n == 60


# Properties


def test_it_falls_with_threshold_margin_and_events():
    values = [predict(2, 12, 5, 12, threshold=t).value for t in (0.5, 0.8, 0.95)]
    assert values == sorted(values, reverse=True)
    assert predict(2, 12, 5, 12, margin=0.1).value <= predict(2, 12, 5, 12).value
    assert predict(3, 12, 5, 12).value <= predict(2, 12, 5, 12).value


# Naive twin


@pytest.mark.parametrize("prior", [(1.0, 1.0), (0.5, 0.5)])
def test_every_pair_of_counts_to_come(prior):
    total = 0.0
    a, b = prior
    for i in range(6):
        for j in range(5):
            chance = stats.betabinom(5, a + 2, b + 10).pmf(i)
            chance *= stats.betabinom(4, a + 5, b + 7).pmf(j)
            after = beta_binomial(2 + i, 17, 5 + j, 16, prior=prior)
            total += chance * (after.probability_of_benefit >= 0.9)
    found = predict(2, 12, 5, 12, threshold=0.9, prior=prior)
    assert found.value == pytest.approx(total)
    assert 0 < total < 1


def test_forty_to_come_by_simulation():
    # 4,000 futures: within three Monte Carlo errors
    found = predict(
        2, 12, 5, 12, further_treatment=20, further_control=20, threshold=0.9
    )
    rng = np.random.default_rng(3)
    x = rng.binomial(20, rng.beta(3, 11, 4000))
    y = rng.binomial(20, rng.beta(6, 8, 4000))
    wins = {}
    for pair in set(zip(x.tolist(), y.tolist(), strict=True)):
        after = beta_binomial(2 + pair[0], 32, 5 + pair[1], 32)
        wins[pair] = after.probability_of_benefit >= 0.9
    share = np.mean([wins[pair] for pair in zip(x.tolist(), y.tolist(), strict=True)])
    error = math.sqrt(found.value * (1 - found.value) / 4000)
    assert abs(share - found.value) < 3 * error


# Errors


def test_refusals():
    with pytest.raises(ArgumentError, match=r"`threshold` must lie in \(0, 1\)"):
        predict(1, 10, 2, 10, threshold=1)
    with pytest.raises(ArgumentError, match="`margin` must lie in"):
        predict(1, 10, 2, 10, margin=-1)
    with pytest.raises(ArgumentError, match="`prior` must be two"):
        predict(1, 10, 2, 10, prior=(0, 1))
    for name in ("further_treatment", "further_control"):
        with pytest.raises(DataError, match=f"`{name}` must be a whole number"):
            predict(1, 10, 2, 10, **{name: -1})
    with pytest.raises(DataError, match="events_control"):
        predict(1, 10, 12, 10)
