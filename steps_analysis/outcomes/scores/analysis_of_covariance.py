"""How far apart do two arms end, among those who began alike?"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.errors import ArgumentError, DataError, refusal
from steps_analysis.estimates import Estimate, FloatArray, check_level
from steps_analysis.formulas import MissingPolicy
from steps_analysis.outcomes.binary.working_model import independent_columns
from steps_analysis.outcomes.columns import (
    LARGEST_SUM,
    as_numbers,
    check_choice,
    r_terms,
)
from steps_analysis.outcomes.doors import Read, read_columns
from steps_analysis.outcomes.scores.two_arms import TwoArms
from steps_analysis.outcomes.wald import t_estimate

LeastSquaresVariance = Literal["hc3", "classical"]


def ancova(
    score: npt.ArrayLike | str,
    baseline: npt.ArrayLike | None = None,
    arm: npt.ArrayLike | None = None,
    *,
    covariates: npt.ArrayLike | pd.DataFrame | str | list[str] | None = None,
    interaction: bool = False,
    variance: LeastSquaresVariance = "hc3",
    reference: object = None,
    level: float = 0.95,
    missing: MissingPolicy = "refuse",
    data: pd.DataFrame | None = None,
) -> Estimate:
    """
    Estimate the difference of two arms in a score, adjusted for where it started.

    Parameters
    ----------
    score
        The score at follow-up, shape (n,); or a formula ``"score + baseline ~ arm"``
        with `data`.
    baseline
        The score at randomisation, shape (n,).
    arm
        Arm labels, shape (n,); two of them.
    covariates
        Further numeric or dummy columns, shape (n,) or (n, p); with a formula, names of
        numeric columns of `data`.
    interaction
        Whether the slope on `baseline` may differ between the arms; the difference is
        then that at the mean baseline.
    variance
        ``"hc3"``, right whether or not the arms vary alike, or ``"classical"``, which
        takes one variance for all.
    reference
        The arm compared with; by default the first in sorted order.
    level
        Confidence level, in (0, 1).
    missing
        ``"refuse"`` rows with missing values, or ``"drop"`` them and count them.
    data
        The table a formula speaks of.

    Returns
    -------
    Estimate
        The difference at the mean baseline, arm minus reference, in points of the
        score, with limits by Student's t on the residual degrees of freedom. Not
        estimable where an arm is empty, the covariates determine the arm, no degree of
        freedom is left, or (HC3) one participant alone fixes a coefficient.

    Raises
    ------
    ArgumentError
        If an option is unknown, or there are more than two arms.
    DataError
        If the columns do not fit together, or values are missing.

    Notes
    -----
    Least squares of the score on arm, centred baseline and covariates. HC3 divides
    each squared residual by (1 - h)^2, h the leverage. With `interaction`, the mean
    baseline is taken as known, as in Lin's estimator [2]_. A constant baseline is left
    out, and `method` says so; with none of it this is the two-sample t test (classical)
    or close to Welch's (HC3). As ``lm`` with ``sandwich::vcovHC``.

    References
    ----------
    .. [1] MacKinnon, J. G. and White, H. (1985), Journal of Econometrics 29, 305-325.
    .. [2] Lin, W. (2013), Annals of Applied Statistics 7, 295-318.

    Examples
    --------
    Follow-up is baseline + 1 in one arm and baseline - 1 in the other, but for
    deviations of 0.1 that are orthogonal to everything:

    >>> start = [1.0, 2, 3, 4, 1, 2, 3, 4]
    >>> end = [2.1, 2.9, 3.9, 5.1, 0.1, 0.9, 1.9, 3.1]
    >>> arm = ["MAU"] * 4 + ["MST-PSB"] * 4
    >>> round(ancova(end, start, arm).value, 10)
    -2.0
    """
    check_choice("variance", variance, ("hc3", "classical"))
    check_level(level)
    if not isinstance(interaction, bool):
        raise ArgumentError(refusal("interaction", "be True or False", interaction))
    given = {
        "score": score,
        "baseline": baseline,
        "arm": arm,
        "covariates": covariates,
    }
    read = read_columns(
        given, right="arm", data=data, missing=missing, responses=("score", "baseline")
    )
    if "arm" not in read.columns:
        raise ArgumentError(refusal("arm", "be given", None))
    arms = TwoArms.of(read.columns["arm"], reference)
    design, names, dropped = _design(read, arms, interaction)
    method = f"analysis of covariance on {names}, {_VARIANCES[variance]}"
    method += f"{dropped}{arms.note}{read.note}"
    y = as_numbers("score", read.columns["score"], most=LARGEST_SUM)
    reason = arms.reason() or _reason(design)
    if reason is None:
        value, error, reason = _difference(design, y, variance)
    if reason is not None:
        return Estimate.missing(
            _MEASURE, reason, n=read.n, level=level, unit="points", method=method
        )
    return t_estimate(
        _MEASURE,
        value,
        error,
        len(y) - design.shape[1],
        n=read.n,
        level=level,
        unit="points",
        method=method,
        r_call=_r_call(read, interaction, variance),
    )


_MEASURE = "adjusted mean difference"
_VARIANCES = {"hc3": "HC3 variance", "classical": "classical variance"}


def _r_call(read: Read, interaction: bool, variance: str) -> str:
    """Write R's call; with an interaction the baseline is centred."""
    right = "arm * scale(baseline, scale = FALSE)" if interaction else "arm + baseline"
    if "covariates" in read.columns:
        right += f" + {r_terms(read.names)}" if read.names else " + covariates"
    model = f"lm(score ~ {right})"
    if variance == "classical":
        return f"summary({model})"
    return f'lmtest::coeftest(fit <- {model}, sandwich::vcovHC(fit, "HC3"))'


def _design(
    read: Read, arms: TwoArms, interaction: bool
) -> tuple[FloatArray, str, str]:
    """Give intercept, arm and what is adjusted for; name it, and what is left out."""
    start = as_numbers("baseline", read.columns["baseline"], most=LARGEST_SUM)
    if start.ndim != 1:
        raise DataError(refusal("baseline", "have one dimension", start.ndim))
    centred = start - start.mean()
    treated = arms.treated.astype(np.float64)
    columns, names = [centred], ["baseline"]
    if interaction:
        columns.append(centred * treated)
        names.append("baseline by arm")
    if "covariates" in read.columns:
        extra = as_numbers("covariates", read.columns["covariates"])
        extra = extra[:, None] if extra.ndim == 1 else extra
        columns += list(extra.T - extra.mean(axis=0)[:, None])
        names += read.names or [f"covariate {j + 1}" for j in range(extra.shape[1])]
    one = np.ones((read.n, 1))
    table = np.column_stack(columns)
    size = np.abs(table).max(axis=0)
    table = table / np.where(size > 0, size, 1.0)  # the difference does not mind
    kept = independent_columns(one, table)
    design = np.column_stack([one, treated, table[:, kept]])
    out = [name for j, name in enumerate(names) if j not in kept]
    note = f"; dropped as constant or collinear: {', '.join(out)}" if out else ""
    return design, ", ".join(names[j] for j in kept) or "nothing", note


def _reason(design: FloatArray) -> str | None:
    """Say why the difference cannot be estimated."""
    n, p = design.shape
    if np.linalg.matrix_rank(design) < p:
        return "the arms differ in nothing that the adjustment leaves"
    return "there are too few scores" if n <= p else None


def _difference(
    design: FloatArray, y: FloatArray, variance: str
) -> tuple[float, float, str | None]:
    """Give the difference, its standard error, and why there is none."""
    size = float(np.abs(y).max()) or 1.0
    y = y / size
    q, r = np.linalg.qr(design)
    beta = np.linalg.solve(r, q.T @ y)
    residual = y - design @ beta
    n, p = design.shape
    if float(np.abs(residual).max()) <= 1e-12:
        return 0.0, 0.0, "the scores do not vary about their fit"
    row = np.linalg.solve(r, q.T)[1]  # what each score adds to the difference
    if variance == "classical":
        spread = float(residual @ residual) / (n - p) * float(row @ row)
        return size * float(beta[1]), size * math.sqrt(spread), None
    free = 1 - np.sum(q**2, axis=1)
    if float(free.min()) < 1e-10:
        return 0.0, 0.0, "one participant alone fixes a coefficient (leverage 1)"
    spread = float(np.sum((row * residual / free) ** 2))
    return size * float(beta[1]), size * math.sqrt(spread), None
