"""What a research assistant must ask about: rows that are readable, and odd."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.pathway.full_tables import full_table
from steps_analysis.pathway.queries.about_enrolment import (
    ABOUT_CONSENT,
    ABOUT_REFERRALS,
    ABOUT_SCREENING,
)
from steps_analysis.pathway.queries.about_follow_up import (
    ABOUT_EVENTS,
    ABOUT_PARTICIPANTS,
    ABOUT_VISITS,
    factor_rules,
    flag_rule,
    score_rule,
)
from steps_analysis.pathway.queries.about_forum import ABOUT_FORUM
from steps_analysis.pathway.queries.rule import QueryRule, Records, holds
from steps_analysis.protocol import Protocol
from steps_analysis.trial_data import ROLE_TABLES, TABLE_NAMES, TrialData

QUERY_COLUMNS = (
    "code",
    "site",
    "table",
    "line",
    "column",
    "referral_id",
    "participant_id",
    "says",
    "to_do",
)

_KEYS = {"referrals": "referral_id", "participants": "participant_id"}


def query_rules(protocol: Protocol) -> tuple[QueryRule, ...]:
    """
    List every kind of query of a trial.

    Parameters
    ----------
    protocol
        The trial's protocol: its factors, scores and outcomes make rules of their own.

    Returns
    -------
    tuple of QueryRule
        The rules, in the order of the data contract.

    Notes
    -----
    What contradicts itself beyond doubt is refused when the data are read
    (`steps_analysis.trial_data.check_trial`), and is not asked about here.

    Examples
    --------
    >>> from steps_analysis.protocol import load_protocol
    >>> query_rules(load_protocol())[0].says
    'Referred while the site recruited, and not screened.'
    """
    linked = [factor for factor in protocol.factors if factor.source]
    flags = dict.fromkeys(
        (event, flag)
        for outcome in protocol.outcomes
        for flag in outcome.flags
        for event in outcome.events
    )
    return (
        *ABOUT_REFERRALS,
        *ABOUT_SCREENING,
        *ABOUT_CONSENT,
        *ABOUT_FORUM,
        *ABOUT_PARTICIPANTS,
        *(rule for factor in linked for rule in factor_rules(factor)),
        *ABOUT_VISITS,
        *(score_rule(score) for score in protocol.visits.scores),
        *ABOUT_EVENTS,
        *(flag_rule(event, flag) for event, flag in flags),
    )


def data_queries(trial: TrialData, *, patience_days: int = 28) -> pd.DataFrame:
    """
    List what a research assistant must ask about, row by row.

    Parameters
    ----------
    trial
        The trial. No arm and no treatment is read; a rule whose columns are absent, or
        closed to the role, is not applied: see `unasked_queries`.
    patience_days
        How many days a next step (screening, approach, answer, randomisation) may take
        before it is asked about.

    Returns
    -------
    pandas.DataFrame
        One row per query: ``code``, ``site``, ``table``, the ``line`` of its file,
        ``column``, ``referral_id``, ``participant_id``, what it ``says`` and what
        ``to_do``. In order of table, line and code. It names children's records, and is
        for the trial's own staff.

    Raises
    ------
    ArgumentError
        If `patience_days` is below 0.

    Notes
    -----
    A query is a question, not a fault: the record may be right. The line counts one
    for the header and one for every row.

    Examples
    --------
    >>> from datetime import date
    >>> from steps_analysis.protocol import load_protocol
    >>> screened = pd.DataFrame({"referral_id": ["R1"], "eligible": [False],
    ...                          "screened_date": [pd.Timestamp(2014, 1, 1)],
    ...                          "reason": [None]})
    >>> trial = TrialData(protocol=load_protocol(), extract_date=date(2014, 2, 1),
    ...                   provenance="real", screening=screened)
    >>> data_queries(trial)[["code", "line", "referral_id"]].to_numpy().tolist()
    [['reason_missing', 2, 'R1']]
    """
    if patience_days < 0:
        raise ArgumentError(refusal("patience_days", "be at least 0", patience_days))
    records = Records(
        frames={name: full_table(trial, name) for name in _open_tables(trial)},
        protocol=trial.protocol,
        extract=trial.cutoff,
        patience=pd.Timedelta(days=patience_days),
    )
    sites = _sites_of(records)
    rows = [
        row
        for rule in query_rules(trial.protocol)
        if _why_not(rule, trial) is None
        for row in _rows(rule, records, sites)
    ]
    found = pd.DataFrame(rows, columns=list(QUERY_COLUMNS))
    place = found["table"].map(TABLE_NAMES.index)
    order = found.assign(place=place).sort_values(["place", "line", "code", "column"])
    return found.loc[order.index].reset_index(drop=True)


def unasked_queries(trial: TrialData) -> dict[str, str]:
    """
    Say which rules were not applied, and why.

    Parameters
    ----------
    trial
        The trial.

    Returns
    -------
    dict
        Code of the rule to the reason: a table that is absent or closed to the role, or
        a column that is not recorded. Where rules of one code look at several columns,
        all that are wanting are named.

    Examples
    --------
    >>> from datetime import date
    >>> from steps_analysis.protocol import load_protocol
    >>> trial = TrialData(protocol=load_protocol(), extract_date=date(2014, 2, 1),
    ...                   provenance="real", role="commissioner")
    >>> unasked_queries(trial)["visit_out_of_window"]
    'visits.csv is closed to this role'
    """
    reasons: dict[str, list[str]] = {}
    for rule in query_rules(trial.protocol):
        why = _why_not(rule, trial)
        if why is not None and why not in reasons.setdefault(rule.code, []):
            reasons[rule.code].append(why)
    return {code: "; ".join(said) for code, said in reasons.items()}


def _open_tables(trial: TrialData) -> Iterator[str]:
    """Name the tables that the rules may read: those there, none of them concealed."""
    open_to_all = ROLE_TABLES["research_assistant"]
    return (name for name, _ in trial.tables() if name in open_to_all)


def _why_not(rule: QueryRule, trial: TrialData) -> str | None:
    """Say why a rule cannot be applied; None where it can."""
    for name in (rule.column, *rule.needs):
        table, _, column = name.partition(".")
        frame = getattr(trial, table)
        if frame is None and table not in ROLE_TABLES[trial.role]:
            return f"{table}.csv is closed to this role"
        if frame is None:
            return f"{table}.csv is absent"
        if column not in frame:
            return f"{table}.csv has no {column}"
    return None


def _sites_of(records: Records) -> Mapping[str, pd.Series[str]]:
    """Map referrals and participants to their sites."""
    found = {}
    for table, key in (
        ("referrals", "referral_id"),
        ("participants", "participant_id"),
    ):
        if table in records.frames:
            known = records[table].drop_duplicates(key).set_index(key)
            found[key] = known["site"]
    return found


def _rows(
    rule: QueryRule, records: Records, sites: Mapping[str, pd.Series[str]]
) -> Iterator[dict[str, object]]:
    """Write the queries that a rule finds."""
    frame = records[rule.table]
    for place in np.flatnonzero(holds(rule.found(records))):
        row = frame.iloc[place]
        ids = {key: row.get(key) for key in _KEYS.values()}
        homes = [sites[key].get(ids[key]) for key in sites if pd.notna(ids[key])]
        yield {
            "code": rule.code,
            "site": row.get("site", next(filter(None, homes), None)),
            "table": rule.table,
            "line": int(place) + 2,
            "column": rule.column.partition(".")[2],
            **ids,
            "says": rule.says,
            "to_do": rule.to_do,
        }
