"""Who is in which of two named arms, and which is the reference."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.errors import ArgumentError, DataError, did_you_mean, refusal
from steps_analysis.estimates import BoolArray


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoArms:
    """
    Two named arms and who is in which.

    Attributes
    ----------
    treatment, reference
        The arms' labels; ``""`` for an arm nobody is in and nobody named.
    is_treatment
        True for participants in the treatment arm, shape (n,).
    """

    treatment: str
    reference: str
    is_treatment: BoolArray


def two_arms(arm: npt.ArrayLike, table: pd.DataFrame, reference: str | None) -> TwoArms:
    """
    Read the arms of a table's rows.

    Parameters
    ----------
    arm
        The label of each row's arm; a Series must carry the table's index. A
        categorical may name an arm that nobody is in.
    table
        The table the arms belong to.
    reference
        Label of the reference arm; None means the alphabetically first.

    Returns
    -------
    TwoArms
        The labels and who is treated.

    Raises
    ------
    DataError
        If the arms do not fit the table, are missing, or are more than two.
    ArgumentError
        If `reference` is not one of the arms.

    Examples
    --------
    >>> table = pd.DataFrame({"age": [13, 15]})
    >>> two_arms(["MAU", "MST-PSB"], table, None).reference
    'MAU'
    """
    labels = _labels(arm, table)
    names = _names(arm, labels)
    if reference is not None and reference not in names:
        if len(names) == 2:
            rule = f"be one of the arms ({', '.join(names)})"
            hint = did_you_mean(reference, names)
            raise ArgumentError(refusal("reference", rule, reference, hint=hint))
        names = [reference, *names]
    first = reference if reference is not None else names[0]
    others = [name for name in names if name != first]
    treatment = others[0] if others else ""
    return TwoArms(treatment=treatment, reference=first, is_treatment=labels != first)


def _labels(arm: npt.ArrayLike, table: pd.DataFrame) -> npt.NDArray[np.str_]:
    """One label per row, as text; refuse what does not fit the table."""
    if isinstance(arm, pd.Series) and not arm.index.equals(table.index):
        rule = "carry the table's index, or be a plain array in the table's order"
        raise DataError(refusal("arm", rule, "another index"))
    given = pd.Series(np.asarray(arm))
    if len(given) != len(table) or not len(table):
        rule = f"hold one label for each of the {len(table)} rows, at least one"
        raise DataError(refusal("arm", rule, len(given)))
    n_missing = int(given.isna().sum())
    if n_missing:
        raise DataError(refusal("arm", "be known", f"{n_missing} missing"))
    return given.astype(str).to_numpy(dtype=np.str_)


def _names(arm: npt.ArrayLike, labels: npt.NDArray[np.str_]) -> list[str]:
    """List the arms' labels in alphabetical order; refuse more than two."""
    dtype = getattr(arm, "dtype", None)
    names = {str(label) for label in labels}
    if isinstance(dtype, pd.CategoricalDtype):
        names |= {str(label) for label in dtype.categories}
    if len(names) > 2:
        given = f"{len(names)}: {', '.join(sorted(names))}"
        raise DataError(refusal("arm", "hold two arms", given))
    return sorted(names)
