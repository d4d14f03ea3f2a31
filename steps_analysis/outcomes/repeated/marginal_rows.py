"""When did each participant have the first, the second, … event?"""

from __future__ import annotations

from typing import Any

import numpy as np

from steps_analysis.estimates import FloatArray, IntArray
from steps_analysis.outcomes.repeated.histories import Histories


def marginal_rows(
    spells: Histories, number: IntArray, covariates: FloatArray
) -> dict[str, Any]:
    """
    Lay spells out as Wei, Lin and Weissfeld do: a row per participant and number.

    Parameters
    ----------
    spells
        The spells.
    number
        Number of the event each waits for, shape (rows,).
    covariates
        Covariates, shape (rows, p); those of a participant's first spell are taken.

    Returns
    -------
    dict of str to numpy.ndarray
        ``entry``, ``origin``, ``time``, ``event``, ``number``, ``cluster`` and
        ``covariates``: everybody waits for each event from
        first entry until it happens, or until the last follow-up.

    Examples
    --------
    One event at 2 and follow-up to 5: the first happened at 2, a second not by 5.

    >>> from steps_analysis.outcomes.repeated.histories import read_histories
    >>> spells = read_histories([0, 2, 0], [2, 5, 4], [1, 0, 0], ["a", "a", "b"])
    >>> rows = marginal_rows(spells, np.array([1, 2, 1]), np.zeros((3, 1)))
    >>> rows["time"], rows["event"]
    (array([2., 4.]), array([ True, False]))
    """
    n_numbers = max(int(number[spells.event].max(initial=0)), 1)
    time = np.tile(spells.last(), (n_numbers, 1))
    event = np.zeros((n_numbers, spells.n), dtype=np.bool_)
    row, column = number[spells.event] - 1, spells.cluster[spells.event]
    time[row, column] = spells.time[spells.event]
    event[row, column] = True
    order = np.lexsort((spells.entry, spells.cluster))
    first = order[np.searchsorted(spells.cluster[order], np.arange(spells.n))]
    entry = np.tile(spells.entry[first], n_numbers)
    return {
        "entry": entry,
        "origin": entry,
        "time": time.ravel(),
        "event": event.ravel(),
        "number": np.repeat(np.arange(1, n_numbers + 1), spells.n),
        "cluster": np.tile(np.arange(spells.n), n_numbers),
        "covariates": np.tile(covariates[first], (n_numbers, 1)),
    }
