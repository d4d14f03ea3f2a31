"""Atkinson's coin: prefer the arm that most sharpens the estimated difference."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from steps_analysis.estimates import FloatArray, IntArray
from steps_analysis.randomisation.parameters import check_factors
from steps_analysis.randomisation.walking import ArmArray

_CERTAIN = 1e-9  # leads this close to one are one but for rounding
_NOTHING_NEW = 1e-8  # a row with less than this outside the earlier ones has nothing


@dataclass(frozen=True, slots=True)
class AtkinsonBiasedCoin:
    """
    Prefer the arm that most sharpens the estimated difference between the arms.

    A linear model with a constant and the factors (each level but one has its own
    effect) predicts, from those allocated so far, by how much treatment is ahead for
    somebody with the next participant's levels. Treatment's probability is
    ``(1 - d)^2 / ((1 - d)^2 + (1 + d)^2)`` for a lead of d: the D_A-optimal coin.

    Attributes
    ----------
    factors
        Names of the factors; a site is a factor like any other.

    Notes
    -----
    Two arms, 1:1; preserved at every step, since the arms are treated alike. There is
    no parameter. Factors are coded as factors, the first
    participant's levels being those without an effect of their own, so that names and
    order of the levels change nothing. ``carat::DoptBCD`` takes the levels' numbers as
    quantities instead, which is another procedure.

    While some effects cannot be estimated (fewer participants than effects, a level
    that nobody had before) the Moore-Penrose inverse takes the smallest solution: an
    effect nobody has shown counts as none. The second participant is then always given
    the arm the first was not given, and later ones may be foreseen with certainty too:
    the fewer participants a level has, the more often. So the first participants of
    sites that open one after the other all get the arm that the very first was not
    given: with many sites of few participants, take another procedure.

    References
    ----------
    .. [1] Atkinson, A. C. (1982), Biometrika 69, 61-67.

    Examples
    --------
    >>> AtkinsonBiasedCoin(["site", "sex"])
    AtkinsonBiasedCoin(factors=('site', 'sex'))
    """

    factors: tuple[str, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "factors", check_factors(self.factors))

    def begin(self, codes: IntArray, *, n: int, n_sequences: int) -> ModelWalk:
        """
        Begin a walk; see `walking.Walkable`.

        Parameters
        ----------
        codes
            Levels of those who take part, shape (steps, factors).
        n
            How many participants are planned; not used.
        n_sequences
            How many sequences walk side by side.

        Returns
        -------
        ModelWalk
            Standing before the first participant.
        """
        return ModelWalk(model_matrix(codes), n_sequences=n_sequences)


class ModelWalk:
    """
    Keep treatment less control in every column of the model.

    Parameters
    ----------
    rows
        Each participant's row of the model, shape (steps, effects).
    n_sequences
        How many sequences walk side by side.
    """

    def __init__(self, rows: FloatArray, *, n_sequences: int) -> None:
        self._rows = rows
        self._inverse = np.zeros((rows.shape[1], rows.shape[1]))
        self._unseen = np.eye(rows.shape[1])
        self._difference = np.zeros((rows.shape[1], n_sequences))
        self._place = 0

    def probabilities(self) -> FloatArray:
        """
        Give each arm's probability for the next participant.

        Returns
        -------
        numpy.ndarray
            Shape (2, n_sequences), treatment first.
        """
        lead = np.zeros(self._difference.shape[1])
        # One effect after the other: a matrix product may round otherwise for other
        # numbers of sequences.
        for weight, difference in zip(
            self._inverse @ self._rows[self._place], self._difference, strict=True
        ):
            lead += weight * difference
        treatment = optimal_coin(lead)
        return np.stack([treatment, 1 - treatment])

    def take(self, arm: ArmArray) -> None:
        """
        Move on: the next participant took these arms.

        Parameters
        ----------
        arm
            The arms, shape (n_sequences,).
        """
        row = self._rows[self._place]
        self._inverse, self._unseen = with_one_more(self._inverse, self._unseen, row)
        self._difference += np.outer(row, 2.0 * arm - 1)
        self._place += 1


def model_matrix(codes: IntArray) -> FloatArray:
    """
    Code factors as factors: a constant, and a column for each level but the first's.

    Parameters
    ----------
    codes
        Levels of those who take part, shape (steps, factors).

    Returns
    -------
    numpy.ndarray
        Shape (steps, effects). The first participant's levels have no column.

    Examples
    --------
    >>> model_matrix(np.array([[1, 0], [0, 2], [1, 1]]))
    array([[1., 0., 0., 0.],
           [1., 1., 0., 1.],
           [1., 0., 1., 0.]])
    """
    columns = [np.ones(len(codes))]
    for factor in codes.T:
        others = np.setdiff1d(factor, factor[:1])
        columns.extend(np.asarray(factor == level, dtype=float) for level in others)
    return np.column_stack(columns)


def with_one_more(
    inverse: FloatArray, unseen: FloatArray, row: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """
    Add a row to a model without inverting its information anew.

    Parameters
    ----------
    inverse
        Moore-Penrose inverse of the information (the sum of the rows' outer products)
        so far, shape (effects, effects); zeros before the first row.
    unseen
        Projection on what no row so far has shown, shape (effects, effects); the
        identity before the first row.
    row
        The row that is added, shape (effects,).

    Returns
    -------
    tuple of numpy.ndarray
        Inverse and projection with it.

    Notes
    -----
    A row within the earlier ones' span is added by Sherman and Morrison's formula, any
    other as in [1]_.

    References
    ----------
    .. [1] Meyer, C. D. (1973), SIAM Journal on Applied Mathematics 24, 315-323.

    Examples
    --------
    >>> nobody, everything = np.zeros((2, 2)), np.eye(2)
    >>> with_one_more(nobody, everything, np.array([1.0, 1.0]))[0]
    array([[0.25, 0.25],
           [0.25, 0.25]])
    """
    gain = inverse @ row
    size = 1 + row @ gain
    new = unseen @ row
    length = new @ new
    if length <= _NOTHING_NEW:
        return inverse - np.outer(gain, gain) / size, unseen
    unit = new / length
    both = np.outer(gain, unit)
    grown = inverse - both - both.T + size * np.outer(unit, unit)
    return grown, unseen - np.outer(new, unit)


def optimal_coin(lead: FloatArray) -> FloatArray:
    """
    Give the D_A-optimal probability of treatment.

    Parameters
    ----------
    lead
        By how much the model says treatment is ahead for such a participant, shape
        (n_sequences,).

    Returns
    -------
    numpy.ndarray
        The probability: one half where the arms are level, certain at a lead of one.

    Examples
    --------
    >>> optimal_coin(np.array([-1.0, 0.0, 0.5]))
    array([1. , 0.5, 0.1])
    """
    is_certain = np.abs(np.abs(lead) - 1) <= _CERTAIN
    exact = np.where(is_certain, np.sign(lead), lead)
    to_treatment, to_control = (1 - exact) ** 2, (1 + exact) ** 2
    return np.asarray(to_treatment / (to_treatment + to_control))
