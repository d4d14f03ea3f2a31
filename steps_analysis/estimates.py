"""
What an analysis returns: three frozen results that neither print, plot nor round.

An `Estimate` is one number with its interval, a `TestResult` one test, a `Curve` a step
function of time. Where sound data cannot give a number, the number is NaN and
`not_estimable` says why; only malformed input raises.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from numbers import Real
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.errors import ArgumentError, refusal

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


def check_level(level: float) -> float:
    """
    Refuse a confidence level outside (0, 1).

    Parameters
    ----------
    level
        The confidence level, such as 0.95.

    Returns
    -------
    float
        The level.

    Raises
    ------
    ArgumentError
        If it lies outside (0, 1).

    Examples
    --------
    >>> check_level(0.95)
    0.95
    """
    if not (isinstance(level, Real) and 0 < level < 1):
        percent = isinstance(level, Real) and 1 < level < 100
        hint = f"{level:g}% is {level / 100:g}" if percent else None
        raise ArgumentError(refusal("level", "lie in (0, 1)", level, hint=hint))
    return float(level)


def comparable(result: Any) -> tuple[object, ...]:
    """
    Give a result's fields for comparison; NaN equals NaN on every Python.

    Parameters
    ----------
    result
        An instance of a dataclass.

    Returns
    -------
    tuple
        The fields in order, with a word in place of NaN.

    Examples
    --------
    >>> one, other = (TestResult.missing("too few", n=2) for _ in range(2))
    >>> comparable(one) == comparable(other)
    True
    """
    values = (getattr(result, field.name) for field in fields(result))
    return tuple("NaN" if value != value else value for value in values)


class _Result:
    """What all results can do."""

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """
        Give the fields as plain Python values, ready for JSON.

        Returns
        -------
        dict
            Field name to value; arrays become lists, NaN and infinities None.
        """
        return {
            field.name: _plain(getattr(self, field.name))
            for field in fields(self)  # type: ignore[arg-type]  # subclasses are dataclasses
        }

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _Result) or type(other) is not type(self):
            return NotImplemented
        return comparable(self) == comparable(other)

    def __hash__(self) -> int:
        return hash(comparable(self))

    def to_r(self) -> str | None:
        """
        Write the R call that should reproduce this result.

        Returns
        -------
        str or None
            The call, or None where no R package computes the same thing.
        """
        call: str | None = getattr(self, "r_call", None)
        return call


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Estimate(_Result):
    """
    One number with its interval.

    Attributes
    ----------
    measure
        What is estimated, in words: ``"risk difference"``.
    value, lower, upper
        The estimate and its confidence limits; NaN where not estimable.
    level
        Confidence level of the limits.
    standard_error
        Standard error on the scale the limits were made on, NaN where there is none.
    p_value
        Two-sided p-value against no effect, NaN where none belongs to the method.
    unit
        Unit of `value`; ``""`` for a pure number.
    n
        How many participants (or units) the estimate rests on.
    method
        How value and interval were computed.
    not_estimable
        None, or the reason why there is no number.
    r_call
        The R call that should reproduce it, where there is one.

    Examples
    --------
    >>> Estimate(measure="risk", value=0.1, lower=0.03, upper=0.26, n=30).value
    0.1
    """

    measure: str
    value: float
    lower: float
    upper: float
    level: float = 0.95
    standard_error: float = math.nan
    p_value: float = math.nan
    unit: str = ""
    n: int
    method: str = ""
    not_estimable: str | None = None
    r_call: str | None = None

    def __post_init__(self) -> None:
        check_level(self.level)
        for name in ("value", "lower", "upper", "standard_error", "p_value"):
            object.__setattr__(self, name, float(getattr(self, name)))
        object.__setattr__(self, "n", int(self.n))
        if self.not_estimable is None and math.isnan(self.value):
            rule = "be a number unless `not_estimable` says why"
            raise ArgumentError(refusal("value", rule, self.value))
        if self.lower > self.upper:
            limits = (self.lower, self.upper)
            raise ArgumentError(refusal("lower", "not exceed `upper`", limits))

    @classmethod
    def missing(
        cls, measure: str, reason: str, *, n: int, level: float = 0.95, **more: Any
    ) -> Self:
        """
        Say that something cannot be estimated, and why.

        Parameters
        ----------
        measure
            What would have been estimated.
        reason
            Why it cannot be, worded to follow "not estimable because".
        n
            How many participants there are.
        level
            Confidence level the limits would have had.
        **more
            Further fields, such as `method` or `unit`.

        Returns
        -------
        Estimate
            One whose numbers are NaN.
        """
        nan = math.nan
        return cls(
            measure=measure,
            value=nan,
            lower=nan,
            upper=nan,
            level=level,
            n=n,
            not_estimable=reason,
            **more,
        )

    def to_frame(self) -> pd.DataFrame:
        """
        Give the fields as a table of one row.

        Returns
        -------
        pandas.DataFrame
            One row, one column per field.
        """
        return pd.DataFrame(
            [{field.name: getattr(self, field.name) for field in fields(self)}]
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TestResult(_Result):
    """
    One test of a hypothesis.

    Attributes
    ----------
    statistic
        The test statistic, NaN where the method has none.
    p_value
        The p-value, two-sided unless `method` says otherwise.
    n
        How many participants the test rests on.
    degrees_of_freedom
        Degrees of freedom, NaN where the method has none.
    method
        Which test, with its options.
    not_estimable
        None, or the reason why there is no answer.
    r_call
        The R call that should reproduce it, where there is one.

    Examples
    --------
    >>> TestResult(statistic=3.84, p_value=0.05, n=80, degrees_of_freedom=1).p_value
    0.05
    """

    __test__ = False  # pytest must not collect it

    statistic: float
    p_value: float
    n: int
    degrees_of_freedom: float = math.nan
    method: str = ""
    not_estimable: str | None = None
    r_call: str | None = None

    def __post_init__(self) -> None:
        for name in ("statistic", "p_value", "degrees_of_freedom"):
            object.__setattr__(self, name, float(getattr(self, name)))
        object.__setattr__(self, "n", int(self.n))
        if self.not_estimable is None and not -1e-12 <= self.p_value <= 1 + 1e-12:
            raise ArgumentError(refusal("p_value", "lie in [0, 1]", self.p_value))

    @classmethod
    def missing(cls, reason: str, *, n: int, **more: Any) -> Self:
        """
        Say that a test has no answer, and why.

        Parameters
        ----------
        reason
            Why, worded to follow "not estimable because".
        n
            How many participants there are.
        **more
            Further fields, such as `method`.

        Returns
        -------
        TestResult
            One whose numbers are NaN.
        """
        nan = math.nan
        return cls(statistic=nan, p_value=nan, n=n, not_estimable=reason, **more)

    def to_frame(self) -> pd.DataFrame:
        """
        Give the fields as a table of one row.

        Returns
        -------
        pandas.DataFrame
            One row, one column per field.
        """
        return pd.DataFrame(
            [{field.name: getattr(self, field.name) for field in fields(self)}]
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve(_Result):
    """
    A step function of time with pointwise limits.

    Attributes
    ----------
    time
        Times of the steps, shape (k,), increasing.
    value, lower, upper
        The function from each time on, and its limits, shape (k,).
    standard_error
        Standard error of `value`, shape (k,).
    n_at_risk
        How many were at risk just before each time, shape (k,).
    level
        Confidence level of the limits.
    method
        Which estimator, with its options.
    start
        The function before the first time: 1 for survival, 0 for incidence.
    r_call
        The R call that should reproduce it, where there is one.

    Examples
    --------
    >>> one = np.array([1.0])
    >>> curve = Curve(time=one, value=one / 2, lower=one * 0, upper=one,
    ...               standard_error=one / 4, n_at_risk=one * 2, start=1.0)
    >>> curve.at([0.5, 2.0])
    array([1. , 0.5])
    """

    time: FloatArray
    value: FloatArray
    lower: FloatArray
    upper: FloatArray
    standard_error: FloatArray
    n_at_risk: FloatArray
    level: float = 0.95
    method: str = ""
    start: float = 1.0
    r_call: str | None = None

    def __post_init__(self) -> None:
        check_level(self.level)
        length = len(self.time)
        for name in _CURVE_ARRAYS:
            array = np.array(getattr(self, name), dtype=np.float64)
            if array.shape != (length,):
                rule = f"have shape ({length},) like `time`"
                raise ArgumentError(refusal(name, rule, array.shape))
            array.setflags(write=False)
            object.__setattr__(self, name, array)
        if np.any(np.diff(self.time) <= 0):
            raise ArgumentError(refusal("time", "increase", "a repeat or a step back"))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Curve):
            return NotImplemented
        return self.to_dict() == other.to_dict()

    __hash__ = None  # type: ignore[assignment]  # arrays have no hash

    def at(self, time: npt.ArrayLike) -> FloatArray:
        """
        Read the function at given times.

        Parameters
        ----------
        time
            Times, any shape.

        Returns
        -------
        numpy.ndarray
            The values, the shape of `time`.
        """
        return self._read(self.value, self.start, time)

    def estimate_at(self, time: float, *, measure: str, unit: str = "") -> Estimate:
        """
        Read value, limits and standard error at one time.

        Parameters
        ----------
        time
            The time.
        measure
            What the value is called.
        unit
            Its unit.

        Returns
        -------
        Estimate
            Resting on the number at risk at the start.
        """
        n = int(self.n_at_risk[0]) if len(self.time) else 0
        return Estimate(
            measure=measure,
            value=float(self.at(time)),
            lower=float(self._read(self.lower, self.start, time)),
            upper=float(self._read(self.upper, self.start, time)),
            standard_error=float(self._read(self.standard_error, 0.0, time)),
            level=self.level,
            unit=unit,
            n=n,
            method=self.method,
        )

    def _read(self, steps: FloatArray, start: float, time: npt.ArrayLike) -> FloatArray:
        position = np.searchsorted(self.time, np.asarray(time, float), side="right")
        return np.concatenate([[start], steps])[position]

    def to_frame(self) -> pd.DataFrame:
        """
        Give the steps as a table.

        Returns
        -------
        pandas.DataFrame
            One row per step: time, value, lower, upper, standard_error, n_at_risk.
        """
        return pd.DataFrame({name: getattr(self, name) for name in _CURVE_ARRAYS})


_CURVE_ARRAYS = ("time", "value", "lower", "upper", "standard_error", "n_at_risk")


def _plain(value: object) -> object:
    """Turn arrays into lists and numbers JSON cannot hold into None."""
    if isinstance(value, np.ndarray):
        return [_plain(item) for item in value.tolist()]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
