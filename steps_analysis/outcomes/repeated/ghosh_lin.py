"""How many events has a participant had on average, those who died having no more?"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.estimates import Curve
from steps_analysis.formulas import MissingPolicy
from steps_analysis.outcomes.repeated.histories import Labels, Times, read_histories
from steps_analysis.outcomes.repeated.mean_function import mean_limits
from steps_analysis.outcomes.repeated.terminal import Terminal


def ghosh_lin(
    entry: Times,
    time: npt.ArrayLike | None = None,
    cause: npt.ArrayLike | None = None,
    cluster: Labels = None,
    *,
    transform: str = "log",
    level: float = 0.95,
    missing: MissingPolicy = "refuse",
    data: pd.DataFrame | None = None,
) -> Curve:
    """
    Estimate the mean number of events where death, or the like, ends them.

    Parameters
    ----------
    entry
        Start of each spell, shape (rows,): at risk in (entry, time]; None for the
        origin; or a formula ``"entry + time + cause ~ 1"`` with `data`.
    time
        Its end, shape (rows,), finite and at least 0.
    cause
        How it ended, shape (rows,): 1 in an event, 2 in what ends all events, else 0.
    cluster
        Labels of the participants, shape (rows,), or the name of a column of `data`.
    transform
        Scale of the limits: ``"log"`` or ``"plain"`` (no lower than 0).
    level
        Confidence level, in (0, 1).
    missing
        ``"refuse"`` rows with missing values, or ``"drop"`` them and count them.
    data
        The table a formula speaks of.

    Returns
    -------
    Curve
        One step per distinct time of an event, starting from 0: the mean over all
        participants, those who have died counting with the events they had. Without
        limits where participants do not differ.

    Raises
    ------
    ArgumentError
        If an option is unknown, or there is no `cluster`.
    DataError
        If the columns do not fit together, values are missing or impossible, spells of
        one participant overlap, or go on after the end of all events.

    Notes
    -----
    The sum over event times of S(t-) d / Y, where S is the Kaplan-Meier curve of death;
    `mean_cumulative_function`, which takes death for censoring, speaks of a world
    without death and is higher. Robust variance of Ghosh and Lin. As R's
    ``mets::recurrentMarginal`` where no two rows end at one time; with ties that breaks
    them one by one, so that the second of two events at a time finds one fewer at risk,
    and across strata mixes their survival; we leave ties as they are.

    References
    ----------
    .. [1] Cook, R. J. and Lawless, J. F. (1997), Statistics in Medicine 16, 911-924.
    .. [2] Ghosh, D. and Lin, D. Y. (2000), Biometrics 56, 554-562.

    Examples
    --------
    Of two, one dies at 1; the other has an event at 2, counting for a half.

    >>> ghosh_lin([0, 0, 2], [1, 2, 3], [2, 1, 0], ["a", "b", "b"]).value
    array([0.5])
    """
    spells = read_histories(
        entry, time, cause, cluster, ending="cause", missing=missing, data=data
    )
    group = Terminal.of(spells)
    happens = group.counting.n_events > 0
    value = group.mean[happens]
    se = np.sqrt((group.mean_influence() ** 2).sum(axis=0))[happens]
    se = np.where(se <= 1e-12, np.nan, se)
    lower, upper = mean_limits(value, se, transform=transform, level=level)
    return Curve(
        time=group.counting.grid[happens],
        value=value,
        lower=lower,
        upper=upper,
        standard_error=se,
        n_at_risk=group.counting.n_at_risk[happens],
        level=level,
        method=f"Ghosh-Lin mean with terminal event, {transform} limits{spells.note}",
        start=0.0,
        r_call="mets::recurrentMarginal(mets::Event(entry, time, cause) ~ "
        "cluster(cluster), cause = 1, death.code = 2)",
    )
