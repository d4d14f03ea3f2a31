"""Which columns let referrals have a season?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.errors import ArgumentError, DataError, did_you_mean, refusal

AUGUST = 8
MOST_HARMONICS = 5  # with six there would be a column for every month


@dataclass(frozen=True, slots=True, kw_only=True)
class Season:
    """
    How referrals of a table vary over the year.

    Attributes
    ----------
    month
        Column of dates, of which the calendar month counts.
    source
        Column whose values each have a season of their own; None for one season.
    harmonics
        How many waves a year, 0 to 5: one is a single peak and a single trough.
    closed
        Calendar months that stand out by themselves, such as 8, when schools are
        closed.

    Notes
    -----
    A level for every month of every source takes 11 parameters a source; two waves and
    August take 5, and follow what schools do: few in August, many after holidays.
    Levels of sources themselves belong in the formula.

    Examples
    --------
    >>> Season(source="source").harmonics
    2
    """

    month: str = "period_start"
    source: str | None = None
    harmonics: int = 2
    closed: tuple[int, ...] = (AUGUST,)

    def __post_init__(self) -> None:
        waves = self.harmonics
        whole = isinstance(waves, int | np.integer) and not isinstance(waves, bool)
        if not whole or not 0 <= waves <= MOST_HARMONICS:
            rule = f"be a whole number from 0 to {MOST_HARMONICS}"
            raise ArgumentError(refusal("harmonics", rule, waves))
        if any(month not in range(1, 13) for month in self.closed):
            rule = "hold calendar months, 1 to 12"
            raise ArgumentError(refusal("closed", rule, self.closed))


def seasonal_columns(data: pd.DataFrame, season: Season) -> pd.DataFrame:
    """
    Give the columns of a season.

    Parameters
    ----------
    data
        The table, with the columns `season` names.
    season
        How referrals vary over the year.

    Returns
    -------
    pandas.DataFrame
        Cosine and sine of each wave and 0 or 1 for each closed month, for each source
        in turn; 0 in rows of other sources.

    Raises
    ------
    DataError
        If a column is absent, or the dates are none.

    Examples
    --------
    Half a wave after January, the cosine of the first wave is -1.

    >>> table = pd.DataFrame({"period_start": ["2014-01-01", "2014-07-01"]})
    >>> seasonal_columns(table, Season(harmonics=1)).round(6)
       cosine 1  sine 1  month 8
    0       1.0     0.0      0.0
    1      -1.0     0.0      0.0
    """
    for name in (season.month, season.source):
        if name is not None and name not in data:
            hint = did_you_mean(name, map(str, data.columns))
            rule = f"have a column {name!r}"
            raise DataError(refusal("data", rule, "none", hint=hint))
    months = _months(data[season.month])
    turn = 2 * np.pi * (months - 1) / 12
    waves: dict[str, npt.NDArray[np.float64]] = {}
    for k in range(1, season.harmonics + 1):
        waves[f"cosine {k}"] = np.cos(k * turn)
        waves[f"sine {k}"] = np.sin(k * turn)
    for closed in season.closed:
        waves[f"month {closed}"] = 1.0 * (months == closed)
    if season.source is None:
        return pd.DataFrame(waves, index=data.index)
    source = data[season.source].astype(str)
    return pd.DataFrame(
        {
            f"{word}: {name}": wave * (source == word).to_numpy()
            for word in sorted(source.unique())
            for name, wave in waves.items()
        },
        index=data.index,
    )


def _months(column: pd.Series) -> npt.NDArray[np.int64]:
    """Read calendar months."""
    try:
        dates = pd.to_datetime(column, format="ISO8601")
    except (TypeError, ValueError):
        message = refusal(str(column.name), "hold dates", "something else")
        raise DataError(message) from None
    if dates.isna().any():
        got = f"{int(dates.isna().sum())} missing"
        raise DataError(refusal(str(column.name), "have no missing values", got))
    return np.asarray(dates.dt.month, dtype=np.int64)
