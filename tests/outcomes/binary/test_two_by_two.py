"""Difference, ratio and odds ratio of a two-by-two table."""

import math

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.outcomes import (
    exact_test,
    odds_ratio,
    risk_difference,
    risk_ratio,
)
from steps_analysis.outcomes.binary.conditional_count import ConditionalCount
from steps_analysis.outcomes.binary.corrected_scores import (
    debiased_odds_ratio_score,
    skewed_difference_score,
)
from steps_analysis.outcomes.binary.score_limits import (
    difference_score,
    odds_ratio_residual,
    ratio_score_limits,
    risks_apart,
)

DIFFERENCES = [
    "newcombe",
    "miettinen-nurminen",
    "mee",
    "agresti-caffo",
    "newcombe-corrected",
    "scas",
]
RATIOS = ["koopman", "miettinen-nurminen", "katz"]
ODDS = ["score", "miettinen-nurminen", "debiased", "woolf"]
ODDS += ["conditional", "mid-p", "minlike", "blaker"]
# The golden table of the domain hand-book, section 4: RD, its limits, RR, OR, p
GOLDEN = [
    ((2, 24, 11, 24), (-0.3750, -0.5752, -0.1243), 0.1818, 0.1074, 0.00784),
    ((1, 8, 6, 8), (-0.6250, -0.8309, -0.1395), 0.1667, 0.0476, 0.04056),
    ((1, 20, 2, 20), (-0.0500, -0.2552, 0.1496), 0.5, 0.4737, 1.0),
    ((43, 340, 36, 335), (0.0190, -0.0300, 0.0679), 1.177, 1.202, None),
]


# By hand


@pytest.mark.parametrize(("counts", "difference", "ratio", "odds", "p"), GOLDEN)
def test_reproduces_the_golden_table(counts, difference, ratio, odds, p):
    found = risk_difference(*counts)
    got = (found.value, found.lower, found.upper)
    assert got == pytest.approx(difference, abs=5e-5)
    digits = 5e-5 if p is not None else 5e-4
    assert risk_ratio(*counts).value == pytest.approx(ratio, abs=digits)
    assert odds_ratio(*counts).value == pytest.approx(odds, abs=digits)
    if p is not None:
        assert exact_test(*counts).p_value == pytest.approx(p, abs=5e-6)


def test_woolf_by_hand():
    # log OR = log(2*6/(3*4)) = 0, variance 1/2 + 1/3 + 1/4 + 1/6 = 1.25
    found = odds_ratio(2, 5, 4, 10, method="woolf")
    assert found.value == 1.0
    assert found.standard_error == pytest.approx(math.sqrt(1.25))
    assert found.upper == pytest.approx(math.exp(1.959963984540054 * math.sqrt(1.25)))
    assert found.p_value == 1.0


# Edges


@pytest.mark.parametrize("method", DIFFERENCES)
@pytest.mark.parametrize(
    "counts",
    [(0, 20, 0, 20), (20, 20, 20, 20), (20, 20, 0, 20), (0, 20, 20, 20), (0, 1, 1, 1)],
)
def test_a_difference_exists_at_every_corner(method, counts):
    found = risk_difference(*counts, method=method)
    assert found.not_estimable is None
    assert -1 <= found.lower <= found.value <= found.upper <= 1 or (
        method == "agresti-caffo"  # shrinks: its limits need not hold the value
    )
    assert found.lower < found.upper


@pytest.mark.parametrize("function", [risk_difference, risk_ratio, odds_ratio])
def test_an_empty_arm_is_not_estimable(function):
    assert function(0, 0, 1, 8).not_estimable == "the treatment arm has no participants"
    assert function(1, 8, 0, 0).not_estimable == "the control arm has no participants"


@pytest.mark.parametrize("method", RATIOS)
def test_an_infinite_risk_ratio_is_not_estimable(method):
    found = risk_ratio(5, 56, 0, 29, method=method)
    assert found.not_estimable == "it is infinite: no event in the control arm"
    assert math.isnan(found.value)
    assert math.isnan(found.upper)
    assert risk_ratio(0, 9, 0, 9, method=method).not_estimable == (
        "neither arm has an event"
    )


@pytest.mark.parametrize("method", ODDS)
def test_an_infinite_odds_ratio_is_not_estimable(method):
    for counts, reason in (
        ((5, 56, 0, 29), "it is infinite: no event in the control arm"),
        ((5, 5, 3, 9), "it is infinite: everybody in the treatment arm has the event"),
        ((0, 5, 0, 9), "neither arm has an event"),
        ((5, 5, 9, 9), "everybody in both arms has the event"),
    ):
        assert odds_ratio(*counts, method=method).not_estimable == reason


@pytest.mark.parametrize("method", ["score", "miettinen-nurminen", "conditional"])
def test_no_event_under_treatment_gives_zero_with_an_upper_limit(method):
    found = odds_ratio(0, 20, 4, 20, method=method)
    assert (found.value, found.lower) == (0.0, 0.0)
    assert 0.5 < found.upper < 3
    ratio = risk_ratio(0, 20, 4, 20)
    assert (ratio.value, ratio.lower) == (0.0, 0.0)
    assert 0.5 < ratio.upper < 2


def test_wald_methods_say_so_at_a_zero_cell():
    woolf = odds_ratio(0, 20, 4, 20, method="woolf")
    assert "a cell of the table is 0" in woolf.not_estimable
    assert (
        "no event under treatment"
        in risk_ratio(0, 20, 4, 20, method="katz").not_estimable
    )


def test_everybody_in_both_arms_has_risk_ratio_one():
    found = risk_ratio(29, 29, 29, 29)
    assert found.value == 1.0
    assert 0.8 < found.lower < 1 < found.upper < 1.25


# Properties


@settings(max_examples=50, deadline=None)
@given(
    n1=st.integers(1, 60),
    n2=st.integers(1, 60),
    s1=st.floats(0, 1),
    s2=st.floats(0, 1),
    method=st.sampled_from(DIFFERENCES),
)
def test_swapping_arms_mirrors_a_difference(n1, n2, s1, s2, method):
    x1, x2 = round(s1 * n1), round(s2 * n2)
    one = risk_difference(x1, n1, x2, n2, method=method)
    other = risk_difference(x2, n2, x1, n1, method=method)
    assert one.value == pytest.approx(-other.value)
    assert one.lower == pytest.approx(-other.upper, abs=1e-8)


@settings(max_examples=50, deadline=None)
@given(
    n1=st.integers(2, 60),
    n2=st.integers(2, 60),
    s1=st.floats(0, 1),
    s2=st.floats(0, 1),
    method=st.sampled_from(ODDS),
    ratio_method=st.sampled_from(RATIOS),
)
def test_swapping_arms_inverts_a_ratio(n1, n2, s1, s2, method, ratio_method):
    x1, x2 = round(s1 * n1), round(s2 * n2)
    assume(0 < x1 < n1 and 0 < x2 < n2)
    for function, how in ((odds_ratio, method), (risk_ratio, ratio_method)):
        one = function(x1, n1, x2, n2, method=how)
        other = function(x2, n2, x1, n1, method=how)
        assert one.value == pytest.approx(1 / other.value, rel=1e-8)
        assert one.lower == pytest.approx(1 / other.upper, rel=1e-6)
        assert one.lower < one.value < one.upper


# Naive twins


@pytest.mark.parametrize("correct", [True, False])
@pytest.mark.parametrize("effect", [-0.45, -0.2, 0.0, 0.1, 0.4])
def test_constrained_risks_are_at_the_maximum_of_the_likelihood(correct, effect):
    # the closed form against a search over the risk of arm 2
    x1, n1, x2, n2 = 3, 30, 9, 25
    best, best_risk = -math.inf, math.nan
    low, high = max(0.0, -effect), min(1.0, 1 - effect)
    for i in range(1, 200_000):
        p2 = low + (high - low) * i / 200_000
        p1 = p2 + effect
        value = x1 * math.log(p1) + (n1 - x1) * math.log(1 - p1)
        value += x2 * math.log(p2) + (n2 - x2) * math.log(1 - p2)
        if value > best:
            best, best_risk = value, p2
    p2, p1 = best_risk, best_risk + effect
    variance = p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2
    variance *= (n1 + n2) / (n1 + n2 - 1) if correct else 1
    z = (x1 / n1 - x2 / n2 - effect) / math.sqrt(variance)
    ours = difference_score((x1, n1, x2, n2), effect, correct=correct)
    assert ours == pytest.approx(z, rel=1e-4)


@pytest.mark.parametrize("counts", [(56, 70, 48, 80), (9, 10, 3, 10), (3, 30, 9, 30)])
def test_conditional_limits_leave_half_the_error_in_each_tail(counts):
    x1, n1, x2, n2 = counts

    def share(x, odds):
        return math.comb(n1, x) * math.comb(n2, x1 + x2 - x) * odds**x

    def tail(odds, few):
        xs = range(max(0, x1 + x2 - n2), min(n1, x1 + x2) + 1)
        total = sum(share(x, odds) for x in xs)
        return sum(share(x, odds) for x in xs if (x <= x1 if few else x >= x1)) / total

    found = odds_ratio(*counts, method="conditional")
    assert tail(found.upper, True) == pytest.approx(0.025, rel=1e-9)
    assert tail(found.lower, False) == pytest.approx(0.025, rel=1e-9)


# R

CASES = ["nc_a", "nc_b", "nc_c", "nc_d", "p1", "p3"]
COUNTS = {
    "nc_a": (56, 70, 48, 80),
    "nc_b": (9, 10, 3, 10),
    "nc_c": (6, 7, 2, 7),
    "nc_d": (5, 56, 0, 29),
    "p1": (3, 30, 9, 30),
    "p3": (12, 100, 25, 100),
}


@pytest.mark.parametrize("case", CASES)
def test_differences_equal_ratesci_and_propcis(case, figures, compare):
    counts = COUNTS[case]
    names = {
        "mn": "miettinen-nurminen",
        "mee": "mee",
        "newcombe": "newcombe",
        "newcombe_cc": "newcombe-corrected",
    }
    ours = {}
    for name, method in names.items():
        found = risk_difference(*counts, method=method)
        ours[name] = _like_ratesci(found, counts)
    caffo = risk_difference(*counts, method="agresti-caffo")
    ours["agresti_caffo"] = [caffo.lower, caffo.upper]
    for name in ("mn", "mee"):
        ours[name] |= {"p1mle": counts[0] / counts[1], "p2mle": counts[2] / counts[3]}
    # ratesci's estimate is where the corrected score is 0, ours the plain difference
    scas = risk_difference(*counts, method="scas")
    est = brentq(lambda d: skewed_difference_score(counts, d), -0.99, 0.99, xtol=1e-13)
    p1, p2 = risks_apart(counts, est)
    ours["scas"] = _like_ratesci(scas, counts) | {"est": est, "p1mle": p1, "p2mle": p2}
    # PropCIs prints to 1e-7
    theirs = figures[f"rd_{case}"]
    compare(ours, theirs, rel=1e-8, absolute=1e-9, skip=["diffscore_propcis"])
    mn = risk_difference(*counts, method="miettinen-nurminen")
    compare([mn.lower, mn.upper], theirs["diffscore_propcis"], absolute=1e-7)


@pytest.mark.parametrize("case", CASES)
def test_ratios_equal_ratesci_and_propcis(case, figures, compare):
    counts = COUNTS[case]
    ours = {
        "rr_mn": _like_ratesci(
            _ratio(risk_ratio, counts, "miettinen-nurminen"), counts
        ),
        "rr_koopman": _like_ratesci(_ratio(risk_ratio, counts, "koopman"), counts),
        "rr_propcis": _limits(_ratio(risk_ratio, counts, "koopman")),
    }
    for name in ("rr_mn", "rr_koopman"):
        mle = {"p1mle": counts[0] / counts[1], "p2mle": counts[2] / counts[3]}
        ours[name] |= mle if counts[2] else {"p1mle": None, "p2mle": None}
    ours["or_mn"] = _debiased(counts, correct=True)
    ours["or_score"] = _debiased(counts, correct=False)
    theirs = figures[f"rr_{case}"]
    compare(ours, theirs, rel=1e-6, skip=["or_propcis"])
    if counts[2]:
        found = odds_ratio(*counts, method="debiased")
        both = [theirs["or_mn"]["lower"], theirs["or_mn"]["upper"]]
        compare([found.lower, found.upper], both, rel=1e-8)
    # PropCIs walks outwards in steps of 0.1 % until it has passed the limit
    found = _limits(_ratio(odds_ratio, counts, "miettinen-nurminen"))
    compare(found, theirs["or_propcis"], rel=1.001e-3)


def test_newcombe_1998_as_printed(figures, compare):
    theirs = figures["newcombe1998_published"]
    ours = {}
    for name, case in theirs.items():
        counts = [case[key] for key in ("x1", "n1", "x2", "n2")]
        found = risk_difference(*counts)
        ours[name] = dict(zip(("x1", "n1", "x2", "n2"), counts, strict=True))
        ours[name]["ci"] = [found.lower, found.upper]
    compare(ours, theirs, absolute=5e-5)


@pytest.mark.parametrize("case", CASES)
def test_conditional_odds_ratio_equals_fisher_test_as_far_as_r_solves_it(case, figures):
    # uniroot works on the odds ratio, or on its reciprocal above 1, to eps^0.25
    theirs = figures[f"exact_{case}"]
    tolerance = 1.3e-4
    for method, name in (("conditional", "fisher"), ("mid-p", "midp_central")):
        lower, upper = _limits(_ratio(odds_ratio, COUNTS[case], method))
        for ours, r in zip((lower, upper), theirs[f"{name}_ci"], strict=True):
            if r is None:
                assert math.isnan(ours)
            elif r < 1:
                assert ours == pytest.approx(r, abs=tolerance)
            else:
                assert 1 / ours == pytest.approx(1 / r, abs=tolerance)
    value = _ratio(odds_ratio, COUNTS[case], "conditional").value
    if theirs["fisher_or"] is None:
        assert math.isnan(value)
    else:
        assert 1 / value == pytest.approx(1 / theirs["fisher_or"], rel=1e-3)
    less = ConditionalCount.of_table(COUNTS[case]).tails()[0]
    assert less == pytest.approx(theirs["fisher_less"], rel=1e-10)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("method", ["minlike", "blaker"])
def test_two_sided_exact_limits_equal_exact2x2_as_printed(case, method, figures):
    lower, upper = _limits(_ratio(odds_ratio, COUNTS[case], method))
    theirs = figures[f"exact_{case}"][f"{method}_ci"]
    assert lower == pytest.approx(theirs[0], abs=6e-5)
    if theirs[1] is None:
        assert math.isnan(upper)
    else:
        assert upper == pytest.approx(theirs[1], abs=6e-5)


def _debiased(counts, *, correct):
    """Limits of the debiased score, and the odds ratio where it is 0."""
    x1, n1, x2, n2 = counts
    ours = {"x1": x1, "n1": n1, "x2": x2, "n2": n2, "level": 0.95}
    ours |= {"p1hat": x1 / n1, "p2hat": x2 / n2, "p1mle": None, "p2mle": None}
    score = debiased_odds_ratio_score
    if not x2:
        swapped = (x2, n2, x1, n1)
        upper = ratio_score_limits(score, swapped, 0.0, 0.95, correct)[1]
        return ours | {"lower": 1 / upper, "est": None, "upper": None}
    log = brentq(lambda b: score(counts, math.exp(b), correct=correct), -20, 20)
    est = math.exp(log)
    lower, upper = ratio_score_limits(score, counts, est, 0.95, correct)
    r1, r2 = odds_ratio_residual(counts, est)[2]
    mle = {"p1mle": r1, "p2mle": r2}
    return ours | mle | {"lower": lower, "est": est, "upper": upper}


@pytest.mark.parametrize("case", ["nc_b", "nc_c", "p1"])
def test_exact_differences_equal_exact2x2(case, figures, compare):
    # exact2x2 maximises over 100 risks only, and so has slightly smaller p-values and
    # slightly narrower limits
    theirs = figures[f"exact_{case}"]["uncond_rd_score"]
    found = risk_difference(*COUNTS[case], method="exact")
    ours = {"p": found.p_value, "est": found.value, "ci": [found.lower, found.upper]}
    compare(ours, theirs, rel=4e-4, absolute=3e-5, skip=["note"])
    assert found.p_value >= theirs["p"]
    assert found.lower <= theirs["ci"][0] + 1e-6
    assert found.upper >= theirs["ci"][1] - 1e-6


class _Swapped:
    """The reciprocal of the ratio with arms swapped, where it is infinite."""

    def __init__(self, found):
        self.value, self.upper, self.level = math.nan, math.nan, found.level
        self.lower = 1 / found.upper


def _ratio(function, counts, method):
    found = function(*counts, method=method)
    if found.not_estimable:
        return _Swapped(function(*counts[2:], *counts[:2], method=method))
    return found


def _limits(found):
    return [found.lower, found.upper]


def _like_ratesci(found, counts):
    x1, n1, x2, n2 = counts
    return {
        "lower": found.lower,
        "est": found.value,
        "upper": found.upper,
        "level": found.level,
        "x1": x1,
        "n1": n1,
        "x2": x2,
        "n2": n2,
        "p1hat": x1 / n1,
        "p2hat": x2 / n2,
    }


# Errors


@pytest.mark.parametrize("function", [risk_difference, risk_ratio, odds_ratio])
def test_refuses_impossible_counts_and_unknown_methods(function):
    with pytest.raises(DataError, match="`events_control` must not exceed"):
        function(1, 8, 9, 8)
    with pytest.raises(DataError, match="`n_treatment` must be a whole number"):
        function(1, -8, 1, 8)
    with pytest.raises(ArgumentError, match="`method` must be one of"):
        function(1, 8, 1, 8, method="wald")


@pytest.mark.parametrize("method", ["score", "miettinen-nurminen", "debiased"])
def test_an_odds_ratio_is_that_of_the_mirrored_table(method):
    """Events of one arm for non-events of the other: the same odds ratio."""
    for n, m in ((2, 2), (5, 3), (20, 20), (25, 23), (18, 16)):
        for a in range(n + 1):
            for c in range(m + 1):
                one = odds_ratio(a, n, c, m, method=method)
                other = odds_ratio(m - c, m, n - a, n, method=method)
                assert (one.not_estimable is None) == (other.not_estimable is None)
                if one.not_estimable is None:
                    for name in ("value", "lower", "upper"):
                        here, there = getattr(one, name), getattr(other, name)
                        assert here == pytest.approx(there, rel=1e-6), (a, n, c, m)
