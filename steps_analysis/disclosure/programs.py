"""How far can one quantity be pushed? An attacker's linear program, kept open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.sparse import csr_array, vstack

from steps_analysis.disclosure.system import NO_LIMIT, System
from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.estimates import BoolArray, FloatArray, IntArray

LEAST, GREATEST = 1, -1
"""Directions to push a quantity in: what its cost is while a program is minimised."""

_OPTIONS: Mapping[str, bool | int | str] = {
    "output_flag": False,
    "solver": "simplex",
    "presolve": "off",
    "simplex_strategy": 4,  # primal: stays feasible when only a cost changes
    "threads": 1,
    "parallel": "off",
    "random_seed": 0,
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Extreme:
    """
    How far one quantity can be pushed, in fractions of a count.

    Attributes
    ----------
    value
        The extreme; infinite where there is no limit.
    point
        The vertex where it is reached, shape (n,), settled quantities included; where
        there is no limit, the last vertex passed.
    prices
        Reduced cost of every quantity in the program that minimises (direction 1) the
        quantity or its negative (direction -1), shape (n,); 0 where there is no limit.
    """

    value: float
    point: FloatArray = field(repr=False)
    prices: FloatArray = field(repr=False)

    @property
    def is_limited(self) -> bool:
        """
        Say whether the quantity has a limit in this direction.

        Returns
        -------
        bool
            False where it can be pushed without end.
        """
        return bool(np.isfinite(self.value))


class Program:
    """
    The linear programs of an attacker on one system, sharing one model and its basis.

    Only the cost of one quantity changes from program to program, so the last vertex is
    a feasible start for the next: the primal simplex method then takes a few steps
    where a new model would start from nothing.

    Parameters
    ----------
    system
        What is known. Quantities whose limits meet are settled: they have no column.

    Notes
    -----
    The same calls in the same order give the same answers. HiGHS [1]_ takes the rows as
    they are, without presolve, which would throw the basis away.

    References
    ----------
    .. [1] Huangfu, Q. and Hall, J. A. J. (2018), Parallelizing the dual revised simplex
       method. Mathematical Programming Computation 10, 119-142.

    Examples
    --------
    >>> row = csr_array(np.array([[1, 1, -1]]))
    >>> known = System(equations=row, inequalities=csr_array((0, 3), dtype=np.int64),
    ...                lower=np.array([1, 1, 7]), upper=np.array([99, NO_LIMIT, 7]),
    ...                is_unimodular=True)
    >>> program = Program(known)
    >>> program.extreme(0, GREATEST).value
    6.0
    >>> program.limits(np.array([1, 3, 7]), np.array([99, 99, 7]))
    >>> program.extreme(0, GREATEST).value
    4.0
    """

    _lower: IntArray
    _upper: IntArray
    _unknown: IntArray
    _column: IntArray
    _kept: IntArray
    _is_contradicted: bool
    _model: Any

    def __init__(self, system: System) -> None:
        self._rows = csr_array(vstack([system.equations, system.inequalities]))
        self._transposed = csr_array(self._rows.T).astype(np.float64)
        self._n_equations = system.equations.shape[0]
        self._open(system.lower, system.upper)

    @property
    def unknown(self) -> IntArray:
        """
        List the quantities that have a column.

        Returns
        -------
        numpy.ndarray
            Their numbers, in order.
        """
        return self._unknown

    def extreme(
        self,
        quantity: int,
        direction: int,
        *,
        limits: tuple[int, int] | None = None,
    ) -> Extreme | None:
        """
        Push one quantity as far as it goes.

        Parameters
        ----------
        quantity
            Its number.
        direction
            1 for its least value, -1 for its greatest, 0 for any table that fits.
        limits
            Least and greatest value of the quantity for this program only.

        Returns
        -------
        Extreme or None
            Value, vertex and prices; None if no table fits.

        Raises
        ------
        ArgumentError
            If the program cannot be solved for reasons of arithmetic.
        """
        column = self._column[quantity]
        if column < 0:
            return self._settled(quantity, direction, limits)
        if limits is not None:
            self._model.changeColBounds(column, *_real(*map(np.array, limits)))
        self._model.changeColCost(column, float(direction))
        status = self._solved()
        found = self._read(quantity, direction, status)
        self._model.changeColCost(column, 0.0)
        if limits is not None:
            ends = self._lower[quantity], self._upper[quantity]
            self._model.changeColBounds(column, *_real(*ends))
        return found

    def limits(self, lower: IntArray, upper: IntArray) -> None:
        """
        Change what is known about the limits of quantities.

        Parameters
        ----------
        lower, upper
            New limits of every quantity, shape (n,). While every quantity that is
            not settled has a column already the basis is kept, else a new model is
            opened: a program for changing patterns starts from the widest limits.

        Raises
        ------
        ArgumentError
            If they are not one number for each quantity.
        """
        if lower.shape != self._lower.shape or upper.shape != self._lower.shape:
            rule = f"hold {len(self._lower)} numbers"
            raise ArgumentError(refusal("lower", rule, lower.shape))
        opens = (lower < upper) & (self._column < 0)
        moves = (lower != self._lower) & (self._column < 0)
        if opens.any() or moves.any():
            self._open(lower, upper)
            return
        changed = (lower != self._lower) | (upper != self._upper)
        here = np.flatnonzero(changed)
        least, most = _real(lower[here], upper[here])
        columns = self._column[here].astype(np.int32)
        self._model.changeColsBounds(len(here), columns, least, most)
        self._lower, self._upper = lower.copy(), upper.copy()

    def _open(self, lower: IntArray, upper: IntArray) -> None:
        """Open a model with a column for every quantity that is not settled."""
        self._lower, self._upper = lower.copy(), upper.copy()
        self._unknown = np.flatnonzero(lower < upper)
        self._column = np.full(len(lower), -1, dtype=np.int64)
        self._column[self._unknown] = np.arange(len(self._unknown))
        settled = np.where(lower < upper, 0, lower)
        part = csr_array(self._rows[:, self._unknown])
        self._kept = np.flatnonzero(np.diff(part.indptr))
        most = -(self._rows @ settled)
        is_equation = np.arange(self._rows.shape[0]) < self._n_equations
        self._is_contradicted = bool(
            np.any(lower > upper)
            or _is_broken(most, is_equation, np.diff(part.indptr) == 0)
        )
        least = np.where(is_equation, most.astype(np.float64), -np.inf)
        self._model = _model(
            part[self._kept],
            _real(lower[self._unknown], upper[self._unknown]),
            (least[self._kept], most[self._kept].astype(np.float64)),
        )

    def _settled(
        self, quantity: int, direction: int, limits: tuple[int, int] | None
    ) -> Extreme | None:
        """Answer for a quantity that has one value anyway."""
        value = int(self._lower[quantity])
        if limits is not None and not limits[0] <= value <= limits[1]:
            return None
        found = self._read(quantity, 0, self._solved())
        if found is None:
            return None
        prices = np.zeros(len(self._lower))
        prices[quantity] = direction
        return Extreme(value=float(value), point=found.point, prices=prices)

    def _solved(self) -> str:
        """Run the model from the basis it has, once more from nothing if that fails."""
        if self._is_contradicted:
            return "infeasible"
        if not len(self._unknown):
            return "optimal"
        for _ in range(2):
            self._model.run()
            status = _status(self._model)
            if status:
                return status
            self._model.clearSolver()
        raise ArgumentError(refusal("system", "have a program HiGHS can solve", "none"))

    def _read(self, quantity: int, direction: int, status: str) -> Extreme | None:
        """Read value, vertex and prices off a model that has been run."""
        if status == "infeasible":
            return None
        point = self._lower.astype(np.float64)
        prices = np.zeros(len(point))
        if len(self._unknown):
            solution = self._model.getSolution()
            point[self._unknown] = solution.col_value
            if status == "unlimited":
                value = -direction * np.inf
                return Extreme(value=value, point=point, prices=prices)
            duals = np.zeros(self._rows.shape[0])
            duals[self._kept] = solution.row_dual
            prices = -(self._transposed @ duals)
        prices[quantity] += direction
        return Extreme(value=float(point[quantity]), point=point, prices=prices)


def _real(lower: IntArray, upper: IntArray) -> tuple[FloatArray, FloatArray]:
    """Write whole limits as HiGHS takes them."""
    most = np.where(upper >= NO_LIMIT, np.inf, upper.astype(np.float64))
    return lower.astype(np.float64), most


def _is_broken(most: IntArray, is_equation: BoolArray, is_empty: BoolArray) -> bool:
    """Say whether a row without unknowns does not hold."""
    return bool(np.any(is_empty & ((most < 0) | (is_equation & (most != 0)))))


def _model(
    matrix: csr_array,
    columns: tuple[FloatArray, FloatArray],
    rows: tuple[FloatArray, FloatArray],
) -> Any:
    """Hand rows and limits to HiGHS."""
    import highspy
    from highspy._core import _Highs  # the public class prints a banner when it is made

    model = _Highs()
    for name, value in _OPTIONS.items():
        model.setOptionValue(name, value)
    program = highspy.HighsLp()
    program.num_row_, program.num_col_ = matrix.shape
    program.col_cost_ = np.zeros(matrix.shape[1])
    program.col_lower_, program.col_upper_ = columns
    program.row_lower_, program.row_upper_ = rows
    program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    program.a_matrix_.start_ = matrix.indptr
    program.a_matrix_.index_ = matrix.indices
    program.a_matrix_.value_ = matrix.data.astype(np.float64)
    model.passModel(program)
    return model


def _status(model: Any) -> str:
    """Name how a run ended; nothing where it did not come to an end."""
    from highspy import HighsModelStatus as Ended

    names = {
        Ended.kOptimal: "optimal",
        Ended.kInfeasible: "infeasible",
        Ended.kUnbounded: "unlimited",
    }
    return names.get(model.getModelStatus(), "")
