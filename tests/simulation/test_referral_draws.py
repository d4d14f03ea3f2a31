"""Identifications: season, ramp, frailty, repeats."""

import calendar as days_of
from dataclasses import replace

import numpy as np
import pytest

from steps_analysis.protocol import load_protocol
from steps_analysis.simulation import WORLD
from steps_analysis.simulation.referral_draws import (
    draw_referrals,
    expected_referrals,
    seasonal_factors,
    tuned_rate,
)
from steps_analysis.simulation.sites import calendar, draw_frailty, draw_sites

MONTHS = np.arange("2013-12", "2016-06", dtype="M8[M]").astype("M8[D]")
START = np.datetime64("2013-12-01")
POPULATION = np.array([20_000, 30_000])
FRAILTY = np.array([0.5, 1.5])
FORUM = np.array([True, False])


def _expected() -> np.ndarray:
    return expected_referrals(
        POPULATION, FRAILTY, FORUM, MONTHS, START, rate=6.0, world=WORLD
    )


def test_one_cell_by_hand() -> None:
    # Site 2, police, June 2014: 3 ten-thousands x 6 a year / 12 months x frailty 1.5
    # x share .239 x season 1 / mean(11.85 / 12) x 30 of 30.4375 days.
    police = [source for source, _ in WORLD.source_shares].index("police")
    by_hand = 3 * 6 / 12 * 1.5 * 0.239 / (11.85 / 12) * 30 / 30.4375
    assert _expected()[1, 6, police] == pytest.approx(by_hand, rel=1e-12)


def test_a_year_is_worth_a_year_for_every_source() -> None:
    year = np.arange("2014-01", "2015-01", dtype="M8[M]").astype("M8[D]")
    weights = seasonal_factors(year, world=WORLD).mean(axis=0)
    assert weights == pytest.approx(np.ones(len(weights)), abs=0.02)


def test_the_naive_twin_gives_the_same_means() -> None:
    got = _expected()
    for s in range(2):
        for m, month in enumerate(MONTHS.astype("M8[M]").astype(str)):
            year, number = map(int, month.split("-"))
            since = (year - 2013) * 12 + number - 12
            ramp = 1 + 0.8 * min(max(since, 0), 12) / 12 if FORUM[s] else 1
            length = days_of.monthrange(year, number)[1]
            for k, (source, share) in enumerate(WORLD.source_shares):
                is_school = source == "school"
                season = WORLD.school_season if is_school else WORLD.other_season
                twin = POPULATION[s] / 10_000 * 6.0 / 12 * FRAILTY[s] * ramp * share
                twin *= season[number - 1] / (sum(season) / 12) * length / 30.4375
                assert got[s, m, k] == pytest.approx(twin, rel=1e-12)


def test_draws_have_the_means() -> None:
    # Means over 400 draws; z of each site-month total within 4.5 standard errors (60
    # cells, so about 4e-4 in all), without repeats, which come on top.
    plain = replace(WORLD, re_referral_share=0.0, second_child_share=0.0)
    expected = _expected()
    total = np.zeros((2, len(MONTHS)))
    for i in range(400):
        drawn = draw_referrals(np.random.default_rng(i), expected, MONTHS, world=plain)
        month = drawn.date.astype("M8[M]") - MONTHS[0].astype("M8[M]")
        np.add.at(total, (drawn.site, month.astype(int)), 1)
    mean = 400 * expected.sum(axis=2)
    z = (total - mean) / np.sqrt(mean)
    assert np.abs(z).max() < 4.5
    # the variance of z over the cells is 1: 4.5 standard errors of sqrt(2 / 60)
    assert abs(z.var() - 1) < 4.5 * np.sqrt(2 / z.size)


def test_repeats_keep_site_and_family_and_stay_within_the_months() -> None:
    often = replace(WORLD, re_referral_share=0.5, second_child_share=0.3)
    drawn = draw_referrals(
        np.random.default_rng(1), _expected() * 5, MONTHS, world=often
    )
    assert np.all(np.diff(drawn.date) >= np.timedelta64(0, "D"))
    assert drawn.date.max() <= np.datetime64("2016-05-31")
    for family in range(drawn.family.max() + 1):
        rows = drawn.family == family
        assert len(set(drawn.site[rows])) == 1
    counts = np.bincount(drawn.child)
    assert set(counts) == {1, 2}
    again = np.flatnonzero(drawn.years_since_first > 0)
    gap = [drawn.date[i] - drawn.date[drawn.child == drawn.child[i]][0] for i in again]
    assert all(0 < g.astype(int) <= 366 for g in gap)
    # family numbers follow the order of first referral
    _, first = np.unique(drawn.family, return_index=True)
    assert np.all(np.diff(first) > 0)


def test_the_rate_is_tuned_to_the_target() -> None:
    at_one = expected_referrals(
        POPULATION, FRAILTY, FORUM, MONTHS, START, rate=1.0, world=WORLD
    )
    opened = np.array(["2013-12-01", "2014-03-01"], dtype="M8[D]")
    joins = np.array([0.3, 0.2])
    rate = tuned_rate(
        at_one, MONTHS, opened, np.datetime64("2016-05-31"), joins, n=16, world=WORLD
    )
    monthly = at_one.sum(axis=2)
    willing = 0.3 * monthly[0].sum() + 0.2 * monthly[1, 3:].sum()
    assert rate * willing == pytest.approx(16 + 2.5 * 4 + 2, rel=1e-12)


def test_a_stated_rate_is_kept() -> None:
    stated = replace(WORLD, referral_rate=4.7)
    nothing = np.zeros((1, 1, 1))
    opened = MONTHS[:1]
    rate = tuned_rate(
        nothing, MONTHS[:1], opened, MONTHS[-1], np.ones(1), n=80, world=stated
    )
    assert rate == 4.7


def test_frailty_has_mean_one_and_the_stated_variation() -> None:
    drawn = draw_frailty(np.random.default_rng(2), 40_000, world=WORLD)
    assert drawn.mean() == pytest.approx(1, abs=4 * 0.5 / 200)
    # SD of a gamma of shape 4 has kurtosis excess 1.5: SE of the SD about 0.0023
    assert drawn.std() == pytest.approx(0.5, abs=4 * 0.0024)
    assert np.all(
        draw_frailty(np.random.default_rng(2), 3, world=replace(WORLD, frailty_cv=0.0))
        == 1
    )


def test_only_southwark_keeps_its_place() -> None:
    protocol = load_protocol()
    sites = [
        draw_sites(np.random.default_rng(i), protocol, START, world=WORLD)
        for i in range(20)
    ]
    assert {int(one.population[0]) for one in sites} == {22_500}
    assert {one.ring[0] for one in sites} == {"inner"}
    assert all(one.has_forum.tolist() == [True] + [False] * 13 for one in sites)
    assert all(one.opened[0] == START for one in sites)
    assert all((one.population[1:] % 500 == 0).all() for one in sites)
    assert len({int(one.population[1]) for one in sites}) > 5


def test_sites_beyond_the_boroughs_can_be_drawn() -> None:
    protocol = load_protocol()
    names = tuple(f"Centre {i}" for i in range(70))
    many = replace(protocol, sites=replace(protocol.sites, names=names, documented=()))
    sites = draw_sites(np.random.default_rng(0), many, START, world=WORLD)
    assert len(sites.population) == 70
    assert (sites.population > 0).all()
    assert not sites.has_forum.any()


def test_the_calendar_of_a_silent_protocol() -> None:
    protocol = load_protocol()
    trial = replace(protocol.trial, recruitment_start=None, recruitment_months=None)
    when = calendar(replace(protocol, trial=trial), WORLD)
    assert (str(when.months[0]), str(when.end)) == ("2012-01-01", "2015-12-31")
