"""Permutation and re-randomisation log-rank tests."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.outcomes import (
    asymptotic_permutation_log_rank,
    log_rank,
    log_rank_scores,
    permutation_log_rank,
)
from steps_analysis.outcomes.survival import split_up
from steps_analysis.outcomes.survival.allocations import exact_p_value
from steps_analysis.outcomes.survival.asymptotic_permutation import permutation_variance
from steps_analysis.outcomes.survival.permuted_statistics import (
    risk_sets,
    standardised,
    variances,
)
from steps_analysis.outcomes.survival.split_up import tails_of_sum
from steps_analysis.outcomes.survival.weighted_counts import weighted_counts
from steps_analysis.randomisation import (
    EfronBiasedCoin,
    LinearStatistic,
    draw_sequences,
)


def trial(seed, n=12, strata=1):
    rng = np.random.default_rng(seed)
    time = rng.integers(1, 7, n).astype(float)
    event = rng.random(n) < 0.7
    event[0] = True
    arm = np.array(["a", "b"])[(np.arange(n) % 2)]
    return time, event, arm, rng.integers(0, strata, n)


# By hand


def test_two_of_four():
    # scores 3/4, 5/12, -1/12, -13/12: the two first treated have 7/6, and by symmetry
    # of the sums of two of them only the complement is as large: 2 of 6
    found = permutation_log_rank([1, 2, 3, 4], [1] * 4, list("bbaa"))
    assert found.statistic == pytest.approx(7 / 6)
    assert found.p_value == pytest.approx(1 / 3)
    assert found.method == (
        "permutation log-rank test, observed less expected; arm b, reference a; "
        "exact, 6 allocations"
    )
    back = permutation_log_rank([1, 2, 3, 4], [1] * 4, list("bbaa"), reference="b")
    assert back.statistic == pytest.approx(-7 / 6)


def test_standardised_by_hand():
    # times 1 and 2 of two: a first: (1 - 1/2) / sqrt(1/4) = 1, b first: -1
    found = permutation_log_rank([1, 2], [1, 1], ["b", "a"], statistic="standardised")
    assert (found.statistic, found.p_value) == (1.0, 1.0)


# Edges


def test_not_estimable_where_nothing_could_differ():
    def reason(*columns, **options):
        return permutation_log_rank(*columns, **options).not_estimable

    assert reason([1, 2], [0, 0], ["a", "b"]) == "there is no event"
    assert reason([1, 2], [1, 1], ["a", "a"]) == "only one arm has participants"
    assert reason([1, 1], [1, 1], ["a", "b"]) == "all scores are equal"
    apart = reason([1, 2, 1, 2], [1, 1, 1, 1], list("aabb"), stratum=[1, 1, 2, 2])
    assert apart == "no other allocation has the same totals"
    assert asymptotic_permutation_log_rank([1, 1], [1, 1], ["a", "b"]).not_estimable


def test_no_variance_is_no_difference():
    # with the later two treated, arms are never at risk together but at time 1
    time, event = np.array([1.0, 2]), np.array([False, True])
    sets = risk_sets(time, event, np.zeros(2, dtype=np.int64), "log-rank")
    both = np.array([[1, 0], [0, 1]], dtype=np.int8)
    assert variances(sets, both).tolist() == [0, 0]
    scores = log_rank_scores(time, event)
    assert standardised(scores, sets, both).tolist() == [0, 0]


# Properties and twins


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), strata=st.integers(1, 3))
def test_counting_equals_visiting(seed, strata):
    time, event, _, stratum = trial(seed, strata=strata)
    treated = np.random.default_rng(seed).random(12) < 0.5
    scores = log_rank_scores(time, event, stratum=stratum)
    tails = tails_of_sum(scores, treated, stratum)
    unit = max(1e-9, float(np.abs(scores).max()))
    for sign, share in ((1, tails.greater), (-1, tails.less)):
        visited = exact_p_value(
            lambda arms, s=sign: s * (arms @ scores), treated, stratum, unit=unit
        )
        assert share == pytest.approx(visited.p_value, abs=1e-12)
    visited = exact_p_value(
        lambda arms: abs(arms @ scores), treated, stratum, unit=unit
    )
    assert tails.two_sided == pytest.approx(visited.p_value, abs=1e-12)


@pytest.mark.parametrize("strata", [1, 3])
@pytest.mark.parametrize("weighting", ["log-rank", (0, 1), "tarone-ware"])
def test_every_allocation_counted_on_its_own(strata, weighting):
    time, event, arm, stratum = trial(8, n=10, strata=strata)
    treated = arm == "b"
    slow = {"score": [], "standardised": []}
    for arms in itertools.product((False, True), repeat=10):
        labels = np.array(arms)
        totals = [labels[stratum == z].sum() for z in range(strata)]
        if totals != [treated[stratum == z].sum() for z in range(strata)]:
            continue
        given_columns = {
            "time": time,
            "event": event,
            "arm": labels,
            "stratum": stratum,
        }
        counts = weighted_counts(given_columns, None, "refuse", [weighting])
        u, v = counts.distance[0, 1], counts.covariance[0, 0, 1, 1]
        slow["score"].append(u)
        slow["standardised"].append(u / math.sqrt(v) if v > 1e-12 else 0.0)
    for statistic, values in slow.items():
        found = permutation_log_rank(
            time, event, arm, stratum=stratum, statistic=statistic, weighting=weighting
        )
        size = np.abs(values)
        share = np.mean(size >= abs(found.statistic) - 1e-9)
        assert found.p_value == pytest.approx(share, abs=1e-12)
        assert np.min(np.abs(np.array(values) - found.statistic)) < 1e-9
        assert f"exact, {len(values)} allocations" in found.method
    scores = log_rank_scores(time, event, stratum=stratum, weighting=weighting)
    variance = permutation_variance(scores, treated, stratum)
    assert variance == pytest.approx(np.var(slow["score"]), rel=1e-9)


def test_standardised_equals_log_rank():
    time, event, arm, stratum = trial(3, n=60, strata=2)
    plain = log_rank(time, event, arm, stratum=stratum)
    found = permutation_log_rank(
        time, event, arm, stratum=stratum, statistic="standardised", n_draws=10, seed=1
    )
    assert found.statistic**2 == pytest.approx(plain.statistic, rel=1e-9)


def test_draws_approach_the_exact_test():
    time, event, arm, stratum = trial(21, n=24, strata=2)
    exact = permutation_log_rank(time, event, arm, stratum=stratum)
    drawn = permutation_log_rank(
        time, event, arm, stratum=stratum, n_draws=20_000, seed=5
    )
    error = math.sqrt(exact.p_value * (1 - exact.p_value) / 20_000)
    assert abs(drawn.p_value - exact.p_value) < 4 * error
    assert "20,000 allocations drawn, Monte Carlo standard error" in drawn.method
    again = permutation_log_rank(
        time, event, arm, stratum=stratum, n_draws=20_000, seed=5
    )
    assert again == drawn


def test_exact_far_beyond_enumeration():
    # ten events among eighty: 1e23 allocations
    rng = np.random.default_rng(2)
    time, event = rng.exponential(size=80), np.zeros(80, dtype=bool)
    event[rng.permutation(80)[:10]] = True
    arm = np.array(["a", "b"])[np.arange(80) % 2]
    exact = permutation_log_rank(time, event, arm)
    assert exact.method.endswith("exact, about 1e23 allocations")
    drawn = permutation_log_rank(time, event, arm, n_draws=20_000, seed=1)
    assert drawn.p_value == pytest.approx(exact.p_value, abs=4 * 0.0036)


def test_re_randomisation_equals_the_randomisation_test():
    time, event, arm, _ = trial(5, n=30)
    procedure = EfronBiasedCoin(p=2 / 3)
    allocations = draw_sequences(procedure, 30, 2_000, seed=7)
    found = permutation_log_rank(time, event, arm, allocations=allocations)
    scores = LinearStatistic(log_rank_scores(time, event))
    values = scores(allocations)
    observed = scores((arm == "b").astype(np.int8)[None, :])[0]
    count = np.sum(values >= observed - 1e-9)
    assert found.p_value == pytest.approx((count + 1) / 2_001, abs=1e-12)
    assert found.method.startswith("re-randomisation log-rank test")
    assert found.to_r() is None


def test_rows_left_out_leave_the_allocations_too():
    time, event, arm, _ = trial(5, n=30)
    allocations = np.random.default_rng(7).integers(0, 2, (500, 30))
    late = np.where(np.arange(30) == 4, np.nan, time)
    found = permutation_log_rank(
        late, event, arm, allocations=allocations, missing="drop"
    )
    kept = np.arange(30) != 4
    same = permutation_log_rank(
        time[kept], event[kept], arm[kept], allocations=allocations[:, kept]
    )
    assert found.p_value == same.p_value
    assert "1 row with missing values left out" in found.method


def test_a_formula_equals_arrays():
    time, event, arm, stratum = trial(6, n=20, strata=2)
    frame = pd.DataFrame({"t": time, "e": event, "arm": arm, "site": stratum})
    found = permutation_log_rank("t + e ~ arm", data=frame, stratum="site")
    assert found == permutation_log_rank(time, event, arm, stratum=stratum)
    allocations = np.random.default_rng(7).integers(0, 2, (100, 20)).astype(bool)
    found = permutation_log_rank("t + e ~ arm", data=frame, allocations=allocations)
    assert found == permutation_log_rank(time, event, arm, allocations=allocations)


# R


def test_equals_full_enumeration_of_twelve(figures, table, compare):
    perm = table("perm12")
    columns = (perm.time, perm.status, perm.g)
    u = permutation_log_rank(*columns)
    z = permutation_log_rank(*columns, statistic="standardised")
    treated = perm.g.to_numpy() == 1
    together = np.zeros(12, dtype=np.int64)
    time, event = perm.time.to_numpy(float), perm.status.to_numpy() == 1
    scores = log_rank_scores(time, event)
    tails = tails_of_sum(scores, treated, together)
    sets = risk_sets(time, event, together, "log-rank")
    less = exact_p_value(lambda arms: -standardised(scores, sets, arms), treated)
    ours = {
        "U": u.statistic,
        "V": variances(sets, treated.astype(np.int8)[None, :])[0],
        "Z": z.statistic,
        "n_perm": tails.n_allocations,
        "p_two_absU": u.p_value,
        "p_less_U": tails.less,
        "p_two_absZ": z.p_value,
        "p_less_Z": less.p_value,
        "perm_var_U": permutation_variance(scores, treated, together),
    }
    compare(ours, figures["perm_lr_12"])


def test_equals_coin_under_its_rules_for_ties(figures, table, compare):
    # coin sums minus our scores over the first arm, which is the sum of ours over the
    # second less that over all: the same but for Hothorn and Lausen's rule
    perm = table("perm12")
    columns = (perm.time, perm.status, perm.g)
    first = perm.g.to_numpy() == 0
    ours = {}
    for name in ("mid-ranks", "Hothorn-Lausen", "average-scores"):
        ties = name.lower()
        scores = log_rank_scores(perm.time, perm.status, ties=ties)
        asymptotic = asymptotic_permutation_log_rank(*columns, ties=ties)
        exact = permutation_log_rank(*columns, ties=ties)
        ours[name] = {
            "Z": asymptotic.statistic,
            "p_exact": exact.p_value,
            "p_asym": asymptotic.p_value,
            "linear": -scores[first].sum(),
            "expectation": -first.sum() * scores.mean(),
            "variance": permutation_variance(scores, first, np.zeros(12, np.int64)),
        }
        assert f'ties.method = "{name}"' in exact.to_r()
        assert 'distribution = "asymptotic"' in asymptotic.to_r()
    # expectations of 0 are rounding in both
    compare(ours, figures["coin_lr_12"], absolute=1e-12)


def test_equals_coin_on_aml(figures, table, compare):
    aml = table("aml")
    columns = (aml.time, aml.status, aml.x)
    exact = permutation_log_rank(*columns)
    asymptotic = asymptotic_permutation_log_rank(*columns)
    # coin's Z is positive where the first arm lives longer: so is ours of the second
    ours = {
        "Z": asymptotic.statistic,
        "p_exact": exact.p_value,
        "p_asym": asymptotic.p_value,
    }
    compare(ours, figures["coin_lr_aml"])
    assert exact.method.endswith("exact, 1,352,078 allocations")


def test_equals_coin_under_other_weights(figures, table, compare):
    # the figures' call has rho = 1 and gamma = 1 throughout, which makes coin's
    # "Tarone-Ware" n^1, Gehan and Breslow's; ours is always the root of n
    aml = table("aml")
    weightings = {
        "logrank": "log-rank",
        "Gehan-Breslow": "gehan-breslow",
        "Tarone-Ware": "gehan-breslow",
        "Peto-Peto": "peto-peto",
        "Prentice": "prentice",
        "Prentice-Marek": "prentice-marek",
        "Andersen-Borgan-Gill-Keiding": "andersen",
        "Fleming-Harrington": (1, 1),
    }
    ours = {}
    for name, weighting in weightings.items():
        found = asymptotic_permutation_log_rank(
            aml.time, aml.status, aml.x, weighting=weighting
        )
        ours[name] = {"Z": found.statistic, "p": found.p_value}
        if name != "Tarone-Ware":
            assert f'type = "{name}"' in found.to_r()
    compare(ours, figures["coin_lr_weights_aml"])


# Errors


def test_refuses_options_that_contradict_each_other():
    two = ([1, 2, 3, 4], [1] * 4, list("abab"))
    drawn = np.array([[0, 1, 0, 1]])
    with pytest.raises(ArgumentError, match="`n_draws` must be left out, got 5"):
        permutation_log_rank(*two, n_draws=5, seed=1, allocations=drawn)
    with pytest.raises(ArgumentError, match="`seed` must be given where allocations"):
        permutation_log_rank(*two, n_draws=5)
    with pytest.raises(
        ArgumentError, match="`statistic` must be one of score, standar"
    ):
        permutation_log_rank(*two, statistic="chi")
    with pytest.raises(ArgumentError, match="`ties` must be mid-ranks with a standard"):
        permutation_log_rank(*two, statistic="standardised", ties="average-scores")
    with pytest.raises(ArgumentError, match="`reference` must be one of a, b"):
        permutation_log_rank(*two, reference="c")
    with pytest.raises(ArgumentError, match="`arm` must have two labels, got 3"):
        permutation_log_rank([1, 2, 3], [1] * 3, ["a", "b", "c"])
    with pytest.raises(DataError, match="`allocations` must have two dimensions"):
        permutation_log_rank(*two, allocations=[0, 1, 0, 1])
    with pytest.raises(DataError, match="`allocations` must have 4 rows like `time`"):
        permutation_log_rank(*two, allocations=np.zeros((5, 3), dtype=np.int8))
    with pytest.raises(DataError, match="`allocations` must hold 0 and 1"):
        permutation_log_rank(*two, allocations=drawn + 1)


def test_asks_for_draws_where_there_are_too_many_sums(monkeypatch):
    monkeypatch.setattr(split_up, "MOST_SUMS", 1_000)
    rng = np.random.default_rng(1)
    arm = np.array(["a", "b"])[np.arange(60) % 2]
    time = rng.exponential(size=60)
    with pytest.raises(
        ArgumentError, match="`n_draws` must be given where scores take"
    ):
        permutation_log_rank(time, np.ones(60), arm)
    with pytest.raises(ArgumentError, match="`n_draws` must be given where there are"):
        permutation_log_rank(time, np.ones(60), arm, statistic="standardised")
