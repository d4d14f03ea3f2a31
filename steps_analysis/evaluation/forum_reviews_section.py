"""Which recommendations is a forum to look at again?"""

from __future__ import annotations

from steps_analysis.evaluation.frame_table import frame_table
from steps_analysis.pathway import ForumDiary
from steps_analysis.pathway.forum.recommendations import DUE, OVERDUE
from steps_analysis.reporting.document import Section
from steps_analysis.trial_data import TrialData


def reviews_section(trial: TrialData, diary: ForumDiary) -> Section:
    """
    List the recommendations that the forum is to look at again.

    Parameters
    ----------
    trial
        The trial.
    diary
        The diary of its forum.

    Returns
    -------
    Section
        Reviews due at the meeting asked for, and reviews overdue.
    """
    actions = diary.recommendations
    return Section(
        title="Reviews due",
        slug="reviews",
        blocks=(
            frame_table(
                actions[actions["review"].isin([DUE, OVERDUE])],
                {
                    "referral_id": "Referral",
                    "forum_date": "Heard on",
                    "recommendation": "Recommendation",
                    "owner_role": "Owner",
                    "review_date": "Review on",
                    "review": "Review",
                },
                name="reviews",
                caption="Reviews due at this meeting, and reviews overdue",
                protocol=trial.protocol,
                empty="No review is due.",
            ),
        ),
    )
