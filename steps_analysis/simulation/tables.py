"""The tables of the data contract, from the arrays of a synthetic trial."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.protocol import Protocol
from steps_analysis.simulation.choices import NO_DATE, DateArray, TextArray, days_later
from steps_analysis.simulation.draw import TrialArrays
from steps_analysis.simulation.entry_draws import referral_form
from steps_analysis.simulation.recorded_routes import recorded_routes
from steps_analysis.simulation.world import World
from steps_analysis.trial_data import Field, TableRule, contract_for

Columns = dict[str, npt.NDArray[Any]]


def trial_tables(
    arrays: TrialArrays, protocol: Protocol, *, world: World
) -> dict[str, pd.DataFrame]:
    """
    Write a synthetic trial as the tables of the data contract.

    What the extract date hides is left out: identifications after it, and whatever of a
    row lies after it.

    Parameters
    ----------
    arrays
        The trial.
    protocol
        Its protocol.
    world
        The world it was drawn from.

    Returns
    -------
    dict
        Table name to table, in the contract's order; no visits without a schedule, no
        forum without one.
    """
    ids = _Ids(arrays)
    columns = {
        "sites": _sites(arrays, protocol),
        "referrals": _referrals(arrays, protocol, ids, world),
        "screening": _screening(arrays, protocol, ids),
        "participants": _participants(arrays, protocol, ids),
        "allocation": _allocation(arrays, protocol, ids),
        "treatment": _treatment(arrays, ids),
        "events": _events(arrays, ids),
        "costs": _costs(arrays, ids, world),
    }
    if arrays.forum is not None:
        columns["forum"] = _forum(arrays, ids)
        columns["forum_actions"] = _forum_actions(arrays, ids)
    if protocol.visits.months:
        columns["visits"] = _visits(arrays, protocol, ids)
    tables = {
        rule.name: _frame(rule, columns[rule.name])
        for rule in contract_for(protocol)
        if rule.name in columns
    }
    # Two reports of one day that say the same are one row: the contract has no more.
    events = tables["events"].drop_duplicates(ignore_index=True)
    return {**tables, "events": events}


class _Ids:
    """Identifiers, which carry order of referral and of randomisation only."""

    def __init__(self, arrays: TrialArrays) -> None:
        referrals = arrays.entry.referrals
        self.referral = _numbered("R", len(referrals.site))
        families = _numbered("F", int(referrals.family.max(initial=-1)) + 1)
        self.family = families[referrals.family]
        self.participant = _numbered("P", len(arrays.treated))


def _numbered(letter: str, n: int) -> TextArray:
    """Give identifiers numbers from 1, all of one width."""
    width = max(3, len(str(n)))
    return np.array([f"{letter}{i:0{width}d}" for i in range(1, n + 1)], dtype=object)


def _sites(arrays: TrialArrays, protocol: Protocol) -> Columns:
    sites, closed = arrays.entry.sites, arrays.entry.pathway.closed
    opened = sites.opened <= closed
    return {
        "site": np.array(protocol.sites.names, dtype=object),
        "ring": sites.ring,
        "population_10_17": sites.population,
        "opened_date": np.where(opened, sites.opened, NO_DATE),
        "closed_date": np.where(opened, closed, NO_DATE),
        "forum_start_date": np.where(
            sites.has_forum, arrays.entry.calendar.start, NO_DATE
        ),
        "therapists": sites.therapists,
    }


def _referrals(
    arrays: TrialArrays, protocol: Protocol, ids: _Ids, world: World
) -> Columns:
    referrals = arrays.entry.referrals
    names = np.array(protocol.sites.names, dtype=object)
    sources = np.array([source for source, _ in world.source_shares], dtype=object)
    columns: Columns = {
        "referral_id": ids.referral,
        "family_id": ids.family,
        "site": names[referrals.site],
        "referral_date": referrals.date,
        "source": sources[referrals.source],
        **referral_form(arrays.entry.children),
    }
    return _rows(columns, referrals.date <= arrays.extract)


def _screening(arrays: TrialArrays, protocol: Protocol, ids: _Ids) -> Columns:
    pathway = arrays.entry.pathway
    answered = np.where(pathway.is_joining, 1, 0).astype(np.int8)
    consent = np.where(pathway.is_approached, answered, -1)
    refused = pathway.decline_reason == "young_person"
    columns: Columns = {
        "referral_id": ids.referral,
        "screened_date": pathway.screened,
        "eligible": pathway.is_eligible.astype(np.int8),
        "reason": pathway.reason,
        "approached_date": pathway.approached,
        "consent": consent,
        "consent_date": pathway.answered,
        "assent": np.where(pathway.is_joining, 1, np.where(refused, 0, -1)),
        "decline_reason": pathway.decline_reason,
        "route": recorded_routes(arrays, protocol),
    }
    return _rows(columns, pathway.is_screened & (pathway.screened <= arrays.extract))


def _forum(arrays: TrialArrays, ids: _Ids) -> Columns:
    forum = arrays.forum
    assert forum is not None
    return {
        "referral_id": ids.referral[forum.referral],
        "papers_date": forum.papers,
        "forum_date": forum.met,
        "concern": forum.concern,
        "question": forum.question,
        "co_worker_agency": forum.co_worker,
        "open_to_agency": forum.is_open,
    }


def _forum_actions(arrays: TrialArrays, ids: _Ids) -> Columns:
    forum = arrays.forum
    assert forum is not None
    return {
        "referral_id": ids.referral[forum.referral],
        "forum_date": forum.met,
        "recommendation": forum.recommendation,
        "owner_role": forum.owner,
        "due_date": forum.due,
        "status": forum.status,
        "review_date": forum.review,
        "reviewed_date": forum.reviewed,
    }


def _participants(arrays: TrialArrays, protocol: Protocol, ids: _Ids) -> Columns:
    joiners = arrays.entry.pathway.joiners
    names = np.array(protocol.sites.names, dtype=object)
    return {
        "participant_id": ids.participant,
        "site": names[arrays.site],
        "randomisation_date": arrays.entry.pathway.randomised[joiners],
        "family_id": ids.family[joiners],
        "referral_id": ids.referral[joiners],
        "placed_at_randomisation": arrays.placed.astype(np.int8),
        **{name: col for name, col in arrays.factors.items() if name != "site"},
    }


def _allocation(arrays: TrialArrays, protocol: Protocol, ids: _Ids) -> Columns:
    treated, treatment = arrays.treated, arrays.treatment
    codes = np.array([protocol.control.code, protocol.treatment.code], dtype=object)
    route = np.where(treated, treatment.received, treatment.comparator)
    return {
        "participant_id": ids.participant,
        "arm": codes[treated.astype(np.int64)],
        "ledger_entry": np.arange(1, len(treated) + 1),
        "route": route.astype(object),
    }


def _treatment(arrays: TrialArrays, ids: _Ids) -> Columns:
    treatment = arrays.treatment
    return {
        "participant_id": ids.participant,
        "treatment_received": treatment.received,
        "comparator_received": treatment.comparator,
        "therapist_id": treatment.therapist,
        "treatment_start_date": _dates(arrays, treatment.start),
        "treatment_end_date": _dates(arrays, treatment.end),
        "withdrew_treatment_date": _dates(arrays, treatment.withdrew),
        "contacts": treatment.contacts,
        "fidelity": treatment.fidelity,
    }


def _visits(arrays: TrialArrays, protocol: Protocol, ids: _Ids) -> Columns:
    visits, n = arrays.visits, len(arrays.treated)
    who = np.repeat(np.arange(n), len(visits.due))
    due = np.tile(visits.due, n)
    done = visits.completed.ravel()
    seen = done <= arrays.follow_up[who]
    columns: Columns = {
        "participant_id": ids.participant[who],
        "visit_month": np.tile(np.array(protocol.visits.months), n),
        "due_date": _dates(arrays, due, who),
        "completed_date": _dates(arrays, done, who),
        **{
            name: np.where(seen, value.ravel(), np.nan)
            for name, value in visits.scores.items()
        },
    }
    return _rows(columns, due <= arrays.follow_up[who])


def _events(arrays: TrialArrays, ids: _Ids) -> Columns:
    events = arrays.events
    who = events.participant
    return {
        "participant_id": ids.participant[who],
        "event": events.event,
        "event_date": _dates(arrays, events.day, who),
        "end_date": _dates(arrays, events.end, who),
        "recorded_date": _dates(arrays, events.recorded, who),
        "sanction_date": _dates(arrays, events.sanctioned, who),
        "informant": events.informant,
        "is_sexual": events.is_sexual,
        "is_serious": events.is_serious,
    }


def _costs(arrays: TrialArrays, ids: _Ids, world: World) -> Columns:
    costs = arrays.costs
    sectors = np.array([sector for sector, _ in world.monthly_costs], dtype=object)
    return {
        "participant_id": ids.participant[costs.participant],
        "sector": sectors[costs.sector],
        "month_from": costs.month_from,
        "month_to": costs.month_to,
        "cost": costs.cost,
    }


def _dates(
    arrays: TrialArrays,
    days: npt.NDArray[np.float64],
    who: npt.NDArray[np.int64] | None = None,
) -> DateArray:
    """Turn days from randomisation into dates; none after the extract date."""
    randomised = arrays.entry.pathway.randomised[arrays.entry.pathway.joiners]
    dates = days_later(randomised if who is None else randomised[who], days)
    return np.where(dates <= arrays.extract, dates, NO_DATE)


def _rows(columns: Columns, keep: npt.NDArray[np.bool_]) -> Columns:
    """Keep some rows of every column."""
    return {name: column[keep] for name, column in columns.items()}


def _frame(rule: TableRule, columns: Mapping[str, npt.NDArray[Any]]) -> pd.DataFrame:
    """Put columns in the contract's order, each in its type."""
    fields = [field for field in rule.fields if field.name in columns]
    return pd.DataFrame(
        {field.name: _typed(field, columns[field.name]) for field in fields}
    )


def _typed(field: Field, values: npt.NDArray[Any]) -> Any:
    """Give a column the type the contract's reader gives it."""
    if field.kind == "date":
        return values.astype("M8[ns]")
    if field.kind == "whole":
        missing = np.isnan(values.astype(np.float64))
        whole = np.where(missing, 0, values).astype(np.int64)
        return pd.arrays.IntegerArray(whole, missing)
    if field.kind == "yes_no":
        return pd.arrays.BooleanArray(values == 1, values == -1)
    if field.kind == "number":
        return values.astype(np.float64)
    text = values.astype(object)
    text[[value is None for value in text]] = np.nan
    return text
