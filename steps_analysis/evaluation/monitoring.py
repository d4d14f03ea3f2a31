"""The monitoring report: what a research assistant needs each week, without arms."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

from steps_analysis.evaluation.absences import not_open
from steps_analysis.evaluation.follow_up_sections import (
    retention_section,
    visits_section,
)
from steps_analysis.evaluation.forum_waits_section import waits_section
from steps_analysis.evaluation.internal_mark import (
    TRIAL_MARK,
    day_in_words,
    internal_stamp,
)
from steps_analysis.evaluation.publication import check_place_names
from steps_analysis.evaluation.queries_section import queries_section
from steps_analysis.evaluation.screening_section import log_section, screening_section
from steps_analysis.pathway import forum_diary
from steps_analysis.pathway.day_asked import day_asked
from steps_analysis.pathway.forum.site_meetings import sites_with_forum
from steps_analysis.reporting.blocks import Block, Callout, Items, Subheading
from steps_analysis.reporting.document import Document, Section
from steps_analysis.trial_data import TrialData

STAYS_INSIDE = (
    "This report lists records of single children and families, under pseudonymous "
    "numbers, with their days. It is for the trial's own staff, and nothing in it may "
    "be published. It shows no arm, no treatment and no cost, and depends on none."
)

SCREENING, VISITS, WAITS = "Screening", "Visits and retention", "Waits for the forum"
_NEEDED = {
    SCREENING: ("screening",),
    VISITS: ("participants", "visits"),
    WAITS: ("sites", "referrals"),
}


def monitoring(trial: TrialData, *, on: date | None = None) -> Document:
    """
    Write the monitoring report of a trial.

    Parameters
    ----------
    trial
        The trial, best read as a research assistant.
    on
        The day this is asked; None for the extract date.

    Returns
    -------
    Document
        An internal edition: screening, visits due and overdue, retention, data queries
        and waits for the forum. What a table is absent for, or closed to the role, is
        left out, and the report says so.

    Raises
    ------
    ArgumentError
        If the day asked lies after the extract date.
    DisclosureError
        If synthetic data name a real place that the protocol does not document.

    Notes
    -----
    No concealed table is read, whatever the role: permuting the arms changes nothing.
    Queries are those of the whole records, to the extract date.

    Examples
    --------
    >>> from steps_analysis.protocol import load_protocol
    >>> from steps_analysis.simulation import draw_trial
    >>> report = monitoring(draw_trial(load_protocol(), "null", n=12, seed=1))
    >>> [section.slug for section in report.sections]
    ['about', 'screening', 'visits', 'retention', 'queries', 'waits', 'log']
    """
    check_place_names(trial)
    day = day_asked(trial, on)
    left_out = not_monitored(trial)
    protocol = trial.protocol
    return Document(
        title=f"{protocol.trial.short_name}: monitoring report",
        subtitle=f"As the records stood on {day_in_words(day)}",
        sections=(
            _about(left_out),
            *_sections(trial, day.date(), left_out),
        ),
        stamp=internal_stamp(TRIAL_MARK, trial),
        edition="internal",
        meta={
            "Records complete to": day_in_words(trial.cutoff),
            "Read as": trial.role.replace("_", " "),
            "Protocol": f"version {protocol.digest[:12]}",
        },
    )


def not_monitored(trial: TrialData) -> dict[str, str]:
    """
    Say which parts of a monitoring report cannot be written, and why.

    Parameters
    ----------
    trial
        The trial.

    Returns
    -------
    dict
        Part to the reason: a table is absent or closed to the role, or the trial has no
        such thing.
    """
    found = {}
    for part, tables in _NEEDED.items():
        closed = [why for table in tables if (why := not_open(trial, table))]
        reasons = closed or [why for why in (_NOTHING[part](trial),) if why]
        if reasons:
            found[part] = reasons[0]
    return found


def _no_visits(trial: TrialData) -> str | None:
    if not trial.protocol.visits.months:
        return "the protocol plans no visits"
    has_dates = "completed_date" in trial.need("visits")
    return None if has_dates else "visits.csv has no completed_date"


def _no_forum(trial: TrialData) -> str | None:
    if trial.protocol.forum is None:
        return "the protocol does not say how a forum works"
    return None if sites_with_forum(trial) else "no site has a forum"


_NOTHING: dict[str, Callable[[TrialData], str | None]] = {
    SCREENING: lambda trial: None,
    VISITS: _no_visits,
    WAITS: _no_forum,
}


def _sections(
    trial: TrialData, on: date, left_out: dict[str, str]
) -> Iterator[Section]:
    """Give the report's sections in order, those that can be written."""
    if SCREENING not in left_out:
        yield screening_section(trial, on)
    if VISITS not in left_out:
        yield visits_section(trial, on)
        yield retention_section(trial, on)
    yield queries_section(trial)
    if WAITS not in left_out:
        yield waits_section(trial, forum_diary(trial, on=on))
    if SCREENING not in left_out:
        yield log_section(trial, on)


def _about(left_out: dict[str, str]) -> Section:
    """Say whom the report is for, and what it leaves out."""
    blocks: list[Block] = [Callout("note", STAYS_INSIDE)]
    if left_out:
        entries = tuple(f"{part}: {why}." for part, why in left_out.items())
        blocks += [Subheading("Left out of this report"), Items(entries)]
    return Section(title="About this report", slug="about", blocks=tuple(blocks))
