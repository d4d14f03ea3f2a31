"""
Allocate participants to arms, and judge allocations by the procedure used.

Who goes to which arm, how probable was that, and are the arms alike? A procedure is a
frozen value (`Minimisation`, `PermutedBlocks`, ...) that draws nothing by itself. The
same value allocates the next participant (`next_probability`), draws whole sequences
(`draw_sequences`, or `allocate` with the caller's own numbers), gives a sequence's
probability, enumerates, and carries the randomisation test. `from_spec` and `to_spec`
read and write it as it stands in a protocol. `balance` and `standardised_differences`
describe the arms that came out.

Arms are 1 = treatment, 0 = control in arrays of allocations; labels stay outside.
"""

from steps_analysis.randomisation.adaptive.minimisation import Minimisation
from steps_analysis.randomisation.adaptive.stratified_blocks import StratifiedBlocks
from steps_analysis.randomisation.balance import balance, standardised_differences
from steps_analysis.randomisation.draw import (
    allocate,
    draw_sequences,
    next_probabilities,
    next_probability,
)
from steps_analysis.randomisation.ledger import Ledger
from steps_analysis.randomisation.procedures import Procedure
from steps_analysis.randomisation.restricted.blocks import (
    PermutedBlocks,
    RandomAllocationRule,
)
from steps_analysis.randomisation.restricted.coins import (
    CompleteRandomisation,
    EfronBiasedCoin,
)
from steps_analysis.randomisation.restricted.random_blocks import RandomPermutedBlocks
from steps_analysis.randomisation.restricted.tolerances import BigStick
from steps_analysis.randomisation.sequences import (
    enumerate_sequences,
    sequence_probability,
)
from steps_analysis.randomisation.spec import from_spec, to_spec
from steps_analysis.randomisation.testing.randomisation_test import (
    LinearStatistic,
    randomisation_test,
)

__all__ = [
    "BigStick",
    "CompleteRandomisation",
    "EfronBiasedCoin",
    "Ledger",
    "LinearStatistic",
    "Minimisation",
    "PermutedBlocks",
    "Procedure",
    "RandomAllocationRule",
    "RandomPermutedBlocks",
    "StratifiedBlocks",
    "allocate",
    "balance",
    "draw_sequences",
    "enumerate_sequences",
    "from_spec",
    "next_probabilities",
    "next_probability",
    "randomisation_test",
    "sequence_probability",
    "standardised_differences",
    "to_spec",
]
