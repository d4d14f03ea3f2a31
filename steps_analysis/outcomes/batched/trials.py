"""
How would many trials have been analysed?

Log-rank test, Cox model and risk difference of every trial of a simulation, on arrays
of one row per trial, by the definitions of `log_rank`, `cox` and `survival_difference`.
"""

from __future__ import annotations

import math
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from steps_analysis.errors import DataError, refusal
from steps_analysis.estimates import FloatArray, IntArray
from steps_analysis.outcomes.batched.trial_statistics import (
    CodeArray,
    TrialStatistics,
)
from steps_analysis.outcomes.columns import as_time

_Column = npt.NDArray[np.generic]
_ByteArray = npt.NDArray[np.uint8]
_Kind = TypeVar("_Kind", bound=np.generic)

_RULES = {
    "time": "be finite and at least 0",
    "event": "be true or false, 1 or 0",
    "arm": "be 1 for treatment, 0 for control",
    "included": "be true or false, 1 or 0",
}
_IN_CACHE = 2**16  # participants analysed in one call of the compiled loop


def analyse_trials(
    time: npt.ArrayLike,
    event: npt.ArrayLike,
    arm: npt.ArrayLike,
    *,
    horizon: float,
    included: npt.ArrayLike | None = None,
) -> TrialStatistics:
    """
    Analyse many two-arm trials at once: log-rank, Cox, risk difference.

    Parameters
    ----------
    time
        End of follow-up, shape (n_trials, n), or (n,) if it is the same in every
        trial; finite and at least 0. Whole days are counted and not sorted, whatever
        their type, and are faster.
    event
        True or 1 where follow-up ended in the event, shaped likewise.
    arm
        1 for treatment, 0 for control, shaped likewise; as `draw_sequences` gives it.
    horizon
        Where the risks are compared, on the scale of `time`.
    included
        True for who belongs to the trial, shaped likewise, where trials differ in
        size; what stands in the other places is not looked at. None for all.

    Returns
    -------
    TrialStatistics
        One entry per trial.

    Raises
    ------
    DataError
        If shapes do not fit together, a value is missing or impossible, or `horizon`
        is negative or infinite.

    Notes
    -----
    Trial by trial the numbers of `log_rank`, `cox` with Efron ties, and
    `survival_difference` with the sign of a risk, in a compiled loop: no trial's
    numbers depend on the others. The Cox model of one yes-or-no covariate needs only
    the counts at each event time, so that an iteration costs one exponential; whether
    its likelihood has a maximum is decided by counting, not by watching it rise.
    Newton's method starts from (observed - expected) / variance [1]_ and stays within
    the bracket that the signs of the score give.

    Memory beyond arguments and result does not grow with the number of trials. The
    loop holds no lock: parts may be analysed by threads, with the same results.

    References
    ----------
    .. [1] Peto, R. and Pike, M. C. (1973), Biometrics 29, 579-584.
    .. [2] Efron, B. (1977), JASA 72, 557-565.

    Examples
    --------
    At time 1 one of four dies, treated; at time 2 one of three, not treated: observed
    minus expected is 1 - (1/2 + 1/3), with variance 1/4 + 2/9.

    >>> time, event, arm = [[1, 2, 3, 3]], [[1, 1, 0, 0]], [[1, 0, 1, 0]]
    >>> found = analyse_trials(time, event, arm, horizon=3)
    >>> found.observed_minus_expected.round(6), found.log_rank_variance.round(6)
    (array([0.166667]), array([0.472222]))
    >>> found.risk_difference
    array([0.])
    """
    at = as_time("horizon", horizon)
    columns = _shaped({"time": time, "event": event, "arm": arm, "included": included})
    n_trials, n = columns["time"].shape
    numbers = np.empty((8, n_trials))
    counts = np.empty((4, n_trials), dtype=np.int64)
    codes = np.empty((3, n_trials), dtype=np.int8)
    width = max(1, _IN_CACHE // n)
    for first in range(0, n_trials, width):
        block = slice(first, first + width)
        found = _analyse({k: v[block] for k, v in columns.items()}, at)
        numbers[:, block], counts[:, block], codes[:, block] = (a.T for a in found)
    return _named(numbers, counts, codes, at)


def _named(
    numbers: FloatArray, counts: IntArray, codes: CodeArray, horizon: float
) -> TrialStatistics:
    """Give every row of results its name."""
    return TrialStatistics(
        log_rank_z=numbers[0] / np.sqrt(np.where(codes[0] == 0, numbers[1], np.nan)),
        observed_minus_expected=numbers[0],
        log_rank_variance=numbers[1],
        log_hazard_ratio=numbers[2],
        log_hazard_ratio_se=numbers[3],
        risk_control=numbers[4],
        risk_treatment=numbers[5],
        risk_difference=numbers[6],
        risk_difference_se=numbers[7],
        n_control=counts[0],
        n_treatment=counts[1],
        events_control=counts[2],
        events_treatment=counts[3],
        log_rank_code=codes[0],
        cox_code=codes[1],
        risk_code=codes[2],
        method="log-rank test, hypergeometric variance; Cox model, Efron ties; "
        f"Kaplan-Meier, Greenwood, at {horizon:g}; treatment against control",
    )


def _shaped(given: dict[str, npt.ArrayLike | None]) -> dict[str, _Column]:
    """Give every column one row per trial, without copying."""
    arrays = {name: np.asarray(a) for name, a in given.items() if a is not None}
    for name in ("time", "event", "arm"):
        if name not in arrays:
            raise DataError(refusal(name, "be given", None))
    for name, array in arrays.items():
        _check_kind(name, array, is_masked=isinstance(given[name], np.ma.MaskedArray))
    n_trials = max(len(array) if array.ndim == 2 else 1 for array in arrays.values())
    shape = (n_trials, arrays["time"].shape[-1])
    for name, array in arrays.items():
        if array.shape not in (shape, shape[1:]):
            rule = f"have shape {shape} or {shape[1:]} like the others"
            raise DataError(refusal(name, rule, array.shape))
    return {name: np.broadcast_to(array, shape) for name, array in arrays.items()}


def _check_kind(name: str, array: _Column, *, is_masked: bool) -> None:
    """Refuse what is no array of numbers of one or two dimensions."""
    if is_masked:
        hint = "`included` says who belongs to a trial"
        raise DataError(refusal(name, "not be masked", "a mask", hint=hint))
    if array.ndim not in (1, 2) or array.size == 0:
        rule = "have shape (n_trials, n) or (n,), with somebody in it"
        raise DataError(refusal(name, rule, array.shape))
    if array.dtype.kind not in "biufO":
        raise DataError(refusal(name, "hold numbers", str(array.dtype)))


def _analyse(
    columns: dict[str, _Column], horizon: float
) -> tuple[FloatArray, IntArray, CodeArray]:
    """Analyse a block of trials, or refuse what is impossible in it."""
    from steps_analysis.outcomes.batched.one_pass import analyse_block  # the compiler

    n_trials = len(columns["time"])
    time = _as_floats(columns["time"])
    event, arm = _as_bytes(columns["event"]), _as_bytes(columns["arm"])
    included = _sealed(np.empty((n_trials, 0), dtype=np.uint8))
    if "included" in columns:
        included = _as_bytes(columns["included"])
        _refuse("included", int(np.sum(included > 1)))
    numbers = np.empty((n_trials, 8))
    counts = np.empty((n_trials, 4), dtype=np.int64)
    codes = np.empty((n_trials, 3), dtype=np.int8)
    faults = np.zeros(3, dtype=np.int64)
    analyse_block(time, event, arm, included, horizon, numbers, counts, codes, faults)
    for name, n_wrong in zip(("time", "event", "arm"), faults, strict=True):
        _refuse(name, int(n_wrong))
    return numbers, counts, codes


def _refuse(name: str, n_wrong: int) -> None:
    """Refuse impossible values, told by their number."""
    if n_wrong:
        raise DataError(refusal(name, _RULES[name], f"{n_wrong} that are not"))


def _as_floats(column: _Column) -> FloatArray:
    """Give numbers; what is none becomes NaN, which the loop counts."""
    if column.dtype.kind == "O":
        column = np.asarray(np.frompyfunc(_as_float, 1, 1)(column))
    return _sealed(np.require(column, np.float64, ["C", "A"]))


def _as_float(value: object) -> float:
    """Give a number; NaN for what is none, such as text."""
    is_number = isinstance(value, (int, float, np.number, np.bool_))
    return float(value) if is_number else math.nan  # type: ignore[arg-type]  # a number


def _as_bytes(column: _Column) -> _ByteArray:
    """Give 0 and 1 as bytes; anything else becomes 2, which is refused."""
    if column.dtype.itemsize == 1:
        return _sealed(np.ascontiguousarray(column).view(np.uint8))
    numbers = _as_floats(column)
    rest = np.where(numbers == 1, 1, 2)
    return _sealed(np.where(numbers == 0, 0, rest).astype(np.uint8))


def _sealed(array: npt.NDArray[_Kind]) -> npt.NDArray[_Kind]:
    """Give a view that cannot be written, whatever came in: one loop to compile."""
    view = array.view()
    view.setflags(write=False)
    return view
