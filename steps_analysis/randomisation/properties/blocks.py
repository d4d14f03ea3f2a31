"""Blocks one after the other; where sizes are drawn, for one who knows the sizes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from steps_analysis.estimates import FloatArray
from steps_analysis.randomisation.properties.chains import Chain
from steps_analysis.randomisation.properties.counts import two_arm_chain
from steps_analysis.randomisation.properties.many_arms import many_arm_chain
from steps_analysis.randomisation.restricted.blocks import PermutedBlocks
from steps_analysis.randomisation.restricted.random_blocks import RandomPermutedBlocks


def random_block_chain(procedure: RandomPermutedBlocks, n: int) -> Chain:
    """
    Follow drawn blocks through a trial.

    Parameters
    ----------
    procedure
        The procedure.
    n
        How many participants are planned, at least 1.

    Returns
    -------
    Chain
        Its states are (block size, place in the block, counts in the block): the arms
        are level at every edge, so earlier blocks do not matter.
    """
    blocks = {
        size: block_chain(PermutedBlocks(size, ratio=procedure.ratio), size)
        for size in procedure.block_sizes
    }
    return chain_of_blocks(blocks, n)


def chain_of_blocks(blocks: Mapping[int, Chain], n: int) -> Chain:
    """
    Follow a trial that is made of blocks, one after the other.

    Parameters
    ----------
    blocks
        Block sizes, all equally likely, to the chain of one whole block, which ends
        with the arms at their ratio.
    n
        How many participants are planned, at least 1.

    Returns
    -------
    Chain
        Its states are those of the blocks, for every size apart.
    """
    starts = _starts({size: np.ones(1) for size in blocks}, n)[0]
    parts = [_placed(block, size, starts) for size, block in blocks.items()]
    step = np.concatenate([part.step for part in parts])
    law = np.concatenate([part.law for part in parts]) / len(blocks)
    order = np.argsort(step, kind="stable")
    return Chain(
        ratio=parts[0].ratio,
        step=step[order],
        scaled=np.hstack([part.scaled for part in parts])[:, order],
        law=law[order],
        probabilities=np.hstack([part.probabilities for part in parts])[:, order],
        reached=_reached({size: block.reached for size, block in blocks.items()}, n),
    )


def block_chain(procedure: PermutedBlocks, n: int) -> Chain:
    """
    Follow blocks of one size through a trial.

    Parameters
    ----------
    procedure
        The procedure.
    n
        How many participants are planned, at least 1.

    Returns
    -------
    Chain
        Its states are the counts that are possible.
    """
    ratio = procedure.ratio
    follow = two_arm_chain if len(ratio) == 2 else many_arm_chain
    return follow(procedure, n, ratio=ratio)


def _placed(block: Chain, size: int, starts: FloatArray) -> Chain:
    """Put one block wherever it may start; its last state belongs to the next block."""
    inside = np.flatnonzero(block.step < size)
    start, state = np.meshgrid(np.arange(len(starts)), inside, indexing="ij")
    law = starts[start] * block.law[state]
    is_state = (start + block.step[state] < len(starts)) & (law > 0)
    states = state[is_state]
    return Chain(
        ratio=block.ratio,
        step=(start + block.step[state])[is_state],
        scaled=block.scaled[:, states],
        law=law[is_state],
        probabilities=block.probabilities[:, states],
        reached=block.reached,
    )


def _starts(passed: Mapping[int, FloatArray], n: int) -> FloatArray:
    """
    Give P(a block starts at participant i, all earlier ones passed), i from 0 to n.

    `passed` holds, for each size, the probability that a block of it passes, by level.
    """
    longest = max(passed)
    weights = np.zeros((len(next(iter(passed.values()))), longest))
    for size, chance in passed.items():
        weights[:, longest - size] = chance / len(passed)
    starts = np.zeros((len(weights), longest + n + 1))
    starts[:, longest] = 1.0
    for place in range(longest + 1, longest + n + 1):
        starts[:, place] = (starts[:, place - longest : place] * weights).sum(axis=1)
    return starts[:, longest:]


def _reached(blocks: Mapping[int, FloatArray], n: int) -> FloatArray:
    """P(|imbalance| >= level up to participant i), from the same within each block."""
    n_levels = max(len(reached) for reached in blocks.values())
    padded = {
        size: np.pad(reached, ((0, n_levels - len(reached)), (0, 0)))
        for size, reached in blocks.items()
    }
    starts = _starts({size: 1 - one[:, -1] for size, one in padded.items()}, n)
    first = np.zeros((n_levels, n + 1))
    for reached in padded.values():
        for place, now in enumerate(np.diff(reached, axis=1).T[:n], start=1):
            first[:, place:] += starts[:, : n + 1 - place] * now[:, None] / len(padded)
    first[0, 0] = 1.0  # level 0 is reached before anybody is allocated
    return np.cumsum(first, axis=1)
