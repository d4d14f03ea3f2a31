"""Minimisation's rules: from scores to probabilities, burn-in, ties."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steps_analysis.errors import ArgumentError
from steps_analysis.randomisation import (
    CompleteRandomisation,
    Minimisation,
    enumerate_sequences,
    next_probabilities,
    next_probability,
)
from steps_analysis.randomisation.adaptive.rules import (
    imbalance_proportional,
    rank_based,
    shared_by_best,
)

FOUR = (1, 1, 1, 1)

# --- by hand -------------------------------------------------------------------------


def test_rank_based_by_hand():
    # Two arms, q = 1/2 + e: p_1 = (q + 1)/3. q = 0.8 gives 0.6.
    #   site  arm         next: site A, treatment is one ahead, so control is best
    #   A     treatment
    table = pd.DataFrame({"site": ["A", "A"]})
    rule = Minimisation(["site"], rule="rank-based", q=0.8)
    assert next_probability(rule, [1], factors=table) == pytest.approx(0.4)


def test_imbalance_proportional_by_hand():
    #   site  sex  arm        next: site A, sex f
    #   A     m    treatment  treatment tried: |2-0| + |2-1| = 3
    #   B     f    treatment  control tried:   |1-1| + |1-2| = 1
    #   B     f    control    shares 3/4 and 1/4; t = 1/2:
    #                         treatment (1 - 3/8) / 1.5 = 5/12
    table = pd.DataFrame({"site": list("ABBA"), "sex": list("mfff")})
    rule = Minimisation(["site", "sex"], rule="imbalance-proportional", t=0.5)
    assert next_probability(rule, [1, 1, 0], factors=table) == pytest.approx(5 / 12)


def test_three_arms_share_or_draw_their_tie():
    # A first participant was in A: B and C tie for best, p = 0.8.
    table = pd.DataFrame({"site": ["A", "A"]})
    settings = {"ratio": (1, 1, 1), "p": 0.8}
    drawn = Minimisation(["site"], ties="ratio", **settings)
    shared = Minimisation(["site"], ties="share", **settings)
    assert next_probabilities(drawn, [2], factors=table) == pytest.approx(
        [0.10, 0.45, 0.45]
    )
    assert next_probabilities(shared, [2], factors=table) == pytest.approx(
        [0.2, 0.4, 0.4]
    )


def test_burn_in_by_hand():
    # Two fair coins, then the arm behind gets 1: AAB and BBA have 1/4 each; after AB or
    # BA the third is a tie.
    one_site = np.zeros((3, 1), dtype=int)
    rule = Minimisation(["site"], p=1, burn_in=2)
    listed = enumerate_sequences(rule, 3, factors=one_site)
    halves = dict.fromkeys(("ABA", "ABB", "BAA", "BAB"), 1 / 8)
    assert listed == pytest.approx({"AAB": 1 / 4, "BBA": 1 / 4} | halves)


# --- the papers ----------------------------------------------------------------------


def test_pocock_and_simon_rank_all_four(reference):
    case = reference("pocock_simon_1975")["rank_all"]
    assert case["rule"] == "p_k = q - 2(Nq-1)k/(N(N+1))"
    scores = np.arange(1.0, case["N"] + 1)
    for order in itertools.permutations(range(case["N"])):
        ours = rank_based(scores[[*order]], case["q"])
        assert ours == pytest.approx(np.array(case["p"])[[*order]])


def test_smallerize_and_minirand_differ_where_two_of_three_tie(reference):
    *_, entry = reference("known_wrong_outputs")["entries"]
    assert "Minirand (.4,.4,.2)" in entry["bug"]
    shared = shared_by_best(np.array([1.0, 1.0, 2.0]), 0.8)
    assert shared == pytest.approx([0.4, 0.4, 0.2])


# --- edges ---------------------------------------------------------------------------


def test_all_arms_tied_are_equally_likely():
    tied = np.full(4, 2.5)
    for probabilities in (
        shared_by_best(tied, 0.9),
        rank_based(tied, 0.6),
        imbalance_proportional(tied, 1.0),
    ):
        assert probabilities == pytest.approx(np.full(4, 1 / 4))


def test_ends_of_the_numbers():
    # The least number gives equal chances, the largest none to the worst arm.
    scores = np.array([3.0, 1.0, 2.0])
    assert rank_based(scores, 1 / 3) == pytest.approx(np.full(3, 1 / 3))
    assert rank_based(scores, 1.0) == pytest.approx([0, 2 / 3, 1 / 3])
    assert imbalance_proportional(scores, 0.0) == pytest.approx(np.full(3, 1 / 3))
    assert imbalance_proportional(np.array([0.0, 4.0]), 1.0).tolist() == [1, 0]


def test_a_burn_in_beyond_the_trial_is_complete_randomisation():
    codes = np.array([[0], [1], [0], [0]])
    for ratio in ((1, 1), (2, 1), (3, 2, 1)):
        burnt = Minimisation(["site"], burn_in=9, ratio=ratio)
        coin = CompleteRandomisation(ratio=ratio)
        assert enumerate_sequences(burnt, 4, factors=codes) == pytest.approx(
            enumerate_sequences(coin, 4)
        )


# --- properties ----------------------------------------------------------------------

scores_of_arms = st.lists(st.integers(0, 5), min_size=2, max_size=5).filter(any)


@given(given_scores=scores_of_arms, strength=st.floats(0, 1))
def test_probabilities_fall_with_the_score_and_sum_to_one(given_scores, strength):
    scores = np.array(given_scores, dtype=float)
    n = len(scores)
    q = 1 / n + strength * (2 / (n - 1) - 1 / n)
    p = (n - 1) / n + strength / n
    for chances in (
        rank_based(scores, q),
        imbalance_proportional(scores, strength),
        shared_by_best(scores, p),
    ):
        assert math.fsum(chances) == pytest.approx(1)
        assert (chances >= -1e-12).all()
        for i, j in itertools.product(range(n), repeat=2):
            if scores[i] <= scores[j]:
                assert chances[i] >= chances[j] - 1e-12


@given(given_scores=scores_of_arms)
def test_ranks_at_random_among_the_tied(given_scores):
    # The naive way: every order that the scores allow, with equal probability.
    n, q = len(given_scores), 1.5 / len(given_scores)
    orders = [
        order
        for order in itertools.permutations(range(n))
        if all(given_scores[a] <= given_scores[b] for a, b in itertools.pairwise(order))
    ]
    mean = np.zeros(n)
    for order in orders:
        for place, arm in enumerate(order):
            rank = place + 1
            mean[arm] += (q - 2 * (n * q - 1) * rank / (n * (n + 1))) / len(orders)
    ours = rank_based(np.array(given_scores, dtype=float), q)
    assert ours == pytest.approx(mean, abs=1e-12)


# --- errors --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"rule": "rank"}, "`rule` must be one of best-only, rank-based, imbalance-"),
        ({"rule": "rank-base", "q": 0.5}, "\nHint: did you mean 'rank-based'"),
        ({"rule": "rank-based"}, r"`q` must lie in \[0.5, 2\] .*got None"),
        ({"rule": "rank-based", "q": 2.1}, r"`q` must lie in \[0.5, 2\] .*negative"),
        (
            {"rule": "rank-based", "q": 0.7, "ratio": FOUR},
            r"`q` must lie in \[0.25, 0.6667\]",
        ),
        ({"rule": "rank-based", "q": True}, "`q` must lie in .*got True"),
        ({"rule": "rank-based", "p": 0.8}, "`p` must be left out .*which takes q"),
        ({"rule": "imbalance-proportional", "t": 1.1}, r"`t` must lie in \[0, 1\]"),
        ({"rule": "imbalance-proportional", "t": math.nan}, r"`t` must lie in"),
        ({"q": 0.5}, "`q` must be left out where rule is 'best-only', which takes p"),
        ({"t": 0.5}, "`t` must be left out where rule is 'best-only'"),
        (
            {"rule": "rank-based", "q": 0.5, "ratio": (2, 1)},
            "`ratio` must have equal parts.*\nHint: .*Han's rule",
        ),
        ({"ties": "share", "ratio": (2, 1)}, "`ties` must be 'ratio' unless rule is"),
        (
            {"ties": "share", "rule": "rank-based", "q": 0.5},
            "`ties` must be 'ratio' unless rule is",
        ),
        # Two of three arms would share 0.6, and the third, ahead, have 0.4.
        (
            {"ties": "share", "ratio": (1, 1, 1), "p": 0.6},
            r"`p` must lie in \[0.6667, 1\] .*arm that is ahead",
        ),
        ({"burn_in": -1}, "`burn_in` must be a whole number, at least 0, got -1"),
        ({"burn_in": 2.0}, "`burn_in` must be a whole number"),
    ],
)
def test_impossible_rules_are_refused(arguments, message):
    with pytest.raises(ArgumentError, match=f"(?s){message}"):
        Minimisation(["site"], **arguments)
