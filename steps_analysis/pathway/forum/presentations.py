"""The presentations of a forum: what it has heard, and what is booked."""

from __future__ import annotations

import pandas as pd

from steps_analysis.pathway.full_tables import full_or_empty, full_table
from steps_analysis.trial_data import TrialData

_FROM_REFERRAL = ["site", "referral_date", "age_at_referral"]


def presentations(
    trial: TrialData, sites: tuple[str, ...], on: pd.Timestamp
) -> pd.DataFrame:
    """
    List the presentations at some sites' forums, as known on a day.

    Parameters
    ----------
    trial
        The trial; needs ``referrals``. Without ``forum``, there is none.
    sites
        The sites.
    on
        The day. A meeting on the day itself is still to come.

    Returns
    -------
    pandas.DataFrame
        The columns of ``forum.csv`` with what the referral says of the case, and

        - ``papers_by``, when the papers came, or can come at the earliest; missing
          where the trial records no papers at all;
        - ``is_heard``, whether the meeting was before the day;
        - ``is_first``, whether the case comes to the forum for the first time.

        Referrals made since the day are left out, and papers that came since have not
        come. In order of site, meeting and referral.
    """
    referrals = full_table(trial, "referrals").drop_duplicates("referral_id")
    referrals = referrals.set_index("referral_id")[_FROM_REFERRAL]
    found = full_or_empty(trial, "forum").join(referrals, on="referral_id")
    found = found[found["site"].isin(sites) & (found["referral_date"] <= on)]
    order = ["site", "forum_date", "referral_date", "referral_id"]
    found = found.sort_values(order, kind="stable").reset_index(drop=True)
    papers = found["papers_date"].where(found["papers_date"] <= on)
    are_recorded = trial.forum is not None and "papers_date" in trial.forum
    return found.assign(
        papers_date=papers,
        papers_by=papers.fillna(on) if are_recorded else papers,
        is_heard=found["forum_date"] < on,
        is_first=~found["referral_id"].duplicated(),
    )


def referrals_at(
    trial: TrialData, sites: tuple[str, ...], on: pd.Timestamp
) -> pd.DataFrame:
    """
    List the referrals made at some sites by a day.

    Parameters
    ----------
    trial
        The trial; needs ``referrals``.
    sites
        The sites.
    on
        The day.

    Returns
    -------
    pandas.DataFrame
        The columns of ``referrals.csv``, in order of site, date and referral.
    """
    referrals = full_table(trial, "referrals").drop_duplicates("referral_id")
    is_there = referrals["site"].isin(sites) & (referrals["referral_date"] <= on)
    order = ["site", "referral_date", "referral_id"]
    return referrals[is_there].sort_values(order).reset_index(drop=True)
