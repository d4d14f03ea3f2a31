"""Is a ratio kept by every single participant, or only by the trial as a whole?"""

import inspect

import numpy as np
import pytest

from steps_analysis.randomisation import (
    AdjustableCovariateBiasedCoin,
    AtkinsonBiasedCoin,
    HuHu,
    Minimisation,
    StratifiedBiasedCoin,
    StratifiedBlocks,
    enumerate_sequences,
)
from steps_analysis.randomisation.procedures import PROCEDURES

FACTORS = ("site", "sex")
PEOPLE = np.array([[0, 0], [1, 0], [0, 1], [0, 0], [2, 1], [1, 0], [0, 0], [1, 1]])
PRESERVING = (
    AdjustableCovariateBiasedCoin(FACTORS, a=3),
    AtkinsonBiasedCoin(FACTORS),
    HuHu(FACTORS),
    Minimisation(FACTORS),
    Minimisation(FACTORS, imbalance="variance", burn_in=2),
    Minimisation(FACTORS, ratio=(1, 1, 1)),
    StratifiedBiasedCoin(FACTORS),
    StratifiedBlocks(FACTORS, block_sizes=(2, 4)),
    StratifiedBlocks(FACTORS, block_sizes=(3, 6), ratio=(2, 1)),
    StratifiedBlocks(FACTORS, block_sizes=(4,), ratio=(1, 2, 1)),
)


def _shares(procedure):
    """P(the ratio's first arm) of each participant before anything is known."""
    listed = enumerate_sequences(procedure, len(PEOPLE), factors=PEOPLE)
    return [
        sum(chance for letters, chance in listed.items() if letters[i] == "A")
        for i in range(len(PEOPLE))
    ]


@pytest.mark.parametrize("procedure", PRESERVING, ids=repr)
def test_the_ratio_is_preserved_at_every_step(procedure):
    ratio = getattr(procedure, "ratio", (1, 1))
    expected = [ratio[0] / sum(ratio)] * len(PEOPLE)
    assert _shares(procedure) == pytest.approx(expected, abs=1e-12)


def test_minimisation_keeps_an_unequal_ratio_over_the_trial_only():
    # Han: the arm of the smaller part gets p = 0.8 where it is preferred, the other
    # 1 - 0.2 x 1/2. Nobody is there yet, and treatment leaves 1/2 where control leaves
    # 1: treatment is preferred.
    shares = _shares(Minimisation(FACTORS, p=0.8, ratio=(2, 1)))
    assert shares[0] == pytest.approx(0.9)
    assert np.ptp(shares) > 0.3


def test_every_docstring_says_whether_the_ratio_is_preserved():
    adaptive = {one for one in PROCEDURES.values() if ".adaptive." in one.__module__}
    assert adaptive == {type(one) for one in PRESERVING}
    for one in adaptive:
        assert "preserved at every step" in " ".join(inspect.getdoc(one).split())
