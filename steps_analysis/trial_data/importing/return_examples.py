"""The returns that a synthetic trial's children would stand in, to rehearse with."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.trial_data.importing.key_file import COLUMNS as KEY
from steps_analysis.trial_data.replace import replace_file
from steps_analysis.trial_data.trial import STAMP, TrialData

EPISODES = "ssda903_episodes.csv"
CENSUS = "cin_census.xml"
KEY_FILE = "key.csv"
STAMP_FILE = "README.txt"
_LAYOUT = (
    *("CHILD", "DECOM", "RNE", "LS", "CIN", "PLACE", "PLACE_PROVIDER", "DEC", "REC"),
    *("REASON_PLACE_CHANGE", "HOME_POST", "PL_POST", "URN"),
)
# A closure needs the referral that it closes: one that came long before the trial.
_FIRST_REFERRAL = pd.Timestamp("2010-04-01")


def write_returns(trial: TrialData, folder: str | Path) -> None:
    """
    Write a synthetic trial's placements and re-referrals as returns, with their key.

    Parameters
    ----------
    trial
        A synthetic trial.
    folder
        Where to; files of these names are replaced.

    Raises
    ------
    ArgumentError
        If the trial is not synthetic: nobody's real records are turned into returns.

    Notes
    -----
    ``ssda903_episodes.csv`` has each spell as two episodes, or one if it is shorter
    than two days; ``cin_census.xml`` has each re-referral and each closure as a case.
    The layouts have no place for a stamp, so it stands in ``README.txt`` and, in the
    census, in a comment.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from steps_analysis.simulation import committed
    >>> with TemporaryDirectory() as folder:
    ...     write_returns(committed("achieved"), folder)
    ...     sorted(path.name for path in Path(folder).iterdir())
    ['README.txt', 'cin_census.xml', 'key.csv', 'ssda903_episodes.csv']
    """
    refuse_unless_synthetic(trial)
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    participants = trial.need("participants")["participant_id"]
    child_of = {who: str(70_001 + i) for i, who in enumerate(participants)}
    events = trial.need("events")
    spells = events[events["event"] == "placement"]
    write_rows(place / KEY_FILE, [KEY, *((c, who) for who, c in child_of.items())])
    write_rows(place / EPISODES, [_LAYOUT, *_episodes(spells, child_of)])
    replace_file(place / CENSUS, _census(events, child_of).encode("utf-8"))
    replace_file(place / STAMP_FILE, f"{STAMP}.\n".encode())


def refuse_unless_synthetic(trial: TrialData) -> None:
    """
    Refuse to write examples from data that are not synthetic.

    Parameters
    ----------
    trial
        The trial.

    Raises
    ------
    ArgumentError
        If its provenance is another.
    """
    if trial.provenance != "synthetic":
        rule = "be 'synthetic': examples are made from no child's records"
        raise ArgumentError(refusal("provenance", rule, trial.provenance))


def write_rows(path: Path, rows: Iterable[Sequence[str]]) -> None:
    """
    Write a CSV file.

    Parameters
    ----------
    path
        The file.
    rows
        Its rows, the header first.
    """
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    replace_file(path, text.getvalue().encode("utf-8"))


def _episodes(spells: pd.DataFrame, child_of: dict[str, str]) -> Iterator[list[str]]:
    """Write each spell as two episodes that follow one another."""
    columns = (spells[name] for name in ("participant_id", "event_date", "end_date"))
    for who, start, end in zip(*columns, strict=True):
        middle = start + (end - start) / 2 if pd.notna(end) else start
        middle = middle.normalize()
        if middle > start:
            yield _episode(child_of[who], start, "S", "U1", middle, "X1")
            yield _episode(child_of[who], middle, "P", "K2", end, "E4A")
        else:
            reason = "E4A" if pd.notna(end) else ""
            yield _episode(child_of[who], start, "S", "U1", end, reason)


def _episode(
    child: str, start: date, why: str, place: str, end: date, reason: str
) -> list[str]:
    """Write one row of the episodes file."""
    first = f"{start:%d/%m/%Y}"
    last = f"{end:%d/%m/%Y}" if pd.notna(end) else ""
    return [child, first, why, "V2", "N1", place, "PR1", last, reason, *[""] * 4]


def _census(events: pd.DataFrame, child_of: dict[str, str]) -> str:
    """Write re-referrals and closures as cases of the children in need census."""
    message = ElementTree.Element("Message")
    message.append(ElementTree.Comment(STAMP))
    children = ElementTree.SubElement(message, "Children")
    cases = events[events["event"].isin(("re_referral", "case_closed"))]
    for who, own in cases.groupby("participant_id"):
        child = ElementTree.SubElement(children, "Child")
        ids = ElementTree.SubElement(child, "ChildIdentifiers")
        ElementTree.SubElement(ids, "LAchildID").text = child_of[str(who)]
        pairs = zip(own["event"], own["event_date"], strict=True)
        for i, (event, day) in enumerate(pairs):
            case = ElementTree.SubElement(child, "CINdetails")
            is_closure = event == "case_closed"
            referred = _FIRST_REFERRAL + pd.Timedelta(days=i) if is_closure else day
            ElementTree.SubElement(
                case, "CINreferralDate"
            ).text = f"{referred:%Y-%m-%d}"
            ElementTree.SubElement(case, "ReferralSource").text = "1D"
            if is_closure:
                ElementTree.SubElement(case, "CINclosureDate").text = f"{day:%Y-%m-%d}"
    ElementTree.indent(message)
    return ElementTree.tostring(message, encoding="unicode") + "\n"
