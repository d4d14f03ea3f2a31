"""How likely is a count, given its linear predictor?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from steps_analysis.estimates import FloatArray

FamilyName = Literal["poisson", "negative_binomial", "binomial"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CountFamily:
    """
    A distribution of counts.

    Attributes
    ----------
    name
        ``"poisson"``, ``"negative_binomial"`` (variance ``mean + mean**2 / theta``), or
        ``"binomial"``, out of the exposure.
    theta
        Shape of the gamma distribution of rates; infinite but for the negative
        binomial.

    Examples
    --------
    No event where one is expected: exp(-1).

    >>> poisson, one = CountFamily(name="poisson"), np.ones(1)
    >>> np.exp(poisson.log_likelihood(0 * one, one, 0 * one)).round(4)
    array([0.3679])
    """

    name: FamilyName
    theta: float = math.inf

    def mean(self, exposure: FloatArray, predictor: FloatArray) -> FloatArray:
        """
        Give expected counts.

        Parameters
        ----------
        exposure
            What the counts are out of.
        predictor
            Log rate, or log odds, of the same shape.

        Returns
        -------
        numpy.ndarray
            Of the same shape.
        """
        if self.name == "binomial":
            return np.asarray(exposure * 0.5 * (1 + np.tanh(predictor / 2)))
        return np.asarray(exposure * np.exp(np.minimum(predictor, 500.0)))

    def log_likelihood(
        self, events: FloatArray, exposure: FloatArray, predictor: FloatArray
    ) -> FloatArray:
        """
        Give the log probability of each count, with all constants.

        Parameters
        ----------
        events
            The counts.
        exposure
            What they are out of.
        predictor
            Log rate, or log odds.

        Returns
        -------
        numpy.ndarray
            Of the same shape.
        """
        from scipy.special import gammaln

        y, e, theta = events, exposure, self.theta
        if self.name == "binomial":
            ways = gammaln(e + 1) - gammaln(y + 1) - gammaln(e - y + 1)
            return np.asarray(ways + y * predictor - e * np.logaddexp(0, predictor))
        mean, log_mean = self.mean(e, predictor), np.log(e) + predictor
        if math.isinf(theta):
            return np.asarray(y * log_mean - mean - gammaln(y + 1))
        rising = gammaln(y + theta) - gammaln(theta) - gammaln(y + 1)
        shared = y * (log_mean - np.log(mean + theta)) - theta * np.log1p(mean / theta)
        return np.asarray(rising + shared)

    def slope(
        self, events: FloatArray, exposure: FloatArray, predictor: FloatArray
    ) -> FloatArray:
        """
        Differentiate the log likelihood by the predictor.

        Parameters
        ----------
        events, exposure, predictor
            As for `log_likelihood`.

        Returns
        -------
        numpy.ndarray
            Of the same shape.
        """
        mean = self.mean(exposure, predictor)
        return np.asarray((events - mean) / (1 + mean / self.theta))

    def information(self, exposure: FloatArray, predictor: FloatArray) -> FloatArray:
        """
        Give the expected curvature, turned over.

        Parameters
        ----------
        exposure, predictor
            As for `log_likelihood`.

        Returns
        -------
        numpy.ndarray
            Of the same shape.
        """
        mean = self.mean(exposure, predictor)
        if self.name == "binomial":
            return np.asarray(mean * (1 - mean / exposure))
        return np.asarray(mean / (1 + mean / self.theta))

    def bend(
        self, events: FloatArray, exposure: FloatArray, predictor: FloatArray
    ) -> FloatArray:
        """
        Give the observed curvature, turned over.

        Parameters
        ----------
        events, exposure, predictor
            As for `log_likelihood`.

        Returns
        -------
        numpy.ndarray
            Of the same shape.
        """
        expected = self.information(exposure, predictor)
        if math.isinf(self.theta):
            return expected
        mean = self.mean(exposure, predictor)
        return np.asarray(expected * (events + self.theta) / (mean + self.theta))

    def theta_slope(
        self, events: FloatArray, exposure: FloatArray, predictor: FloatArray
    ) -> FloatArray:
        """
        Differentiate the log likelihood by the logarithm of theta.

        Parameters
        ----------
        events, exposure, predictor
            As for `log_likelihood`.

        Returns
        -------
        numpy.ndarray
            Of the same shape; negative binomial only.
        """
        from scipy.special import digamma

        y, theta, mean = events, self.theta, self.mean(exposure, predictor)
        rising = digamma(y + theta) - digamma(theta)
        shared = (mean - y) / (mean + theta) - np.log1p(mean / theta)
        return np.asarray(theta * (rising + shared))
