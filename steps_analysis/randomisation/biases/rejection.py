"""How often a test rejects under a procedure: its level and power, biased or not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias, get_args

import numpy as np

from steps_analysis.errors import ArgumentError, did_you_mean, refusal
from steps_analysis.estimates import FloatArray, IntArray
from steps_analysis.randomisation.biases.assumptions import (
    Bias,
    ChronologicalBias,
    SelectionBias,
    check_shift,
)
from steps_analysis.randomisation.biases.event_times import LogRankTest
from steps_analysis.randomisation.biases.normal_outcomes import (
    NormalOutcomeTest,
    TTest,
)
from steps_analysis.randomisation.biases.results import (
    RejectionProbability,
    Untestable,
    weighed,
)
from steps_analysis.randomisation.draw import draw_from
from steps_analysis.randomisation.factors import Factors, level_codes
from steps_analysis.randomisation.parameters import check_draws, check_whole
from steps_analysis.randomisation.procedures import Procedure, n_arms
from steps_analysis.randomisation.sequences import (
    check_enumerable,
    possible_sequences,
)
from steps_analysis.randomisation.walking import ArmArray
from steps_analysis.randomness import Stream

Test: TypeAlias = LogRankTest | NormalOutcomeTest | TTest
"""A test that is assessed: it gives its chance of rejecting in every sequence."""

T_TEST = TTest()
"""What is assessed unless something else is asked for."""

_TESTS = (LogRankTest, NormalOutcomeTest, TTest)
_BIASES = (ChronologicalBias, SelectionBias)
_CHUNK = 2**20  # allocations judged at once; bounds the memory, changes no number


def rejection_probability(
    procedure: Procedure,
    n: int,
    *,
    bias: Bias | Sequence[Bias] = (),
    test: Test = T_TEST,
    effect: float = 0.0,
    alpha: float = 0.05,
    untestable: Untestable = "not-rejected",
    factors: Factors = None,
    n_draws: int | None = None,
    seed: int | None = None,
) -> RejectionProbability:
    """
    Say how often a test rejects when allocation can be guessed, or outcomes drift.

    Parameters
    ----------
    procedure
        The procedure.
    n
        How many participants, at least 1.
    bias
        What shifts outcomes: a `SelectionBias`, a `ChronologicalBias`, or several,
        which add up. None by default.
    test
        The test: `TTest` (exact given the sequence), `LogRankTest`, or a
        `NormalOutcomeTest` that holds any other.
    effect
        The effect of treatment (of more arms, of the ratio's first), from -10 to 10, in
        standard deviations of the outcome or as a log hazard ratio. 0 gives the type I
        error, anything else the power.
    alpha
        The level of the test, in (0, 1).
    untestable
        What a sequence counts as in which the test is not possible (an arm is empty,
        nobody had an event): ``"not-rejected"``, or ``"left-out"``, with the
        probabilities of the others scaled up.
    factors
        Levels of the n participants in order of allocation; needed by a
        covariate-adaptive procedure and by a guesser who looks at a factor.
    n_draws
        How many sequences to draw. None: every possible one is enumerated (at most 20
        participants in two arms), which only `TTest` can do.
    seed
        The seed of the draws; required with `n_draws`.

    Returns
    -------
    RejectionProbability
        The probability, its Monte Carlo standard error, and its spread over sequences.

    Raises
    ------
    ArgumentError
        If an argument is impossible, `seed` is missing where draws are asked for, or
        `n_draws` where it is needed.
    DataError
        If `factors` breaks its rules.

    Notes
    -----
    Participants differ by chance, treatment and bias alone; factors shift nobody's
    outcome. Sequence i is that of ``draw_sequences`` with the same seed, and its
    outcomes have a stream of their own: 2,000 draws begin with the same 1,000, and
    every procedure, test and bias meets the same chance.

    R's ``randomizeR`` (method "exact") stops its series early and counts the weight
    beyond as rejected: the 36 figures under bias that we compared, of eight
    participants, are too large by up to 0.0006. Its rule for a sequence in one arm is
    ours, ``"not-rejected"``.

    References
    ----------
    .. [1] Hilgers, R.-D., Uschner, D., Rosenberger, W. F. and Heussen, N. (2017), BMC
       Medical Research Methodology 17, article 159.

    Examples
    --------
    Blocks of two let every second allocation be guessed:

    >>> from steps_analysis.randomisation import PermutedBlocks
    >>> guessed = SelectionBias(0.5)
    >>> for size in (2, 8):
    ...     found = rejection_probability(PermutedBlocks(size), 8, bias=guessed)
    ...     print(size, round(found.value, 4))
    2 0.0844
    8 0.0628
    """
    check_whole("n", n, least=1)
    biases = _check_biases(bias)
    _check_test(test, alpha, untestable)
    added = check_shift("effect", effect)
    _check_draws(procedure, test, n_draws, seed, n=n)
    codes = level_codes(procedure, factors, n=n)
    arms, weight = _sequences(procedure, codes, n_draws, seed)
    shifts = _Shifts(procedure, factors, biases, added)
    chance = _chances(test, arms, shifts, alpha, seed)
    how = "every sequence" if n_draws is None else f"{n_draws:,} sequences drawn"
    bias_is = " and ".join(map(repr, biases)) or "no bias"
    method = (
        f"{test!r} at level {alpha:g} under {procedure!r}, {bias_is}, "
        f"effect {added:g}, {how}"
    )
    return weighed(
        chance,
        weight,
        untestable=untestable,
        is_drawn=n_draws is not None,
        is_given_sequence=not test.needs_outcomes,
        n=n,
        method=method,
    )


@dataclass(frozen=True, slots=True)
class _Shifts:
    """What is expected of each participant's outcome, given the sequence."""

    procedure: Procedure
    factors: Factors
    biases: tuple[Bias, ...]
    effect: float

    def __call__(self, arms: ArmArray) -> FloatArray:
        """Add the effect of treatment and every bias, shape (n_sequences, n)."""
        shifts = self.effect * (arms == n_arms(self.procedure) - 1)
        for one in self.biases:
            shifts = shifts + one.shifts(
                arms, procedure=self.procedure, factors=self.factors
            )
        return np.asarray(shifts, dtype=np.float64)


def _sequences(
    procedure: Procedure, codes: IntArray, n_draws: int | None, seed: int | None
) -> tuple[ArmArray, FloatArray]:
    """Enumerate the sequences with their probability, or draw equally probable ones."""
    if n_draws is None:
        return possible_sequences(procedure, codes)
    assert seed is not None  # refused at the door
    arms = draw_from(procedure, codes, n_draws, stream=Stream.ALLOCATION, seed=seed)
    return arms, np.full(n_draws, 1 / n_draws)


def _chances(
    test: Test, arms: ArmArray, shifts: _Shifts, alpha: float, seed: int | None
) -> FloatArray:
    """Give the chance of rejecting in every sequence, a part of them at a time."""
    many = n_arms(shifts.procedure)
    step = max(1, _CHUNK // (many * arms.shape[1]))
    found = []
    for first in range(0, len(arms), step):
        some = np.ascontiguousarray(arms[first : first + step])
        expected = shifts(some)
        found.append(
            test.chances(
                some,
                expected,
                n_arms=many,
                alpha=alpha,
                first=first,
                seed=seed,  # type: ignore[arg-type]  # given where outcomes are drawn
            )
        )
    return np.concatenate(found)


def _check_biases(bias: object) -> tuple[Bias, ...]:
    """Refuse what is no bias, or a list with something else in it."""
    given = bias if isinstance(bias, Sequence) else (bias,)
    if isinstance(bias, str) or not all(isinstance(one, _BIASES) for one in given):
        rule = f"be {_named(_BIASES)}, or a list of them"
        raise ArgumentError(refusal("bias", rule, bias))
    return tuple(given)


def _check_test(test: object, alpha: object, untestable: object) -> None:
    """Refuse an unknown test, an impossible level, an unknown rule."""
    if not isinstance(test, _TESTS):
        hint = "TTest(), not its name" if isinstance(test, str) else None
        raise ArgumentError(refusal("test", f"be {_named(_TESTS)}", test, hint=hint))
    if not isinstance(alpha, int | float | np.number) or not 0 < alpha < 1:
        raise ArgumentError(refusal("alpha", "lie in (0, 1)", alpha))
    accepted = get_args(Untestable)
    if untestable not in accepted:
        rule = f"be one of {', '.join(accepted)}"
        hint = did_you_mean(untestable, accepted)
        raise ArgumentError(refusal("untestable", rule, untestable, hint=hint))


def _named(kinds: tuple[type, ...]) -> str:
    """List what is accepted."""
    return "one of " + ", ".join(kind.__name__ for kind in kinds)


def _check_draws(
    procedure: Procedure, test: Test, n_draws: int | None, seed: int | None, *, n: int
) -> None:
    """Refuse draws without a seed, and enumeration where it cannot be."""
    if n_draws is not None:
        check_draws(n_draws, seed, drawn="sequences", least=2)
    elif test.needs_outcomes:
        rule = f"be given for a {type(test).__name__}, whose outcomes are drawn"
        raise ArgumentError(refusal("n_draws", rule, n_draws, hint="n_draws=10_000"))
    else:
        check_enumerable(procedure, n)
