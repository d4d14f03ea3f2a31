"""
Every function of columns, and everything a column may be that it should not be.

One good trial of twelve is handed to each function; then each of its columns in turn is
replaced by each slip of the tables below. A column of another kind that says the same
gives the same answer; everything else is refused in the words stated. No public
function of columns may be absent.
"""

import dataclasses
import inspect
import math

import numpy as np
import pandas as pd
import pytest

import steps_analysis.outcomes as outcomes
from steps_analysis.errors import StepsError

N, NAN, INF = 12, math.nan, math.inf
TIME = np.arange(1.0, 13.0)
EVENT = np.array([1, 1, 0, 1, 0, 1, 1, 0, 1, 1, 0, 1])
CAUSE = np.array([1, 2, 0, 1, 2, 1, 1, 0, 2, 1, 0, 1])
ARM = np.array(list("abbaabbabaab"))
AGE = np.array([1.0, 2, 3, 1, 2, 3, 5, 1, 2, 2, 1, 4])
SITE = np.array(list("uuvvuuvvuuvv"))
PERSON = np.repeat(np.arange(1, 7), 2)  # two rows each
FAMILY = np.repeat(np.array(list("fghijk")), 2)
ARM_OF_PERSON = np.array(list("aabb" * 3))
OUTCOME = np.array([1, 0, 1, 1, 0, 0, 1, 0, 1, 0, 1, 0])
SCORE = np.array([10.0, 12, 9, 14, 11, 13, 8, 12, 10, 15, 9, 11])
BASELINE = SCORE + np.array([1.0, -1, 2, 0, 1, -2, 0, 1, 1, -1, 0, 2])
LEFT = np.array([0.0, 1, 2, 0, 3, 4, 1, 2, 5, 3, 0, 6])
RIGHT = np.array([2, 3, INF, 4, 5, INF, 3, 6, INF, 5, 1, INF])
SPELL_END = np.array([3.0, 8] * 6) + np.repeat(np.arange(6) / 2, 2)
SPELL_START = np.where(np.arange(N) % 2 == 0, 0.0, np.roll(SPELL_END, 1))
SPELL_CAUSE = np.array([1, 0, 1, 2, 1, 0, 1, 2, 1, 0, 1, 0])
PERIOD = np.array([1, 1, 1, 2, 2, 2, 1, 2, 2, 1, 1, 2])

curve = {"time": TIME, "event": EVENT}
arms = {**curve, "arm": ARM}
survival_model = {**curve, "covariates": AGE}
risks = {"time": TIME, "cause": CAUSE}
binary = {"outcome": OUTCOME, "covariates": AGE}
tables = {"outcome": OUTCOME, "arm": ARM, "stratum": SITE}
interval = {"left": LEFT, "right": RIGHT}
spells = {
    "entry": SPELL_START,
    "time": SPELL_END,
    "event": SPELL_CAUSE == 1,
    "cluster": PERSON,
}
ends = {
    "entry": SPELL_START,
    "time": SPELL_END,
    "cause": SPELL_CAUSE,
    "cluster": PERSON,
}
grouped = {"arm": ARM_OF_PERSON}
treated = {"covariates": (ARM_OF_PERSON == "a").astype(float)}
drawn = {"n_resamples": 200, "seed": 1}
site = {"stratum": SITE}

# The columns that must be there, those that may, and options without which none goes.
GOOD = {
    "acceptability_curve": (
        {"cost": SCORE, "effect": OUTCOME, "arm": ARM},
        {},
        {"willingness": [0, 100], **drawn},
    ),
    "adjusted_hazard_ratio": (arms, {"covariates": AGE, **site}, {}),
    "adjusted_log_rank": (arms, {"covariates": AGE, **site}, {}),
    "ancova": (
        {"score": SCORE, "baseline": BASELINE, "arm": ARM},
        {"covariates": AGE},
        {},
    ),
    "asymptotic_permutation_log_rank": (arms, site, {}),
    "breslow_day": (tables, {}, {}),
    "cochran_mantel_haenszel": (tables, {}, {}),
    "complier_average_effect": (
        {"outcome": OUTCOME, "arm": ARM, "received": ARM == "a"},
        {},
        {},
    ),
    "cost_difference": ({"cost": SCORE, "arm": ARM}, {}, drawn),
    "cost_difference_by_sector": (
        {"cost": SCORE, "arm": ARM_OF_PERSON, "sector": SITE, "cluster": PERSON},
        {},
        drawn,
    ),
    "cost_effectiveness": (
        {"cost": SCORE, "effect": OUTCOME, "arm": ARM},
        {},
        drawn,
    ),
    "count_rate_ratio": (
        {"events": CAUSE, "exposure": TIME, "arm": ARM},
        {"covariates": AGE},
        {},
    ),
    "cox": (
        survival_model,
        {"entry": TIME - 1, **site, "cluster": PERSON, "weights": np.ones(N)},
        {},
    ),
    "cumulative_hazard": (curve, {"entry": TIME - 1}, {}),
    "cumulative_incidence": (risks, {}, {}),
    "cumulative_incidence_difference": ({**risks, "arm": ARM}, {}, {"at": 5}),
    "cumulative_incidence_ratio": ({**risks, "arm": ARM}, {}, {"at": 5}),
    "fine_gray": (
        {**risks, "covariates": AGE},
        {"censoring": SITE, "cluster": PERSON},
        {},
    ),
    "firth_logistic": (binary, {}, {}),
    "flac_logistic": (binary, {}, {}),
    "fleming_harrington": (curve, {"entry": TIME - 1}, {}),
    "flic_logistic": (binary, {}, {}),
    "gamma_frailty": ({**survival_model, "cluster": FAMILY}, {}, {}),
    "gaussian_frailty": ({**survival_model, "cluster": FAMILY}, {}, {}),
    "gee": ({**binary, "cluster": PERSON}, {"position": np.tile([6, 12], 6)}, {}),
    "ghosh_lin": (ends, {}, {}),
    "ghosh_lin_rate_ratio": ({**ends, **treated}, {}, {}),
    "gray_test": ({**risks, "arm": ARM}, site, {}),
    "grouped_hazard_ratio": (
        {"period": PERIOD, "event": EVENT, "covariates": AGE},
        {},
        {},
    ),
    "hedges_g": ({"score": SCORE, "arm": ARM}, {}, {}),
    "identity_binomial": (binary, {}, {}),
    "interval_hazard_ratio": ({**interval, "arm": ARM}, {}, {}),
    "interval_log_rank": ({**interval, "arm": ARM}, {}, {}),
    "interval_parametric_survival": (interval, {"covariates": AGE}, {}),
    "interval_regression": ({**interval, "covariates": AGE}, {}, {}),
    "interval_survival": (interval, {}, {}),
    "kaplan_meier": (curve, {"entry": TIME - 1}, {}),
    "linear_probability": (binary, {"cluster": PERSON}, {}),
    "log_rank": (arms, site, {}),
    "log_rank_scores": (curve, {"covariates": AGE, **site}, {}),
    "mantel_haenszel": (tables, {}, {}),
    "max_combo": (arms, site, {}),
    "mean_cumulative_difference": ({**spells, **grouped}, {}, {}),
    "mean_cumulative_difference_at": ({**spells, **grouped}, {}, {"at": 5}),
    "mean_cumulative_function": (spells, {}, {}),
    "mean_cumulative_test": ({**spells, **grouped}, {}, {}),
    "mean_time_lost": (risks, {}, {"horizon": 5}),
    "mean_time_lost_difference": ({**risks, "arm": ARM}, {}, {"horizon": 5}),
    "median_unbiased_logistic": (binary, {}, {}),
    "mixture_cure": (curve, {}, {}),
    "modest_log_rank": (arms, site, {"t_star": 3}),
    "modified_poisson": (binary, {"cluster": PERSON}, {}),
    "numbers_at_risk": ({"time": TIME}, {"entry": TIME - 1}, {"at": [1, 2]}),
    "parametric_survival": (curve, {"covariates": AGE}, {}),
    "permutation_log_rank": (arms, site, {}),
    "permutation_restricted_mean": (arms, site, {"horizon": 5}),
    "pseudo_values": (curve, {}, {"at": [2, 5]}),
    "random_intercept_logistic": ({**binary, "cluster": PERSON}, {}, {}),
    "recurrent_rate_ratio": ({**spells, **treated}, {}, {}),
    "repeated_scores": (
        {
            "score": SCORE,
            "visit": np.tile([6, 12], 6),
            "arm": ARM_OF_PERSON,
            "cluster": PERSON,
        },
        {"baseline": np.repeat(BASELINE[::2], 2)},
        {},
    ),
    "restricted_mean": (arms, {"covariates": AGE}, {"horizon": 5}),
    "restricted_mean_model": ({**arms, "covariates": AGE}, {}, {"horizon": 5}),
    "restricted_means": (arms, {}, {"horizon": 5}),
    "risk_ratio_at": (arms, {}, {"at": 5}),
    "standardised_risk": (
        {"outcome": OUTCOME, "arm": ARM},
        {"covariates": AGE, **site},
        {},
    ),
    "standardised_risk_at": (arms, {"covariates": AGE}, {"at": 5}),
    "standardised_risks": (
        {"outcome": OUTCOME, "arm": ARM},
        {"covariates": AGE, **site},
        {},
    ),
    "standardised_risks_at": (arms, {"covariates": AGE}, {"at": 5}),
    "survival_difference": (arms, {}, {"at": 5}),
    "survival_difference_test": (arms, {}, {"at": 5}),
    "trend_log_rank": (arms, site, {}),
    "while_alive_rate": (ends, {}, {"at": 5}),
    "while_alive_rate_ratio": ({**ends, **grouped}, {}, {"at": 5}),
}

ELSEWHERE = {
    # of which test_ugly_options.py speaks
    **dict.fromkeys(
        (
            "beta_binomial",
            "exact_rate",
            "exact_rate_ratio",
            "exact_test",
            "extreme_cases",
            "odds_ratio",
            "predictive_success",
            "proportion_interval",
            "risk_difference",
            "risk_ratio",
            "robust_mixture_prior",
            "tipping_point",
        ),
        "takes counts",
    ),
    # a whole trial has passed the reader, which refuses by file and line
    **dict.fromkeys(
        (
            "analysis_status",
            "answer",
            "complier_placement",
            "event_intervals",
            "leave_one_site_out",
            "planned_analyses",
            "primary_placement",
            "proven_reoffence",
            "reported_recurrence",
            "score_intervals",
            "sensitivity_analyses",
            "spells",
            "strengths_and_difficulties",
            "unanswerable",
            "unobserved",
        ),
        "takes a trial, or its protocol",
    ),
    **dict.fromkeys(
        (
            "delta_adjustment",
            "pool_imputations",
            "predicted_survival",
            "proportional_hazards_test",
            "survival_quantile",
            "tipping_delta",
        ),
        "takes results",
    ),
    "analyse_trials": "takes many trials at once: test_ugly_options.py",
    "event_weights": "takes steps: test_ugly_options.py",
    "impute_by_arm": "missing values are its matter: test_ugly_options.py",
    "partially_nested_difference": "a therapist may be missing: test_ugly_options.py",
    "rubin_rules": "takes estimates: test_ugly_options.py",
    "score_sdq": "missing answers are its matter: tests of the questionnaire",
}

LABELS = {"arm", "stratum", "cluster", "censoring", "visit", "sector"}
TABLES = {"covariates", "stratum", "cluster", "censoring"}
YES_NO = {"event", "received"}


def test_no_function_is_absent():
    public = {
        name for name in outcomes.__all__ if inspect.isfunction(getattr(outcomes, name))
    }
    assert public == set(GOOD) | set(ELSEWHERE)
    assert not set(GOOD) & set(ELSEWHERE)


# Slips

NULLABLE = {"f": "Float64", "i": "Int64", "b": "boolean", "U": "string"}


def _first_missing(column):
    values = column.astype(object)
    values[0] = None
    return values


def _first_text(column):
    values = column.astype(object)
    values[0] = "twelve"
    return values


def _first_is(number):
    def slip(column):
        values = column.astype(float)
        values[0] = number
        return values

    return slip


# what is wrong with a column of any kind
ANY = {
    "a missing value": (_first_missing, "`{}` must have no missing values, got '1 "),
    "missing among nullable": (
        lambda c: pd.Series(pd.array(c, NULLABLE[c.dtype.kind])).mask(
            np.arange(N) == 3
        ),
        "`{}` must have no missing values, got '1 ",
    ),
    "masked": (
        lambda c: np.ma.array(c, mask=np.arange(N) < 2),
        "`{}` must have no missing values, got '2 ",
    ),
    "one value": (lambda c: c[0].item(), "`{}` must be an array, got 'a single"),
    "a mapping": (lambda _: {"a": 1}, "`{}` must be an array, got 'a single"),
    "ragged lists": (lambda c: [list(c), [1]], "`{}` must be an array, got 'list'"),
    "a cube": (lambda c: c[:, None, None], "`{}` must have one (or two )?dimension"),
    "eleven rows": (lambda c: c[1:], "must have 1[12] rows like "),
    "nobody": (lambda c: c[:0], "must have (0|12) rows like |at least one row"),
}
# what is wrong with numbers, and words to the same effect
NUMBERS = {
    "text": (lambda c: c.astype(str), "`{}` must hold numbers, got '<U"),
    "bytes": (lambda c: c.astype("S"), "`{}` must hold numbers, got '.S"),
    "text among objects": (_first_text, "`{}` must hold numbers, got 'object'"),
    "text of pandas": (
        lambda c: pd.array(c.astype(str), "string"),
        "`{}` must hold numbers, got ",
    ),
    "categories": (
        lambda c: pd.Categorical(c.astype(str)),
        "`{}` must hold numbers, got ",
    ),
    "dates": (
        lambda _: pd.to_datetime(["2025-01-01"] * N),
        r"`{}` must hold numbers, got 'datetime64\[ns\]'\nHint: days of a duration",
    ),
    "durations": (
        lambda c: pd.to_timedelta(np.arange(len(c)), "D"),
        r"`{}` must hold numbers, got 'timedelta64\[ns\]'\nHint: days of a duration",
    ),
    "complex": (lambda c: np.ones(len(c)) * 1j, "`{}` must hold numbers, got 'comp"),
    "infinite": (_first_is(-INF), "`{}` must be (finite|at least 0), got '1 "),
}
# what is wrong with numbers that are squared and summed
SIZES = {
    "beyond floats": (_first_is(1e308), "`{}` must be at most 1e.* got '1 not'"),
    "beyond floats below": (_first_is(-1e308), "`{}` must be at .* got '1 "),
}
SIZED = {"covariates", "cost", "effect", "score", "baseline", "exposure"}
NEGATIVE = {
    name: (_first_is(-1), f"`{{}}` must {rule}, got '1 ")
    for name, rule in {
        "time": "be at least 0",
        "entry": "be at least 0",
        "left": "be at least 0",
        "right": "be at least 0",
        "cost": "be at least 0",
        "position": "be at least 0",
        "exposure": "be above 0",
        "weights": "be above 0",
        "event": "be true or false, 1 or 0",
        "received": "be true or false, 1 or 0",
        "cause": "hold whole numbers, 0 for censored",
        "events": "hold whole numbers of at least 0",
        "period": "hold whole numbers, 1 for the first period, up to 1000",
    }.items()
}
TABLE = (lambda c: np.column_stack([c, c]), "`{}` must have one dimension, got 2")
COLUMN = (lambda c: c[:, None], "`{}` must have one dimension, got 2")
# what says the same
SAME = {
    "a list": lambda c: c.tolist(),
    "objects": lambda c: c.astype(object),
    "an index in disorder": lambda c: pd.Series(c, index=np.arange(N)[::-1] % 5),
    "nullable": lambda c: pd.array(c, NULLABLE[c.dtype.kind]),
}
SAME_NUMBERS = {"floats of pandas": lambda c: pd.array(c.astype(float), "Float64")}
SAME_LABELS = {
    "an unused category": lambda c: pd.Categorical(
        c, [*dict.fromkeys(sorted(c.tolist())), "zz"]
    ),
    "text of pandas": lambda c: pd.array(c.astype(str), "string"),
    "bytes": lambda c: c.astype("S"),
}


def wrong(function, name):
    """List the slips of a column, with what is said."""
    slips = dict(ANY)
    if function == "numbers_at_risk" and name == "time":  # eleven are as good as twelve
        del slips["eleven rows"]
    if name not in LABELS:
        slips |= NUMBERS
    if name == "right":  # infinity is no event yet
        slips["infinite"] = (_first_is(-INF), "`{}` must be finite, got '1 ")
    if name in SIZED:
        slips |= SIZES
    if name in NEGATIVE:
        slips["negative"] = NEGATIVE[name]
    if name in YES_NO:
        slips["two"] = (_first_is(2), "`{}` must be true or false, 1 or 0, got '1 ")
        slips["a half"] = (_first_is(0.5), "`{}` must be true or false, 1 or 0")
    if name not in TABLES:
        slips |= {"two columns": TABLE, "one column of a table": COLUMN}
    return slips


def alike(name):
    """List the kinds of column that say the same."""
    kinds = SAME | (SAME_LABELS if name in LABELS else SAME_NUMBERS)
    if name == "visit":  # in order: as text 12 would come before 6
        kinds = SAME | SAME_NUMBERS
    return kinds | ({"one column of a table": COLUMN[0]} if name in TABLES else {})


def cases():
    """List every function with every column."""
    return [
        (function, name)
        for function, (needed, optional, _) in GOOD.items()
        for name in [*needed, *optional]
    ]


def ask(function, **changed):
    """Ask a function about the good trial, but for what is changed."""
    needed, optional, options = GOOD[function]
    given = needed | {k: optional[k] for k in changed if k in optional}
    return getattr(outcomes, function)(**given | options | changed)


def numbers(result):
    """Give all numbers of a result in one row."""
    if dataclasses.is_dataclass(result):
        names = [f.name for f in dataclasses.fields(result)]
        result = [getattr(result, name) for name in names]
    if isinstance(result, pd.DataFrame):
        result = [result[column].to_numpy() for column in result]
    if isinstance(result, dict):
        result = list(result.values())
    if isinstance(result, np.ndarray) and result.dtype.kind in "biuf":
        return result.astype(float).ravel().tolist()
    if isinstance(result, int | float):
        return [float(result)]
    if isinstance(result, list | tuple | np.ndarray):
        return [number for item in result for number in numbers(item)]
    return []


@pytest.mark.parametrize(
    ("function", "name", "slip"),
    [(f, name, slip) for f, name in cases() for slip in wrong(f, name)],
)
def test_is_refused_in_words(function, name, slip):
    column = {**GOOD[function][0], **GOOD[function][1]}[name]
    change, words = wrong(function, name)[slip]
    with pytest.raises(StepsError, match=words.format(name)):
        ask(function, **{name: change(np.asarray(column))})


@pytest.mark.parametrize(("function", "name"), cases())
def test_what_says_the_same_gives_the_same(function, name):
    column = np.asarray({**GOOD[function][0], **GOOD[function][1]}[name])
    plain = numbers(ask(function, **{name: column}))
    assert len(plain)
    for kind, change in alike(name).items():
        found = numbers(ask(function, **{name: change(column)}))
        np.testing.assert_allclose(found, plain, rtol=1e-7, atol=1e-9, err_msg=kind)


# without covariates there is the intercept, without strata one, without clusters rows
MAY_BE_ABSENT = {
    (function, name)
    for function, names in {
        "breslow_day": ["stratum"],
        "cochran_mantel_haenszel": ["stratum"],
        "cost_difference_by_sector": ["cluster"],
        "firth_logistic": ["covariates"],
        "flac_logistic": ["covariates"],
        "flic_logistic": ["covariates"],
        "gee": ["covariates", "cluster"],
        "identity_binomial": ["covariates"],
        "linear_probability": ["covariates"],
        "mantel_haenszel": ["stratum"],
        "median_unbiased_logistic": ["covariates"],
        "modified_poisson": ["covariates"],
        "random_intercept_logistic": ["covariates"],
    }.items()
    for name in names
}
# without entry all rows of a person begin at 0, and overlap
SPELLS = {
    function for function in GOOD if GOOD[function][0].get("entry") is SPELL_START
}


@pytest.mark.parametrize(
    ("function", "name"), [(f, name) for f in GOOD for name in GOOD[f][0]]
)
def test_a_column_that_is_not_there(function, name):
    if (function, name) in MAY_BE_ABSENT:
        assert numbers(ask(function, **{name: None}))
        return
    words = f"`{name}` must be given, got None"
    if name == "entry" and function in SPELLS:
        words = "`entry` must not lie before the end of the participant's spell before"
    with pytest.raises(StepsError, match=words):
        ask(function, **{name: None})


# R's calls


@dataclasses.dataclass(frozen=True)
class NoCall:
    """Nothing in R gives the same, because …"""

    reason: str


COUNTS = {
    "beta_binomial": ((3, 10, 5, 10), {}),
    "exact_rate": ((3, 10.0), {"level": 0.9}),
    "exact_rate_ratio": ((3, 10.0, 5, 20.0), {"level": 0.9}),
    "exact_test": ((3, 10, 5, 10), {"method": "central"}),
    "extreme_cases": ((3, 10, 2, 5, 10, 2), {}),
    "odds_ratio": ((3, 10, 5, 10), {"level": 0.9}),
    "predictive_success": (
        (3, 10, 5, 10),
        {"further_treatment": 5, "further_control": 5},
    ),
    "proportion_interval": ((3, 10), {"level": 0.9}),
    "risk_difference": ((3, 10, 5, 10), {"level": 0.9}),
    "risk_ratio": ((3, 10, 5, 10), {"level": 0.9}),
    "robust_mixture_prior": ((3, 10), {"informative": (2, 8)}),
    "tipping_point": ((3, 10, 1, 5, 10, 1), {}),
    "rubin_rules": (([1.0, 3.0], [1.0, 1.0]), {"complete_df": 20}),
    "partially_nested_difference": (
        (SCORE, ARM_OF_PERSON, np.array(["s", "t", None, None] * 3, dtype=object)),
        {},
    ),
}
# of the good trial they have no number, and so no call
OTHERWISE = {
    "cumulative_incidence_ratio": {"at": 9},
    "mean_cumulative_test": {"event": np.eye(N)[:5].sum(axis=0)},
    "mixture_cure": {
        "time": np.array([1, 1, 2, 2, 3, 4] + [40] * 6),
        "event": np.repeat([1, 0], 6),
    },
}
OWN_DRAWS = NoCall("resampled with our own generator")
BY_ITSELF = NoCall("no function of R's packages gives this by one call")
SURVFIT = "summary(survival::survfit(survival::Surv(time, event) ~ arm), times = 5"
AALEN = "survival::survfit(survival::Surv(time, factor(cause)) ~ "
INTERVALS = 'survival::Surv(left, right, type = "interval2") ~ '
BEECA = 'beeca::get_marginal_effect(glm(outcome ~ arm, binomial), "arm", method = "Ye"'
MARGINAL = "survival::coxph(survival::Surv(time, event) ~ "
# a piece of the call that the good trial's result must carry, or why it has none
CALLS = {
    "acceptability_curve": OWN_DRAWS,
    "adjusted_hazard_ratio": "RobinCar2::robin_surv(Surv(time, event) ~ 1",
    "adjusted_log_rank": "treatment = arm ~ sr(1))",
    "analyse_trials": NoCall("a table of statistics of many trials"),
    "ancova": '(fit <- lm(score ~ arm + baseline), sandwich::vcovHC(fit, "HC3")',
    "asymptotic_permutation_log_rank": 'distribution = "asymptotic"',
    "beta_binomial": "qbeta(c(0.025, 0.975), 4, 8)",
    "breslow_day": "DescTools::BreslowDayTest(array(c(1, 2, 1, 2, 2, 1, 2, 1)",
    "cochran_mantel_haenszel": "mantelhaen.test(array(c(1, 2, 1, 2, 2, 1, 2, 1)",
    "complier_average_effect": NoCall("Anderson-Rubin limits: `ivreg` has the others"),
    "cost_difference": OWN_DRAWS,
    "cost_difference_by_sector": OWN_DRAWS,
    "cost_effectiveness": OWN_DRAWS,
    "count_rate_ratio": "MASS::glm.nb(events ~ arm + offset(log(exposure)))",
    "cox": f'{MARGINAL}covariates, ties = "efron")',
    "cumulative_hazard": "~ 1, stype = 2, ctype = 1)",
    "cumulative_incidence": f'{AALEN}1, conf.type = "log-log", conf.int = 0.95)',
    "cumulative_incidence_difference": f"{AALEN}arm), times = 5, extend = TRUE)",
    "cumulative_incidence_ratio": "exp(diff(log(pstate",
    "event_weights": NoCall("an array"),
    "exact_rate": 'poisson.exact(3, 10.0, tsmethod = "central", conf.level = 0.9)',
    "exact_rate_ratio": 'poisson.exact(c(3, 5), c(10.0, 20.0), tsmethod = "central", c',
    "exact_test": 'exact2x2::exact2x2(matrix(c(3, 7, 5, 5), 2), tsmethod = "central")',
    "extreme_cases": 'moverci(3, 10, 5, 10, type = "wilson", level = 0.95)',
    "fine_gray": "cmprsk::crr(time, cause, covariates, failcode = 1, cencode = 0)",
    "firth_logistic": "logistf::logistf(outcome ~ covariates)",
    "flac_logistic": "logistf::flac(logistf::logistf(outcome ~ covariates))",
    "fleming_harrington": '~ 1, stype = 2, ctype = 2, conf.type = "log-log", conf.int',
    "flic_logistic": "logistf::flic(logistf::logistf(outcome ~ covariates))",
    "gamma_frailty": 'frailty(cluster, distribution = "gamma", sparse = FALSE)',
    "gaussian_frailty": 'frailty(cluster, distribution = "gaussian", sparse = FALSE)',
    "gee": NoCall("Kauermann-Carroll with Satterthwaite for a binomial outcome"),
    "ghosh_lin": "mets::recurrentMarginal(mets::Event(entry, time, cause) ~ cluster(",
    "ghosh_lin_rate_ratio": "mets::recreg(mets::Event(entry, time, cause) ~ covariates",
    "gray_test": 'cmprsk::cuminc(time, cause, arm, rho = 0)$Tests["1", ]',
    "grouped_hazard_ratio": 'glm(y ~ factor(period) + covariates, binomial("cloglog"))',
    "hedges_g": "effectsize::hedges_g(score ~ arm, ci = 0.95)",
    "identity_binomial": 'glm(outcome ~ covariates, binomial(link = "identity"))',
    "interval_hazard_ratio": f'icenReg::ic_sp({INTERVALS}arm, model = "ph")',
    "interval_log_rank": f'interval::ictest({INTERVALS}arm, scores = "logrank1")',
    "interval_parametric_survival": f'{INTERVALS}1, dist = "weibull")',
    "interval_regression": f'icenReg::ic_sp({INTERVALS}covariates, model = "ph")',
    "interval_survival": f"interval::icfit({INTERVALS}1)",
    "kaplan_meier": 'Surv(time, event) ~ 1, conf.type = "log-log", conf.int = 0.95)',
    "linear_probability": 'vcovHC(lm(outcome ~ covariates), type = "HC2")',
    "log_rank": "survival::survdiff(survival::Surv(time, event) ~ arm, rho = 0)",
    "log_rank_scores": NoCall("an array"),
    "mantel_haenszel": 'metafor::rma.mh(measure = "RD", ai = c(1, 2), n1i = c(3, 3)',
    "max_combo": "logrank.maxtest(time, event, arm, rho = c(0, 0, 1, 1), gamma = c(0,",
    "mean_cumulative_difference": "reda::mcfDiff(reda::mcf(reda::Recur(entry %to% time",
    "mean_cumulative_difference_at": BY_ITSELF,
    "mean_cumulative_function": 'variance = "LawlessNadeau", logConfInt = TRUE, level',
    "mean_cumulative_test": "reda::mcfDiff.test(reda::mcf(reda::Recur(entry %to% time",
    "mean_time_lost": f"summary({AALEN}1), rmean = 5)",
    "mean_time_lost_difference": f"summary({AALEN}arm), rmean = 5)",
    "median_unbiased_logistic": 'method = brglm2::brglmFit, type = "AS_median")',
    "mixture_cure": "flexsurvcure::flexsurvcure(survival::Surv(time, event) ~ 1, dist =",
    "modest_log_rank": "nphRCT::wlrt(survival::Surv(time, event) ~ arm, data, method =",
    "modified_poisson": 'vcovHC(glm(outcome ~ covariates, poisson), type = "HC0")',
    "numbers_at_risk": NoCall("an array"),
    "odds_ratio": 'scoreci(3, 10, 5, 10, contrast = "OR", skew = FALSE, bcf = FALSE, O',
    "parametric_survival": 'survreg(survival::Surv(time, event) ~ 1, dist = "weibull")',
    "partially_nested_difference": BY_ITSELF,
    "permutation_log_rank": "coin::logrank_test(survival::Surv(time, event) ~ factor(a",
    "permutation_restricted_mean": BY_ITSELF,
    "predictive_success": BY_ITSELF,
    "proportion_interval": 'DescTools::BinomCI(3, 10, 0.9, method = "wilson")',
    "pseudo_values": NoCall("an array"),
    "random_intercept_logistic": "glmer(outcome ~ covariates + (1 | cluster), binomial",
    "recurrent_rate_ratio": "survival::Surv(entry, time, event) ~ covariates, cluster =",
    "repeated_scores": NoCall("`mmrm` takes another information matrix"),
    "restricted_mean": "survRM2::rmst2(time, event, arm, tau = 5, alpha = 0.05)",
    "restricted_mean_model": "survRM2::rmst2(time, event, arm, tau = 5, covariates = ",
    "restricted_means": "survRM2:::rmst1(time, event, tau = 5, alpha = 0.05)",
    "risk_difference": 'moverci(3, 10, 5, 10, type = "wilson", level = 0.9)',
    "risk_ratio": 'scoreci(3, 10, 5, 10, contrast = "RR", skew = FALSE, bcf = FALSE, l',
    "risk_ratio_at": f"{SURVFIT}, extend = TRUE), exp(diff(log(1 - surv))))",
    "robust_mixture_prior": "postmix(RBesT::mixbeta(c(0.8, 2, 8), c(0.2, 1, 1)), r = 3",
    "rubin_rules": "mice::pool.scalar(value, variance, n = 20 + 1, k = 1)",
    "standardised_risk": f'{BEECA}, contrast = "diff", reference = "a")',
    "standardised_risk_at": 'treatment = "arm", times = 5, estimator = "GFORMULA")',
    "standardised_risks": f"{BEECA})",
    "standardised_risks_at": 'treatment = "arm", times = 5, estimator = "GFORMULA")',
    "survival_difference": f"{SURVFIT}, extend = TRUE), diff(surv))",
    "survival_difference_test": BY_ITSELF,
    "tipping_point": "fisher.test(matrix(c(3, 7, 5, 5), 2))",
    "trend_log_rank": "survMisc::comp(survMisc::ten(survival::Surv(time, event) ~ arm))",
    "while_alive_rate": BY_ITSELF,
    "while_alive_rate_ratio": BY_ITSELF,
}
# those that take no columns: what they give carries the calls of what they ask
NOT_ASKED = {
    name
    for name, why in ELSEWHERE.items()
    if why in ("takes a trial, or its protocol", "takes results")
} | {"impute_by_arm", "score_sdq"}


def r_calls(result):
    """Give the calls of everything a result holds."""
    if isinstance(result, dict):
        return [call for item in result.values() for call in r_calls(item)]
    if not dataclasses.is_dataclass(result):
        return []
    own = result.to_r() if hasattr(result, "to_r") else getattr(result, "r_call", None)
    names = [f.name for f in dataclasses.fields(result)]
    inner = [call for name in names for call in r_calls(getattr(result, name))]
    asked = []
    if isinstance(result, outcomes.RestrictedMeanFit):
        asked = r_calls(result.effect())
    return [call for call in [own, *inner, *asked] if call is not None]


def test_every_function_says_how_r_would_do_it():
    assert set(CALLS) == set(GOOD) | set(ELSEWHERE) - NOT_ASKED


@pytest.mark.parametrize("function", sorted(set(CALLS) & (set(GOOD) | set(COUNTS))))
def test_the_call_in_r(function):
    if function in COUNTS:
        given, options = COUNTS[function]
        found = r_calls(getattr(outcomes, function)(*given, **options))
    else:
        found = r_calls(ask(function, **OTHERWISE.get(function, {})))
    if isinstance(CALLS[function], NoCall):
        assert not found
    else:
        assert any(CALLS[function] in call for call in found), found
    for call in found:
        assert "..." not in call
        assert "column 1" not in call


def test_calls_name_what_was_asked_for():
    table = pd.DataFrame({"t": TIME, "e": EVENT, "arm": ARM, "age": AGE, "site": SITE})
    fit = outcomes.cox("t + e ~ age + arm", stratum="site", data=table, ties="breslow")
    assert fit.to_r() == (
        "survival::coxph(survival::Surv(time, event) ~ age + `arm[T.b]` + "
        'strata(stratum), ties = "breslow")'
    )
    assert fit.score_test.to_r() == f"summary({fit.to_r()})$sctest"
    late = outcomes.kaplan_meier(TIME, EVENT, entry=TIME - 1, level=0.9)
    assert "survival::Surv(entry, time, event) ~ 1" in late.to_r()
    assert "conf.int = 0.9)" in late.to_r()
    assert outcomes.survival_quantile(late).to_r() == (
        f"quantile({late.to_r()}, probs = 0.5)"
    )
    turned = outcomes.survival_difference(TIME, EVENT, ARM, at=5, reference="b")
    assert "-diff(surv)" in turned.to_r()
    odds = outcomes.odds_ratio(3, 10, 5, 10, method="mid-p")
    assert 'tsmethod = "central", midp = TRUE, conf.level = 0.95)' in odds.to_r()
    by_site = outcomes.standardised_risk(OUTCOME, ARM, AGE, stratum=SITE)
    assert 'strata = "stratum"' in by_site.to_r()
    assert "glm(outcome ~ arm + covariates, binomial)" in by_site.to_r()
