"""Could anything a masked reader opens show an arm?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.simulation.choices import BoolArray, FloatArray
from steps_analysis.trial_data import ROLE_TABLES, TrialData

MINIMUM_WORLDS = 30
_BY_REFERRAL = ("referrals", "screening", "forum", "forum_actions")


def masked_summaries(trial: TrialData) -> pd.DataFrame:
    """
    Summarise every column of every masked file for each participant.

    Parameters
    ----------
    trial
        The trial.

    Returns
    -------
    pandas.DataFrame
        One row per participant, in order; one column per summary, named
        ``table.column``, then what is summarised: ``rows`` of the table, how many cells
        are ``filled``, the mean ``value`` of numbers, dates (days from randomisation)
        and identifiers (their number), and how often each code occurs, by value. In
        ``visits`` each visit, in ``events`` each event, is summarised apart as well.

    Notes
    -----
    A mean over no rows is taken as 0; ``filled`` says apart whether there were any.
    """
    people = trial.need("participants").reset_index(drop=True)
    start = people["randomisation_date"].to_numpy("M8[D]")
    columns: dict[str, FloatArray] = {}
    for name in ROLE_TABLES["masked_statistician"]:
        table = getattr(trial, name)
        if table is None:
            continue
        for part, rows in _parts(name, table):
            link, key = _link(name)
            who = pd.Index(people[key]).get_indexer(pd.Index(rows[link]))
            columns |= _summaries(part, rows[who >= 0], who[who >= 0], start)
        if name == "sites":
            place = pd.Index(table["site"]).get_indexer(pd.Index(people["site"]))
            rows = table.iloc[place]
            columns |= _summaries(name, rows, np.arange(len(people)), start)
    return pd.DataFrame(columns)


def arm_contrasts(summaries: pd.DataFrame, treated: BoolArray) -> pd.Series[float]:
    """
    Contrast every summary between the arms of one trial.

    Parameters
    ----------
    summaries
        One row per participant.
    treated
        Whether each is in the treatment arm, shape (n,).

    Returns
    -------
    pandas.Series
        Difference of means over its standard deviation under permuted arms, one for
        each summary that varies.

    Examples
    --------
    >>> one = pd.DataFrame({"x": [1.0, 1.0, 0.0, 0.0], "y": [1.0, 1.0, 1.0, 1.0]})
    >>> arm_contrasts(one, np.array([True, True, False, False])).round(3).to_dict()
    {'x': 1.732}
    """
    values = summaries.to_numpy(np.float64)
    n, n_treated = len(treated), int(treated.sum())
    if not 0 < n_treated < n:
        return pd.Series(dtype=np.float64)
    spread = values.var(axis=0, ddof=1)
    difference = values[treated].mean(axis=0) - values[~treated].mean(axis=0)
    variance = spread * (1 / n_treated + 1 / (n - n_treated))
    varies = spread > 1e-12
    z = difference[varies] / np.sqrt(variance[varies])
    return pd.Series(z, index=summaries.columns[varies])


def arm_leaks(trials: Iterable[TrialData]) -> pd.DataFrame:
    """
    Test over many trials whether a summary of a masked file differs between arms.

    Parameters
    ----------
    trials
        Independent trials of one protocol, drawn under the null, with their allocation.

    Returns
    -------
    pandas.DataFrame
        Indexed by summary, the smallest p-value first: ``worlds`` in which it varies,
        the mean contrast ``mean_z`` and its two-sided ``p_value`` by the t test.
        Summaries that vary in fewer than 30 worlds are left out.

    Notes
    -----
    Under the null the mean contrast is 0 whatever the summary, so the test is right
    although a contrast within one trial of a balanced factor varies less than a normal
    number. Multiply the smallest p-value by the number of rows to allow for many.
    """
    contrasts = [
        arm_contrasts(
            masked_summaries(trial),
            (trial.arms() == trial.protocol.treatment.code).to_numpy(bool),
        )
        for trial in trials
    ]
    return mean_contrasts(contrasts)


def mean_contrasts(contrasts: Iterable[pd.Series[float]]) -> pd.DataFrame:
    """
    Test whether contrasts between arms have mean 0 over many trials.

    Parameters
    ----------
    contrasts
        One series for each trial.

    Returns
    -------
    pandas.DataFrame
        As `arm_leaks` gives it.

    Examples
    --------
    >>> found = mean_contrasts(pd.Series({"x": z}) for z in [1.0, 3.0] * 15)
    >>> found["mean_z"].to_dict()
    {'x': 2.0}
    """
    from scipy.special import stdtr  # heavy: only where a p-value is wanted

    every = pd.DataFrame(list(contrasts))
    worlds = every.count()
    every = every.loc[:, worlds >= MINIMUM_WORLDS]
    worlds = worlds[every.columns]
    mean, spread = every.mean(), every.std()
    error = spread.to_numpy() / np.sqrt(worlds.to_numpy())
    t = np.abs(mean.to_numpy()) / error
    p_value = 2 * stdtr(worlds.to_numpy() - 1, -t)
    found = pd.DataFrame({"worlds": worlds, "mean_z": mean, "p_value": p_value})
    return found.sort_values("p_value", kind="stable")


def _link(name: str) -> tuple[str, str]:
    """Name the column that links a table to participants, and theirs."""
    if name == "sites":
        return "site", "site"
    key = "referral_id" if name in _BY_REFERRAL else "participant_id"
    return key, key


def _parts(name: str, table: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Give a table, and what of it is summarised apart."""
    if name == "sites":
        return
    yield name, table
    split = {"visits": "visit_month", "events": "event"}.get(name)
    if split is not None:
        for value, rows in table.groupby(split, sort=True):
            yield f"{name}[{value}]", rows


def _summaries(
    part: str,
    rows: pd.DataFrame,
    who: npt.NDArray[np.intp],
    start: npt.NDArray[np.datetime64],
) -> dict[str, FloatArray]:
    """Summarise every column of some rows for each participant."""
    n = len(start)

    def total(values: npt.NDArray[np.generic]) -> FloatArray:
        weights = values.astype(np.float64)
        return np.bincount(who, weights, n).astype(np.float64)

    found = {f"{part} rows": total(np.ones(len(rows)))}
    for name, column in rows.items():
        filled = column.notna().to_numpy(bool)
        count = total(filled)
        found[f"{part}.{name} filled"] = count
        numbers = _numbers(column, start[who])
        if numbers is None:
            for code in sorted(column[filled].unique()):
                found[f"{part}.{name} {code}"] = total((column == code).to_numpy(bool))
        else:
            sums = total(np.where(filled, numbers, 0.0))
            found[f"{part}.{name} value"] = sums / np.maximum(count, 1)
    return found


def _numbers(
    column: pd.Series, start: npt.NDArray[np.datetime64]
) -> npt.NDArray[np.float64] | None:
    """Read a column as numbers; None where it holds codes."""
    if pd.api.types.is_datetime64_any_dtype(column):
        days = column.to_numpy("M8[D]") - start
        return np.where(np.isnat(days), 0, days.astype(np.int64)).astype(np.float64)
    if column.dtype != object:
        values = column.astype("Float64").to_numpy(np.float64, na_value=np.nan)
        return np.array(values, dtype=np.float64)
    if str(column.name).endswith("_id"):
        number = column.str.extract(r"(\d+)", expand=False)
        digits: FloatArray = np.array(number, dtype=np.float64)
        return digits
    return None
