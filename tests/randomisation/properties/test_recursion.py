"""The compiled recursions, against plain Python written from their definitions."""

import numpy as np
import pytest

from steps_analysis.randomisation.properties.chains import (
    by_step,
    final_imbalance,
    maximum_imbalance,
)
from steps_analysis.randomisation.properties.counts import table_of, two_arm_chain
from steps_analysis.randomisation.properties.recursion import (
    exceedance,
    law_of_counts,
)


class Urn:
    """Wei's urn: one ball of each arm, one of the other arm added after each draw."""

    def probability(self, n_treatment, n_control, n):
        return (1 + n_control) / (2 + n_treatment + n_control)


class Lopsided:
    """Nothing symmetric about it, and certain where treatment is three ahead."""

    def probability(self, n_treatment, n_control, n):
        ahead = n_treatment - n_control
        return np.where(ahead >= 3, 0.0, 0.9 / (1 + 0.3 * np.abs(ahead - 1)))


def twin(table, a, b):
    """Joint law of (treated so far, largest |b t - a c| so far)."""
    law, reached = {(0, 0): 1.0}, [{0: 1.0}]
    for done in range(len(table)):
        after = {}
        for (treated, largest), chance in law.items():
            p = table[done, treated]
            for step, q in ((1, p), (0, 1 - p)):
                now = treated + step
                apart = abs(b * now - a * (done + 1 - now))
                state = (now, max(largest, apart))
                after[state] = after.get(state, 0.0) + chance * q
        law = {state: chance for state, chance in after.items() if chance > 0}
        reached.append({})
        for (_, largest), chance in law.items():
            reached[-1][largest] = reached[-1].get(largest, 0.0) + chance
    return law, reached


@pytest.mark.parametrize("procedure", [Urn(), Lopsided()])
@pytest.mark.parametrize("ratio", [(1, 1), (2, 1), (1, 3), (9, 1), (5, 4)])
@pytest.mark.parametrize("n", [1, 2, 3, 8, 25])
def test_the_twin_agrees(procedure, ratio, n):
    table = table_of(procedure, n)
    law, reached = twin(table, *ratio)
    by_count = np.zeros(n + 1)
    for (treated, _), chance in law.items():
        by_count[treated] += chance
    np.testing.assert_allclose(law_of_counts(table)[n], by_count, rtol=1e-12, atol=0)
    ours = exceedance(table, *ratio)
    for step, at_step in enumerate(reached):
        for level in range(max(at_step) + 2):
            expected = sum(chance for k, chance in at_step.items() if k >= level)
            found = ours[level, step] if level < len(ours) else 0.0
            assert found == pytest.approx(expected, rel=1e-11, abs=1e-16)


def test_nothing_leaves_a_band_that_holds_everything():
    table = table_of(Urn(), 8)
    assert exceedance(table, 1, 1)[9].tolist() == [0.0] * 9


def test_the_last_level_adds_nothing():
    reached = exceedance(np.full((400, 401), 0.5), 1, 1)
    assert 0 < reached[-1, -1] <= 1e-17 < reached[-2, -1]
    assert (np.diff(reached[:, -1]) <= 1e-15).all()


def test_a_procedure_of_ones_own():
    # Wei's urn: Var D = (n + 2) / 3 times (1 - ...) in the limit; at n = 2 by hand:
    # the second is drawn from two balls of the other arm and one of the same.
    chain = two_arm_chain(Urn(), 2)
    assert final_imbalance(chain) == pytest.approx({-2: 1 / 6, 0: 2 / 3, 2: 1 / 6})
    assert maximum_imbalance(chain) == pytest.approx({1: 2 / 3, 2: 1 / 3})
    assert by_step(chain)["correct_guess"].tolist() == pytest.approx([1 / 2, 2 / 3])


def test_weis_urn_in_the_long_run():
    chain = two_arm_chain(Urn(), 100)  # Var D = (n + 2) / 3: Wei (1977)
    variance = by_step(chain)["squared_imbalance"].iloc[-1]
    assert variance == pytest.approx(102 / 3 * (100 / 102), rel=0.05)
