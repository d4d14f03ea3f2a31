"""Contact, visits, scales, factors, treatment, costs and the forum."""

from dataclasses import replace

import numpy as np
import pytest

from steps_analysis.protocol import Factor, Forum, Score, Visits, load_protocol
from steps_analysis.simulation import SCENARIOS, WORLD
from steps_analysis.simulation.cost_draws import draw_costs
from steps_analysis.simulation.factor_draws import draw_factors
from steps_analysis.simulation.follow_up import (
    ContactDraw,
    VisitDraw,
    draw_contact,
    draw_visits,
    waiting_months,
)
from steps_analysis.simulation.forum_draws import draw_forum
from steps_analysis.simulation.treatment_draws import draw_treatment

N = 20_000
SCALE = Score(name="s", label="S", minimum=7, maximum=35, higher_is="better")
VISITS = Visits(months=(0, 8, 20), scores=(SCALE,))
HALF = np.arange(N) % 2 == 0


def _visits(scenario: str, n: int = N) -> tuple[ContactDraw, VisitDraw]:
    rng = np.random.default_rng(1)
    contact = draw_contact(rng, n, world=WORLD)
    drawn = draw_visits(
        rng,
        HALF[:n],
        contact,
        VISITS,
        scenario=SCENARIOS[scenario],
        world=WORLD,
    )
    return contact, drawn


def test_waiting_times_have_the_risk_at_the_horizon() -> None:
    times = waiting_months(np.random.default_rng(0), 0.3, 20.0, N)
    assert np.mean(times <= 20) == pytest.approx(0.3, abs=4 * np.sqrt(0.21 / N))
    assert np.isinf(waiting_months(np.random.default_rng(0), 0.0, 20.0, 3)).all()


def test_visits_lie_in_their_window_and_before_contact_ends() -> None:
    contact, drawn = _visits("null")
    assert drawn.due.tolist() == [0, 244, 609]
    late = drawn.completed - drawn.due
    assert np.nanmin(late) >= -28
    assert np.nanmax(late) <= 28
    assert np.nanmin(drawn.completed) >= 0
    done = ~np.isnan(drawn.completed)
    assert (drawn.completed < contact.contact_end[:, None])[done].all()
    assert 0.20 < 1 - done[:, -1].mean() < 0.30


def test_scales_keep_their_range_and_move_the_right_way() -> None:
    _, drawn = _visits("modest")
    score = drawn.scores["s"]
    assert np.nanmin(score) >= 7
    assert np.nanmax(score) <= 35
    mean = np.nanmean(score, axis=0)
    assert mean[0] < mean[2]  # higher is better, and both arms improve
    gain = np.nanmean(score[HALF], axis=0) - np.nanmean(score[~HALF], axis=0)
    sd = WORLD.score_sd * (35 - 7)
    error = sd * np.sqrt(2 / (0.7 * N / 2))
    assert gain == pytest.approx([0, 0.3 * sd, 0.3 * sd], abs=4 * error + 0.05)
    both = ~np.isnan(score[:, 1:]).any(axis=1)
    within = np.corrcoef(score[both][:, 1], score[both][:, 2])[0, 1]
    assert within == pytest.approx(0.6, abs=0.04)


def test_factors_are_made_from_the_form() -> None:
    protocol = load_protocol()
    form = {
        "age_at_referral": np.array([9, 13, 14]),
        "age_at_first_harm": np.array([11, 12, 5]),
        "sex": np.array(["male", "female", "male"], dtype=object),
        "learning_difficulty": np.array([1, 0, -1], dtype=np.int8),
    }
    yes_no = Factor(
        name="ld", label="L", levels=("no", "yes"), source="learning_difficulty"
    )
    drawn = Factor(name="drawn", label="D", levels=("a", "b"))
    more = replace(protocol, factors=(*protocol.factors, yes_no, drawn))
    made = draw_factors(np.random.default_rng(0), more, form, np.array([0, 1, 13]))
    assert made["site"].tolist() == ["Southwark", "Borough A", "Borough M"]
    assert made["age_group"].tolist() == ["10 to 13", "10 to 13", "14 to 17"]
    assert made["onset_group"].tolist() == ["under 12", "12 and over", "under 12"]
    assert made["sex"].tolist() == ["male", "female", "male"]
    assert made["ld"].tolist()[:2] == ["yes", "no"]
    assert made["ld"][2] in ("no", "yes")  # unknown: drawn
    assert set(made["drawn"]) <= {"a", "b"}


def test_therapists_are_nested_in_site_and_arm() -> None:
    site = np.arange(N) % 3
    drawn = draw_treatment(
        np.random.default_rng(3),
        HALF,
        site,
        site == 0,
        np.array([1, 2, 3]),
        world=WORLD,
    )
    mst = drawn.received == "mst_psb"
    groups: dict[str, set[tuple[int, bool]]] = {}
    for who, place, is_mst in zip(drawn.therapist, site, mst, strict=True):
        if who is not None:
            groups.setdefault(who, set()).add((int(place), bool(is_mst)))
    assert len(groups) == 2 * (1 + 2 + 3)
    assert all(len(pairs) == 1 for pairs in groups.values())


def test_treatment_lasts_five_to_seven_months() -> None:
    drawn = draw_treatment(
        np.random.default_rng(4),
        HALF,
        HALF * 0,
        HALF | True,
        np.array([2]),
        world=WORLD,
    )
    stayed = (drawn.received == "mst_psb") & np.isnan(drawn.withdrew)
    months = (drawn.end - drawn.start)[stayed] / 30.4375
    assert months.min() >= 5
    assert months.max() <= 7 + 1 / 30
    assert (drawn.comparator[~HALF] == "aim").all()  # the documented comparator
    assert all(one is None for one in drawn.comparator[HALF])
    nothing = drawn.received == "none"
    assert np.isnan(drawn.start[nothing]).all()
    assert np.isnan(drawn.contacts[nothing]).all()


def test_costs_cover_the_periods_that_are_over() -> None:
    # Periods 0-8, 8-14, 14-20 months end on days 244, 426, 609.
    drawn = draw_costs(
        np.random.default_rng(5),
        np.array([True, False]),
        np.array([426.0, 243.0]),
        (0, 8, 14, 20),
        world=WORLD,
    )
    assert set(drawn.participant) == {0}
    assert sorted(set(zip(drawn.month_from, drawn.month_to, strict=True))) == [
        (0, 8),
        (8, 14),
    ]
    assert len(drawn.cost) == 2 * 4
    health = drawn.cost[(drawn.sector == 0) & (drawn.month_from == 0)]
    assert (health >= WORLD.treatment_cost).all()


def test_papers_reach_the_forum_five_working_days_before() -> None:
    date = np.datetime64("2014-01-01") + np.arange(700)
    drawn = draw_forum(
        np.random.default_rng(6),
        date,
        np.ones(700, bool),
        np.arange(700) % 2 == 0,
        np.datetime64("2015-06-30"),
        forum=Forum(),
        world=WORLD,
    )
    assert (drawn.met <= np.datetime64("2015-06-30")).all()
    assert (np.busday_count(drawn.papers, drawn.met) >= 5).all()
    assert (drawn.papers >= date[drawn.referral]).all()
    assert np.is_busday(drawn.met).all()
    to_trial = drawn.recommendation == "trial_referral"
    assert (to_trial == (drawn.referral % 2 == 0)).all()
    later = drawn.due >= np.datetime64("2015-06-30")
    assert set(drawn.status[later]) <= {"open"}
    assert "open" not in set(drawn.status[~later])
