"""
The rules of DOMAIN 5.3 and DESIGN 7 a second time, as a slow loop over participants.

Written from the text alone, before the package's own code was read. Three points the
text leaves open were settled afterwards, here and there alike: leaving on the day of
randomisation is leaving, leaving before it is not; a visit accounts for time to its due
day only if made within its window; time that was not observed gives no row to a
repeated outcome. The one thing taken from the package is the length of a month.
"""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from steps_analysis.outcomes import analysis_status, spells
from steps_analysis.outcomes.events.spells import binary_outcome
from steps_analysis.protocol import days_in

EVENTS = ("offence", "reported_harm", "placement", "custody", "re_referral")
ENDS = ("withdrew_contact", "withdrew_data", "moved", "died", "case_closed")
MADE_OF_EVENTS = ("P1", "R1", "R2", "R3", "R5", "C1", "N1")
WORDS = {
    "follow_up": "reached the end of follow-up",
    "extract": "not yet observed for long enough",
    "contact": "not seen after the last visit made",
    "withdrew_contact": "withdrew from contact",
    "withdrew_data": "withdrew their data",
    "moved": "moved away",
    "died": "died",
}


def day(later: date, earlier: date) -> int:
    return (later - earlier).days


def records(table: pd.DataFrame) -> list[dict]:
    """Rows as dictionaries of plain values, nothing as None."""
    rows = []
    for row in table.to_dict("records"):
        plain = {}
        for key, value in row.items():
            missing = value is pd.NaT or value is pd.NA or value != value
            plain[key] = None if missing else value
            if isinstance(plain[key], pd.Timestamp):
                plain[key] = plain[key].date()
        rows.append(plain)
    return rows


class OneChild:
    """Everything known of one participant, in days from randomisation."""

    def __init__(self, trial, row, events, visits):
        self.name = row["participant_id"]
        zero = row["randomisation_date"]
        self.placed = row["placed_at_randomisation"]
        self.extract = day(trial.extract_date, zero)
        self.events = []
        for event in events:
            if event["participant_id"] == self.name:
                sanction = event["sanction_date"]
                self.events.append(
                    {
                        "code": event["event"],
                        "day": day(event["event_date"], zero),
                        "sanction": None if sanction is None else day(sanction, zero),
                        "is_sexual": event["is_sexual"],
                    }
                )
        self.seen_until = None
        window = 7 * trial.protocol.visits.window_weeks
        for visit in visits:
            if visit["participant_id"] == self.name and visit["completed_date"]:
                made = day(visit["completed_date"], zero)
                due = days_in(visit["visit_month"])
                reach = due if made < due <= made + window else made
                if self.seen_until is None or reach > self.seen_until:
                    self.seen_until = reach

    def withdrew_data(self):
        return any(event["code"] == "withdrew_data" for event in self.events)

    def first(self, codes):
        days = [
            event["day"]
            for event in self.events
            if event["code"] in codes and event["day"] >= 0
        ]
        return min(days) if days else None

    def flagged(self, outcome):
        """Events of the right kind after the day of randomisation."""
        for event in self.events:
            if event["code"] not in outcome.events or event["day"] <= 0:
                continue
            if all(event[flag] == wanted for flag, wanted in outcome.flags.items()):
                yield event


def children(trial):
    events, visits = records(trial.events), records(trial.visits)
    return [OneChild(trial, row, events, visits) for row in records(trial.participants)]


def limits(child, outcome):
    """Every day on which observation of a curve would end, by why."""
    found = {
        "follow_up": days_in(outcome.follow_up_months),
        "extract": child.extract - days_in(outcome.waiting_months),
    }
    if outcome.seen_by == "contact":
        found["contact"] = 0 if child.seen_until is None else child.seen_until
    for code in outcome.ends_with:
        first = child.first((code,))
        if first is not None:
            found[code] = first
    return {why: max(0, last) for why, last in found.items()}


def sanctioned_in_time(event, outcome):
    if not outcome.proven:
        return True
    if event["sanction"] is None:
        return False
    return event["sanction"] - event["day"] <= days_in(outcome.waiting_months)


def twin_spells(people, outcome):
    """Rows (participant, entry, time, cause, set of reasons it could have ended by)."""
    rows = []
    for child in people:
        if child.withdrew_data():
            continue
        why = limits(child, outcome)
        last = min(why.values())
        reasons = {key for key, end in why.items() if end == last}
        preventing = [
            event["day"]
            for event in child.events
            if event["code"] in outcome.competing and 0 < event["day"] <= last
        ]
        competing = min(preventing, default=None)
        stop = last if competing is None else competing
        days = sorted(
            {
                event["day"]
                for event in child.flagged(outcome)
                if event["day"] <= stop and sanctioned_in_time(event, outcome)
            }
        )
        if outcome.kind != "repeated":
            if days:
                rows.append((child.name, 0, days[0], 1, set()))
            elif competing is not None:
                rows.append((child.name, 0, competing, 2, set()))
            else:
                rows.append((child.name, 0, last, 0, reasons))
            continue
        entry = 0
        for when in days:
            rows.append((child.name, entry, when, 1, set()))
            entry = when
        if entry < stop:
            cause = 0 if competing is None else 2
            rows.append(
                (child.name, entry, stop, cause, reasons if not cause else set())
            )
    return rows


def twin_binary(people, outcome, months):
    """Participant to (1, 0 or None for unknown)."""
    horizon, wait = days_in(months), days_in(outcome.waiting_months)
    found = {}
    for child in people:
        if child.withdrew_data():
            continue
        if child.extract < horizon + wait:
            found[child.name] = None
            continue
        leaving = [child.first((code,)) for code in outcome.ends_with]
        leaving = [max(0, left) for left in leaving if left is not None]
        if outcome.seen_by == "contact":
            leaving.append(0 if child.seen_until is None else child.seen_until)
        last = min([horizon, *leaving])
        happened = any(
            event["day"] <= last
            and (
                not outcome.proven
                or (
                    event["sanction"] is not None
                    and event["sanction"] <= horizon + wait
                )
            )
            for event in child.flagged(outcome)
        )
        if happened:
            found[child.name] = 1
        else:
            found[child.name] = 0 if last >= horizon else None
    return found


def drawn_people(rng):
    """Draw facts of up to 30 participants, dense with collisions and edges."""
    edges = np.array([0, 1, 100, 182, 183, 184, 244, 365, 366, 426, 548, 608, 609, 610])
    people = {}
    for number in range(rng.integers(2, 31)):
        followed = int(rng.choice([0, 1, 183, 365, 548, 609, 700, 792, 793, 1200]))

        def some_day(followed=followed):
            wild = rng.integers(-20, 900)
            return int(min(rng.choice([wild, rng.choice(edges)]), followed))

        events = []
        for _ in range(rng.integers(0, 6)):
            when = some_day()
            delay = int(rng.choice([0, 30, 182, 183, 184, 300]))
            sanction = when + delay if when + delay <= followed else None
            more = {
                "sanction": sanction if rng.random() < 0.8 else None,
                "sexual": [True, False, None][rng.integers(3)],
            }
            events.append((str(rng.choice(EVENTS)), when, more))
        for code in ENDS:
            if rng.random() < (0.03 if code == "withdrew_data" else 0.12):
                events.append((code, some_day(), {}))
        visits = []
        for month in (0, 8, 14, 20):
            made = days_in(month) + int(rng.choice([-60, -29, -28, -5, 0, 9]))
            is_made = 0 <= made <= followed and rng.random() < 0.8
            visits.append((month, days_in(month), made if is_made else None))
        people[f"P{number:02d}"] = {
            "followed": followed,
            "events": events,
            "visits": visits,
            "placed": bool(rng.random() < 0.2),
            "arm": str(rng.choice(["MST-PSB", "MAU"])),
        }
    return people


@pytest.fixture(scope="module")
def drawn(trial_of):
    rng = np.random.default_rng(20140618)
    trials = [trial_of(drawn_people(rng)) for _ in range(40)]
    return [(trial, children(trial)) for trial in trials]


@pytest.mark.parametrize("code", MADE_OF_EVENTS)
def test_spells_are_those_of_the_twin(drawn, code):
    seen = set()
    for trial, people in drawn:
        ours = spells(trial, code)
        theirs = twin_spells(people, trial.protocol.outcome(code))
        columns = ["participant_id", "entry", "time", "cause"]
        rows = list(ours[columns].itertuples(index=False, name=None))
        assert rows == [row[:4] for row in theirs]
        assert ours["event"].tolist() == [row[3] == 1 for row in theirs]
        for said, (*_, cause, reasons) in zip(ours["ended_by"], theirs, strict=True):
            assert said in {WORDS[why] for why in reasons} or (cause and said == "")
        seen |= set(ours["cause"])
    expected = {0, 1, 2} if trial.protocol.outcome(code).competing else {0, 1}
    assert seen == expected, "the draws do not reach every kind of ending"


@pytest.mark.parametrize(
    ("code", "months"),
    [("P1", 20), ("P1", 8), ("R2", 12), ("R2", 6), ("R5", 12), ("C1", 20)],
)
def test_binary_outcomes_are_those_of_the_twin(drawn, code, months):
    seen = set()
    for trial, people in drawn:
        outcome = trial.protocol.outcome(code)
        ours = binary_outcome(trial, outcome, months)
        theirs = twin_binary(people, outcome, months)
        found = [None if v != v else int(v) for v in ours["value"]]
        assert dict(zip(ours.index, found, strict=True)) == theirs
        assert (ours["reason"] != "").tolist() == ours["value"].isna().tolist()
        seen |= set(found)
    assert seen == {0, 1, None}


def twin_status(trial, people, estimand):
    """Participant to status of a binary estimand, by the estimand's population."""
    asked = trial.protocol.estimand(estimand)
    outcome = trial.protocol.outcome(asked.outcome)
    known = twin_binary(people, outcome, asked.at_months)
    found = {}
    for child in people:
        name = child.name
        if name not in known or (
            (outcome.at_home_only or asked.population == "at_home") and child.placed
        ):
            found[name] = "excluded"
        elif known[name] is not None:
            found[name] = "analysed"
        elif asked.population == "fully_observed":
            found[name] = "excluded"
        else:
            found[name] = "missing"
    return found


@pytest.mark.parametrize("estimand", ["E1", "E3", "E5", "E7"])
def test_statuses_are_those_of_the_twin(drawn, estimand):
    for trial, people in drawn:
        ours = analysis_status(trial, estimand).set_index("participant_id")["status"]
        assert ours.to_dict() == twin_status(trial, people, estimand)
