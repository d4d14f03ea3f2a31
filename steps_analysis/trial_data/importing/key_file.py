"""Which child of a local authority's return is which participant?"""

from __future__ import annotations

from pathlib import Path

from steps_analysis.trial_data.importing.columns import read_columns
from steps_analysis.trial_data.problems import Problem, found

COLUMNS = ("child", "participant_id")


def read_key(path: str | Path) -> tuple[dict[str, str], list[Problem]]:
    r"""
    Read the key from a local authority's identifiers to a trial's.

    Parameters
    ----------
    path
        A CSV file with the columns ``child`` (CHILD of SSDA903, LAchildID of the
        children in need census) and ``participant_id``. One participant may have
        several identifiers of the authority.

    Returns
    -------
    participants : dict
        The authority's identifier to the participant.
    problems : list of Problem
        What is wrong with the file, with its lines and no identifier.

    Raises
    ------
    DataError
        If there is no such file.

    Notes
    -----
    The key is the most sensitive file of a trial. It is read and never written.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder) / "key.csv"
    ...     _ = file.write_text("child,participant_id\n7001,P001\n")
    ...     read_key(file)
    ({'7001': 'P001'}, [])
    """
    path = Path(path)
    table, problems = read_columns(path, COLUMNS, required=COLUMNS)
    if table is None:
        return {}, problems
    columns = dict(zip(table.header, table.columns, strict=True))
    participants: dict[str, str] = {}
    twice, empty = [], []
    for child, participant, line in zip(
        columns["child"], columns["participant_id"], table.lines, strict=True
    ):
        if not (child.strip() and participant.strip()):
            empty.append(line)
        elif participants.setdefault(child.strip(), participant.strip()) != (
            participant.strip()
        ):
            twice.append(line)
    for rule, lines in (
        ("give both a child and a participant", empty),
        ("not give a child a second participant", twice),
    ):
        if lines:
            problems.append(found(path.name, None, rule, lines=lines))
    return participants, problems
