"""What a report leaves out, and why: a table is absent, closed, or says too little."""

from __future__ import annotations

from collections.abc import Iterator

from steps_analysis.evaluation.baseline import characteristics
from steps_analysis.evaluation.publication import counts_by_arm_forbidden
from steps_analysis.outcomes import unanswerable
from steps_analysis.pathway import deviation_rules
from steps_analysis.trial_data import ROLE_TABLES, TrialData

BALANCE = "Balance of the arms"
COSTS = "Costs"
DEPARTURES = "Departures from the protocol"
NOBODY = "nobody has been randomised yet"


def not_open(trial: TrialData, table: str) -> str | None:
    """
    Say why a table cannot be read.

    Parameters
    ----------
    trial
        The trial.
    table
        Name of the table.

    Returns
    -------
    str or None
        That it is absent, or closed to the role; None where it is there.
    """
    if getattr(trial, table) is not None:
        return None
    is_closed = table not in ROLE_TABLES[trial.role]
    return f"{table}.csv is {'closed to this role' if is_closed else 'absent'}"


def arms_closed(trial: TrialData) -> str | None:
    """
    Say why nothing can be shown by arm.

    Parameters
    ----------
    trial
        The trial, with the dummy allocation of a dry run if it is one.

    Returns
    -------
    str or None
        The reason; None where arms may be shown.
    """
    if trial.participants is None or trial.allocation is None:
        if "allocation" not in ROLE_TABLES[trial.role]:
            return "arms are not open to this role"
        return not_open(trial, "participants") or not_open(trial, "allocation")
    if trial.participants.empty:
        return NOBODY
    return counts_by_arm_forbidden(trial.protocol)


def enrolment_unknown(trial: TrialData) -> str | None:
    """
    Say why it cannot be told how families came to be randomised.

    Parameters
    ----------
    trial
        The trial; needs ``participants``.

    Returns
    -------
    str or None
        The reason; None where screening is there and can be linked.
    """
    if trial.screening is None:
        return not_open(trial, "screening")
    participants = trial.need("participants")
    if "referral_id" in participants and participants["referral_id"].notna().any():
        return None
    return "participants.csv has no referral_id, which links it to screening.csv"


def nothing_to_balance(trial: TrialData) -> str | None:
    """
    Say why the balance of the arms cannot be shown.

    Parameters
    ----------
    trial
        The trial; needs ``participants``.

    Returns
    -------
    str or None
        The reason; None where something balanced is known besides the site.
    """
    table = characteristics(trial)
    if any(f.name in table for f in trial.protocol.factors if f.name != "site"):
        return None
    return "no allocation factor is recorded besides the site"


def departures_unknown(trial: TrialData) -> str | None:
    """
    Say why departures from the protocol cannot be listed.

    Parameters
    ----------
    trial
        The trial, with the dummy allocation of a dry run if it is one.

    Returns
    -------
    str or None
        The reason; None where a rule can be checked and counts may be shown.
    """
    if trial.participants is None:
        return not_open(trial, "participants")
    if trial.participants.empty:
        return NOBODY
    rules = deviation_rules(trial.protocol)
    if all(rule.months(trial) is None for rule in rules):
        return "none could be told from the tables that are here"
    return counts_by_arm_forbidden(trial.protocol)


def costs_unknown(trial: TrialData) -> str | None:
    """
    Say why the costs of the arms cannot be compared.

    Parameters
    ----------
    trial
        The trial.

    Returns
    -------
    str or None
        The reason; None where costs and arms are there and open.
    """
    if trial.costs is None:
        return not_open(trial, "costs")
    if trial.costs.empty:
        return "no cost was recorded"
    primary = unanswerable(trial, trial.protocol.primary.code)
    return arms_closed(trial) or primary


def not_given(trial: TrialData) -> Iterator[tuple[str, str]]:
    """
    List what no result is given for.

    Parameters
    ----------
    trial
        The trial, with the dummy allocation of a dry run if it is one.

    Yields
    ------
    tuple of str
        Section, part of one or estimand, and why it is left out.
    """
    closed = arms_closed(trial)
    if closed:
        yield "Flow, characteristics and balance by arm", closed
    else:
        yield from _not_given_by_arm(trial)
    unknown = departures_unknown(trial)
    if unknown:
        yield DEPARTURES, unknown
    for asked in trial.protocol.estimands:
        why = unanswerable(trial, asked.code) or closed
        if why:
            yield f"Estimand {asked.code}", why
    if trial.participants is None:
        yield "Progression", not_open(trial, "participants") or ""
    elif not trial.protocol.progression:
        yield "Progression", "the protocol sets no progression criteria"
    costs = costs_unknown(trial)
    if costs:
        yield COSTS, costs


def _not_given_by_arm(trial: TrialData) -> Iterator[tuple[str, str]]:
    """List what is left out of the sections by arm, where arms are open."""
    yield from _absent_parts(trial)
    unknown = unanswerable(trial, trial.protocol.primary.code)
    if unknown:
        yield "Flow", unknown
    uneven = nothing_to_balance(trial)
    if uneven:
        yield BALANCE, uneven


def _absent_parts(trial: TrialData) -> Iterator[tuple[str, str]]:
    """List the parts of the sections by arm whose table is not there."""
    enrolment = enrolment_unknown(trial)
    if enrolment:
        yield "Enrolment, in the flow", enrolment
    treatment = not_open(trial, "treatment")
    if treatment:
        yield "Treatment received, in the flow", treatment
    visits = not_open(trial, "visits")
    if visits and trial.protocol.visits.scores:
        yield "Scores at randomisation, in the characteristics", visits
