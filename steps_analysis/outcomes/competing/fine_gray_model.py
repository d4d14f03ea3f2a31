"""
Which coefficients maximise the weighted partial likelihood, and how sure are they?

From columns to a `FineGrayFit`: covariates that are not identified are left out, the
maximum is sought, and the sandwich is made of the score's parts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from steps_analysis.errors import DataError, refusal
from steps_analysis.estimates import BoolArray, FloatArray, IntArray, TestResult
from steps_analysis.outcomes.columns import (
    as_causes,
    as_groups,
    as_numbers,
    as_times,
    r_terms,
)
from steps_analysis.outcomes.competing.fine_gray_fit import FineGrayFit
from steps_analysis.outcomes.competing.weighted_risk_sets import (
    Censoring,
    WeightedRiskSets,
    binned,
    censoring_residuals,
)
from steps_analysis.outcomes.distributions import chi_squared_test
from steps_analysis.outcomes.doors import Read
from steps_analysis.outcomes.hazards.cox_kernel import Evaluation
from steps_analysis.outcomes.hazards.newton import Peak, identified, newton

FineGrayMethod = Literal["fine-gray", "weighted-cox"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FineGrayModel:
    """
    A weighted partial likelihood and what belongs to it.

    Attributes
    ----------
    names
        Names of the covariates.
    centre
        Means taken off them, shape (p,).
    time
        End of follow-up, shape (n,).
    is_censored
        Whether it was censored, shape (n,).
    cluster
        Codes of clusters, shape (n,), or None.
    censoring
        The distribution of censoring.
    sets
        The weighted risk sets.
    counts_weights
        Whether the sandwich counts that the weights are estimated.
    method
        Words for the model and its options.
    r_call
        R's call, where there is one.
    """

    names: tuple[str, ...]
    centre: FloatArray
    time: FloatArray
    is_censored: BoolArray
    cluster: IntArray | None
    censoring: Censoring
    sets: WeightedRiskSets
    counts_weights: bool
    method: str
    r_call: str | None

    @classmethod
    def of(cls, read: Read, *, failure: int, method: FineGrayMethod) -> FineGrayModel:
        """
        Check columns and weigh the risk sets.

        Parameters
        ----------
        read
            The columns.
        failure
            The kind of event asked for.
        method
            ``"fine-gray"`` or ``"weighted-cox"``.

        Returns
        -------
        FineGrayModel
            The model.

        Raises
        ------
        DataError
            If a column does not hold what it should.
        """
        time = as_times("time", read.columns["time"])
        cause = as_causes("cause", read.columns["cause"])
        x = as_numbers("covariates", read.columns["covariates"])
        x = x[:, None] if x.ndim == 1 else x
        if x.ndim != 2 or x.shape[1] == 0:
            raise DataError(refusal("covariates", "have at least one column", x.shape))
        censoring = Censoring.of(
            time,
            cause == 0,
            as_groups(read.columns.get("censoring"), n=read.n).code,
            events="at risk" if method == "fine-gray" else "before",
        )
        cluster = read.columns.get("cluster")
        centre = x.mean(axis=0)
        return cls(
            names=tuple(read.names),
            centre=centre,
            time=time,
            is_censored=cause == 0,
            cluster=None if cluster is None else as_groups(cluster, n=read.n).code,
            censoring=censoring,
            sets=WeightedRiskSets.of(time, cause, x - centre, failure, censoring),
            counts_weights=method == "fine-gray",
            method=_words(read, failure, method),
            r_call=_r_call(read, failure, method),
        )

    def keeping(self, kept: list[int]) -> FineGrayModel:
        """
        Keep some covariates only, under all names.

        Parameters
        ----------
        kept
            Their positions.

        Returns
        -------
        FineGrayModel
            The model of those.
        """
        return replace(self, sets=self.sets.keeping(kept))

    def scores(self, coefficients: FloatArray) -> FloatArray:
        """
        Give the score's parts.

        Parameters
        ----------
        coefficients
            Coefficients, shape (p,).

        Returns
        -------
        numpy.ndarray
            One row per row, or per cluster.
        """
        scores = self.sets.score_residuals(coefficients)
        if self.counts_weights:
            scores = scores + censoring_residuals(
                self.sets, self.censoring, self.time, self.is_censored, coefficients
            )
        if self.cluster is None:
            return scores
        return binned(self.cluster, scores, int(self.cluster.max()) + 1)


def fit(model: FineGrayModel) -> FineGrayFit:
    """
    Maximise the weighted partial likelihood.

    Parameters
    ----------
    model
        The model, with all covariates.

    Returns
    -------
    FineGrayFit
        The fit, or the reason why there is none.
    """
    sets, p = model.sets, model.sets.covariates.shape[1]
    if not len(sets.event_time):
        return _shell(model, list(range(p)), "there is no event of this kind")
    null = sets.evaluate(np.zeros(p))
    size = sets.n_events.sum() * np.mean(sets.covariates**2, axis=0)
    kept = identified(null.information, size)
    if not kept:
        return _shell(model, kept, "no covariate varies among those at risk")
    reduced = model.keeping(kept)
    inner = null.information[np.ix_(kept, kept)]
    null = Evaluation(null.log_likelihood, null.score[kept], inner)
    shell = replace(
        _shell(model, kept, None),
        null_log_likelihood=null.log_likelihood,
        model_score_test=_model_score_test(model, null),
        score_test=_score_test(reduced),
    )
    reach = np.max(np.abs(reduced.sets.covariates), axis=0)
    found = newton(reduced.sets.evaluate, np.zeros(len(kept)), reach)
    if found.moving:
        grown = ", ".join(model.names[kept[j]] for j in found.moving)
        reason = f"the likelihood keeps rising with the coefficient of {grown}"
        return replace(shell, not_estimable=f"{reason} (separation)")
    return _filled(shell, reduced, found, kept)


def _shell(model: FineGrayModel, kept: list[int], reason: str | None) -> FineGrayFit:
    """Give a fit without numbers."""
    p, n, names = len(model.names), len(model.time), model.names
    why = reason or "there is no fit"
    nothing = TestResult.missing(why, n=n, method=model.method)
    empty, square = np.full(p, np.nan), np.full((p, p), np.nan)
    return FineGrayFit(
        names=names,
        coefficients=empty,
        standard_error=empty,
        covariance=square,
        model_standard_error=empty,
        model_covariance=square,
        log_likelihood=math.nan,
        null_log_likelihood=math.nan,
        score_test=nothing,
        model_score_test=nothing,
        n=n,
        n_events=int(model.sets.is_event.sum()),
        n_competing=int((model.sets.stays > 0).sum()),
        dropped=tuple(name for j, name in enumerate(names) if j not in kept),
        method=model.method,
        not_estimable=reason,
        baseline=pd.DataFrame({"time": [], "hazard": []}, dtype=np.float64),
        centre=model.centre,
        r_call=model.r_call,
    )


def _filled(
    shell: FineGrayFit, model: FineGrayModel, found: Peak, kept: list[int]
) -> FineGrayFit:
    """Put the maximum into the fit."""
    p, beta = len(shell.names), found.coefficients
    inverse = np.asarray(np.linalg.inv(found.evaluation.information), dtype=np.float64)
    pull = model.scores(beta) @ inverse
    covariance, bread = _spread(pull.T @ pull, kept, p), _spread(inverse, kept, p)
    coefficients = np.full(p, np.nan)
    coefficients[kept] = beta
    steps = model.sets.steps(beta)
    hazard = np.cumsum(steps.hazard) * math.exp(-steps.predictor.max())
    return replace(
        shell,
        coefficients=coefficients,
        covariance=covariance,
        standard_error=np.sqrt(np.diag(covariance)),
        model_covariance=bread,
        model_standard_error=np.sqrt(np.diag(bread)),
        log_likelihood=found.evaluation.log_likelihood,
        baseline=pd.DataFrame({"time": model.sets.event_time, "hazard": hazard}),
    )


def _score_test(model: FineGrayModel) -> TestResult:
    """Test by the scores' own covariance at 0."""
    n, p = len(model.time), model.sets.covariates.shape[1]
    words = f"score test, {model.method}"
    scores = model.scores(np.zeros(p))
    spread, total = scores.T @ scores, scores.sum(axis=0)
    if np.linalg.matrix_rank(spread) < p:
        return TestResult.missing("the scores have no variance", n=n, method=words)
    statistic = float(total @ np.linalg.solve(spread, total))
    return replace(chi_squared_test(statistic, p, n, words), r_call=model.r_call)


def _model_score_test(model: FineGrayModel, null: Evaluation) -> TestResult:
    """Test by score and information at 0."""
    statistic = float(null.score @ np.linalg.solve(null.information, null.score))
    words = f"score test with the information as variance, {model.method}"
    found = chi_squared_test(statistic, len(null.score), len(model.time), words)
    return replace(found, r_call=model.r_call)


def _words(read: Read, failure: int, method: FineGrayMethod) -> str:
    """Name the model and its options."""
    words = f"Fine-Gray model of kind {failure}, Breslow ties, " + (
        "sandwich with the censoring's part (as cmprsk::crr)"
        if method == "fine-gray"
        else "weights taken as known (as survival::finegray)"
    )
    for name, option in (
        ("censoring", "censoring by group"),
        ("cluster", "robust variance by cluster"),
    ):
        words += f", {option}" if name in read.columns else ""
    return words + read.note


def _r_call(read: Read, failure: int, method: FineGrayMethod) -> str | None:
    """Write R's call, where R has one."""
    if "cluster" in read.columns or "censoring" in read.columns:
        return None
    if method == "fine-gray":
        terms = r_terms(read.names)
        table = terms if " + " not in terms else f"cbind({terms.replace(' + ', ', ')})"
        return f"cmprsk::crr(time, cause, {table}, failcode = {failure}, cencode = 0)"
    return (
        "survival::coxph(survival::Surv(fgstart, fgstop, fgstatus) ~ "
        f"{r_terms(read.names)}, weights = fgwt, cluster = id, "
        'ties = "breslow", data = survival::finegray(survival::Surv(time, '
        f'factor(cause)) ~ ., data, etype = "{failure}"))'
    )


def _spread(inner: FloatArray, kept: list[int], p: int) -> FloatArray:
    """Put a matrix of the covariates kept into one of all, NaN elsewhere."""
    whole = np.full((p, p), np.nan)
    whole[np.ix_(kept, kept)] = inner
    return whole
