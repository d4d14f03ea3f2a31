"""The flow of families through a trial, box by box as CONSORT 2025 draws it."""

from __future__ import annotations

from typing import Any

import pandas as pd

from steps_analysis.errors import DataError
from steps_analysis.pathway.flow.boxes import ArmFlow, Flow
from steps_analysis.pathway.flow.checks import (
    not_as_randomised,
    open_reasons,
    strangers,
)
from steps_analysis.pathway.flow.enrolment import (
    NOT_RECORDED,
    counted,
    departures,
    excluded_by_reason,
    screened_families,
    steps,
)
from steps_analysis.pathway.flow.identities import broken_identities
from steps_analysis.protocol import Arm, days_in
from steps_analysis.trial_data import TrialData, index_child_of
from steps_analysis.trial_data.links import followed


def flow(trial: TrialData, *, analysed: pd.DataFrame) -> Flow:
    """
    Count the families in every box, and refuse if the boxes do not add up.

    Parameters
    ----------
    trial
        The trial; needs ``participants`` and ``allocation``; whatever else is absent
        leaves its boxes out.
    analysed
        Who was analysed, as `steps_analysis.outcomes.analysis_status` says: columns
        ``participant_id``, ``status`` and ``reason``; and ``arm``, where the analysis
        says in which arm it counted them.

    Returns
    -------
    Flow
        The flow, every identity of it checked.

    Raises
    ------
    DataError
        If an identity fails: it names which, and by how much; so too if somebody is
        analysed who was not randomised, or in another arm than the one allocated, if
        two children of a family are, or if a reason is not of its closed list. Also if
        a table it needs is absent or closed to the reader's role.

    Notes
    -----
    The unit is the family. One referred or screened more than once counts once, where
    it got furthest. Of a family with several randomised children the first randomised
    is the index child: the family is in its boxes, and the others are counted beside
    it, as children. A family that stopped treatment stays in follow-up and in the
    analysis. Every family has one terminal box: analysed, excluded or missing. A family
    randomised though its screening says not eligible stays where it is, and is counted
    among the departures.

    References
    ----------
    .. [1] Hopewell, S. et al. (2025), CONSORT 2025 statement, items 22a and 22b.
    .. [2] Eldridge, S. et al. (2016), CONSORT extension to pilot trials, item 13a.
    .. [3] Montgomery, P. et al. (2018), CONSORT-SPI 2018, item 13a.
    """
    allocated = trial.need("allocation")
    participants = trial.need("participants")
    index_child = index_child_of(trial)
    result = Flow(
        **_referred(trial),
        **_enrolled(trial),
        randomised=index_child.nunique(),
        children=len(participants),
        arms=tuple(
            _arm(trial, arm, analysed, index_child) for arm in _treatment_first(trial)
        ),
        n_sites=int(participants["site"].nunique()),
        sites_opened=_opened(trial),
    )
    broken = broken_identities(result)
    broken += strangers("allocated", allocated, participants)
    broken += strangers("analysed", analysed, participants)
    broken += not_as_randomised(trial, analysed, index_child)
    broken += open_reasons(trial)
    if broken:
        raise DataError("the flow does not add up:\n" + "\n".join(broken))
    return result


def _referred(trial: TrialData) -> dict[str, Any]:
    """Count families, referrals and sites of what was referred to the trial."""
    referrals, start = trial.referrals, trial.protocol.trial.recruitment_start
    if referrals is None:
        return {}
    if start is not None:
        counts = referrals["referral_date"] >= pd.Timestamp(start)
        if trial.screening is not None:
            counts |= referrals["referral_id"].isin(trial.screening["referral_id"])
        referrals = referrals[counts]
    found = {
        "referrals": len(referrals),
        "referred": int(referrals["family_id"].nunique()),
    }
    if "site" in referrals:
        found["sites_referred"] = int(referrals["site"].nunique())
    return found


def _enrolled(trial: TrialData) -> dict[str, Any]:
    """Count the families in the boxes from screening to randomisation."""
    screened = screened_families(trial)
    if screened is None:
        return {}
    reached = steps(screened)
    return {
        **{box: int(reached[box].sum()) for box in reached if box != "randomised"},
        "departures": departures(reached),
        "not_randomised": int((~reached["randomised"]).sum()),
        "excluded": excluded_by_reason(screened, trial),
    }


def _opened(trial: TrialData) -> int | None:
    """Count the sites that opened; None where it is not recorded of all in use."""
    sites = trial.sites
    if sites is None or "opened_date" not in sites:
        return None
    opened = sites.loc[sites["opened_date"] <= trial.cutoff, "site"]
    in_use = trial.need("participants")["site"]
    return int(opened.nunique()) if in_use.isin(opened).all() else None


def _treatment_first(trial: TrialData) -> tuple[Arm, Arm]:
    return trial.protocol.treatment, trial.protocol.control


def _arm(
    trial: TrialData, arm: Arm, analysed: pd.DataFrame, index_child: pd.Series[str]
) -> ArmFlow:
    """Count one arm's families, each in the boxes of its index child."""
    allocation = trial.need("allocation")
    children = allocation.loc[allocation["arm"] == arm.code, "participant_id"]
    of_family = children.map(index_child.to_dict()).fillna(children)
    ids = pd.Index(of_family.unique())
    own = analysed[analysed["participant_id"].isin(ids)]
    received, not_received, discontinued = _received(trial, arm, ids)
    return ArmFlow(
        arm=arm.code,
        allocated=len(ids),
        children=len(children),
        received=received,
        not_received=not_received,
        providers=_providers(trial, ids),
        lost=_lost(trial, ids),
        discontinued=discontinued,
        analysed=int(own["status"].eq("analysed").sum()),
        excluded=_by_reason(own, "excluded"),
        missing=_by_reason(own, "missing"),
    )


def _by_reason(status: pd.DataFrame, kind: str) -> dict[str, int]:
    return counted(status.loc[status["status"] == kind, "reason"].dropna())


def _received(
    trial: TrialData, arm: Arm, ids: pd.Index[str]
) -> tuple[int | None, dict[str, int], int | None]:
    """Count who received the allocated treatment, who did not, and who stopped."""
    if trial.treatment is None or "treatment_received" not in trial.treatment:
        return None, {}, None
    own = pd.DataFrame({"participant_id": ids})
    treatment = own.merge(trial.treatment, on="participant_id", how="left")
    received = treatment["treatment_received"]
    accepted = received.isin(arm.treatments) if arm.treatments else received.notna()
    counts = counted(
        NOT_RECORDED if pd.isna(code) else _instead(trial, str(code))
        for code in received[~accepted]
    )
    if "withdrew_treatment_date" not in treatment:
        return int(accepted.sum()), counts, None
    stopped = treatment["withdrew_treatment_date"].notna()
    return int(accepted.sum()), counts, int(stopped.sum())


def _providers(trial: TrialData, ids: pd.Index[str]) -> tuple[int, ...] | None:
    """Count the families each therapist saw, fewest first."""
    if trial.treatment is None or "therapist_id" not in trial.treatment:
        return None
    own = trial.treatment[trial.treatment["participant_id"].isin(ids)]
    return tuple(sorted(own["therapist_id"].value_counts().tolist()))


def _instead(trial: TrialData, treatment: str) -> str:
    """Say what a family received that was not what it was allocated."""
    if treatment == "none":
        return "did not start treatment"
    return f"received {trial.protocol.label(treatment)}"


def _leaving(trial: TrialData) -> set[str]:
    """Name the ways of leaving that this trial records: those its outcomes name."""
    outcomes = trial.protocol.outcomes
    named = {code for o in outcomes for code in (*o.ends_with, *o.competing)}
    return named & {"withdrew_contact", "withdrew_data", "moved", "died"}


def _lost(trial: TrialData, ids: pd.Index[str]) -> dict[str, int] | None:
    """Count who left follow-up before the last visit, by the first reason recorded."""
    leaving = _leaving(trial)
    if trial.events is None or not leaving:
        return None
    months = max(trial.protocol.visits.months, default=0)
    events = trial.events[trial.events["event"].isin(leaving)]
    events = events[events["participant_id"].isin(ids)]
    people, key = trial.need("participants"), "participant_id"
    zero = followed(events[key], people, key, "randomisation_date")
    day = (events["event_date"] - zero).dt.days
    events = events[day.ge(0) & day.lt(days_in(months))]
    first = events.sort_values("event_date", kind="stable")
    first = first.drop_duplicates("participant_id")
    return counted(map(trial.protocol.label, first["event"]))
