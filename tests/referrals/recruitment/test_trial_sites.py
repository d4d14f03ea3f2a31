"""Recruitment from a trial's tables."""

from datetime import date
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.referrals import (
    recruitment_forecast,
    site_recruitment,
    trial_recruitment_forecast,
)
from steps_analysis.trial_data import index_children

MONTH = 365.25 / 12


# site  opened      closed      randomised            as of 30 June 2014
#  A    2014-01-01  2014-12-31  10 Jan, 1 Feb, 30 Jun  3 in 181 days, closes in 184
#  B    2014-03-01  2014-05-31  5 Mar                  1 in 92 days, closed 30 days ago
#  C    2014-07-31  -           -                      opens after 30 whole days
#  D    -           -           -                      does not join
def trial(**changes):
    people = pd.DataFrame(
        {
            "participant_id": ["P1", "P2", "P3", "P4", "P5"],
            "family_id": ["F1", "F2", "F3", "F4", "F2"],
            "site": ["A", "A", "B", "A", "A"],
            "randomisation_date": pd.to_datetime(
                ["2014-01-10", "2014-02-01", "2014-03-05", "2014-06-30", "2014-02-01"]
            ),
        }
    )
    sites = pd.DataFrame(
        {
            "site": ["D", "A", "C", "B"],
            "opened_date": pd.to_datetime(
                [None, "2014-01-01", "2014-07-31", "2014-03-01"]
            ),
            "closed_date": pd.to_datetime([None, "2014-12-31", None, "2014-05-31"]),
        }
    )
    tables = {"participants": people, "sites": sites, "extract_date": date(2014, 8, 31)}
    return SimpleNamespace(**(tables | changes))


def changed(name, row, column, value):
    table = getattr(trial(), name).copy()
    table.loc[row, column] = value
    return trial(**{name: table})


def test_sites_by_hand():
    found = site_recruitment(trial(), on="2014-06-30")
    assert list(found.index) == ["A", "B", "C"]
    assert list(found["recruited"]) == [3, 1, 0]  # two children of F2 are one family
    days = found[["months_open", "opens", "closes"]] * MONTH
    assert days["months_open"].tolist() == pytest.approx([181, 92, 0])
    assert days.loc["C", "opens"] == pytest.approx(30)
    assert days["closes"].tolist()[:2] == pytest.approx([184, -30])
    assert found.loc["C", "closes"] == np.inf


def test_the_day_asked_is_the_extract_date_unless_said():
    found = site_recruitment(trial())
    assert found.loc["C", "months_open"] * MONTH == pytest.approx(32)


def test_what_comes_after_the_day_is_not_known_on_it():
    assert site_recruitment(trial(), on="2014-06-29").loc["A", "recruited"] == 2


def test_the_forecast_is_that_of_the_arrays():
    forecast = trial_recruitment_forecast(
        trial(), by=date(2014, 12, 31), target=10, on="2014-06-30"
    )
    sites = site_recruitment(trial(), on="2014-06-30")
    same = recruitment_forecast(
        [3, 1, 0],
        sites["months_open"].to_numpy(),
        by=184 / MONTH,
        target=10,
        opens=sites["opens"],
        closes=sites["closes"],
    )
    assert forecast.recruited == same.recruited
    assert forecast.reaches_target == same.reaches_target
    assert list(forecast.sites.index) == ["A", "B", "C"]
    ahead = forecast.sites["months_ahead"] * MONTH
    assert ahead.tolist() == pytest.approx([184, 0, 154])
    assert forecast.on == date(2014, 6, 30)


def test_a_drawn_trial_counts_its_families():
    from steps_analysis.protocol import load_protocol
    from steps_analysis.simulation import draw_trial

    drawn = draw_trial(load_protocol(), "null", n=40, seed=1)
    found = site_recruitment(drawn)
    assert found["recruited"].sum() == len(index_children(drawn))
    assert found.index.is_monotonic_increasing


def test_families_without_a_name_are_families():
    people = trial().participants.drop(columns="family_id")
    assert site_recruitment(trial(participants=people))["recruited"].sum() == 5
    one = changed("participants", 0, "family_id", None)
    assert site_recruitment(one)["recruited"].sum() == 4


# Errors


@pytest.mark.parametrize("name", ["participants", "sites"])
def test_an_absent_table_is_refused(name):
    with pytest.raises(DataError, match=f"`{name}` must be among the trial's tables"):
        site_recruitment(trial(**{name: None}))


def test_an_absent_column_is_refused():
    sites = trial().sites.drop(columns="opened_date")
    with pytest.raises(DataError, match="must have a column 'opened_date'"):
        site_recruitment(trial(sites=sites))


def test_an_unknown_site_is_refused():
    with pytest.raises(DataError, match="`site` must be among the sites, got '1 rows"):
        site_recruitment(changed("participants", 0, "site", "E"))


def test_a_missing_day_is_refused():
    with pytest.raises(DataError, match="must have no missing date, got '1 missing'"):
        site_recruitment(changed("participants", 0, "randomisation_date", None))


def test_recruits_of_a_site_without_an_opening_day_are_refused():
    with pytest.raises(DataError, match="must be known of every site that has"):
        site_recruitment(changed("participants", 0, "site", "D"))


def test_recruits_before_their_site_opens_are_refused():
    with pytest.raises(DataError, match="must not come after the first family"):
        site_recruitment(changed("participants", 0, "site", "C"), on="2014-06-30")


def test_no_site_with_an_opening_day_is_refused():
    sites = trial().sites.iloc[:1]
    people = trial().participants.iloc[:0]
    with pytest.raises(DataError, match="must be known of a site"):
        trial_recruitment_forecast(
            trial(sites=sites, participants=people), by="2014-12-31"
        )


def test_days_out_of_order_are_refused():
    with pytest.raises(ArgumentError, match="`on` must not come after the extract"):
        site_recruitment(trial(), on="2015-01-01")
    with pytest.raises(ArgumentError, match="`by` must not come before the day"):
        trial_recruitment_forecast(trial(), by="2014-01-01")


@pytest.mark.parametrize("day", ["soon", None])
def test_what_is_no_day_is_refused(day):
    with pytest.raises(ArgumentError, match="`by` must be a date such as"):
        trial_recruitment_forecast(trial(), by=day)
