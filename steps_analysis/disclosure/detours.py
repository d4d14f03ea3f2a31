"""How can a quantity move at the least cost? The program of a quick defence."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.sparse import csr_array, hstack

from steps_analysis.disclosure.structure import Structure
from steps_analysis.estimates import FloatArray

_OPTIONS: dict[str, bool | int | str] = {
    "output_flag": False,
    "solver": "simplex",
    "presolve": "off",
    "threads": 1,
    "parallel": "off",
    "random_seed": 0,
}


class Detours:
    """
    Cheapest ways to move one quantity while all sums still hold, sharing one model.

    Parameters
    ----------
    structure
        Quantities and equations.

    Notes
    -----
    A linear program over how far each quantity goes up and down [1]_. Only limits and
    costs change from one to the next, so the model keeps its basis.

    References
    ----------
    .. [1] Kelly, J. P., Golden, B. L. and Assad, A. A. (1992), Cell suppression:
       disclosure protection for sensitive tabular data. Networks 22, 397-417.

    Examples
    --------
    >>> from steps_analysis.disclosure.structure import sparse_rows
    >>> import pandas as pd
    >>> from steps_analysis.disclosure.structure import structure_of
    >>> from steps_analysis.disclosure.tables import table_from
    >>> counts = pd.DataFrame([[3, 9, 8]], index=["A"], columns=["x", "y", "z"])
    >>> detours = Detours(structure_of([table_from("t", counts)]))
    >>> far = np.full(4, 9.0)
    >>> detours.open(far, far, np.array([0.0, 9.0, 8.0, 20.0]))
    >>> detours.move(0, 2.0).tolist()
    [2.0, 0.0, -2.0, 0.0]
    """

    def __init__(self, structure: Structure) -> None:
        import highspy
        from highspy._core import _Highs  # the public class prints a banner

        rows = csr_array(structure.equations).astype(np.float64)
        matrix = csr_array(hstack([rows, -rows]))
        self._n = rows.shape[1]
        zeros = np.zeros(matrix.shape[1])
        self._model: Any = _Highs()
        for name, value in _OPTIONS.items():
            self._model.setOptionValue(name, value)
        program = highspy.HighsLp()
        program.num_row_, program.num_col_ = matrix.shape
        program.col_cost_, program.col_lower_ = zeros, zeros
        program.col_upper_ = zeros
        program.row_lower_ = program.row_upper_ = np.zeros(matrix.shape[0])
        program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        program.a_matrix_.start_ = matrix.indptr
        program.a_matrix_.index_ = matrix.indices
        program.a_matrix_.value_ = matrix.data
        self._model.passModel(program)
        self._up, self._down = zeros[: self._n], zeros[: self._n]

    def open(self, down: FloatArray, up: FloatArray, cost: FloatArray) -> None:
        """
        Say how far each quantity may go, and at what cost.

        Parameters
        ----------
        down, up
            Farthest it may go down and up, shape (n,); infinite for no limit.
        cost
            Per count either way, at least 0, shape (n,).
        """
        self._down, self._up = down, up
        everything = np.arange(2 * self._n, dtype=np.int32)
        most = np.concatenate([up, down])
        zeros = np.zeros(2 * self._n)
        self._model.changeColsBounds(2 * self._n, everything, zeros, most)
        self._model.changeColsCost(2 * self._n, everything, np.concatenate([cost] * 2))

    def move(self, quantity: int, by: float) -> FloatArray | None:
        """
        Find the cheapest way to move one quantity.

        Parameters
        ----------
        quantity
            Its number.
        by
            How far, up or down.

        Returns
        -------
        numpy.ndarray or None
            How far each quantity moves, shape (n,); None if it cannot be done.
        """
        from highspy import HighsModelStatus

        model, n = self._model, self._n
        up, down = max(by, 0.0), max(-by, 0.0)
        model.changeColBounds(quantity, up, up)
        model.changeColBounds(n + quantity, down, down)
        model.run()
        found: FloatArray | None = None
        if model.getModelStatus() == HighsModelStatus.kOptimal:
            point = np.array(model.getSolution().col_value)
            found = point[:n] - point[n:]
        model.changeColBounds(quantity, 0.0, float(self._up[quantity]))
        model.changeColBounds(n + quantity, 0.0, float(self._down[quantity]))
        return found
