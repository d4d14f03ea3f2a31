"""A trial of four families among ten referred, with every box of the flow filled."""

from datetime import date

import pandas as pd
import pytest

from steps_analysis.protocol import load_protocol
from steps_analysis.trial_data import TrialData

EXTRACT = date(2018, 1, 1)
ZERO = date(2015, 1, 1)
NOW = pd.Timestamp(2014, 6, 1)


def _screened():
    """
    Referral, family, then what was recorded at its screening, last screened last.

    F6 was screened twice and randomised the second time. F3 declined, and was later
    found not eligible. F10 was never screened.
    """
    rows = [
        ("R01", "F1", False, "age", None, None, None),
        ("R02", "F2", True, None, None, None, None),
        ("R03", "F3", True, None, NOW, False, "family"),
        ("R04", "F4", True, None, NOW, None, None),
        ("R05", "F5", True, None, NOW, True, None),
        ("R06", "F6", False, "acute_need", None, None, None),
        ("R07", "F6", True, None, NOW, True, None),
        ("R08", "F7", True, None, NOW, True, None),
        ("R09", "F8", True, None, NOW, True, None),
        ("R10", "F9", True, None, NOW, True, None),
        ("R12", "F3", False, None, None, None, None),
    ]
    columns = [
        "referral_id",
        "family_id",
        "eligible",
        "reason",
        "approached_date",
        "consent",
        "decline_reason",
    ]
    frame = pd.DataFrame(rows, columns=columns)
    frame["screened_date"] = pd.date_range(NOW, periods=len(frame))
    frame["approached_date"] = frame["approached_date"].astype("datetime64[ns]")
    return frame.astype({"eligible": "boolean", "consent": "boolean"})


def _dated(rows, columns, *names):
    frame = pd.DataFrame(rows, columns=columns)
    for name in names:
        days = pd.to_timedelta(frame[name].astype(float), unit="D")
        frame[name] = pd.Timestamp(ZERO) + days
    return frame


@pytest.fixture
def tiny():
    """P1 and P2 in MST-PSB, P3 and P4 in MAU; see the rows."""
    screened = _screened()
    referrals = screened[["referral_id", "family_id"]]
    referrals = pd.concat(
        [referrals, pd.DataFrame({"referral_id": ["R11"], "family_id": ["F10"]})],
        ignore_index=True,
    ).assign(referral_date=pd.Timestamp(ZERO))
    early = pd.DataFrame({"referral_id": ["R00"], "family_id": ["F00"]})
    early["referral_date"] = pd.Timestamp("2012-06-01")  # before recruitment opened
    referrals = pd.concat([early, referrals], ignore_index=True)
    ids = ["P1", "P2", "P3", "P4"]
    people = {
        "participant_id": ids,
        "site": ["Southwark", "Southwark", "Borough A", "Borough B"],
        "randomisation_date": [pd.Timestamp(ZERO)] * 4,
        "referral_id": ["R07", "R08", "R09", "R10"],
    }
    events = [
        ("P1", "moved", 200),
        ("P2", "moved", 609),
        ("P2", "moved", -5),
        ("P3", "case_closed", 20),
        ("P4", "moved", 300),
        ("P4", "withdrew_contact", 100),
    ]
    treatment = [("P1", "mst_psb", 90), ("P2", "none", None), ("P3", "aim", None)]
    return TrialData(
        protocol=load_protocol(),
        extract_date=EXTRACT,
        provenance="synthetic",
        referrals=referrals,
        screening=screened.drop(columns="family_id"),
        participants=pd.DataFrame(people),
        allocation=pd.DataFrame(
            {"participant_id": ids, "arm": ["MST-PSB", "MST-PSB", "MAU", "MAU"]}
        ),
        treatment=_dated(
            treatment,
            ["participant_id", "treatment_received", "withdrew_treatment_date"],
            "withdrew_treatment_date",
        ),
        events=_dated(events, ["participant_id", "event", "event_date"], "event_date"),
    )


@pytest.fixture
def status():
    """Who of them was analysed."""
    return pd.DataFrame(
        {
            "participant_id": ["P1", "P2", "P3", "P4"],
            "status": ["missing", "analysed", "excluded", "analysed"],
            "reason": ["moved away", "", "placed", ""],
        }
    )
