"""The notes of a whole workbook: numbered throughout, equal ones once."""

from __future__ import annotations

import re
from dataclasses import dataclass

from steps_analysis.reporting.blocks import Figure, Table
from steps_analysis.reporting.document import Document, exhibits
from steps_analysis.reporting.present import POINTER, present_data, present_table
from steps_analysis.reporting.writers.values import printable

_LABEL = re.compile(POINTER.pattern + " ")


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteList:
    """
    The notes of a workbook.

    Attributes
    ----------
    texts
        Each note once, in the order of the tables; the first is note 1.
    by_name
        For each table and figure, its own notes in their own order.
    pointed
        For each table and figure, which of its own notes its texts point to.
    """

    texts: tuple[str, ...]
    by_name: dict[str, tuple[str, ...]]
    pointed: dict[str, tuple[bool, ...]]

    def renumbered(self, name: str, text: str) -> str:
        """
        Let a text of one table point to the notes of the workbook.

        Parameters
        ----------
        name
            Name of the table or figure.
        text
            A caption, heading or cell of it.

        Returns
        -------
        str
            The text, its pointers counting throughout the workbook.
        """

        def pointer(found: re.Match[str]) -> str:
            return self._pointer(self.by_name[name][int(found[1]) - 1])

        return POINTER.sub(pointer, text)

    def general(self, name: str) -> str:
        """
        Point to the notes that no text of a table points to.

        Parameters
        ----------
        name
            Name of the table or figure.

        Returns
        -------
        str
            The pointers, joined.
        """
        pairs = zip(self.by_name[name], self.pointed[name], strict=True)
        loose = dict.fromkeys(text for text, pointed in pairs if not pointed)
        return "".join(self._pointer(text) for text in loose)

    def users(self, text: str) -> list[str]:
        """
        List the tables and figures that have a note.

        Parameters
        ----------
        text
            The note.

        Returns
        -------
        list of str
            Their names.
        """
        return [name for name, texts in self.by_name.items() if text in texts]

    def _pointer(self, text: str) -> str:
        """Point to a note."""
        return f"[note {self.texts.index(text) + 1}]"


def collect_notes(document: Document) -> NoteList:
    """
    Collect the notes of all tables and figures.

    Parameters
    ----------
    document
        The report.

    Returns
    -------
    NoteList
        The notes, with those that say why an estimate has no number.

    Examples
    --------
    >>> collect_notes(Document(title="STEPS-B", sections=())).texts
    ()
    """
    by_name, pointed = {}, {}
    for block in exhibits(document):
        written = _written(block)
        by_name[block.name] = tuple(printable(_LABEL.sub("", n, 1)) for n in written)
        pointed[block.name] = tuple(bool(_LABEL.match(note)) for note in written)
    every = (text for texts in by_name.values() for text in texts)
    return NoteList(texts=tuple(dict.fromkeys(every)), by_name=by_name, pointed=pointed)


def _written(block: Table | Figure) -> tuple[str, ...]:
    """Give the notes as they stand on the page."""
    shown = present_table(block) if isinstance(block, Table) else present_data(block)
    return shown.notes
