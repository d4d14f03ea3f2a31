"""
Allocate participants to arms, and judge allocations by the procedure used.

Who goes to which arm, how probable was that, and are the arms alike? A procedure is a
frozen value (`Minimisation`, `PermutedBlocks`, ...) that draws nothing by itself. The
same value allocates the next participant (`next_probability`), draws whole sequences
(`draw_sequences`, or `allocate` with the caller's own numbers), gives a sequence's
probability, enumerates, carries the randomisation test, and says what it does on
average (`exact_properties`, `simulate_balance`). `from_spec` and `to_spec` read and
write it as it stands in a protocol. Where everybody is known beforehand, a design
(`ConstrainedClusters`, `MatchedPairs`, ...) draws whole lists, and `design_test` is its
randomisation test. `balance` and `standardised_differences` describe
the arms that came out. `rejection_probability` says what guessed or drifting allocation
would do to a test.

Arms are 1 = treatment, 0 = control in arrays of allocations; labels stay outside.
"""

from steps_analysis.randomisation.adaptive.atkinson import AtkinsonBiasedCoin
from steps_analysis.randomisation.adaptive.hu_hu import HuHu
from steps_analysis.randomisation.adaptive.minimisation import Minimisation
from steps_analysis.randomisation.adaptive.stratified_blocks import StratifiedBlocks
from steps_analysis.randomisation.adaptive.stratum_coins import (
    AdjustableCovariateBiasedCoin,
    StratifiedBiasedCoin,
)
from steps_analysis.randomisation.balance import balance, standardised_differences
from steps_analysis.randomisation.biases.accidental import (
    AccidentalBias,
    accidental_bias,
)
from steps_analysis.randomisation.biases.assumptions import (
    ChronologicalBias,
    SelectionBias,
)
from steps_analysis.randomisation.biases.event_times import LogRankTest
from steps_analysis.randomisation.biases.normal_outcomes import (
    NormalOutcomeTest,
    TTest,
)
from steps_analysis.randomisation.biases.rejection import rejection_probability
from steps_analysis.randomisation.biases.results import RejectionProbability
from steps_analysis.randomisation.comparing.compare import compare
from steps_analysis.randomisation.comparing.criteria import Criterion
from steps_analysis.randomisation.comparing.recommend import Recommendation, recommend
from steps_analysis.randomisation.designs.constrained_clusters import (
    ConstrainedClusters,
)
from steps_analysis.randomisation.designs.design_spec import (
    design_from_spec,
    design_to_spec,
)
from steps_analysis.randomisation.designs.design_test import design_test
from steps_analysis.randomisation.designs.every_design import Design
from steps_analysis.randomisation.designs.matched_pairs import MatchedPairs
from steps_analysis.randomisation.designs.rerandomisation import Rerandomisation
from steps_analysis.randomisation.designs.stepped_wedge import SteppedWedge
from steps_analysis.randomisation.draw import (
    allocate,
    draw_sequences,
    next_probabilities,
    next_probability,
)
from steps_analysis.randomisation.ledger import Ledger
from steps_analysis.randomisation.procedures import Procedure
from steps_analysis.randomisation.properties.enumeration import (
    enumerated_properties,
)
from steps_analysis.randomisation.properties.exact import exact_properties
from steps_analysis.randomisation.properties.results import (
    ExactProperties,
    SimulatedProperties,
)
from steps_analysis.randomisation.properties.simulated import simulate_balance
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
from steps_analysis.randomisation.sequences import (
    enumerate_sequences,
    sequence_probability,
)
from steps_analysis.randomisation.spec import from_spec, to_spec
from steps_analysis.randomisation.testing.interval import randomisation_interval
from steps_analysis.randomisation.testing.randomisation_test import randomisation_test
from steps_analysis.randomisation.testing.statistics import (
    GivenTotals,
    LinearStatistic,
    MeanDifference,
)

__all__ = [
    "AccidentalBias",
    "AdjustableBiasedCoin",
    "AdjustableCovariateBiasedCoin",
    "AtkinsonBiasedCoin",
    "BayesianBiasedCoin",
    "BiasedCoinWithTolerance",
    "BigStick",
    "BlockUrn",
    "BrickTunnel",
    "ChronologicalBias",
    "CompleteRandomisation",
    "ConstrainedClusters",
    "Criterion",
    "Design",
    "EfronBiasedCoin",
    "EhrenfestUrn",
    "ExactProperties",
    "GeneralisedBiasedCoin",
    "GivenTotals",
    "Hadamard",
    "HuHu",
    "Ledger",
    "LinearStatistic",
    "LogRankTest",
    "MatchedPairs",
    "MaximalProcedure",
    "MeanDifference",
    "Minimisation",
    "NormalOutcomeTest",
    "PermutedBlocks",
    "Procedure",
    "RandomAllocationRule",
    "RandomPermutedBlocks",
    "Recommendation",
    "RejectionProbability",
    "Rerandomisation",
    "SelectionBias",
    "SimulatedProperties",
    "SteppedWedge",
    "StratifiedBiasedCoin",
    "StratifiedBlocks",
    "TTest",
    "TruncatedBinomial",
    "WeiUrn",
    "accidental_bias",
    "allocate",
    "balance",
    "compare",
    "design_from_spec",
    "design_test",
    "design_to_spec",
    "draw_sequences",
    "enumerate_sequences",
    "enumerated_properties",
    "exact_properties",
    "from_spec",
    "next_probabilities",
    "next_probability",
    "randomisation_interval",
    "randomisation_test",
    "recommend",
    "rejection_probability",
    "sequence_probability",
    "simulate_balance",
    "standardised_differences",
    "to_spec",
]
