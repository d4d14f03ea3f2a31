"""A frame of records as a table for readers: labels for codes, days as ISO dates."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pandas as pd

from steps_analysis.protocol import Protocol
from steps_analysis.reporting.blocks import Column, Paragraph, Table
from steps_analysis.reporting.cells import NOT_AVAILABLE, Cell
from steps_analysis.reporting.markers import Marker


def frame_table(
    frame: pd.DataFrame,
    headings: Mapping[str, str],
    *,
    name: str,
    caption: str,
    protocol: Protocol,
    empty: str,
    notes: tuple[str, ...] = (),
    where_it_applies: tuple[str, ...] = (),
    decimals: Mapping[str, int] = MappingProxyType({}),
) -> Table | Paragraph:
    """
    Write a frame as a table about single sites or records, or say that it has no rows.

    Parameters
    ----------
    frame
        The frame.
    headings
        Column to show to its heading, in order.
    name, caption
        As for `steps_analysis.reporting.Table`.
    protocol
        The protocol: its labels for codes.
    empty
        What to say where there is no row.
    notes
        As for `steps_analysis.reporting.Table`.
    where_it_applies
        Columns in which an empty cell means "not applicable", not "not available".
    decimals
        Decimals of columns that need any.

    Returns
    -------
    Table or Paragraph
        The table, broken down by site: only an internal edition may hold it.

    Examples
    --------
    >>> from steps_analysis.protocol import load_protocol
    >>> rows = pd.DataFrame({"owner_role": ["camhs"], "due_date": [pd.NaT]})
    >>> frame_table(rows, {"owner_role": "Owner", "due_date": "Due"}, name="actions",
    ...             caption="Actions", protocol=load_protocol(), empty="None.").rows
    (('child and adolescent mental health', Marker(code='[x]')),)
    """
    if frame.empty:
        return Paragraph(empty)
    absent = {name: Marker("[z]") for name in where_it_applies}
    columns = [
        [
            absent.get(column, NOT_AVAILABLE)
            if pd.isna(value)
            else _cell(value, column, protocol)
            for value in frame[column]
        ]
        for column in headings
    ]
    return Table(
        name=name,
        caption=caption,
        columns=tuple(
            Column(key=key, heading=heading, decimals=decimals.get(key))
            for key, heading in headings.items()
        ),
        rows=tuple(zip(*columns, strict=True)),
        notes=notes,
        breakdown="site",
    )


_PLAIN = ("site", "referral_id", "participant_id", "says", "to_do", "table", "column")


def _cell(value: Any, column: str, protocol: Protocol) -> Cell:
    """Write one value for a reader."""
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}"
    if isinstance(value, str):
        return value if column in _PLAIN else protocol.label(value, column)
    cell: Cell = value.item() if hasattr(value, "item") else value
    return cell
