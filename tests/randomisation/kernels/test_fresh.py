"""Trials with participants of their own, against the walk of every single trial."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.randomisation import (
    BigStick,
    CompleteRandomisation,
    Minimisation,
    RandomPermutedBlocks,
    StratifiedBlocks,
    allocate,
    draw_sequences,
)
from steps_analysis.randomisation.kernels import drawing
from steps_analysis.randomisation.kernels.fresh import (
    draw_fresh,
    draw_fresh_imbalances,
)
from steps_analysis.randomisation.kernels.numbers import numbers, root_of, uniforms
from steps_analysis.randomisation.kernels.profiles import Profiles, alias_table
from steps_analysis.randomness import Stream

FACTORS = ["site", "sex", "age"]
ALLOCATION = {"stream": Stream.ALLOCATION, "seed": 6}


def profiles_of(*n_levels, seed=1):
    rng = np.random.default_rng(seed)
    levels = np.column_stack([rng.integers(0, n, 40) for n in n_levels])
    return Profiles(levels=levels, probability=rng.dirichlet(np.ones(40)))


PROCEDURES = {
    "range": (Minimisation(FACTORS), profiles_of(14, 2, 3)),
    "weighted": (Minimisation(FACTORS, weights=(3, 1, 2)), profiles_of(14, 2, 3)),
    "variance": (Minimisation(FACTORS, imbalance="variance"), profiles_of(16, 2, 3)),
    "17 levels": (Minimisation(FACTORS, p=0.7), profiles_of(17, 2, 3)),
    "8 factors": (Minimisation(list("abcdefgh")), profiles_of(*[2] * 8)),
    "parts": (Minimisation(FACTORS, weights=(0.1, 0.2, 0.3)), profiles_of(14, 2, 3)),
    "2:1": (Minimisation(FACTORS, ratio=(2, 1)), profiles_of(4, 2, 3)),
    "three arms": (Minimisation(FACTORS, ratio=(1, 1, 1)), profiles_of(4, 2, 3)),
    "strata": (StratifiedBlocks(FACTORS, block_sizes=[4]), profiles_of(3, 2, 2)),
    "no factors": (BigStick(2), profiles_of(3, 2)),
}

# --- by hand -------------------------------------------------------------------------


def test_aliases_by_hand():
    # Four places of 1/4, shares 2, 1/2, 0 and 3/2 of a place. The fourth fills all of
    # the third's and keeps half of its own; the first fills that and half the second's.
    threshold, alias = alias_table(np.array([4 / 8, 1 / 8, 0, 3 / 8]))
    kept = (threshold.astype(np.int64) + 1) / 2**31
    assert kept.tolist() == [1, 0.5, 0, 0.5]
    assert alias.tolist() == [0, 0, 3, 0]


# --- edges ---------------------------------------------------------------------------


def test_one_profile_is_a_fixed_table():
    only = Profiles(levels=[[0, 0, 0]])
    arms, who = draw_fresh(Minimisation(FACTORS), only, 12, 30, **ALLOCATION)
    assert not who.any()
    fixed = np.zeros((12, 3), dtype=np.int64)
    same = draw_sequences(Minimisation(FACTORS), 12, 30, factors=fixed, seed=6)
    assert (arms == same).all()


def test_codes_may_have_gaps():
    wide = Profiles(levels=[[0, 7], [10**9, 0], [40, 7]])
    narrow = Profiles(levels=[[0, 1], [2, 0], [1, 1]])
    procedure = Minimisation(["site", "sex"])
    drawn = [draw_fresh(procedure, one, 12, 9, **ALLOCATION) for one in (wide, narrow)]
    assert (drawn[0][0] == drawn[1][0]).all()


# --- properties: the naive twin is the walk of one trial -----------------------------


@pytest.mark.parametrize("case", PROCEDURES.values(), ids=PROCEDURES)
def test_every_trial_is_the_walk_of_its_own_participants(case):
    procedure, profiles = case
    n, n_trials = 30, 60
    arms, who = draw_fresh(procedure, profiles, n, n_trials, **ALLOCATION)
    own = uniforms(numbers(root_of(6, Stream.ALLOCATION), 0, n_trials, n)).T
    for i in range(n_trials):
        factors = profiles.levels[who[i]] if hasattr(procedure, "factors") else None
        walked = allocate(procedure, own[i : i + 1], factors=factors)
        assert (arms[i] == walked[0]).all()


def test_blocks_with_sizes_drawn_are_the_fixed_ones_of_each_trial():
    profiles = profiles_of(3, 2, 2)
    procedure = StratifiedBlocks(FACTORS, block_sizes=[2, 4])
    arms, who = draw_fresh(procedure, profiles, 20, 15, **ALLOCATION)
    for i in range(15):
        factors = profiles.levels[who[i]]
        fixed = draw_sequences(procedure, 20, 15, factors=factors, seed=6)
        assert (arms[i] == fixed[i]).all()
    free = RandomPermutedBlocks((2, 4))
    arms, _ = draw_fresh(free, profiles, 20, 15, **ALLOCATION)
    assert (arms == draw_sequences(free, 20, 15, seed=6)).all()


@pytest.mark.parametrize("name", ["range", "17 levels", "2:1"])
def test_no_result_depends_on_the_blocks(name, monkeypatch):
    procedure, profiles = PROCEDURES[name]
    before = draw_fresh(procedure, profiles, 10, 23, **ALLOCATION)
    monkeypatch.setattr(drawing, "_NARROWEST", 4)
    monkeypatch.setattr(drawing, "_WIDEST", 4)
    after = draw_fresh(procedure, profiles, 10, 23, **ALLOCATION)
    assert (before[0] == after[0]).all()
    assert (before[1] == after[1]).all()
    imbalances = draw_fresh_imbalances(procedure, profiles, 10, 23, **ALLOCATION)
    assert imbalances.final.tolist() == (2 * before[0].sum(axis=1) - 10).tolist()


@pytest.mark.parametrize("probability", [None, [0.5, 0.1, 0, 0.15, 0.25]])
def test_profiles_are_drawn_as_written(probability):
    # The place is number x 5 / 2^31; what is left over decides: it, or its alias.
    profiles = Profiles(levels=np.arange(5)[:, None], probability=probability)
    _, who = draw_fresh(Minimisation(["site"]), profiles, 9, 300, **ALLOCATION)
    threshold, alias = alias_table(profiles.probability)
    own = numbers(root_of(6, Stream.CHILDREN), 0, 300, 9).T.astype(np.int64)
    place, rest = own * 5 // 2**31, own * 5 % 2**31
    assert (who == np.where(rest <= threshold[place], place, alias[place])).all()
    assert set(who.ravel()) == {*np.flatnonzero(profiles.probability)}


def test_compared_procedures_meet_the_same_participants():
    profiles = profiles_of(4, 2, 3)
    drawn = [
        draw_fresh(procedure, profiles, 10, 5, **ALLOCATION)[1]
        for procedure in (Minimisation(FACTORS), CompleteRandomisation())
    ]
    assert (drawn[0] == drawn[1]).all()


@given(weights=st.lists(st.floats(0, 1), min_size=1, max_size=30).filter(sum))
@settings(max_examples=60, deadline=None)
def test_aliases_give_every_profile_its_probability(weights):
    probability = np.array(weights) / sum(weights)
    threshold, alias = alias_table(probability)
    kept = (threshold.astype(np.int64) + 1) / 2**31
    given_away = np.bincount(alias, weights=1 - kept, minlength=len(kept))
    assert (kept + given_away) / len(kept) == pytest.approx(probability, abs=1e-8)


def test_profiles_are_drawn_as_often_as_they_should_be():
    """Chi-square of 200,000 participants on 40 profiles: mean 39, SD 8.8."""
    profiles = profiles_of(14, 2, 3)
    _, who = draw_fresh(Minimisation(FACTORS), profiles, 20, 10_000, **ALLOCATION)
    expected = profiles.probability * who.size
    counts = np.bincount(who.ravel(), minlength=40)
    assert abs(((counts - expected) ** 2 / expected).sum() - 39) < 4 * 8.8


# --- errors --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("levels", "probability", "message"),
    [
        ([], None, "`levels` must be whole numbers, one row per profile"),
        ([[0.5]], None, "`levels` must be whole numbers, one row per profile"),
        ([[-1]], None, "`levels` must be codes from 0, got -1"),
        ([[0], [1]], [0.5], "`probability` must be 2 numbers"),
        ([[0], [1]], [0.5, 0.6], "that sum to 1"),
        ([[0], [1]], [1.5, -0.5], "of at least 0"),
        ([[0], [1]], [np.nan, 1], "of at least 0"),
    ],
)
def test_impossible_profiles_are_refused(levels, probability, message):
    with pytest.raises(DataError, match=message):
        Profiles(levels=levels, probability=probability)


def test_other_refusals():
    one = Profiles(levels=[[0]])
    with pytest.raises(DataError, match="one column for each of 3 factors"):
        draw_fresh(Minimisation(FACTORS), one, 4, 4, **ALLOCATION)
    with pytest.raises(ArgumentError, match="`n` must be a whole number, at least 1"):
        draw_fresh(BigStick(2), one, 0, 4, **ALLOCATION)
    with pytest.raises(ArgumentError, match="`n_sequences` must be a whole number"):
        draw_fresh(BigStick(2), one, 4, 0, **ALLOCATION)
