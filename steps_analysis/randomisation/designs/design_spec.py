"""How a design that draws whole lists stands in a protocol."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from steps_analysis.errors import ProtocolError, did_you_mean, refusal
from steps_analysis.randomisation.designs.every_design import DESIGNS, Design
from steps_analysis.randomisation.procedures import name_of
from steps_analysis.randomisation.spec import built, parameters_of


def design_to_spec(design: Design) -> dict[str, Any]:
    """
    Write a design as it stands in a protocol.

    Parameters
    ----------
    design
        Any design.

    Returns
    -------
    dict
        The key ``design`` and every parameter that has a value, in plain lists, numbers
        and texts; `design_from_spec` gives the same design back.

    Examples
    --------
    >>> from steps_analysis.randomisation import Rerandomisation
    >>> design_to_spec(Rerandomisation(0.1))
    {'design': 'rerandomisation', 'accepted': 0.1, 'ratio': [1, 1]}
    """
    return {"design": name_of(type(design)), **parameters_of(design)}


def design_from_spec(spec: Mapping[str, Any]) -> Design:
    """
    Build the design a protocol names.

    Parameters
    ----------
    spec
        The key ``design`` and its parameters, such as ``{"design":
        "constrained-clusters", "sizes": [7, 6], "accepted": 0.1}``.

    Returns
    -------
    Design
        The frozen design.

    Raises
    ------
    ProtocolError
        If the design or a key is unknown, a parameter is missing or impossible.

    Examples
    --------
    >>> design_from_spec({"design": "matched-pairs"})
    MatchedPairs()
    """
    given = dict(spec)
    name = given.pop("design", None)
    if not isinstance(name, str) or name not in DESIGNS:
        rule = f"be one of {', '.join(DESIGNS)}"
        hint = did_you_mean(name, DESIGNS)
        raise ProtocolError(refusal("allocation.design", rule, name, hint=hint))
    return built(DESIGNS[name], given, no_ratio="say the `sizes` of the groups instead")
