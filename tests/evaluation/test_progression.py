"""Progression criteria: whole-number edges, inclusive on the better side."""

import re
from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steps_analysis.evaluation import colour_of, progression
from steps_analysis.protocol import Criterion, load_protocol
from steps_analysis.simulation import draw_trial

RECRUITED = Criterion(code="recruited", label="Recruited", green=80, amber=50)


@pytest.mark.parametrize(
    ("numerator", "denominator", "colour"),
    [
        (64, 80, "green"),  # exactly 80 %
        (63, 80, "amber"),
        (40, 80, "amber"),  # exactly 50 %, as in the real trial
        (39, 80, "red"),
        (0, 80, "red"),
        (80, 80, "green"),
        (2, 3, "amber"),  # 66.7 %: no rounding up to a better colour
        (1, 2, "amber"),
    ],
)
def test_edges_by_hand(numerator, denominator, colour):
    assert colour_of(numerator, denominator, RECRUITED) == colour


@given(
    st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
)
@settings(deadline=None, max_examples=50)
def test_more_is_never_worse(counts):
    k, n = counts
    order = ("red", "amber", "green")
    here = order.index(colour_of(k, n, RECRUITED))
    assert here <= order.index(colour_of(min(k + 1, n), n, RECRUITED))


@pytest.fixture(scope="module")
def trial():
    return draw_trial(load_protocol(), "null", n=40, seed=11)


def test_every_count_is_a_plain_recount(trial):
    judged = {p.criterion.code: p for p in progression(trial)}
    arms = trial.arms()
    zero = trial.participants.set_index("participant_id")["randomisation_date"]
    assert (judged["recruited"].numerator, judged["recruited"].denominator) == (40, 80)
    family = trial.referrals.set_index("referral_id")["family_id"]
    approached, consented = set(), set()  # families: one may be approached twice
    for row in trial.screening.itertuples():
        if pd.notna(row.approached_date):
            approached.add(family[row.referral_id])
            if row.consent is not pd.NA and row.consent:
                consented.add(family[row.referral_id])
    assert judged["consented"].numerator == len(consented)
    assert judged["consented"].denominator == len(approached)
    started = 0
    for row in trial.treatment.itertuples():
        if arms[row.participant_id] != "MST-PSB" or pd.isna(row.treatment_start_date):
            continue
        started += (row.treatment_start_date - zero[row.participant_id]).days <= 28
    assert judged["started_in_time"].numerator == started
    assert judged["started_in_time"].denominator == (arms == "MST-PSB").sum()
    seen = 0
    for participant in zero.index:
        rows = trial.visits[trial.visits["participant_id"] == participant]
        last = rows[rows["visit_month"] == 20]
        seen += bool(last["completed_date"].notna().any())
    assert judged["retained"].numerator <= seen
    assert judged["retained"].numerator >= seen - 40 + judged["retained"].denominator


def test_the_interval_says_whether_it_spans_an_edge(trial):
    for progress in progression(trial):
        edges = (progress.criterion.amber / 100, progress.criterion.green / 100)
        low, high = progress.share.lower, progress.share.upper
        assert progress.spans_an_edge == any(low < edge <= high for edge in edges)


@pytest.mark.parametrize(
    ("absent", "code"),
    [
        ("screening", "consented"),
        ("visits", "retained"),
        ("treatment", "started_in_time"),
        ("events", "primary_outcome"),
    ],
)
def test_an_absent_table_is_said_and_not_counted_as_zero(trial, absent, code):
    judged = {
        p.criterion.code: p for p in progression(replace(trial, **{absent: None}))
    }
    assert judged[code].colour is None
    assert re.search("not|absent", judged[code].not_judged)


def test_nobody_yet_is_not_red():
    trial = draw_trial(load_protocol(), "null", n=1, seed=3)
    empty = replace(trial, screening=trial.screening.iloc[:0])
    judged = {p.criterion.code: p for p in progression(empty)}
    assert judged["consented"].not_judged == "there is nobody to count yet"
