"""
How uncertain are standardised risks?

Two covariance matrices: for the effect in the population the participants come from
(Ye and others), and for the effect given their covariates (Ge and others).
"""

from __future__ import annotations

import numpy as np

from steps_analysis.estimates import FloatArray
from steps_analysis.outcomes.binary.working_model import WorkingModel
from steps_analysis.outcomes.columns import Groups


def ye_variance(
    outcome: FloatArray, arms: Groups, risks: FloatArray, *, stratum: Groups | None
) -> FloatArray:
    """
    Give the covariance of the standardised risks as population quantities.

    Parameters
    ----------
    outcome
        1 for an event, otherwise 0, shape (n,).
    arms
        The arms.
    risks
        Predicted risks under each arm, shape (n, arms).
    stratum
        Randomisation strata, or None for simple randomisation.

    Returns
    -------
    numpy.ndarray
        Covariance, shape (arms, arms); NaN where an arm has one participant.

    Notes
    -----
    With m_a the prediction and p_a the share of arm a, and cov_a taken within it::

        n V_aa = var_a(Y - m_a) / p_a + 2 cov_a(Y, m_a) - var(m_a)
        n V_ab = cov_a(Y, m_b) + cov_b(Y, m_a) - cov(m_a, m_b)

    where var_a(Y - m_a) is put together from var_a(Y), cov_a(Y, m_a) and the overall
    var(m_a). Under stratified or minimised allocation the variance of the strata's mean
    residuals over p_a, as simple randomisation would add it, is taken off [1]_.

    References
    ----------
    .. [1] Ye, T. et al. (2023), Biostatistics & Epidemiology 7, e2205125.

    Examples
    --------
    Without covariates it is the usual variance of a proportion, 1/3 / 4 for 2 of 4.

    >>> arms = Groups(labels=("a", "b"), code=np.array([0, 0, 0, 0, 1, 1, 1, 1]))
    >>> outcome = np.array([1.0, 1, 0, 0, 1, 0, 0, 0])
    >>> risks = np.tile([0.5, 0.25], (8, 1))
    >>> ye_variance(outcome, arms, risks, stratum=None).round(4).tolist()
    [[0.0833, 0.0], [0.0, 0.0625]]
    """
    n, n_arms = risks.shape
    share = np.bincount(arms.code, minlength=n_arms) / n
    overall = np.atleast_2d(np.cov(risks.T)) if n > 1 else np.full((1, 1), np.nan)
    within = np.full((n_arms, n_arms), np.nan)  # cov_a(Y, m_b)
    variance = np.full(n_arms, np.nan)
    for a in range(n_arms):
        own = arms.code == a
        if own.sum() > 1:
            joint = np.cov(np.column_stack([outcome[own], risks[own]]).T)
            variance[a], within[a] = joint[0, 0], joint[0, 1:]
    diagonal = np.diag(within)
    residual = variance - 2 * diagonal + np.diag(overall)
    total = within + within.T - overall
    np.fill_diagonal(total, residual / share + 2 * diagonal - np.diag(overall))
    if stratum is not None:
        total = total - _design_gain(outcome, arms, risks, stratum, share)
    covariance: FloatArray = total / n
    return covariance


def delta_variance(model: WorkingModel, outcome: FloatArray, kind: str) -> FloatArray:
    """
    Give the covariance of the standardised risks given the covariates.

    Parameters
    ----------
    model
        The working model.
    outcome
        1 for an event, otherwise 0, shape (n,).
    kind
        Which sandwich: ``"ge"`` for HC0, or ``"hc1"``, ``"hc2"``, ``"hc3"``.

    Returns
    -------
    numpy.ndarray
        Covariance, shape (arms, arms).

    Notes
    -----
    A participant whom the model fits perfectly (leverage 1) adds nothing to HC2 or HC3.

    References
    ----------
    .. [1] Ge, M. et al. (2011), Drug Information Journal 45, 481-493.

    Examples
    --------
    Without covariates HC0 is p (1 - p) / n: here 1/4 / 4.

    >>> from steps_analysis.outcomes.binary.working_model import fit_working_model
    >>> outcome = np.array([1.0, 1, 0, 0, 1, 0, 0, 0])
    >>> arm = np.array([0, 0, 0, 0, 1, 1, 1, 1])
    >>> model = fit_working_model(outcome, arm, np.empty((8, 0)), names=[], n_arms=2)
    >>> delta_variance(model, outcome, "ge").round(6)[0, 0]
    np.float64(0.0625)
    """
    x, weight = model.design, model.slope(model.fitted)
    bread = np.linalg.inv((x * weight[:, None]).T @ x)
    leverage = weight * np.einsum("ij,jk,ik->i", x, bread, x)
    squared = (outcome - model.fitted) ** 2
    n, k = x.shape
    if kind == "hc1":
        squared = squared * (n / (n - k) if n > k else np.nan)
    elif kind in {"hc2", "hc3"}:
        free = np.where(leverage < 1 - 1e-10, 1 - leverage, np.inf)
        squared = squared / free ** (1 if kind == "hc2" else 2)
    sandwich = bread @ ((x * squared[:, None]).T @ x) @ bread
    gradient = np.array([_gradient(model, a) for a in range(model.n_arms)])
    covariance: FloatArray = gradient @ sandwich @ gradient.T
    return covariance


def _design_gain(
    outcome: FloatArray,
    arms: Groups,
    risks: FloatArray,
    stratum: Groups,
    share: FloatArray,
) -> FloatArray:
    """Give what balanced allocation takes off n times the covariance."""
    omega = np.diag(share) - np.outer(share, share)
    gain = np.zeros_like(omega)
    for z in range(len(stratum.labels)):
        inside = stratum.code == z
        mean = np.zeros(len(share))
        for a in range(len(share)):
            own = inside & (arms.code == a)
            if own.any():
                mean[a] = np.mean(outcome[own] - risks[own, a]) / share[a]
        gain += inside.mean() * np.outer(mean, mean) * omega
    return gain


def _gradient(model: WorkingModel, arm: int) -> FloatArray:
    """Differentiate an arm's standardised risk by the coefficients."""
    slope = model.slope(model.risks_under(arm))
    gradient: FloatArray = slope @ model.design_under(arm) / len(slope)
    return gradient
