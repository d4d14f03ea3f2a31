"""The flow of families through a trial, box by box as CONSORT 2025 draws it."""

from __future__ import annotations

import pandas as pd

from steps_analysis.errors import DataError, refusal
from steps_analysis.pathway.boxes import ArmFlow, Flow, broken_identities
from steps_analysis.protocol import Arm, days_in
from steps_analysis.trial_data import TrialData

NOT_ELIGIBLE = "not eligible"
NOT_APPROACHED = "eligible, not approached"
DECLINED = "declined"
NOT_RANDOMISED = "consented, not randomised"
NOT_RECORDED = "reason not recorded"


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
        ``participant_id``, ``status`` and ``reason``.

    Returns
    -------
    Flow
        The flow, every identity of it checked.

    Raises
    ------
    DataError
        If an identity fails: it names which, and by how much. Also if a table it needs
        is absent or closed to the reader's role.

    Notes
    -----
    The unit is the family. A family that stopped treatment stays in follow-up and in
    the analysis. Every family has one terminal box: analysed, excluded or missing.

    References
    ----------
    .. [1] Hopewell, S. et al. (2025), CONSORT 2025 statement, items 22a and 22b.
    """
    arms = trial.arms()
    status = analysed.set_index("participant_id")
    screened = _screened(trial)
    result = Flow(
        referred=None if trial.referrals is None else len(trial.referrals),
        assessed=None if screened is None else len(screened),
        approached=_filled(screened, "approached_date"),
        consented=_true(screened, "consent"),
        excluded={} if screened is None else _excluded(screened, trial),
        randomised=len(arms),
        arms=tuple(_arm(trial, arm, arms, status) for arm in _treatment_first(trial)),
        n_sites=int(trial.need("participants")["site"].nunique()),
    )
    broken = broken_identities(result)
    if broken:
        raise DataError("the flow does not add up:\n" + "\n".join(broken))
    return result


def _treatment_first(trial: TrialData) -> tuple[Arm, Arm]:
    return trial.protocol.treatment, trial.protocol.control


def _screened(trial: TrialData) -> pd.DataFrame | None:
    """Give the screening rows, each marked whether its family was randomised."""
    if trial.screening is None:
        return None
    participants = trial.need("participants")
    if "referral_id" not in participants:
        rule = "be present where there is a screening.csv, to link the two"
        raise DataError(refusal("participants.referral_id", rule, None))
    is_in = trial.screening["referral_id"].isin(participants["referral_id"].dropna())
    return trial.screening.assign(is_randomised=is_in)


def _filled(screened: pd.DataFrame | None, column: str) -> int | None:
    """Count the screened with something in a column."""
    if screened is None or column not in screened:
        return None
    return int(screened[column].notna().sum())


def _true(screened: pd.DataFrame | None, column: str) -> int | None:
    """Count the screened with a yes in a column."""
    if screened is None or column not in screened:
        return None
    return int(screened[column].fillna(value=False).sum())


def _excluded(screened: pd.DataFrame, trial: TrialData) -> dict[str, dict[str, int]]:
    """Group the screened who were not randomised by what kept them out."""
    out = screened[~screened["is_randomised"]]
    eligible = _is_true(out, "eligible")
    approached = _is_filled(out, "approached_date")
    consented = _is_true(out, "consent")
    groups = {
        NOT_ELIGIBLE: (~eligible, "reason"),
        NOT_APPROACHED: (eligible & ~approached, "reason"),
        DECLINED: (eligible & approached & ~consented, "decline_reason"),
        NOT_RANDOMISED: (eligible & approached & consented, "decline_reason"),
    }
    return {
        group: _reasons(out[rows], column, trial)
        for group, (rows, column) in groups.items()
        if rows.any()
    }


def _is_filled(table: pd.DataFrame, column: str) -> pd.Series[bool]:
    """Say in which rows a column is filled; nowhere if there is no such column."""
    if column not in table:
        return pd.Series(data=False, index=table.index)
    return table[column].notna()


def _is_true(table: pd.DataFrame, column: str) -> pd.Series[bool]:
    """Say in which rows a column says yes."""
    if column not in table:
        return pd.Series(data=False, index=table.index)
    return table[column].fillna(value=False).astype(bool)


def _reasons(rows: pd.DataFrame, column: str, trial: TrialData) -> dict[str, int]:
    """Count rows by reason, in alphabetical order of what a reader sees."""
    codes = rows.get(column, pd.Series(index=rows.index, dtype=object))
    labels = {str(code): trial.protocol.label(str(code), column) for code in codes}
    counts = codes.map(labels, na_action="ignore").fillna(NOT_RECORDED)
    return {str(k): int(n) for k, n in counts.value_counts().sort_index().items()}


def _arm(
    trial: TrialData, arm: Arm, arms: pd.Series[str], status: pd.DataFrame
) -> ArmFlow:
    """Count one arm's boxes."""
    ids = arms.index[arms == arm.code]
    own = status.reindex(ids)
    received, not_received, discontinued = _received(trial, arm, ids)
    return ArmFlow(
        arm=arm.code,
        allocated=len(ids),
        received=received,
        not_received=not_received,
        lost=_lost(trial, ids),
        discontinued=discontinued,
        analysed=int(own["status"].eq("analysed").sum()),
        excluded=_by_reason(own, "excluded"),
        missing=_by_reason(own, "missing"),
    )


def _by_reason(status: pd.DataFrame, kind: str) -> dict[str, int]:
    counts = status.loc[status["status"] == kind, "reason"].value_counts().sort_index()
    return {str(reason): int(n) for reason, n in counts.items()}


def _received(
    trial: TrialData, arm: Arm, ids: pd.Index[str]
) -> tuple[int | None, dict[str, int], int | None]:
    """Count who received the allocated treatment, who did not, and who stopped."""
    if trial.treatment is None or "treatment_received" not in trial.treatment:
        return None, {}, None
    treatment = trial.treatment.set_index("participant_id").reindex(ids)
    received = treatment["treatment_received"]
    accepted = received.isin(arm.treatments) if arm.treatments else received.notna()
    reasons = received.map(trial.protocol.label, na_action="ignore")
    why = ("received " + reasons[~accepted]).fillna(NOT_RECORDED)
    why = why.replace("received none", "did not start treatment")
    stopped = _is_filled(treatment, "withdrew_treatment_date")
    counts = {str(k): int(n) for k, n in why.value_counts().sort_index().items()}
    return int(accepted.sum()), counts, int(stopped.sum())


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
    participants = trial.need("participants").set_index("participant_id")
    zero = participants["randomisation_date"].reindex(ids)
    events = trial.events[trial.events["event"].isin(leaving)]
    first = events.sort_values("event_date", kind="stable")
    first = first.drop_duplicates("participant_id").set_index("participant_id")
    first = first.reindex(ids)
    before = (first["event_date"] - zero).dt.days.le(days_in(months))
    counts = first.loc[before, "event"].map(trial.protocol.label).value_counts()
    return {str(reason): int(n) for reason, n in counts.sort_index().items()}
