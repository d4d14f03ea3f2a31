"""Many trials at once: every number is that of the function for one trial."""

import math
import os
import pickle
import subprocess
import sys
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numba.core.dispatcher import Dispatcher

from steps_analysis.errors import DataError
from steps_analysis.outcomes import (
    TrialStatistics,
    analyse_trials,
    cox,
    log_rank,
    survival_difference,
)
from steps_analysis.outcomes.batched import one_pass

ARRAYS = [field.name for field in fields(TrialStatistics) if field.name != "method"]
CODES = (
    "FINE",
    "ONE_ARM",
    "NO_EVENT",
    "NEVER_TOGETHER",
    "SEPARATED",
    "NOT_FOLLOWED",
    "NO_VARIANCE",
    "NOT_CONVERGED",
)


def one(time, event, arm, horizon=3.0, **more):
    """Analyse one trial; give its numbers by name."""
    found = analyse_trials([time], [event], [arm], horizon=horizon, **more)
    return {name: getattr(found, name)[0] for name in ARRAYS}


def drawn(n_trials=30, n=40, *, seed=1, days=True, last=40.0):
    """Draw trials with censoring; in whole days there are ties."""
    rng = np.random.default_rng(seed)
    arm = rng.integers(0, 2, (n_trials, n)).astype(np.int8)
    free = rng.exponential(np.where(arm == 1, 20.0, 30.0))
    censored = rng.uniform(5, last, (n_trials, n))
    time = np.minimum(free, censored)
    return (np.ceil(time) if days else time), free <= censored, arm


def same(first, second):
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name), name)


# --- by hand -------------------------------------------------------------------------


def test_four_participants_by_hand():
    """
    Treated: event at 1, censored at 3. Control: event at 2, censored at 3.

    O - E = 1 - 1/2 - 1/3, V = 1/4 + 2/9. Score of theta = exp(beta): 1 - theta/(1 +
    theta) - theta/(2 + theta) = 0 where theta^2 = 2; information theta/(1 + theta)^2 +
    2 theta/(2 + theta)^2. Both risks 1/2 at 3, variances 1/8.
    """
    found = one([1, 2, 3, 3], [1, 1, 0, 0], [1, 0, 1, 0])
    assert found["observed_minus_expected"] == pytest.approx(1 / 6, rel=1e-14)
    assert found["log_rank_variance"] == pytest.approx(17 / 36, rel=1e-14)
    assert found["log_rank_z"] == pytest.approx((1 / 6) / math.sqrt(17 / 36))
    theta = math.sqrt(2)
    information = theta / (1 + theta) ** 2 + 2 * theta / (2 + theta) ** 2
    assert found["log_hazard_ratio"] == pytest.approx(math.log(2) / 2, rel=1e-12)
    assert found["log_hazard_ratio_se"] == pytest.approx(information**-0.5, rel=1e-12)
    assert found["risk_control"] == found["risk_treatment"] == 0.5
    assert found["risk_difference_se"] == pytest.approx(0.5, rel=1e-14)
    counts = ("n_control", "n_treatment", "events_control", "events_treatment")
    assert [found[name] for name in counts] == [2, 2, 1, 1]


def test_efron_ties_by_hand():
    """
    One of each arm dies at 1, one control is left: theta/(2+theta) + (theta/2)/(1.5+
    theta/2) = 1 where theta^2 = 6.
    """
    found = one([1, 1, 2], [1, 1, 0], [1, 0, 0])
    assert found["log_hazard_ratio"] == pytest.approx(math.log(6) / 2, rel=1e-12)


# --- edges ---------------------------------------------------------------------------

EDGES = {
    "nobody has the event": ([3, 4, 4], [0, 0, 0], [0, 1, 1], (2, 2, 6)),
    "all treated": ([1, 2, 3], [1, 1, 0], [1, 1, 1], (1, 1, 1)),
    "one participant": ([1], [1], [0], (1, 1, 1)),
    "only treated have it": ([1, 2, 4, 4], [1, 1, 0, 0], [1, 1, 0, 0], (0, 4, 6)),
    "only controls have it": ([1, 2, 4, 4], [1, 1, 0, 0], [0, 0, 1, 1], (0, 4, 6)),
    "all at once": ([2, 2, 2, 2], [1, 1, 1, 1], [1, 1, 0, 0], (3, 0, 6)),
    "one arm gone before": ([1, 2, 4, 4], [0, 0, 1, 0], [1, 1, 0, 0], (3, 3, 5)),
    "two with the event": ([1, 2], [1, 1], [1, 0], (0, 4, 6)),
}


@pytest.mark.parametrize("case", EDGES)
def test_why_there_is_no_number(case):
    time, event, arm, codes = EDGES[case]
    found = one(time, event, arm)
    assert (found["log_rank_code"], found["cox_code"], found["risk_code"]) == codes
    assert math.isnan(found["log_rank_z"]) == (codes[0] > 0)
    for name in ("log_hazard_ratio", "log_hazard_ratio_se"):
        assert math.isnan(found[name]) == (codes[1] > 0)
    assert math.isnan(found["risk_difference"]) == (codes[2] in (1, 5))
    assert math.isnan(found["risk_difference_se"]) == (codes[2] > 0)


def test_every_code_has_words():
    codes = [value for name, value in vars(one_pass).items() if name in CODES]
    assert sorted(codes) == list(range(len(CODES)))
    words = [TrialStatistics.reason(code) for code in codes]
    assert len(set(words)) == len(codes)
    assert "(separation)" in TrialStatistics.reason(one_pass.SEPARATED)
    assert "before the horizon" in TrialStatistics.reason(one_pass.NOT_FOLLOWED)


def test_reasons_have_words_and_are_counted():
    found = analyse_trials([[1, 2]] * 2, [[0, 0], [1, 1]], [[0, 1]] * 2, horizon=1)
    assert found.reason(0) is None
    assert found.reason(2) == "there is no event"
    table = found.not_estimable().set_index("analysis")
    assert table.loc["log_rank", "reason"] == "there is no event"
    assert table.loc["cox", "n_trials"].tolist() == [1, 1]
    assert found.to_frame().shape == (2, len(ARRAYS))


def test_a_trial_of_nobody_has_no_numbers():
    found = one([1, 2], [1, 0], [0, 1], included=[[0, 0]])
    assert found["cox_code"] == found["risk_code"] == 1
    assert found["n_control"] == found["n_treatment"] == 0


def test_what_is_left_out_is_not_looked_at():
    time, event, arm = drawn(4, 9)
    included = np.arange(9) < np.array([[9], [5], [7], [3]])
    spoilt = np.where(included, time, np.nan)
    found = analyse_trials(spoilt, event, arm, horizon=10, included=included)
    for i, k in enumerate([9, 5, 7, 3]):
        cut = one(time[i, :k], event[i, :k], arm[i, :k], 10)
        alone = {name: getattr(found, name)[i] for name in ARRAYS}
        np.testing.assert_equal(alone, cut)


def test_one_array_serves_all_trials():
    time, event, arm = drawn(5, 20)
    found = analyse_trials(time[0], event[0], arm, horizon=10)
    again = analyse_trials(
        np.tile(time[0], (5, 1)), np.tile(event[0], (5, 1)), arm, horizon=10
    )
    same(found, again)


@pytest.mark.parametrize(
    "kind", ["int16", "int64", "float32", "object", "Fortran", "lists"]
)
def test_types_do_not_matter(kind):
    time, event, arm = drawn(6, 15)
    expected = analyse_trials(time, event, arm, horizon=10)
    if kind == "Fortran":
        columns = [np.asfortranarray(a) for a in (time, event, arm)]
    elif kind == "lists":
        columns = [a.tolist() for a in (time, event, arm)]
    else:
        columns = [a.astype(kind) for a in (time, event, arm)]
    same(analyse_trials(*columns, horizon=10), expected)


@pytest.mark.parametrize("scale", [1e-300, 1e-9, 1.0, 2.0**30, 1e300])
def test_tiny_and_huge_times_keep_their_order(scale):
    time, event, arm = drawn(6, 15)
    expected = analyse_trials(time, event, arm, horizon=10)
    same(analyse_trials(time * scale, event, arm, horizon=10 * scale), expected)


@pytest.mark.parametrize("n", [300, 3000])
def test_clustered_times_with_one_far_away_are_sorted(n):
    """All but one fall into the first bucket, so that insertion gives up."""
    rng = np.random.default_rng(5)
    time = rng.permutation(np.append(np.linspace(1, 2, n - 1), 1e9))
    event, arm = rng.random(n) < 0.5, np.arange(n) % 2
    twin = np.argsort(np.argsort(time)) + 0.0  # ranks: counted by day
    found, expected = one(time, event, arm, 1.5), one(twin, event, arm, twin[0])
    for name in ("log_rank_z", "log_hazard_ratio", "log_hazard_ratio_se"):
        assert found[name] == expected[name]


def test_more_people_than_a_day_can_count():
    """On one day 70,000 leave: more than 16 bits hold, so they are sorted instead."""
    n = 70_000
    time, event = np.ones(n), np.zeros(n, dtype=bool)
    event[:2] = True
    found = one(time, event, np.arange(n) % 2, 1.0)
    assert found["n_control"] == n // 2
    assert found["risk_treatment"] == pytest.approx(2 / n)


# --- properties ----------------------------------------------------------------------


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32), st.booleans())
def test_arms_swapped_change_signs_only(seed, days):
    time, event, arm = drawn(3, 12, seed=seed, days=days)
    found = analyse_trials(time, event, arm, horizon=10)
    swapped = analyse_trials(time, event, 1 - arm, horizon=10)
    for name in ("log_rank_z", "log_hazard_ratio", "risk_difference"):
        mirrored = -getattr(swapped, name)
        np.testing.assert_allclose(getattr(found, name), mirrored, atol=1e-9)
    np.testing.assert_array_equal(found.cox_code, swapped.cox_code)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32), st.booleans())
def test_rows_permuted_change_nothing(seed, days):
    time, event, arm = drawn(3, 25, seed=seed, days=days)
    order = np.random.default_rng(seed).permutation(25)
    found = analyse_trials(time, event, arm, horizon=10)
    same(
        found,
        analyse_trials(time[:, order], event[:, order], arm[:, order], horizon=10),
    )


def test_without_censoring_the_risk_is_the_plain_proportion():
    time, event, arm = drawn(8, 30, last=1e9)
    found = analyse_trials(time, event, arm, horizon=15)
    had = time <= 15
    plain = [
        (h[a == 1].mean(), h[a == 0].mean()) for h, a in zip(had, arm, strict=True)
    ]
    p, q = np.array(plain).T
    np.testing.assert_allclose(found.risk_difference, p - q, rtol=1e-12, atol=1e-14)
    variance = p * (1 - p) / found.n_treatment + q * (1 - q) / found.n_control
    np.testing.assert_allclose(found.risk_difference_se**2, variance, rtol=1e-12)


@pytest.mark.parametrize("width", [1, 7, 1000])
def test_the_cut_into_blocks_does_not_matter(width, monkeypatch):
    time, event, arm = drawn(23, 20)
    expected = analyse_trials(time, event, arm, horizon=10)
    monkeypatch.setattr("steps_analysis.outcomes.batched.trials._IN_CACHE", width * 20)
    same(analyse_trials(time, event, arm, horizon=10), expected)


def test_threads_do_not_matter():
    time, event, arm = drawn(60, 50)
    expected = analyse_trials(time, event, arm, horizon=10)
    parts = np.array_split(np.arange(60), 7)
    with ThreadPoolExecutor(4) as pool:
        found = list(
            pool.map(
                lambda own: analyse_trials(time[own], event[own], arm[own], horizon=10),
                parts,
            )
        )
    for name in ARRAYS:
        joined = np.concatenate([getattr(part, name) for part in found])
        np.testing.assert_array_equal(joined, getattr(expected, name))


def test_memory_is_that_of_the_results():
    """Of 4,000 trials of 200 the result takes 0.5 MB; a copy of times alone 6.4 MB."""
    time, event, arm = drawn(4000, 200)
    analyse_trials(time[:2], event[:2], arm[:2], horizon=10)
    tracemalloc.start()
    analyse_trials(time, event, arm, horizon=10)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3e6


def test_results_go_to_other_processes():
    found = analyse_trials(*drawn(3, 20), horizon=10)
    same(pickle.loads(pickle.dumps(found)), found)


def test_a_null_trial_rejects_as_often_as_it_should():
    """2,000 trials of 200: 0.05 within four standard errors of 0.0049."""
    rng = np.random.default_rng(20140618)
    time = np.ceil(rng.exponential(30, (2000, 200)))
    arm = np.argsort(rng.random((2000, 200)), axis=1) % 2
    found = analyse_trials(np.minimum(time, 40), time <= 40, arm, horizon=30)
    wald = found.log_hazard_ratio / found.log_hazard_ratio_se
    difference = found.risk_difference / found.risk_difference_se
    for z in (found.log_rank_z, wald, difference):
        assert abs(np.mean(np.abs(z) > 1.959964) - 0.05) < 4 * 0.0049


# --- naive twin ----------------------------------------------------------------------


def twin(time, event, arm, horizon):
    """Analyse one trial by the functions for one trial."""
    test = log_rank(time, event, arm)
    fit = cox(time, event, np.asarray(arm, float))
    gap = survival_difference(time, event, arm, at=horizon, reference=0)
    return test, fit, gap


def check_against_twin(time, event, arm, horizon):
    found = one(time, event, arm, horizon)
    if len(set(arm)) < 2:
        assert found["log_rank_code"] == found["cox_code"] == found["risk_code"] == 1
        return
    test, fit, gap = twin(time, event, arm, horizon)
    assert bool(test.not_estimable) == (found["log_rank_code"] > 0)
    assert found["log_rank_z"] ** 2 == pytest.approx(
        test.statistic, rel=1e-9, abs=1e-9, nan_ok=True
    )
    assert bool(fit.not_estimable) == (found["cox_code"] > 0)
    # Where the likelihood is nearly flat, rounding moves its top further.
    close = {"rel": 1e-9, "abs": 1e-9, "nan_ok": True}
    assert found["log_hazard_ratio"] == pytest.approx(fit.coefficients[0], **close)
    assert found["log_hazard_ratio_se"] == pytest.approx(fit.standard_error[0], **close)
    assert bool(gap.not_estimable) == (found["risk_code"] in (1, 5))
    assert -found["risk_difference"] == pytest.approx(gap.value, **close)
    assert found["risk_difference_se"] == pytest.approx(gap.standard_error, **close)


@settings(max_examples=150, deadline=None)
@given(st.data(), st.integers(1, 24), st.sampled_from([2, 5, 40]))
def test_every_number_is_that_of_the_function_for_one_trial(data, n, n_times):
    steps = data.draw(arrays(np.int64, n, elements=st.integers(0, n_times)))
    event = data.draw(arrays(np.bool_, n))
    arm = data.draw(arrays(np.int64, n, elements=st.integers(0, 1)))
    scale = data.draw(st.sampled_from([1.0, 0.37]))
    horizon = data.draw(st.integers(0, n_times + 1)) * scale
    check_against_twin(steps * scale, event, arm, horizon)


@pytest.mark.parametrize("days", [True, False])
def test_larger_trials_equal_the_functions_too(days):
    for time, event, arm in zip(*drawn(6, 400, days=days), strict=True):
        check_against_twin(time, event, arm, 10.0)


# --- R's figures ---------------------------------------------------------------------


def two_arms(table, name):
    """Read time, event and arm of a data set, the second label as treatment."""
    rows = table(name)
    if name == "aml":
        return rows["time"], rows["status"], rows["x"] == "Nonmaintained"
    return rows["week"], rows["arrest"], rows["fin"]


@pytest.mark.parametrize(
    ("case", "name"), [("lr_aml", "aml"), ("lr_rossi", "ll_rossi")]
)
def test_equals_survdiff(figures, table, compare, case, name):
    found = one(*two_arms(table, name))
    observed = [found["events_control"], found["events_treatment"]]
    apart, variance = found["observed_minus_expected"], found["log_rank_variance"]
    statistic = found["log_rank_z"] ** 2
    ours = {
        "n": [found["n_control"], found["n_treatment"]],
        "obs": observed,
        "exp": [observed[0] + apart, observed[1] - apart],
        "var": [[variance, -variance], [-variance, variance]],
        "chisq": statistic,
    }
    # Degrees of freedom and p-value belong to the test of one trial.
    compare(ours, figures[case], skip=("df", "p"))


def test_equals_coxph(figures, table, compare):
    found = one(*two_arms(table, "ll_rossi"))
    ours = {
        "coef": {"fin": found["log_hazard_ratio"]},
        "se": {"fin": found["log_hazard_ratio_se"]},
        "wald": {
            "fin": (found["log_hazard_ratio"] / found["log_hazard_ratio_se"]) ** 2
        },
        "n": found["n_control"] + found["n_treatment"],
        "nevent": found["events_control"] + found["events_treatment"],
    }
    # What needs the likelihood itself is not computed; limits follow from these.
    skip = ("loglik", "score", "lr", "iter", "hr_ci")
    compare(ours, figures["cox_rossi_fin_efron"], rel=1e-6, skip=skip)


def test_equals_differences_of_survfit(figures, table, compare):
    """R subtracts survival without aid from that with it: minus our risks."""
    case = figures["km_diff_rossi"]
    found = [one(*two_arms(table, "ll_rossi"), at) for at in case["time"]]
    ours = {
        "time": case["time"],
        "diff": [-one["risk_difference"] for one in found],
        "se": [one["risk_difference_se"] for one in found],
    }
    # Limits, tests and ratios are those of the functions for one trial.
    compare(ours, case, skip=tuple(set(case) - set(ours)))


# --- errors --------------------------------------------------------------------------

GOOD = {"time": [[1.0, 2]], "event": [[1, 0]], "arm": [[0, 1]], "horizon": 1.0}
BAD = {
    "negative": (
        {"time": [[-1.0, 2]]},
        "`time` must be finite and at least 0, got '1 ",
    ),
    "NaN": (
        {"time": [[np.nan, np.inf]]},
        "`time` must be finite .* got '2 that are not",
    ),
    "words": ({"time": [["a", "b"]]}, "`time` must hold numbers, got '<U1'"),
    "objects": (
        {"time": [[None, "b"]]},
        "`time` must be finite .* got '2 that are not",
    ),
    "dates": (
        {"time": np.array([["2024-01-01", "2024-01-02"]], dtype="M8[D]")},
        "`time` must hold numbers",
    ),
    "text": (
        {"time": np.array([[1, "2"]], dtype=object)},
        "`time` must be finite .* got '1 that",
    ),
    "masked": (
        {"time": np.ma.array([[1.0, 2]], mask=[[False, True]])},
        "`time` must not be masked, got 'a mask'\nHint: `included` says who",
    ),
    "causes": (
        {"event": [[1, 2]]},
        "`event` must be true or false, .* got '1 that are",
    ),
    "event missing": ({"event": [[1, np.nan]]}, "`event` must be true or false"),
    "three arms": ({"arm": [[1, 2]]}, "`arm` must be 1 for treatment, 0 for control"),
    "negative arm": (
        {"arm": np.array([[-1, 1]], dtype=np.int8)},
        "`arm` must be 1 for treatment",
    ),
    "mask": ({"included": [[3, 1]]}, "`included` must be true or false"),
    "shapes": ({"arm": [[0, 1, 1]]}, r"`arm` must have shape \(1, 2\) or \(2,\) like"),
    "more rows": (
        {"arm": [[0, 1]] * 2},
        r"`time` must have shape \(2, 2\) or \(2,\) like",
    ),
    "empty": (
        {"time": [[]]},
        r"`time` must have shape \(n_trials, n\) or \(n,\), with",
    ),
    "scalar": ({"time": 1.0}, r"`time` must have shape \(n_trials, n\)"),
    "horizon": (
        {"horizon": np.inf},
        "`horizon` must be finite and at least 0, got inf",
    ),
    "before": ({"horizon": -1}, "`horizon` must be finite and at least 0, got -1"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_impossible_is_refused(case):
    wrong, words = BAD[case]
    with pytest.raises(DataError, match=words):
        analyse_trials(**{**GOOD, **wrong})


# --- the compiler --------------------------------------------------------------------


def test_no_loop_calls_one_of_another_file():
    """The compiler's cache looks at a loop's own file only."""
    loops = [v for v in vars(one_pass).values() if isinstance(v, Dispatcher)]
    assert len(loops) > 8
    assert {loop.py_func.__module__ for loop in loops} == {one_pass.__name__}


def test_importing_the_science_imports_no_compiler():
    code = "import sys, steps_analysis.outcomes; print('numba' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env=dict(os.environ),
    )
    assert done.stdout.strip() == "False"


def test_one_signature_is_compiled_for_all_types():
    analyse_trials(*drawn(3, 20), horizon=10)
    for kind in ("float64", "int8", "object"):
        columns = [np.asfortranarray(a.astype(kind)) for a in drawn(3, 20)]
        columns[0].setflags(write=False)
        analyse_trials(*columns, horizon=1)
        analyse_trials(columns[0][0], *columns[1:], horizon=1)
    assert len(one_pass.analyse_block.signatures) == 1
