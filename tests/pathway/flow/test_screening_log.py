"""How far each screened referral came, by hand and as the flow counts it."""

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.outcomes import analysis_status
from steps_analysis.pathway import flow, screening_log
from steps_analysis.pathway.flow.screening_log import OUTCOMES
from steps_analysis.protocol import load_protocol
from steps_analysis.simulation import draw_trial

# By hand.


def test_how_far_each_came_by_hand(tiny):
    """The trial of the flow: R07 to R10 joined; R06 and R12 are of old cases."""
    log = screening_log(tiny).set_index("referral_id")
    assert log["outcome"].to_dict() == {
        "R01": "not eligible",
        "R02": "eligible, not approached",
        "R03": "declined",
        "R04": "approached, no answer recorded",
        "R05": "consented, not randomised",
        "R06": "not eligible",
        "R07": "randomised",
        "R08": "randomised",
        "R09": "randomised",
        "R10": "randomised",
        "R12": "not eligible",
    }
    assert log["reason"].dropna().to_dict() == {
        "R01": "age",
        "R03": "family",
        "R06": "acute_need",
    }


def test_what_came_later_is_not_known_yet(tiny):
    """R05 was screened on 5 June, approached on the 1st; R07 randomised in 2015."""
    trial = replace(
        tiny, screening=tiny.screening.assign(consent_date=pd.Timestamp(2014, 6, 20))
    )
    early = screening_log(trial, on=date(2014, 6, 10)).set_index("referral_id")
    assert early.loc["R05", "outcome"] == "approached, no answer recorded"
    assert "R12" not in early.index  # screened on the 11th
    later = screening_log(trial, on=date(2014, 12, 31)).set_index("referral_id")
    assert later.loc["R07", "outcome"] == "consented, not randomised"


# Edges.


def test_without_participants_nobody_is_known_to_be_randomised(tiny):
    found = screening_log(replace(tiny, participants=None, referrals=None))
    assert "randomised" not in set(found["outcome"])
    assert found["site"].isna().all()


def test_an_empty_screening_gives_an_empty_log(tiny):
    assert screening_log(replace(tiny, screening=tiny.screening.iloc[:0])).empty


@pytest.mark.parametrize("on", [None, date(2014, 1, 1)])
def test_no_route_of_a_randomised_family_is_ever_shown(tiny, on):
    """Not of its other referrals either, nor on a day before it was randomised."""
    day = pd.Timestamp(2013, 12, 1)
    screening = tiny.screening.assign(route="aim", screened_date=day)
    log = screening_log(replace(tiny, screening=screening), on=on)
    family_of = tiny.referrals.set_index("referral_id")["family_id"]
    joined = family_of[tiny.participants["referral_id"]]
    in_trial = log["referral_id"].map(family_of).isin(joined)
    assert in_trial.sum() > len(joined)  # one of them was referred twice
    assert log.loc[in_trial, "route"].isna().all()
    assert (log.loc[~in_trial, "route"] == "aim").all()


# As the flow counts, where each screening counts as one.


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_log_agrees_with_the_flow(seed):
    trial = draw_trial(load_protocol(), "null", n=40, seed=seed)
    log = screening_log(trial)
    assert log["outcome"].isin(OUTCOMES).all()
    found = flow(replace(trial, referrals=None), analysed=analysis_status(trial, "E1"))
    expected = {group: sum(n.values()) for group, n in found.excluded.items()}
    expected["randomised"] = found.randomised
    assert log["outcome"].value_counts().to_dict() == expected


# Errors.


def test_an_absent_screening_is_refused(tiny):
    with pytest.raises(DataError, match=r"`screening\.csv` must be present and open"):
        screening_log(replace(tiny, screening=None))


def test_a_day_after_the_records_end_is_refused(tiny):
    with pytest.raises(ArgumentError, match="the extract date, 2018-01-01"):
        screening_log(tiny, on=date(2018, 1, 2))
