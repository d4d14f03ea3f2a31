"""Contact, visits, scales, factors, treatment, costs and the forum."""

from dataclasses import replace

import numpy as np
import pytest

from steps_analysis.protocol import Factor, Forum, Score, Visits, load_protocol
from steps_analysis.simulation import SCENARIOS, WORLD, World
from steps_analysis.simulation.cost_draws import draw_costs
from steps_analysis.simulation.event_rows import event_rows, stacked
from steps_analysis.simulation.factor_draws import draw_factors
from steps_analysis.simulation.follow_up import (
    ContactDraw,
    VisitDraw,
    draw_contact,
    draw_visits,
    scale_gain,
    waiting_months,
)
from steps_analysis.simulation.forum_draws import draw_forum
from steps_analysis.simulation.questionnaires import answered_sdq
from steps_analysis.simulation.treatment_draws import TreatmentDraw, draw_treatment

N = 20_000
SCALE = Score(name="s", label="S", minimum=7, maximum=35, higher_is="better")
VISITS = Visits(months=(0, 8, 20), scores=(SCALE,))
HALF = np.arange(N) % 2 == 0


def _visits(
    scenario: str, n: int = N, world: World = WORLD
) -> tuple[ContactDraw, VisitDraw]:
    rng = np.random.default_rng(1)
    need = rng.standard_normal(n)
    contact = draw_contact(rng, HALF[:n], need, world=world)
    nobody = np.full(n, None, dtype=object)
    gain = scale_gain(HALF[:n], nobody, rng, scenario=SCENARIOS[scenario], world=world)
    drawn = draw_visits(rng, HALF[:n], need, contact, VISITS, gain=gain, world=world)
    return contact, drawn


def test_waiting_times_have_the_risk_at_the_horizon() -> None:
    uniform = np.random.default_rng(0).random(N)
    times = waiting_months(uniform, 0.3, 20.0)
    assert np.mean(times <= 20) == pytest.approx(0.3, abs=4 * np.sqrt(0.21 / N))
    assert np.isinf(waiting_months(uniform[:3], 0.0, 20.0)).all()


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
    exact = replace(WORLD, wrong_level_share=0.0)
    rng, site = np.random.default_rng(0), np.array([0, 1, 13])
    made = draw_factors(rng, more, form, site, world=exact)
    assert made["site"].tolist() == ["Southwark", "Borough A", "Borough M"]
    assert made["age_group"].tolist() == ["10 to 13", "10 to 13", "14 to 17"]
    assert made["onset_group"].tolist() == ["under 12", "12 and over", "under 12"]
    assert made["sex"].tolist() == ["male", "female", "male"]
    assert made["ld"].tolist()[:2] == ["yes", "no"]
    assert made["ld"][2] in ("no", "yes")  # unknown: drawn
    assert set(made["drawn"]) <= {"a", "b"}


def test_a_few_levels_are_recorded_wrongly() -> None:
    protocol = load_protocol()
    form = {"sex": np.full(N, "male", dtype=object)}
    world = replace(WORLD, wrong_level_share=0.1)
    site = np.zeros(N, dtype=np.int64)
    made = draw_factors(np.random.default_rng(0), protocol, form, site, world=world)
    share = np.mean(made["sex"] == "female")
    assert share == pytest.approx(0.1, abs=4 * np.sqrt(0.09 / N))
    assert set(made["site"]) == {"Southwark"}  # never the site


def _treatment(
    treated: np.ndarray, site: np.ndarray, therapists: list[int], days: float
) -> TreatmentDraw:
    """Draw treatment of families randomised evenly over so many days."""
    return draw_treatment(
        np.random.default_rng(4),
        treated,
        np.floor(np.linspace(0, days, len(treated))),
        site,
        site == 0,
        np.array(therapists),
        world=WORLD,
    )


def test_therapists_are_nested_in_site_and_treatment() -> None:
    site = np.arange(600) % 3
    drawn = _treatment(HALF[:600], site, [1, 2, 3], 3_000)
    mst = drawn.received == "mst_psb"
    groups: dict[str, set[tuple[int, bool]]] = {}
    for who, place, is_mst in zip(drawn.therapist, site, mst, strict=True):
        if who is not None:
            groups.setdefault(who, set()).add((int(place), bool(is_mst)))
    assert len(groups) == 2 * (1 + 2 + 3)
    assert all(len(pairs) == 1 for pairs in groups.values())


def test_no_therapist_sees_more_than_four_families_at_a_time() -> None:
    # One site, two therapists, a family every five days: too many, so some wait.
    drawn = _treatment(np.ones(60, bool), np.zeros(60, np.int64), [2], 300)
    day = np.floor(np.linspace(0, 300, 60))
    seen = drawn.received == "mst_psb"
    for therapist in ("M01-1", "M01-2"):
        own = seen & (drawn.therapist == therapist)
        start, end = (day + drawn.start)[own], (day + drawn.end)[own]
        at_once = [np.sum((start <= t) & (end > t)) for t in start]
        assert max(at_once) == WORLD.families_per_therapist
    assert np.nanmax(drawn.start) > 60  # the wait for a place


def test_without_a_queue_nobody_waits() -> None:
    drawn = _treatment(np.ones(60, bool), np.zeros(60, np.int64), [50], 300)
    assert np.mean(drawn.start[drawn.received == "mst_psb"]) < 20


def test_treatment_lasts_five_to_seven_months() -> None:
    drawn = _treatment(HALF[:600], np.zeros(600, np.int64), [2], 200_000)
    half = HALF[:600]
    stayed = (drawn.received == "mst_psb") & np.isnan(drawn.withdrew)
    months = (drawn.end - drawn.start)[stayed] / 30.4375
    assert months.min() >= 5
    assert months.max() <= 7 + 1 / 30
    assert (drawn.comparator[~half] == "aim").all()  # the documented comparator
    assert all(one is None for one in drawn.comparator[half])
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
        event_rows("custody", np.arange(0), np.zeros(0)),
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


def test_spells_are_paid_for_by_the_period_they_fall_in() -> None:
    # Away from home from day 230 to 258: 14 days before day 244, 14 after; in custody
    # from day 420 and not yet free: 6 days before day 426. The rest of the costs is 0.
    spells = [
        event_rows(
            "placement", np.array([0]), np.array([230.0]), end=np.array([258.0])
        ),
        event_rows("custody", np.array([0]), np.array([420.0])),
    ]
    nothing = tuple((sector, 0.0) for sector, _ in WORLD.monthly_costs)
    drawn = draw_costs(
        np.random.default_rng(5),
        np.array([False]),
        np.array([426.0]),
        (0, 8, 14, 20),
        stacked(spells),
        world=replace(WORLD, monthly_costs=nothing),
    )
    paid = {
        (sector, month): cost
        for sector, month, cost in zip(
            drawn.sector, drawn.month_from, drawn.cost, strict=True
        )
        if cost
    }
    care, justice = 1, 3
    weekly, custody = WORLD.placement_weekly_cost, WORLD.custody_weekly_cost
    assert paid == {
        (care, 0): 2 * weekly,
        (care, 8): 2 * weekly,
        (justice, 8): round(6 / 7 * custody, 2),
    }


def test_questionnaires_have_the_score_they_are_to_have() -> None:
    rng = np.random.default_rng(8)
    total = rng.integers(0, 41, 500).astype(float)
    prosocial = rng.integers(0, 11, 500).astype(float)
    scored = answered_sdq(rng, total, prosocial, missing=0.0)
    assert scored["total"].tolist() == total.tolist()
    assert scored["prosocial"].tolist() == prosocial.tolist()


def test_missing_answers_are_prorated_and_missing_sheets_stay_missing() -> None:
    rng = np.random.default_rng(8)
    total = np.full(20_000, 17.0)
    total[0] = np.nan
    scored = answered_sdq(rng, total, np.full(20_000, 7.0), missing=0.05)
    assert scored.iloc[0].isna().all()
    # a scale is missing with three or more of five answers: 10 x .05^3 = .0012
    gone = scored["emotional"].iloc[1:].isna().mean()
    assert gone == pytest.approx(0.0012, abs=0.001)
    assert abs(scored["total"].mean() - 17) < 0.2
    assert (scored["total"] != 17).mean() > 0.1


def test_differential_loss_and_missingness_are_switches() -> None:
    world = replace(WORLD, withdrawal_odds_ratio=4.0, missing_odds_ratio=3.0)
    contact, drawn = _visits("null", world=world)
    gone = contact.withdrew_contact <= 609
    assert gone[HALF].mean() == pytest.approx(0.24 / 1.18, abs=0.02)  # odds .06 / .94
    assert gone[~HALF].mean() == pytest.approx(0.06, abs=0.01)
    missed = np.isnan(drawn.completed[:, -1])
    assert missed[HALF].mean() > missed[~HALF].mean() + 0.15


def test_missingness_is_informative_but_alike_in_the_arms() -> None:
    rng = np.random.default_rng(11)
    need = rng.standard_normal(N)
    contact = draw_contact(rng, HALF, need, world=WORLD)
    gain = np.zeros(N)
    drawn = draw_visits(rng, HALF, need, contact, VISITS, gain=gain, world=WORLD)
    missed = np.isnan(drawn.completed[:, -1])
    assert need[missed].mean() > 0.2
    arms = missed[HALF].mean() - missed[~HALF].mean()
    assert abs(arms) < 4 * np.sqrt(0.25 * 0.75 * 4 / N)


def test_therapists_make_scales_alike_when_switched_on() -> None:
    world = replace(WORLD, therapist_icc=0.2)
    therapist = np.array([f"M{i % 500}" for i in range(N)], dtype=object)
    rng = np.random.default_rng(12)
    gain = scale_gain(HALF, therapist, rng, scenario=SCENARIOS["null"], world=world)
    assert np.var(gain[HALF]) == pytest.approx(0.2, rel=0.3)
    assert (gain[~HALF] == 0).all()
    assert len(set(gain[therapist == "M2"])) <= 2


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
