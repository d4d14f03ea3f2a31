"""``steps balance``: compare the procedures that might allocate families."""

from __future__ import annotations

import argparse
import json
import math
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from steps_analysis.errors import ArgumentError, refusal

if TYPE_CHECKING:
    from steps_analysis.evaluation.allocation_comparison import AllocationComparison
    from steps_analysis.protocol import Protocol
    from steps_analysis.randomisation import Procedure


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """
    Describe the options.

    Parameters
    ----------
    parser
        The command's parser.
    """
    parser.add_argument(
        "--protocol", type=Path, help="protocol.toml (default: STEPS-B)"
    )
    parser.add_argument("--n", type=int, help="families (default: the planned number)")
    parser.add_argument(
        "--procedure",
        action="append",
        metavar="TEXT",
        help="a procedure as in a protocol, such as 'permuted-blocks block_size=4'; "
        "may be given again (default: the protocol's and some others)",
    )
    parser.add_argument(
        "--weights",
        metavar="NAME=NUMBER,...",
        help="how much a criterion counts, such as arms=8,guesses=0",
    )
    how = parser.add_mutually_exclusive_group()
    how.add_argument(
        "--trials", type=int, default=2_000, help="lists to draw (default: 2000)"
    )
    how.add_argument(
        "--exact",
        action="store_true",
        help="exact properties instead of a comparison, where they can be had",
    )
    parser.add_argument("--seed", type=int, help="default: the protocol's")
    parser.add_argument("--out", type=Path, help="also write the comparison as a page")
    parser.add_argument("--json", action="store_true", help="print figures as JSON")
    parser.epilog = (
        "Exit code 0: done; 2: the input is wrong. Nobody is allocated here: that is "
        "done by `steps allocate`."
    )


def run(options: argparse.Namespace) -> int:
    """
    Compare procedures, or give their exact properties.

    Parameters
    ----------
    options
        What the command line said.

    Returns
    -------
    int
        0.

    Raises
    ------
    StepsError
        If protocol, procedure, weight or number is impossible, a procedure has no
        exact properties at this size, or an option has no place beside ``--exact``.
    """
    from steps_analysis.protocol import load_protocol

    if options.exact:
        _refuse_beside_exact(options)
    protocol = load_protocol(options.protocol)
    procedures = (
        [procedure_of(text, protocol) for text in options.procedure]
        if options.procedure
        else None
    )
    if options.exact:
        return _exact(options, protocol, procedures)
    return _compare(options, protocol, procedures)


def _refuse_beside_exact(options: argparse.Namespace) -> None:
    """Refuse what only a comparison has, rather than leave it undone."""
    for name in ("weights", "out"):
        given = getattr(options, name)
        if given is not None:
            rule = "be left out with --exact, which weighs nothing and writes no page"
            raise ArgumentError(refusal(f"--{name}", rule, str(given)))


def _exact(
    options: argparse.Namespace,
    protocol: Protocol,
    procedures: list[Procedure] | None,
) -> int:
    """Print the exact properties of procedures, for one crowd where they need it."""
    import pandas as pd

    from steps_analysis.evaluation.allocation_comparison import (
        candidates,
        planned,
        synthetic_families,
    )
    from steps_analysis.evaluation.procedure_words import named
    from steps_analysis.randomisation import exact_properties
    from steps_analysis.randomisation.factors import factor_names

    n = planned(protocol, options.n)
    seed = protocol.analysis.seed if options.seed is None else options.seed
    chosen = procedures or [
        one for one in candidates(protocol) if not factor_names(one)
    ]
    people, stamp, found = None, None, {}
    for name, one in named(chosen, protocol).items():
        if factor_names(one) and people is None:
            (people,), stamp = synthetic_families(protocol, n, 1, seed=seed)
        own = people if factor_names(one) else None
        found[name] = exact_properties(one, n, factors=own)
    if options.json:
        by_name = {name: one.to_dict() for name, one in found.items()}
        kept = {"stamp": stamp} if stamp else {}
        print(json.dumps({**kept, "exact": by_name}, indent=1, ensure_ascii=False))
        return 0
    columns = {
        name: one.to_frame().set_index("figure")["value"] for name, one in found.items()
    }
    said = f"Exact properties for {n} {protocol.trial.unit_label}"
    print(f"{stamp}\n\n{said}" if stamp else said)
    print(f"\n{pd.DataFrame(columns).T.round(4).to_string()}\n")
    for knower in dict.fromkeys(one.seen_by for one in found.values()):
        names = [name for name, one in found.items() if one.seen_by == knower]
        print(f"  deterministic_share and entropy to {knower}: {', '.join(names)}")
    return 0


def procedure_of(text: str, protocol: Protocol) -> Procedure:
    """
    Read a procedure from the command line.

    Parameters
    ----------
    text
        Its name in a protocol and its parameters as ``key=value``, apart by blanks.
    protocol
        The protocol: its factors stand where a procedure needs some and none are given.

    Returns
    -------
    Procedure
        The procedure.

    Raises
    ------
    ProtocolError
        If name or parameter is unknown or impossible.
    ArgumentError
        If a parameter is not ``key=value``.

    Examples
    --------
    >>> from steps_analysis.protocol import load_protocol
    >>> procedure_of("permuted-blocks block_size=4", load_protocol())
    PermutedBlocks(block_size=4, ratio=(1, 1))
    """
    from steps_analysis.randomisation import from_spec
    from steps_analysis.randomisation.procedures import PROCEDURES

    name, *parameters = text.split() or [""]
    spec: dict[str, Any] = {"procedure": name}
    for parameter in parameters:
        key, equals, value = parameter.partition("=")
        if not (key and equals and value) or key in spec:
            rule = "be a name, and parameters as key=value apart by blanks, each once"
            raise ArgumentError(refusal("procedure", rule, text))
        spec[key] = _value(value)
    needs_factors = name in PROCEDURES and hasattr(PROCEDURES[name], "factors")
    if needs_factors and "factors" not in spec:
        spec["factors"] = [factor.name for factor in protocol.factors]
    return from_spec(spec)


def _value(text: str) -> Any:
    """Read a value as TOML does; a bare word is a text."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (tomllib.TOMLDecodeError, RecursionError):  # the latter: nested too deep
        return text


def weights_of(text: str | None) -> dict[str, float] | None:
    """
    Read weights from the command line.

    Parameters
    ----------
    text
        Such as ``"arms=8,guesses=0"``; None for none.

    Returns
    -------
    dict or None
        Criterion to weight.

    Raises
    ------
    ArgumentError
        If a part is not a name and a number.

    Examples
    --------
    >>> weights_of("arms=8,guesses=0")
    {'arms': 8.0, 'guesses': 0.0}
    """
    if text is None:
        return None
    weights: dict[str, float] = {}
    for part in text.split(","):
        name, _, number = (piece.strip() for piece in part.partition("="))
        if name in weights or not _is_number(number):
            rule = "be name=number, apart by commas, each name once"
            raise ArgumentError(refusal("weights", rule, text))
        weights[name] = float(number)
    return weights


def _is_number(text: str) -> bool:
    """Say whether a text reads as a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def _compare(
    options: argparse.Namespace,
    protocol: Protocol,
    procedures: list[Procedure] | None,
) -> int:
    """Compare, print and write."""
    from steps_analysis.evaluation.allocation_comparison import compare_allocation
    from steps_analysis.evaluation.allocation_report import allocation_report, reasons
    from steps_analysis.reporting import write_report

    found = compare_allocation(
        protocol,
        n=options.n,
        procedures=procedures,
        weights=weights_of(options.weights),
        n_draws=options.trials,
        seed=options.seed,
    )
    if options.json:
        print(json.dumps(summary(found), indent=1, ensure_ascii=False))
    else:
        print(f"{found.stamp}\n\n{_text(found)}\n")
        print("\n".join(reasons(found)))
    if options.out is not None:
        facts = {
            "document": "comparison of procedures",
            "protocol_digest": protocol.digest,
            "seed": found.seed,
            "lists": found.n_draws,
        }
        folder = write_report(
            allocation_report(found), options.out, manifest_facts=facts
        )
        if not options.json:
            print(f"The page: {folder / 'index.html'}")
    return 0


def _text(found: AllocationComparison) -> str:
    """Write the table for a terminal."""
    from steps_analysis.evaluation.allocation_report import HEADINGS

    names = [name for name in HEADINGS if name in found.table]
    shown = found.table[names].round(1).assign(score=found.table["score"].round(2))
    key = "\n".join(f"  {name}: {HEADINGS[name]}" for name in names)
    return f"{shown.rename_axis(None).to_string()}\n\n{key}\n  score: best at 1"


def summary(found: AllocationComparison) -> dict[str, Any]:
    """
    Give a comparison as plain values.

    Parameters
    ----------
    found
        The comparison.

    Returns
    -------
    dict
        Stamp, size, seed, figures by procedure, weights and the recommendation.
    """
    from steps_analysis.evaluation.allocation_report import reasons
    from steps_analysis.randomisation import to_spec

    advice = found.recommendation
    figures = found.table.astype(float).to_dict("index")
    return {
        "stamp": found.stamp,
        "n": found.n,
        "lists": found.n_draws,
        "seed": found.seed,
        "weights": dict(advice.weights),
        "procedures": [
            {"name": name, "procedure": to_spec(one), **figures[name]}
            for name, one in found.procedures.items()
        ],
        "recommended": {
            "procedure": advice.procedure,
            "score": advice.score,
            "runner_up": advice.runner_up,
            "lead": None if math.isnan(advice.lead) else advice.lead,
            "changed_by_doubling": dict(advice.changed_by_doubling),
            "reasons": list(reasons(found)),
        },
    }
