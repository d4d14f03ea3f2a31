"""What covariate-adaptive procedures are handed: levels, sites, families, settings."""

import math

import numpy as np
import pandas as pd
import pytest

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.randomisation import (
    AdjustableCovariateBiasedCoin,
    AtkinsonBiasedCoin,
    EfronBiasedCoin,
    HuHu,
    Minimisation,
    PermutedBlocks,
    StratifiedBiasedCoin,
    StratifiedBlocks,
    draw_sequences,
    enumerate_sequences,
    next_probability,
)

EVERY = (
    AdjustableCovariateBiasedCoin(["site", "sex"], a=3),
    AtkinsonBiasedCoin(["site", "sex"]),
    HuHu(["site", "sex"], p=0.9),
    Minimisation(["site", "sex"], p=0.9),
    Minimisation(["site", "sex"], imbalance="marginal-balance", ties="ratio"),
    Minimisation(["site", "sex"], rule="rank-based", q=0.8),
    Minimisation(["site", "sex"], rule="imbalance-proportional", t=1),
    StratifiedBiasedCoin(["site", "sex"], p=0.9),
    StratifiedBlocks(["site", "sex"], block_sizes=[4]),
)

# --- by hand -------------------------------------------------------------------------


def test_hu_and_hu_by_hand():
    #   site  sex  arm        next: site A, sex f
    #   A     m    treatment  whole trial: 2 - 1 = 1 ahead;  site A: 1 ahead
    #   B     f    treatment  sex f: 1 - 1 = 0;              stratum (A, f): nobody, 0
    #   B     f    control    lead 1 w_0 + 1 w_site + 0: control is behind
    table = pd.DataFrame({"site": list("ABBA"), "sex": list("mfff")})
    usual = HuHu(["site", "sex"], p=0.9)
    blind = HuHu(["site", "sex"], overall=0, weights=(0, 1), stratum=2, p=0.9)
    assert next_probability(usual, [1, 1, 0], factors=table) == pytest.approx(0.1)
    assert next_probability(blind, [1, 1, 0], factors=table) == 0.5


def test_adjustable_coin_by_hand():
    # Three alike were treated: D = 3, a = 2, so treatment has 1 / (3^2 + 1).
    alike = np.zeros((4, 2), dtype=int)
    coin = AdjustableCovariateBiasedCoin(["site", "sex"], a=2)
    assert next_probability(coin, [1, 1, 1], factors=alike) == pytest.approx(0.1)
    assert next_probability(coin, [0, 0, 0], factors=alike) == pytest.approx(0.9)
    assert next_probability(coin, [1], factors=alike[:2]) == 0.5


def test_atkinson_by_hand():
    # One site, one sex: the model is a mean, d = (3 - 1) / 4 = 1/2, so treatment has
    # (1/2)^2 / ((1/2)^2 + (3/2)^2) = 0.1.
    alike = np.zeros((5, 2), dtype=int)
    coin = AtkinsonBiasedCoin(["site", "sex"])
    assert next_probability(coin, [1, 0, 1, 1], factors=alike) == pytest.approx(0.1)


# --- edges ---------------------------------------------------------------------------


@pytest.mark.parametrize("procedure", EVERY, ids=repr)
def test_the_first_participant_is_a_fair_coin(procedure):
    table = pd.DataFrame({"site": ["Southwark"], "sex": ["female"]})
    assert enumerate_sequences(procedure, 1, factors=table) == {"A": 0.5, "B": 0.5}


@pytest.mark.parametrize("procedure", EVERY, ids=repr)
def test_two_participants_who_are_alike(procedure):
    alike = pd.DataFrame({"site": ["A", "A"], "sex": ["f", "f"]})
    listed = enumerate_sequences(procedure, 2, factors=alike)
    assert math.fsum(listed.values()) == pytest.approx(1)
    assert listed.get("AA", 0) == pytest.approx(listed.get("BB", 0))
    if not isinstance(procedure, AdjustableCovariateBiasedCoin):  # a lead of 1 is level
        assert listed["AB"] > listed.get("AA", 0)


@pytest.mark.parametrize("procedure", EVERY, ids=repr)
def test_nobody_is_no_trial(procedure):
    with pytest.raises(ArgumentError, match="`n` must be a whole number, at least 1"):
        draw_sequences(procedure, 0, 1, factors=np.empty((0, 2), dtype=int), seed=1)


def test_a_level_that_nobody_had_tells_nothing():
    #   site  sex  arm        next: site C (new), sex f: 1 treated
    #   A     f    treatment  the site's counts are 0 and 0; sex alone speaks
    table = pd.DataFrame({"site": list("AC"), "sex": list("ff")})
    rule = Minimisation(["site", "sex"], p=0.9)
    assert next_probability(rule, [1], factors=table) == pytest.approx(0.1)
    # Both levels new: nothing speaks.
    new = pd.DataFrame({"site": list("AC"), "sex": list("fm")})
    by_levels = HuHu(["site", "sex"], overall=0, p=0.9)
    for procedure in (rule, by_levels, StratifiedBiasedCoin(["site", "sex"])):
        assert next_probability(procedure, [1], factors=new) == 0.5


def test_levels_still_to_come_change_nothing():
    later = pd.DataFrame({"site": list("BBAC"), "sex": list("fmfm")})
    for procedure in EVERY:
        whole = enumerate_sequences(procedure, 4, factors=later)
        start = enumerate_sequences(procedure, 2, factors=later.head(2))
        summed = {}
        for sequence, chance in whole.items():
            summed[sequence[:2]] = summed.get(sequence[:2], 0.0) + chance
        assert summed == pytest.approx(start)


def test_one_site_is_the_coin_alone():
    one_site = np.zeros((6, 1), dtype=int)
    efron = enumerate_sequences(EfronBiasedCoin(0.75), 6)
    for procedure in (
        HuHu(["site"], p=0.75),
        Minimisation(["site"], p=0.75),
        StratifiedBiasedCoin(["site"], p=0.75),
    ):
        assert enumerate_sequences(procedure, 6, factors=one_site) == pytest.approx(
            efron
        )


def test_second_participant_is_certain_under_atkinson():
    # Stated in its notes: whatever the levels, the arm the first was not given.
    for levels in ([0, 0], [0, 1]):
        codes = np.array([levels, [1, 0]]).T
        coin = AtkinsonBiasedCoin(["site", "sex"])
        assert next_probability(coin, [1], factors=codes) == 0
        assert next_probability(coin, [0], factors=codes) == 1


def test_atkinson_with_many_sites_and_many_participants():
    # 100 sites, 600 participants: slow where the model is inverted anew for each. With
    # one factor the model's lead is that of the site: D over the number there.
    rng = np.random.default_rng(3)
    codes, arm = rng.integers(0, 100, size=(601, 1)), rng.integers(0, 2, size=600)
    there = arm[codes[:600, 0] == codes[600, 0]]
    d = (2 * there.sum() - len(there)) / len(there)
    expected = (1 - d) ** 2 / ((1 - d) ** 2 + (1 + d) ** 2)
    coin = AtkinsonBiasedCoin(["site"])
    assert 0 < expected < 1
    assert next_probability(coin, arm, factors=codes) == pytest.approx(expected)


def test_a_steep_adjustable_coin_is_certain_and_does_not_overflow():
    alike = np.zeros((3, 1), dtype=int)
    coin = AdjustableCovariateBiasedCoin(["site"], a=1e6)
    assert next_probability(coin, [1, 1], factors=alike) < 1e-300
    assert next_probability(coin, [0, 0], factors=alike) == 1


# --- a site counts once --------------------------------------------------------------


def test_with_one_factor_the_stratum_is_the_site():
    # Whole trial: 2 treated; site A: 1 control. Site and stratum together outweigh.
    table = pd.DataFrame({"site": list("BBAA")})
    light = HuHu(["site"], overall=1, weights=(0.5,), stratum=0.5, p=0.9)
    heavy = HuHu(["site"], overall=1, weights=(0.6,), stratum=0.5, p=0.9)
    assert next_probability(light, [1, 1, 0], factors=table) == 0.5
    assert next_probability(heavy, [1, 1, 0], factors=table) == pytest.approx(0.9)


@pytest.mark.parametrize(
    "declare",
    [
        lambda names: AdjustableCovariateBiasedCoin(names, a=3),
        AtkinsonBiasedCoin,
        HuHu,
        Minimisation,
        StratifiedBiasedCoin,
        lambda names: StratifiedBlocks(names, block_sizes=2),
    ],
)
def test_a_factor_twice_is_refused(declare):
    with pytest.raises(ArgumentError, match="name each factor once"):
        declare(["site", "sex", "Site"])


def test_a_column_twice_is_refused():
    table = pd.DataFrame([["A", "A", "f"]], columns=["site", "site", "sex"])
    for procedure in EVERY:
        with pytest.raises(DataError, match=r"have one column 'site' .*count twice"):
            next_probability(procedure, [], factors=table)


# --- families ------------------------------------------------------------------------


def test_two_children_of_one_family_are_refused():
    table = pd.DataFrame(
        {"site": list("AAB"), "sex": list("fmf"), "family_id": ["F1", "F1", "F2"]}
    )
    for procedure in EVERY:
        with pytest.raises(
            DataError, match=r"`family_id` must stand in one row .*1 more"
        ):
            draw_sequences(procedure, 3, 1, factors=table, seed=1)
        one_each = table.drop(index=1)
        assert draw_sequences(procedure, 2, 1, factors=one_each, seed=1).shape == (1, 2)
    # A procedure that looks at no factors does not look at the table.
    pairs = draw_sequences(PermutedBlocks(2), 3, 1, factors=table, seed=1)
    assert pairs.shape == (1, 3)


def test_families_without_a_number_are_not_one_family():
    table = pd.DataFrame(
        {"site": list("AA"), "sex": list("fm"), "family_id": [None] * 2}
    )
    for procedure in EVERY:
        assert draw_sequences(procedure, 2, 1, factors=table, seed=1).shape == (1, 2)


# --- errors --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("declare", "message"),
    [
        (lambda: HuHu([]), "at least one factor's name"),
        (
            lambda: HuHu(["site"], overall=-1),
            "`overall` must be a number of at least 0",
        ),
        (
            lambda: HuHu(["site"], stratum="1"),
            "`stratum` must be a number of at least 0",
        ),
        (
            lambda: HuHu(["site"], weights=(-1,)),
            "give every factor a number of at least",
        ),
        (
            lambda: HuHu(["site"], overall=0, weights=(0,), stratum=0),
            "`weights` must hold a number above 0 where overall and stratum are 0",
        ),
        (lambda: HuHu(["site"], weights={"sex": 1}), "name exactly the factors .site."),
        (lambda: HuHu(["site"], p=0.4), r"must lie in \[0.5, 1\] .*arm that is ahead"),
        (lambda: StratifiedBiasedCoin([]), "at least one factor's name"),
        (lambda: StratifiedBiasedCoin(["site"], p=1.1), r"`p` must lie in \[0.5, 1\]"),
        (
            lambda: AdjustableCovariateBiasedCoin(["site"], a=-1),
            "`a` must be a number of at least 0, got -1",
        ),
        (
            lambda: AdjustableCovariateBiasedCoin(["site"], a=math.inf),
            "`a` must be a number of at least 0, got inf",
        ),
        (lambda: AtkinsonBiasedCoin("site"), "list of at least one factor's name"),
    ],
)
def test_impossible_settings_are_refused(declare, message):
    with pytest.raises(ArgumentError, match=message):
        declare()
