"""
Every function's stated answer to data at the edge and to options that are none.

As in test_ugly_inputs.py: a number worked out in the comment, the reason why there is
none, or how it is refused; nothing else.
"""

import dataclasses
import math
import re
from decimal import Decimal
from functools import partial

import numpy as np
import pandas as pd
import pytest

import steps_analysis.outcomes as outcomes
from steps_analysis.errors import StepsError
from steps_analysis.estimates import Curve, Estimate, TestResult

NAN, INF = math.nan, math.inf
ask = partial

# Data at the edge: twelve participants, or six with two rows each

TIME = np.arange(1.0, 13.0)
EVENT = np.array([1, 1, 0, 1, 0, 1, 1, 0, 1, 1, 0, 1])
ARM = np.array(list("abbaabbabaab"))
AGE = np.array([1.0, 2, 3, 1, 2, 3, 5, 1, 2, 2, 1, 4])
SITE = np.array(list("uuvvuuvvuuvv"))
PERSON = np.repeat(np.arange(1, 7), 2)
PERSON_ARM = np.array(list("aabb" * 3))
OUTCOME = np.array([1, 0, 1, 1, 0, 0, 1, 0, 1, 0, 1, 0])
SCORE = np.array([10.0, 12, 9, 14, 11, 13, 8, 12, 10, 15, 9, 11])
BASE = SCORE + np.array([1.0, -1, 2, 0, 1, -2, 0, 1, 1, -1, 0, 2])
LEFT = np.array([0.0, 1, 2, 0, 3, 4, 1, 2, 5, 3, 0, 6])
RIGHT = np.array([2, 3, INF, 4, 5, INF, 3, 6, INF, 5, 1, INF])
END = np.array([3.0, 8] * 6) + np.repeat(np.arange(6) / 2, 2)
START = np.where(np.arange(12) % 2 == 0, 0.0, np.roll(END, 1))
NOBODY, EVERYBODY = np.zeros(12, int), np.ones(12, int)
ONE_ARM, TIED, CONSTANT = np.repeat("a", 12), np.full(12, 3.0), np.ones(12)
ALONE = np.array(["b"] + ["a"] * 11)  # in b there is the first to leave, with the event
MARKED = (EVENT == 1) * 1.0  # separates those with the event
PLACED = (OUTCOME == 1) * 1.0
DRAWN = {"n_resamples": 200, "seed": 1}
SPELLS = (START, END)


def curve(name, time=TIME, event=EVENT, **options):
    return partial(getattr(outcomes, name), time, event, **options)


def arms(name, time=TIME, event=EVENT, arm=ARM, **options):
    return partial(getattr(outcomes, name), time, event, arm, **options)


def model(name, outcome, x, *more, **options):
    return partial(getattr(outcomes, name), outcome, x, *more, **options)


def rows(name, event, *more, **options):
    return partial(getattr(outcomes, name), *SPELLS, event, PERSON, *more, **options)


ONLY_ONE = "only one arm has participants"
NO_EVENT = "there is no event"
NOTHING_VARIES = "no covariate varies"
SEPARATED = r"the likelihood keeps rising with the coefficient of .* \(separation\)"
TWO_ARMS = [
    "adjusted_hazard_ratio",
    "adjusted_log_rank",
    "asymptotic_permutation_log_rank",
    "log_rank",
    "max_combo",
    "permutation_log_rank",
    "trend_log_rank",
]
AT_A_TIME = {
    "cumulative_incidence_difference": "at",
    "cumulative_incidence_ratio": "at",
    "mean_time_lost_difference": "horizon",
    "permutation_restricted_mean": "horizon",
    "restricted_mean": "horizon",
    "risk_ratio_at": "at",
    "standardised_risk_at": "at",
    "survival_difference": "at",
    "survival_difference_test": "at",
}
COX_LIKE = {
    "cox": {},
    "gamma_frailty": {"cluster": PERSON},
    "gaussian_frailty": {"cluster": PERSON},
}
LACKS = {
    # --- two arms: no event, one arm, one participant
    **{f"{f}: nobody": (arms(f, event=NOBODY), NO_EVENT) for f in TWO_ARMS},
    **{f"{f}: one arm": (arms(f, arm=ONE_ARM), ONLY_ONE) for f in TWO_ARMS},
    **{f"{f}: one": (arms(f, [1], [1], ["a"]), ONLY_ONE) for f in TWO_ARMS},
    "modest: nobody": (arms("modest_log_rank", event=NOBODY, t_star=3), NO_EVENT),
    "modest: one arm": (arms("modest_log_rank", arm=ONE_ARM, t_star=3), ONLY_ONE),
    "Gray: nobody": (arms("gray_test", event=NOBODY), "no event of this kind"),
    "Gray: one arm": (arms("gray_test", arm=ONE_ARM), ONLY_ONE),
    "adjusted ratio: one alone": (
        arms("adjusted_hazard_ratio", arm=ALONE),
        "an arm has no event while both are at risk",
    ),
    # --- two arms at one time
    **{
        f"{f}: one arm": (arms(f, arm=ONE_ARM, **{at: 5}), ONLY_ONE)
        for f, at in AT_A_TIME.items()
    },
    **{
        f"{f}: one": (arms(f, [1], [1], ["a"], **{at: 5}), ONLY_ONE)
        for f, at in AT_A_TIME.items()
    },
    **{
        f"{f}: nobody followed": (arms(f, time=TIED, **{at: 5}), "nobody .*followed to")
        for f, at in AT_A_TIME.items()
    },
    "incidence ratio: nobody": (
        arms("cumulative_incidence_ratio", event=NOBODY, at=5),
        "nobody in arm b has had the event by then",
    ),
    "incidence ratio: one alone": (
        arms("cumulative_incidence_ratio", arm=ALONE, at=5),
        "everybody in arm b has had the event by then",
    ),
    "test at: nobody": (
        arms("survival_difference_test", event=NOBODY, at=5),
        "nobody in arm b has had the event by then",
    ),
    "standardised at: nobody": (
        arms("standardised_risk_at", event=NOBODY, at=5),
        "there is no event by 5",
    ),
    "restricted mean: one alone": (
        arms("restricted_mean", arm=ALONE, horizon=5),
        "everybody in arm b had the event at one and the same time",
    ),
    # --- models of a hazard
    **{
        f"{f}: nobody": (curve(f, TIME, NOBODY, covariates=AGE, **o), NO_EVENT)
        for f, o in COX_LIKE.items()
    },
    **{
        f"{f}: constant": (curve(f, covariates=CONSTANT, **o), NOTHING_VARIES)
        for f, o in COX_LIKE.items()
    },
    **{
        f"{f}: separation": (curve(f, covariates=MARKED, **o), SEPARATED)
        for f, o in COX_LIKE.items()
    },
    "Fine-Gray: nobody": (model("fine_gray", TIME, NOBODY, AGE), "of this kind"),
    "Fine-Gray: constant": (
        model("fine_gray", TIME, EVENT, CONSTANT),
        NOTHING_VARIES,
    ),
    "Fine-Gray: separation": (model("fine_gray", TIME, EVENT, MARKED), SEPARATED),
    "recurrent: nobody": (rows("recurrent_rate_ratio", NOBODY, AGE), NO_EVENT),
    "recurrent: constant": (
        rows("recurrent_rate_ratio", EVENT, CONSTANT),
        NOTHING_VARIES,
    ),
    "Ghosh-Lin: nobody": (rows("ghosh_lin_rate_ratio", NOBODY, AGE), NO_EVENT),
    "grouped: nobody": (
        model("grouped_hazard_ratio", [1, 1, 2, 2], [0] * 4, [0, 1, 0, 1]),
        NO_EVENT,
    ),
    "grouped: separation": (
        model("grouped_hazard_ratio", [1] * 4, [1, 1, 0, 0], [1, 1, 0, 0]),
        "an effect has no bound: events lie all to one side of it",
    ),
    "parametric: nobody": (curve("parametric_survival", TIME, NOBODY), NO_EVENT),
    "parametric: one event": (
        curve("parametric_survival", [1], [1]),
        "one event alone leaves no scale to estimate",
    ),
    "parametric: all at once": (
        curve("parametric_survival", TIED),
        "times or events lack spread",
    ),
    "cure: nobody": (curve("mixture_cure", TIME, NOBODY), NO_EVENT),
    "cure: everybody": (curve("mixture_cure", TIME, EVERYBODY), "with nobody cured"),
    "cure: all at once": (curve("mixture_cure", TIED), "at one and the same time"),
    # --- intervals
    "interval ratio: one arm": (
        model("interval_hazard_ratio", LEFT, RIGHT, ONE_ARM),
        ONLY_ONE,
    ),
    "interval ratio: one alone": (
        model("interval_hazard_ratio", LEFT, RIGHT, ALONE),
        "an effect has no bound, or intervals say nothing of it",
    ),
    "interval test: one arm": (
        model("interval_log_rank", LEFT, RIGHT, ONE_ARM),
        ONLY_ONE,
    ),
    "interval model: constant": (
        model("interval_regression", LEFT, RIGHT, CONSTANT),
        NOTHING_VARIES,
    ),
    "interval parametric: one": (
        model("interval_parametric_survival", [1], [2]),
        "the likelihood has no maximum",
    ),
    # --- yes or no
    "Breslow-Day: nobody": (
        model("breslow_day", NOBODY, ARM, SITE),
        "fewer than two strata have both an event and a non-event",
    ),
    "Breslow-Day: one arm": (
        model("breslow_day", OUTCOME, ONE_ARM, SITE),
        "no stratum has participants in both arms",
    ),
    "Mantel-Haenszel: nobody": (
        model("mantel_haenszel", NOBODY, ARM, SITE),
        "the outcome does not vary within the strata",
    ),
    "CMH: everybody": (
        model("cochran_mantel_haenszel", EVERYBODY, ARM, SITE),
        "no stratum has both an event and a non-event",
    ),
    "compliers: one arm": (
        model("complier_average_effect", OUTCOME, ONE_ARM, EVENT),
        ONLY_ONE,
    ),
    "compliers: nobody starts": (
        model("complier_average_effect", OUTCOME, ARM, NOBODY),
        "being offered the treatment did not make starting it likelier",
    ),
    "Poisson: nobody": (model("modified_poisson", NOBODY, AGE), "nobody had the event"),
    "Poisson: separation": (
        model("modified_poisson", OUTCOME, PLACED),
        "nobody in a group marked off by the covariates had the event",
    ),
    "identity: separation": (
        model("identity_binomial", OUTCOME, PLACED),
        "the likelihood is highest with a risk at 0 or 1",
    ),
    "GEE: nobody": (
        model("gee", NOBODY, AGE, PERSON),
        "the outcome is the same for all",
    ),
    "GEE: separation": (
        model("gee", OUTCOME, PLACED, PERSON),
        r"a coefficient keeps growing \(separation\)",
    ),
    "GEE: one participant": (model("gee", [1], [1], [1]), "there is only one cluster"),
    "random intercept: everybody": (
        model("random_intercept_logistic", EVERYBODY, AGE, PERSON),
        "the outcome is the same for all",
    ),
    "random intercept: one": (
        model("random_intercept_logistic", [1], [1], [1]),
        "no cluster has two rows",
    ),
    "standardised: nobody": (
        model("standardised_risk", NOBODY, ARM, AGE),
        "arm a has no event",
    ),
    "standardised: everybody": (
        model("standardised_risk", EVERYBODY, ARM, AGE),
        "everybody in arm a has the event",
    ),
    # --- scores, costs, counts
    "ANCOVA: one arm": (model("ancova", SCORE, BASE, ONE_ARM), ONLY_ONE),
    "ANCOVA: one alone": (
        model("ancova", SCORE, BASE, ALONE),
        "one participant alone fixes a coefficient",
    ),
    "effect size: one arm": (model("hedges_g", SCORE, ONE_ARM), ONLY_ONE),
    "effect size: all alike": (
        model("hedges_g", CONSTANT, ARM),
        "the scores do not vary within the arms",
    ),
    "cost: one arm": (model("cost_difference", SCORE, ONE_ARM, **DRAWN), ONLY_ONE),
    "cost: one alone": (
        model("cost_difference", SCORE, ALONE, **DRAWN),
        "arm b has fewer than 2 participants",
    ),
    "counts: nobody": (model("count_rate_ratio", NOBODY, TIME, ARM), NO_EVENT),
    "counts: one arm": (model("count_rate_ratio", EVENT, TIME, ONE_ARM), ONLY_ONE),
    "means at: one arm": (
        rows("mean_cumulative_difference_at", EVENT, ONE_ARM, at=5),
        ONLY_ONE,
    ),
    "test of means: nobody": (
        rows("mean_cumulative_test", NOBODY, PERSON_ARM),
        "no event happened while both arms were at risk",
    ),
    "alive: nobody, ratio": (
        rows("while_alive_rate_ratio", NOBODY, PERSON_ARM, at=5),
        "there is no event in arm a by then",
    ),
    # --- exact distributions too long to sum
    "rate: 10^12 by likelihood": (
        ask(outcomes.exact_rate, 10**12, 1.0, method="minlike"),
        r"the exact distribution has 1,000,000,000,001 values, too many to sum",
    ),
    "rate ratio: 10^12": (
        ask(outcomes.exact_rate_ratio, 10**12, 1.0, 10**12, 1.0),
        "2,000,000,000,001 values, too many to sum",
    ),
    "rate ratio: 10^30 times the exposure": (
        ask(outcomes.exact_rate_ratio, 3, 1e30, 5, 1.0),
        r"one exposure is more than 10\^15 times the other",
    ),
    "odds ratio: exact, 10^12": (
        ask(outcomes.odds_ratio, 10**11, 10**12, 10**11, 10**12, method="mid-p"),
        "too many to sum",
    ),
    "exact test: 10^12": (
        ask(outcomes.exact_test, 10**11, 10**12, 10**11, 10**12),
        "too many to sum",
    ),
    "Barnard: 10^4": (
        ask(outcomes.exact_test, 1, 10**4, 1, 10**4, method="barnard"),
        "the exact distribution has 100,020,001 values",
    ),
    "exact difference: 10^4": (
        ask(outcomes.risk_difference, 1, 10**4, 1, 10**4, method="exact"),
        "too many to sum",
    ),
    "Blaker: 10^12": (
        ask(outcomes.proportion_interval, 1, 10**12, method="blaker"),
        "too many to sum",
    ),
    "prediction: 10^12 to come": (
        ask(
            outcomes.predictive_success,
            *(1, 10, 1, 10),
            further_treatment=10**12,
            further_control=5,
        ),
        "too many to sum",
    ),
}

# Numbers at the edge, each by hand

LOG_13 = math.log(13)
GIVES = {
    # 8 of 12 have the event at once; one alone has it
    "hazard: all at once": (curve("cumulative_hazard", TIED), [2 / 3]),
    "hazard: nobody": (curve("cumulative_hazard", TIME, NOBODY), []),
    "hazard: one": (curve("cumulative_hazard", [1], [1]), [1]),
    # one after another: exp -(1/12 + 1/11 + … + 1/5)
    "Fleming-Harrington: all at once": (
        curve("fleming_harrington", TIED),
        [math.exp(-sum(1 / n for n in range(5, 13)))],
    ),
    "Fleming-Harrington: one": (curve("fleming_harrington", [1], [1]), [math.exp(-1)]),
    # 3 of 6 in a and 5 of 6 in b have it at once: O - E = 1 in b, variance 8/11
    "log-rank: all at once": (arms("log_rank", TIED), 11 / 8),
    "modest: all at once": (arms("modest_log_rank", TIED, t_star=3), 11 / 8),
    "trend: all at once": (arms("trend_log_rank", TIED), 11 / 8),
    "adjusted test: all at once": (arms("adjusted_log_rank", TIED), math.sqrt(11 / 8)),
    "max-combo: all at once": (arms("max_combo", TIED), math.sqrt(11 / 8)),
    "permutation: all at once": (arms("permutation_log_rank", TIED), 1),
    # by the likelihood of Breslow 5 of 8 come from b, where r of 1 + r are at risk
    "adjusted ratio: all at once": (arms("adjusted_hazard_ratio", TIED), 5 / 3),
    # the one of b has the event first of twelve: 11/12, variance 11/144
    "log-rank: one alone": (arms("log_rank", arm=ALONE), 11),
    "modest: one alone": (arms("modest_log_rank", arm=ALONE, t_star=3), 11),
    "trend: one alone": (arms("trend_log_rank", arm=ALONE), 11),
    "Gray: one alone": (arms("gray_test", arm=ALONE), 11),
    "max-combo: one alone": (arms("max_combo", arm=ALONE), math.sqrt(11)),
    "permutation: one alone": (arms("permutation_log_rank", arm=ALONE), 11 / 12),
    "adjusted test: one alone": (arms("adjusted_log_rank", arm=ALONE), math.sqrt(11)),
    # nobody has the event, whatever the arm
    "difference: nobody": (arms("survival_difference", event=NOBODY, at=5), 0),
    "incidence: nobody": (
        arms("cumulative_incidence_difference", event=NOBODY, at=5),
        0,
    ),
    "time lost: nobody": (
        arms("mean_time_lost_difference", event=NOBODY, horizon=5),
        0,
    ),
    "restricted mean: nobody": (arms("restricted_mean", event=NOBODY, horizon=5), 0),
    "permuted mean: nobody": (
        arms("permutation_restricted_mean", event=NOBODY, horizon=5),
        0,
    ),
    # those who leave at 1, 2, 3 and 4 lose 4 + 3 + 2 + 1 of 5
    "time lost: everybody": (
        curve("mean_time_lost", event=EVERYBODY, horizon=5),
        5 / 6,
    ),
    "time lost: one": (curve("mean_time_lost", [1], [1], horizon=5), 4),
    # one event at the end of each first spell, five of six of them by 5
    "alive: everybody": (rows("while_alive_rate", EVERYBODY, at=5), 1 / 6),
    "alive: nobody": (rows("while_alive_rate", NOBODY, at=5), 0),
    "mean: nobody": (rows("mean_cumulative_function", NOBODY), []),
    "Ghosh-Lin: nobody, mean": (rows("ghosh_lin", NOBODY), []),
    "means at: nobody": (
        rows("mean_cumulative_difference_at", NOBODY, PERSON_ARM, at=5),
        0,
    ),
    # one in a day, and seven in 77 days
    "counts: one alone": (
        model("count_rate_ratio", [1] + [1] * 7 + [0] * 4, TIME, ALONE),
        11,
    ),
    # half an event and half a non-event more: log(1.5 / 0.5), log(0.5 / 6.5)
    "Firth: one": (model("firth_logistic", [1], None), [math.log(3)]),
    "Firth: separation": (
        model("firth_logistic", OUTCOME, PLACED),
        [-LOG_13, 2 * LOG_13],
    ),
    "FLIC: separation": (
        model("flic_logistic", OUTCOME, PLACED),
        [-LOG_13, 2 * LOG_13],
    ),
    "linear: separation": (model("linear_probability", OUTCOME, PLACED), [0, 1]),
    "linear: everybody": (model("linear_probability", EVERYBODY, AGE), [1, 0]),
    "Poisson: everybody": (model("modified_poisson", EVERYBODY, AGE), [0, 0]),
    # 2 of 6 at site u, one of them alone in b: 1 - 1/3, variance 2 x 4 x 5 / (36 x 5)
    "CMH: one alone": (
        model("cochran_mantel_haenszel", OUTCOME, ALONE, SITE),
        2,
    ),
    # at u 1 in b against 1 of 5
    "Mantel-Haenszel: one alone": (
        model("mantel_haenszel", OUTCOME, ALONE, SITE),
        0.8,
    ),
    # large counts: one in ten of each
    "odds ratio: 10^15": (
        ask(outcomes.odds_ratio, 10**14, 10**15, 10**14, 10**15),
        1,
    ),
    "risk ratio: 10^15": (
        ask(outcomes.risk_ratio, 10**14, 10**15, 10**14, 10**15),
        1,
    ),
    "rate: 10^12": (ask(outcomes.exact_rate, 10**12, 10.0), 10**11),
    "rate ratio: 10^12, score": (
        ask(outcomes.exact_rate_ratio, 10**12, 1.0, 10**12, 1.0, method="score"),
        1,
    ),
    "rate ratio: NumPy's numbers": (
        ask(outcomes.exact_rate_ratio, np.float64(4), 2.0, np.int8(2), 1.0),
        1,
    ),
    # a million rows, half in each arm; the early half has the event: n - 1
    "log-rank: a million": (
        arms(
            "log_rank",
            np.repeat([1.0, 2], 500_000),
            np.repeat([1, 0], 500_000),
            np.repeat(["a", "b"], 500_000),
        ),
        999_999,
    ),
    "hazard: a million": (
        curve(
            "cumulative_hazard",
            np.repeat([1.0, 2], 500_000),
            np.repeat([1, 0], 500_000),
        ),
        [0.5],
    ),
    "incidence: a million": (
        curve(
            "cumulative_incidence",
            np.repeat([1.0, 2], 500_000),
            np.repeat([1, 0], 500_000),
        ),
        [0.5],
    ),
    "scores: of unit 1e-300": (
        model("log_rank_scores", [1.0, 2], [1, 0], [1e-300, 0]),
        [0.5, -0.5],  # too small to differ: the scores themselves
    ),
}

# Options that are none

TEXT = ["2", "x", b"2"]
NO_NUMBERS = [
    *TEXT,
    None,
    NAN,
    INF,
    [1, 2],
    (1,),
    {},
    1j,
    Decimal(1),
    pd.NA,
    pd.Timestamp("2025-01-01"),
    np.array([0.5, 0.6]),
    10**400,
]


def without(values, *absent):
    """Leave out what a function takes."""
    return [v for v in values if not any(v is a for a in absent)]


COUNTS = (3, 10, 5, 10)
MISSING = (3, 10, 1, 5, 10, 1)
COMING = {"further_treatment": 2, "further_control": 2}

OPTIONS = {
    "log-rank, rho": (arms("log_rank"), "rho", [*NO_NUMBERS, -1], "be at least 0"),
    "log-rank, gamma": (arms("log_rank"), "gamma", [*NO_NUMBERS, -1], "be at least 0"),
    "log-rank, weighting": (
        arms("log_rank"),
        "weighting",
        ["fh", (1,), (0, "1"), 3, {}],
        "be (one of|a pair)",
    ),
    "Gray, rho": (arms("gray_test"), "rho", NO_NUMBERS, "be finite"),
    "Gray, of": (arms("gray_test"), "of", [*NO_NUMBERS, 0, 1.5, True], "be a kind of"),
    "incidence, of": (
        curve("cumulative_incidence"),
        "of",
        [*NO_NUMBERS, 0, -1],
        "be a kind of",
    ),
    "Fine-Gray, failure": (
        model("fine_gray", TIME, EVENT, AGE),
        "failure",
        [*NO_NUMBERS, 0],
        "be a kind of",
    ),
    "modest, t*": (
        arms("modest_log_rank"),
        "t_star",
        [*without(NO_NUMBERS, None), -1],
        "be at least 0",
    ),
    "modest, s*": (
        arms("modest_log_rank"),
        "s_star",
        [*without(NO_NUMBERS, None), 0, 2],
        "lie in",
    ),
    "max-combo, weights": (
        arms("max_combo"),
        "weights",
        ["log-rank", None, 3, [], [3], [("x", 1)]],
        "(hold at least one pair|be a pair|be one of)",
    ),
    "trend, codes": (
        arms("trend_log_rank"),
        "codes",
        [3, "ab", {"a": 1}, {"a": 1, "b": "2"}, {"a": 1, "b": INF}, {"a": 1, "b": 1}],
        "(map|have a number|hold finite)",
    ),
    **{
        f"{f}, {name}": (arms(f), name, [*NO_NUMBERS, -1], "be finite and (at|above)")
        for f, name in AT_A_TIME.items()
    },
    "time lost, horizon": (
        curve("mean_time_lost"),
        "horizon",
        [*NO_NUMBERS, 0],
        "be finite and above 0",
    ),
    "time lost, far horizon": (
        curve("mean_time_lost"),
        "horizon",
        [1e308, 5e-324],
        "lie between 1e-50 and",
    ),
    "restricted means, horizon": (
        arms("restricted_means"),
        "horizon",
        [*NO_NUMBERS, 0],
        "be finite and above 0",
    ),
    "restricted model, horizon": (
        arms("restricted_mean_model", covariates=AGE),
        "horizon",
        [*NO_NUMBERS, 0],
        "be finite and above 0",
    ),
    "standardised risks at": (
        arms("standardised_risks_at"),
        "at",
        [*NO_NUMBERS, -1],
        "be finite and at least 0",
    ),
    "means, at": (
        rows("mean_cumulative_difference_at", EVENT, PERSON_ARM),
        "at",
        [*NO_NUMBERS, 0],
        "be finite and above 0",
    ),
    "alive, at": (
        rows("while_alive_rate", EVENT),
        "at",
        [*NO_NUMBERS, 0],
        "be finite and above 0",
    ),
    "alive ratio, at": (
        rows("while_alive_rate_ratio", EVENT, PERSON_ARM),
        "at",
        [*NO_NUMBERS, 0],
        "be finite and above 0",
    ),
    **{
        f"{f}, frailty variance": (
            curve(f, covariates=AGE, cluster=PERSON),
            "frailty_variance",
            [*without(NO_NUMBERS, None), 0, -1, 5e-324],
            "be above 0 and finite",
        )
        for f in ("gamma_frailty", "gaussian_frailty")
    },
    "Cox, penalty": (
        curve("cox", covariates=AGE),
        "penalty",
        ["ridge", 1, [1], {}],
        "be None or",
    ),
    "grouped, pool_from": (
        model("grouped_hazard_ratio", [1, 2], [1, 0], [0, 1]),
        "pool_from",
        [*without(NO_NUMBERS, None), 0, True],
        "be at least 1",
    ),
    "recurrent, last_number": (
        rows("recurrent_rate_ratio", EVENT, AGE),
        "last_number",
        [*without(NO_NUMBERS, None), 0],
        "be at least 1",
    ),
    "random intercept, points": (
        model("random_intercept_logistic", OUTCOME, AGE, PERSON),
        "n_points",
        [*NO_NUMBERS, 0, 1.5, True, 10**6],
        "be a whole number, 1 or more",
    ),
    "ANCOVA, interaction": (
        model("ancova", SCORE, BASE, ARM),
        "interaction",
        ["x", None, 1, [1], pd.NA],
        "be True or False",
    ),
    "beta-binomial, margin": (
        ask(outcomes.beta_binomial, *COUNTS),
        "margin",
        [*NO_NUMBERS, -1, 1],
        "lie in",
    ),
    "beta-binomial, prior": (
        ask(outcomes.beta_binomial, *COUNTS),
        "prior",
        [*TEXT, None, 1, (1,), (1, "1"), (0, 1), (1e300, 1), (1, INF), (NAN, 1)],
        "be two finite numbers",
    ),
    "mixture, weight": (
        ask(outcomes.robust_mixture_prior, 3, 10, informative=(1, 1)),
        "weight",
        [*NO_NUMBERS, -1, 2],
        "lie in",
    ),
    "prediction, threshold": (
        ask(outcomes.predictive_success, *COUNTS, **COMING),
        "threshold",
        [*NO_NUMBERS, 0, 1],
        "lie in",
    ),
    "prediction, to come": (
        ask(outcomes.predictive_success, *COUNTS, further_control=1),
        "further_treatment",
        [*NO_NUMBERS, -1, 0.5, True],
        "be a whole number",
    ),
    "tipping point, threshold": (
        ask(outcomes.tipping_point, *MISSING),
        "threshold",
        [*NO_NUMBERS, 0, 1],
        "lie in",
    ),
    "tipping point, missing": (
        ask(
            outcomes.tipping_point,
            3,
            10,
            events_control=5,
            n_control=10,
            missing_control=1,
        ),
        "missing_treatment",
        [*NO_NUMBERS, -1],
        "be a whole number",
    ),
    "tipping point, too many": (
        ask(
            outcomes.tipping_point,
            3,
            10,
            events_control=5,
            n_control=10,
            missing_control=1,
        ),
        "missing_treatment",
        [10**12],
        "leave at most 40,000 combinations",
    ),
    "extreme cases, events": (
        ask(
            outcomes.extreme_cases,
            n_treatment=10,
            missing_treatment=1,
            events_control=5,
            n_control=10,
            missing_control=1,
        ),
        "events_treatment",
        [*NO_NUMBERS, -1, 11],
        "(be a whole number|not exceed)",
    ),
    "Rubin, complete_df": (
        ask(outcomes.rubin_rules, [1.0, 3], [1.0, 1]),
        "complete_df",
        [*without(NO_NUMBERS, None, INF), 0, -1],
        "be above 0",
    ),
    "Rubin, variance": (
        ask(outcomes.rubin_rules, [1.0, 3]),
        "variance",
        [["1", "1"], [1, -1], [1, 0], [1, 1e308], [[1], [1, 2]], [1], 1.0],
        "(hold|be|have)",
    ),
    "rate, exposure": (
        ask(outcomes.exact_rate, 3),
        "exposure",
        [*NO_NUMBERS, -1, True],
        "be a finite number",
    ),
    "rate, exposure of no size": (
        ask(outcomes.exact_rate, 3),
        "exposure",
        [1e308, 5e-324],
        "be 0, or lie betw",
    ),
    **{
        f"{f}, counts": (
            ask(getattr(outcomes, f), n_treatment=10, events_control=5, n_control=10),
            "events_treatment",
            [*NO_NUMBERS, -1, 0.5, True],
            "be a whole number",
        )
        for f in (
            "exact_test",
            "odds_ratio",
            "risk_difference",
            "risk_ratio",
            "beta_binomial",
        )
    },
    "counts beyond floats": (
        ask(outcomes.proportion_interval, 3),
        "n",
        [10**18, 1e300],
        "be at most 9007",
    ),
    "therapist": (
        ask(outcomes.partially_nested_difference, SCORE, PERSON_ARM),
        "therapist",
        [None, {"a": 1}, 3, [["t"] * 12], "t"],
        "(be given|have one dimension|name a column)",
    ),
    "sector": (
        ask(
            outcomes.cost_difference_by_sector,
            SCORE,
            PERSON_ARM,
            cluster=PERSON,
            **DRAWN,
        ),
        "sector",
        [None],
        "be given",
    ),
    "event weights, weighting": (
        ask(outcomes.event_weights, time=[1.0], n_at_risk=[2.0], n_events=[1.0]),
        "weighting",
        ["fh", (1, "2"), None, 3],
        "be (one of|a pair)",
    ),
    "event weights, steps": (
        ask(outcomes.event_weights, "log-rank", [1.0, 2.0], n_events=[1.0, 1.0]),
        "n_at_risk",
        [["2", "1"], [2.0], [2.0, -1], [NAN, 1]],
        "(hold|have|be)",
    ),
    "trials, horizon": (
        ask(outcomes.analyse_trials, [[1, 2]], [[1, 1]], [[1, 0]]),
        "horizon",
        [*NO_NUMBERS, -1],
        "be finite and at least 0",
    ),
}
LEVELS = [0, 1, 95, -0.5, NAN, INF, "0.95", None, [0.95], Decimal("0.95"), 1j]
WITH_LEVEL = {
    "adjusted_hazard_ratio": arms("adjusted_hazard_ratio"),
    "ancova": model("ancova", SCORE, BASE, ARM),
    "beta_binomial": ask(outcomes.beta_binomial, *COUNTS),
    "complier_average_effect": model("complier_average_effect", OUTCOME, ARM, EVENT),
    "cost_difference": model("cost_difference", SCORE, ARM, **DRAWN),
    "count_rate_ratio": model("count_rate_ratio", EVENT, TIME, ARM),
    "cumulative_hazard": curve("cumulative_hazard"),
    "exact_rate": ask(outcomes.exact_rate, 3, 1.0),
    "exact_rate_ratio": ask(outcomes.exact_rate_ratio, 3, 1.0, 2, 1.0),
    "extreme_cases": ask(outcomes.extreme_cases, *MISSING),
    "gamma_frailty": curve("gamma_frailty", covariates=AGE, cluster=PERSON),
    "ghosh_lin": rows("ghosh_lin", EVENT),
    "hedges_g": model("hedges_g", SCORE, ARM),
    "interval_hazard_ratio": model("interval_hazard_ratio", LEFT, RIGHT, ARM),
    "mantel_haenszel": model("mantel_haenszel", OUTCOME, ARM, SITE),
    "mean_time_lost": curve("mean_time_lost", horizon=5),
    "mixture_cure": curve("mixture_cure"),
    "odds_ratio": ask(outcomes.odds_ratio, *COUNTS),
    "restricted_mean": arms("restricted_mean", horizon=5),
    "risk_ratio": ask(outcomes.risk_ratio, *COUNTS),
    "robust_mixture_prior": ask(
        outcomes.robust_mixture_prior, 3, 10, informative=(1, 1)
    ),
    "standardised_risk": model("standardised_risk", OUTCOME, ARM, AGE),
    "standardised_risks_at": arms("standardised_risks_at", at=5),
    "while_alive_rate": rows("while_alive_rate", EVENT, at=5),
}


def parts(result):
    """Give all results that a result holds."""
    if isinstance(result, dict):
        return [part for item in result.values() for part in parts(item)]
    if isinstance(result, Estimate | TestResult | Curve):
        return [result]
    if not dataclasses.is_dataclass(result):
        return []
    names = [f.name for f in dataclasses.fields(result)]
    return [p for name in names for p in parts(getattr(result, name))]


def read(result):
    """Give the number, or numbers, of a result."""
    for name in ("value", "statistic", "coefficients"):
        if hasattr(result, name):
            return getattr(result, name)
    return result


@pytest.mark.parametrize("case", LACKS)
def test_there_is_no_number_and_a_reason(case):
    asked, reason = LACKS[case]
    result = asked()
    own = getattr(result, "not_estimable", None)
    reasons = [own] if own else [part.not_estimable for part in parts(result)]
    assert reasons
    assert all(re.search(reason, found or "nothing") for found in reasons)
    if hasattr(result, "value") or hasattr(result, "coefficients"):
        assert np.isnan(read(result)).all()


@pytest.mark.parametrize("case", GIVES)
def test_the_number_worked_out(case):
    asked, value = GIVES[case]
    result = asked()
    assert getattr(result, "not_estimable", None) is None
    np.testing.assert_allclose(read(result), value, rtol=1e-6, atol=1e-9)
    for part in parts(result):
        held = [getattr(part, f.name) for f in dataclasses.fields(part)]
        held = [x for x in held if isinstance(x, float | np.ndarray)]
        assert not any(np.isinf(x).any() for x in held)


@pytest.mark.parametrize("case", OPTIONS)
def test_an_option_that_is_none(case):
    asked, name, values, rule = OPTIONS[case]
    for value in values:
        with pytest.raises(StepsError, match=rf"(?s)`\w+` must {rule}") as caught:
            asked(**{name: value})
        assert f"`{name}`" in str(caught.value)


@pytest.mark.parametrize("function", WITH_LEVEL)
def test_a_level_that_is_none(function):
    for level in LEVELS:
        with pytest.raises(StepsError, match=r"`level` must lie in \(0, 1\), got "):
            WITH_LEVEL[function](level=level)


@pytest.mark.parametrize(
    "function",
    ["ancova", "count_rate_ratio", "hedges_g", "mantel_haenszel", "standardised_risk"],
)
def test_a_reference_that_is_none(function):
    for label in ("c", 1, None.__class__, [1], {}, pd.NA, np.array(["a", "b"]), NAN):
        with pytest.raises(StepsError, match="`reference` must be one of a, b, got "):
            WITH_LEVEL[function](reference=label)


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        (ask(outcomes.risk_difference, *COUNTS), "method"),
        (ask(outcomes.risk_ratio, *COUNTS), "method"),
        (ask(outcomes.odds_ratio, *COUNTS), "method"),
        (ask(outcomes.exact_test, *COUNTS), "method"),
        (ask(outcomes.exact_rate, 3, 1.0), "method"),
        (curve("cumulative_hazard"), "ties"),
        (curve("cumulative_hazard"), "transform"),
        (curve("cumulative_incidence"), "variance"),
        (curve("parametric_survival"), "distribution"),
        (arms("restricted_mean", horizon=5), "contrast"),
        (arms("standardised_risk_at", at=5), "estimator"),
        (model("gee", OUTCOME, AGE, PERSON), "correlation"),
        (model("ancova", SCORE, BASE, ARM), "variance"),
        (model("ancova", SCORE, BASE, ARM), "missing"),
    ],
)
def test_a_word_that_is_none(asked, name):
    for word in ("?", None, 1, NAN, [1], {}, pd.NA, np.array(["a", "b"])):
        with pytest.raises(StepsError, match=f"`{name}` must be one of "):
            asked(**{name: word})


def test_imputation_takes_a_table_of_numbers():
    good = pd.DataFrame({"x": [1.0, 2, NAN, 4] * 3})
    with pytest.raises(StepsError, match="`x` must hold numbers, got 'object'"):
        outcomes.impute_by_arm(good.astype(object).fillna("x"), ["a"] * 12, seed=1)
    with pytest.raises(StepsError, match="`arm` must have 12 rows like `table`, got 3"):
        outcomes.impute_by_arm(good, ["a"] * 3, seed=1)
    with pytest.raises(StepsError, match="`arm` must have no missing values"):
        outcomes.impute_by_arm(good, ["a", None] * 6, seed=1)
