"""The flow of families through a trial, box by box as CONSORT 2025 draws it."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from steps_analysis.errors import DataError
from steps_analysis.pathway.boxes import ArmFlow, Flow, broken_identities
from steps_analysis.protocol import Arm, days_in
from steps_analysis.trial_data import TrialData

NOT_ELIGIBLE = "not eligible"
NOT_APPROACHED = "eligible, not approached"
ELIGIBLE = "eligible, not randomised"  # where approach and consent are not recorded
DECLINED = "declined"
NO_ANSWER = "approached, no answer recorded"
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
    The unit is the family. One referred or screened more than once counts once, where
    it got furthest; without referrals, nothing says which family a screening is of, and
    each counts as one. A family that stopped treatment stays in follow-up and in the
    analysis. Every family has one terminal box: analysed, excluded or missing.

    References
    ----------
    .. [1] Hopewell, S. et al. (2025), CONSORT 2025 statement, items 22a and 22b.
    """
    allocated = trial.need("allocation")
    participants = trial.need("participants")
    screened = screened_families(trial)
    result = Flow(
        referred=_referred(trial),
        assessed=None if screened is None else len(screened),
        approached=_count(screened, "approached_date", _is_approached),
        consented=_count(screened, "consent", _has_consented),
        excluded={} if screened is None else _excluded(screened, trial),
        randomised=len(participants),
        arms=tuple(_arm(trial, arm, analysed) for arm in _treatment_first(trial)),
        n_sites=int(participants["site"].nunique()),
    )
    broken = broken_identities(result)
    broken += _strangers("allocated", allocated, participants)
    broken += _strangers("analysed", analysed, participants)
    if broken:
        raise DataError("the flow does not add up:\n" + "\n".join(broken))
    return result


def _referred(trial: TrialData) -> int | None:
    """Count the families referred since recruitment opened."""
    referrals, start = trial.referrals, trial.protocol.trial.recruitment_start
    if referrals is None:
        return None
    if start is not None:
        referrals = referrals[referrals["referral_date"] >= pd.Timestamp(start)]
    return int(referrals["family_id"].nunique())


def _strangers(name: str, table: pd.DataFrame, participants: pd.DataFrame) -> list[str]:
    """Say how many rows speak of somebody who was not randomised."""
    known = table["participant_id"].isin(participants["participant_id"])
    n = int((~known).sum())
    return [f"{name} must be among the randomised: {n} are not"] if n else []


def _treatment_first(trial: TrialData) -> tuple[Arm, Arm]:
    return trial.protocol.treatment, trial.protocol.control


def screened_families(trial: TrialData) -> pd.DataFrame | None:
    """
    Give one screening row a family: where it got furthest; of equals, the last.

    Parameters
    ----------
    trial
        The trial; needs ``participants``.

    Returns
    -------
    pandas.DataFrame or None
        Rows of ``screening`` with ``is_randomised``; None where there is no screening,
        or participants carry no ``referral_id`` to link the two. Without referrals
        nothing says which family a screening is of, and each counts as one.
    """
    if trial.screening is None:
        return None
    participants = trial.need("participants")
    if "referral_id" not in participants:
        return None  # nothing says which of the screened were randomised
    is_in = trial.screening["referral_id"].isin(participants["referral_id"].dropna())
    screened = trial.screening.assign(is_randomised=is_in)
    if trial.referrals is None:
        return screened
    return _furthest(screened, trial.referrals)


def _furthest(screened: pd.DataFrame, referrals: pd.DataFrame) -> pd.DataFrame:
    """Keep of each family the screening that got furthest; of equals, the last."""
    families = referrals.drop_duplicates("referral_id").set_index("referral_id")
    family = screened["referral_id"].map(families["family_id"])
    order = pd.DataFrame(
        {
            "family": family.fillna(screened["referral_id"]),
            "is_randomised": screened["is_randomised"],
            "consented": _has_consented(screened),
            "approached": _is_approached(screened),
            "eligible": _is_true(screened, "eligible"),
            "date": screened["screened_date"],
        }
    )
    order = order.sort_values(list(order.columns[1:]), kind="stable")
    kept = order.index[~order.duplicated("family", keep="last")]
    return screened.loc[screened.index.isin(kept)]


def _count(
    screened: pd.DataFrame | None,
    column: str,
    rule: Callable[[pd.DataFrame], pd.Series[bool]],
) -> int | None:
    """Count the screened a rule holds for; None where its column is not recorded."""
    if screened is None or column not in screened:
        return None
    return int(rule(screened).sum())


def _excluded(screened: pd.DataFrame, trial: TrialData) -> dict[str, dict[str, int]]:
    """Group the screened who were not randomised by what kept them out."""
    out = screened[~screened["is_randomised"]]
    eligible = _is_true(out, "eligible")
    approached = eligible & _is_approached(out)
    consented = approached & _has_consented(out)
    answered = _is_filled(out, "consent") | _is_filled(out, "decline_reason")
    is_recorded = "approached_date" in out or "consent" in out
    groups = {
        NOT_ELIGIBLE: (~eligible, "reason"),
        NOT_APPROACHED if is_recorded else ELIGIBLE: (eligible & ~approached, "reason"),
        DECLINED: (approached & ~consented & answered, "decline_reason"),
        NO_ANSWER: (approached & ~answered, "decline_reason"),
        NOT_RANDOMISED: (consented, "decline_reason"),
    }
    return {
        group: _reasons(out[rows], column, trial)
        for group, (rows, column) in groups.items()
        if rows.any()
    }


def _is_approached(table: pd.DataFrame) -> pd.Series[bool]:
    """Say who was offered the trial: who has a date for it, or an answer to it."""
    return _is_filled(table, "approached_date") | _is_filled(table, "consent")


def _has_consented(table: pd.DataFrame) -> pd.Series[bool]:
    return _is_true(table, "consent")


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


def _arm(trial: TrialData, arm: Arm, analysed: pd.DataFrame) -> ArmFlow:
    """Count one arm's boxes."""
    allocation = trial.need("allocation")
    ids = pd.Index(allocation.loc[allocation["arm"] == arm.code, "participant_id"])
    own = analysed[analysed["participant_id"].isin(ids)]
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
    own = pd.DataFrame({"participant_id": ids})
    treatment = own.merge(trial.treatment, on="participant_id", how="left")
    received = treatment["treatment_received"]
    accepted = received.isin(arm.treatments) if arm.treatments else received.notna()
    words = {str(code): _instead(trial, str(code)) for code in received.dropna()}
    why = received[~accepted].map(words, na_action="ignore").fillna(NOT_RECORDED)
    counts = {str(k): int(n) for k, n in why.value_counts().sort_index().items()}
    if "withdrew_treatment_date" not in treatment:
        return int(accepted.sum()), counts, None
    stopped = treatment["withdrew_treatment_date"].notna()
    return int(accepted.sum()), counts, int(stopped.sum())


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
    participants = trial.need("participants").drop_duplicates("participant_id")
    zero = participants.set_index("participant_id")["randomisation_date"]
    events = trial.events[trial.events["event"].isin(leaving)]
    events = events[events["participant_id"].isin(ids)]
    day = (events["event_date"] - events["participant_id"].map(zero)).dt.days
    events = events[day.ge(0) & day.lt(days_in(months))]
    first = events.sort_values("event_date", kind="stable")
    first = first.drop_duplicates("participant_id")
    counts = first["event"].map(trial.protocol.label).value_counts()
    return {str(reason): int(n) for reason, n in counts.sort_index().items()}
