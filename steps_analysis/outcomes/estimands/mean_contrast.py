"""Compare the mean of a score, or of days, adjusted for where a score started."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.estimates import Estimate, FloatArray, check_level
from steps_analysis.outcomes.binary.adjustment import adjustment, factors_of
from steps_analysis.outcomes.estimands.analysed import Analysed, analysed
from steps_analysis.outcomes.estimands.answers import Answer
from steps_analysis.outcomes.events.status import EXCLUDED, score_at, visit_scores
from steps_analysis.outcomes.scores.effect_size import hedges_g
from steps_analysis.outcomes.scores.repeated_scores import repeated_scores
from steps_analysis.trial_data import TrialData

_METHODS = {
    "score": "analysis of covariance on the score at randomisation",
    "days": "analysis of covariance on the allocation factors",
}
# A standard error this small, relative to the scores, is rounding.
_NOTHING = 1e-12


def mean_contrast(trial: TrialData, estimand: str) -> Answer:
    """
    Compare the mean of a score at a visit.

    Parameters
    ----------
    trial
        The trial; needs ``participants``, ``allocation``, ``events`` and ``visits``.
    estimand
        Code of an estimand whose summary is a mean difference.

    Returns
    -------
    Answer
        The difference of means by analysis of covariance on the score at randomisation
        (its mean where it is missing, with an indicator) and the estimand's factors;
        of days spent in a state, which start at none, on the factors alone. Beside it
        the plain difference; of a score also the mixed model for repeated measures,
        which uses every visit made, and Hedges' g.

    Notes
    -----
    Uses those with a score at the visit; they are taken to be like those without one in
    the same arm with the same start.

    References
    ----------
    .. [1] White, I. R. and Thompson, S. G. (2005), Statistics in Medicine 24, 993-1007.
    """
    found = analysed(trial, estimand)
    scores = found.status.set_index("participant_id").loc[list(found.used), "value"]
    value = scores.to_numpy(dtype=float)
    arm = found.arm_of(found.used).to_numpy(dtype=str)
    treated = (arm == found.treatment).astype(float)
    unit, level = found.outcome.unit, found.level
    columns, notes = adjustment(trial, found.used, found.estimand.adjust_for)
    start = _start(found)
    adjusted = pd.concat([start, columns], axis=1).to_numpy(dtype=float)
    empty = found.empty_arm()
    return Answer(
        estimand=found.estimand,
        outcome=found.outcome,
        status=found.status,
        allocated=found.arms,
        arms=tuple(
            found.summary(code, None, _mean(value[arm == code], unit, level))
            for code in (found.treatment, found.control)
        ),
        effect=mean_difference(
            value,
            treated,
            adjusted if adjusted.shape[1] else None,
            level=level,
            unit=unit,
            empty=empty,
            method=_METHODS[found.outcome.kind],
        ),
        beside=(
            mean_difference(value, treated, None, level=level, unit=unit, empty=empty),
            *_of_scores(found, value, arm),
        ),
        adjusted_for=factors_of(columns),
        notes=notes,
    )


def _of_scores(
    found: Analysed, value: FloatArray, arm: npt.NDArray[np.str_]
) -> tuple[Estimate, ...]:
    """Give what only scores have: the model of all visits, and a standard size."""
    if found.outcome.kind != "score" or found.empty_arm():
        return ()
    size = hedges_g(value, arm, reference=found.control, level=found.level)
    return _repeated(found), size


def _repeated(found: Analysed) -> Estimate:
    """Compare the scores at the estimand's visit, with all visits in one model."""
    month, level = found.estimand.at_months, found.level
    measure, method = "mean difference", "mixed model for repeated measures"
    in_trial = found.status[found.status["status"] != EXCLUDED]["participant_id"]
    rows = visit_scores(found.trial, found.outcome)
    start = rows[rows["visit_month"] == 0].set_index("participant_id")["score"]
    later = rows[rows["visit_month"].between(1, month)]
    later = later.assign(start=later["participant_id"].map(start)).dropna()
    later = later[later["participant_id"].isin(in_trial)]
    arms = found.arm_of(later["participant_id"]).to_numpy(dtype=str)
    if set(arms) != {found.treatment, found.control}:
        reason = "an arm has no scores beside those at randomisation"
        return Estimate.missing(measure, reason, n=0, level=level, method=method)
    fit = repeated_scores(
        later["score"].to_numpy(dtype=float),
        later["visit_month"].to_numpy(dtype=int),
        arms,
        later["participant_id"].to_numpy(dtype=str),
        baseline=later["start"].to_numpy(dtype=float),
        covariance="compound-symmetry",
        reference=found.control,
        level=level,
    )
    effect = fit.differences.get(month)
    if effect is None:
        reason = fit.not_estimable or "nobody has a score at that visit"
        return Estimate.missing(measure, reason, n=fit.n, level=level, method=method)
    return replace(effect, measure=measure, unit=found.outcome.unit)


def _start(found: Analysed) -> pd.DataFrame:
    """Give the score at randomisation, and whether it is missing where it ever is."""
    if found.outcome.kind == "days":
        return pd.DataFrame(index=list(found.used))
    first = score_at(found.trial, found.outcome, 0).reindex(list(found.used))
    is_missing = first.isna()
    filled = first.fillna(first.mean() if first.notna().any() else 0.0)
    table = pd.DataFrame({"start": filled})
    return table.assign(is_missing=is_missing.astype(float))


def mean_difference(
    value: FloatArray,
    treated: FloatArray,
    covariates: FloatArray | None = None,
    *,
    level: float = 0.95,
    unit: str = "",
    empty: str | None = None,
    method: str = "analysis of covariance",
) -> Estimate:
    """
    Estimate a difference of means by least squares.

    Parameters
    ----------
    value
        The score, shape (n,).
    treated
        1 for the arm under test and 0 for the other, shape (n,).
    covariates
        Columns to adjust for, shape (n, p); None for none. Columns that others
        determine do not matter.
    level
        Confidence level.
    unit
        Unit of the score.
    empty
        A reason known beforehand why it cannot be estimated.
    method
        What the analysis with covariates is called.

    Returns
    -------
    Estimate
        The difference with limits from Student's t; not estimable where an arm is
        empty, no degree of freedom is left, or the values do not vary about the fit.

    Examples
    --------
    >>> value, treated = np.array([1.0, 3.0, 4.0, 6.0]), np.array([0.0, 0.0, 1.0, 1.0])
    >>> round(mean_difference(value, treated).value, 10)
    3.0
    """
    from scipy import stats  # heavy, and not needed to import this module

    check_level(level)
    n = len(value)
    method = "difference of means" if covariates is None else method
    extra = np.empty((n, 0)) if covariates is None else covariates
    design = np.column_stack([np.ones(n), extra, treated])
    rank = int(np.linalg.matrix_rank(design)) if n else 0
    free = n - rank
    alone = int(np.linalg.matrix_rank(design[:, :-1])) if n else 0
    if empty is None and alone == rank:
        empty = "the arms differ in nothing that the adjustment leaves"
    if empty is None and free < 1:
        empty = "there are too few values"
    if empty:
        return Estimate.missing(
            "mean difference", empty, n=n, level=level, unit=unit, method=method
        )
    # Frisch-Waugh: the treatment's part that the covariates do not explain.
    others = design[:, :-1]
    rest = treated - others @ np.linalg.lstsq(others, treated, rcond=None)[0]
    coefficients = np.linalg.lstsq(design, value, rcond=None)[0]
    residual = value - design @ coefficients
    effect = float(rest @ value / (rest @ rest))
    error = math.sqrt(float(residual @ residual) / free / float(rest @ rest))
    if error <= _NOTHING * float(np.abs(value).max()):
        empty = "the values do not vary about their fit"
        return Estimate.missing(
            "mean difference", empty, n=n, level=level, unit=unit, method=method
        )
    reach = float(stats.t.ppf((1 + level) / 2, free)) * error
    p_value = 2 * float(stats.t.sf(abs(effect) / error, free))
    return Estimate(
        measure="mean difference",
        value=effect,
        lower=effect - reach,
        upper=effect + reach,
        standard_error=error,
        p_value=p_value,
        level=level,
        unit=unit,
        n=n,
        method=method,
    )


def _mean(value: FloatArray, unit: str, level: float) -> Estimate:
    """Estimate one arm's mean, with limits from Student's t."""
    from scipy import stats  # heavy, and not needed to import this module

    n = len(value)
    if n < 2:
        reason = "there are fewer than two values"
        return Estimate.missing("mean", reason, n=n, level=level, unit=unit)
    mean = float(value.mean())
    error = float(value.std(ddof=1)) / math.sqrt(n)
    if error <= _NOTHING * abs(mean):
        reason = "the values do not vary"
        return Estimate.missing("mean", reason, n=n, level=level, unit=unit)
    reach = float(stats.t.ppf((1 + level) / 2, n - 1)) * error
    return Estimate(
        measure="mean",
        value=mean,
        lower=mean - reach,
        upper=mean + reach,
        standard_error=error,
        level=level,
        unit=unit,
        n=n,
        method="Student's t",
    )
