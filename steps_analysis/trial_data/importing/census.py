"""
Referrals and closures from the children in need census in England.

The census is a file in XML: for each child, identifiers and one or more ``CINdetails``,
each a referral with its source and, where it has ended, its closure.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import NamedTuple

from steps_analysis.trial_data.importing.census_file import DETAILS, read_cases
from steps_analysis.trial_data.importing.event_rows import events_source
from steps_analysis.trial_data.importing.key_file import read_key
from steps_analysis.trial_data.importing.source import Source
from steps_analysis.trial_data.problems import Problem, found

# The census's source of referral to `source` of referrals.csv. The census has no code
# of its own for child mental health (within 3F) or youth offending (within 5B).
SOURCES: Mapping[str, str] = {
    "1A": "family",
    **dict.fromkeys(("1B", "1C", "1D"), "other"),
    **dict.fromkeys(("2A", "2B"), "school"),
    **dict.fromkeys(("3A", "3B", "3C", "3D", "3E", "3F"), "health"),
    "4": "other",
    "5A": "social_care",
    **dict.fromkeys(("5B", "5C"), "other"),
    "6": "police",
    **dict.fromkeys(("7", "8", "9", "10"), "other"),
}
KINDS = ("re_referral", "case_closed")


class Referral(NamedTuple):
    """
    One referral of a child in the key, as the census has it.

    Attributes
    ----------
    participant
        The participant.
    referred
        CINreferralDate.
    source
        ReferralSource as a code of ``referrals.csv``; None for a code not known here.
    closed
        CINclosureDate; None where the case is open.
    file, line
        Where it stands.
    """

    participant: str
    referred: date
    source: str | None
    closed: date | None
    file: str
    line: int


def census_referrals(
    returns: Sequence[str | Path], key: str | Path
) -> tuple[list[Referral], list[Problem]]:
    r"""
    Read the referrals of a trial's children from the children in need census.

    Parameters
    ----------
    returns
        The census files, one per year, in any order. A referral that stands in two of
        them is taken once.
    key
        The key file, as for `read_key`. Other children are passed over.

    Returns
    -------
    referrals : list of Referral
        By participant and date.
    problems : list of Problem
        What is wrong, by file and line, with no identifier.

    Raises
    ------
    DataError
        If a file is not there, or is no XML.

    Notes
    -----
    Only the text of LAchildID, CINreferralDate, ReferralSource and CINclosureDate is
    ever kept: dates of birth, pupil numbers and all else pass by unread. The census
    holds no family, no site and no eligibility, so that it cannot make rows of
    ``referrals.csv``; `SOURCES` says how a source is to be written there.

    References
    ----------
    .. [1] Department for Education, Children in need census: guide for local
       authorities.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file, key = Path(folder) / "cin.xml", Path(folder) / "key.csv"
    ...     _ = key.write_text("child,participant_id\n7001,P001\n")
    ...     _ = file.write_text("<Message><Children><Child><ChildIdentifiers>"
    ...         "<LAchildID>7001</LAchildID></ChildIdentifiers><CINdetails>"
    ...         "<CINreferralDate>2015-04-01</CINreferralDate>"
    ...         "<ReferralSource>6</ReferralSource></CINdetails></Child></Children>"
    ...         "</Message>")
    ...     (referral,), _ = census_referrals([file], key)
    >>> referral.source, referral.closed
    ('police', None)
    """
    participants, problems = read_key(key)
    by_date: dict[tuple[str, date], Referral] = {}
    for path in returns:
        read, wrong = _referrals(Path(path), participants)
        problems += wrong
        for referral in sorted(read, key=lambda row: row.closed is not None):
            place = referral.participant, referral.referred
            if place not in by_date or referral.closed is not None:
                by_date[place] = referral
    return sorted(by_date.values()), problems


def census_events(
    referrals: Sequence[Referral],
    randomised: Mapping[str, date],
    *,
    extract_date: date,
    kinds: Collection[str] = KINDS,
) -> list[Source]:
    """
    Turn referrals after randomisation, and closures, into events.

    Parameters
    ----------
    referrals
        The referrals, as `census_referrals` gives them.
    randomised
        Randomisation dates by participant.
    extract_date
        The trial's extract date; later events are left out.
    kinds
        Which events to make: "re_referral", "case_closed", or both.

    Returns
    -------
    list of Source
        Rows for ``events``, one source per file that has any.

    Notes
    -----
    A referral on a later day than randomisation is a re-referral; one of that day or
    before led to the trial, or came earlier. A participant without a randomisation date
    gives every referral, and the check of the trial then says who that is.

    Examples
    --------
    >>> row = Referral("P001", date(2015, 4, 1), "police", None, "cin.xml", 7)
    >>> days = {"P001": date(2015, 4, 1)}
    >>> census_events([row], days, extract_date=date(2018, 1, 1))
    []
    """
    rows: dict[str, list[tuple[tuple[str, ...], int]]] = {}
    for referral in referrals:
        zero = randomised.get(referral.participant, date.min)
        for kind, day in zip(KINDS, (referral.referred, referral.closed), strict=True):
            if kind in kinds and day is not None and zero < day <= extract_date:
                cells = (referral.participant, kind, day.isoformat(), "", "record")
                rows.setdefault(referral.file, []).append((cells, referral.line))
    return [
        events_source(file, *(list(part) for part in zip(*own, strict=True)))
        for file, own in sorted(rows.items())
    ]


def _referrals(
    path: Path, participants: Mapping[str, str]
) -> tuple[list[Referral], list[Problem]]:
    """Read the referrals of the children in the key."""
    rows: list[Referral] = []
    wrong: dict[str, list[int]] = {}
    for case in read_cases(path):
        if case.child not in participants:
            continue
        texts = {name: case.texts.get(name, "") for name in DETAILS}
        days = {
            name: _day(texts[name]) for name in ("CINreferralDate", "CINclosureDate")
        }
        referred, closed = days.values()
        for name, day in days.items():
            if day is None and (texts[name] or name == "CINreferralDate"):
                wrong.setdefault(name, []).append(case.line)
        if referred is not None:
            source = SOURCES.get(texts["ReferralSource"])
            who = participants[case.child]
            rows.append(Referral(who, referred, source, closed, path.name, case.line))
    rule = "be a date written year-month-day"
    return rows, [
        found(path.name, name, rule, lines=lines) for name, lines in wrong.items()
    ]


def _day(text: str) -> date | None:
    """Read an ISO date; None if it is none."""
    try:
        return datetime.strptime(text, "%Y-%m-%d").date() if len(text) == 10 else None
    except ValueError:
        return None
