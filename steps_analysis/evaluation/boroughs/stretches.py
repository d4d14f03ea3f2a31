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

    The month of the first referral and that of the last count as covered whole.

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
    first = dates.min().to_period("M").start_time
    last = min(dates.max().to_period("M").end_time.normalize(), trial.cutoff)
    after = last + pd.Timedelta(days=1)
    years = range(
        first.year + (first > pd.Timestamp(first.year, 4, 1)),
        after.year - (after < pd.Timestamp(after.year, 4, 1)),
    )
    if years:
        return tuple(_financial_year(year) for year in years)
    return _whole_months(first, last)


def _financial_year(year: int) -> Stretch:
    """Give the financial year that begins in a calendar year."""
    return Stretch(
        label=f"{year}/{(year + 1) % 100:02d}",
        start=pd.Timestamp(year, 4, 1),
        end=pd.Timestamp(year + 1, 3, 31),
        years=1.0,
    )


def _whole_months(start: pd.Timestamp, end: pd.Timestamp) -> tuple[Stretch, ...] | str:
    """Give the months of the referrals as one stretch."""
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
