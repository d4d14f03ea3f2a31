"""How a procedure stands in a protocol."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import TYPE_CHECKING, Any, TypeVar

from steps_analysis.errors import ArgumentError, ProtocolError, did_you_mean, refusal
from steps_analysis.randomisation.procedures import PROCEDURES, Procedure, name_of

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Built = TypeVar("Built", bound="DataclassInstance")

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
    spec = {"procedure": name_of(type(procedure)), **parameters_of(procedure)}
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
    if not isinstance(spec, Mapping):
        rule = "be a table with the key `procedure` and its parameters"
        raise ProtocolError(refusal("allocation", rule, type(spec).__name__))
    given = dict(spec)
    procedure_class = _class_named(given.pop("procedure", None))
    return built(procedure_class, given, no_ratio=_ONE_TO_ONE)


def parameters_of(value: DataclassInstance) -> dict[str, Any]:
    """
    Write a frozen value's parameters in plain lists, numbers and texts.

    Parameters
    ----------
    value
        A procedure or a design.

    Returns
    -------
    dict
        Every parameter that has a value.

    Examples
    --------
    >>> from steps_analysis.randomisation import WeiUrn
    >>> parameters_of(WeiUrn(0, 1))
    {'alpha': 0, 'beta': 1, 'ratio': [1, 1]}
    """
    given = {field.name: getattr(value, field.name) for field in fields(value)}
    return {
        name: list(one) if isinstance(one, tuple) else one
        for name, one in given.items()
        if one is not None  # a number of another rule: a protocol leaves it out
    }


def built(
    a_class: type[Built], given: Mapping[str, Any], *, no_ratio: str | None
) -> Built:
    """
    Build a frozen value from the parameters a protocol gives.

    Parameters
    ----------
    a_class
        The class of a procedure or a design.
    given
        The parameters by name.
    no_ratio
        What to say where a ratio is given to a class without one.

    Returns
    -------
    object
        The frozen value.

    Raises
    ------
    ProtocolError
        If a key is unknown, a parameter is missing or impossible.

    Examples
    --------
    >>> from steps_analysis.randomisation import WeiUrn
    >>> built(WeiUrn, {"alpha": 0, "beta": 1}, no_ratio=None)
    WeiUrn(alpha=0, beta=1, ratio=(1, 1))
    """
    known = {field.name: field for field in fields(a_class)}
    for key in given:
        if key not in known:
            rule = (
                f"be one of {', '.join(known)}" if known else "have no parameter here"
            )
            hint = no_ratio if key == "ratio" else did_you_mean(key, known)
            raise ProtocolError(refusal("allocation", rule, key, hint=hint))
    for name, field in known.items():
        if field.default is MISSING and name not in given:
            rule = f"be given for {name_of(a_class)}"
            raise ProtocolError(refusal(f"allocation.{name}", rule, None))
    try:
        return a_class(**given)
    except ArgumentError as error:
        raise ProtocolError(str(error).replace("`", "`allocation.", 1)) from error


def _class_named(name: object) -> type[Procedure]:
    """Find a procedure by its name in the protocol; else list the accepted ones."""
    if isinstance(name, str) and name in PROCEDURES:
        return PROCEDURES[name]
    rule = f"be one of {', '.join(PROCEDURES)}"
    hint = did_you_mean(name, PROCEDURES)
    raise ProtocolError(refusal("allocation.procedure", rule, name, hint=hint))
