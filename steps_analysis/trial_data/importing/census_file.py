"""What is kept of a file of the children in need census."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple
from xml.parsers import expat

from steps_analysis.errors import DataError, refusal

_CHILD = "LAchildID"
DETAILS = ("CINreferralDate", "ReferralSource", "CINclosureDate")


class Case(NamedTuple):
    """
    One ``CINdetails`` of the census.

    Attributes
    ----------
    child
        LAchildID.
    texts
        The text of those of `DETAILS` that it has.
    line
        The line it begins on.
    """

    child: str
    texts: Mapping[str, str]
    line: int


def read_cases(path: Path) -> list[Case]:
    """
    Read a census file, keeping the text of four elements and no other.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    list of Case
        The cases of all children, in the order of the file.

    Raises
    ------
    DataError
        If there is no such file, or it is not XML, or it declares a document type.
    """
    reader = _Reader()
    try:
        with path.open("rb") as file:
            reader.parser.ParseFile(file)
    except OSError:
        rule = "be a census file that can be read"
        raise DataError(refusal("return", rule, str(path))) from None
    except expat.ExpatError as error:
        rule = "be XML, as the census is"
        message = refusal("return", rule, path.name, line=error.lineno, file=path.name)
        raise DataError(message) from None
    return reader.cases


class _Reader:
    """Collects the cases of each child while the file passes by."""

    def __init__(self) -> None:
        self.cases: list[Case] = []
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = self._refuse
        self._child = ""
        self._open: list[tuple[dict[str, str], int]] = []
        self._kept: str | None = None

    def _start(self, tag: str, _: object) -> None:
        name = tag.rpartition(":")[2]
        self._kept = name if name in (_CHILD, *DETAILS) else None
        if name == "Child":
            self._child, self._open = "", []
        elif name == "CINdetails":
            self._open.append(({}, self.parser.CurrentLineNumber))

    def _text(self, text: str) -> None:
        if self._kept == _CHILD:
            self._child += text
        elif self._kept and self._open:
            texts = self._open[-1][0]
            texts[self._kept] = texts.get(self._kept, "") + text

    def _end(self, tag: str) -> None:
        self._kept = None
        if tag.rpartition(":")[2] == "Child":
            child = self._child.strip()
            for texts, line in self._open:
                stripped = {name: text.strip() for name, text in texts.items()}
                self.cases.append(Case(child, stripped, line))

    def _refuse(self, *_: object) -> None:
        """Refuse a document type, which the census lacks and which can be a bomb."""
        error = expat.ExpatError("a document type declaration")
        error.lineno = self.parser.CurrentLineNumber
        raise error
