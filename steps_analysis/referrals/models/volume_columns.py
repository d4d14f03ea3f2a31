"""Which columns does a model of referral counts rest on?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.errors import ArgumentError, DataError, refusal
from steps_analysis.estimates import IntArray
from steps_analysis.formulas import read_formula
from steps_analysis.referrals.count_checks import check_amounts, check_counts
from steps_analysis.referrals.models.count_fit import Counts
from steps_analysis.referrals.models.seasons import Season, seasonal_columns

INTERCEPT = "(Intercept)"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rows:
    """
    Counts with their design, and the place of each.

    Attributes
    ----------
    counts
        Counts, exposures, design.
    names
        Of the columns of the design, the intercept first.
    site
        Position of the place of each row, shape (n,); empty without places.
    sites
        Places in alphabetical order.
    is_binomial
        Whether counts are out of the exposure.

    Examples
    --------
    >>> read_rows([1, 2], None, None, site=["B", "A"], season=None,
    ...           is_binomial=False, data=None).sites
    ('A', 'B')
    """

    counts: Counts
    names: tuple[str, ...]
    site: IntArray
    sites: tuple[str, ...]
    is_binomial: bool

    def refused(self) -> str | None:
        """
        Say why there can be no fit.

        Returns
        -------
        str or None
            A reason, worded to follow "not estimable because", or None.
        """
        y, design = self.counts.events, self.counts.design
        if not y.sum():
            return "there are no events"
        if self.is_binomial and np.all(y == self.counts.exposure):
            return "there is nothing but events"
        if self.counts.n < design.shape[1]:
            return f"there are {self.counts.n} rows for {design.shape[1]} parameters"
        scale = np.maximum(np.abs(design).max(axis=0), 1e-300)
        if np.linalg.matrix_rank(design / scale) < design.shape[1]:
            return "the covariates say the same (their columns depend on each other)"
        if self.sites and np.bincount(self.site).max() < 2:
            return "no site has two rows"
        if len(self.sites) == 1:
            return "there is one site: how much sites differ is not known"
        return None


def read_rows(
    events: npt.ArrayLike | str,
    covariates: npt.ArrayLike | pd.DataFrame | None,
    exposure: npt.ArrayLike | str | None,
    *,
    site: npt.ArrayLike | str | None,
    season: Season | None,
    is_binomial: bool,
    data: pd.DataFrame | None,
) -> Rows:
    """
    Read columns given as arrays, or as a formula with its table.

    Parameters
    ----------
    events
        Counts, or a formula.
    covariates
        Columns of the design; None with a formula.
    exposure
        What the counts are out of; None for 1 each.
    site
        Places; None for none.
    season
        Waves over the year; needs `data`.
    is_binomial
        Whether counts may not exceed the exposure.
    data
        The table of a formula.

    Returns
    -------
    Rows
        Checked columns.

    Raises
    ------
    DataError
        If columns do not fit together, or hold missing or impossible values.
    ArgumentError
        If a formula comes without `data`, or with `covariates`; or `season` without
        `data`.
    """
    if season is not None and data is None:
        raise ArgumentError(refusal("season", "come with a formula and `data`", season))
    if isinstance(events, str):
        beside = {"exposure": exposure, "site": site}
        return _of_formula(events, covariates, beside, season, is_binomial, data)
    if data is not None:
        rule = "be a formula where `data` is given"
        raise ArgumentError(refusal("events", rule, "an array"))
    y = check_counts("events", events)
    if y.ndim != 1 or not len(y):
        raise DataError(refusal("events", "have one entry per row", y.shape))
    return _rows(y, _table(covariates, len(y)), exposure, site, is_binomial)


def _of_formula(
    formula: str,
    covariates: object,
    beside: dict[str, npt.ArrayLike | str | None],
    season: Season | None,
    is_binomial: bool,
    data: pd.DataFrame | None,
) -> Rows:
    """Read a formula with its table."""
    if data is None:
        raise ArgumentError(refusal("data", "be given with a formula", None))
    if covariates is not None:
        rule = "be None with a formula, which names them"
        raise ArgumentError(refusal("covariates", rule, "columns"))
    read = read_formula(formula, data, responses=("events",), beside=beside)
    y = check_counts("events", read.responses["events"])
    if not len(y):
        raise DataError(refusal("data", "have at least one row", 0))
    design = read.design()
    if season is not None:
        waves = seasonal_columns(read.table, season)
        design = pd.concat([design, waves], axis=1)
    kept = read.beside
    return _rows(y, design, kept.get("exposure"), kept.get("site"), is_binomial)


def _table(covariates: npt.ArrayLike | pd.DataFrame | None, n: int) -> pd.DataFrame:
    """Give covariates as a table of numbers."""
    if covariates is None:
        return pd.DataFrame(index=range(n))
    if isinstance(covariates, pd.DataFrame):
        return covariates
    array = np.asarray(covariates)
    if array.ndim not in (1, 2):
        rule = "have one or two dimensions"
        raise DataError(refusal("covariates", rule, array.ndim))
    array = array[:, None] if array.ndim == 1 else array
    return pd.DataFrame(array, columns=[f"x{j + 1}" for j in range(array.shape[1])])


def _rows(
    y: npt.NDArray[np.float64],
    design: pd.DataFrame,
    exposure: npt.ArrayLike | None,
    site: npt.ArrayLike | None,
    is_binomial: bool,
) -> Rows:
    """Check lengths and values, and put the intercept in front."""
    n = len(y)
    amounts = np.ones(n) if exposure is None else exposure
    out_of = check_amounts("exposure", amounts, allow_zero=False)
    columns = _numbers(design)
    for name, array in (("exposure", out_of), ("covariates", columns)):
        if array.shape[:1] != (n,):
            rule = "have one entry for each of `events`"
            raise DataError(refusal(name, rule, array.shape))
    if is_binomial and (n_wrong := int(np.sum(y > out_of))):
        got = f"{n_wrong} of {n} that do"
        raise DataError(refusal("events", "not exceed `exposure`", got))
    code, sites = _sites(site, n)
    return Rows(
        counts=Counts(
            events=y, exposure=out_of, design=np.column_stack([np.ones(n), columns])
        ),
        names=(INTERCEPT, *map(str, design.columns)),
        site=code,
        sites=sites,
        is_binomial=is_binomial,
    )


def _numbers(design: pd.DataFrame) -> npt.NDArray[np.float64]:
    """Refuse covariates that are no finite numbers."""
    try:
        columns = design.to_numpy(dtype=np.float64)
    except (TypeError, ValueError):
        hint = "words become columns in a formula"
        message = refusal("covariates", "hold numbers", "something else", hint=hint)
        raise DataError(message) from None
    if n_wrong := int(np.sum(~np.isfinite(columns).all(axis=1))):
        rule = "have no missing or infinite values"
        got = f"{n_wrong} rows with one"
        raise DataError(refusal("covariates", rule, got))
    return columns


def _sites(site: npt.ArrayLike | None, n: int) -> tuple[IntArray, tuple[str, ...]]:
    """Give places their positions in alphabetical order."""
    if site is None:
        return np.empty(0, dtype=np.int64), ()
    labels = np.asarray(site)
    if labels.shape != (n,):
        rule = "have one entry for each of `events`"
        raise DataError(refusal("site", rule, labels.shape))
    if n_missing := int(np.sum(pd.isna(labels))):
        rule = "have no missing values"
        raise DataError(refusal("site", rule, f"{n_missing} missing"))
    code, names = pd.factorize(labels.astype(str), sort=True)
    return np.asarray(code, dtype=np.int64), tuple(map(str, names))
