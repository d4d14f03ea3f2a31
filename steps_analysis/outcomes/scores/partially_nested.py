"""How far apart are two arms when only one of them has therapists?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.errors import ArgumentError, DataError, refusal
from steps_analysis.estimates import Estimate, FloatArray, IntArray, check_level
from steps_analysis.formulas import MissingPolicy
from steps_analysis.outcomes.columns import as_groups, as_numbers
from steps_analysis.outcomes.doors import read_columns
from steps_analysis.outcomes.scores.residual_likelihood import (
    Block,
    RestrictedFit,
    fit_restricted,
)
from steps_analysis.outcomes.scores.two_arms import TwoArms
from steps_analysis.outcomes.wald import t_estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class PartiallyNested:
    """
    A difference of means where one arm is nested in therapists.

    Attributes
    ----------
    difference
        The difference, arm minus reference.
    intracluster_correlation
        Share of the variance in the nested arm that is between therapists; may be
        negative. NaN where not estimable.
    design_effect
        Variance of the nested arm's mean over that without therapists: 1 + (b - 1) rho,
        b the mean size weighted by size.
    between_variance
        Variance between therapists.
    within_variance
        Variance within therapists, in the nested arm.
    other_variance
        Variance in the other arm.
    nested_arm
        Label of the arm with therapists.
    n_therapists
        How many they are.
    """

    difference: Estimate
    intracluster_correlation: float
    design_effect: float
    between_variance: float
    within_variance: float
    other_variance: float
    nested_arm: object
    n_therapists: int


def partially_nested_difference(
    score: npt.ArrayLike | str,
    arm: npt.ArrayLike | None = None,
    therapist: npt.ArrayLike | str | None = None,
    *,
    reference: object = None,
    level: float = 0.95,
    missing: MissingPolicy = "refuse",
    data: pd.DataFrame | None = None,
) -> PartiallyNested:
    """
    Estimate a difference of means with therapists in one arm only.

    Parameters
    ----------
    score
        The score, shape (n,); or a formula ``"score ~ arm"`` with `data`.
    arm
        Arm labels, shape (n,); two of them.
    therapist
        Label of the therapist, shape (n,); missing (None or NaN) in the arm that has
        none. With a formula the name of its column.
    reference
        The arm compared with; by default the first in sorted order.
    level
        Confidence level, in (0, 1).
    missing
        ``"refuse"`` rows with a missing score or arm, or ``"drop"`` and count them.
    data
        The table a formula speaks of.

    Returns
    -------
    PartiallyNested
        The difference, with the intracluster correlation and the design effect. Not
        estimable with one arm, fewer than two therapists, one participant for every
        therapist, or fewer than two participants in the other arm.

    Raises
    ------
    ArgumentError
        If both arms have therapists, neither has, or one has them for some only.
    DataError
        If the columns do not fit together, or values are missing.

    Notes
    -----
    Nested arm: mean + therapist + residual; other arm: mean + residual, with a variance
    of its own [1]_ [2]_. Restricted maximum likelihood; Kenward-Roger covariance, and
    degrees of freedom by Satterthwaite. The variance between therapists may come out
    negative (so long as every therapist's covariance is positive definite): set to 0 it
    would make the limits too wide or too narrow by turns. With therapists of equal size
    everything has a closed form: the nested arm's mean has variance MSB / n1 with k - 1
    degrees of freedom, MSB the mean square between therapists, and the two arms are
    compared as by Welch. As ``nlme::lme`` with ``varIdent``, which keeps variances at
    or above 0 and has other degrees of freedom.

    References
    ----------
    .. [1] Roberts, C. and Roberts, S. A. (2005), Clinical Trials 2, 152-162.
    .. [2] Bauer, D. J. et al. (2008), Multivariate Behavioral Research 43, 210-236.

    Examples
    --------
    Therapists' means 2 and 6: MSB is 2 (2 - 4)^2 + 2 (6 - 4)^2 = 16, so the nested mean
    has variance 16 / 4.

    >>> found = partially_nested_difference(
    ...     [1.0, 3, 5, 7, 0, 1, 2], ["t"] * 4 + ["c"] * 3, [1, 1, 2, 2] + [None] * 3)
    >>> round(found.difference.value, 10), round(found.between_variance, 6)
    (3.0, 7.0)
    >>> round(found.difference.standard_error**2, 6)  # 4 + 1/3
    4.333333
    """
    check_level(level)
    labels = _therapists(therapist, data)
    given = {"score": score, "arm": arm, "therapist": np.arange(len(labels))}
    read = read_columns(
        given, right="arm", data=data, missing=missing, responses=("score",)
    )
    if "arm" not in read.columns:
        raise ArgumentError(refusal("arm", "be given", None))
    label = labels[read.columns["therapist"]]
    arms = TwoArms.of(read.columns["arm"], reference)
    nested = _nested(arms, ~pd.isna(label))
    method = (
        "partially nested model by REML, variances by arm, Kenward-Roger covariance, "
        f"Satterthwaite degrees of freedom{arms.note}{read.note}"
    )
    y = as_numbers("score", read.columns["score"])
    n_therapists = len(set(label[nested].tolist()))
    code = as_groups(label[nested], n=int(nested.sum())).code
    fit, reason = _fit(y, nested, code, arms)
    nested_arm = arms.label if arms.treated[nested].any() else arms.reference
    sign = 1.0 if nested_arm == arms.label else -1.0
    if reason is not None or fit is None:
        difference = Estimate.missing(
            _MEASURE, reason or "", n=len(y), level=level, unit="points", method=method
        )
        other = within = between = np.nan
    else:
        value, error, free = fit.contrast(np.array([sign, -sign]), adjusted=True)
        difference = t_estimate(
            _MEASURE,
            value,
            error,
            free,
            n=len(y),
            level=level,
            unit="points",
            method=method,
        )
        other, within, between = map(float, fit.parameters)
    correlation = between / (between + within)
    sizes = np.bincount(code)
    weighted = float(np.sum(sizes**2) / np.sum(sizes))
    return PartiallyNested(
        difference=difference,
        intracluster_correlation=correlation,
        design_effect=1 + (weighted - 1) * correlation,
        between_variance=between,
        within_variance=within,
        other_variance=other,
        nested_arm=nested_arm,
        n_therapists=n_therapists,
    )


_MEASURE = "mean difference"


def _therapists(
    therapist: npt.ArrayLike | str | None, data: pd.DataFrame | None
) -> npt.NDArray[np.object_]:
    """Give every row's therapist, None where there is none."""
    if therapist is None:
        raise ArgumentError(refusal("therapist", "be given", None))
    if isinstance(therapist, str):
        names = () if data is None else tuple(map(str, data.columns))
        if data is None or therapist not in names:
            rule = f"name a column of `data` ({', '.join(names) or 'not given'})"
            raise ArgumentError(refusal("therapist", rule, therapist))
        therapist = data[therapist]
    labels: npt.NDArray[np.object_] = np.asarray(therapist, dtype=object)
    if labels.ndim != 1:
        raise DataError(refusal("therapist", "have one dimension", labels.ndim))
    return labels


def _nested(arms: TwoArms, has: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Find the participants of the one arm with therapists."""
    hint = "label therapists in one arm only, and there for everybody"
    treated = arms.treated
    if arms.label is None:
        return has
    if not (np.array_equal(has, treated) or np.array_equal(has, ~treated)):
        rule = "be given for everybody in one arm and nobody in the other"
        got = f"{int(has.sum())} of {len(has)} rows"
        raise ArgumentError(refusal("therapist", rule, got, hint=hint))
    return has


def _fit(
    y: FloatArray, nested: npt.NDArray[np.bool_], code: IntArray, arms: TwoArms
) -> tuple[RestrictedFit | None, str | None]:
    """Fit the model, or say why it cannot be."""
    sizes = np.bincount(code) if len(code) else np.zeros(0, dtype=np.int64)
    reason = arms.reason()
    if reason is None and int(np.sum(~nested)) < 2:
        reason = "the arm without therapists has fewer than two participants"
    if reason is None and len(sizes) < 2:
        reason = "there are fewer than two therapists"
    if reason is None and sizes.max() < 2:
        reason = "every therapist has one participant"
    if reason is not None:
        return None, reason
    own, others = y[nested], y[~nested]
    means = np.bincount(code, own) / sizes
    within = float(np.sum((own - means[code]) ** 2)) / max(len(own) - len(sizes), 1)
    still = (1e-12 * float(np.abs(y).max())) ** 2
    if within <= still or float(np.var(others)) <= still:
        return None, "the scores do not vary within therapists or in the other arm"
    start = np.array([float(np.var(others, ddof=1)), within, 0.0])
    fit = fit_restricted(_blocks(own, code, sizes, others), start)
    return (None, fit.reason) if fit.reason else (fit, None)


def _blocks(
    own: FloatArray, code: IntArray, sizes: IntArray, others: FloatArray
) -> list[Block]:
    """Gather therapists of one size; the other arm's participants are on their own."""
    one = np.ones((len(others), 1))
    blocks = [
        Block(
            outcome=others[:, None],
            design=np.stack([0 * one, one], axis=2),
            pieces=np.array([[[1.0]], [[0.0]], [[0.0]]]),
        )
    ]
    order = np.argsort(code, kind="stable")
    starts = np.concatenate([[0], np.cumsum(sizes)])
    for size in np.unique(sizes):
        rows = np.array(
            [order[starts[t] : starts[t + 1]] for t in np.flatnonzero(sizes == size)]
        )
        k = int(size)
        design = np.zeros((*rows.shape, 2))
        design[:, :, 0] = 1.0
        pieces = np.array([np.zeros((k, k)), np.eye(k), np.ones((k, k))])
        blocks.append(Block(outcome=own[rows], design=design, pieces=pieces))
    return blocks
