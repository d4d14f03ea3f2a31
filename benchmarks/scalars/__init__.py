"""
Plain compiled loops: one participant after the other, one trial after the other.

What anybody would write first, with the same numbers as the package, so that the arms
are the same and only the way of going through them differs.
"""

from __future__ import annotations

import numpy as np
from numba import njit

STEP, OF_TRIAL = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD1342543DE82EF95)
FIRST, SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
ONE, LOW = np.uint64(1), np.uint64(2**31 - 1)
S27, S30, S31, S33 = np.uint64(27), np.uint64(30), np.uint64(31), np.uint64(33)


@njit(cache=True, error_model="numpy")
def mixed(word):
    """Scatter one word."""
    word = (word ^ (word >> S30)) * FIRST
    word = (word ^ (word >> S27)) * SECOND
    return word ^ (word >> S31)


@njit(cache=True, error_model="numpy")
def number(key, j):
    """Give number j of a trial: half a word."""
    word = mixed(key + np.uint64(j >> 1) * STEP)
    return np.int64(word & LOW) if j & 1 else np.int64(word >> S33)


@njit(cache=True, error_model="numpy")
def both(key, j):
    """Give the numbers 2j and 2j + 1 of a trial: one word."""
    word = mixed(key + np.uint64(j) * STEP)
    return np.int64(word >> S33), np.int64(word & LOW)


@njit(cache=True, error_model="numpy")
def by_table(root, table, n_trials, out):
    """Allocate by thresholds looked up by the treatments so far; keep summaries."""
    n = len(table)
    for i in range(n_trials):
        key = mixed(root + np.uint64(i) * OF_TRIAL + ONE)
        treated = largest = level = 0
        word = np.uint64(0)
        for step in range(n):
            if step & 1:
                own = np.int64(word & LOW)
            else:
                word = mixed(key + np.uint64(step >> 1) * STEP)
                own = np.int64(word >> S33)
            level += 2 * treated == step
            treated += own <= table[step, treated]
            largest = max(largest, abs(2 * treated - step - 1))
        out[0, i], out[1, i], out[2, i] = 2 * treated - n, largest, level


@njit(cache=True, error_model="numpy")
def by_table_kept(root, table, n_trials, arms):
    """Allocate by thresholds looked up by the treatments so far; keep the arms."""
    n = len(table)
    for i in range(n_trials):
        key = mixed(root + np.uint64(i) * OF_TRIAL + ONE)
        treated = 0
        word = np.uint64(0)
        for step in range(n):
            if step & 1:
                own = np.int64(word & LOW)
            else:
                word = mixed(key + np.uint64(step >> 1) * STEP)
                own = np.int64(word >> S33)
            arm = own <= table[step, treated]
            treated += arm
            arms[i, step] = arm


@njit(cache=True, error_model="numpy")
def by_drawn_blocks(root, sizes, n, n_trials, out):
    """Draw a block's size where it opens; keep summaries."""
    for i in range(n_trials):
        key = mixed(root + np.uint64(i) * OF_TRIAL + ONE)
        left = treatments = apart = largest = level = 0
        for step in range(n):
            own, of_size = both(key, step)
            if left == 0:
                left = sizes[(of_size * len(sizes)) >> 31]
                treatments = left // 2
            level += apart == 0
            arm = (2 * own + 1) * left < treatments << 32
            treatments -= arm
            left -= 1
            apart += 2 * arm - 1
            largest = max(largest, abs(apart))
        out[0, i], out[1, i], out[2, i] = apart, largest, level


@njit(cache=True, error_model="numpy")
def by_margins(root, rows, n_rows, limits, n_trials, out):
    """Minimise on the range, the same participants in every trial; keep summaries."""
    ahead = np.empty(n_rows, np.int64)
    for i in range(n_trials):
        key = mixed(root + np.uint64(i) * OF_TRIAL + ONE)
        ahead[:] = 0
        apart = largest = level = 0
        for step in range(len(rows)):
            score = 0
            for f in range(rows.shape[1]):
                margin = ahead[rows[step, f]]
                score += (margin > 0) - (margin < 0)
            limit = limits[0] if score < 0 else limits[2] if score > 0 else limits[1]
            move = 2 * (number(key, step) <= limit) - 1
            for f in range(rows.shape[1]):
                ahead[rows[step, f]] += move
            level += apart == 0
            apart += move
            largest = max(largest, abs(apart))
        out[0, i], out[1, i], out[2, i] = apart, largest, level


@njit(cache=True, error_model="numpy")
def by_fresh_margins(
    root, root_of_children, places, rows, n_rows, limits, n, n_trials, out
):
    """Minimise on the range, every trial with participants of its own."""
    threshold, alias = places
    ahead = np.empty(n_rows, np.int64)
    for i in range(n_trials):
        key = mixed(root + np.uint64(i) * OF_TRIAL + ONE)
        key_of_children = mixed(root_of_children + np.uint64(i) * OF_TRIAL + ONE)
        ahead[:] = 0
        apart = largest = level = 0
        for step in range(n):
            spread = number(key_of_children, step) * len(alias)
            who, rest = spread >> 31, spread & (2**31 - 1)
            if rest > threshold[who]:
                who = alias[who]
            score = 0
            for f in range(rows.shape[1]):
                margin = ahead[rows[who, f]]
                score += (margin > 0) - (margin < 0)
            limit = limits[0] if score < 0 else limits[2] if score > 0 else limits[1]
            move = 2 * (number(key, step) <= limit) - 1
            for f in range(rows.shape[1]):
                ahead[rows[who, f]] += move
            level += apart == 0
            apart += move
            largest = max(largest, abs(apart))
        out[0, i], out[1, i], out[2, i] = apart, largest, level
