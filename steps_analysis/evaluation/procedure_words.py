"""What a randomisation procedure is called in a sentence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Any

from steps_analysis.protocol import Protocol, in_sentence
from steps_analysis.randomisation import (
    BigStick,
    CompleteRandomisation,
    EfronBiasedCoin,
    HuHu,
    Minimisation,
    PermutedBlocks,
    Procedure,
    RandomAllocationRule,
    RandomPermutedBlocks,
    StratifiedBlocks,
)
from steps_analysis.randomisation.comparing.compare import label
from steps_analysis.randomisation.factors import factor_names
from steps_analysis.randomisation.procedures import ratio_of
from steps_analysis.reporting.words import listed


def procedure_words(procedure: Procedure, protocol: Protocol) -> str:
    """
    Name a procedure in words that need no handbook.

    Parameters
    ----------
    procedure
        Any procedure.
    protocol
        The protocol: its labels for factors.

    Returns
    -------
    str
        A name to stand within a sentence; that of the protocol, without hyphens, where
        there are no better words.

    Examples
    --------
    >>> from steps_analysis.protocol import load_protocol
    >>> protocol = load_protocol()
    >>> procedure_words(CompleteRandomisation(), protocol)
    'coin toss'
    >>> procedure_words(StratifiedBlocks(["site"], block_sizes=[2, 4]), protocol)
    'blocks of 2 or 4 within each borough'
    """
    words = _WORDS.get(type(procedure))
    if words is None:
        return label(procedure).replace("-", " ")
    return words(procedure) + _unequal(procedure) + _looks_at(procedure, protocol)


def named(procedures: Sequence[Procedure], protocol: Protocol) -> dict[str, Procedure]:
    """
    Name each of several procedures; those of the same words, by what differs as well.

    Parameters
    ----------
    procedures
        The procedures; one that stands there twice is named once.
    protocol
        The protocol: its labels for factors.

    Returns
    -------
    dict
        Name to procedure, in the order given.

    Examples
    --------
    >>> from steps_analysis.protocol import load_protocol
    >>> coins = [EfronBiasedCoin(0.66), EfronBiasedCoin(0.662), BigStick(3)]
    >>> [name.partition(", ")[2] for name in named(coins, load_protocol())]
    ['p 0.66', 'p 0.662', '']
    """
    words = [procedure_words(one, protocol) for one in procedures]
    found = {}
    for said, one in zip(words, procedures, strict=True):
        alike = [
            other for other, its in zip(procedures, words, strict=True) if its == said
        ]
        found[said + _apart(one, alike)] = one
    return found


def _apart(one: Procedure, alike: Sequence[Procedure]) -> str:
    """Say the settings of a procedure in which it differs from those of its words."""
    settings = [
        field.name
        for field in fields(one)
        if any(getattr(o, field.name, None) != getattr(one, field.name) for o in alike)
    ]
    said = [f"{name.replace('_', ' ')} {getattr(one, name)}" for name in settings]
    return "".join(f", {words}" for words in said)


def _unequal(procedure: Procedure) -> str:
    """Say the ratio where it is not even."""
    ratio = ratio_of(procedure)
    return "" if len({*ratio}) == 1 else f" {':'.join(map(str, ratio))}"


def _looks_at(procedure: Procedure, protocol: Protocol) -> str:
    """Say which factors a procedure looks at, where it is not all of the protocol's."""
    names = factor_names(procedure)
    if not names:
        return ""
    known = {factor.name: in_sentence(factor.label) for factor in protocol.factors}
    labels = [known.get(name, name.replace("_", " ")) for name in names]
    if isinstance(procedure, StratifiedBlocks):
        return f" within each {' and '.join(labels)}"
    if {*names} == {*known}:
        return ""
    return f" on {listed(labels)}"


def _one_of(sizes: tuple[int, ...]) -> str:
    """List sizes as alternatives: 2, 4 or 6."""
    *first, last = map(str, sizes)
    return f"{', '.join(first)} or {last}" if first else last


_WORDS: dict[type, Callable[[Any], str]] = {
    BigStick: lambda one: f"big stick (at most {one.mti} apart)",
    CompleteRandomisation: lambda one: "coin toss",
    EfronBiasedCoin: lambda one: f"Efron's coin (p\u00a0=\u00a0{one.p:.2g})",
    HuHu: lambda one: f"Hu and Hu's coin (p\u00a0=\u00a0{one.p:.2g})",
    Minimisation: lambda one: (
        "minimisation" + (f" (p\u00a0=\u00a0{one.p:.2g})" if one.p is not None else "")
    ),
    PermutedBlocks: lambda one: f"blocks of {one.block_size}",
    RandomAllocationRule: lambda one: "fixed totals, random order",
    RandomPermutedBlocks: lambda one: f"blocks of {_one_of(one.block_sizes)}",
    StratifiedBlocks: lambda one: f"blocks of {_one_of(one.block_sizes)}",
}
