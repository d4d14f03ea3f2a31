"""
One trial's events put in order once, then every analysis from the same counts.

With two arms and no other covariate, log-rank, Cox and Kaplan-Meier need only how many
of each arm have the event and are at risk at each event time. Times in whole days are
counted by day; others are put into as many buckets as there are participants, and the
little disorder left is sorted by insertion. All loops stand in this one file, for the
compiler's cache looks at no other.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from steps_analysis.compiling import compiled
from steps_analysis.estimates import FloatArray, IntArray

ByteArray = npt.NDArray[np.uint8]
CodeArray = npt.NDArray[np.int8]
_SmallArray = npt.NDArray[np.int32]
_PackedArray = npt.NDArray[np.uint64]

# Why there is no number; the words stand in `trial_statistics`.
FINE, ONE_ARM, NO_EVENT, NEVER_TOGETHER, SEPARATED = 0, 1, 2, 3, 4
NOT_FOLLOWED, NO_VARIANCE, NOT_CONVERGED = 5, 6, 7

_MOST_DAYS = 2**15  # ninety years: beyond, times are sorted
_DAYS_PER_PARTICIPANT = 16  # to look through that many days costs less than to sort
_MOVES = 16  # per participant, by insertion: after more, merging is the safer way
_BITS, _ONE, _MASK = 16, np.uint64(1), np.uint64(2**16 - 1)  # four counts in a word
_CONVERGED, _LONGEST_STEP, _MAX_STEPS = 1e-9, 2.0, 100


@compiled
def analyse_block(
    time: FloatArray,
    event: ByteArray,
    arm: ByteArray,
    included: ByteArray,
    horizon: float,
    numbers: FloatArray,
    counts: IntArray,
    codes: CodeArray,
    faults: IntArray,
) -> None:
    """
    Analyse a block of trials, one after the other.

    Parameters
    ----------
    time, event, arm
        One row per trial, shape (n_trials, n); 1 for an event and for treatment.
    included
        1 for who belongs to the trial, shape (n_trials, n); no columns for all.
    horizon
        Where the curves are compared.
    numbers
        For the results, shape (n_trials, 8): observed minus expected, its variance,
        log hazard ratio, its standard error, risk in control and treatment, their
        difference, its standard error.
    counts
        For participants, then events, shape (n_trials, 4), control first.
    codes
        For why there is no number, shape (n_trials, 3): log-rank, Cox, risks.
    faults
        Added to: how many times, events and arms are impossible, shape (3,). The
        block ends at the first trial with any.
    """
    n_trials, n = time.shape
    n_days = min(_MOST_DAYS, _DAYS_PER_PARTICIPANT * n) + 1
    days, bucket = np.zeros(n_days, np.uint64), np.zeros(n + 1, np.int32)
    when, code = np.empty((2, n)), np.empty((2, n), np.uint8)
    leaving, leaving_time = np.empty((n, 4), np.int32), np.empty(n)
    sets, ratio = np.empty((5, n)), np.empty(n)
    all_included = included.shape[1] == 0
    for i in range(n_trials):
        own = included[0 if all_included else i]
        m = _gather(time[i], event[i], arm[i], own, when[0], code[0], faults)
        if faults.any():
            return
        last, is_whole = _range(when[0, :m])
        if is_whole and last < n_days and m <= _MASK:
            k = _count_days(when[0, :m], code[0], last, days, leaving, leaving_time)
        else:
            row = _sort(when[:, :m], code, last, bucket)
            k = _count_ties(when[row, :m], code[row], leaving, leaving_time)
        n_sets = _risk_sets(leaving[:k], leaving_time, sets, counts[i])
        _compare(sets[:, :n_sets], counts[i], ratio, numbers[i], codes[i])
        if codes[i, 2] == FINE:
            _read_curves(sets[:, :n_sets], counts[i], horizon, numbers[i], codes[i])
        if codes[i, 2] != ONE_ARM and _is_beyond(leaving[:k], leaving_time, horizon):
            numbers[i, 4:], codes[i, 2] = np.nan, NOT_FOLLOWED


@compiled
def _gather(
    time: FloatArray,
    event: ByteArray,
    arm: ByteArray,
    included: ByteArray,
    when: FloatArray,
    code: ByteArray,
    faults: IntArray,
) -> int:
    """Keep time and 2 x event + arm of those included; give their number."""
    m = 0
    for i in range(len(time)):
        if len(included) and not included[i]:
            continue
        faults[0] += not 0 <= time[i] < np.inf
        faults[1] += event[i] > 1
        faults[2] += arm[i] > 1
        when[m] = time[i]
        code[m] = 2 * event[i] + arm[i]
        m += 1
    return m


@compiled
def _range(when: FloatArray) -> tuple[float, bool]:
    """Give the largest time, and whether all are whole numbers."""
    last, n_broken = 0.0, 0
    for i in range(len(when)):
        last = max(last, when[i])
        n_broken += when[i] != math.floor(when[i])
    return last, n_broken == 0


@compiled
def _count_days(
    when: FloatArray,
    code: ByteArray,
    last: float,
    days: _PackedArray,
    leaving: _SmallArray,
    leaving_time: FloatArray,
) -> int:
    """Count who leaves how on each day, the last day first; leave `days` empty."""
    for i in range(len(when)):
        days[np.uint32(when[i])] += _ONE << np.uint64(_BITS * code[i])
    k, final = 0, np.uint32(last)
    for before in range(final + 1):
        day = np.uint32(final - before)
        packed = days[day]
        if packed:
            leaving_time[k], days[day] = day, 0
            for c in range(4):
                leaving[k, c] = packed >> np.uint64(_BITS * c) & _MASK
            k += 1
    return k


@compiled
def _count_ties(
    when: FloatArray, code: ByteArray, leaving: _SmallArray, leaving_time: FloatArray
) -> int:
    """Count who leaves how at each distinct time, the last first; times are sorted."""
    k = 0
    for i in range(len(when) - 1, -1, -1):
        if k == 0 or leaving_time[k - 1] != when[i]:
            leaving_time[k] = when[i]
            for c in range(4):
                leaving[k, c] = 0
            k += 1
        leaving[k - 1, code[i]] += 1
    return k


@compiled
def _sort(when: FloatArray, code: ByteArray, last: float, bucket: _SmallArray) -> int:
    """Sort the first row of times; give the row in which they lie sorted."""
    n = when.shape[1]
    scale, row = n / last, 0
    if scale < np.inf:
        bucket[:] = 0
        for i in range(n):
            bucket[min(int(when[0, i] * scale), n - 1) + 1] += 1
        for b in range(n):
            bucket[b + 1] += bucket[b]
        for i in range(n):
            b = min(int(when[0, i] * scale), n - 1)
            when[1, bucket[b]], code[1, bucket[b]] = when[0, i], code[0, i]
            bucket[b] += 1
        row = 1
    if _insert(when[row], code[row]):
        return row
    return _merge(when, code, row)


@compiled
def _insert(when: FloatArray, code: ByteArray) -> bool:
    """Sort by insertion; give up, all still there, where that takes long."""
    moves = _MOVES * len(when)
    for i in range(1, len(when)):
        value, its_code, j = when[i], code[i], i
        while j > 0 and when[j - 1] > value:
            when[j], code[j] = when[j - 1], code[j - 1]
            j -= 1
        when[j], code[j] = value, its_code
        moves -= i - j
        if moves < 0:
            return False
    return True


@compiled
def _merge(when: FloatArray, code: ByteArray, row: int) -> int:
    """Sort by merging runs of doubling length; give the row that ends up sorted."""
    n, width = when.shape[1], 1
    while width < n:
        into = 1 - row
        for low in range(0, n, 2 * width):
            middle, high = min(low + width, n), min(low + 2 * width, n)
            i, j = low, middle
            for k in range(low, high):
                if j >= high or (i < middle and when[row, i] <= when[row, j]):
                    when[into, k], code[into, k] = when[row, i], code[row, i]
                    i += 1
                else:
                    when[into, k], code[into, k] = when[row, j], code[row, j]
                    j += 1
        row, width = into, 2 * width
    return row


@compiled
def _risk_sets(
    leaving: _SmallArray, leaving_time: FloatArray, sets: FloatArray, counts: IntArray
) -> int:
    """Write events and at risk by arm, and the time, of each event time, last first."""
    n_sets = 0
    for c in range(4):
        counts[c] = 0
    for k in range(len(leaving)):
        for a in range(2):
            counts[a] += leaving[k, a] + leaving[k, 2 + a]
            counts[2 + a] += leaving[k, 2 + a]
        if leaving[k, 2] + leaving[k, 3]:
            for a in range(2):
                sets[a, n_sets] = leaving[k, 2 + a]
                sets[2 + a, n_sets] = counts[a]
            sets[4, n_sets] = leaving_time[k]
            n_sets += 1
    return n_sets


@compiled
def _compare(
    sets: FloatArray,
    counts: IntArray,
    ratio: FloatArray,
    numbers: FloatArray,
    codes: CodeArray,
) -> None:
    """Log-rank and Cox; say of all three what there is to compare."""
    numbers[:] = np.nan
    if counts[0] == 0 or counts[1] == 0:
        codes[:] = ONE_ARM
        return
    codes[:] = FINE
    if counts[2] + counts[3] == 0:
        codes[:2] = NO_EVENT
        return
    distance, variance = _log_rank(sets)
    numbers[0], numbers[1] = distance, variance
    if not variance > 0:
        codes[0] = NEVER_TOGETHER
    treated, untreated, n_steps = _steps(sets, ratio)
    if treated + untreated == 0:
        codes[1] = NEVER_TOGETHER
    elif treated == 0 or untreated == 0:
        codes[1] = SEPARATED
    else:
        begin = distance / variance if variance > 0 else 0.0
        numbers[2], numbers[3] = _maximise(ratio[:n_steps], treated, begin)
        if math.isnan(numbers[2]):
            codes[1] = NOT_CONVERGED


@compiled
def _log_rank(sets: FloatArray) -> tuple[float, float]:
    """Give the treated's events minus expected, and its hypergeometric variance."""
    distance, variance = 0.0, 0.0
    for k in range(sets.shape[1]):
        events, at_risk = sets[0, k] + sets[1, k], sets[2, k] + sets[3, k]
        share = sets[3, k] / at_risk
        distance += sets[1, k] - events * share
        spared = events * (at_risk - events) / max(at_risk - 1.0, 1.0)
        variance += spared * share * (sets[2, k] / at_risk)
    return distance, variance


@compiled
def _steps(sets: FloatArray, ratio: FloatArray) -> tuple[float, float, int]:
    """Write untreated over treated at risk of Efron's steps with both; count events."""
    treated, untreated, n_steps = 0.0, 0.0, 0
    for k in range(sets.shape[1]):
        if sets[2, k] == 0 or sets[3, k] == 0:
            continue
        events = sets[0, k] + sets[1, k]
        untreated += sets[0, k]
        treated += sets[1, k]
        for step in range(int(events)):
            gone = step / events
            left = sets[2, k] - gone * sets[0, k]
            ratio[n_steps] = left / (sets[3, k] - gone * sets[1, k])
            n_steps += 1
    return treated, untreated, n_steps


@compiled
def _maximise(ratio: FloatArray, treated: float, begin: float) -> tuple[float, float]:
    """Find the log hazard ratio by Newton's method within what its score brackets."""
    low, high, converged = -np.inf, np.inf, False
    beta = min(max(begin, -_LONGEST_STEP), _LONGEST_STEP)
    for _ in range(_MAX_STEPS):
        score, information = _derivatives(ratio, beta)
        score += treated
        if converged:
            return beta, 1 / math.sqrt(information)
        low, high = (beta, high) if score > 0 else (low, beta)
        step = score / information
        converged = abs(step) < _CONVERGED
        beta += min(max(step, -_LONGEST_STEP), _LONGEST_STEP)
        if not (converged or low < beta < high):
            beta = (low + high) / 2
    return np.nan, np.nan


@compiled
def _derivatives(ratio: FloatArray, beta: float) -> tuple[float, float]:
    """Give minus the expected treated events, and the information."""
    hazard, expected, information = math.exp(beta), 0.0, 0.0
    for k in range(len(ratio)):
        part = 1 / (hazard + ratio[k])
        expected += part
        information += ratio[k] * part * part
    return -hazard * expected, hazard * information


@compiled
def _read_curves(
    sets: FloatArray,
    counts: IntArray,
    horizon: float,
    numbers: FloatArray,
    codes: CodeArray,
) -> None:
    """Kaplan-Meier's risks at the horizon, their difference, its standard error."""
    variance = 0.0
    for a in range(2):
        survival, spread = _product(sets[a], sets[2 + a], sets[4], horizon)
        numbers[4 + a] = 1 - survival
        variance += spread
        if not spread > 0:
            codes[2] = NO_VARIANCE
    numbers[6] = numbers[5] - numbers[4]
    if codes[2] == FINE:
        numbers[7] = math.sqrt(variance)


@compiled
def _product(
    dead: FloatArray, at_risk: FloatArray, time: FloatArray, horizon: float
) -> tuple[float, float]:
    """Multiply the shares without event up to the horizon; Greenwood's variance."""
    survival, spread = 1.0, 0.0
    for k in range(len(time)):
        if dead[k] > 0 and time[k] <= horizon:
            free = at_risk[k] - dead[k]
            if free == 0:
                return 0.0, 0.0
            survival *= free / at_risk[k]
            spread += dead[k] / (at_risk[k] * free)
    return survival, survival * survival * spread


@compiled
def _is_beyond(leaving: _SmallArray, leaving_time: FloatArray, horizon: float) -> bool:
    """Say whether an arm's last were censored before the horizon."""
    for a in range(2):
        for k in range(len(leaving)):
            if leaving[k, a] + leaving[k, 2 + a]:
                if leaving_time[k] < horizon and leaving[k, a]:
                    return True
                break
    return False
