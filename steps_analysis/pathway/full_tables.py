"""A table with every column of its contract, also those that are not recorded."""

from __future__ import annotations

from typing import Any

import pandas as pd

from steps_analysis.trial_data import TrialData, contract_for

_TYPES: dict[str, Any] = {
    "id": object,
    "code": object,
    "date": "datetime64[ns]",
    "whole": "Int64",
    "number": "float64",
    "yes_no": "boolean",
}


def full_table(trial: TrialData, name: str) -> pd.DataFrame:
    """
    Give a table with every column of its contract: those not recorded are empty.

    Parameters
    ----------
    trial
        The trial.
    name
        The table.

    Returns
    -------
    pandas.DataFrame
        Its rows, in their order, with the contract's columns and types.

    Raises
    ------
    DataError
        If the trial has no such table, or this role may not open it.

    Examples
    --------
    >>> from datetime import date
    >>> from steps_analysis.protocol import load_protocol
    >>> sites = pd.DataFrame({"site": ["Southwark"]})
    >>> trial = TrialData(protocol=load_protocol(), extract_date=date(2018, 3, 31),
    ...                   provenance="synthetic", sites=sites)
    >>> full_table(trial, "sites")["forum_start_date"].isna().tolist()
    [True]
    """
    return _filled(trial, name, trial.need(name))


def full_or_empty(trial: TrialData, name: str) -> pd.DataFrame:
    """
    Give a table with every column of its contract; without rows where it is absent.

    Parameters
    ----------
    trial
        The trial.
    name
        The table.

    Returns
    -------
    pandas.DataFrame
        As `full_table`.

    Examples
    --------
    >>> from datetime import date
    >>> from steps_analysis.protocol import load_protocol
    >>> trial = TrialData(protocol=load_protocol(), extract_date=date(2018, 3, 31),
    ...                   provenance="synthetic")
    >>> len(full_or_empty(trial, "visits"))
    0
    """
    table = getattr(trial, name)
    return _filled(trial, name, pd.DataFrame() if table is None else table)


def _filled(trial: TrialData, name: str, table: pd.DataFrame) -> pd.DataFrame:
    """Give a table the columns it lacks, empty, and all of them their types."""
    rule = next(rule for rule in contract_for(trial.protocol) if rule.name == name)
    types = {field.name: _TYPES[field.kind] for field in rule.fields}
    whole = table.reset_index(drop=True).reindex(columns=list(types))
    return whole.astype(types)
