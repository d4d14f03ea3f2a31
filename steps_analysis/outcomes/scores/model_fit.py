"""
What does a fitted regression say about each of its columns?

One value for the models of this group: coefficients, their uncertainty and degrees of
freedom, and answers as estimates.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from steps_analysis.estimates import Estimate, FloatArray, check_level
from steps_analysis.outcomes.binary.working_model import independent_columns
from steps_analysis.outcomes.columns import as_numbers, r_terms
from steps_analysis.outcomes.doors import Read
from steps_analysis.outcomes.wald import exponential, position_of, t_estimate


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ModelFit:
    """
    A fitted regression.

    Attributes
    ----------
    names
        Names of the columns, the intercept first, p of them.
    coefficients
        On the scale of the linear predictor, shape (p,); NaN for a column left out.
    covariance
        The covariance of the coefficients that the limits rest on, shape (p, p).
    model_covariance
        The same, taking the model for true, shape (p, p).
    degrees_of_freedom
        Of each coefficient's t distribution, shape (p,); infinite for a normal one.
    parameters
        Further parameters by name, such as ``"correlation"``.
    log_likelihood
        At the estimate; NaN where the method has none.
    n
        Rows.
    n_clusters
        Clusters.
    method
        Model and options.
    not_estimable
        None, or why there is no fit.
    r_call
        The R call that should reproduce it, where there is one.
    """

    names: tuple[str, ...]
    coefficients: FloatArray
    covariance: FloatArray
    model_covariance: FloatArray
    degrees_of_freedom: FloatArray
    parameters: Mapping[str, float]
    log_likelihood: float
    n: int
    n_clusters: int
    method: str
    not_estimable: str | None = None
    r_call: str | None = None

    @classmethod
    def missing(cls, design: Design, reason: str, method: str) -> ModelFit:
        """
        Say that a model cannot be fitted.

        Parameters
        ----------
        design
            Its columns.
        reason
            Why, worded to follow "not estimable because".
        method
            Model and options.

        Returns
        -------
        ModelFit
            One whose numbers are NaN.
        """
        p = len(design.names)
        return cls(
            names=design.names,
            coefficients=np.full(p, math.nan),
            covariance=np.full((p, p), math.nan),
            model_covariance=np.full((p, p), math.nan),
            degrees_of_freedom=np.full(p, math.nan),
            parameters={},
            log_likelihood=math.nan,
            n=len(design.columns),
            n_clusters=design.n_clusters,
            method=method,
            not_estimable=reason,
        )

    @property
    def standard_error(self) -> FloatArray:
        """
        Standard errors of the coefficients.

        Returns
        -------
        numpy.ndarray
            Shape (p,).
        """
        return np.sqrt(np.diag(self.covariance))

    @property
    def model_standard_error(self) -> FloatArray:
        """
        Standard errors that take the model for true.

        Returns
        -------
        numpy.ndarray
            Shape (p,).
        """
        return np.sqrt(np.diag(self.model_covariance))

    def coefficient(self, name: str, *, level: float = 0.95) -> Estimate:
        """
        Give one column's coefficient.

        Parameters
        ----------
        name
            Its name.
        level
            Confidence level, in (0, 1).

        Returns
        -------
        Estimate
            With limits by Student's t.

        Raises
        ------
        ArgumentError
            If no column has that name.
        """
        check_level(level)
        j = position_of(name, self.names)
        measure, value = f"coefficient, {name}", float(self.coefficients[j])
        reason = self.not_estimable
        if reason is None and math.isnan(value):
            reason = f"{name} is constant, or determined by the columns before it"
        if reason is not None:
            return Estimate.missing(
                measure, reason, n=self.n, level=level, method=self.method
            )
        return t_estimate(
            measure,
            value,
            float(self.standard_error[j]),
            float(self.degrees_of_freedom[j]),
            n=self.n,
            level=level,
            method=self.method,
            r_call=self.r_call,
        )

    def ratio(self, name: str, *, level: float = 0.95) -> Estimate:
        """
        Give one column's coefficient as a ratio: an odds or rate ratio per unit.

        Parameters
        ----------
        name
            Its name.
        level
            Confidence level, in (0, 1).

        Returns
        -------
        Estimate
            The exponential of `coefficient`; `standard_error` stays on the log scale.

        Raises
        ------
        ArgumentError
            If no column has that name.
        """
        log_ratio = self.coefficient(name, level=level)
        measure = f"ratio, {name}"
        if not log_ratio.not_estimable and log_ratio.upper > _LARGEST_LOG:
            reason = "its interval would be without bounds"
            return Estimate.missing(
                measure, reason, n=self.n, level=level, method=self.method
            )
        return exponential(log_ratio, measure)

    def to_frame(self, *, level: float = 0.95) -> pd.DataFrame:
        """
        Give the coefficients as a table.

        Parameters
        ----------
        level
            Confidence level, in (0, 1).

        Returns
        -------
        pandas.DataFrame
            One row per column: name, coefficient, limits, standard error, degrees of
            freedom, p-value.
        """
        found = [self.coefficient(name, level=level) for name in self.names]
        return pd.DataFrame(
            {
                "name": self.names,
                "coefficient": [one.value for one in found],
                "lower": [one.lower for one in found],
                "upper": [one.upper for one in found],
                "standard_error": [one.standard_error for one in found],
                "degrees_of_freedom": self.degrees_of_freedom,
                "p_value": [one.p_value for one in found],
            }
        )


_LARGEST_LOG = 700.0  # the exponential overflows a little beyond


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Design:
    """
    The columns of a regression.

    Attributes
    ----------
    names
        Names, the intercept first.
    columns
        Numbers, shape (n, p).
    kept
        Positions of the columns not determined by those before them.
    n_clusters
        Clusters of its rows.
    """

    names: tuple[str, ...]
    columns: FloatArray
    kept: tuple[int, ...]
    n_clusters: int

    @classmethod
    def of(cls, read: Read, n_clusters: int) -> Design:
        """
        Put an intercept before the covariates read.

        Parameters
        ----------
        read
            Columns that passed the door; ``covariates`` may be absent.
        n_clusters
            Clusters of its rows.

        Returns
        -------
        Design
            With what is constant or collinear marked.

        Raises
        ------
        DataError
            If the covariates are no numbers.
        """
        given = read.columns.get("covariates", np.empty((read.n, 0)))
        x = as_numbers("covariates", given)
        x = x[:, None] if x.ndim == 1 else x
        one = np.ones((read.n, 1))
        kept = independent_columns(one, x)
        return cls(
            names=("(Intercept)", *read.names),
            columns=np.column_stack([one, x]),
            kept=(0, *(j + 1 for j in kept)),
            n_clusters=n_clusters,
        )

    @property
    def r_terms(self) -> str:
        """
        The right side of the formula in R.

        Returns
        -------
        str
            Its terms.
        """
        return r_terms(self.names[1:])

    @property
    def used(self) -> FloatArray:
        """
        The columns kept.

        Returns
        -------
        numpy.ndarray
            Shape (n, number kept).
        """
        return self.columns[:, list(self.kept)]

    @property
    def note(self) -> str:
        """
        Name the columns left out.

        Returns
        -------
        str
            Words for a result's `method`.
        """
        out = [name for j, name in enumerate(self.names) if j not in self.kept]
        return f"; dropped as constant or collinear: {', '.join(out)}" if out else ""

    def spread(self, values: FloatArray) -> FloatArray:
        """
        Put numbers of the columns kept where they belong among all.

        Parameters
        ----------
        values
            Shape (k,) or (k, k), with k columns kept.

        Returns
        -------
        numpy.ndarray
            Shape (p,) or (p, p), NaN elsewhere.
        """
        p, keep = len(self.names), list(self.kept)
        full = np.full((p,) * values.ndim, math.nan)
        full[np.ix_(*[keep] * values.ndim)] = values
        return full
