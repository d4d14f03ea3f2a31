"""How does a sentence quote counts without saying a hidden one?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter

from steps_analysis.disclosure.derived.rates import check_of_counts
from steps_analysis.disclosure.figures import Derived, Wording
from steps_analysis.disclosure.tables import Cell, Table
from steps_analysis.errors import ArgumentError, refusal

TEXT = "text"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sentence:
    """
    Declare a sentence that quotes cells of a table.

    Attributes
    ----------
    template
        The sentence, with a name in braces wherever a count is quoted; numbers have no
        other place in it.
    slots
        Name to the row and column of the cell that is quoted.
    hidden
        The words for a hidden count; None for the marker of the rule.

    Examples
    --------
    >>> Sentence(template="{n} referrals in 2013.", slots={"n": ("A", "2013")}).hidden
    """

    template: str
    slots: Mapping[str, tuple[str, str]]
    hidden: str | None = None

    def derive(self, name: str, table: Table, source: Derived | None) -> Derived:
        """
        Bind the declaration to a table.

        Parameters
        ----------
        name
            Name of the sentence.
        table
            The table it quotes.
        source
            Must be None: sentences quote counts.

        Returns
        -------
        Derived
            The sentence.

        Raises
        ------
        ArgumentError
            If the names in braces are not those of `slots`, or a cell is unknown.
        """
        check_of_counts(source, "sentences")
        named = _names(self.template)
        if named is None or named != set(self.slots):
            rule = "have in braces the names of `slots` and nothing else"
            raise ArgumentError(refusal("template", rule, self.template))
        known = set(table.cells())
        slots = tuple((key, Cell(table.name, *at)) for key, at in self.slots.items())
        for _, cell in slots:
            if cell not in known:
                rule = f"quote cells of {table.name!r}"
                raise ArgumentError(refusal("slots", rule, tuple(cell)[1:]))
        said = Wording(
            row=TEXT,
            column=TEXT,
            template=self.template,
            slots=slots,
            hidden=self.hidden,
        )
        return Derived(
            name=name,
            of=table.name,
            kind="sentence",
            rows=(TEXT,),
            columns=(TEXT,),
            figures=(said,),
            decimals=0,
        )


def _names(template: str) -> set[str] | None:
    """List the plain names in braces, None where there is anything more in them."""
    try:
        parts = list(Formatter().parse(template))
    except ValueError:
        return None
    if any(one[2] or one[3] for one in parts):
        return None
    return {name for _, name, _, _ in parts if name is not None}
