"""Events as rows, and what of them the records show on the extract date."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from steps_analysis.simulation.choices import (
    UNKNOWN,
    AnswerArray,
    BoolArray,
    FloatArray,
    IntArray,
    TextArray,
)
from steps_analysis.simulation.follow_up import ContactDraw

_AFTER_MOVE = ("offence", "custody", "withdrew_data", "died")
_NEEDS_CONTACT = ("adverse_event", "withdrew_contact")


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRows:
    """
    Events, one entry each; days are from randomisation, NaN where there is none.

    Attributes
    ----------
    participant
        Position of the participant, shape (e,).
    event, informant
        Codes; no informant is None, shape (e,).
    day, end, recorded, sanctioned
        When it happened, ended, entered the records, was sanctioned, shape (e,).
    is_sexual, is_serious
        1 for yes, 0 for no, -1 where it does not apply, shape (e,).
    """

    participant: IntArray
    event: TextArray
    informant: TextArray
    day: FloatArray
    end: FloatArray
    recorded: FloatArray
    sanctioned: FloatArray
    is_sexual: AnswerArray
    is_serious: AnswerArray

    def take(self, rows: IntArray | BoolArray) -> EventRows:
        """
        Take some of the rows.

        Parameters
        ----------
        rows
            Their positions, or True for each to keep.

        Returns
        -------
        EventRows
            Those rows.
        """
        return EventRows(
            **{part.name: getattr(self, part.name)[rows] for part in fields(self)}
        )


def event_rows(
    code: str,
    participant: IntArray,
    day: FloatArray,
    *,
    end: FloatArray | None = None,
    recorded: FloatArray | None = None,
    sanctioned: FloatArray | None = None,
    informant: TextArray | str | None = None,
    is_sexual: bool | None = None,
    is_serious: BoolArray | None = None,
) -> EventRows:
    """
    Make rows of one kind of event; infinite days make none.

    Parameters
    ----------
    code
        The event's code.
    participant
        Position of the participant, shape (e,).
    day
        Days from randomisation, shape (e,); infinite where it never happens.
    end, recorded, sanctioned
        Days of what follows; records are immediate unless said.
    informant
        Who told: one for all, or one each.
    is_sexual
        Whether all were sexual; None where that does not apply.
    is_serious
        Whether each was serious; None where that does not apply.

    Returns
    -------
    EventRows
        One row per finite day.

    Examples
    --------
    >>> event_rows("moved", np.array([0, 1]), np.array([30.0, np.inf])).event
    array(['moved'], dtype=object)
    """
    n = len(day)
    nothing = np.full(n, np.nan)
    sexual = UNKNOWN if is_sexual is None else int(is_sexual)
    serious = np.full(n, UNKNOWN) if is_serious is None else is_serious
    told = np.empty(n, dtype=object)
    told[:] = informant
    rows = EventRows(
        participant=participant,
        event=np.full(n, code, dtype=object),
        informant=told,
        day=day,
        end=nothing if end is None else end,
        recorded=day if recorded is None else recorded,
        sanctioned=nothing if sanctioned is None else sanctioned,
        is_sexual=np.full(n, sexual, dtype=np.int8),
        is_serious=serious.astype(np.int8),
    )
    return rows.take(np.isfinite(day))


def stacked(parts: list[EventRows]) -> EventRows:
    """
    Put rows of several kinds under one another.

    Parameters
    ----------
    parts
        The rows.

    Returns
    -------
    EventRows
        All of them, by participant, then day, then event.
    """
    rows = EventRows(
        **{
            part.name: np.concatenate([getattr(one, part.name) for one in parts])
            for part in fields(EventRows)
        }
    )
    order = np.lexsort((rows.event.astype(str), rows.day, rows.participant))
    return rows.take(order)


def known(rows: EventRows, contact: ContactDraw, follow_up: FloatArray) -> EventRows:
    """
    Keep what the records show on the extract date.

    Nothing is known after death or the withdrawal of data; after a move only what
    national records hold; after contact ended no adverse event, and no report by carer
    or child. What had not entered the records by the extract date is left out, and an
    end or a sanction still to come is empty.

    Parameters
    ----------
    rows
        All events.
    contact
        When contact, data or the child are lost.
    follow_up
        Days from randomisation to the extract date, shape (n,).

    Returns
    -------
    EventRows
        What is known.
    """
    who = rows.participant
    until = np.minimum(follow_up, contact.data_end)[who]
    keep = rows.recorded <= until
    moved = contact.moved[who]
    keep &= (rows.day <= moved) | np.isin(rows.event, _AFTER_MOVE)
    by_family = np.isin(rows.informant.astype(str), ("carer", "self"))
    by_family |= np.isin(rows.event, _NEEDS_CONTACT)
    keep &= (rows.day <= contact.contact_end[who]) | ~by_family
    shown = replace(
        rows,
        end=np.where(rows.end <= until, rows.end, np.nan),
        sanctioned=np.where(rows.sanctioned <= until, rows.sanctioned, np.nan),
    )
    return shown.take(keep)


def outside_spells(
    rows: EventRows, spells: EventRows, codes: tuple[str, ...]
) -> EventRows:
    """
    Drop events that cannot happen during a spell, such as placement in custody.

    Parameters
    ----------
    rows
        Events.
    spells
        Spells with their ends, at most one per participant.
    codes
        The events that cannot happen then.

    Returns
    -------
    EventRows
        The rest.
    """
    n = int(max(rows.participant.max(initial=-1), spells.participant.max(initial=-1)))
    start, end = np.full(n + 1, np.inf), np.full(n + 1, -np.inf)
    start[spells.participant], end[spells.participant] = spells.day, spells.end
    who = rows.participant
    inside = (rows.day >= start[who]) & (rows.day <= end[who])
    return rows.take(~(inside & np.isin(rows.event, codes)))
