"""
What would the risks by a time be, had both arms held the same people?

Risks standardised to all participants, by a Cox model, by weighting, or by both.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.estimates import Estimate, FloatArray, check_level
from steps_analysis.formulas import MissingPolicy
from steps_analysis.outcomes.binary.working_model import WorkingModel, fit_working_model
from steps_analysis.outcomes.columns import as_groups, as_numbers, as_time, check_choice
from steps_analysis.outcomes.distributions import normal_p_value, normal_quantile
from steps_analysis.outcomes.doors import Read, read_columns
from steps_analysis.outcomes.hazards.arm_risks import (
    ArmRisk,
    RiskSetting,
    augmented_risk,
    g_formula,
    weighted_risk,
)
from steps_analysis.outcomes.hazards.cox import cox
from steps_analysis.outcomes.survival.contrast_at import beyond_follow_up
from steps_analysis.outcomes.survival.kaplan_meier import follow_up
from steps_analysis.outcomes.wald import exponential

Estimator = Literal["g-formula", "iptw", "aiptw"]
_ESTIMATORS: dict[str, Callable[[RiskSetting, int], ArmRisk]] = {
    "g-formula": g_formula,
    "iptw": weighted_risk,
    "aiptw": augmented_risk,
}
_WORDS = {
    "g-formula": "g-formula over a Cox model (Efron ties)",
    "iptw": "inverse probability weighting by a logistic model of the arm",
    "aiptw": "augmented inverse probability weighting, by a Cox model (Efron ties) and "
    "a logistic model of the arm",
}


def standardised_risk_at(  # noqa: PLR0913  # the parts of one question, each named as everywhere else
    time: npt.ArrayLike | str,
    event: npt.ArrayLike | None = None,
    arm: npt.ArrayLike | str | None = None,
    covariates: npt.ArrayLike | pd.DataFrame | None = None,
    *,
    at: float,
    contrast: Literal["difference", "ratio"] = "difference",
    estimator: Estimator = "g-formula",
    reference: object = None,
    level: float = 0.95,
    missing: MissingPolicy = "refuse",
    data: pd.DataFrame | None = None,
) -> Estimate:
    r"""
    Contrast two arms' risks by one time, standardised to all participants.

    Parameters
    ----------
    time
        End of follow-up, shape (n,); or a formula ``"time + event ~ age + prior"`` with
        `data`, its right side the covariates.
    event
        True or 1 where follow-up ended in the event, shape (n,).
    arm
        Arm labels, shape (n,), two of them; with a formula the name of their column.
    covariates
        Numeric or dummy columns, shape (n, p), or a table of them; None for none.
    at
        The time, on the scale of `time`.
    contrast
        ``"difference"`` or ``"ratio"``, arm over `reference`.
    estimator
        ``"g-formula"``: predictions of a Cox model of arm and covariates, averaged;
        ``"iptw"``: outcomes weighted by a logistic model of the arm; ``"aiptw"``: both,
        right if either is.
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
        The contrast. For the ratio, `standard_error` and limits are on the log scale.
        Not estimable where the models are not, or nobody is followed as far as `at`.

    Raises
    ------
    ArgumentError
        If an option is unknown, `reference` is no arm, or there are more than two arms.
    DataError
        If the columns do not fit together, or hold missing or impossible values.

    Notes
    -----
    With predicted risks F_a, probabilities of the arm p_a, outcome Y (the event by
    then, over the probability of not having been censored, by Kaplan-Meier within the
    arm) and indicator A of the arm, the risk in the arm is the mean of [1]_

    .. math:: F_a, \quad A Y / p_a, \quad F_a + A (Y + C - F_a) / p_a .

    C, the censoring's own correction, is what those censored were still expected to
    have [2]_. Variances are sums of squared influences, which the errors of the models
    enter. As R's ``riskRegression::ate``, but for two things: its standard errors of
    the Cox model count tied event times once [3]_, ours as many times as there are
    events (rossi: 5 % larger); and limits of a ratio are made on the log scale.

    References
    ----------
    .. [1] Robins, J. M. (1986), Mathematical Modelling 7, 1393-1512.
    .. [2] Ozenne, B. et al. (2020), Biometrical Journal 62, 751-763.
    .. [3] Ozenne, B. et al. (2017), The R Journal 9, 440-460.

    Examples
    --------
    Without covariates or censoring, weighting gives the plain difference, 1/4 - 2/4.

    >>> time, event = [1.0, 2, 3, 4, 2, 5, 5, 5], [1, 1, 0, 0, 1, 0, 0, 0]
    >>> arm = ["MAU"] * 4 + ["MST-PSB"] * 4
    >>> found = standardised_risk_at(time, event, arm, None, at=2, estimator="iptw")
    >>> round(found.value, 10), found.lower < found.value < found.upper
    (-0.25, True)
    """
    check_choice("contrast", contrast, ("difference", "ratio"))
    given = {"time": time, "event": event, "arm": arm, "covariates": covariates}
    asked = _ask(given, data, at, estimator, missing)
    labels = asked.setting.arms.labels
    if len(labels) > 2:
        raise ArgumentError(refusal("arm", "have two labels to contrast", len(labels)))
    first = labels[0] if reference is None else reference
    base = asked.setting.arms.position(first, name="reference")
    measure = f"{contrast} of standardised risks by {at:g}"
    method = f"{asked.method}; reference {first}"
    shell = Estimate.missing(
        measure, asked.reason or "", n=asked.n, level=level, method=method
    )
    if asked.reason:
        return shell
    other, own = asked.risk(1 - base), asked.risk(base)
    if contrast == "difference":
        spread = other.influence - own.influence
        return _filled(shell, other.value - own.value, spread, asked.r_call)
    if not min(other.value, own.value) > 0:
        return replace(shell, not_estimable="a standardised risk is 0 or below")
    spread = other.influence / other.value - own.influence / own.value
    log = _filled(shell, math.log(other.value / own.value), spread, asked.r_call)
    return exponential(log, log.measure)


def standardised_risks_at(
    time: npt.ArrayLike | str,
    event: npt.ArrayLike | None = None,
    arm: npt.ArrayLike | str | None = None,
    covariates: npt.ArrayLike | pd.DataFrame | None = None,
    *,
    at: float,
    estimator: Estimator = "g-formula",
    level: float = 0.95,
    missing: MissingPolicy = "refuse",
    data: pd.DataFrame | None = None,
) -> dict[str, Estimate]:
    """
    Standardise each arm's risk by one time to all participants.

    Parameters
    ----------
    time
        End of follow-up, shape (n,); or a formula as in `standardised_risk_at`.
    event
        True or 1 where follow-up ended in the event, shape (n,).
    arm
        Arm labels, shape (n,); with a formula the name of their column.
    covariates
        Numeric or dummy columns, shape (n, p), or a table of them; None for none.
    at
        The time, on the scale of `time`.
    estimator
        As in `standardised_risk_at`; weighting is for two arms.
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
        where the limits are made.

    Raises
    ------
    ArgumentError
        If an option is unknown.
    DataError
        If the columns do not fit together, or hold missing or impossible values.

    Examples
    --------
    >>> time, event = [1.0, 2, 3, 4, 2, 5, 5, 5], [1, 1, 0, 0, 1, 0, 0, 0]
    >>> arm = ["MAU"] * 4 + ["MST-PSB"] * 4
    >>> risks = standardised_risks_at(time, event, arm, None, at=2, estimator="iptw")
    >>> {name: round(risk.value, 10) for name, risk in risks.items()}
    {'MAU': 0.5, 'MST-PSB': 0.25}
    """
    given = {"time": time, "event": event, "arm": arm, "covariates": covariates}
    asked = _ask(given, data, at, estimator, missing)
    check_level(level)
    return {
        str(label): _arm(asked, code, at, level)
        for code, label in enumerate(asked.setting.arms.labels)
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A setting with the estimator asked for."""

    setting: RiskSetting
    estimator: str
    reason: str | None
    method: str

    @property
    def n(self) -> int:
        """Count the participants."""
        return len(self.setting.time)

    @property
    def r_call(self) -> str:
        """Write the R call."""
        models = _R_MODELS[self.estimator != "g-formula"]
        estimator = self.estimator.upper().replace("-", "")
        asked = f'times = {self.setting.at:g}, estimator = "{estimator}"'
        return f"riskRegression::ate({models}, {asked})"

    def risk(self, code: int) -> ArmRisk:
        """Standardise one arm's risk."""
        return _ESTIMATORS[self.estimator](self.setting, code)


_COX = "survival::coxph(survival::Surv(time, event) ~ ., x = TRUE)"
_R_MODELS = {
    False: f'{_COX}, treatment = "arm"',
    True: f"{_COX}, treatment = glm(arm ~ ., binomial), censor = "
    "survival::coxph(survival::Surv(time, event == 0) ~ strata(arm), x = TRUE)",
}


def _ask(
    given: Mapping[str, object],
    data: pd.DataFrame | None,
    at: float,
    estimator: str,
    missing: MissingPolicy,
) -> _Asked:
    """Check the columns and fit the models."""
    check_choice("estimator", estimator, tuple(_ESTIMATORS))
    at = as_time("at", at)
    read = read_columns(given, right="covariates", data=data, missing=missing)
    if "arm" not in read.columns:
        raise ArgumentError(refusal("arm", "be given", None))
    setting, dropped = _setting(read, at, estimator)
    out = f"; dropped as constant or collinear: {', '.join(dropped)}" if dropped else ""
    return _Asked(
        setting=setting,
        estimator=estimator,
        reason=_obstacle(setting, estimator),
        method=f"{_WORDS[estimator]}{out}{read.note}",
    )


def _setting(read: Read, at: float, estimator: str) -> tuple[RiskSetting, list[str]]:
    """Fit the models; name the covariates left out."""
    when, is_event, _ = follow_up(read.columns)
    arms = as_groups(read.columns["arm"], n=read.n)
    x = np.empty((read.n, 0))
    if "covariates" in read.columns:
        x = as_numbers("covariates", read.columns["covariates"])
        x = x[:, None] if x.ndim == 1 else x
    others = [f"arm {label}" for label in arms.labels[1:]]
    is_arm = (arms.code[:, None] == np.arange(1, len(arms.labels))).astype(np.float64)
    names = [*others, *read.names]
    design = np.column_stack([is_arm, x])
    table = pd.DataFrame(design, columns=names) if names else np.zeros((read.n, 1))
    fit = cox(when, is_event, table)
    treatment = None
    if estimator != "g-formula" and len(others) == 1:
        treatment = _treatment(is_arm[:, 0], x, read.names)
    setting = RiskSetting(
        time=when,
        event=is_event,
        arms=arms,
        design=design,
        at=at,
        fit=fit,
        treatment=treatment,
    )
    left_out = () if treatment is None else treatment.dropped
    return setting, [n for n in read.names if n in {*fit.dropped, *left_out}]


def _treatment(
    is_second: FloatArray, x: FloatArray, names: tuple[str, ...]
) -> WorkingModel:
    """Model who is in the second arm."""
    nobody = np.zeros(len(x), dtype=np.int64)
    return fit_working_model(is_second, nobody, x, names=names, n_arms=1)


def _obstacle(setting: RiskSetting, estimator: str) -> str | None:
    """Say why there is no number."""
    if len(setting.arms.labels) < 2:
        return "only one arm has participants"
    if not np.any(setting.event & (setting.time <= setting.at)):
        return f"there is no event by {setting.at:g}"
    if estimator != "iptw" and setting.fit.not_estimable:
        return setting.fit.not_estimable
    if estimator != "g-formula":
        return _no_weights(setting)
    is_beyond = beyond_follow_up(setting.time, setting.event, setting.at)
    return f"nobody is followed to {setting.at:g}" if is_beyond else None


def _no_weights(setting: RiskSetting) -> str | None:
    """Say why outcomes cannot be weighted."""
    if setting.treatment is None:
        return "weighting compares two arms"
    if not setting.treatment.is_logistic:
        return "the covariates separate the arms"
    for code, label in enumerate(setting.arms.labels):
        own = setting.arms.code == code
        if beyond_follow_up(setting.time[own], setting.event[own], setting.at):
            return f"nobody of arm {label} is followed to {setting.at:g}"
    return None


def _filled(
    shell: Estimate, value: float, influence: FloatArray, r_call: str | None
) -> Estimate:
    """Give value and normal limits, if there is a variance."""
    se = math.sqrt(float(influence @ influence))
    if not se > 0:
        return replace(shell, not_estimable="the standardised risks have no variance")
    half = normal_quantile(shell.level) * se
    return replace(
        shell,
        value=value,
        lower=value - half,
        upper=value + half,
        standard_error=se,
        p_value=normal_p_value(value / se),
        not_estimable=None,
        r_call=r_call,
    )


def _arm(asked: _Asked, code: int, at: float, level: float) -> Estimate:
    """Give one arm's risk, with limits made on the log odds scale."""
    shell = Estimate.missing(
        f"standardised risk by {at:g}",
        asked.reason or "the standardised risk is not between 0 and 1",
        n=asked.n,
        level=level,
        method=asked.method,
    )
    if asked.reason:
        return shell
    risk, influence = asked.risk(code)
    if not 0 < risk < 1:
        return shell
    odds = math.log(risk / (1 - risk))
    found = _filled(shell, odds, influence / (risk * (1 - risk)), asked.r_call)
    if found.not_estimable:
        return found
    lower, upper = (1 / (1 + math.exp(-x)) for x in (found.lower, found.upper))
    return replace(found, value=risk, lower=lower, upper=upper, p_value=math.nan)
