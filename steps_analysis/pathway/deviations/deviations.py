"""
Where a trial departed from its protocol, told from its tables.

A departure is no fault of the data: it happened, and is counted. Intention to treat
keeps every family in the arm it was allocated to, whatever departed; only a second
child of a family is not analysed, because its family is analysed already.

The checker of data folders refuses none of these: see `steps_analysis.trial_data`.
"""

from __future__ import annotations

import pandas as pd

from steps_analysis.pathway.deviations.at_entry import entry_rules
from steps_analysis.pathway.deviations.later import LATER_RULES
from steps_analysis.pathway.deviations.rule import DeviationRule
from steps_analysis.protocol import Protocol
from steps_analysis.trial_data import TrialData


def deviations(trial: TrialData) -> pd.DataFrame:
    """
    List the departures from the protocol, and what the analysis does with each.

    Parameters
    ----------
    trial
        The trial; needs ``participants``. A table that is absent, or closed to the
        reader's role, leaves its rules unchecked.

    Returns
    -------
    pandas.DataFrame
        One row per departure: ``participant_id``; ``code``, of a closed list;
        ``concerns`` ("eligibility", "consent", "randomisation", "treatment" or
        "visits"); ``what``, a sentence without anything recorded of the child;
        ``month`` from randomisation, in whole months, missing where it is not known;
        and ``handling``, what the analysis does. In the order of `deviation_rules`,
        then of ``participants``.

    Raises
    ------
    DataError
        If this role may not see the participants.

    Notes
    -----
    What concerns treatment is told only to a role that opens treatment and allocation;
    all else looks at neither, and does not change when arms are permuted.

    Examples
    --------
    >>> from steps_analysis.protocol import load_protocol
    >>> from steps_analysis.simulation import draw_trial
    >>> trial = draw_trial(load_protocol(), "null", n=40, seed=1)
    >>> list(deviations(trial).columns)
    ['participant_id', 'code', 'concerns', 'what', 'month', 'handling']
    """
    tables = [_rows(rule, trial) for rule in deviation_rules(trial.protocol)]
    found = pd.concat(tables, ignore_index=True)
    return found.astype({"month": "Int64"})


def deviation_rules(protocol: Protocol) -> tuple[DeviationRule, ...]:
    """
    List the rules whose breaking is a departure from a protocol.

    Parameters
    ----------
    protocol
        The protocol.

    Returns
    -------
    tuple of DeviationRule
        The rules; those of ages, factors and the start of recruitment only where the
        protocol says what they are.

    Examples
    --------
    >>> from steps_analysis.protocol import load_protocol
    >>> [rule.code for rule in deviation_rules(load_protocol())][:3]
    ['age_out_of_range', 'screened_not_eligible', 'no_assent']
    """
    return (*entry_rules(protocol), *LATER_RULES)


def _rows(rule: DeviationRule, trial: TrialData) -> pd.DataFrame:
    """List the departures from one rule; none where it cannot be checked."""
    months = rule.months(trial)
    if months is None:
        months = pd.Series(dtype=object)
    return pd.DataFrame(
        {
            "participant_id": months.index.astype(object),
            "code": rule.code,
            "concerns": rule.concerns,
            "what": rule.what,
            "month": months.to_numpy(dtype=object),
            "handling": rule.handling,
        }
    )
