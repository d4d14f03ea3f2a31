"""A block that is one of listed rows, all equally likely."""

from __future__ import annotations

import numpy as np

from steps_analysis.estimates import BoolArray, FloatArray, IntArray
from steps_analysis.randomisation.properties.chains import Chain


def row_chain(rows: BoolArray) -> Chain:
    """
    Follow a block of two arms, 1:1, of which only the rows are known.

    Parameters
    ----------
    rows
        True for treatment, shape (rows, size); all equally likely.

    Returns
    -------
    Chain
        Its states are the beginnings that rows share: the probabilities are those of
        somebody who knows the rows and all earlier arms, but not which row was drawn.

    Examples
    --------
    >>> pairs = np.array([[True, False], [False, True]])
    >>> row_chain(pairs).probabilities[0]
    array([0.5, 1. , 0. , 0. , 0. ])
    """
    size = rows.shape[1]
    parts = [_beginnings(rows, place) for place in range(size + 1)]
    law = np.concatenate([law for law, _, _ in parts])
    treated = np.concatenate([treated for _, treated, _ in parts])
    p = np.concatenate([p for _, _, p in parts])
    step = np.repeat(np.arange(size + 1), [len(law) for law, _, _ in parts])
    return Chain(
        ratio=(1, 1),
        step=step,
        scaled=np.stack([treated, step - treated]),
        law=law,
        probabilities=np.stack([p, 1 - p]),
        reached=_reached(rows),
    )


def _beginnings(rows: BoolArray, place: int) -> tuple[FloatArray, IntArray, FloatArray]:
    """Law, number treated and P(next is treated) of the beginnings of one length."""
    begun, which, n_rows = np.unique(
        rows[:, :place], axis=0, return_inverse=True, return_counts=True
    )
    has_next = place < rows.shape[1]
    following = rows[:, place] if has_next else np.zeros(len(rows), dtype=bool)
    n_next = np.bincount(which.reshape(-1), weights=following)
    return n_rows / len(rows), begun.sum(axis=1), n_next / n_rows


def _reached(rows: BoolArray) -> FloatArray:
    """P(|D| >= level up to participant i), every level and i."""
    apart = np.abs(np.cumsum(np.where(rows, 1, -1), axis=1))
    largest = np.maximum.accumulate(np.pad(apart, ((0, 0), (1, 0))), axis=1)
    levels = np.arange(largest.max() + 2)
    return np.asarray((largest >= levels[:, None, None]).mean(axis=1))
