"""How long do cases wait for the forum, and which way do referrals take?"""

from __future__ import annotations

import numpy as np
import pandas as pd

HEARD, BOOKED, NOT_BOOKED = "heard", "booked", "not booked"

# Upper ends in days: a monthly meeting makes most waits shorter than two months.
WAIT_BANDS = (14, 28, 42, 56)


def forum_waits(cases: pd.DataFrame, on: pd.Timestamp) -> pd.DataFrame:
    """
    Give how long each case waited for its first hearing, or has waited until now.

    Parameters
    ----------
    cases
        Presentations, as `presentations` gives them.
    on
        The day this is asked.

    Returns
    -------
    pandas.DataFrame
        One row per referral that was heard or is booked: ``site``, ``referral_id``,
        ``referral_date``, ``forum_date``, ``is_heard`` and ``wait_days``, from referral
        to the forum, or to the day where it is still to be heard.
    """
    first = cases[cases["is_first"]]
    until = first["forum_date"].where(first["is_heard"], on)
    waits = first.assign(wait_days=(until - first["referral_date"]).dt.days)
    kept = ["site", "referral_id", "referral_date", "forum_date"]
    return waits[[*kept, "is_heard", "wait_days"]].reset_index(drop=True)


def wait_summary(waits: pd.DataFrame, sites: tuple[str, ...]) -> pd.DataFrame:
    """
    Summarise the waits of each site.

    Parameters
    ----------
    waits
        As `forum_waits` gives them.
    sites
        The sites.

    Returns
    -------
    pandas.DataFrame
        By ``site``: ``heard``, ``median_days``, ``shortest_days`` and ``longest_days``
        of those heard, missing where none was; ``waiting``, and
        ``longest_so_far_days`` of those that wait.
    """
    heard = waits[waits["is_heard"]].groupby("site")["wait_days"]
    waiting = waits[~waits["is_heard"]].groupby("site")["wait_days"]
    found = pd.DataFrame(
        {
            "heard": heard.size(),
            "median_days": heard.median(),
            "shortest_days": heard.min(),
            "longest_days": heard.max(),
            "waiting": waiting.size(),
            "longest_so_far_days": waiting.max(),
        },
        index=pd.Index(sites, name="site"),
    ).astype("Float64")
    days = ["shortest_days", "longest_days", "longest_so_far_days"]
    counts = ["heard", "waiting"]
    found[counts] = found[counts].fillna(0)
    return found.astype(dict.fromkeys([*counts, *days], "Int64")).reset_index()


def wait_distribution(waits: pd.DataFrame, sites: tuple[str, ...]) -> pd.DataFrame:
    """
    Count the waits of those heard by band, at each site.

    Parameters
    ----------
    waits
        As `forum_waits` gives them.
    sites
        The sites.

    Returns
    -------
    pandas.DataFrame
        Columns ``site``, ``from_days``, ``to_days`` (both included; missing in the last
        band) and ``cases``; a row for every site and band.
    """
    heard = waits[waits["is_heard"]]
    band = np.searchsorted(WAIT_BANDS, heard["wait_days"].to_numpy())
    counts = heard.groupby(["site", band]).size()
    every = pd.MultiIndex.from_product([sites, range(len(WAIT_BANDS) + 1)])
    ends = pd.Series([*WAIT_BANDS, None], dtype="Int64")
    starts = pd.Series([0, *(end + 1 for end in WAIT_BANDS)])
    place = every.get_level_values(1).to_numpy()
    return pd.DataFrame(
        {
            "site": every.get_level_values(0),
            "from_days": starts.to_numpy()[place],
            "to_days": ends.array[place],
            "cases": counts.reindex(every, fill_value=0).to_numpy(int),
        }
    )


def ways_taken(
    referrals: pd.DataFrame, cases: pd.DataFrame, screened: pd.Series[str] | None
) -> pd.DataFrame:
    """
    Count the referrals by the way they took: to the forum, to the trial, both, neither.

    Parameters
    ----------
    referrals
        Referrals of the sites.
    cases
        Presentations, as `presentations` gives them.
    screened
        Referrals that were screened for the trial; None where that is not recorded.

    Returns
    -------
    pandas.DataFrame
        Columns ``site``, ``forum`` (heard, booked or not booked), ``trial`` (whether it
        was screened; missing where not recorded) and ``referrals``, those that occur.

    Notes
    -----
    The forum is no gate: a referral may go to the trial without it, and to the forum
    without the trial.
    """
    ids = referrals["referral_id"]
    heard = cases.loc[cases["is_heard"], "referral_id"]
    at_forum = np.select(
        [ids.isin(heard), ids.isin(cases["referral_id"])], [HEARD, BOOKED], NOT_BOOKED
    )
    at_trial = pd.Series(pd.NA, index=ids.index, dtype="boolean")
    if screened is not None:
        at_trial = ids.isin(screened).astype("boolean")
    ways = pd.DataFrame(
        {"site": referrals["site"], "forum": at_forum, "trial": at_trial}
    )
    counted = ways.groupby(["site", "forum", "trial"], dropna=False).size()
    return counted.reset_index(name="referrals")
