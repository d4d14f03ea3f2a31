"""Over which stretches of time are referrals counted in a public edition?"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from steps_analysis.trial_data import TrialData

_DAYS_PER_YEAR = 365.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """
    A stretch of time that has a column of its own.

    Attributes
    ----------
    label
        Its name, such as ``"2012/13"`` or ``"2012/13 to 2013/14"``.
    start, end
        First and last day.
    years
        How long it is, in years.

    Examples
    --------
    >>> year = Stretch(label="2013/14", start=pd.Timestamp(2013, 4, 1),
    ...                end=pd.Timestamp(2014, 3, 31), years=1.0)
    >>> year.years
    1.0
    """

    label: str
    start: pd.Timestamp
    end: pd.Timestamp
    years: float


def finest_stretches(trial: TrialData) -> tuple[Stretch, ...] | str:
    """
    List the whole financial years that the referrals cover.

    Parameters
    ----------
    trial
        The trial; needs ``referrals``.

    Returns
    -------
    tuple of Stretch or str
        The financial years, or, where none is covered whole, the whole months as one
        stretch; or the reason why there is none.
    """
    referrals = trial.need("referrals")
    if referrals.empty:
        return "there are no referrals"
    dates = referrals["referral_date"]
    first, last = dates.min(), min(dates.max(), trial.cutoff)
    start = _first_april(first)
    end = _first_april(last + pd.Timedelta(days=1) - pd.DateOffset(years=1))
    years = range(start.year, end.year)
    if years:
        return tuple(_financial_year(year) for year in years)
    return _whole_months(first, last, trial.cutoff)


def _financial_year(year: int) -> Stretch:
    """Give the financial year that begins in a calendar year."""
    return Stretch(
        label=f"{year}/{(year + 1) % 100:02d}",
        start=pd.Timestamp(year, 4, 1),
        end=pd.Timestamp(year + 1, 3, 31),
        years=1.0,
    )


def _whole_months(
    first: pd.Timestamp, last: pd.Timestamp, cutoff: pd.Timestamp
) -> tuple[Stretch, ...] | str:
    """Give the months of the referrals as one stretch."""
    start = first.to_period("M").start_time
    end = min(last.to_period("M").end_time.normalize(), cutoff.normalize())
    if end < start:
        return "the referrals lie after the extract date"
    days = (end - start).days + 1
    label = f"{start:%B %Y} to {end:%B %Y}"
    if start.to_period("M") == end.to_period("M"):
        label = f"{start:%B %Y}"
    years = days / _DAYS_PER_YEAR
    return (Stretch(label=label, start=start, end=end, years=years),)


def joined(stretches: tuple[Stretch, ...], width: int) -> tuple[Stretch, ...]:
    """
    Join neighbouring stretches, some at a time.

    Parameters
    ----------
    stretches
        The stretches, in order of time.
    width
        How many make one, at least 1; the last may be made of fewer.

    Returns
    -------
    tuple of Stretch
        The longer ones.

    Examples
    --------
    >>> years = tuple(_financial_year(year) for year in (2012, 2013, 2014))
    >>> [stretch.label for stretch in joined(years, 2)]
    ['2012/13 to 2013/14', '2014/15']
    """
    groups = [stretches[i : i + width] for i in range(0, len(stretches), width)]
    return tuple(
        group[0]
        if len(group) == 1
        else Stretch(
            label=f"{group[0].label} to {group[-1].label}",
            start=group[0].start,
            end=group[-1].end,
            years=sum(one.years for one in group),
        )
        for group in groups
    )


def _first_april(day: pd.Timestamp) -> pd.Timestamp:
    """Give the first of April on or after a day."""
    april = pd.Timestamp(day.year, 4, 1)
    return april if april >= day.normalize() else pd.Timestamp(day.year + 1, 4, 1)
