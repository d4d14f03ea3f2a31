"""What a ledger allocates: trial, arms, procedure, levels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import pandas as pd

from steps_analysis.errors import ArgumentError, DataError, ProtocolError, refusal
from steps_analysis.protocol import Protocol
from steps_analysis.randomisation.draw import next_probabilities
from steps_analysis.randomisation.factors import factor_names
from steps_analysis.randomisation.parameters import check_whole
from steps_analysis.randomisation.procedures import (
    NEEDS_PLANNED_NUMBER,
    PROCEDURES,
    Procedure,
    n_arms,
)
from steps_analysis.randomisation.spec import from_spec, to_spec

Provenance = Literal["real", "synthetic"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """
    What a ledger allocates; fixed when it is created.

    Attributes
    ----------
    trial
        The trial's short name.
    arms
        The arms' codes in the order of the ratio, treatment first, control last.
    procedure
        The procedure.
    levels
        The levels of each factor the procedure looks at; empty for a restricted one.
    n
        How many families are planned; needed by a procedure that fixes totals.
    provenance
        ``"synthetic"`` where no family is real: the published test key will do then.

    Examples
    --------
    >>> from steps_analysis.randomisation import PermutedBlocks
    >>> Declaration(trial="T", arms=("MST-PSB", "MAU"), procedure=PermutedBlocks(4)).n
    """

    trial: str
    arms: tuple[str, ...]
    procedure: Procedure
    levels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    n: int | None = None
    provenance: Provenance = "real"

    def __post_init__(self) -> None:
        if not isinstance(self.trial, str) or not self.trial.strip():
            raise ArgumentError(refusal("trial", "be a name", self.trial))
        if self.provenance not in get_args(Provenance):
            rule = f"be one of {', '.join(get_args(Provenance))}"
            raise ArgumentError(refusal("provenance", rule, self.provenance))
        if not isinstance(self.procedure, tuple(PROCEDURES.values())):
            rule = "be one that allocates family after family"
            raise ArgumentError(refusal("procedure", rule, self.procedure))
        arms = _distinct_names("arms", self.arms)
        if len(arms) != n_arms(self.procedure):
            rule = f"name the {n_arms(self.procedure)} arms of the procedure's ratio"
            raise ArgumentError(refusal("arms", rule, list(arms)))
        object.__setattr__(self, "arms", arms)
        object.__setattr__(self, "levels", _levels(self.procedure, self.levels))
        if self.n is not None or isinstance(self.procedure, NEEDS_PLANNED_NUMBER):
            object.__setattr__(self, "n", check_whole("n", self.n, least=1))
        next_probabilities(self.procedure, [], factors=self._first_levels(), n=self.n)

    def _first_levels(self) -> pd.DataFrame:
        """Describe somebody, to see that the procedure can allocate at all."""
        return pd.DataFrame({name: [levels[0]] for name, levels in self.levels.items()})

    def arm_label(self, number: int) -> str:
        """
        Give the code of an arm.

        Parameters
        ----------
        number
            The arm's number: the last arm has 0.

        Returns
        -------
        str
            Its code.
        """
        return self.arms[len(self.arms) - 1 - number]

    def arm_number(self, label: str) -> int:
        """
        Give the number of an arm.

        Parameters
        ----------
        label
            The arm's code.

        Returns
        -------
        int
            Its number: the last arm has 0.

        Raises
        ------
        DataError
            If the trial has no such arm.
        """
        if label not in self.arms:
            rule = f"hold the trial's arms only ({', '.join(self.arms)})"
            raise DataError(refusal("ledger", rule, "another"))
        return len(self.arms) - 1 - self.arms.index(label)


def _distinct_names(name: str, given: object) -> tuple[str, ...]:
    """Refuse what is not a list of distinct names without spaces around them."""
    is_list = isinstance(given, Iterable) and not isinstance(given, str | Mapping)
    names: tuple[Any, ...] = tuple(given) if is_list else ()  # type: ignore[arg-type]  # iterable by now
    are_names = all(
        isinstance(one, str) and one and one == one.strip() for one in names
    )
    if not names or not are_names or len(set(names)) < len(names):
        rule = "be distinct names without spaces around them"
        raise ArgumentError(refusal(name, rule, given))
    return names


def _levels(
    procedure: Procedure, given: Mapping[str, object]
) -> dict[str, tuple[str, ...]]:
    """Put the levels in the order of the procedure's factors."""
    names = factor_names(procedure)
    if not isinstance(given, Mapping) or {*given} != {*names}:
        factors = ", ".join(names) or "none"
        rule = f"give the levels of exactly the procedure's factors ({factors})"
        raise ArgumentError(refusal("levels", rule, list(given)))
    return {name: _distinct_names(f"levels.{name}", given[name]) for name in names}


def declare(
    protocol: Protocol, *, n: int | None = None, provenance: Provenance = "real"
) -> Declaration:
    """
    Read from a protocol what its ledger allocates.

    Parameters
    ----------
    protocol
        The trial.
    n
        How many families are planned; None means the protocol's planned number.
    provenance
        ``"synthetic"`` where no family is real.

    Returns
    -------
    Declaration
        Arms and ratio, procedure and levels of its factors.

    Raises
    ------
    ProtocolError
        If the protocol does not state its procedure, or states an impossible one.
    ArgumentError
        If `n` or `provenance` is impossible.

    Examples
    --------
    >>> from steps_analysis.protocol import load_protocol
    >>> declare(load_protocol()).levels["sex"]
    ('male', 'female')
    """
    if protocol.allocation["procedure"] == "not_stated":
        rule = "be stated before a ledger is created"
        raise ProtocolError(refusal("allocation.procedure", rule, "not_stated"))
    procedure = from_spec(protocol.allocation)
    of_factor = {
        one.name: one.levels or protocol.sites.names for one in protocol.factors
    }
    return Declaration(
        trial=protocol.trial.short_name,
        arms=tuple(arm.code for arm in protocol.arms),
        procedure=procedure,
        levels={name: of_factor[name] for name in factor_names(procedure)},
        n=protocol.trial.planned_n if n is None else n,
        provenance=provenance,
    )


def to_content(declaration: Declaration) -> dict[str, Any]:
    """
    Write a declaration as the ledger's opening entry holds it.

    Parameters
    ----------
    declaration
        The declaration.

    Returns
    -------
    dict
        Plain values; `from_content` reads them back.

    Examples
    --------
    >>> from steps_analysis.randomisation import BigStick
    >>> one = Declaration(trial="T", arms=("A", "B"), procedure=BigStick(2))
    >>> from_content(to_content(one)) == one
    True
    """
    return {
        "trial": declaration.trial,
        "arms": list(declaration.arms),
        "procedure": to_spec(declaration.procedure),
        "levels": {name: list(given) for name, given in declaration.levels.items()},
        "n": declaration.n,
        "provenance": declaration.provenance,
    }


def from_content(content: Mapping[str, Any]) -> Declaration:
    """
    Read a declaration from a ledger's opening entry.

    Parameters
    ----------
    content
        What the entry says.

    Returns
    -------
    Declaration
        The declaration.

    Raises
    ------
    KeyError
        If the entry is no opening entry.
    StepsError
        If what it declares is impossible.

    Examples
    --------
    >>> from_content({"trial": "T", "arms": ["A", "B"], "levels": {}, "n": None,
    ...               "procedure": {"procedure": "big-stick", "mti": 2},
    ...               "provenance": "real"}).procedure
    BigStick(mti=2)
    """
    return Declaration(
        trial=content["trial"],
        arms=tuple(content["arms"]),
        procedure=from_spec(content["procedure"]),
        levels=content["levels"],
        n=content["n"],
        provenance=content["provenance"],
    )
