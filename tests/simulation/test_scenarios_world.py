"""The named answers, and the constants of the world."""

from dataclasses import fields, replace

import pytest

from steps_analysis.errors import ArgumentError
from steps_analysis.simulation import SCENARIOS, WORLD, Scenario, World
from steps_analysis.simulation import mark_of_constant as mark_of
from steps_analysis.simulation.choices import shifted_risk
from steps_analysis.simulation.scenario import named_scenario


def test_the_scenarios_are_those_of_the_domain() -> None:
    assert list(SCENARIOS) == ["null", "uk_start", "modest", "us_efficacy", "harm"]
    assert SCENARIOS["null"] == Scenario(name="null")
    assert SCENARIOS["uk_start"].placement_odds_ratio == 1.25
    assert SCENARIOS["modest"].placement_odds_ratio == 0.6
    assert SCENARIOS["modest"].score_effect == 0.3
    assert SCENARIOS["harm"].offence_rate_ratio == 1.3


def test_us_efficacy_moves_46_to_8_per_cent() -> None:
    us = SCENARIOS["us_efficacy"]
    assert us.sexual_share == 0.46
    assert shifted_risk(0.46, us.sexual_odds_ratio) == pytest.approx(0.08, rel=1e-12)


def test_an_odds_ratio_of_one_changes_no_digit() -> None:
    assert all(shifted_risk(i / 997, 1.0) == i / 997 for i in range(997))


def test_every_constant_of_the_world_has_a_mark() -> None:
    for part in fields(World):
        assert set(mark_of(part.name).split("/")) <= {"S", "P", "M", "A"}, part.name


def test_every_constant_is_described() -> None:
    text = World.__doc__ or ""
    missing = [p.name for p in fields(World) if p.name not in text]
    assert missing == []


def test_a_scenario_passes_through() -> None:
    own = Scenario(name="own", placement_odds_ratio=2.0)
    assert named_scenario(own) is own


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"male_share": 1.2}, r"`male_share` must lie in \[0, 1\), got 1.2"),
        ({"placement_risk": 1.0}, r"`placement_risk` must lie in \[0, 1\), got 1.0"),
        ({"age_shares": (0.5, 0.4)}, "`age_shares` must sum to 1, got 0.9"),
        ({"detection_ratio": 0.0}, "`detection_ratio` must be above 0, got 0.0"),
        ({"missing_odds_ratio": -1.0}, "`missing_odds_ratio` must be above 0"),
        ({"capture_probability": 0.0}, r"must lie in \(0, 1\], got 0.0"),
        (
            {"need_loadings": (("score", 1.0),)},
            r"`need_loadings` must lie in \(-1, 1\)",
        ),
    ],
)
def test_an_impossible_world_is_refused(change: dict, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        replace(WORLD, **change)


def test_impossible_scenarios_are_refused() -> None:
    with pytest.raises(ArgumentError, match=r"`placement_odds_ratio` must be above 0"):
        Scenario(name="x", placement_odds_ratio=0)
    with pytest.raises(ArgumentError, match=r"`sexual_share` must lie in \[0, 1\)"):
        Scenario(name="x", sexual_share=1.0)
    with pytest.raises(ArgumentError, match="`acts_on` must be one of allocated"):
        Scenario(name="x", acts_on="offered")
    with pytest.raises(ArgumentError, match="did you mean 'uk_start'"):
        named_scenario("uk-start")
    with pytest.raises(ArgumentError, match="must name a constant of the world"):
        mark_of("nothing")
