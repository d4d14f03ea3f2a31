"""How a procedure stands in a protocol."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any

from steps_analysis.errors import ArgumentError, ProtocolError, did_you_mean, refusal
from steps_analysis.randomisation.procedures import PROCEDURES, Procedure, name_of

_ONE_TO_ONE = (
    "this procedure is 1:1; brick-tunnel holds another ratio most tightly, "
    "permuted-blocks and wei-urn less so"
)


def to_spec(procedure: Procedure) -> dict[str, Any]:
    """
    Write a procedure as it stands in ``protocol.toml``.

    Parameters
    ----------
    procedure
        Any procedure.

    Returns
    -------
    dict
        The key ``procedure`` and every parameter that has a value, in plain lists,
        numbers and texts; `from_spec` gives the same procedure back.

    Examples
    --------
    >>> from steps_analysis.randomisation import PermutedBlocks
    >>> to_spec(PermutedBlocks(6, ratio=(2, 1)))
    {'procedure': 'permuted-blocks', 'block_size': 6, 'ratio': [2, 1]}
    """
    spec: dict[str, Any] = {"procedure": name_of(type(procedure))}
    for field in fields(procedure):
        value = getattr(procedure, field.name)
        if value is not None:  # a number of another rule: a protocol leaves it out
            spec[field.name] = list(value) if isinstance(value, tuple) else value
    if "weights" in spec:
        spec["weights"] = dict(zip(spec["factors"], spec["weights"], strict=True))
    return spec


def from_spec(spec: Mapping[str, Any]) -> Procedure:
    """
    Build the procedure a protocol names.

    Parameters
    ----------
    spec
        The key ``procedure`` and its parameters, such as ``{"procedure":
        "minimisation", "factors": ["site", "sex"], "p": 0.8, "imbalance": "range",
        "ratio": [1, 1]}``.

    Returns
    -------
    Procedure
        The frozen procedure.

    Raises
    ------
    ProtocolError
        If the procedure or a key is unknown, a parameter is missing or impossible.

    Examples
    --------
    >>> from_spec({"procedure": "permuted-blocks", "block_size": 4})
    PermutedBlocks(block_size=4, ratio=(1, 1))
    """
    given = dict(spec)
    procedure_class = _class_named(given.pop("procedure", None))
    known = {field.name: field for field in fields(procedure_class)}
    for key in given:
        if key not in known:
            rule = (
                f"be one of {', '.join(known)}" if known else "have no parameter here"
            )
            hint = _ONE_TO_ONE if key == "ratio" else did_you_mean(key, known)
            raise ProtocolError(refusal("allocation", rule, key, hint=hint))
    for name, field in known.items():
        if field.default is MISSING and name not in given:
            rule = f"be given for {name_of(procedure_class)}"
            raise ProtocolError(refusal(f"allocation.{name}", rule, None))
    try:
        return procedure_class(**given)
    except ArgumentError as error:
        raise ProtocolError(str(error).replace("`", "`allocation.", 1)) from error


def _class_named(name: object) -> type[Procedure]:
    """Find a procedure by its name in the protocol; else list the accepted ones."""
    if isinstance(name, str) and name in PROCEDURES:
        return PROCEDURES[name]
    rule = f"be one of {', '.join(PROCEDURES)}"
    hint = did_you_mean(name, PROCEDURES)
    raise ProtocolError(refusal("allocation.procedure", rule, name, hint=hint))
