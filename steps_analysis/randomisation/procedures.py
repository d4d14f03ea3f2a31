"""
Every procedure there is: what can be allocated with, and its name in a protocol.

A new procedure is a frozen value with a `begin` (see `walking`), added to the list
here; drawing, probabilities, enumeration, tests, properties and protocol follow.
"""

from __future__ import annotations

import re
from typing import TypeAlias, get_args

from steps_analysis.randomisation.adaptive.atkinson import AtkinsonBiasedCoin
from steps_analysis.randomisation.adaptive.hu_hu import HuHu
from steps_analysis.randomisation.adaptive.minimisation import Minimisation
from steps_analysis.randomisation.adaptive.stratified_blocks import StratifiedBlocks
from steps_analysis.randomisation.adaptive.stratum_coins import (
    AdjustableCovariateBiasedCoin,
    StratifiedBiasedCoin,
)
from steps_analysis.randomisation.parameters import Ratio
from steps_analysis.randomisation.restricted.block_urn import BlockUrn
from steps_analysis.randomisation.restricted.blocks import (
    PermutedBlocks,
    RandomAllocationRule,
)
from steps_analysis.randomisation.restricted.brick_tunnel import BrickTunnel
from steps_analysis.randomisation.restricted.coins import (
    CompleteRandomisation,
    EfronBiasedCoin,
)
from steps_analysis.randomisation.restricted.graded_coins import (
    AdjustableBiasedCoin,
    BayesianBiasedCoin,
    GeneralisedBiasedCoin,
)
from steps_analysis.randomisation.restricted.hadamard import Hadamard
from steps_analysis.randomisation.restricted.maximal import MaximalProcedure
from steps_analysis.randomisation.restricted.random_blocks import RandomPermutedBlocks
from steps_analysis.randomisation.restricted.tolerances import (
    BiasedCoinWithTolerance,
    BigStick,
)
from steps_analysis.randomisation.restricted.truncated import TruncatedBinomial
from steps_analysis.randomisation.restricted.urns import EhrenfestUrn, WeiUrn

CountProcedure: TypeAlias = (
    AdjustableBiasedCoin
    | BayesianBiasedCoin
    | BiasedCoinWithTolerance
    | BigStick
    | BlockUrn
    | BrickTunnel
    | CompleteRandomisation
    | EfronBiasedCoin
    | EhrenfestUrn
    | GeneralisedBiasedCoin
    | MaximalProcedure
    | PermutedBlocks
    | RandomAllocationRule
    | TruncatedBinomial
    | WeiUrn
)
"""A procedure that is one function of the counts: it has `probability`."""

RestrictedProcedure: TypeAlias = CountProcedure | Hadamard | RandomPermutedBlocks
"""A procedure that looks at earlier allocations only."""

CovariateAdaptiveProcedure: TypeAlias = (
    AdjustableCovariateBiasedCoin
    | AtkinsonBiasedCoin
    | HuHu
    | Minimisation
    | StratifiedBiasedCoin
    | StratifiedBlocks
)
"""A procedure that looks at the participants' factors."""

Procedure: TypeAlias = RestrictedProcedure | CovariateAdaptiveProcedure
"""Any procedure this package can allocate with."""

NEEDS_PLANNED_NUMBER: tuple[type[Procedure], ...] = (
    MaximalProcedure,
    RandomAllocationRule,
    TruncatedBinomial,
)
"""Procedures whose next probability depends on how many participants are planned."""


def name_of(a_class: type) -> str:
    """
    Name a procedure, or a design, as a protocol does.

    Parameters
    ----------
    a_class
        Its class.

    Returns
    -------
    str
        Its name in lower case with hyphens.

    Examples
    --------
    >>> name_of(PermutedBlocks)
    'permuted-blocks'
    """
    return re.sub(r"(?<!^)(?=[A-Z])", "-", a_class.__name__).lower()


PROCEDURES: dict[str, type[Procedure]] = {
    name_of(one): one
    for one in sorted(get_args(Procedure), key=lambda one: str(one.__name__))
}
"""Every procedure under the name it has in a protocol."""


def ratio_of(procedure: Procedure) -> Ratio:
    """
    Give each arm's part in a procedure.

    Parameters
    ----------
    procedure
        Any procedure.

    Returns
    -------
    tuple of int
        Its ratio, treatment first; 1:1 where it has none.

    Examples
    --------
    >>> ratio_of(BigStick(3)), ratio_of(CompleteRandomisation(ratio=(2, 1)))
    ((1, 1), (2, 1))
    """
    ratio: Ratio = getattr(procedure, "ratio", (1, 1))
    return ratio


def n_arms(procedure: Procedure) -> int:
    """
    Count a procedure's arms.

    Parameters
    ----------
    procedure
        Any procedure.

    Returns
    -------
    int
        The parts of its ratio; two where it has none.

    Examples
    --------
    >>> n_arms(BigStick(3)), n_arms(CompleteRandomisation(ratio=(1, 1, 1)))
    (2, 3)
    """
    return len(ratio_of(procedure))
