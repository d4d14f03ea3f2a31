"""The next step of every referral of a trial, and whether the record agrees."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any

import pandas as pd

from steps_analysis.errors import DataError, refusal
from steps_analysis.pathway.eligibility.cases import case_fields, known_of
from steps_analysis.pathway.eligibility.screening import screen
from steps_analysis.pathway.eligibility.stepping_stones import by_the_leaflet
from steps_analysis.pathway.eligibility.trial import trial_rules
from steps_analysis.pathway.routes.next_step import NextRoute, Stage, next_route
from steps_analysis.protocol import Protocol
from steps_analysis.trial_data import TrialData

Row = Mapping[Hashable, Any]


def routes(trial: TrialData) -> pd.DataFrame:
    """
    Give every referral its next step, as the records stand on the extract date.

    Parameters
    ----------
    trial
        The trial; needs ``referrals`` and ``participants``. What else is absent is not
        known: without ``screening`` nobody is screened, without ``forum`` nobody
        co-works, without dates in ``sites`` every site recruits.

    Returns
    -------
    pandas.DataFrame
        One row for each referral, in their order: ``referral_id``, ``next_step``,
        ``trial_act`` (on the way to the trial), ``why`` in words, ``recorded_route``,
        and ``agrees``, whether the record is the next step; missing where nothing is
        recorded, or no rule sends the case anywhere.

    Raises
    ------
    DataError
        If a needed table is absent or closed to the reader's role, participants carry
        no ``referral_id``, or a referral contradicts itself.
    ProtocolError
        If the protocol does not fit the data contract.

    Notes
    -----
    It is for working with a trial, and masked: it never reads allocation, treatment or
    costs. Every referral of a randomised family is "randomised" and no more: no route,
    not even a recorded one, is shown for it. An internal list for staff who hold the
    records: it has one row a child.

    Examples
    --------
    >>> from datetime import date
    >>> from steps_analysis.protocol import load_protocol
    >>> referrals = pd.DataFrame({"referral_id": ["R1"], "family_id": ["F1"],
    ...                           "site": ["Borough A"], "age_at_referral": [12]})
    >>> nobody = pd.DataFrame({"participant_id": [], "referral_id": []}, dtype=object)
    >>> trial = TrialData(protocol=load_protocol(), extract_date=date(2014, 6, 30),
    ...                   provenance="synthetic", referrals=referrals,
    ...                   participants=nobody)
    >>> routes(trial)[["next_step", "trial_act"]].values.tolist()
    [['trial', 'screen']]
    """
    referrals = trial.need("referrals")
    in_trial = _families_in_trial(trial, referrals)
    screened = _by_referral(trial.screening)
    co_working = _co_working(trial)
    recruiting = _recruiting(trial)
    step_of = stepper(trial.protocol)
    rows = []
    for case in referrals.to_dict("records"):
        referral = case["referral_id"]
        record = screened.get(referral, {})
        is_in = case["family_id"] in in_trial
        step = step_of(
            {str(name): value for name, value in case.items()},
            stage="randomised" if is_in else _stage(record),
            co_working=referral in co_working,
            recruiting=recruiting.get(case["site"], True),
        )
        recorded = None if is_in or _is_empty(record, "route") else record["route"]
        rows.append((referral, step.route, step.trial_act, step.why, recorded))
    columns = ["referral_id", "next_step", "trial_act", "why", "recorded_route"]
    return _with_agreement(pd.DataFrame(rows, columns=columns, dtype=object))


def stepper(protocol: Protocol) -> Callable[..., NextRoute]:
    """
    Make what gives every referral of a trial its next step.

    Parameters
    ----------
    protocol
        The protocol: its fields and rules are laid out once for all referrals.

    Returns
    -------
    callable
        A function of a case, and of stage, co-working and recruiting as `next_route`
        takes them, that gives its `NextRoute`.
    """
    fields, rules = case_fields(protocol), trial_rules(protocol)

    def step(
        case: Mapping[str, Any], *, stage: Stage, co_working: bool, recruiting: bool
    ) -> NextRoute:
        known = known_of(case, fields)
        return next_route(
            screen(known, rules, fields),
            by_the_leaflet(known, fields),
            stage=stage,
            forum_pathway=case["site"] in protocol.sites.forum_pathway,
            co_working=co_working,
            recruiting=recruiting,
        )

    return step


def _families_in_trial(trial: TrialData, referrals: pd.DataFrame) -> set[Any]:
    """List the families that were randomised, however they are known to be."""
    participants = trial.need("participants")
    if "referral_id" not in participants:
        rule = "say which referral each participant came from"
        raise DataError(refusal("participants.referral_id", rule, None))
    joined = referrals["referral_id"].isin(participants["referral_id"].dropna())
    named = participants.get("family_id", pd.Series(dtype=object))
    return {*referrals.loc[joined, "family_id"], *named.dropna()}


def _by_referral(table: pd.DataFrame | None) -> dict[Any, Row]:
    """Give the last row of each referral."""
    if table is None:
        return {}
    return {row["referral_id"]: row for row in table.to_dict("records")}


def _co_working(trial: TrialData) -> set[Any]:
    """List the referrals for which a forum named an agency to co-work."""
    forum = trial.forum
    if forum is None or "co_worker_agency" not in forum:
        return set()
    return set(forum.loc[forum["co_worker_agency"].notna(), "referral_id"])


def _recruiting(trial: TrialData) -> dict[Any, bool]:
    """Say which sites recruit on the extract date; without dates, a site does."""
    if trial.sites is None:
        return {}
    blank = pd.Series(pd.NaT, index=trial.sites.index)
    not_yet = trial.sites.get("opened_date", blank) > trial.cutoff
    no_more = trial.sites.get("closed_date", blank) < trial.cutoff
    return dict(zip(trial.sites["site"], ~(not_yet | no_more), strict=True))


def _stage(record: Row) -> Stage:
    """Say how far a referral came with the trial, from its row of the screening log."""
    if _is_empty(record, "eligible"):
        return "not_screened"
    if not record["eligible"]:
        return "not_eligible"
    is_asked = not _is_empty(record, "approached_date")
    answer = None if _is_empty(record, "consent") else bool(record["consent"])
    if answer is False or not _is_empty(record, "decline_reason"):
        return "declined" if is_asked or answer is not None else "not_offered"
    if answer:
        return "consented"
    return "approached" if is_asked else "eligible"


def _is_empty(record: Row, name: str) -> bool:
    """Say whether a cell is empty, or its column absent."""
    return bool(pd.isna(record.get(name)))


def _with_agreement(table: pd.DataFrame) -> pd.DataFrame:
    """Say where the recorded route is the next step."""
    agrees = table["recorded_route"].eq(table["next_step"]).astype("boolean")
    is_silent = table["recorded_route"].isna() | table["next_step"].eq("none")
    return table.assign(agrees=agrees.mask(is_silent))
