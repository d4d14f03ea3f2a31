"""How far apart are two arms at each visit, when a participant has several scores?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.errors import ArgumentError, DataError, refusal
from steps_analysis.estimates import Estimate, FloatArray, IntArray, check_level
from steps_analysis.formulas import MissingPolicy
from steps_analysis.outcomes.binary.working_model import independent_columns
from steps_analysis.outcomes.columns import Groups, as_groups, as_numbers, check_choice
from steps_analysis.outcomes.doors import Read, read_columns
from steps_analysis.outcomes.scores.residual_likelihood import (
    Block,
    RestrictedFit,
    fit_restricted,
)
from steps_analysis.outcomes.scores.two_arms import TwoArms
from steps_analysis.outcomes.wald import t_estimate

_LARGEST = 1e120  # scores are squared once before they are scaled
CovarianceOfVisits = Literal["unstructured", "compound-symmetry"]
SmallSample = Literal["kenward-roger", "satterthwaite"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RepeatedScores:
    """
    Differences between two arms at every visit.

    Attributes
    ----------
    differences
        Visit to the difference there, arm minus reference.
    covariance
        Covariance of a participant's scores over the visits, as a table.
    log_likelihood
        Restricted log likelihood; NaN where there is no fit.
    n
        Participants.
    method
        Model and options.
    not_estimable
        None, or why there is no fit.
    """

    differences: dict[Any, Estimate]
    covariance: pd.DataFrame
    log_likelihood: float
    n: int
    method: str
    not_estimable: str | None

    def to_frame(self) -> pd.DataFrame:
        """
        Give the differences as a table.

        Returns
        -------
        pandas.DataFrame
            One row per visit.
        """
        rows = [e.to_frame().assign(visit=v) for v, e in self.differences.items()]
        return pd.concat(rows, ignore_index=True).set_index("visit")


def repeated_scores(  # noqa: PLR0913  # the parts of one model, each named as everywhere else
    score: npt.ArrayLike | str,
    visit: npt.ArrayLike | None = None,
    arm: npt.ArrayLike | None = None,
    cluster: npt.ArrayLike | str | None = None,
    *,
    baseline: npt.ArrayLike | str | None = None,
    covariates: npt.ArrayLike | pd.DataFrame | str | list[str] | None = None,
    covariance: CovarianceOfVisits = "unstructured",
    correction: SmallSample = "kenward-roger",
    reference: object = None,
    level: float = 0.95,
    missing: MissingPolicy = "refuse",
    data: pd.DataFrame | None = None,
) -> RepeatedScores:
    """
    Compare two arms at every visit by a mixed model for repeated measures.

    Parameters
    ----------
    score
        The score, shape (n,), one row per participant and visit; or a formula
        ``"score + visit ~ arm"`` with `data`.
    visit
        Label of the visit, such as its month, shape (n,).
    arm
        Arm labels, shape (n,); two of them, one for each participant.
    cluster
        Label of the participant, shape (n,).
    baseline
        The score at randomisation, shape (n,), the same in all rows of a participant;
        its slope may differ between visits. None for none.
    covariates
        Further numeric columns, shape (n,) or (n, p), with one slope each.
    covariance
        ``"unstructured"`` (any covariance over the visits) or ``"compound-symmetry"``
        (one variance, one covariance).
    correction
        ``"kenward-roger"`` (adjusted covariance) or ``"satterthwaite"`` (degrees of
        freedom alone). For one difference the degrees of freedom are the same.
    reference
        The arm compared with; by default the first in sorted order.
    level
        Confidence level, in (0, 1).
    missing
        ``"refuse"`` rows with missing values, or ``"drop"`` them and count them. A
        visit that was missed is a row less: the others of that participant are used.
    data
        The table a formula speaks of; `cluster`, `baseline` and `covariates` may then
        be names of its columns.

    Returns
    -------
    RepeatedScores
        The difference at every visit, in points, and the covariance of the visits. A
        visit at which an arm has no score has no difference. Nothing is estimable with
        one arm, or where the covariance cannot be estimated: with few participants
        compound symmetry often can be where an unstructured covariance cannot.

    Raises
    ------
    ArgumentError
        If an option is unknown, a column is not given, or there are more than two arms.
    DataError
        If the columns do not fit together, values are missing, a participant is in two
        arms, or has two rows at one visit.

    Notes
    -----
    Means: one for each visit, one difference of arms for each, one slope on the centred
    baseline for each, covariates. Restricted maximum likelihood by Fisher scoring.
    Scores missing at random given the scores seen, arm and covariates bias nothing.
    With everybody seen at every visit, an unstructured covariance and no covariates,
    the differences are those of the analysis of covariance (or t test) at each visit
    alone, to the last digit.
    The degrees of freedom are from the expected information, as in Kenward and Roger;
    SAS and R's ``mmrm`` use the observed one by default for Satterthwaite, which agrees
    when nothing is missing. A compound-symmetric covariance may be negative.

    References
    ----------
    .. [1] Mallinckrodt, C. H. et al. (2008), Drug Information Journal 42, 303-319.
    .. [2] Kenward, M. G. and Roger, J. H. (1997), Biometrics 53, 983-997.

    Examples
    --------
    Two visits, four participants, all seen: the difference at each is that of means.

    >>> score = [1.0, 2, 3, 5, 2, 2, 6, 7]
    >>> visit, arm = [6] * 4 + [12] * 4, ["a", "a", "b", "b"] * 2
    >>> fit = repeated_scores(score, visit, arm, [1, 2, 3, 4] * 2,
    ...                       covariance="compound-symmetry")
    >>> {v: round(one.value, 10) for v, one in fit.differences.items()}
    {6: 2.5, 12: 4.5}
    """
    check_choice("covariance", covariance, ("unstructured", "compound-symmetry"))
    check_choice("correction", correction, ("kenward-roger", "satterthwaite"))
    check_level(level)
    given = {
        "score": score,
        "visit": visit,
        "arm": arm,
        "cluster": cluster,
        "baseline": baseline,
        "covariates": covariates,
    }
    read = read_columns(
        given, right="arm", data=data, missing=missing, responses=("score", "visit")
    )
    layout = _layout(read, reference)
    method = f"mixed model for repeated measures, {covariance} covariance, REML, "
    method += f"{_CORRECTIONS[correction]}{layout.arms.note}{read.note}"
    fit, reason = _fit(layout, covariance)
    differences = {
        label: _difference(layout, fit, v, correction, reason, level, method)
        for v, label in enumerate(layout.visits.labels)
    }
    return RepeatedScores(
        differences=differences,
        covariance=_covariance(layout, fit, covariance),
        log_likelihood=fit.log_likelihood if fit else np.nan,
        n=layout.n_participants,
        method=method,
        not_estimable=reason,
    )


_CORRECTIONS = {
    "kenward-roger": "Kenward-Roger covariance and degrees of freedom",
    "satterthwaite": "Satterthwaite degrees of freedom",
}
_MEASURE = "mean difference"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Layout:
    """The rows in order of participant and visit, with their design."""

    score: FloatArray
    design: FloatArray
    visits: Groups
    participant: IntArray
    arms: TwoArms
    both: tuple[int, ...]

    @property
    def n_participants(self) -> int:
        """Count the participants."""
        return int(self.participant[-1]) + 1

    def n_at(self, visit: int) -> int:
        """Count the participants at a visit."""
        return int(np.sum(self.visits.code == visit))


def _layout(read: Read, reference: object) -> _Layout:
    """Check the rows, put them in order, and build the design."""
    for name in ("arm", "cluster"):
        if name not in read.columns:
            raise ArgumentError(refusal(name, "be given", None))
    participant = as_groups(read.columns["cluster"], n=read.n).code
    visits = as_groups(read.columns["visit"], n=read.n)
    order = np.lexsort((visits.code, participant))
    visit, participant = visits.code[order], participant[order]
    same = (np.diff(participant) == 0) & (np.diff(visit) == 0)
    if same.any():
        got = f"{int(same.sum())} repeats"
        raise DataError(refusal("visit", "differ between rows of a participant", got))
    arms = TwoArms.of(read.columns["arm"][order], reference)
    _check_constant("arm", arms.treated.astype(np.float64), participant)
    seen = [set(arms.treated[visit == v]) for v in range(len(visits.labels))]
    both = tuple(v for v, found in enumerate(seen) if len(found) == 2)
    ordered = Groups(labels=visits.labels, code=visit)
    return _Layout(
        score=as_numbers("score", read.columns["score"], most=_LARGEST)[order],
        design=_design(read, order, ordered, participant, arms, both),
        visits=ordered,
        participant=participant,
        arms=arms,
        both=both,
    )


def _check_constant(name: str, values: FloatArray, participant: IntArray) -> None:
    """Refuse a participant with two values."""
    changes = (np.diff(participant) == 0) & (np.diff(values) != 0)
    n_wrong = len(set(participant[1:][changes]))
    if n_wrong:
        rule = "be the same in all rows of a participant"
        raise DataError(refusal(name, rule, f"{n_wrong} participants with several"))


def _design(
    read: Read,
    order: npt.NDArray[np.intp],
    visits: Groups,
    participant: IntArray,
    arms: TwoArms,
    both: tuple[int, ...],
) -> FloatArray:
    """Give differences first, then visits, slopes on baseline, covariates."""
    at = (visits.code[:, None] == np.arange(len(visits.labels))).astype(np.float64)
    fixed = np.column_stack([at[:, list(both)] * arms.treated[:, None], at])
    extra = np.empty((read.n, 0))
    if "baseline" in read.columns:
        start = as_numbers("baseline", read.columns["baseline"])[order]
        if start.ndim != 1:
            raise DataError(refusal("baseline", "have one dimension", start.ndim))
        _check_constant("baseline", start, participant)
        one_each = start[np.flatnonzero(np.diff(participant, prepend=-1))]
        extra = at * (start - one_each.mean())[:, None]
    if "covariates" in read.columns:
        more = as_numbers("covariates", read.columns["covariates"])[order]
        more = more[:, None] if more.ndim == 1 else more
        extra = np.column_stack([extra, more - more.mean(axis=0)])
    return np.column_stack([fixed, extra[:, independent_columns(fixed, extra)]])


def _fit(layout: _Layout, covariance: str) -> tuple[RestrictedFit | None, str | None]:
    """Fit the model, or say why it cannot be."""
    reason = layout.arms.reason()
    if reason is None and not layout.both:
        reason = "at no visit are both arms seen"
    n, p = layout.design.shape
    if reason is None and n <= p:
        reason = "there are too few scores"
    if reason is not None:
        return None, reason
    beta = np.linalg.lstsq(layout.design, layout.score, rcond=None)[0]
    residual = layout.score - layout.design @ beta
    spread = float(residual @ residual) / (n - p)
    if spread <= (1e-12 * float(np.abs(layout.score).max())) ** 2:
        return None, "the scores do not vary about their fit"
    pieces = _pieces(len(layout.visits.labels), covariance)
    start = np.array([spread if np.trace(piece) > 0 else 0.0 for piece in pieces])
    fit = fit_restricted(_blocks(layout, pieces), start)
    if fit.reason:
        return None, f"{fit.reason} ({covariance} covariance)"
    return fit, None


def _pieces(k: int, covariance: str) -> FloatArray:
    """Give what each parameter multiplies in the covariance of the visits."""
    if covariance == "compound-symmetry":
        both = [np.eye(k), np.ones((k, k)) - np.eye(k)]
        return np.array(both[: 1 if k == 1 else 2])
    found = []
    for i, j in zip(*np.tril_indices(k), strict=True):
        piece = np.zeros((k, k))
        piece[i, j] = piece[j, i] = 1.0
        found.append(piece)
    return np.array(found)


def _blocks(layout: _Layout, pieces: FloatArray) -> list[Block]:
    """Gather participants who were seen at the same visits."""
    starts = np.flatnonzero(np.diff(layout.participant, prepend=-1))
    patterns: dict[tuple[int, ...], list[IntArray]] = {}
    for rows in np.split(np.arange(len(layout.score)), starts[1:]):
        patterns.setdefault(tuple(layout.visits.code[rows]), []).append(rows)
    blocks = []
    for pattern, members in patterns.items():
        rows = np.array(members)
        own = np.ix_(range(len(pieces)), pattern, pattern)
        blocks.append(
            Block(
                outcome=layout.score[rows],
                design=layout.design[rows],
                pieces=pieces[own],
            )
        )
    return blocks


def _difference(
    layout: _Layout,
    fit: RestrictedFit | None,
    visit: int,
    correction: str,
    reason: str | None,
    level: float,
    method: str,
) -> Estimate:
    """Give the difference at one visit."""
    n = layout.n_at(visit)
    if reason is None and visit not in layout.both:
        reason = "an arm has no score at this visit"
    if fit is None or reason is not None:
        return Estimate.missing(
            _MEASURE, reason or "", n=n, level=level, unit="points", method=method
        )
    weights = np.zeros(len(fit.coefficients))
    weights[layout.both.index(visit)] = 1.0
    adjusted = correction == "kenward-roger"
    value, error, free = fit.contrast(weights, adjusted=adjusted)
    return t_estimate(
        _MEASURE, value, error, free, n=n, level=level, unit="points", method=method
    )


def _covariance(
    layout: _Layout, fit: RestrictedFit | None, covariance: str
) -> pd.DataFrame:
    """Lay the covariance of the visits out as a table."""
    labels = list(layout.visits.labels)
    pieces = _pieces(len(labels), covariance)
    if fit is None:
        table = np.full((len(labels), len(labels)), np.nan)
    else:
        table = np.tensordot(fit.parameters, pieces, 1)
    return pd.DataFrame(table, index=labels, columns=labels)
