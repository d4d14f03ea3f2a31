"""
What would the risk be if everybody were in one arm?

Standardisation (g-computation): a working model predicts each participant's risk under
each arm, and the averages are contrasted. The effect is marginal, over the trial's own
participants, and unconfounded by randomisation whether or not the model is true.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.estimates import Estimate, FloatArray, check_level
from steps_analysis.formulas import MissingPolicy
from steps_analysis.outcomes.binary.standardised_variance import (
    delta_variance,
    ye_variance,
)
from steps_analysis.outcomes.binary.working_model import WorkingModel, fit_working_model
from steps_analysis.outcomes.columns import (
    Groups,
    as_binary,
    as_groups,
    as_numbers,
    check_choice,
    r_terms,
)
from steps_analysis.outcomes.distributions import t_quantile
from steps_analysis.outcomes.doors import read_columns
from steps_analysis.outcomes.wald import exponential, t_estimate

Contrast = Literal["difference", "ratio", "odds_ratio"]
Variance = Literal["ye", "ye-t", "ge", "ge-hc1", "ge-hc2", "ge-hc3"]
Covariates = npt.ArrayLike | pd.DataFrame | None

_VARIANCES = ("ye", "ye-t", "ge", "ge-hc1", "ge-hc2", "ge-hc3")
_MEASURES = {
    "difference": "standardised risk difference",
    "ratio": "standardised risk ratio",
    "odds_ratio": "standardised odds ratio",
}


def standardised_risk(  # columns and options, each named as everywhere else
    outcome: npt.ArrayLike | str,
    arm: npt.ArrayLike | str,
    covariates: Covariates = None,
    *,
    contrast: Contrast = "difference",
    variance: Variance = "ye",
    stratum: npt.ArrayLike | str | list[str] | None = None,
    reference: object = None,
    level: float = 0.95,
    missing: MissingPolicy = "refuse",
    data: pd.DataFrame | None = None,
) -> Estimate:
    """
    Contrast the standardised risks of two arms.

    Parameters
    ----------
    outcome
        True or 1 where the participant had the event, shape (n,); or a formula
        ``"outcome ~ age + site"`` of the working model but for the arm, with `data`.
    arm
        Arm labels, shape (n,), or the name of their column of `data`.
    covariates
        Numeric or dummy columns, shape (n, p), or a table of them; None for none.
    contrast
        ``"difference"``, ``"ratio"`` or ``"odds_ratio"``, arm over `reference`.
    variance
        ``"ye"`` (population effect, robust to the model), ``"ye-t"`` (the same for
        small trials: times n / (n - k), with Student's limits), or ``"ge"`` (delta
        method, conditional on the covariates, HC0 sandwich; ``"ge-hc1"`` to
        ``"ge-hc3"`` for the small-sample versions).
    stratum
        Randomisation strata, shape (n,) or (n, k), where allocation was balanced within
        each of them, as by permuted blocks; only with ``"ye"`` or ``"ye-t"``, which is
        then lower. None under simple randomisation and under minimisation: see Notes.
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
        The contrast; `standard_error` is on the log scale for the ratios. Not
        estimable where there is one arm only, or an arm without events or non-events.

    Raises
    ------
    ArgumentError
        If an option is unknown, `reference` is no arm, or there are more than two arms.
    DataError
        If the columns do not fit together, or values are missing.

    Notes
    -----
    Which variance is right for which allocation:

    - simple randomisation: ``"ye"`` without `stratum`; ``"ge"`` if the participants are
      taken as given and not as a sample;
    - permuted blocks within strata, or another design that balances each stratum:
      ``"ye"`` with those strata as `stratum` [1]_, whether or not the covariates hold
      them. Without `stratum` the variance is too large, the more so the less of the
      strata's part the working model explains;
    - minimisation, which balances the factors' margins and leaves the strata to chance:
      ``"ye"`` without `stratum`, all factors of the minimisation among the covariates,
      crossed where they act on the outcome jointly [3]_ [4]_. What the allocation
      balances then has no part left in the residuals, and the variance is that of
      simple randomisation. With a factor left out it is too large. Giving the crossed
      factors as `stratum` would claim a balance that minimisation does not keep.

    With few participants ``"ye"`` is too small: it takes the working model's k
    coefficients for known. ``"ye-t"`` multiplies it by n / (n - k), as HC1 does, and
    takes limits and p-value from Student's t with n - k degrees of freedom.
    ``docs/which-method.md`` has the type I error of both; no package of R has it.

    Fallback, fixed in advance: where the logistic working model is separated, the
    linear one is used, and `method` says so. Constant and collinear columns are dropped
    from left to right, and `method` names them. Limits are normal; those of the ratios
    are made on the log scale. ``beeca`` reports standard errors of ratios on the ratio
    scale: multiply ours by the value. Agrees with ``beeca`` and ``RobinCar2``.

    References
    ----------
    .. [1] Ye, T. et al. (2023), Biostatistics & Epidemiology 7, e2205125.
    .. [2] Ge, M. et al. (2011), Drug Information Journal 45, 481-493.
    .. [3] Bannick, M. S. et al. (2025), Biometrika 112, asaf029.
    .. [4] Ye, T. et al. (2022), Biometrika 109, 33-47.

    Examples
    --------
    Without covariates it is the plain risk difference, here 2/4 - 1/4.

    >>> placed = [1, 1, 0, 0, 1, 0, 0, 0]
    >>> arm = ["MAU"] * 4 + ["MST-PSB"] * 4
    >>> round(standardised_risk(placed, arm, None).value, 10)
    -0.25
    """
    check_choice("contrast", contrast, tuple(_MEASURES))
    columns = {
        "outcome": outcome,
        "arm": arm,
        "covariates": covariates,
        "stratum": stratum,
    }
    setting = _read(columns, variance, missing, data)
    if len(setting.arms.labels) > 2:
        n_arms = len(setting.arms.labels)
        raise ArgumentError(refusal("arm", "have two labels to contrast", n_arms))
    first = setting.arms.labels[0] if reference is None else reference
    base = setting.arms.position(first, name="reference")
    measure, method = _MEASURES[contrast], f"{setting.words}; reference {first}"
    reason = setting.reason()
    is_ratio = contrast != "difference"
    reach = t_quantile(level, setting.degrees_of_freedom)
    if reason is None:
        value, se, reason = _contrast(setting, contrast, base)
        if is_ratio and reach * se > _LARGEST_LOG:
            reason = "its interval would be without bounds"
    if reason is not None:
        return Estimate.missing(
            measure, reason, n=setting.n, level=check_level(level), method=method
        )
    found = t_estimate(
        measure,
        math.log(value) if is_ratio else value,
        se,
        setting.degrees_of_freedom,
        n=setting.n,
        level=level,
        method=method,
        r_call=_r_call(setting, base, contrast),
    )
    return exponential(found, measure) if is_ratio else found


def standardised_risks(  # columns and options, each named as everywhere else
    outcome: npt.ArrayLike | str,
    arm: npt.ArrayLike | str,
    covariates: Covariates = None,
    *,
    variance: Variance = "ye",
    stratum: npt.ArrayLike | str | list[str] | None = None,
    level: float = 0.95,
    missing: MissingPolicy = "refuse",
    data: pd.DataFrame | None = None,
) -> dict[str, Estimate]:
    """
    Standardise the risk of each arm.

    Parameters
    ----------
    outcome
        True or 1 where the participant had the event, shape (n,); or a formula
        ``"outcome ~ age + site"`` of the working model but for the arm, with `data`.
    arm
        Arm labels, shape (n,), or the name of their column of `data`.
    covariates
        Numeric or dummy columns, shape (n, p), or a table of them; None for none.
    variance
        As in `standardised_risk`.
    stratum
        As in `standardised_risk`.
    level
        Confidence level, in (0, 1).
    missing
        ``"refuse"`` rows with missing values, or ``"drop"`` them and count them.
    data
        The table a formula speaks of.

    Returns
    -------
    dict of str to Estimate
        One risk per arm, in sorted order. `standard_error` is on the log odds scale,
        where the limits are made. An arm without events or non-events is not
        estimable; `proportion_interval` serves there.

    Raises
    ------
    ArgumentError
        If an option is unknown.
    DataError
        If the columns do not fit together, or values are missing.

    Examples
    --------
    >>> placed, arm = [1, 1, 0, 0, 1, 0, 0, 0], ["MAU"] * 4 + ["MST-PSB"] * 4
    >>> risks = standardised_risks(placed, arm, None)
    >>> {name: round(risk.value, 10) for name, risk in risks.items()}
    {'MAU': 0.5, 'MST-PSB': 0.25}
    """
    columns = {
        "outcome": outcome,
        "arm": arm,
        "covariates": covariates,
        "stratum": stratum,
    }
    setting = _read(columns, variance, missing, data)
    check_level(level)
    return {
        str(label): _arm_risk(setting, code, level)
        for code, label in enumerate(setting.arms.labels)
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Setting:
    """Everything both functions need, read and fitted once."""

    outcome: FloatArray
    arms: Groups
    model: WorkingModel
    risks: FloatArray
    covariance: FloatArray
    words: str
    variance: str
    right: str
    is_stratified: bool
    degrees_of_freedom: float

    @property
    def n(self) -> int:
        """Count the participants."""
        return len(self.outcome)

    def arm_reason(self, code: int) -> str | None:
        """Say why an arm's risk cannot be standardised."""
        own = self.outcome[self.arms.code == code]
        arm = self.arms.labels[code]
        if not own.any():
            return f"arm {arm} has no event"
        if own.all():
            return f"everybody in arm {arm} has the event"
        if len(own) < 2 or not math.isfinite(self.covariance[code, code]):
            return f"arm {arm} has too few participants for a variance"
        return None

    def reason(self) -> str | None:
        """Say why arms cannot be contrasted."""
        if len(self.arms.labels) < 2:
            return "only one arm has participants"
        reasons = [self.arm_reason(code) for code in range(len(self.arms.labels))]
        return next((reason for reason in reasons if reason), None)


def _read(
    columns: Mapping[str, object],
    variance: str,
    missing: MissingPolicy,
    data: pd.DataFrame | None,
) -> _Setting:
    """Check the columns, fit the model, standardise."""
    check_choice("variance", variance, _VARIANCES)
    is_of_population = variance in {"ye", "ye-t"}
    if columns["stratum"] is not None and not is_of_population:
        rule = 'be "ye" or "ye-t" with `stratum`'
        raise ArgumentError(refusal("variance", rule, variance))
    read = read_columns(
        columns,
        right="covariates",
        data=data,
        missing=missing,
        responses=("outcome",),
    )
    kept, n = read.columns, read.n
    if "arm" not in kept:
        raise ArgumentError(refusal("arm", "be given", None))
    event = as_binary("outcome", kept["outcome"]).astype(np.float64)
    arms = as_groups(kept["arm"], n=n)
    table = as_numbers("covariates", kept.get("covariates", np.empty((n, 0))))
    table = table[:, None] if table.ndim == 1 else table
    model = fit_working_model(
        event, arms.code, table, names=read.names, n_arms=len(arms.labels)
    )
    risks = np.column_stack([model.risks_under(a) for a in range(len(arms.labels))])
    strata = kept.get("stratum")
    free = float(n - model.design.shape[1])
    if is_of_population:
        groups = None if strata is None else as_groups(strata, n=len(event))
        covariance = ye_variance(event, arms, risks, stratum=groups)
        if variance == "ye-t":
            covariance = covariance * (n / free if free > 0 else math.nan)
    else:
        covariance = delta_variance(model, event, variance.removeprefix("ge-"))
    words = _words(model, variance, strata is not None) + read.note
    return _Setting(
        outcome=event,
        arms=arms,
        model=model,
        risks=risks.mean(axis=0),
        covariance=covariance,
        words=words,
        variance=variance,
        right="arm" if not read.names else f"arm + {r_terms(read.names)}",
        is_stratified=strata is not None,
        degrees_of_freedom=free if variance == "ye-t" else math.inf,
    )


def _words(model: WorkingModel, variance: str, stratified: bool) -> str:
    """Describe the method."""
    words = "standardisation over a logistic working model"
    if not model.is_logistic:
        words = (
            "standardisation over a linear working model, because the logistic one is "
            "separated"
        )
    sandwich = variance.removeprefix("ge-").upper().replace("GE", "HC0")
    words += {
        "ye": ", Ye variance",
        "ye-t": ", Ye variance for small trials, limits by Student's t",
    }.get(variance, f", Ge variance ({sandwich})")
    if stratified:
        words += " for stratified allocation"
    if model.dropped:
        words += f"; dropped as constant or collinear: {', '.join(model.dropped)}"
    return words


def _contrast(
    setting: _Setting, contrast: str, base: int
) -> tuple[float, float, str | None]:
    """Give value, standard error (log scale for ratios), and why there is none."""
    other = 1 - base
    p, q = float(setting.risks[other]), float(setting.risks[base])
    if contrast == "difference":
        value, gradient = p - q, np.array([1.0, -1.0])
    elif not all(_EDGE < risk < 1 - _EDGE for risk in (p, q)):
        return math.nan, math.nan, "the working model puts a risk at or outside 0 or 1"
    elif contrast == "ratio":
        value, gradient = p / q, np.array([1 / p, -1 / q])
    else:
        value = p * (1 - q) / (q * (1 - p))
        gradient = np.array([1 / (p * (1 - p)), -1 / (q * (1 - q))])
    order = [other, base]
    variance = float(gradient @ setting.covariance[np.ix_(order, order)] @ gradient)
    if not variance > 0:
        return math.nan, math.nan, "the standardised risks have no variance"
    return value, math.sqrt(variance), None


_EDGE = 1e-8  # a risk closer to 0 or 1 than this is there
_LARGEST_LOG = 500.0  # beyond it, limits of a ratio overflow


def _arm_risk(setting: _Setting, code: int, level: float) -> Estimate:
    """Give one arm's standardised risk."""
    risk = float(setting.risks[code])
    reason = setting.arm_reason(code)
    variance = float(setting.covariance[code, code])
    if reason is None and not 0 < risk < 1:
        reason = "the working model puts the risk outside (0, 1)"
    if reason is None and not variance > 0:
        reason = "the standardised risk has no variance"
    if reason is not None:
        return Estimate.missing(
            "standardised risk", reason, n=setting.n, level=level, method=setting.words
        )
    se = math.sqrt(variance) / (risk * (1 - risk))
    half = t_quantile(level, setting.degrees_of_freedom) * se
    centre = math.log(risk / (1 - risk))
    return Estimate(
        measure="standardised risk",
        value=risk,
        lower=1 / (1 + math.exp(min(half - centre, 700.0))),
        upper=1 / (1 + math.exp(-half - centre)),
        level=level,
        standard_error=se,
        n=setting.n,
        method=setting.words,
        r_call=_r_call(setting, None, None),
    )


_R_CONTRASTS = {"difference": "diff", "ratio": "rr", "odds_ratio": "or"}


def _r_call(setting: _Setting, base: int | None, contrast: str | None) -> str | None:
    """Write R's call; None where model or variance is none of R's."""
    if not setting.model.is_logistic or setting.variance == "ye-t":
        return None
    model = f"glm(outcome ~ {setting.right}, binomial)"
    options = ['method = "Ye"']
    if setting.variance != "ye":
        kind = {"ge": "HC0"}.get(setting.variance, setting.variance[-3:].upper())
        options = ['method = "Ge"', f'type = "{kind}"']
    if setting.is_stratified:
        options.append('strata = "stratum"')
    if contrast is not None and base is not None:
        options.append(f'contrast = "{_R_CONTRASTS[contrast]}"')
        options.append(f'reference = "{setting.arms.labels[base]}"')
    return f'beeca::get_marginal_effect({model}, "arm", {", ".join(options)})'
