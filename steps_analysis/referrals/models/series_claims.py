"""What can this series not say about a forum?"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from steps_analysis.errors import ArgumentError, did_you_mean, refusal
from steps_analysis.referrals.models.series_table import Series

MONTHS_BEFORE = 24  # two of every calendar month: season and change can be told apart
MONTHS_AFTER = 6
FEWEST_CONTROLS = 3  # from whose scatter the interval's scale is learnt

BETTER_IDENTIFICATION = "more referrals may mean better identification"
TRIAL_REFERRALS = (
    "trial referrals begin with the trial: count all identifications, eligible or not"
)


def unsupported(series: Series, *, needs_placebos: bool) -> str | None:
    """
    Say why the design cannot tell a forum from something else.

    Parameters
    ----------
    series
        The counts and starts.
    needs_placebos
        Whether the interval's scale comes from the unchanged boroughs.

    Returns
    -------
    str or None
        A reason worded to follow "not estimable because", or None.

    Examples
    --------
    >>> import pandas as pd
    >>> from steps_analysis.referrals.models.two_way import Panel
    >>> one = np.ones((2, 1, 2))
    >>> months = pd.DatetimeIndex(["2014-01-01", "2014-02-01"])
    >>> both = Series(sites=("A", "B"), months=months, start=np.array([0, 0]),
    ...     panel=Panel(events=one, exposure=one), parts=np.array([[0.0, 1.0]]))
    >>> unsupported(both, needs_placebos=True)
    'all boroughs change at once: nothing tells the change from the time'
    """
    return (
        _without_comparison(series)
        or _too_short(series)
        or _too_few(series, needs_placebos)
    )


def coincidence(series: Series, coincides_with: Mapping[str, str] | None) -> str | None:
    """
    Say which other change happened together with the start of a forum.

    Parameters
    ----------
    series
        The counts and starts.
    coincides_with
        Borough to what else changed there at the same time, such as
        ``"entry into the trial"``.

    Returns
    -------
    str or None
        A reason, or None where nothing coincides in a borough that changed.

    Raises
    ------
    ArgumentError
        If a borough is unknown.
    """
    declared = coincides_with or {}
    for site in declared:
        if site not in series.sites:
            hint = did_you_mean(site, series.sites)
            rule = "name boroughs of `table`"
            raise ArgumentError(refusal("coincides_with", rule, site, hint=hint))
    changed = series.names(series.changed)
    what = sorted({declared[site] for site in changed if site in declared})
    if not what:
        return None
    n = sum(site in declared for site in changed)
    return (
        f"in {n} of {len(changed)} boroughs the start coincides with"
        f" {' and '.join(what)}: their effects cannot be told apart"
    )


def _without_comparison(series: Series) -> str | None:
    """Ask whether some boroughs changed and others did not."""
    if not len(series.changed):
        return "no borough changes within the series"
    if len(series.controls):
        return None
    if len(series.sites) == 1:
        return "there is no control borough"
    if len(series.parts) == 1:
        return "all boroughs change at once: nothing tells the change from the time"
    return "there is no control borough: every borough changes within the series"


def _too_short(series: Series) -> str | None:
    """Ask whether there are months enough before and after every change."""
    before, after = months_around(series)
    if before < MONTHS_BEFORE:
        return f"there are {before} months before a change, fewer than {MONTHS_BEFORE}"
    if after < MONTHS_AFTER:
        return f"there are {after} months after a change, fewer than {MONTHS_AFTER}"
    if series.parts.max() < 1:
        return "no ramp is complete within the series"
    return None


def months_around(series: Series) -> tuple[int, int]:
    """
    Count the months before and after the changes.

    Parameters
    ----------
    series
        The counts and starts, with at least one start.

    Returns
    -------
    tuple of int
        Whole months before the first change, and months from the last one on, that in
        which it happened included.
    """
    before = np.sum(series.parts == 0, axis=1)
    return int(before.min()), int(series.parts.shape[1] - before.max())


def _too_few(series: Series, needs_placebos: bool) -> str | None:
    """Ask whether there are boroughs and counts enough."""
    events, part = series.panel.events.sum(axis=1), series.part
    if needs_placebos and len(series.controls) < FEWEST_CONTROLS:
        return (
            f"there are {len(series.controls)} unchanged boroughs,"
            f" fewer than {FEWEST_CONTROLS}: how much boroughs drift is not known"
        )
    if not events[series.controls].sum():
        return "there are no referrals in the unchanged boroughs"
    changed = series.changed
    for words, inside in (("before", part == 0), ("after", part > 0)):
        if not np.sum(events[changed] * inside[changed]):
            return f"there are no referrals {words} the change"
    return None
