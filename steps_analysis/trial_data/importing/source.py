"""A table as it was found elsewhere, and what messages call the place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from steps_analysis.trial_data.problems import Problem
from steps_analysis.trial_data.raw_table import RawTable


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """
    One table of the contract, as found outside a data folder.

    Attributes
    ----------
    table
        The table's name in the contract.
    raw
        Its cells as text, each row with the line on which its owner finds it.
    file
        What messages call the place of its lines, such as "trial.xlsx, sheet events".
    called
        What messages of other tables call it, such as "sheet events".
    names
        Names of columns as found to names of the contract.
    """

    table: str
    raw: RawTable = field(repr=False)
    file: str
    called: str
    names: Mapping[str, str] = field(default_factory=dict)


def placed(problems: Iterable[Problem], sources: Iterable[Source]) -> list[Problem]:
    """
    Tell problems in the words of the places the tables came from.

    Parameters
    ----------
    problems
        Problems told of the contract's files.
    sources
        Where the tables were found; a file of no source keeps its name.

    Returns
    -------
    list of Problem
        The same problems: the file is the source's, and rules and hints that name a
        file of the contract name the source instead.

    Examples
    --------
    >>> import numpy as np
    >>> from steps_analysis.trial_data.problems import found
    >>> raw = RawTable(header=(), columns=(), lines=np.array([], np.int64),
    ...                is_whole=True)
    >>> sheet = Source(table="events", raw=raw, file="own.xlsx, sheet events",
    ...                called="sheet events")
    >>> print(*placed([found("events.csv", "event", "be given", lines=[7])], [sheet]))
    own.xlsx, sheet events:7: `event` must be given
    """
    by_file = {f"{source.table}.csv": source for source in sources}
    pattern = re.compile("|".join(rf"\b{re.escape(file)}" for file in by_file) or "$^")

    def own(text: str | None) -> str | None:
        return text and pattern.sub(lambda match: by_file[match[0]].called, text)

    return [
        replace(
            problem,
            file=by_file[problem.file].file
            if problem.file in by_file
            else problem.file,
            rule=own(problem.rule) or "",
            hint=own(problem.hint),
        )
        for problem in problems
    ]
