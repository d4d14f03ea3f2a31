"""Each kind of contrast of the arms: by hand, relabelled, and where there is little."""

import math
from dataclasses import fields, replace

import numpy as np
import pytest

from steps_analysis.estimates import Estimate
from steps_analysis.outcomes import (
    answer,
    complier_average_effect,
    complier_placement,
    cox,
    primary_placement,
    proven_reoffence,
    reported_recurrence,
    risk_difference,
    strengths_and_difficulties,
)
from steps_analysis.outcomes.estimands.mean_contrast import mean_difference
from steps_analysis.outcomes.estimands.rate_contrast import event_rate
from steps_analysis.outcomes.events.spells import spells
from steps_analysis.protocol import load_protocol
from steps_analysis.simulation import draw_trial

NEW, USUAL = "MST-PSB", "MAU"
ESTIMANDS = ("E1", "E2", "E3", "E4", "E5", "E6", "E7", "E8")
SEEN = [(0, 0, 0, 10.0), (8, 244, 244), (14, 426, 426), (20, 609, 609, 10.0)]


def arms_of(trial_of, treatment, control, **facts):
    """A trial of two lists of events, one item a participant."""
    people = {}
    for arm, group in ((NEW, treatment), (USUAL, control)):
        for i, events in enumerate(group):
            one = {"arm": arm, "events": events, "visits": SEEN, **facts}
            received = "mst_psb" if arm == NEW else "aim"
            people[f"{arm}{i}"] = {"received": received, **one}
    return trial_of(people)


def relabelled(trial):
    """The same trial with the arms' names exchanged."""
    other = {NEW: USUAL, USUAL: NEW}
    return replace(
        trial,
        allocation=trial.allocation.assign(arm=trial.allocation["arm"].map(other)),
    )


def placed(n, of):
    return [[("placement", 50)]] * n + [[]] * (of - n)


# By hand: risks. The figures are those of DOMAIN section 4, from the papers it names.

GOLDEN = [
    ((2, 24, 11, 24), (-0.3750, -0.5752, -0.1243), 0.1818, 0.1074, 0.00784),
    ((1, 8, 6, 8), (-0.6250, -0.8309, -0.1395), 0.1667, 0.0476, 0.04056),
    ((1, 20, 2, 20), (-0.0500, -0.2552, 0.1496), 0.5, 0.4737, 1.0),
]


@pytest.mark.parametrize(("counts", "difference", "ratio", "odds", "p"), GOLDEN)
def test_unadjusted_risks_are_the_golden_ones(
    trial_of, counts, difference, ratio, odds, p
):
    events, n, other_events, other_n = counts
    trial = arms_of(trial_of, placed(events, n), placed(other_events, other_n))
    asked = replace(trial.protocol.estimand("E1"), adjust_for=(), population="all")
    trial = replace(trial, protocol=replace(trial.protocol, estimands=(asked,)))
    found = primary_placement(trial)
    assert found.effect == risk_difference(*counts)
    limits = (found.effect.value, found.effect.lower, found.effect.upper)
    assert limits == pytest.approx(difference, abs=5e-5)
    assert found.relative[0].value == pytest.approx(ratio, abs=5e-5)
    assert found.relative[1].value == pytest.approx(odds, abs=5e-5)
    assert found.tests[0].p_value == pytest.approx(p, abs=5e-6)
    assert found.beside == ()
    arms = [(a.arm, a.randomised, a.analysed, a.events) for a in found.arms]
    assert arms == [(NEW, n, n, events), (USUAL, other_n, other_n, other_events)]


def test_the_primary_analysis_adjusts_and_keeps_the_plain_difference_beside(trial_of):
    """Two sites of 8 a side: within each 2/4 v 1/4 and 3/4 v 2/4, so +1/4 in both."""
    people = {}
    for site, new, usual in (("Southwark", 2, 1), ("Borough A", 3, 2)):
        for arm, n in ((NEW, new), (USUAL, usual)):
            for i in range(4):
                events = [("placement", 9)] if i < n else []
                people[f"{site}{arm}{i}"] = {"site": site, "arm": arm, "events": events}
    found = primary_placement(trial_of(people))
    assert found.effect.measure == "standardised risk difference"
    assert found.effect.value == pytest.approx(0.25, abs=1e-9)
    assert found.beside == (risk_difference(5, 8, 3, 8),)
    assert [a.summary.value for a in found.arms] == [5 / 8, 3 / 8]


def test_a_proven_reoffence_counts_only_the_fully_observed(trial_of):
    """12 + 6 months is 548 days; at 547 the second of each arm is left out."""
    offence = ("offence", 100, {"sanction": 200})
    people = {
        "A": {"arm": NEW, "followed": 548, "events": [offence]},
        "B": {"arm": NEW, "followed": 547, "events": [offence]},
        "C": {"arm": USUAL, "followed": 548},
        "D": {"arm": USUAL, "followed": 547},
        "E": {"arm": USUAL, "followed": 900, "events": [offence]},
    }
    found = proven_reoffence(trial_of(people))
    assert [(a.events, a.analysed, a.randomised) for a in found.arms] == [
        (1, 1, 2),
        (1, 2, 3),
    ]
    assert found.effect == risk_difference(1, 1, 1, 2)


# By hand: incidence.


def test_cumulative_incidence_without_censoring_is_the_share(trial_of):
    """Reports 2 of 4 and custody 1 of 4, against 1 of 4: a difference of +1/4."""
    report, custody = "reported_harm", "custody"
    trial = arms_of(
        trial_of,
        [[(report, 100)], [(report, 200)], [(custody, 150), (report, 160)], []],
        [[(report, 300)], [], [], []],
    )
    found = reported_recurrence(trial)
    assert found.effect.value == pytest.approx(0.25, abs=1e-12)
    assert [a.events for a in found.arms] == [2, 1]
    assert [a.summary.value for a in found.arms] == pytest.approx([0.5, 0.25])
    assert [a.summary.n for a in found.arms] == [4, 4]
    # Without custody as an event of its own: (1 - 1/4)(1 - 1/2) free at 200 days.
    assert found.survival[NEW].at(609) == pytest.approx(0.375)
    assert found.incidence[NEW].at([99, 100, 609]) == pytest.approx([0, 0.25, 0.5])
    assert found.follow_up[USUAL].tolist() == [300, 609, 609, 609]
    # Jackknife without censoring is the binomial variance p(1 - p)/n.
    assert found.arms[0].summary.standard_error == pytest.approx(0.25)
    assert found.effect.standard_error == pytest.approx(math.sqrt(1 / 16 + 3 / 64))


def test_an_arm_without_events_has_limits_and_its_own_size(trial_of):
    trial = arms_of(trial_of, [[]] * 20, [[("reported_harm", 10)]] * 20)
    found = reported_recurrence(trial)
    none, all_ = (arm.summary for arm in found.arms)
    assert (none.value, none.lower, none.n) == (0, 0, 20)
    assert none.upper == pytest.approx(0.1611, abs=5e-5)  # Wilson for 0 of 20
    assert (all_.value, all_.upper, all_.n) == (1, 1, 20)
    assert all_.lower == pytest.approx(1 - none.upper)
    # No ratio of hazards either, in words that do not need the model.
    assert found.relative[0].not_estimable == "nobody in MST-PSB had the outcome"


def test_an_arm_not_followed_to_the_horizon_has_no_incidence_there(trial_of):
    trial = arms_of(trial_of, [[("reported_harm", 10)], []], [[], []], followed=300)
    found = reported_recurrence(trial)
    assert (
        found.effect.not_estimable == "nobody in arm MST-PSB was followed for 20 months"
    )
    for arm in found.arms:
        said = f"nobody in arm {arm.arm} was followed for 20 months"
        assert arm.summary.not_estimable == said


# By hand: rates.


def test_a_rate_by_hand():
    """
    2 and 0 events in a year each: 1 a year; the residuals are +1 and -1, so the
    standard error is sqrt(2)/2 = 0.7071.
    """
    found = event_rate(np.array([2.0, 0.0]), np.array([1.0, 1.0]))
    assert found.value == 1
    assert found.standard_error == pytest.approx(math.sqrt(0.5))
    spread = math.exp(1.959963984540054 * math.sqrt(0.5))
    assert (found.lower, found.upper) == pytest.approx((1 / spread, spread))


@pytest.mark.parametrize(
    ("events", "limits"),
    [  # exact Poisson limits of 0, 1 and 2 events, as in any table of them
        ([0.0, 0.0], (0, 3.6889)),
        ([1.0], (0.0253, 5.5716)),
        ([1.0, 1.0], (0.2422, 7.2247)),
    ],
)
def test_a_rate_whose_variance_is_0_has_exact_limits(events, limits):
    years = np.full(len(events), 1 / len(events))
    found = event_rate(np.array(events), years)
    assert found.value == sum(events)
    assert (found.lower, found.upper) == pytest.approx(limits, abs=5e-5)
    assert math.isnan(found.standard_error)


def test_a_rate_ratio_by_hand(trial_of):
    """Reports 2 + 1 in 3 x 609 days against 1 in 3 x 609; deaths end the time."""
    report = "reported_harm"
    trial = arms_of(
        trial_of,
        [[(report, 10), (report, 90)], [(report, 50)], []],
        [[(report, 70)], [], [("died", 203)]],
    )
    found = answer(trial, "E6")
    assert [a.events for a in found.arms] == [3, 1]
    years = 609 / 365.25
    assert found.arms[0].summary.value == pytest.approx(3 / (3 * years))
    assert found.arms[1].summary.value == pytest.approx(1 / (2 * years + years / 3))
    # One event at a time and covariate 0/1: the partial likelihood is
    # x^3 / ((3x + 3)^4), as all six are at risk at 10, 50, 70 and 90, so x = 3.
    assert found.effect.value == pytest.approx(3)
    assert found.effect.n == 6


def test_the_robust_error_groups_by_participant(trial_of):
    rng = np.random.default_rng(4)

    def reports():
        days = rng.choice(600, rng.poisson(1.2), replace=False)
        return [("reported_harm", int(day) + 1) for day in days]

    trial = arms_of(
        trial_of, [reports() for _ in range(15)], [reports() for _ in range(15)]
    )
    found = answer(trial, "E6").effect
    rows = spells(trial, "N1")
    fit = cox(
        rows["time"].to_numpy(float),
        rows["event"].to_numpy(bool),
        rows["participant_id"].str.startswith(NEW).to_numpy(float),
        entry=rows["entry"].to_numpy(float),
        cluster=rows["participant_id"].to_numpy(str),
    )
    reach = 1.959963984540054 * fit.robust_standard_error[0]
    low, high = np.exp(fit.coefficients[0] + np.array([-reach, reach]))
    assert (found.lower, found.upper) == pytest.approx((low, high), rel=1e-10)


# By hand: means.


def scored(trial_of, *groups, **more):
    """A trial of (arm, [(start, end), ...])."""
    people = {}
    for arm, scores in groups:
        for i, (start, end) in enumerate(scores):
            visits = [(0, 0, 0, start), (20, 609, 609, end)]
            people[f"{arm}{i}"] = {"arm": arm, "visits": visits, **more}
    return trial_of(people)


def test_a_mean_difference_by_hand(trial_of):
    """With equal starts the adjusted difference is the plain one: 3 - 5 = -2."""
    trial = scored(
        trial_of,
        (NEW, [(10, 3), (12, 2), (14, 4)]),
        (USUAL, [(10, 4), (12, 6), (14, 5)]),
    )
    found = strengths_and_difficulties(trial)
    plain = found.beside[0]
    assert found.effect.value == pytest.approx(-2)
    assert plain.value == pytest.approx(-2)
    # Pooled variance 1 on 4 degrees of freedom: standard error sqrt(1/3 + 1/3).
    assert plain.standard_error == pytest.approx(math.sqrt(2 / 3))
    assert plain.upper == pytest.approx(-2 + 2.7764451 * math.sqrt(2 / 3), abs=1e-6)
    assert [a.summary.value for a in found.arms] == [3, 5]
    assert [a.events for a in found.arms] == [None, None]
    assert found.effect.unit == "points"


def test_the_start_is_adjusted_for(trial_of):
    """
    Scores fall by 1 in one arm and by 3 in the other, which starts 6 higher; the rest,
    +1 -1 -1 +1, has nothing to do with the start.
    """
    trial = scored(
        trial_of,
        (NEW, [(10, 10), (14, 12), (18, 16), (22, 22)]),
        (USUAL, [(16, 14), (20, 16), (24, 20), (28, 26)]),
    )
    found = strengths_and_difficulties(trial)
    assert found.effect.value == pytest.approx(2)
    assert found.beside[0].value == pytest.approx(-4)


# By hand: compliers.


def test_a_complier_difference_by_hand(trial_of):
    """
    Offered: 3 of 4 start, 1 of 4 placed. Not offered: none starts, 2 of 4 placed.
    The offer lowers the risk by 1/4 through 3/4: -1/3 among those who would start.
    """
    people = {}
    for i in range(4):
        people[f"A{i}"] = {
            "arm": NEW,
            "received": "mst_psb" if i < 3 else "none",
            "events": [("placement", 9)] if i == 0 else [],
        }
        people[f"B{i}"] = {
            "arm": USUAL,
            "received": "aim",
            "events": [("placement", 9)] if i < 2 else [],
        }
    found = complier_placement(trial_of(people))
    assert found.effect.value == pytest.approx(-1 / 3)
    assert [(a.events, a.analysed) for a in found.arms] == [(1, 4), (2, 4)]
    # Residuals y + s/3: A 4/3, 1/3, 1/3, 0 (variance 1/4), B 1, 1, 0, 0 (variance 1/4).
    error = math.sqrt(0.25 / 4 + 0.25 / 4) / 0.75
    assert found.effect.standard_error == pytest.approx(error)


# Properties: arms relabelled.


def near(x, y):
    return x == pytest.approx(y, rel=1e-9, abs=1e-12, nan_ok=True)


@pytest.fixture(scope="module")
def drawn(protocol):
    trials = [draw_trial(load_protocol(), n=60, trial=i, seed=11) for i in range(3)]
    return [replace(trial, protocol=protocol) for trial in trials]


@pytest.mark.parametrize("estimand", ["E1", "E2", "E3", "E4", "E6", "E7", "E8"])
def test_relabelling_the_arms_turns_differences_and_inverts_ratios(drawn, estimand):
    for trial in drawn:
        found = answer(trial, estimand)
        other = answer(relabelled(trial), estimand)
        effects = (found.effect, *found.relative, *found.beside)
        mirrored = (other.effect, *other.relative, *other.beside)
        assert len(effects) == len(mirrored)
        for ours, theirs in zip(effects, mirrored, strict=True):
            assert (ours.not_estimable is None) == (theirs.not_estimable is None)
            if "ratio" in ours.measure:
                with np.errstate(divide="ignore"):
                    turned = 1 / np.array([theirs.value, theirs.upper, theirs.lower])
            else:
                turned = -np.array([theirs.value, theirs.upper, theirs.lower])
            assert near([ours.value, ours.lower, ours.upper], turned)
            assert near(ours.p_value, theirs.p_value)
        assert near([t.p_value for t in found.tests], [t.p_value for t in other.tests])
        for ours, theirs in zip(found.arms, other.arms[::-1], strict=True):
            assert (ours.analysed, ours.events) == (theirs.analysed, theirs.events)
            assert near(ours.summary.value, theirs.summary.value)


@pytest.mark.parametrize("estimand", ESTIMANDS)
def test_the_order_of_participants_does_not_matter(drawn, estimand):
    rng = np.random.default_rng(2)
    for trial in drawn[:2]:
        shuffled = replace(
            trial,
            participants=trial.participants.sample(frac=1, random_state=rng),
            allocation=trial.allocation.sample(frac=1, random_state=rng),
        )
        ours, theirs = answer(trial, estimand), answer(shuffled, estimand)
        for name in ("value", "lower", "upper", "standard_error"):
            assert near(getattr(ours.effect, name), getattr(theirs.effect, name))


# Edges: little or nothing to analyse.


def estimates_of(found):
    yield found.effect
    yield from found.relative
    yield from found.beside
    for arm in found.arms:
        yield arm.summary


def assert_sound(estimate: Estimate):
    """A number with limits around it that are not the number itself, or a reason."""
    numbers = [getattr(estimate, f.name) for f in fields(estimate)]
    if estimate.not_estimable is not None:
        assert math.isnan(estimate.value)
        assert estimate.not_estimable.strip()
        return
    assert math.isfinite(estimate.value), numbers
    assert not estimate.lower > estimate.value, numbers
    assert not estimate.value > estimate.upper, numbers
    assert estimate.lower != estimate.upper, f"no width claims certainty: {numbers}"
    assert estimate.standard_error != 0, numbers


HAPPENS = [
    ("placement", 5),
    ("reported_harm", 50),
    ("offence", 60, {"sanction": 70, "sexual": True}),
]
SITUATIONS = {
    "nobody happens": ([[]] * 6, [[]] * 6),
    "everybody happens": ([HAPPENS] * 6, [HAPPENS] * 6),
    "one arm only happens": ([HAPPENS] * 6, [[]] * 6),
    "one participant": ([HAPPENS], []),
    "one participant, nothing": ([], [[]]),
    "two participants": ([HAPPENS], [[]]),
    "two participants, nothing": ([[]], [[]]),
    "two in one arm": ([HAPPENS, []], []),
    "one against two": ([HAPPENS], [[], HAPPENS]),
    "all withdrew their data": ([[("withdrew_data", 3)]] * 2, [[("withdrew_data", 3)]]),
    "one arm withdrew": ([[("withdrew_data", 3)]] * 3, [[], HAPPENS]),
    "all died at once": ([[("died", 1)]] * 3, [[("died", 1)]] * 3),
}


@pytest.mark.parametrize("situation", SITUATIONS)
@pytest.mark.parametrize("estimand", ESTIMANDS)
def test_little_or_nothing_gives_a_labelled_number_or_a_reason(
    trial_of, estimand, situation
):
    trial = arms_of(trial_of, *SITUATIONS[situation])
    found = answer(trial, estimand)
    assert [arm.arm for arm in found.arms] == [NEW, USUAL]
    for estimate in estimates_of(found):
        assert_sound(estimate)
    for test in found.tests:
        assert test.not_estimable or 0 <= test.p_value <= 1
    if any(arm.analysed == 0 for arm in found.arms):
        assert "could be analysed" in str(found.effect.not_estimable)


@pytest.mark.parametrize("estimand", ESTIMANDS)
def test_nobody_followed_yet_gives_reasons(trial_of, estimand):
    trial = arms_of(trial_of, [[]] * 3, [[]] * 3, followed=0)
    trial = replace(trial, visits=trial.visits[:0])
    assert answer(trial, estimand).effect.not_estimable


# Naive twins: least squares and two-stage least squares by other means.


@pytest.mark.parametrize("covariates", [0, 1, 3])
def test_a_mean_difference_is_that_of_statsmodels(covariates):
    import statsmodels.api as sm

    rng = np.random.default_rng(covariates)
    treated = rng.permutation([0.0] * 11 + [1.0] * 14)
    columns = rng.normal(size=(25, covariates))
    value = rng.normal(size=25) + treated + columns.sum(axis=1)
    found = mean_difference(value, treated, columns if covariates else None)
    fit = sm.OLS(value, np.column_stack([treated, columns, np.ones(25)])).fit()
    assert found.value == pytest.approx(fit.params[0], rel=1e-10)
    assert found.standard_error == pytest.approx(fit.bse[0], rel=1e-10)
    assert (found.lower, found.upper) == pytest.approx(fit.conf_int()[0], rel=1e-9)
    assert found.p_value == pytest.approx(fit.pvalues[0], rel=1e-9)


def test_columns_that_others_determine_do_not_matter():
    rng = np.random.default_rng(9)
    treated = rng.permutation([0.0, 1.0] * 8)
    one = rng.normal(size=16)
    value = rng.normal(size=16)
    few = mean_difference(value, treated, one[:, None])
    twice = np.column_stack([one, 2 * one + 1, np.zeros(16)])
    many = mean_difference(value, treated, twice)
    for name in ("value", "lower", "upper", "standard_error", "p_value"):
        assert near(getattr(few, name), getattr(many, name))


def test_the_start_has_its_mean_and_an_indicator_where_it_is_missing(trial_of):
    import statsmodels.api as sm

    rng = np.random.default_rng(6)
    people, rows = {}, []
    for i in range(24):
        arm = NEW if i % 2 else USUAL
        start = None if i % 5 == 0 else float(rng.integers(5, 30))
        end = float(rng.integers(5, 30))
        visits = [(0, 0, 0, start), (20, 609, 609, end)]
        sex = "female" if i % 3 == 0 else "male"
        people[f"P{i:02d}"] = {"arm": arm, "visits": visits, "sex": sex}
        rows.append((end, float(arm == NEW), start, float(sex == "female")))
    found = strengths_and_difficulties(trial_of(people))
    known = np.mean([start for _, _, start, _ in rows if start is not None])
    design = [
        (x, 1.0, known if start is None else start, float(start is None), sex)
        for _, x, start, sex in rows
    ]
    fit = sm.OLS([row[0] for row in rows], np.array(design)).fit()
    assert found.effect.value == pytest.approx(fit.params[0], rel=1e-9)
    assert found.effect.standard_error == pytest.approx(fit.bse[0], rel=1e-9)


def two_stage(outcome, started, offered):
    """Two-stage least squares with the sandwich of White, by matrices."""
    z = np.column_stack([np.ones(len(outcome)), offered])
    x = np.column_stack([np.ones(len(outcome)), started])
    fitted = z @ np.linalg.solve(z.T @ z, z.T @ x)
    bread = np.linalg.inv(fitted.T @ fitted)
    slope = bread @ fitted.T @ outcome
    residual = outcome - x @ slope
    meat = fitted.T @ (fitted * residual[:, None] ** 2)
    return slope[1], math.sqrt((bread @ meat @ bread)[1, 1])


def test_a_complier_difference_is_two_stage_least_squares():
    rng = np.random.default_rng(20)
    for _ in range(20):
        n = int(rng.integers(20, 60))
        offered = rng.permutation(np.arange(n) % 2 == 0)
        started = (rng.random(n) < np.where(offered, 0.8, 0.1)).astype(float)
        outcome = (rng.random(n) < 0.3).astype(float)
        found = complier_average_effect(outcome, offered, started, method="delta")
        value, error = two_stage(outcome, started, offered.astype(float))
        assert found.value == pytest.approx(value, rel=1e-9, abs=1e-12)
        assert found.standard_error == pytest.approx(error, rel=1e-9)
        reach = 1.959963984540054 * error
        assert found.upper - found.lower == pytest.approx(2 * reach, rel=1e-9)


# Errors: what cannot be estimated is said, not raised.


@pytest.mark.parametrize(
    ("value", "treated", "reason"),
    [
        ([], [], "the arms differ in nothing"),
        ([1.0], [1.0], "the arms differ in nothing"),
        ([1.0, 2.0], [1.0, 1.0], "the arms differ in nothing"),
        ([1.0, 2.0], [1.0, 0.0], "there are too few values"),
    ],
)
def test_too_few_scores_give_a_reason(value, treated, reason):
    found = mean_difference(np.array(value), np.array(treated))
    assert reason in str(found.not_estimable)
    assert_sound(found)


@pytest.mark.parametrize(
    ("outcome", "started", "reason"),
    [
        ([1, 0, 1, 0], [0, 0, 0, 0], "did not make starting it likelier"),
        ([1, 0, 1, 0], [0, 0, 1, 0], "did not make starting it likelier"),
        ([0, 0, 0, 0], [1, 1, 0, 0], "does not vary within the arms"),
        ([1, 1, 0, 0], [1, 1, 0, 0], "does not vary within the arms"),
    ],
)
def test_no_complier_effect_gives_a_reason(outcome, started, reason):
    offered = np.array([True, True, False, False])
    found = complier_average_effect(outcome, offered, started, method="delta")
    assert reason in str(found.not_estimable)
    assert_sound(found)


def test_one_zero_cell_leaves_the_primary_estimable_and_says_so(trial_of):
    """An arm without events cannot be adjusted: the plain difference is the effect."""
    quiet, placed = [[] for _ in range(12)], [[("placement", 30)]] + [[]] * 11
    found = primary_placement(arms_of(trial_of, placed, quiet))
    assert not found.effect.not_estimable
    assert "Newcombe" in found.effect.method or "newcombe" in found.effect.method
    assert found.effect.value == pytest.approx(1 / 12)
    assert found.adjusted_for == ()


def test_those_placed_at_randomisation_are_described_apart():
    trial = draw_trial(load_protocol(), "null", n=80, seed=3)
    found = primary_placement(trial)
    placed = trial.participants["placed_at_randomisation"].fillna(value=False)
    arms = trial.arms()[placed.to_numpy(bool)]
    (said,) = [note for note in found.notes if note.startswith("Described apart")]
    assert f"of {(arms == 'MST-PSB').sum()} with MST-PSB" in said
    assert f"of {(arms == 'MAU').sum()} with management as usual" in said


def test_events_in_a_contrast_of_incidence_are_those_by_its_time():
    trial = draw_trial(load_protocol(), "null", n=80, seed=3)
    found = reported_recurrence(trial)
    rows = spells(trial, "R3")
    by_then = rows[rows["event"] & (rows["time"] <= 609)]
    counts = by_then["participant_id"].map(trial.arms()).value_counts()
    for arm in found.arms:
        assert arm.events == counts.get(arm.arm, 0)
