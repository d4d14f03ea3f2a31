"""Two arms whose counts are all that matters: one table of probabilities."""

from __future__ import annotations

import numpy as np

from steps_analysis.estimates import FloatArray
from steps_analysis.randomisation.parameters import Ratio
from steps_analysis.randomisation.properties.chains import Chain
from steps_analysis.randomisation.properties.judging import scaled_counts
from steps_analysis.randomisation.restricted.counts import TwoArmCounts


def table_of(procedure: TwoArmCounts, n: int) -> FloatArray:
    """
    Tabulate P(next is treatment) for all counts a trial of n can have.

    Parameters
    ----------
    procedure
        A procedure of two arms that is one function of the counts.
    n
        How many participants are planned.

    Returns
    -------
    numpy.ndarray
        Shape (n, n + 1): row = how many are allocated, column = how many of them to
        treatment; 0 where that is impossible.

    Examples
    --------
    >>> from steps_analysis.randomisation import BigStick
    >>> table_of(BigStick(1), 2)
    array([[0.5, 0. , 0. ],
           [1. , 0. , 0. ]])
    """
    done, treated = np.tril_indices(n)
    table = np.zeros((n, n + 1))
    table[done, treated] = procedure.probability(treated, done - treated, n)
    return table


def two_arm_chain(procedure: TwoArmCounts, n: int, *, ratio: Ratio = (1, 1)) -> Chain:
    """
    Follow the counts of two arms through a trial.

    Parameters
    ----------
    procedure
        A procedure of two arms that is one function of the counts.
    n
        How many participants are planned, at least 1.
    ratio
        What counts as balance.

    Returns
    -------
    Chain
        Its states are the counts that are possible.
    """
    from steps_analysis.randomisation.properties import recursion  # heavy: numba

    table = table_of(procedure, n)
    law = recursion.law_of_counts(table).ravel()
    possible = np.flatnonzero(law)
    step, treated = np.divmod(possible, n + 1)
    p = table[np.minimum(step, n - 1), treated]
    return Chain(
        ratio=ratio,
        step=step,
        scaled=scaled_counts(np.stack([treated, step - treated]), ratio),
        law=law[possible],
        probabilities=np.stack([p, 1 - p]),
        reached=recursion.exceedance(table, *ratio),
    )
