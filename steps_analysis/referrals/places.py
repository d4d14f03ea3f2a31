"""Which counts belong to which place?"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.errors import DataError, refusal


def labelled_places(
    events: npt.ArrayLike, name: str, exposure: npt.ArrayLike
) -> pd.DataFrame:
    """
    Put events and exposure side by side under the labels of the places.

    Parameters
    ----------
    events
        One entry per place, shape (n,); the labels of a Series name the places.
    name
        What the other argument is called.
    exposure
        What the events are out of, shape (n,), with the labels of `events` if it is a
        Series too.

    Returns
    -------
    pandas.DataFrame
        ``events``, ``exposure``; in alphabetical order of the labels, in the order
        given where labels are not words.

    Raises
    ------
    DataError
        If shapes differ, or labels repeat or differ.

    Examples
    --------
    >>> labelled_places(pd.Series({"B": 2, "A": 1}), "exposure", [20, 10])
       events  exposure
    A       1        10
    B       2        20
    """
    series = [each for each in (events, exposure) if isinstance(each, pd.Series)]
    labels = series[0].index if series else None
    if any(each.index.has_duplicates for each in series):
        raise DataError(refusal("events", "have one entry per label", "a repeat"))
    if len(series) == 2 and set(series[1].index) != set(series[0].index):
        raise DataError(refusal(name, "have the labels of `events`", "others"))
    if len(series) == 2:
        exposure = series[1].reindex(labels)
    columns = {"events": np.asarray(events), "exposure": np.asarray(exposure)}
    shape = columns["events"].shape
    if len(shape) != 1 or not shape[0]:
        raise DataError(refusal("events", "have one entry per place", shape))
    if columns["exposure"].shape != shape:
        rule = "have one entry for each of `events`"
        raise DataError(refusal(name, rule, columns["exposure"].shape))
    points = pd.DataFrame(columns, index=labels)
    return points.sort_index() if points.index.inferred_type == "string" else points
