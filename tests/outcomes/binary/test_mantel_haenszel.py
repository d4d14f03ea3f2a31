"""Effects and tests within strata."""

import math
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.outcomes import (
    breslow_day,
    cochran_mantel_haenszel,
    exact_test,
    mantel_haenszel,
    odds_ratio,
    risk_difference,
)

CONTRASTS = ["difference", "ratio", "odds_ratio"]
TESTS = ["chi-squared", "corrected", "exact", "central", "mid-p", "blaker"]
ONE_SITE = (["b"] * 4, [1] * 4)


def columns(tables):
    """Outcome, arm ("t" first, "c" second) and stratum of tables (x1, n1, x2, n2)."""
    outcome, arm, stratum = [], [], []
    for label, (x1, n1, x2, n2) in enumerate(tables):
        outcome += [1] * x1 + [0] * (n1 - x1) + [1] * x2 + [0] * (n2 - x2)
        arm += ["t"] * n1 + ["c"] * n2
        stratum += [label] * (n1 + n2)
    return outcome, arm, stratum


tables = st.lists(
    st.tuples(
        st.integers(1, 8), st.integers(1, 8), st.floats(0, 1), st.floats(0, 1)
    ).map(lambda t: (round(t[2] * t[0]), t[0], round(t[3] * t[1]), t[1])),
    min_size=1,
    max_size=4,
)


# By hand


def test_weighted_averages_by_hand():
    # strata 1/2 v 0/2 and 2/4 v 1/4: weights n1 n2 / N are 1 and 2
    data = columns([(1, 2, 0, 2), (2, 4, 1, 4)])
    assert mantel_haenszel(*data).value == pytest.approx((0.5 + 2 * 0.25) / 3)
    # sum a n2 / N = 1/2 + 1, sum c n1 / N = 1/2
    assert mantel_haenszel(*data, contrast="ratio").value == pytest.approx(3.0)
    # sum a d / N = 2/4 + 6/8, sum b c / N = 0 + 2/8
    assert mantel_haenszel(*data, contrast="odds_ratio").value == pytest.approx(5.0)
    assert "2 strata; reference c" in mantel_haenszel(*data).method


def test_pairs_are_mcnemar():
    # 3 discordant pairs with the event in t, 1 in c: (3 - 1)² / 4; odds ratio 3
    pairs = [(1, 1, 0, 1)] * 3 + [(0, 1, 1, 1)] + [(1, 1, 1, 1), (0, 1, 0, 1)]
    data = columns(pairs)
    assert cochran_mantel_haenszel(*data).statistic == pytest.approx(1.0)
    # corrected: excess 1, less 1/2, squared over variance 4/4
    corrected = cochran_mantel_haenszel(*data, method="corrected")
    assert corrected.statistic == pytest.approx(0.25)
    assert mantel_haenszel(*data, contrast="odds_ratio").value == pytest.approx(3.0)
    # at least 3 heads, or at most 1, of 4
    exact = cochran_mantel_haenszel(*data, method="exact")
    assert exact.p_value == pytest.approx(10 / 16)
    assert exact.statistic == 4.0
    conditional = mantel_haenszel(*data, contrast="odds_ratio", method="conditional")
    assert conditional.value == pytest.approx(3.0)


def test_breslow_day_by_hand():
    # 3/4 v 1/4 and 1/4 v 3/4: odds ratio 1 in common, so 2 events of 4 expected in each
    # arm, variance 1 / (1/2 + 1/2 + 1/2 + 1/2); 1² / (1/2) twice
    found = breslow_day(*columns([(3, 4, 1, 4), (1, 4, 3, 4)]), method="breslow-day")
    assert found.statistic == pytest.approx(4.0)
    assert found.degrees_of_freedom == 1


# Edges


def test_a_stratum_with_one_arm_adds_nothing_and_is_counted():
    plain = [(1, 3, 2, 4), (2, 5, 3, 5)]
    outcome, arm, stratum = columns(plain)
    more = ([*outcome, 1, 0, 1], [*arm, "t", "t", "c"], [*stratum, 8, 8, 9])
    for contrast in CONTRASTS:
        one = mantel_haenszel(outcome, arm, stratum, contrast=contrast)
        two = mantel_haenszel(*more, contrast=contrast)
        assert (one.value, one.lower) == (two.value, two.lower)
        assert "2 strata add nothing: one arm only" in two.method
    for method in TESTS:
        one = cochran_mantel_haenszel(outcome, arm, stratum, method=method)
        assert one.p_value == cochran_mantel_haenszel(*more, method=method).p_value


@pytest.mark.parametrize("contrast", CONTRASTS)
def test_arms_in_different_strata_cannot_be_compared(contrast):
    found = mantel_haenszel([1, 0], ["a", "b"], [1, 2], contrast=contrast)
    assert found.not_estimable == "no stratum has participants in both arms"
    found = cochran_mantel_haenszel([1, 0], ["a", "b"], [1, 2])
    assert found.not_estimable == "no stratum has participants in both arms"
    found = breslow_day([1, 0], ["a", "b"], [1, 2])
    assert found.not_estimable == "no stratum has participants in both arms"


@pytest.mark.parametrize("x", [0, 3])
def test_no_event_or_only_events(x):
    data = columns([(x, 3, x, 3)] * 2)
    assert "vary" in mantel_haenszel(*data).not_estimable
    for method in TESTS:
        assert cochran_mantel_haenszel(*data, method=method).not_estimable
    for method in ("mantel-haenszel", "conditional"):
        found = mantel_haenszel(*data, contrast="odds_ratio", method=method)
        assert "both an event and a non-event" in found.not_estimable
    score = mantel_haenszel(*data, method="miettinen-nurminen")
    assert score.value == 0
    assert score.lower < 0 < score.upper
    assert "fewer than two" in breslow_day(*data).not_estimable


def test_a_zero_in_every_stratum_of_one_arm():
    none, swapped = columns([(0, 5, 2, 5)] * 2), columns([(2, 5, 0, 5)] * 2)
    found = mantel_haenszel(*none, contrast="odds_ratio", method="conditional")
    assert found.value == found.lower == 0.0
    assert 0 < found.upper < math.inf
    for contrast, method in product(CONTRASTS[1:], ["mantel-haenszel"]):
        found = mantel_haenszel(*none, contrast=contrast, method=method)
        assert found.not_estimable == "the log of a ratio of 0 has no variance"
        found = mantel_haenszel(*swapped, contrast=contrast, method=method)
        assert found.not_estimable.startswith("it is infinite: ")
    found = mantel_haenszel(*swapped, contrast="odds_ratio", method="conditional")
    assert found.not_estimable.startswith("it is infinite: every stratum has as many")
    assert mantel_haenszel(*none).value == pytest.approx(-0.4)
    assert "0, infinite" in breslow_day(*none).not_estimable


def test_formula_and_missing_values():
    outcome, arm, site = columns([(1, 3, 2, 4), (2, 5, 3, 5)])
    table = pd.DataFrame({"y": outcome, "arm": arm, "site": site})
    table.loc[len(table)] = [np.nan, "t", 0]
    found = mantel_haenszel("y ~ arm", stratum="site", data=table, missing="drop")
    assert found.value == mantel_haenszel(outcome, arm, site).value
    assert "1 row with missing values left out" in found.method


# Properties


@settings(max_examples=40, deadline=None)
@given(drawn=tables)
def test_swapping_arms_mirrors_and_order_does_not_matter(drawn):
    outcome, arm, stratum = columns(drawn)
    back = np.arange(len(outcome))[::-1]
    shuffled = [np.asarray(c)[back] for c in (outcome, arm, stratum)]
    for contrast in CONTRASTS:
        one = mantel_haenszel(outcome, arm, stratum, contrast=contrast)
        other = mantel_haenszel(*shuffled, contrast=contrast, reference="t")
        if one.not_estimable or other.not_estimable:
            assert one.not_estimable
            assert other.not_estimable
            continue
        sign = contrast == "difference"
        assert one.lower == pytest.approx(-other.upper if sign else 1 / other.upper)
        assert one.p_value == pytest.approx(other.p_value)
    for method in TESTS:
        p = cochran_mantel_haenszel(outcome, arm, stratum, method=method).p_value
        q = cochran_mantel_haenszel(*shuffled, method=method, reference="t").p_value
        assert p == pytest.approx(q, nan_ok=True)


@settings(max_examples=30, deadline=None)
@given(drawn=tables)
def test_one_stratum_is_the_plain_table(drawn):
    counts = drawn[0]
    outcome, arm, _ = columns([counts])
    plain = risk_difference(*counts)
    assert mantel_haenszel(outcome, arm, None).value in (
        pytest.approx(plain.value),
        pytest.approx(math.nan, nan_ok=True),
    )
    score = mantel_haenszel(outcome, arm, method="miettinen-nurminen")
    theirs = risk_difference(*counts, method="miettinen-nurminen")
    assert score.upper == pytest.approx(theirs.upper, abs=1e-9)
    mine = mantel_haenszel(outcome, arm, contrast="odds_ratio", method="blaker")
    table = odds_ratio(*counts, method="blaker")
    assert mine.upper == pytest.approx(table.upper, rel=1e-9, nan_ok=True)
    p = cochran_mantel_haenszel(outcome, arm, method="exact")
    if not p.not_estimable:
        assert p.p_value == pytest.approx(exact_test(*counts).p_value)


# Naive twins


def _exact_by_enumeration(strata, odds=1.0):
    """Every way to fill every table with its margins fixed."""
    weights = {}
    ranges = [
        range(max(0, x1 + x2 - n2), min(n1, x1 + x2) + 1) for x1, n1, x2, n2 in strata
    ]
    for cells in product(*ranges):
        weight = 1.0
        for a, (x1, n1, x2, n2) in zip(cells, strata, strict=True):
            weight *= math.comb(n1, a) * math.comb(n2, x1 + x2 - a) * odds**a
        weights[sum(cells)] = weights.get(sum(cells), 0.0) + weight
    return weights


def test_exact_against_enumeration():
    strata = [(1, 5, 3, 4), (0, 3, 2, 6), (2, 4, 3, 3)]
    weights = _exact_by_enumeration(strata)
    seen, total = weights[3], sum(weights.values())
    p = sum(w for w in weights.values() if w <= seen * (1 + 1e-7)) / total
    found = cochran_mantel_haenszel(*columns(strata), method="exact")
    assert found.p_value == pytest.approx(p)
    effect = mantel_haenszel(
        *columns(strata), contrast="odds_ratio", method="conditional"
    )
    upper = _exact_by_enumeration(strata, effect.upper)
    few = sum(w for x, w in upper.items() if x <= 3) / sum(upper.values())
    assert few == pytest.approx(0.025)
    middle = _exact_by_enumeration(strata, effect.value)
    mean = sum(x * w for x, w in middle.items()) / sum(middle.values())
    assert mean == pytest.approx(3)


def test_homogeneity_against_statsmodels():
    from statsmodels.stats.contingency_tables import StratifiedTable

    strata = [(5, 20, 9, 25), (8, 18, 4, 17), (3, 30, 12, 28)]
    theirs = StratifiedTable(
        [np.array([[x1, n1 - x1], [x2, n2 - x2]]) for x1, n1, x2, n2 in strata]
    )
    for method, adjust in (("tarone", True), ("breslow-day", False)):
        found = breslow_day(*columns(strata), method=method)
        other = theirs.test_equal_odds(adjust=adjust)
        assert found.statistic == pytest.approx(other.statistic, rel=1e-9)
        assert found.p_value == pytest.approx(other.pvalue, rel=1e-9)
    for method, correct in (("chi-squared", False), ("corrected", True)):
        found = cochran_mantel_haenszel(*columns(strata), method=method)
        other = theirs.test_null_odds(correction=correct)
        assert found.statistic == pytest.approx(other.statistic, rel=1e-9)


def test_the_standard_error_is_right_on_average():
    rng = np.random.default_rng(4)
    sizes, risks = [(20, 20), (15, 25), (30, 30)], [(0.3, 0.5), (0.2, 0.4), (0.4, 0.6)]
    values, errors = [], []
    for _ in range(400):
        drawn = [
            (int(rng.binomial(n1, p1)), n1, int(rng.binomial(n2, p2)), n2)
            for (n1, n2), (p1, p2) in zip(sizes, risks, strict=True)
        ]
        found = mantel_haenszel(*columns(drawn))
        values.append(found.value)
        errors.append(found.standard_error)
    # the spread of 400 has a relative Monte Carlo error of 1 / sqrt(800); three of them
    assert np.mean(errors) == pytest.approx(np.std(values), rel=3 / math.sqrt(800))


# R


def test_equals_mantelhaen_test_metafor_and_ratesci(figures, compare):
    strata = [(2, 20, 5, 20), (1, 25, 4, 25), (0, 12, 3, 12)]
    data = columns(strata)
    theirs = figures["strat_2x2"]
    test = cochran_mantel_haenszel(*data)
    exact = cochran_mantel_haenszel(*data, method="exact")
    ours = {"cmh": test.statistic, "cmh_p": test.p_value, "exact_p": exact.p_value}
    for name, contrast in zip(("RD", "RR", "OR"), CONTRASTS, strict=True):
        found = mantel_haenszel(*data, contrast=contrast)
        log = float if contrast == "difference" else math.log
        ours[name] = {
            "est": log(found.value),
            "se": found.standard_error,
            "lower": log(found.lower),
            "upper": log(found.upper),
        }
    ours["or"], ours["or_ci"] = found.value, [found.lower, found.upper]
    conditional = mantel_haenszel(*data, contrast="odds_ratio", method="conditional")
    compare(ours, theirs, skip=["exact_or", "exact_ci", "strat_mn_rd"])
    # mantelhaen.test solves with uniroot's default tolerance, eps^0.25
    compare(
        [conditional.value, conditional.lower, conditional.upper],
        [theirs["exact_or"], *theirs["exact_ci"]],
        absolute=1.3e-4,
    )
    score = mantel_haenszel(*data, method="miettinen-nurminen")
    weight = [n1 * n2 / (n1 + n2) for _, n1, _, n2 in strata]
    p1, p2 = (
        np.average([row[i] / row[i + 1] for row in strata], weights=weight)
        for i in (0, 2)
    )
    compare(
        {
            "lower": score.lower,
            "est": score.value,
            "upper": score.upper,
            "level": score.level,
            "p1hat": p1,
            "p2hat": p2,
        },
        theirs["strat_mn_rd"],
        # p1mle, p2mle: ratesci's average of the likeliest risks; below
        rel=1e-7,
        skip=["p1mle", "p2mle"],
    )
    risks = _likeliest(strata, score.value)
    for i, name in enumerate(("p1mle", "p2mle")):
        mean = np.average([pair[i] for pair in risks], weights=weight)
        assert mean == pytest.approx(theirs["strat_mn_rd"][name], rel=1e-6)


def _likeliest(strata, effect):
    """Maximise each stratum's likelihood under a difference, by search."""
    from scipy.optimize import minimize_scalar
    from scipy.special import xlog1py, xlogy

    found = []
    for x1, n1, x2, n2 in strata:

        def minus(p2, x1=x1, n1=n1, x2=x2, n2=n2):
            p1 = p2 + effect
            first = xlogy(x1, p1) + xlog1py(n1 - x1, -p1)
            return -(first + xlogy(x2, p2) + xlog1py(n2 - x2, -p2))

        low, high = max(0.0, -effect), min(1.0, 1 - effect)
        best = minimize_scalar(
            minus, bounds=(low, high), method="bounded", options={"xatol": 1e-12}
        ).x
        found.append((best + effect, best))
    return found


# Errors


def test_refuses_what_does_not_fit():
    data = columns([(1, 3, 2, 4)])
    with pytest.raises(ArgumentError, match="`contrast` must be one of difference"):
        mantel_haenszel(*data, contrast="hazard")
    with pytest.raises(ArgumentError, match="`method` must be one of mantel-haenszel"):
        mantel_haenszel(*data, contrast="ratio", method="conditional")
    with pytest.raises(ArgumentError, match="`method` must be one of chi-squared"):
        cochran_mantel_haenszel(*data, method="fisher")
    with pytest.raises(ArgumentError, match="`method` must be one of tarone, breslow"):
        breslow_day(*data, method="woolf")
    with pytest.raises(ArgumentError, match="`reference` must be one of c, t"):
        mantel_haenszel(*data, reference="a")
    with pytest.raises(ArgumentError, match="`arm` must have two labels"):
        mantel_haenszel([1, 0, 1], ["a", "b", "c"])
    with pytest.raises(ArgumentError, match="`arm` must be given"):
        mantel_haenszel([1, 0, 1])
    with pytest.raises(DataError, match="`outcome` must be true or false"):
        mantel_haenszel([2, 0], ["a", "b"])
    with pytest.raises(DataError, match="`stratum` must have no missing values"):
        mantel_haenszel([1, 0], ["a", "b"], ["x", None])
