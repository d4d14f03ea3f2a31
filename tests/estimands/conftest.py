"""Small trials written by hand, on the protocol of STEPS-B and a little more."""

from dataclasses import replace
from datetime import date, timedelta

import pandas as pd
import pytest

from steps_analysis.protocol import Estimand, Outcome, load_protocol
from steps_analysis.trial_data import TrialData

EXTRACT = date(2018, 1, 1)

# Outcomes STEPS-B does not have, and the estimands that ask for them.
REPEATED = Outcome(
    code="N1",
    label="Repeated reports",
    kind="repeated",
    events=("reported_harm",),
    follow_up_months=20,
    competing=("died",),
    ends_with=("withdrew_contact", "withdrew_data", "moved"),
)
RATE = Estimand(
    code="E6", outcome="N1", population="all", summary="rate_ratio", at_months=20
)
PLAIN = Estimand(
    code="E7", outcome="P1", population="all", summary="risk_difference", at_months=20
)
PROVEN = Estimand(
    code="E8",
    outcome="R1",
    population="all",
    summary="cumulative_incidence_difference",
    at_months=20,
)


@pytest.fixture(scope="session")
def protocol():
    steps_b = load_protocol()
    return replace(
        steps_b,
        outcomes=(*steps_b.outcomes, REPEATED),
        estimands=(*steps_b.estimands, RATE, PLAIN, PROVEN),
    )


def _dates(frame, columns):
    for column in columns:
        frame[column] = pd.to_datetime(frame[column]).astype("datetime64[ns]")
    return frame


def _participants(people, zero):
    rows = [
        {
            "participant_id": name,
            "site": facts.get("site", "Southwark"),
            "randomisation_date": zero[name],
            "sex": facts.get("sex", "male"),
            "age_group": facts.get("age_group", "14 to 17"),
            "onset_group": facts.get("onset_group", "12 and over"),
            "placed_at_randomisation": facts.get("placed", False),
        }
        for name, facts in people.items()
    ]
    frame = _dates(pd.DataFrame(rows), ["randomisation_date"])
    return frame.astype({"placed_at_randomisation": "boolean"})


def _events(people, zero):
    rows = []
    for name, facts in people.items():
        for event, day, *more in facts.get("events", ()):
            given = more[0] if more else {}
            sanction = given.get("sanction")
            rows.append(
                {
                    "participant_id": name,
                    "event": event,
                    "event_date": zero[name] + timedelta(days=day),
                    "end_date": None
                    if given.get("end") is None
                    else zero[name] + timedelta(days=given["end"]),
                    "sanction_date": None
                    if sanction is None
                    else zero[name] + timedelta(days=sanction),
                    "is_sexual": given.get("sexual"),
                }
            )
    dates = ["event_date", "end_date", "sanction_date"]
    columns = ["participant_id", "event", *dates, "is_sexual"]
    frame = pd.DataFrame(rows, columns=columns)
    frame = _dates(frame, dates)
    return frame.astype({"is_sexual": "boolean"})


def _visits(people, zero):
    rows = []
    for name, facts in people.items():
        for month, due, completed, *score in facts.get("visits", ()):
            rows.append(
                {
                    "participant_id": name,
                    "visit_month": month,
                    "due_date": zero[name] + timedelta(days=due),
                    "completed_date": None
                    if completed is None
                    else zero[name] + timedelta(days=completed),
                    "sdq_total": score[0] if score else None,
                    "psb_scale": None,
                }
            )
    columns = [
        "participant_id",
        "visit_month",
        "due_date",
        "completed_date",
        "sdq_total",
        "psb_scale",
    ]
    frame = _dates(pd.DataFrame(rows, columns=columns), ["due_date", "completed_date"])
    return frame.astype(
        {"visit_month": "Int64", "sdq_total": "float64", "psb_scale": "float64"}
    )


def _treatment(people, zero):
    rows = [
        {
            "participant_id": name,
            "treatment_received": facts.get("received"),
            "treatment_start_date": None
            if facts.get("start") is None
            else zero[name] + timedelta(days=facts["start"]),
        }
        for name, facts in people.items()
    ]
    return _dates(pd.DataFrame(rows), ["treatment_start_date"])


@pytest.fixture(scope="session")
def trial_of(protocol):
    """
    Make a trial from {name: facts}.

    Facts: `followed` (days from randomisation to the extract date), `arm`, factors,
    `placed`, `events` of (code, day, {end, sanction, sexual}), `visits` of (month, day
    due, day made or None, score), `start` (day) and `received`.
    """

    def make(people, *, protocol=protocol, extract=EXTRACT):
        zero = {
            name: extract - timedelta(days=facts.get("followed", 1500))
            for name, facts in people.items()
        }
        arms = [facts.get("arm", "MAU") for facts in people.values()]
        return TrialData(
            protocol=protocol,
            extract_date=extract,
            provenance="synthetic",
            sites=pd.DataFrame({"site": list(protocol.sites.names)}),
            participants=_participants(people, zero),
            allocation=pd.DataFrame({"participant_id": list(people), "arm": arms}),
            events=_events(people, zero),
            visits=_visits(people, zero),
            treatment=_treatment(people, zero),
        )

    return make
