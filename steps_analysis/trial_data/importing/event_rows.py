"""Rows of ``events`` made out of a return."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from steps_analysis.trial_data.importing.source import Source
from steps_analysis.trial_data.raw_table import RawTable

HEADER = ("participant_id", "event", "event_date", "end_date", "informant")


def events_source(
    file: str, rows: Sequence[tuple[str, ...]], lines: Sequence[int]
) -> Source:
    """
    Make rows of events out of a return.

    Parameters
    ----------
    file
        The return.
    rows
        Cells in the order of `HEADER`; at least one row.
    lines
        The line each row stands on.

    Returns
    -------
    Source
        The rows, for `add_events`.

    Examples
    --------
    >>> row = ("P001", "re_referral", "2015-02-01", "", "record")
    >>> events_source("cin.xml", [row], [12]).raw.columns[0]
    ('P001',)
    """
    raw = RawTable(
        header=HEADER,
        columns=tuple(zip(*rows, strict=True)),
        lines=np.array(lines, dtype=np.int64),
        is_whole=True,
    )
    return Source(table="events", raw=raw, file=file, called=file)
