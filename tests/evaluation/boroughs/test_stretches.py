"""Whole financial years, and what is done where there is none."""

from dataclasses import replace

import pandas as pd
import pytest

from steps_analysis.evaluation.boroughs.stretches import finest_stretches, joined


def stretches(drawn, first, last, extract="2020-01-01"):
    dates = pd.to_datetime(pd.Series([first, last]))
    referrals = pd.DataFrame({"referral_date": dates})
    day = pd.Timestamp(extract).date()
    found = finest_stretches(replace(drawn, referrals=referrals, extract_date=day))
    return found if isinstance(found, str) else [one.label for one in found]


@pytest.mark.parametrize(
    ("first", "last", "labels"),
    [
        ("2012-04-20", "2013-03-05", ["2012/13"]),  # whole months count as whole
        ("2012-05-01", "2014-03-31", ["2013/14"]),
        ("2012-03-31", "2014-02-28", ["2012/13"]),
        ("2012-01-01", "2015-04-01", ["2012/13", "2013/14", "2014/15"]),
        ("2012-05-01", "2013-02-10", ["May 2012 to February 2013"]),
        ("2012-05-01", "2012-05-02", ["May 2012"]),
    ],
)
def test_whole_financial_years(drawn, first, last, labels):
    assert stretches(drawn, first, last) == labels


def test_a_month_that_the_extract_cuts_is_not_whole(drawn):
    found = stretches(drawn, "2012-04-01", "2013-03-10", extract="2013-03-20")
    assert found == ["April 2012 to March 2013"]


def test_referrals_after_the_extract_alone_are_a_reason(drawn):
    found = stretches(drawn, "2013-05-01", "2013-06-10", extract="2013-03-20")
    assert found == "the referrals lie after the extract date"


def test_joined_stretches_add_their_years(drawn):
    dates = pd.to_datetime(pd.Series(["2012-04-01", "2015-03-31"]))
    trial = replace(drawn, referrals=pd.DataFrame({"referral_date": dates}))
    pairs = joined(finest_stretches(trial), 2)
    assert [(one.label, one.years) for one in pairs] == [
        ("2012/13 to 2013/14", 2.0),
        ("2014/15", 1.0),
    ]
    assert pairs[0].end + pd.Timedelta(days=1) == pairs[1].start
