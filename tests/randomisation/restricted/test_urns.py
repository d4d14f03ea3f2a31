"""Wei's urn, the Ehrenfest urn and the block urn."""

import itertools
from collections import defaultdict
from fractions import Fraction

import numpy as np
import pytest

from steps_analysis.errors import ArgumentError
from steps_analysis.randomisation import (
    BlockUrn,
    CompleteRandomisation,
    EhrenfestUrn,
    PermutedBlocks,
    WeiUrn,
    allocate,
    enumerate_sequences,
    next_probability,
)

# --- by hand -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("procedure", "n_treatment", "n_control", "expected"),
    [
        # One ball each; after A one B is added: 1 A, 2 B.
        (WeiUrn(1, 1), 1, 0, 1 / 3),
        (WeiUrn(1, 1), 1, 1, 1 / 2),
        (WeiUrn(2, 3), 2, 1, 5 / 13),  # A 2 + 3 x 1, B 2 + 3 x 2
        (WeiUrn(0, 1), 0, 0, 1 / 2),  # an empty urn: a fair coin
        (WeiUrn(0, 1), 1, 0, 0),
        (WeiUrn(1, 0), 5, 0, 1 / 2),
        # 2:1 as three equal arms, two of them treatment. One ball each; after a
        # treatment the two others gain one: 1 + 2 of treatment, 2 of control.
        (WeiUrn(1, 1, ratio=(2, 1)), 1, 0, 3 / 5),
        (WeiUrn(0, 1, ratio=(2, 1)), 0, 0, 2 / 3),
        (WeiUrn(0, 1, ratio=(2, 1)), 0, 1, 1),
        # Three balls each; a drawn ball turns into the other kind: 2 A, 4 B.
        (EhrenfestUrn(3), 1, 0, 1 / 3),
        (EhrenfestUrn(3), 2, 2, 1 / 2),
        (EhrenfestUrn(3), 3, 0, 0),
        (EhrenfestUrn(3), 0, 3, 1),
        (EhrenfestUrn(3), 9, 0, 0),  # beyond what can be reached
        # Two sets AB; A and B drawn go back together.
        (BlockUrn(2), 1, 0, 1 / 3),
        (BlockUrn(2), 2, 0, 0),
        (BlockUrn(2), 2, 1, 1 / 3),
        (BlockUrn(2), 9, 9, 1 / 2),
        (BlockUrn(2), 9, 0, 0),  # beyond what can be reached
        # Two sets AAB: AAAABB. After A: 3 A, 2 B.
        (BlockUrn(2, ratio=(2, 1)), 1, 0, 3 / 5),
        (BlockUrn(2, ratio=(2, 1)), 2, 1, 2 / 3),
        (BlockUrn(2, ratio=(2, 1)), 4, 0, 0),
    ],
)
def test_probability_by_hand(procedure, n_treatment, n_control, expected):
    found = float(procedure.probability(n_treatment, n_control, 20))
    assert found == pytest.approx(expected, abs=1e-15)


def test_the_worked_example_of_zhao_and_weng(reference):
    table = reference("block_urn_2011")
    urn = BlockUrn(table["lam"])
    assert sum(urn.ratio) * urn.lam == table["block_size"]
    arms = allocate(urn, [table["uniforms"]])[0].tolist()
    assert "".join("BA"[arm] for arm in arms) == table["sequence"]
    found = [next_probability(urn, arms[:i]) for i in range(len(arms))]
    assert found == pytest.approx(table["prob_A"])


# --- edges ---------------------------------------------------------------------------


def test_neighbours_of_the_urns():
    fair = enumerate_sequences(CompleteRandomisation(ratio=(2, 1)), 6)
    assert enumerate_sequences(WeiUrn(3, 0, ratio=(2, 1)), 6) == pytest.approx(fair)
    pairs = enumerate_sequences(PermutedBlocks(2), 7)
    assert enumerate_sequences(EhrenfestUrn(1), 7) == pytest.approx(pairs)
    assert enumerate_sequences(BlockUrn(1), 7) == pytest.approx(pairs)
    three = enumerate_sequences(PermutedBlocks(3, ratio=(2, 1)), 7)
    assert enumerate_sequences(BlockUrn(1, ratio=(2, 1)), 7) == pytest.approx(three)


def test_urns_with_very_many_balls_are_fair():
    for urn in (WeiUrn(10**9, 1), EhrenfestUrn(10**9), BlockUrn(10**9)):
        assert float(urn.probability(7, 2, 20)) == pytest.approx(1 / 2)


def test_a_first_block_of_the_urn_is_a_block_while_no_set_returns():
    # Without a completed set nothing goes back: AA has the same probability.
    urn, block = (
        enumerate_sequences(one, 2) for one in (BlockUrn(3), PermutedBlocks(6))
    )
    assert urn["AA"] == pytest.approx(block["AA"])


# --- naive twins: balls in an urn ----------------------------------------------------


def _by_balls(start, after_draw, n):
    """Sum over every ball that may be drawn, as exact fractions."""
    total = defaultdict(Fraction)

    def draw(urn, out, letters, chance):
        if len(letters) == n:
            total[letters] += chance
            return
        for letter in sorted(set(urn)):
            share = Fraction(urn.count(letter), len(urn))
            left, still_out = after_draw(urn, out, letter)
            draw(left, still_out, letters + letter, chance * share)

    draw(start, "", "", Fraction(1))
    return {letters: float(chance) for letters, chance in sorted(total.items())}


def _wei(urn, out, letter):
    return urn + "".join(one for one in "ABC" if one != letter), out


def _ehrenfest(urn, out, letter):
    return urn.replace(letter, "AB"[letter == "A"], 1), out


def _block(one_set):
    def after_draw(urn, out, letter):
        urn, out = urn.replace(letter, "", 1), out + letter
        if all(out.count(one) >= one_set.count(one) for one in set(one_set)):
            for one in one_set:
                out = out.replace(one, "", 1)
            urn += one_set
        return urn, out

    return after_draw


@pytest.mark.parametrize(
    ("procedure", "start", "after_draw", "n"),
    [
        (WeiUrn(2, 1, ratio=(1, 1, 1)), "AABBCC", _wei, 6),
        (EhrenfestUrn(3), "AAABBB", _ehrenfest, 8),
        (BlockUrn(3), "ABABAB", _block("AB"), 9),
        (BlockUrn(2, ratio=(2, 1)), "AABAAB", _block("AAB"), 9),
        (BlockUrn(2, ratio=(1, 2, 1)), "ABBCABBC", _block("ABBC"), 7),
    ],
    ids=["wei", "ehrenfest", "block 1:1", "block 2:1", "block 1:2:1"],
)
def test_urns_agree_with_their_balls(procedure, start, after_draw, n):
    twin = _by_balls(start, after_draw, n)
    assert enumerate_sequences(procedure, n) == pytest.approx(twin, rel=1e-12)


def test_an_unequal_wei_urn_is_one_of_more_equal_arms():
    # 2:1 of arms A, B: three equal arms A, B, C of which the first two are named A.
    three = enumerate_sequences(WeiUrn(1, 2, ratio=(1, 1, 1)), 6)
    merged = defaultdict(float)
    for letters, chance in three.items():
        merged[letters.replace("B", "A").replace("C", "B")] += chance
    found = enumerate_sequences(WeiUrn(1, 2, ratio=(2, 1)), 6)
    assert found == pytest.approx(dict(merged), rel=1e-12)


# --- properties ----------------------------------------------------------------------


@pytest.mark.parametrize("lam", [2, 3])
def test_fewer_allocations_are_certain_than_in_blocks(lam):
    def certain(procedure):
        listed = enumerate_sequences(procedure, 12)
        steps = 0.0
        for letters, chance in listed.items():
            a = np.cumsum([one == "A" for one in letters[:-1]], dtype=int)
            b = np.arange(1, 12) - a
            steps += chance * np.isin(procedure.probability(a, b, 12), (0, 1)).sum()
        return steps

    assert certain(BlockUrn(lam)) < certain(PermutedBlocks(2 * lam))


def test_unequal_block_urns_stay_as_near_as_blocks():
    for ratio, lam in itertools.product([(2, 1), (1, 3)], [2, 3]):
        target = ratio[0] / sum(ratio)

        def furthest(procedure, target=target):
            listed = enumerate_sequences(procedure, 12)
            far = [
                np.abs(np.cumsum([one == "A" for one in s]) - target * np.arange(1, 13))
                for s in listed
            ]
            return np.max(far)

        urn, block = (
            BlockUrn(lam, ratio=ratio),
            PermutedBlocks(lam * sum(ratio), ratio=ratio),
        )
        assert furthest(urn) <= furthest(block) + 1e-12


# --- errors --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: WeiUrn(0, 0), "`beta` must be above 0 where `alpha` is 0 .*empty"),
        (lambda: WeiUrn(-1, 1), "`alpha` must be a whole number, at least 0, got -1"),
        (lambda: WeiUrn(1, 0.5), "`beta` must be a whole number, at least 0, got 0.5"),
        (lambda: WeiUrn(1, 1, ratio=(1, 0)), "`ratio` must be two or more whole"),
        (lambda: EhrenfestUrn(0), "`w` must be a whole number, at least 1, got 0"),
        (lambda: BlockUrn(0), "`lam` must be a whole number, at least 1, got 0"),
        (lambda: BlockUrn(2, ratio=(2, 0)), "`ratio` must be two or more whole"),
        (lambda: WeiUrn(1, 1, ratio=(1, 1, 1)).probability(0, 0, 6), "two parts where"),
        (lambda: BlockUrn(1, ratio=(1, 1, 1)).probability(0, 0, 6), "two parts where"),
    ],
)
def test_impossible_parameters_are_refused(build, message):
    with pytest.raises(ArgumentError, match=message):
        build()
