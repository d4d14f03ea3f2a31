"""How the arms compare in what was known before allocation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.errors import ArgumentError, DataError, did_you_mean, refusal
from steps_analysis.estimates import BoolArray, FloatArray
from steps_analysis.randomisation.arms import TwoArms, two_arms
from steps_analysis.randomisation.parameters import (
    Ratio,
    check_factors,
    check_ratio_of_two,
)

Denominator: TypeAlias = Literal["pooled", "treatment", "reference"]
_DENOMINATORS: tuple[str, ...] = get_args(Denominator)
_LEVEL_ALL = "all"


def balance(
    table: pd.DataFrame,
    arm: npt.ArrayLike,
    factors: Sequence[str],
    *,
    ratio: Ratio = (1, 1),
    reference: str | None = None,
) -> pd.DataFrame:
    """
    Count the arms at every level of every factor.

    Parameters
    ----------
    table
        One row per participant, with the factors as columns.
    arm
        Each participant's arm, two labels.
    factors
        Names of the factors.
    ratio
        How many to treatment for how many to reference were meant.
    reference
        Label of the reference arm; None means the alphabetically first.

    Returns
    -------
    pandas.DataFrame
        First the whole trial (factor and level ``"all"``), then one row per level, in
        alphabetical order: factor, level, n_treatment, n_reference, imbalance,
        treatment, reference. The imbalance is n_treatment / a - n_reference / b for a
        ratio a:b: the plain difference for 1:1, and what minimisation compares.

    Raises
    ------
    ArgumentError
        If factors, ratio or reference are impossible.
    DataError
        If a factor is absent or missing for someone, or there are more than two arms.

    Examples
    --------
    >>> table = pd.DataFrame({"sex": ["f", "m", "m"]})
    >>> counts = balance(table, ["MAU", "MST-PSB", "MST-PSB"], ["sex"])
    >>> counts[["level", "n_treatment", "n_reference", "imbalance"]].values.tolist()
    [['all', 2, 1, 1.0], ['f', 0, 1, -1.0], ['m', 2, 0, 2.0]]
    """
    arms = two_arms(arm, table, reference)
    parts = check_ratio_of_two(ratio)
    rows = [_count_row(_LEVEL_ALL, _LEVEL_ALL, np.ones(len(table), bool), arms, parts)]
    for factor in check_factors(factors):
        values = _known_column(table, factor)
        rows += [
            _count_row(factor, level, (values == level).to_numpy(), arms, parts)
            for level in sorted(values.unique())
        ]
    return pd.DataFrame(rows)


def _count_row(
    factor: str, level: str, here: BoolArray, arms: TwoArms, ratio: Ratio
) -> dict[str, Any]:
    """One row of the count table."""
    n_treatment = int((here & arms.is_treatment).sum())
    n_reference = int((here & ~arms.is_treatment).sum())
    return {
        "factor": factor,
        "level": level,
        "n_treatment": n_treatment,
        "n_reference": n_reference,
        "imbalance": n_treatment / ratio[0] - n_reference / ratio[1],
        "treatment": arms.treatment,
        "reference": arms.reference,
    }


def _known_column(table: pd.DataFrame, name: str) -> pd.Series[str]:
    """Read a column as text; refuse what is absent or missing."""
    if name not in table.columns:
        hint = did_you_mean(name, map(str, table.columns))
        rule = f"have a column '{name}'"
        raise DataError(refusal("table", rule, list(table.columns), hint=hint))
    n_missing = int(table[name].isna().sum())
    if n_missing:
        raise DataError(refusal(name, "be known", f"{n_missing} missing"))
    return table[name].astype(str)


def standardised_differences(
    table: pd.DataFrame,
    arm: npt.ArrayLike,
    *,
    denominator: Denominator = "pooled",
    reference: str | None = None,
    missing: Literal["refuse", "drop"] = "refuse",
) -> pd.DataFrame:
    """
    Compare the arms in every baseline variable, in standard deviations.

    Parameters
    ----------
    table
        One row per participant, baseline variables only.
    arm
        Each participant's arm, two labels.
    denominator
        Whose standard deviation: ``"pooled"`` (root of the mean of the two variances),
        ``"treatment"`` or ``"reference"``.
    reference
        Label of the reference arm; None means the alphabetically first. Differences are
        treatment less reference.
    missing
        ``"refuse"`` missing values, or ``"drop"`` them, variable by variable; then
        `n_missing` counts them.

    Returns
    -------
    pandas.DataFrame
        One row per numeric variable (level ``""``), one per yes/no variable (0/1, True
        and False, or two levels: the row is the second level's), one per level of any
        other; columns variable, level, kind (``"numeric"``, ``"binary"``,
        ``"category"``), n_treatment, n_reference, mean_treatment, mean_reference,
        sd_treatment, sd_reference, difference, standardised_difference,
        variance_ratio (numeric only), denominator, n_missing, treatment, reference,
        not_estimable (None, or why there is no standardised difference).

    Raises
    ------
    ArgumentError
        If denominator or reference are unknown.
    DataError
        If values are missing and not dropped, or there are more than two arms.

    Notes
    -----
    Signed for every kind (Python's ``tableone`` drops the sign of binary variables; R's
    ``cobalt`` leaves binary variables unstandardised unless asked). Numeric variances
    have divisor n - 1; a share p has variance p(1 - p), divisor n, as in ``cobalt``.
    Several levels give one figure each, not one Mahalanobis distance. No p-values: a
    sound randomisation makes any difference chance.

    References
    ----------
    .. [1] Austin, P. C. (2009), Statistics in Medicine 28, 3083-3107.

    Examples
    --------
    >>> table = pd.DataFrame({"age": [12, 14, 13, 15], "looked_after": [0, 1, 0, 0]})
    >>> arm = ["MAU", "MAU", "MST-PSB", "MST-PSB"]
    >>> result = standardised_differences(table, arm)
    >>> result["standardised_difference"].round(4).tolist()
    [0.7071, -1.4142]
    """
    _check_option("denominator", denominator, _DENOMINATORS)
    _check_option("missing", missing, ("refuse", "drop"))
    arms = two_arms(arm, table, reference)
    rows = []
    for name in table.columns:
        column = table[name]
        known = column.notna().to_numpy()
        if missing == "refuse" and not known.all():
            rule = 'be known for everyone, unless missing="drop"'
            n_missing = f"{int((~known).sum())} missing"
            raise DataError(refusal(str(name), rule, n_missing))
        treated = arms.is_treatment[known]
        for level, kind, values in _indicators(column[known]):
            found = _compare(values, treated, kind, denominator)
            rows.append(
                {"variable": str(name), "level": level, "kind": kind}
                | found
                | {"denominator": denominator, "n_missing": int((~known).sum())}
                | {"treatment": arms.treatment, "reference": arms.reference}
            )
    return pd.DataFrame(rows, columns=list(_COLUMNS))


_COLUMNS = (
    "variable",
    "level",
    "kind",
    "n_treatment",
    "n_reference",
    "mean_treatment",
    "mean_reference",
    "sd_treatment",
    "sd_reference",
    "difference",
    "standardised_difference",
    "variance_ratio",
    "denominator",
    "n_missing",
    "treatment",
    "reference",
    "not_estimable",
)


def _check_option(name: str, given: object, accepted: tuple[str, ...]) -> None:
    """Refuse a word that is not among the accepted ones."""
    if given not in accepted:
        hint = did_you_mean(given, accepted)
        rule = f"be one of {', '.join(accepted)}"
        raise ArgumentError(refusal(name, rule, given, hint=hint))


def _indicators(column: pd.Series[Any]) -> Iterator[tuple[str, str, FloatArray]]:
    """Turn a column into what is compared: itself, one indicator, or one per level."""
    is_number = pd.api.types.is_numeric_dtype(column.dtype)
    if is_number and not column.isin([0, 1]).all():
        yield "", "numeric", column.to_numpy(dtype=np.float64)
        return
    if is_number:
        yield _one_label(column), "binary", column.to_numpy(dtype=np.float64)
        return
    text = column.astype(str)
    levels = sorted(text.unique())
    kind = "binary" if len(levels) == 2 else "category"
    for level in levels[-1:] if kind == "binary" else levels:
        yield level, kind, (text == level).to_numpy(dtype=np.float64)


def _one_label(column: pd.Series[Any]) -> str:
    """Name what 1 stands for in a column of numbers or truth values."""
    return "True" if pd.api.types.is_bool_dtype(column.dtype) else "1"


def _compare(
    values: FloatArray, treated: BoolArray, kind: str, denominator: Denominator
) -> dict[str, Any]:
    """Means, deviations and their standardised difference."""
    groups = values[treated], values[~treated]
    means = [group.mean() if len(group) else np.nan for group in groups]
    variances = [_variance(group, kind) for group in groups]
    by_name = dict(zip(("treatment", "reference"), variances, strict=True))
    scale = float(np.sqrt(by_name.get(denominator, np.mean(variances))))
    difference = means[0] - means[1]
    reason = _why_not(groups, scale)
    is_comparable = kind == "numeric" and variances[1] > 0
    return {
        "n_treatment": len(groups[0]),
        "n_reference": len(groups[1]),
        "mean_treatment": means[0],
        "mean_reference": means[1],
        "sd_treatment": np.sqrt(variances[0]),
        "sd_reference": np.sqrt(variances[1]),
        "difference": difference,
        "standardised_difference": np.nan if reason else difference / scale,
        "variance_ratio": variances[0] / variances[1] if is_comparable else np.nan,
        "not_estimable": reason,
    }


def _variance(group: FloatArray, kind: str) -> float:
    """Divisor n - 1 for a numeric variable, p(1 - p) for a share; NaN if too few."""
    divisor_less = 1 if kind == "numeric" else 0
    if len(group) <= divisor_less:
        return float("nan")
    return float(group.var(ddof=divisor_less))


def _why_not(groups: tuple[FloatArray, FloatArray], scale: float) -> str | None:
    """Say why there is no standardised difference, if so."""
    if min(map(len, groups)) == 0:
        return "one arm is empty"
    if np.isnan(scale):
        return "an arm has fewer than two values"
    return None if scale > 0 else "the variable does not vary"
