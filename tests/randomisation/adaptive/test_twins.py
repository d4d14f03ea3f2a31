"""Every covariate-adaptive procedure against a slow twin written from its paper."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steps_analysis.randomisation import (
    AdjustableCovariateBiasedCoin,
    AtkinsonBiasedCoin,
    CompleteRandomisation,
    EfronBiasedCoin,
    HuHu,
    Minimisation,
    StratifiedBiasedCoin,
    allocate,
    enumerate_sequences,
    next_probabilities,
    next_probability,
)
from steps_analysis.randomisation.adaptive.atkinson import model_matrix, with_one_more

NAMES = ("a", "b", "c")
WEIGHTS = (2.0, 1.0, 0.5)

TWO_ARMS = (
    AdjustableCovariateBiasedCoin(NAMES, a=2.5),
    AtkinsonBiasedCoin(NAMES),
    HuHu(NAMES, overall=0.3, weights=WEIGHTS, stratum=0.7, p=0.85),
    Minimisation(NAMES, weights=WEIGHTS, rule="rank-based", q=0.9, burn_in=2),
    Minimisation(NAMES, weights=WEIGHTS, rule="imbalance-proportional", t=0.6),
    StratifiedBiasedCoin(NAMES, p=0.7),
)
THREE_ARMS = (
    Minimisation(NAMES, rule="rank-based", q=0.6, ratio=(1, 1, 1)),
    Minimisation(NAMES, rule="imbalance-proportional", t=0.9, ratio=(1, 1, 1)),
    Minimisation(NAMES, ties="share", p=0.75, ratio=(1, 1, 1)),
    Minimisation(NAMES, ratio=(3, 2, 1), p=0.5, burn_in=3),
)


def _histories(n_arms):
    """The arms so far, and levels of theirs and of one participant more."""
    levels = st.tuples(st.integers(0, 2), st.integers(0, 1), st.integers(0, 3))
    return st.integers(1, 12).flatmap(
        lambda n: st.tuples(
            st.lists(st.integers(0, n_arms - 1), min_size=n - 1, max_size=n - 1),
            st.lists(levels, min_size=n, max_size=n),
        )
    )


# --- naive twins: one participant, plain Python --------------------------------------


def _lead(arm, alike):
    """Treated less controls among those who are alike."""
    return sum(
        (1 if one == 1 else -1) for one, yes in zip(arm, alike, strict=True) if yes
    )


def _alike(levels, factors):
    """Which earlier participants share the last one's levels of these factors."""
    *earlier, now = levels
    return [all(one[f] == now[f] for f in factors) for one in earlier]


def _hu_hu_twin(procedure, arm, levels):
    """Hu and Hu 2012, section 2: try both arms, sum the weighted squares."""
    imbalance = {}
    for tried, step in (("treatment", 1), ("control", -1)):
        parts = [procedure.overall * (_lead(arm, _alike(levels, ())) + step) ** 2]
        for f, weight in enumerate(procedure.weights):
            parts.append(weight * (_lead(arm, _alike(levels, (f,))) + step) ** 2)
        stratum = _lead(arm, _alike(levels, (0, 1, 2)))
        parts.append(procedure.stratum * (stratum + step) ** 2)
        imbalance[tried] = math.fsum(parts)
    if abs(imbalance["treatment"] - imbalance["control"]) < 1e-9:
        return 0.5
    better = imbalance["treatment"] < imbalance["control"]
    return procedure.p if better else 1 - procedure.p


def _efron_twin(procedure, arm, levels):
    """Efron 1971 within the stratum."""
    d = _lead(arm, _alike(levels, (0, 1, 2)))
    return 0.5 if d == 0 else procedure.p if d < 0 else 1 - procedure.p


def _adjustable_twin(procedure, arm, levels):
    """Baldi Antognini and Zagoraiou 2011: F(D) within the stratum."""
    d = _lead(arm, _alike(levels, (0, 1, 2)))
    power = abs(d) ** procedure.a
    return 0.5 if d == 0 else power / (power + 1) if d < 0 else 1 / (power + 1)


def _atkinson_twin(_, arm, levels):
    """Atkinson 1982: least squares of the smallest size, levels told by sight."""
    first, *_, now = levels if len(levels) > 1 else (*levels, *levels)
    names = sorted({(f, one[f]) for one in levels for f in range(3)})
    others = [(f, level) for f, level in names if first[f] != level]

    def row(one):
        return [1.0, *(float(one[f] == level) for f, level in others)]

    if not arm:
        return 0.5
    earlier = np.array([row(one) for one in levels[:-1]])
    signs = np.array([1.0 if one == 1 else -1.0 for one in arm])
    effects = np.linalg.lstsq(earlier, signs, rcond=1e-8)[0]
    d = float(np.array(row(now)) @ effects)
    return (1 - d) ** 2 / ((1 - d) ** 2 + (1 + d) ** 2)


def _scores(procedure, arm, levels):
    """Pocock and Simon 1975: the weighted ranges that each arm would leave."""
    n_arms = len(procedure.ratio)
    scores = []
    for tried in range(n_arms):
        score = 0.0
        for f, weight in enumerate(procedure.weights):
            held = [0.0] * n_arms
            for one, yes in zip(arm, _alike(levels, (f,)), strict=True):
                held[n_arms - 1 - one] += yes
            held[tried] += 1
            scaled = [h / part for h, part in zip(held, procedure.ratio, strict=True)]
            score += weight * (max(scaled) - min(scaled))
        scores.append(score)
    return scores


def _minimisation_twin(procedure, arm, levels):
    """Pocock and Simon 1975, Han 2009: every arm's probability."""
    n_arms = len(procedure.ratio)
    if len(arm) < procedure.burn_in:
        return [part / sum(procedure.ratio) for part in procedure.ratio]
    scores = _scores(procedure, arm, levels)
    if procedure.rule == "imbalance-proportional":
        t = procedure.t
        return [(1 - t * g / sum(scores)) / (n_arms - t) for g in scores]
    if procedure.rule == "rank-based":
        return _ranked(scores, procedure.q)
    best = [k for k in range(n_arms) if scores[k] < min(scores) + 1e-9]
    if procedure.ties == "share":
        return _shared(best, n_arms, procedure.p)
    return _drawn(best, procedure.ratio, procedure.p)


def _shared(best, n_arms, p):
    """The tied share p, the others the rest."""
    if len(best) == n_arms:
        return [1 / n_arms] * n_arms
    other = (1 - p) / (n_arms - len(best))
    return [p / len(best) if k in best else other for k in range(n_arms)]


def _drawn(best, ratio, p):
    """The preferred arm is drawn among the tied; Han's probabilities follow."""
    chances = [0.0] * len(ratio)
    for preferred in best:
        share = ratio[preferred] / sum(ratio[k] for k in best)
        others = sum(ratio) - ratio[preferred]
        high = 1 - (1 - p) * others / (sum(ratio) - min(ratio))
        for k, part in enumerate(ratio):
            low = (1 - high) * part / others
            chances[k] += share * (high if k == preferred else low)
    return chances


def _ranked(scores, q):
    """Rank by rank; the tied in every order."""
    n = len(scores)
    by_rank = [q - 2 * (n * q - 1) * k / (n * (n + 1)) for k in range(1, n + 1)]
    orders = [
        order
        for order in itertools.permutations(range(n))
        if all(scores[a] < scores[b] + 1e-9 for a, b in itertools.pairwise(order))
    ]
    return [sum(by_rank[o.index(k)] for o in orders) / len(orders) for k in range(n)]


TWINS = {
    AdjustableCovariateBiasedCoin: _adjustable_twin,
    AtkinsonBiasedCoin: _atkinson_twin,
    HuHu: _hu_hu_twin,
    Minimisation: lambda *case: _minimisation_twin(*case)[0],
    StratifiedBiasedCoin: _efron_twin,
}


@pytest.mark.parametrize("procedure", TWO_ARMS, ids=repr)
@given(history=_histories(2))
@settings(max_examples=40, deadline=None)
def test_agrees_with_twin(procedure, history):
    arm, levels = history
    ours = next_probability(procedure, arm, factors=np.array(levels))
    twin = TWINS[type(procedure)](procedure, arm, levels)
    assert ours == pytest.approx(twin, abs=1e-9)


@pytest.mark.parametrize("procedure", THREE_ARMS, ids=repr)
@given(history=_histories(3))
@settings(max_examples=40, deadline=None)
def test_three_arms_agree_with_twin(procedure, history):
    arm, levels = history
    ours = next_probabilities(procedure, arm, factors=np.array(levels))
    assert ours == pytest.approx(_minimisation_twin(procedure, arm, levels), abs=1e-12)


@given(seed=st.integers(0, 10**6), n_levels=st.integers(1, 12))
@settings(max_examples=25, deadline=None)
def test_row_by_row_is_the_inverse_at_once(seed, n_levels):
    codes = np.random.default_rng(seed).integers(0, n_levels, size=(60, 2))
    rows = model_matrix(codes)
    inverse, unseen = np.zeros((rows.shape[1],) * 2), np.eye(rows.shape[1])
    for i, row in enumerate(rows):
        inverse, unseen = with_one_more(inverse, unseen, row)
        if i % 6 == 0:
            at_once = np.linalg.pinv(rows[: i + 1], rcond=1e-8)
            assert inverse == pytest.approx(at_once @ at_once.T, abs=1e-9)


# --- properties ----------------------------------------------------------------------


@pytest.mark.parametrize("procedure", TWO_ARMS, ids=repr)
@given(history=_histories(2), order=st.permutations(range(4)))
@settings(max_examples=25, deadline=None)
def test_names_of_levels_change_nothing(procedure, history, order):
    arm, levels = history
    codes = np.array(levels)
    renamed = np.array(order)[codes]
    assert next_probability(procedure, arm, factors=renamed) == pytest.approx(
        next_probability(procedure, arm, factors=codes), abs=1e-9
    )


@pytest.mark.parametrize("procedure", TWO_ARMS, ids=repr)
@given(history=_histories(2))
@settings(max_examples=25, deadline=None)
def test_swapped_arms_mirror_the_probability(procedure, history):
    arm, levels = history
    codes = np.array(levels)
    swapped = [1 - one for one in arm]
    assert next_probability(procedure, swapped, factors=codes) == pytest.approx(
        1 - next_probability(procedure, arm, factors=codes), abs=1e-9
    )


@pytest.mark.parametrize("procedure", [*TWO_ARMS, THREE_ARMS[-1]], ids=repr)
def test_side_by_side_is_one_by_one(procedure):
    rng = np.random.default_rng(8)
    codes, uniforms = rng.integers(0, 3, size=(24, 3)), rng.random((5, 24))
    arms = allocate(procedure, uniforms, factors=codes)
    alone = [allocate(procedure, row[None, :], factors=codes)[0] for row in uniforms]
    assert arms.tolist() == [row.tolist() for row in alone]
    for row, uniform in zip(arms, uniforms, strict=True):
        for i in range(24):
            chances = next_probabilities(procedure, row[:i], factors=codes[: i + 1])
            edges = np.cumsum(chances)
            assert row[i] == len(chances) - 1 - int((uniform[i] >= edges[:-1]).sum())


def _laws(first, second, codes):
    """Two procedures' laws of the same participants."""
    n = len(codes)
    return enumerate_sequences(first, n, factors=codes), enumerate_sequences(
        second, n, factors=codes
    )


codes_of_six = st.lists(
    st.tuples(st.integers(0, 1), st.integers(0, 1)), min_size=6, max_size=6
).map(np.array)
two_weights = st.tuples(st.floats(0.1, 5), st.floats(0.1, 5))


@given(codes=codes_of_six, weights=two_weights)
@settings(max_examples=25, deadline=None)
def test_hu_and_hu_with_levels_alone_is_minimisation_by_variance(codes, weights):
    hu_hu = HuHu(NAMES[:2], overall=0, weights=weights, stratum=0, p=0.8)
    minimised = Minimisation(NAMES[:2], weights=weights, imbalance="variance", p=0.8)
    ours, theirs = _laws(hu_hu, minimised, codes)
    assert ours == pytest.approx(theirs)


@given(codes=codes_of_six)
@settings(max_examples=25, deadline=None)
def test_what_hu_and_hu_comes_to(codes):
    names, one = NAMES[:2], {"p": 0.8, "stratum": 0, "overall": 0}
    coin = StratifiedBiasedCoin(names, p=0.8)
    stratum_alone = HuHu(names, p=0.8, stratum=3, overall=0, weights=(0, 0))
    ours, theirs = _laws(stratum_alone, coin, codes)
    assert ours == pytest.approx(theirs)
    # One factor alone is Efron's coin apart at each of its levels.
    second_alone = HuHu(names, weights=(0, 2), **one)
    by_second = StratifiedBiasedCoin(names[1:], p=0.8)
    ours = enumerate_sequences(second_alone, 6, factors=codes)
    theirs = enumerate_sequences(by_second, 6, factors=codes[:, 1:])
    assert ours == pytest.approx(theirs)
    # The whole trial alone is Efron's coin, whatever the factors.
    whole = HuHu(names, p=0.8, stratum=0, weights=(0, 0))
    ours = enumerate_sequences(whole, 6, factors=codes)
    assert ours == pytest.approx(enumerate_sequences(EfronBiasedCoin(0.8), 6))


@given(codes=codes_of_six, q=st.floats(0.5, 2))
@settings(max_examples=25, deadline=None)
def test_two_ranks_are_best_only(codes, q):
    ranked = Minimisation(NAMES[:2], rule="rank-based", q=q)
    best = Minimisation(NAMES[:2], p=(q + 1) / 3)
    ours, theirs = _laws(ranked, best, codes)
    assert ours == pytest.approx(theirs, abs=1e-12)


@given(codes=codes_of_six)
@settings(max_examples=15, deadline=None)
def test_coins_that_favour_nobody_are_fair(codes):
    fair = enumerate_sequences(CompleteRandomisation(), 6)
    for procedure in (
        AdjustableCovariateBiasedCoin(NAMES[:2], a=0),
        HuHu(NAMES[:2], p=0.5),
        Minimisation(NAMES[:2], rule="imbalance-proportional", t=0),
        StratifiedBiasedCoin(NAMES[:2], p=0.5),
    ):
        assert enumerate_sequences(procedure, 6, factors=codes) == pytest.approx(fair)
