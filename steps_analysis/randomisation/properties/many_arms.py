"""More than two arms whose counts are all that matters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.estimates import BoolArray, FloatArray, IntArray
from steps_analysis.randomisation.parameters import Ratio
from steps_analysis.randomisation.properties.chains import Chain
from steps_analysis.randomisation.properties.judging import (
    imbalance_of,
    scaled_counts,
)
from steps_analysis.randomisation.restricted.counts import ManyArmCounts

MOST_STATES = 1_000_000
"""How many states are followed at most: about n = 180 for three arms, 65 for four."""

_NEGLIGIBLE = 1e-17  # as in `recursion`


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Step:
    """The states at one step, and where each arm leads from each of them."""

    counts: IntArray
    probabilities: FloatArray
    is_possible: BoolArray  # (arms * states,): can this arm be taken in this state?
    leads_to: IntArray  # of the possible ones: the state at the next step


def many_arm_chain(procedure: ManyArmCounts, n: int, *, ratio: Ratio) -> Chain:
    """
    Follow the counts of any number of arms through a trial.

    Parameters
    ----------
    procedure
        A procedure that is one function of the counts.
    n
        How many participants are planned, at least 1.
    ratio
        Each arm's part.

    Returns
    -------
    Chain
        Its states are the counts that are possible.

    Raises
    ------
    ArgumentError
        If there are more than `MOST_STATES` states.
    """
    steps, last = _steps(procedure, n, n_arms=len(ratio))
    counts = [*(step.counts for step in steps), last]
    scaled = [scaled_counts(one, ratio) for one in counts]
    apart = [np.abs(imbalance_of(one)) for one in scaled]
    laws = _laws(steps, lambda step: np.ones(len(apart[step]), dtype=bool))
    return Chain(
        ratio=ratio,
        step=np.repeat(np.arange(n + 1), [one.shape[1] for one in counts]),
        scaled=np.hstack(scaled),
        law=np.concatenate(laws),
        probabilities=np.hstack(
            [*(step.probabilities for step in steps), np.zeros(last.shape)]
        ),
        reached=_reached(steps, apart),
    )


def _steps(
    procedure: ManyArmCounts, n: int, *, n_arms: int
) -> tuple[list[_Step], IntArray]:
    """Find the possible counts at every step but the last, and those at the last."""
    steps: list[_Step] = []
    counts, n_states = np.zeros((n_arms, 1), dtype=np.int64), 0
    radix = [(n + 1) ** arm for arm in range(n_arms)]
    for _ in range(n):
        n_states += counts.shape[1]
        if n_states > MOST_STATES or radix[-1] > 2**62:
            _refuse(n, n_arms)
        probabilities = procedure.probabilities(counts, n)
        is_possible = (probabilities > 0).ravel()
        moved = counts[:, None, :] + np.eye(n_arms, dtype=np.int64)[:, :, None]
        possible = moved.reshape(n_arms, -1)[:, is_possible]
        code = np.array(radix) @ possible
        _, first, leads_to = np.unique(code, return_index=True, return_inverse=True)
        steps.append(
            _Step(
                counts=counts,
                probabilities=probabilities,
                is_possible=is_possible,
                leads_to=leads_to,
            )
        )
        counts = possible[:, first]
    return steps, counts


def _refuse(n: int, n_arms: int) -> None:
    """Say that there are too many states."""
    rule = f"be smaller for {n_arms} arms: above {MOST_STATES:,} states are possible"
    hint = "simulate_balance estimates the same figures"
    raise ArgumentError(refusal("n", rule, n, hint=hint))


def _laws(steps: list[_Step], stays: Callable[[int], BoolArray]) -> list[FloatArray]:
    """Law of the states at every step, of trials that have always stayed."""
    laws = [np.ones(1)]
    for place, step in enumerate(steps):
        flow = (laws[-1] * step.probabilities).ravel()[step.is_possible]
        law = np.bincount(step.leads_to, weights=flow)
        laws.append(np.asarray(law * stays(place + 1), dtype=np.float64))
    return laws


def _reached(steps: list[_Step], apart: list[IntArray]) -> FloatArray:
    """P(imbalance >= level at some time up to participant i), every level and i."""
    rows = [np.ones(len(steps) + 1)]
    while rows[-1][-1] > _NEGLIGIBLE:
        level = len(rows)
        laws = _laws(steps, lambda step, level=level: apart[step] < level)  # type: ignore[misc]  # a default binds the level
        rows.append(_left(steps, laws, apart, level))
    return np.array(rows)


def _left(
    steps: list[_Step], laws: list[FloatArray], apart: list[IntArray], level: int
) -> FloatArray:
    """Sum what has left the states below a level, up to every participant."""
    left = np.zeros(len(steps) + 1)
    for place, step in enumerate(steps):
        flow = (laws[place] * step.probabilities).ravel()[step.is_possible]
        left[place + 1] = flow[apart[place + 1][step.leads_to] >= level].sum()
    return np.cumsum(left)
