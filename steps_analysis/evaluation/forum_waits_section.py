"""How long cases wait for the forum, in tables."""

from __future__ import annotations

import pandas as pd

from steps_analysis.evaluation.frame_table import frame_table
from steps_analysis.pathway import ForumDiary
from steps_analysis.reporting.blocks import Paragraph
from steps_analysis.reporting.document import Section
from steps_analysis.trial_data import TrialData

_NO_RANKING = (
    "A wait is the days from referral to the first meeting that hears the case; of a "
    "case that still waits, the days so far. Few cases are too few to tell whether "
    "waits have changed."
)


def waits_section(trial: TrialData, diary: ForumDiary) -> Section:
    """
    Table the waits for the forum, and the ways that referrals took.

    Parameters
    ----------
    trial
        The trial.
    diary
        The diary of its forum.

    Returns
    -------
    Section
        Number, median and ends of the waits, how many by band, and how many referrals
        went to the forum, to the trial, to both or to neither; sites in alphabetical
        order.
    """
    protocol = trial.protocol
    site = protocol.sites.label.capitalize()
    bands = diary.wait_distribution
    ends = zip(bands["from_days"], bands["to_days"], strict=True)
    bands = bands.assign(band=[_band(start, end) for start, end in ends])
    return Section(
        title="Waits for the forum",
        slug="waits",
        blocks=(
            Paragraph(_NO_RANKING),
            frame_table(
                diary.wait_summary,
                {
                    "site": site,
                    "heard": "Cases heard",
                    "median_days": "Median wait, in days",
                    "shortest_days": "Shortest, in days",
                    "longest_days": "Longest, in days",
                    "waiting": "Cases waiting",
                    "longest_so_far_days": "Longest wait so far, in days",
                },
                name="waits",
                caption="Days from referral to the forum",
                protocol=protocol,
                empty="No site has a forum.",
                decimals={"median_days": 1},
                where_it_applies=(
                    "median_days",
                    "shortest_days",
                    "longest_days",
                    "longest_so_far_days",
                ),
            ),
            frame_table(
                bands,
                {"site": site, "band": "Wait", "cases": "Cases heard"},
                name="waits-by-band",
                caption="Cases heard, by how long they waited",
                protocol=protocol,
                empty="No site has a forum.",
            ),
            Paragraph(
                "The forum is no gate: a referral may go to the trial whether or not "
                "the forum has heard it."
            ),
            frame_table(
                diary.ways.rename(columns={"trial": "is_screened"}),
                {
                    "site": site,
                    "forum": "At the forum",
                    "is_screened": "Screened for the trial",
                    "referrals": "Referrals",
                },
                name="ways",
                caption="Referrals since the forum began, by the way they took",
                protocol=protocol,
                empty="No referral has been made since the forum began.",
            ),
        ),
    )


def _band(start: int, end: object) -> str:
    """Name a band of waits."""
    return f"{start} days or more" if end is pd.NA else f"{start} to {end} days"
