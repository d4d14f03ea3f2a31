"""What is guessed before each allocation, and how often that is right."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.randomisation import (
    BigStick,
    Minimisation,
    PermutedBlocks,
    StratifiedBlocks,
    draw_sequences,
    enumerate_sequences,
)
from steps_analysis.randomisation.biases.guesses import (
    correct_guesses,
    guesses,
    seen_together,
)
from steps_analysis.randomisation.sequences import arms_of


def _one(letters, n_arms=2):
    return arms_of(letters, n_arms)[None]


# --- by hand -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sequence", "ratio", "strategy", "surely_treatment"),
    [
        # Level; A ahead, so B; A two ahead, so B; A one ahead, so B.
        ("AABB", (1, 1), "convergence", [0.5, 0, 0, 0]),
        ("AABB", (1, 1), "divergence", [0.5, 1, 1, 1]),
        # 2:1. Level; 1/2 against 0, so B; 2/2 against 0, so B; 2/2 against 1/1: level.
        ("AABA", (2, 1), "convergence", [0.5, 0, 0, 0.5]),
        # Three arms. Level; B and C behind; only C behind; level again.
        ("ABCA", (1, 1, 1), "convergence", [1 / 3, 0, 0, 1 / 3]),
        ("ABCA", (1, 1, 1), "divergence", [1 / 3, 1, 0.5, 1 / 3]),
    ],
)
def test_guesses_by_hand(sequence, ratio, strategy, surely_treatment):
    found = guesses(_one(sequence, len(ratio)), ratio=ratio, strategy=strategy)
    assert found[0, 0].tolist() == surely_treatment


def test_a_site_sees_its_own_allocations_only():
    # Sites 0 1 0 1. Site 0: level, then A ahead; site 1: level, then A ahead.
    found = guesses(_one("AAAB"), seen=[0, 1, 0, 1])
    assert found[0, 0].tolist() == [0.5, 0.5, 0, 0]
    # Wrong at the third, right at the fourth, and one half twice.
    assert correct_guesses(_one("AAAB"), seen=[0, 1, 0, 1]).tolist() == [2.0]


def test_one_participant_is_guessed_with_one_half():
    assert correct_guesses(_one("A")).tolist() == [0.5]


def test_seen_together_reads_a_factor_the_procedure_ignores():
    table = pd.DataFrame({"site": ["Southwark", "Borough A", "Southwark"]})
    assert seen_together("site", BigStick(2), table, n=3).tolist() == [1, 0, 1]
    codes = np.array([[0, 1], [1, 1], [0, 0]])
    procedure = Minimisation(["sex", "site"])
    assert seen_together("site", procedure, codes, n=3).tolist() == [1, 1, 0]


# --- R figures -----------------------------------------------------------------------


def test_shares_of_correct_guesses_of_the_reference(reference):
    entries = reference("assess_n8")["entries"]
    listed = enumerate_sequences(PermutedBlocks(4), 8)
    arms = np.array([arms_of(sequence) for sequence in listed])
    chance = np.array([*listed.values()])
    for key, strategy in (("CG_CS", "convergence"), ("CG_DS", "divergence")):
        share = correct_guesses(arms, strategy=strategy) / 8
        expected = entries[f"PBR4|{key}"]
        assert chance @ share == pytest.approx(expected["expectation"], rel=1e-12)
        assert (share.min(), share.max()) == (expected["min"], expected["max"])


# --- properties ----------------------------------------------------------------------


@given(
    seed=st.integers(0, 99),
    ratio=st.sampled_from([(1, 1), (2, 1), (1, 3), (1, 1, 1), (3, 2, 1)]),
    strategy=st.sampled_from(["convergence", "divergence"]),
)
@settings(max_examples=30, deadline=None)
def test_agrees_with_a_plain_loop(seed, ratio, strategy):
    rng = np.random.default_rng(seed)
    n, n_arms = 9, len(ratio)
    arms = rng.integers(0, n_arms, size=(3, n)).astype(np.int8)
    seen = rng.integers(0, 2, n)
    found = correct_guesses(arms, ratio=ratio, strategy=strategy, seen=seen)
    for sequence, ours in zip(arms, found, strict=True):
        assert ours == pytest.approx(_by_loop(sequence, ratio, strategy, seen))


def _by_loop(sequence, ratio, strategy, seen):
    """Guess as somebody with a tally sheet for every group would."""
    tallies = {group: [0] * len(ratio) for group in seen}
    right = 0.0
    for arm, group in zip(sequence, seen, strict=True):
        tally = tallies[group]
        row = len(ratio) - 1 - arm
        level = [round(c / part, 9) for c, part in zip(tally, ratio, strict=True)]
        best = min(level) if strategy == "convergence" else max(level)
        if level[row] == best:
            right += 1 / level.count(best)
        tally[row] += 1
    return right


def test_convergence_and_divergence_share_what_two_arms_leave():
    arms = draw_sequences(BigStick(3), 30, 20, seed=5)
    both = correct_guesses(arms) + correct_guesses(arms, strategy="divergence")
    assert both.tolist() == [30.0] * 20


def test_within_strata_of_two_every_second_guess_is_right():
    table = pd.DataFrame({"site": list("ABCABC") * 4})
    procedure = StratifiedBlocks(["site"], block_sizes=[2])
    arms = draw_sequences(procedure, 24, 10, factors=table, seed=5)
    own = seen_together("site", procedure, table, n=24)
    assert correct_guesses(arms, seen=own).tolist() == [18.0] * 10  # 12 + 12 / 2
    assert correct_guesses(arms).mean() < 18


# --- errors --------------------------------------------------------------------------


def test_a_factor_that_cannot_be_looked_at_is_refused():
    table = pd.DataFrame({"site": ["A", None]})
    with pytest.raises(DataError, match="`site` must be known for every participant"):
        seen_together("site", BigStick(2), table, n=2)
    with pytest.raises(DataError, match="`factors` must have a column 'borough'"):
        seen_together("borough", BigStick(2), table, n=2)
    with pytest.raises(DataError, match="`factors` must be a table"):
        seen_together("site", BigStick(2), None, n=2)
    with pytest.raises(
        ArgumentError,
        match=r"`looks_at` must be one of the procedure's factors \(site\)",
    ):
        seen_together("sit", Minimisation(["site"]), np.array([[0], [1]]), n=2)
