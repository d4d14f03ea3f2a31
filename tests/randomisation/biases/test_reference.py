"""Every rejection probability under bias that randomizeR gives at n = 8."""

from functools import cache

import numpy as np
import pytest
from scipy import stats

from steps_analysis.randomisation import (
    BigStick,
    CompleteRandomisation,
    EfronBiasedCoin,
    MaximalProcedure,
    PermutedBlocks,
    TruncatedBinomial,
)
from steps_analysis.randomisation.biases.assumptions import (
    ChronologicalBias,
    SelectionBias,
)
from steps_analysis.randomisation.biases.rejection import rejection_probability
from steps_analysis.randomisation.sequences import possible_sequences

N = 8
MOST_THEY_COUNT_TOO_MUCH = 6e-4  # the largest of the 42 differences is .000594
NO_FACTORS = np.empty((N, 0), dtype=np.int64)

DESIGNS = {
    "CR": CompleteRandomisation(),
    "PBR4": PermutedBlocks(4),
    "EBC23": EfronBiasedCoin(2 / 3),
    "BSD3": BigStick(3),
    "MP2": MaximalProcedure(2),
    "TBD8": TruncatedBinomial(),
}
LINEAR = ChronologicalBias(1.0)
ISSUES = {
    "selCS": (SelectionBias(0.5), 0.0),
    "selDS": (SelectionBias(0.5, strategy="divergence"), 0.0),
    "linT": (LINEAR, 0.0),
    "logT": (ChronologicalBias(1.0, trend="logarithmic"), 0.0),
    "stepT": (ChronologicalBias(1.0, trend="step", change_after=4), 0.0),
    "comb": ([SelectionBias(0.5), LINEAR], 0.0),
    "power": ((), 2.0),
}


def _chances_in_their_words(arms, bias, effect, *, as_r):
    """Rejection probability of each sequence, by scipy's non-central t."""
    biases = bias if isinstance(bias, list) else [bias] if bias else []
    means = effect * arms.astype(float)
    for one in biases:
        means = means + one.shifts(arms, procedure=PermutedBlocks(2), factors=None)
    return np.array([_chance(*pair, as_r) for pair in zip(arms, means, strict=True)])


def _chance(arm, mean, as_r):
    if arm.min() == arm.max():
        return 0.0  # randomizeR's rule for a sequence in one arm
    groups = mean[arm == 1], mean[arm == 0]
    root = np.sqrt(len(groups[0]) * len(groups[1]) / N)
    delta = root * (groups[0].mean() - groups[1].mean())
    half = sum(((group - group.mean()) ** 2).sum() for group in groups) / 2
    return _series(round(delta, 13), round(half, 13), as_r)


@cache
def _series(delta, half, as_r):
    """Given k more pairs of degrees of freedom within, the test is a non-central t."""
    last = np.ceil(half + stats.poisson.ppf(0.995, half)) if as_r else 40
    terms = np.arange(int(last) + 1 if half > 0 else 1)
    weight = stats.poisson.pmf(terms, half)
    wide = np.sqrt(1 + 2 * terms / 6) * stats.t.isf(0.025, 6)
    upper = stats.nct.sf(wide, 6 + 2 * terms, delta)
    lower = stats.nct.cdf(-wide, 6 + 2 * terms, delta)
    return weight @ (upper + lower) + (1 - weight.sum() if as_r else 0)


def _summary(chance, weight):
    mean = weight @ chance
    sd = np.sqrt(weight @ (chance - mean) ** 2)
    return mean, sd, chance.max(), chance.min()


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize("issue", ISSUES)
def test_every_figure(design, issue, reference):
    """
    randomizeR ends its series early and counts the weight beyond as rejected.

    So its figures are reproduced with its own series, and ours by the same words with
    the series carried on.
    """
    case = reference("biases_n8")["entries"][f"{design}|{issue}"]
    assert case.pop("p_na") == 0  # a sequence in one arm counts as not rejected
    expected = [case.pop(key) for key in ("expectation", "sd", "max", "min")]
    assert not case
    (bias, effect), procedure = ISSUES[issue], DESIGNS[design]
    arms, weight = possible_sequences(procedure, NO_FACTORS)
    theirs = _summary(_chances_in_their_words(arms, bias, effect, as_r=True), weight)
    for place, tolerance in enumerate([1e-12, 2e-9, 1e-12, 1e-12]):
        # Its sd is the root of a difference of squares: a zero shows as 5e-10.
        assert theirs[place] == pytest.approx(expected[place], rel=1e-10, abs=tolerance)
    exact = _summary(_chances_in_their_words(arms, bias, effect, as_r=False), weight)
    ours = rejection_probability(procedure, N, bias=bias, effect=effect)
    found = ours.value, ours.sd, ours.largest, ours.smallest
    assert found == pytest.approx(exact, rel=1e-10, abs=1e-12)
    assert -1e-11 < expected[0] - ours.value < MOST_THEY_COUNT_TOO_MUCH


def test_every_entry_is_compared(reference):
    entries = reference("biases_n8")["entries"]
    assert {*entries} == {f"{design}|{issue}" for design in DESIGNS for issue in ISSUES}
