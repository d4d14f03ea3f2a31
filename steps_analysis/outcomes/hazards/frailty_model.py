"""
What does a frailty model consist of, before it is fitted?

Columns checked, the words for the options in use, and a fit that has no numbers yet.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from steps_analysis.errors import DataError, refusal
from steps_analysis.estimates import Estimate, FloatArray, IntArray, TestResult
from steps_analysis.outcomes.columns import Groups, as_groups, as_numbers, r_terms
from steps_analysis.outcomes.doors import Read
from steps_analysis.outcomes.hazards.cox_kernel import CoxProblem
from steps_analysis.outcomes.hazards.frailty_fit import FrailtyFit
from steps_analysis.outcomes.hazards.frailty_likelihood import Distribution, Information
from steps_analysis.outcomes.hazards.risk_sets import RiskSets
from steps_analysis.outcomes.survival.kaplan_meier import follow_up


@dataclass(frozen=True, slots=True, kw_only=True)
class FrailtyModel:
    """
    Columns of a frailty model, checked.

    Attributes
    ----------
    names
        Names of the covariates.
    covariates
        Centred columns, shape (n, p).
    clusters
        Clusters.
    stratum
        Codes, shape (n,).
    sets
        Who is at risk when.
    ties
        ``"efron"`` or ``"breslow"``.
    information
        ``"full"`` or ``"sparse"``.
    extras
        Words for options in use.
    note
        Words on rows left out.
    """

    names: tuple[str, ...]
    covariates: FloatArray
    clusters: Groups
    stratum: IntArray
    sets: RiskSets
    ties: str
    information: Information
    extras: tuple[str, ...]
    note: str

    @classmethod
    def of(cls, read: Read, *, ties: str, information: Information) -> FrailtyModel:
        """
        Check columns.

        Parameters
        ----------
        read
            The columns.
        ties
            ``"efron"`` or ``"breslow"``.
        information
            ``"full"`` or ``"sparse"``.

        Returns
        -------
        FrailtyModel
            The model.

        Raises
        ------
        DataError
            If a column does not hold what it should.
        """
        time, event, entry = follow_up(read.columns)
        x = as_numbers("covariates", read.columns["covariates"])
        x = x[:, None] if x.ndim == 1 else x
        if x.ndim != 2 or x.shape[1] == 0:
            raise DataError(refusal("covariates", "have at least one column", x.shape))
        stratum = as_groups(read.columns.get("stratum"), n=read.n).code
        return cls(
            names=tuple(read.names),
            covariates=x - x.mean(axis=0),
            clusters=as_groups(read.columns["cluster"], n=read.n),
            stratum=stratum,
            sets=RiskSets.of(time, event, entry, stratum),
            ties=ties,
            information=information,
            extras=tuple(w for w in ("entry", "stratum") if w in read.columns),
            note=read.note,
        )

    def problem(self, columns: FloatArray) -> CoxProblem:
        """
        Give the partial likelihood of given columns.

        Parameters
        ----------
        columns
            Columns, shape (n, k).

        Returns
        -------
        CoxProblem
            The problem.
        """
        n = len(columns)
        return CoxProblem(
            covariates=columns,
            weights=np.ones(n),
            offset=np.zeros(n),
            stratum=self.stratum,
            risk_sets=self.sets,
            ties=self.ties,
        )

    def method(self, distribution: Distribution) -> str:
        """
        Name the model.

        Parameters
        ----------
        distribution
            The frailty's.

        Returns
        -------
        str
            Words.
        """
        words = {"entry": ", delayed entry", "stratum": ", stratified"}
        more = "".join(words[extra] for extra in self.extras)
        return f"Cox model with {distribution} frailty, {self.ties.title()} ties{more}"

    def r_call(self, distribution: Distribution, variance: float | None) -> str:
        """
        Write R's call.

        Parameters
        ----------
        distribution
            The frailty's.
        variance
            Its variance, if it was given.

        Returns
        -------
        str
            A call of ``survival::coxph``.
        """
        sparse = "" if self.information == "sparse" else ", sparse = FALSE"
        theta = "" if variance is None else f", theta = {variance!r}"
        right = " + ".join(
            [r_terms(self.names)]
            + ["strata(stratum)"] * ("stratum" in self.extras)
            + [f'frailty(cluster, distribution = "{distribution}"{theta}{sparse})']
        )
        left = "entry, time, event" if "entry" in self.extras else "time, event"
        surv = f"survival::Surv({left})"
        return f'survival::coxph({surv} ~ {right}, ties = "{self.ties}")'


def empty_fit(
    model: FrailtyModel,
    distribution: Distribution,
    variance: float | None,
    kept: list[int],
) -> FrailtyFit:
    """
    Give a fit without numbers.

    Parameters
    ----------
    model
        The model.
    distribution
        The frailty's.
    variance
        Its variance, if it was given.
    kept
        Positions of the covariates kept.

    Returns
    -------
    FrailtyFit
        The fit.
    """
    p, n, why = len(model.names), len(model.covariates), "there is no fit"
    method = model.method(distribution) + model.note
    r_call = model.r_call(distribution, variance)
    unknown = Estimate.missing("frailty variance", why, n=n, method=method)
    empty, square = np.full(p, np.nan), np.full((p, p), np.nan)
    if variance is not None:
        why = "the frailty's variance was given"
    elif distribution == "gaussian":
        why = "a REML-type estimate has no likelihood to compare"
    return FrailtyFit(
        names=model.names,
        coefficients=empty,
        standard_error=empty,
        covariance=square,
        adjusted_standard_error=empty,
        adjusted_covariance=square,
        frailty_variance=replace(unknown, r_call=r_call),
        variance_test=TestResult.missing(why, n=n, method=method),
        log_likelihood=math.nan,
        partial_log_likelihood=math.nan,
        null_log_likelihood=math.nan,
        frailties=pd.DataFrame({"cluster": [], "n_events": [], "frailty": []}),
        n=n,
        n_events=int(model.sets.event.sum()),
        n_clusters=len(model.clusters.labels),
        dropped=tuple(w for j, w in enumerate(model.names) if j not in kept),
        method=method,
        not_estimable=None,
        r_call=r_call,
    )


def refused(fit: FrailtyFit, reason: str) -> FrailtyFit:
    """
    Say why there is no fit, in all its parts.

    Parameters
    ----------
    fit
        The fit without numbers.
    reason
        Why.

    Returns
    -------
    FrailtyFit
        The same, with the reason.
    """
    return replace(
        fit,
        not_estimable=reason,
        frailty_variance=Estimate.missing(
            "frailty variance", reason, n=fit.n, method=fit.method
        ),
        variance_test=TestResult.missing(reason, n=fit.n, method=fit.method),
    )
