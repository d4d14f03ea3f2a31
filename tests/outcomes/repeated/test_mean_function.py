"""The mean cumulative function, its difference, and the two-sample tests."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.outcomes import (
    kaplan_meier,
    mean_cumulative_difference,
    mean_cumulative_difference_at,
    mean_cumulative_function,
    mean_cumulative_test,
    numbers_at_risk,
)
from steps_analysis.outcomes.repeated.counting import Counting, event_grid
from steps_analysis.outcomes.repeated.histories import read_histories
from steps_analysis.outcomes.repeated.pseudo_score import pseudo_score

Z = 1.959963984540054
CGD = "tstart + tstop + status ~ "


def trial(seed, n=24, rate=1.2):
    rng = np.random.default_rng(seed)
    rows = []
    for person in range(n):
        end = int(rng.integers(5, 15))
        marks = np.unique(rng.integers(1, end + 1, rng.poisson(rate))).tolist()
        edges = sorted({0, *marks, end})
        for a, b in itertools.pairwise(edges):
            rows.append((person, "ab"[person % 2], a, b, int(b in marks)))
    return pd.DataFrame(rows, columns=["id", "arm", "start", "stop", "event"])


def mean_of(table, **options):
    model = "start + stop + event ~ 1"
    return mean_cumulative_function(model, cluster="id", data=table, **options)


def difference_of(table, **options):
    model = "start + stop + event ~ arm"
    return mean_cumulative_difference(model, cluster="id", data=table, **options)


def difference_at(table, **options):
    model = "start + stop + event ~ arm"
    return mean_cumulative_difference_at(model, cluster="id", data=table, **options)


def test_of(table, **options):
    model = "start + stop + event ~ arm"
    return mean_cumulative_test(model, cluster="id", data=table, **options)


test_of.__test__ = False


# By hand


def test_drawn_table():
    # a: 0---x1---x3---4   b: 0-----2   c: 0-------3 with an event at 3, its last day
    # at 1: 1 event of 3; at 3: 2 events of 2 -> 1/3, 4/3
    table = pd.DataFrame(
        {
            "id": list("aaabc"),
            "start": [0, 1, 3, 0, 0],
            "stop": [1, 3, 4, 2, 3],
            "event": [1, 1, 0, 0, 1],
        }
    )
    curve = mean_of(table)
    assert curve.time.tolist() == [1, 3]
    assert curve.n_at_risk.tolist() == [3, 2]
    assert curve.value == pytest.approx([1 / 3, 4 / 3])
    # own parts at 1: a (1 - 1/3)/3 = 2/9, b and c -1/9: sum of squares 6/81; at 3 both
    # have what is expected, so nothing is added
    assert curve.standard_error == pytest.approx([math.sqrt(6) / 9] * 2)
    assert curve.at([0.5, 1, 9]).tolist() == pytest.approx([0, 1 / 3, 4 / 3])
    poisson = mean_of(table, variance="poisson", transform="plain")
    assert poisson.standard_error == pytest.approx(np.sqrt([1 / 9, 1 / 9 + 1 / 2]))
    assert poisson.upper[1] == pytest.approx(4 / 3 + Z * math.sqrt(11 / 18))
    assert poisson.lower[0] == 0  # 1/3 - 1.96/3 would be below 0


def test_the_difference_and_its_test_by_hand():
    # a: p has an event at 1, q none; b: r has one at 2, s none; all to 3
    table = pd.DataFrame(
        {
            "id": list("ppqrrs"),
            "arm": list("aaabbb"),
            "start": [0, 1, 0, 0, 2, 0],
            "stop": [1, 3, 3, 2, 3, 3],
            "event": [1, 0, 0, 1, 0, 0],
        }
    )
    curve = difference_of(table)
    assert curve.value.tolist() == [-0.5, 0.0]
    # each arm's variance is 2 * (1/4)^2 = 1/8 once it has had an event
    assert np.isnan(curve.standard_error[0])
    assert curve.standard_error[1] == pytest.approx(0.5)
    late = difference_at(table, at=3)
    assert (late.value, late.standard_error) == (0, pytest.approx(0.5))
    assert late.upper == pytest.approx(Z / 2)
    assert late.p_value == 1
    # weights 2 * 2 / 4 = 1; statistic 1/2 - 1/2
    assert test_of(table).statistic == 0
    # linear weights fall to 0 at 3: 2/3 and 1/3; (2/3 - 1/3) / 2 = 1/6;
    # variance 2 (1/4)^2 (4/9 + 1/9) = 5/72
    linear = test_of(table, weight="linear")
    assert linear.statistic == pytest.approx((1 / 6) ** 2 / (5 / 72))


def test_an_arm_without_events_has_exact_poisson_limits():
    # arm a: 10 people to 2 with nothing: upper limit 3.6889 / 10; arm b: one of 10
    # has an event at 1: mean 0.1, its own variance 9/1000
    stop = [2] * 10 + [1, 2] + [2] * 9
    start = [0] * 10 + [0, 1] + [0] * 9
    table = pd.DataFrame(
        {
            "id": [*range(10), 10, 10, *range(11, 20)],
            "arm": ["a"] * 10 + ["b"] * 11,
            "start": start,
            "stop": stop,
            "event": [0] * 10 + [1] + [0] * 10,
        }
    )
    found = difference_at(table, at=2)
    assert found.value == pytest.approx(0.1)
    half = Z * math.sqrt(0.009)
    assert found.upper == pytest.approx(0.1 + half)
    assert found.lower == pytest.approx(0.1 - math.hypot(half, 0.36889), abs=1e-5)
    assert math.isnan(found.standard_error)
    assert "exact Poisson limits stand in" in found.method
    flipped = difference_at(table, at=2, reference="b")
    assert (flipped.lower, flipped.upper) == (-found.upper, -found.lower)
    # Half as long under observation, half the weight: 5 of the 10 leave at 1
    table.loc[:4, "stop"] = 1
    wider = difference_at(table, at=2)
    gap = math.hypot(half, 3.6889 / 7.5)
    assert wider.lower == pytest.approx(0.1 - gap, abs=1e-5)


# Edges


def test_no_event_is_a_curve_without_steps():
    curve = mean_cumulative_function([0, 0], [1, 2], [0, 0], ["a", "b"])
    assert len(curve.time) == 0
    assert curve.at(1.5) == 0
    table = trial(1).assign(event=0)
    assert len(difference_of(table).time) == 0
    found = difference_at(table, at=3)
    assert found.value == 0
    assert found.lower < 0 < found.upper
    reason = "no event happened while both arms were at risk"
    assert test_of(table).not_estimable == reason


def test_one_participant_has_a_mean_without_limits():
    curve = mean_cumulative_function([0, 2], [2, 5], [1, 1], ["a", "a"])
    assert curve.value.tolist() == [1, 2]
    assert np.isnan(curve.standard_error).all()
    assert np.isnan(curve.upper).all()
    assert "no limits where participants do not differ" in curve.method
    poisson = mean_cumulative_function(
        [0, 2], [2, 5], [1, 1], ["a", "a"], variance="poisson"
    )
    assert poisson.standard_error == pytest.approx([1, math.sqrt(2)])


def test_everybody_alike_has_no_test_but_a_difference():
    table = pd.DataFrame(
        {"id": range(8), "arm": list("aaaabbbb"), "start": 0, "stop": 3, "event": 1}
    )
    reason = "participants do not differ within the arms"
    assert test_of(table).not_estimable == reason
    found = difference_at(table, at=3)
    assert (found.value, found.not_estimable) == (0, None)
    assert found.upper == -found.lower > 1


def test_one_arm_is_not_compared():
    table = trial(2).assign(arm="a")
    said = "only one arm has participants"
    curve = difference_of(table)
    assert math.isnan(curve.at(3))
    assert said in curve.method
    assert difference_at(table, at=3).not_estimable == said
    assert test_of(table).not_estimable == said


def test_a_difference_stops_where_an_arm_is_no_longer_followed():
    table = trial(3)
    short = table[(table.arm == "b") | (table.stop <= 6)]
    end = short[short.arm == "a"].stop.max()
    curve = difference_of(short)
    assert curve.time.max() <= end
    found = difference_at(short, at=end + 1)
    assert found.not_estimable == f"nobody in arm a was followed to {end + 1:g}"
    assert difference_at(short, at=end).not_estimable is None


# Properties


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_order_and_cuts_do_not_matter(seed):
    table = trial(seed)
    rng = np.random.default_rng(seed)
    long = table[(table.stop - table.start > 1) & (rng.random(len(table)) < 0.5)]
    rest = table.copy()
    rest.loc[long.index, "start"] += 1
    cut = pd.concat([long.assign(stop=long.start + 1, event=0), rest])
    for other in (table.iloc[rng.permutation(len(table))], cut):
        ours, same = mean_of(other).to_frame(), mean_of(table).to_frame()
        assert ours.to_numpy() == pytest.approx(same.to_numpy())
        one, two = test_of(table), test_of(other)
        assert one.statistic == pytest.approx(two.statistic, nan_ok=True)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_swapping_arms_turns_the_difference_round(seed):
    table = trial(seed)
    one, two = difference_of(table), difference_of(table, reference="b")
    assert one.value.tolist() == (-two.value).tolist()
    assert one.lower.tolist() == pytest.approx((-two.upper).tolist(), nan_ok=True)
    swapped = table.assign(arm=np.where(table.arm == "a", "b", "a"))
    assert test_of(table).p_value == pytest.approx(test_of(swapped).p_value)
    assert difference_at(table, at=4).value == pytest.approx(float(one.at(4)))


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_full_follow_up_gives_the_plain_mean(seed):
    rng = np.random.default_rng(seed)
    counts = rng.poisson(1.5, 20)
    rows = []
    for person, count in enumerate(counts):
        edges = [0, *sorted(rng.random(count).tolist()), 1]
        for k, (a, b) in enumerate(itertools.pairwise(edges)):
            rows.append((person, a, b, int(k < count)))
    table = pd.DataFrame(rows, columns=["id", "start", "stop", "event"])
    end = mean_of(table, transform="plain").estimate_at(1, measure="mean")
    assert end.value == pytest.approx(counts.mean())
    # Lawless and Nadeau's variance is then the empirical one over n
    if counts.max() > 0:
        assert end.standard_error == pytest.approx(counts.std() / math.sqrt(20))


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_first_events_alone_are_the_cumulative_hazard(seed):
    first = trial(seed).groupby("id").first().reset_index()
    curve = mean_of(first)
    survival = kaplan_meier(first.stop, first.event)
    steps = 1 - np.diff(curve.value, prepend=0)
    assert np.cumprod(steps) == pytest.approx(survival.value)


# Naive twin


def _slow_mean(table, at):
    """The mean and its robust variance, person by person, from the paper's sums."""
    people = [own for _, own in table.groupby("id")]
    value, parts = 0.0, [0.0] * len(people)
    for s in sorted({x for x in table.stop[table.event == 1] if x <= at}):
        risk = [bool(((own.start < s) & (s <= own.stop)).any()) for own in people]
        d = [int(((own.stop == s) & (own.event == 1)).sum()) for own in people]
        value += sum(d) / sum(risk)
        for i in range(len(people)):
            parts[i] += risk[i] / sum(risk) * (d[i] - sum(d) / sum(risk))
    return value, sum(part**2 for part in parts)


def _slow_score(table, weight):
    """Pseudo-score statistic and variance, event by event."""
    end = min(table[table.arm == arm].stop.max() for arm in "ab")
    people = {arm: [o for _, o in t.groupby("id")] for arm, t in table.groupby("arm")}
    total, parts = 0.0, {(arm, i): 0.0 for arm in "ab" for i in range(len(people[arm]))}
    for s in sorted(set(table.stop[table.event == 1])):
        risk, d = {}, {}
        for arm in "ab":
            own = people[arm]
            risk[arm] = [int(((o.start < s) & (s <= o.stop)).any()) for o in own]
            d[arm] = [int(((o.stop == s) & (o.event == 1)).sum()) for o in own]
        y = {arm: sum(risk[arm]) for arm in "ab"}
        if min(y.values()) == 0:
            continue
        w = y["a"] * y["b"] / (y["a"] + y["b"])
        w *= (1 - s / end) if weight == "linear" else 1
        total += w * (sum(d["a"]) / y["a"] - sum(d["b"]) / y["b"])
        for arm, i in parts:
            mean = sum(d[arm]) / y[arm]
            parts[arm, i] += w * risk[arm][i] / y[arm] * (d[arm][i] - mean)
    return total, sum(part**2 for part in parts.values())


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_mean_and_variance_against_a_slow_loop(seed):
    table = trial(seed)
    curve = mean_of(table)
    for at in (3, 7, 14):
        value, variance = _slow_mean(table, at)
        found = curve.estimate_at(at, measure="mean")
        assert found.value == pytest.approx(value)
        assert found.standard_error == pytest.approx(math.sqrt(variance))
    for weight in ("constant", "linear"):
        total, variance = _slow_score(table, weight)
        assert test_of(table, weight=weight).statistic == pytest.approx(
            total**2 / variance
        )


def test_the_test_keeps_its_level_where_participants_differ():
    # 400 null trials of 2 x 25 with gamma-mixed rates: 5 % +/- 3 x 1.1 %
    rng = np.random.default_rng(7)
    rejected = 0
    for _ in range(400):
        counts = rng.poisson(rng.gamma(0.7, 1 / 0.7, 50))
        person = np.concatenate([np.repeat(np.arange(50), counts), np.arange(50)])
        stop = np.concatenate([rng.random(counts.sum()), np.ones(50)])
        event = np.concatenate([np.ones(counts.sum()), np.zeros(50)])
        order = np.lexsort((stop, person))
        person, stop, event = person[order], stop[order], event[order]
        start = np.where(np.diff(person, prepend=-1) != 0, 0, np.roll(stop, 1))
        test = mean_cumulative_test(start, stop, event, person, person % 2)
        rejected += test.p_value < 0.05
    assert abs(rejected / 400 - 0.05) < 3 * math.sqrt(0.05 * 0.95 / 400)


# R


def _mcf_rows(table, variance):
    """Reda's rows: one per time a spell ends, ours read there."""
    rows = []
    for arm, own in table.groupby("trtn"):
        options = {"cluster": "id", "data": own, "variance": variance}
        curve = mean_cumulative_function(CGD + "1", **options)
        steps = dict(zip(curve.time, np.diff(curve.value, prepend=0), strict=True))
        for time in np.unique(own.tstop):
            read = curve.estimate_at(time, measure="mean")
            at_risk = numbers_at_risk(own.tstop, at=[time], entry=own.tstart)
            rows.append(
                {
                    "time": time,
                    "numRisk": int(at_risk[0]),
                    "instRate": steps.get(time, 0.0),
                    "MCF": read.value,
                    "se": read.standard_error,
                    "lower": read.lower,
                    "upper": read.upper,
                    "trtn": str(arm),
                }
            )
    return rows


def test_equals_reda(figures, table, compare):
    cgd = table("cgd_mcf")
    ours = _mcf_rows(cgd, "lawless-nadeau")
    compare(ours, figures["mcf_cgd_LawlessNadeau"])
    compare(_mcf_rows(cgd, "poisson"), figures["mcf_cgd_Poisson"])


def test_equals_survfit_with_an_event_at_the_last_follow_up(figures, table, compare):
    cgd, theirs = table("cgd"), figures["mcf_survfit_cgd"]
    curves = {
        f"trtn={arm}": mean_cumulative_function(CGD + "1", cluster="id", data=own)
        for arm, own in cgd.groupby("trtn")
    }
    read = [
        curves[arm].estimate_at(time, measure="mean")
        for arm, time in zip(theirs["strata"], theirs["time"], strict=True)
    ]
    ours = {
        "strata": theirs["strata"],
        "time": theirs["time"],
        "cumhaz": [one.value for one in read],
        "std_chaz": [one.standard_error for one in read],
    }
    compare(ours, theirs)
    plain = mean_cumulative_function(
        CGD + "1", cluster="id", data=cgd[cgd.trtn == 0], transform="plain"
    )
    assert 306 in plain.time  # the event of the last day counts


def test_equals_reda_for_the_difference_and_tests(figures, table, compare):
    cgd, theirs = table("cgd_mcf"), figures["mcfdiff_cgd"]
    model, options = CGD + "trtn", {"cluster": "id", "data": cgd}
    spells = read_histories(
        model, None, None, "id", right="arm", data=cgd, more={"arm": None}
    )
    counting, arm = Counting.of(spells, event_grid(spells)), spells.arms().code
    matrix = []
    for weight in ("constant", "linear"):
        score = pseudo_score(counting, arm, weight=weight, end=414)
        test = mean_cumulative_test(model, **options, weight=weight)
        degrees = test.degrees_of_freedom
        row = [score.statistic, score.variance, test.statistic, degrees, test.p_value]
        matrix.append(row)
    curve = mean_cumulative_difference(model, **options, reference=1)
    tail = []
    for row in theirs["diff_tail"]:  # reda goes on where one arm is not followed
        read = curve.estimate_at(row["time"], measure="difference")
        limits = {"lower": read.lower, "upper": read.upper}
        tail.append(
            {
                "time": row["time"],
                "MCF": read.value,
                "se": read.standard_error,
                **limits,
            }
        )
    ours = {"test": matrix, "diff_tail": tail, "test_variance": "robust"}
    ours |= {"rows": theirs["rows"], "cols": theirs["cols"]}
    skip = ["printed"]  # the same numbers, rounded and laid out
    compare(ours, theirs, skip=skip)


def test_r_calls():
    table = trial(1)
    left = "reda::mcf(reda::Recur(entry %to% time, cluster, event) ~ "
    assert mean_of(table).to_r() == (
        left + '1, variance = "LawlessNadeau", logConfInt = TRUE, level = 0.95)'
    )
    assert difference_of(table, variance="poisson").to_r() == (
        f'reda::mcfDiff({left}arm, variance = "Poisson"), level = 0.95)'
    )
    assert test_of(table).to_r() == (
        f"reda::mcfDiff.test({left}arm))  # row Constant Weight"
    )


# Errors


def test_refuses_unknown_options_and_arms():
    table = trial(1)
    with pytest.raises(ArgumentError, match="`variance` must be one of lawless-nadeau"):
        mean_of(table, variance="robust")
    with pytest.raises(ArgumentError, match="`variance` must be one of lawless-nadeau"):
        difference_of(table, variance="robust")
    with pytest.raises(ArgumentError, match="`transform` must be one of log, plain"):
        mean_of(table, transform="log-log")
    with pytest.raises(ArgumentError, match="`weight` must be one of constant, linear"):
        test_of(table, weight="gehan")
    with pytest.raises(ArgumentError, match=r"`level` must lie in \(0, 1\), got 95"):
        mean_of(table, level=95)
    with pytest.raises(ArgumentError, match="`reference` must be one of a, b, got 'c'"):
        difference_of(table, reference="c")
    three = table.assign(arm=table.id % 3)
    with pytest.raises(ArgumentError, match="`arm` must have two labels, got 3"):
        test_of(three)
    with pytest.raises(DataError, match="`at` must be finite and above 0, got 0"):
        difference_at(table, at=0)


def test_refuses_impossible_rows():
    with pytest.raises(ArgumentError, match="`cluster` must be given, got None"):
        mean_cumulative_function([0], [1], [1])
    with pytest.raises(ArgumentError, match="`arm` must be given, got None"):
        mean_cumulative_test([0], [1], [1], ["a"])
    with pytest.raises(DataError, match="`entry` must not lie before the end of the"):
        mean_cumulative_function([0, 0], [1, 2], [1, 0], ["a", "a"])
    with pytest.raises(DataError, match="`arm` must be one per participant, got '1 w"):
        mean_cumulative_test([0, 1], [1, 2], [1, 0], ["a", "a"], ["x", "y"])
