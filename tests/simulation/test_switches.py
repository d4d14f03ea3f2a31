"""Each bias that can be switched on does what it says, and nothing else."""

from dataclasses import replace

import numpy as np
import pytest

from steps_analysis.protocol import load_protocol
from steps_analysis.simulation import WORLD, Scenario, TrialArrays, World, draw_arrays
from steps_analysis.simulation.event_rows import EventRows

PROTOCOL = load_protocol()
TRIALS = 12


def _drawn(
    world: World = WORLD, scenario: Scenario | str = "null"
) -> list[TrialArrays]:
    return [
        draw_arrays(PROTOCOL, scenario, n=80, trial=i, world=world, seed=17)
        for i in range(TRIALS)
    ]


def _count(trials: list[TrialArrays], event: str) -> int:
    return sum(int((one.events.event == event).sum()) for one in trials)


def test_offences_that_are_not_captured_are_reported_all_the_same() -> None:
    frequent = replace(WORLD, offence_risk_12=0.5, sexual_share=0.4)
    half = replace(frequent, capture_probability=0.5)
    before, after = _drawn(frequent), _drawn(half)
    captured = _count(after, "offence") / _count(before, "offence")
    assert captured == pytest.approx(0.5, abs=0.05)
    assert _count(after, "reported_harm") == _count(before, "reported_harm")


def test_a_sexual_offence_in_custody_was_reported() -> None:
    world = replace(WORLD, sexual_share=0.6, custody_risk=0.8, custody_months=24.0)
    in_custody = 0
    for one in _drawn(replace(world, moved_risk=0.0)):
        events = one.events
        rows = {
            code: events.take(events.event == code)
            for code in ("offence", "reported_harm", "custody")
        }
        sexual = rows["offence"].take(rows["offence"].is_sexual == 1)
        told = set(zip(*_who_and_when(rows["reported_harm"]), strict=True))
        assert set(zip(*_who_and_when(sexual), strict=True)) <= told
        n = len(one.treated)
        start, end = np.full(n, np.inf), np.full(n, np.inf)
        start[rows["custody"].participant] = rows["custody"].day
        end[rows["custody"].participant] = rows["custody"].end  # still there: NaN
        who, day = sexual.participant, sexual.day
        in_custody += int(((day >= start[who]) & ~(day > end[who])).sum())
    assert in_custody, "some offences are committed in custody"


def _who_and_when(rows: EventRows) -> tuple[list[int], list[float]]:
    return rows.participant.tolist(), rows.day.tolist()


def test_records_that_end_at_eighteen() -> None:
    frequent = replace(WORLD, offence_risk_12=0.5)
    for one in _drawn(replace(frequent, adult_records=False)):
        adult_on = one.entry.joining_adult_on
        rows = one.events.event == "offence"
        who, day = one.events.participant[rows], one.events.day[rows]
        assert (day < adult_on[who]).all()
    grown = [
        (one.events.day >= one.entry.joining_adult_on[one.events.participant]).any()
        for one in _drawn(frequent)
    ]
    assert any(grown)


def test_the_eighteenth_birthday_by_hand() -> None:
    # A child of 17.5 years at referral, randomised 40 days later, is 18 half a year
    # (182.6 days) after the referral: 142 days after randomisation.
    one = draw_arrays(PROTOCOL, n=5, seed=3)
    joiners = one.entry.pathway.joiners
    exact = one.entry.children.exact_age.copy()
    exact[joiners] = 17.5
    entry = replace(one.entry, children=replace(one.entry.children, exact_age=exact))
    waited = (entry.pathway.randomised[joiners] - entry.referrals.date[joiners]).astype(
        int
    )
    assert entry.joining_adult_on.tolist() == (182 - waited).tolist()


def test_closed_schools_refer_less() -> None:
    closed = replace(WORLD, closed_school_months=("2014-09", "2014-10", "2014-11"))

    def autumn(trials: list[TrialArrays], *, school: bool) -> int:
        place = [name for name, _ in WORLD.source_shares].index("school")
        n = 0
        for one in trials:
            month = one.entry.referrals.date.astype("M8[M]")
            rows = (month >= np.datetime64("2014-09")) & (
                month <= np.datetime64("2014-11")
            )
            rows &= (one.entry.referrals.source == place) == school
            n += int(rows.sum())
        return n

    before, after = _drawn(), _drawn(closed)
    schools = autumn(after, school=True) / autumn(before, school=True)
    assert 0.2 < schools < 0.5  # 0.3, and the families referred again
    others = autumn(after, school=False) / autumn(before, school=False)
    assert 0.85 < others < 1.25  # the rate is tuned to the target: a little higher


def test_an_effect_can_act_on_those_who_receive_the_treatment() -> None:
    crossing = replace(
        WORLD,
        crossover_share=0.4,
        received_shares=(("mst_psb", 0.5), ("other", 0.2), ("none", 0.3)),
        placement_risk=0.6,
    )
    cure = Scenario(name="cure", placement_odds_ratio=1e-9, acts_on="received")
    placed = {True: 0, False: 0}
    for one in _drawn(crossing, cure):
        ever = np.zeros(len(one.treated), dtype=bool)
        ever[one.events.participant[one.events.event == "placement"]] = True
        received = one.treatment.received == "mst_psb"
        assert (received & one.treated).any()
        assert (received & ~one.treated).any()
        placed[True] += int(ever[received].sum())
        placed[False] += int(ever[~received & one.treated].sum())
    assert placed[True] == 0
    assert placed[False] > 50


def test_a_family_referred_again_is_a_re_referral_on_the_day() -> None:
    often = replace(WORLD, re_referral_share=0.5, re_referral_risk_12=0.0)
    for one in _drawn(often)[:4]:
        who, day = one.entry.referred_again
        rows = one.events.event == "re_referral"
        seen = set(zip(one.events.participant[rows], one.events.day[rows], strict=True))
        known_to = np.minimum(one.contact.data_end, one.contact.moved)[who]
        kept = (day <= known_to) & (day <= one.follow_up[who])
        assert kept.sum() > 5
        assert seen == set(zip(who[kept], day[kept], strict=True))
