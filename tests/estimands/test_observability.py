"""
Does the observability rule give the true incidence, and what does the naive rule lose?

Many participants, whose true incidence is known: mixture cure F(t) = π (1 − exp(−(t /
12.7)^0.8)), t in months (DOMAIN 5.3), randomised over 30 months up to the extract date,
each offence sanctioned three to six months after it was committed. Monte Carlo error:
the Greenwood standard error of the curve at the horizon, computed beside it and bounded
by an assertion; four of them are allowed.
"""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from steps_analysis.outcomes import kaplan_meier, spells
from steps_analysis.outcomes.events.spells import binary_outcome
from steps_analysis.protocol import DAYS_PER_MONTH, days_in
from steps_analysis.trial_data import TrialData

EXTRACT = date(2018, 1, 1)
N = 40_000
EVER = 0.28  # so that the true incidence at 20 months is about .21, as in DOMAIN 5.3
SEED = 20140618


def true_incidence(day):
    return EVER * (1 - np.exp(-((day / DAYS_PER_MONTH / 12.7) ** 0.8)))


@pytest.fixture(scope="module")
def world():
    """Days followed, day of the offence (inf: never) and of its sanction."""
    rng = np.random.default_rng(SEED)
    followed = rng.integers(0, 913, N)
    ever = rng.random(N) < EVER
    months = 12.7 * rng.exponential(size=N) ** (1 / 0.8)
    offence = np.where(ever, np.ceil(months * DAYS_PER_MONTH), np.inf)
    return followed, offence, offence + rng.integers(days_in(3), days_in(6) + 1, N)


@pytest.fixture(scope="module")
def trial(world, protocol):
    followed, offence, sanction = world
    ids = np.char.add("P", np.arange(N).astype(str)).astype(object)
    zero = pd.Timestamp(EXTRACT) - pd.to_timedelta(followed, unit="D")
    known = offence <= followed
    sanctioned = pd.Series(zero[known] + pd.to_timedelta(sanction[known], unit="D"))
    events = pd.DataFrame(
        {
            "participant_id": ids[known],
            "event": "offence",
            "event_date": zero[known] + pd.to_timedelta(offence[known], unit="D"),
            "sanction_date": sanctioned.where(sanctioned <= pd.Timestamp(EXTRACT)),
            "is_sexual": pd.array([True] * int(known.sum()), dtype="boolean"),
        }
    )
    people = {"participant_id": ids, "site": "Southwark", "randomisation_date": zero}
    return TrialData(
        protocol=protocol,
        extract_date=EXTRACT,
        provenance="synthetic",
        participants=pd.DataFrame(people),
        events=events,
    )


def incidence_at(time, event, day):
    """One minus the product limit, and its Greenwood standard error, as a slow loop."""
    order = np.unique(time[event & (time <= day)])
    at_risk = len(time) - np.searchsorted(np.sort(time), order)
    dead = np.array([(event & (time == t)).sum() for t in order])
    survival = np.prod(1 - dead / at_risk)
    error = survival * np.sqrt(np.sum(dead / (at_risk * (at_risk - dead))))
    return 1 - survival, error


@pytest.mark.parametrize("months", [8, 14, 20])
def test_our_rule_is_unbiased(trial, months):
    rows = spells(trial, "R1")
    time, event = rows["time"].to_numpy(), rows["event"].to_numpy()
    keep = time > 0
    found, error = incidence_at(time[keep], event[keep], days_in(months))
    truth = true_incidence(days_in(months))
    assert error < 0.005
    assert abs(found - truth) < 4 * error, (found, truth, error)
    curve = kaplan_meier(time[keep], event[keep])
    assert 1 - curve.at(days_in(months)) == pytest.approx(found, abs=1e-12)


def test_the_naive_rule_loses_about_a_fifth(world):
    """Censoring at the extract date, and counting what is sanctioned by then."""
    followed, offence, sanction = world
    horizon = days_in(20)
    end = np.minimum(followed, horizon)
    event = (offence <= end) & (sanction <= followed)
    time = np.where(event, offence, end)
    keep = time > 0
    found, error = incidence_at(time[keep], event[keep], horizon)
    lost = 1 - found / true_incidence(horizon)
    assert error < 0.004
    spread = error / true_incidence(horizon)  # 0.011: the Monte Carlo error of `lost`
    assert abs(lost - 0.2) < 4 * spread, (lost, spread)
    assert lost > 10 * spread, "the loss must be beyond doubt"


def test_the_binary_outcome_is_unbiased_among_the_fully_observed(trial, world):
    """R2 within 12 months: a share of those followed for 12 + 6 months."""
    followed, *_ = world
    found = binary_outcome(trial, trial.protocol.outcome("R2"), 12)["value"]
    is_full = followed >= days_in(12) + days_in(6)
    assert found.notna().tolist() == is_full.tolist()
    truth = true_incidence(days_in(12))
    error = np.sqrt(truth * (1 - truth) / is_full.sum())
    assert abs(found.mean() - truth) < 4 * error, (found.mean(), truth, error)


def test_counting_events_before_their_time_overstates(trial, world):
    """Why an event in a family not followed for long enough stays unknown."""
    followed, offence, sanction = world
    early = (offence <= days_in(12)) & (sanction <= followed)
    is_full = followed >= days_in(12) + days_in(6)
    naive = early[early | is_full].mean()
    truth = true_incidence(days_in(12))
    assert naive > 1.1 * truth
    ours = binary_outcome(trial, trial.protocol.outcome("R2"), 12)["value"]
    assert ours[early & ~is_full].isna().all()
