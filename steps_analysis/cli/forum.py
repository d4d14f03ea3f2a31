"""``steps forum``: the pack that the members of a forum read before a meeting."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

from steps_analysis.cli.evaluate import check_out
from steps_analysis.cli.internal import add_internal_arguments, day, write_internal

if TYPE_CHECKING:
    from steps_analysis.pathway import ForumDiary


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """
    Describe the options.

    Parameters
    ----------
    parser
        The command's parser.
    """
    add_internal_arguments(parser)
    parser.add_argument("--site", required=True, help="the site whose forum it is")
    parser.add_argument(
        "--meeting", type=day, help="the day of the meeting (default: the next)"
    )
    parser.epilog = (
        "The pack holds records of single children and never leaves the forum. It is "
        "read as a commissioner reads: no file that shows an arm or an outcome is "
        "opened. Exit code 0: done; 2: the input is wrong."
    )


def run(options: argparse.Namespace) -> int:
    """
    Write a forum's pack.

    Parameters
    ----------
    options
        What the command line said.

    Returns
    -------
    int
        0.

    Raises
    ------
    StepsError
        If the data or the protocol are wrong, the site has no forum, or it does not
        meet on the day.
    """
    from steps_analysis.evaluation.forum_pack import forum_pack
    from steps_analysis.pathway import forum_diary
    from steps_analysis.trial_data import read_trial

    check_out(options.out, options.data)
    trial = read_trial(options.data, protocol=options.protocol, role="commissioner")
    diary = forum_diary(
        trial, site=options.site, meeting=options.meeting, on=options.on
    )
    document = forum_pack(trial, diary)
    page = write_internal(trial, document, options.out, "forum pack")
    if options.json:
        found = {"stamp": document.stamp, **summary(diary)}
        print(json.dumps(found, indent=1, ensure_ascii=False))
    else:
        print(f"{document.stamp}\n{document.title}. {document.subtitle}")
        print(f"The pack: {page}")
    return 0


def summary(diary: ForumDiary) -> dict[str, Any]:
    """
    Give a diary as plain values.

    Parameters
    ----------
    diary
        The diary.

    Returns
    -------
    dict
        The meeting, its agenda, and how many recommendations and reviews stand how.
    """
    from steps_analysis.pathway.forum.site_meetings import ASKED

    asked = diary.meetings[diary.meetings["state"] == ASKED].iloc[0]
    agenda = diary.agenda[["referral_id", "outcome", "moved_to"]]
    moved = agenda["moved_to"].dt.strftime("%Y-%m-%d")
    listed = agenda.assign(moved_to=moved.where(moved.notna(), None))
    return {
        "site": asked["site"],
        "on": str(diary.on),
        "meeting": f"{asked['meeting_date']:%Y-%m-%d}",
        "papers_due": f"{asked['papers_due_date']:%Y-%m-%d}",
        "agenda": listed.to_dict("records"),
        "recommendations": diary.recommendations["status"].value_counts().to_dict(),
        "reviews": diary.recommendations["review"].value_counts().to_dict(),
        "waits_heard": int(diary.wait_summary["heard"].sum()),
        "waits_waiting": int(diary.wait_summary["waiting"].sum()),
        "absent": dict(diary.absent),
    }
