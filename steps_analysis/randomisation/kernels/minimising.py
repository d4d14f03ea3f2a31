"""What the compiled loops of minimisation must know of its settings."""

from __future__ import annotations

import numpy as np

from steps_analysis.estimates import FloatArray, IntArray
from steps_analysis.randomisation.adaptive.minimisation import Minimisation
from steps_analysis.randomisation.adaptive.settings import scaled_weights
from steps_analysis.randomisation.kernels.counting import place_within
from steps_analysis.randomisation.kernels.numbers import NumberArray, thresholds

_LIMIT_OF_WHOLE_SCORES = 2**15


def is_plain(procedure: Minimisation) -> bool:
    """
    Say whether the compiled loops know every setting of a minimisation.

    Parameters
    ----------
    procedure
        The minimisation.

    Returns
    -------
    bool
        True where all but factors, weights, imbalance and p stands at its default: two
        arms 1:1, the best arm preferred.

    Examples
    --------
    >>> is_plain(Minimisation(["site"], p=0.7))
    True
    >>> is_plain(Minimisation(["site"], ratio=(2, 1)))
    False
    """
    known = ("range", "standard-deviation", "variance", "marginal-balance")
    plain = Minimisation(
        procedure.factors,
        weights=procedure.weights,
        imbalance=procedure.imbalance,
        p=procedure.p,
    )
    return procedure.imbalance in known and procedure == plain


def has_whole_scores(procedure: Minimisation, *, n: int) -> bool:
    """
    Say whether a minimisation can be scored in whole numbers of 16 bits.

    Parameters
    ----------
    procedure
        The minimisation.
    n
        How many participants.

    Returns
    -------
    bool
        True for whole weights, and an imbalance that counts by which arm is ahead or by
        how far.

    Examples
    --------
    >>> has_whole_scores(Minimisation(["site", "sex"], weights=(2, 1)), n=80)
    True
    >>> has_whole_scores(Minimisation(["site", "sex"], weights=(1.5, 1)), n=80)
    False
    """
    weights = np.array(procedure.weights)
    is_whole = bool((weights == np.floor(weights)).all())
    is_small = weights.max() < _LIMIT_OF_WHOLE_SCORES  # so that their sum is finite
    is_small = is_small and n * weights.sum() < _LIMIT_OF_WHOLE_SCORES
    return is_whole and bool(is_small) and procedure.imbalance != "marginal-balance"


def minimisation_thresholds(procedure: Minimisation) -> NumberArray:
    """
    Give the thresholds of treatment in the three cases of two arms.

    Parameters
    ----------
    procedure
        The minimisation.

    Returns
    -------
    numpy.ndarray
        Where treatment is preferred, at a tie, and where control is, shape (3,).

    Examples
    --------
    >>> minimisation_thresholds(Minimisation(["site"], p=1)).tolist()
    [2147483647, 1073741823, -1]
    """
    scores = np.array([[0.0, 1.0, 1.0], [1.0, 1.0, 0.0]])
    return thresholds(procedure.to_probabilities(scores)[0])


def weights_by_participant(procedure: Minimisation, codes: IntArray) -> FloatArray:
    """
    Scale the weights so that the size of D or its square, weighted, is the imbalance.

    Parameters
    ----------
    procedure
        The minimisation, of two arms 1:1.
    codes
        Levels of the n participants, shape (n, factors).

    Returns
    -------
    numpy.ndarray
        Weight of each factor at each participant, shape (n, factors).

    Examples
    --------
    Marginal balance divides by how many of the level there are, the participant too:

    >>> procedure = Minimisation(["site"], imbalance="marginal-balance")
    >>> weights_by_participant(procedure, np.array([[0], [0], [1]])).ravel().tolist()
    [1.0, 0.5, 1.0]
    """
    weights = np.tile(scaled_weights(procedure.weights), (len(codes), 1))
    if procedure.imbalance == "marginal-balance":
        at_level = np.array([place_within(column) + 1 for column in codes.T])
        return np.asarray(weights / at_level.T)
    scale = {"range": 1.0, "standard-deviation": np.sqrt(0.5), "variance": 0.5}
    return np.asarray(weights * scale[procedure.imbalance])
