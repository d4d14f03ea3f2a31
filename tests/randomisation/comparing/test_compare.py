"""Comparing procedures: what is measured, what it is worth, what is recommended."""

import math

import numpy as np
import pandas as pd
import pytest

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.randomisation import (
    BigStick,
    CompleteRandomisation,
    EfronBiasedCoin,
    Minimisation,
    PermutedBlocks,
    RandomAllocationRule,
    RandomPermutedBlocks,
    StratifiedBlocks,
    compare,
    enumerate_sequences,
    recommend,
)
from steps_analysis.randomisation.comparing.compare import label, score
from steps_analysis.randomisation.comparing.criteria import CRITERIA, check_weights
from steps_analysis.randomisation.comparing.measures import information_lost

SITES = pd.DataFrame({"site": list("AABBABAB"), "sex": list("mmmfmmfm")})


# --- by hand -------------------------------------------------------------------------


def test_information_lost_by_hand():
    # Two groups of 4 and 2: arms 3:1 and 1:1. Kept 3 x 1 / 4 + 1 x 1 / 2 = 1.25 of
    # 6 / 4 = 1.5, so a sixth is lost; over everybody 4 x 2 / 6 = 4/3 of 1.5: a ninth.
    arms = np.array([[1, 1, 1, 0, 1, 0]], dtype=np.int8)
    groups = np.array([0, 0, 0, 0, 1, 1])
    assert information_lost(arms, groups, (1, 1)) == pytest.approx([1 / 6])
    assert information_lost(arms, 0 * groups, (1, 1)) == pytest.approx([1 / 9])
    # At 2:1 the arms 4 and 2 are just right.
    assert information_lost(arms, 0 * groups, (2, 1)) == pytest.approx([0])


def test_pairs_by_hand():
    """Every second arm of pairs is certain; half the first guesses are right."""
    asked = ["arms", "guesses", "certain"]
    found = compare({"pairs": PermutedBlocks(2)}, 6, criteria=asked, n_draws=50, seed=1)
    row = found.loc["pairs"]
    assert row[["arms", "guesses", "certain"]].tolist() == [0, 25, 50]
    assert row["score"] == pytest.approx(0.4)  # weights 4, 3, 3: worth 1, 0, 0


def test_a_guesser_at_a_site_by_hand():
    # Pairs over the whole trial, sites taking turns: nobody at a site has seen the
    # first of any pair, and each pair treats A and controls B or the other way round.
    # The first at a site is half guessed, as by chance; the second is guessed to be the
    # other arm, and is that in half of the trials: half are right throughout.
    people = pd.DataFrame({"site": list("ABAB")})
    found = compare(
        [PermutedBlocks(2)],
        4,
        criteria=["guesses", "site_guesses"],
        factors=people,
        n_draws=4_000,
        seed=2,
    ).iloc[0]
    assert found["guesses"] == 25
    assert found["site_guesses"] < 4 * found["site_guesses_error"] < 4


def test_chance_at_two_to_one_is_the_larger_arm():
    # A coin of 2:1 is never guessed better than by naming treatment: two thirds.
    two_to_one = {"criteria": ["guesses"], "n_draws": 2_000, "seed": 1}
    coin = compare([CompleteRandomisation(ratio=(2, 1))], 12, **two_to_one).iloc[0]
    assert coin["guesses"] == 0
    # Blocks of 3 make the last of each certain.
    blocks = compare([PermutedBlocks(3, ratio=(2, 1))], 12, **two_to_one).iloc[0]
    assert 0 < blocks["guesses"] < 33


# --- against the exact law -----------------------------------------------------------


@pytest.mark.parametrize(
    "procedure", [CompleteRandomisation(), BigStick(2), EfronBiasedCoin(2 / 3)]
)
def test_measures_have_their_exact_means(procedure):
    n, lost, right = 8, 0.0, 0.0
    for letters, chance in enumerate_sequences(procedure, n).items():
        difference = np.cumsum([1 if letter == "A" else -1 for letter in letters])
        before = np.array([0, *difference[:-1]])
        step = np.diff([0, *difference])
        lost += chance * difference[-1] ** 2 / n**2
        right += chance * np.where(before == 0, 0.5, step == -np.sign(before)).mean()
    asked = ["arms", "guesses"]
    found = compare([procedure], n, criteria=asked, n_draws=20_000, seed=4).iloc[0]
    assert abs(found["arms"] - 100 * lost) < 4 * found["arms_error"]
    # A coin that guesses no better than chance has almost no error: allow rounding.
    assert (
        abs(found["guesses"] - (100 * right - 50)) < 4 * found["guesses_error"] + 1e-9
    )


def test_no_bias_in_a_coin():
    asked = ["drift", "selection"]
    found = compare([CompleteRandomisation()], 8, criteria=asked, n_draws=4_000, seed=3)
    row = found.iloc[0]
    # One-armed sequences (1 in 128) count as not rejected.
    assert row["drift"] == pytest.approx(5, abs=0.2)


# --- properties ----------------------------------------------------------------------


def test_same_numbers_every_time_and_in_any_company():
    procedures = [BigStick(3), Minimisation(["site"])]
    options = {"factors": SITES, "n_draws": 60, "seed": 9}
    together = compare(procedures, 8, **options)
    again = compare(procedures, 8, **options)
    alone = compare(procedures[1:], 8, **options)
    pd.testing.assert_frame_equal(together, again)
    pd.testing.assert_frame_equal(together.iloc[1:], alone)
    assert (together["score"] >= 0).all()
    assert (together["score"] <= 1).all()


def test_what_cannot_be_asked_is_left_out():
    coin = [CompleteRandomisation()]
    nothing = compare(coin, 8, n_draws=10, seed=1)
    assert not {"factors", "site_guesses"} & set(nothing)
    no_site = compare(coin, 8, factors=SITES[["sex"]], n_draws=10, seed=1)
    assert "factors" in no_site
    assert "site_guesses" not in no_site
    other = compare(
        coin, 8, factors=SITES.rename(columns={"site": "team"}), site="team",
        n_draws=10, seed=1,
    )  # fmt: skip
    assert "site_guesses" in other


def test_several_crowds_are_averaged():
    # Blocks of 2 in two sites of 4: every site ends level whatever is drawn, so both
    # crowds lose nothing there; of the two sexes both crowds have the same rows.
    procedure = [StratifiedBlocks(["site"], block_sizes=[2])]
    crowds = [SITES, SITES.iloc[::-1].reset_index(drop=True)]
    asked = ["arms", "certain", "site_guesses"]
    found = compare(
        procedure, 8, criteria=asked, factors=crowds, n_draws=200, seed=5
    ).iloc[0]
    assert found[["arms", "certain", "site_guesses"]].tolist() == [0, 50, 25]
    assert found[[f"{name}_error" for name in asked]].tolist() == [0, 0, 0]


def test_every_crowd_meets_chance_of_its_own():
    coin, asked = [CompleteRandomisation()], ["arms"]
    options = {"criteria": asked, "seed": 5}
    one = compare(coin, 8, factors=SITES, n_draws=50, **options).iloc[0]
    two = compare(coin, 8, factors=[SITES, SITES], n_draws=100, **options).iloc[0]
    assert two["arms"] != one["arms"]
    # Two crowds of equal rows: half the sum of two means, the first of which is known.
    second = 2 * two["arms"] - one["arms"]
    half_apart = abs(second - one["arms"]) / 2
    assert two["arms_error"] == pytest.approx(half_apart)


def test_worth_falls_between_good_and_bad():
    for one in CRITERIA.values():
        middle = (one.good + one.bad) / 2
        answers = np.array([one.good - 1, one.good, middle, one.bad, one.bad + 1])
        assert one.worth(answers) == pytest.approx([1, 1, 0.5, 0, 0])


def test_balance_and_foresight_weigh_the_same_by_default():
    shares = check_weights(None, tuple(CRITERIA.values()))
    assert sum(shares.values()) == pytest.approx(1)
    balance = shares["arms"] + shares["factors"] + shares["drift"]
    assert balance == pytest.approx(0.5)


# --- the recommendation --------------------------------------------------------------

MEASURED = pd.DataFrame(
    {
        "arms": [0.0, 1.0, 4.0],
        "arms_error": [0.0, 0.1, 0.1],
        "guesses": [25.0, 10.0, 0.0],
        "guesses_error": [0.2, 0.2, 0.0],
    },
    index=["pairs", "stick", "coin"],
)


def test_recommendation_by_hand():
    # Worth: arms 1, 0.8, 0.2; guesses 0, 0.6, 1. Even weights: 0.5, 0.7, 0.6.
    even = {"arms": 1, "guesses": 1}
    found = recommend(MEASURED, weights=even)
    assert (found.procedure, found.runner_up) == ("stick", "coin")
    assert found.score == pytest.approx(0.7)
    assert found.lead == pytest.approx(0.1)
    # Errors: arms (0.1^2 + 0.1^2) / 10^2, guesses 0.2^2 / 50^2.
    assert found.lead_error == pytest.approx(math.sqrt(0.0002 + 0.000016))
    assert not found.is_close
    assert found.best_at == ()
    assert found.gives_up == {"guesses": "coin", "arms": "pairs"}
    # Guesses twice: 1/3, 2/3, 2.2/3: the coin. Arms twice: 2/3, 2.2/3, 1.4/3.
    assert found.changed_by_doubling == {"guesses": "coin"}
    assert recommend(MEASURED, weights={"arms": 1, "guesses": 0}).procedure == "pairs"


def test_recommendation_of_one():
    found = recommend(MEASURED.iloc[:1])
    assert (found.procedure, found.runner_up) == ("pairs", None)
    assert math.isnan(found.lead)
    assert found.best_at == ("arms", "guesses")
    assert not found.gives_up


def test_recommendation_changes_with_n_and_with_weights():
    procedures = {
        "coin": CompleteRandomisation(),
        "blocks": RandomPermutedBlocks([2, 4]),
    }
    asked = {"criteria": ["arms", "guesses"], "n_draws": 2_000, "seed": 1}
    small, large = (compare(procedures, n, **asked) for n in (8, 200))
    assert recommend(small, weights={"arms": 6}).procedure == "blocks"
    assert recommend(large, weights={"arms": 6}).procedure == "coin"


def test_more_sites_speak_for_looking_at_them():
    gained = []
    for n_sites in (2, 8):
        people = pd.DataFrame({"site": np.arange(40) % n_sites})
        found = compare(
            {"coin": CompleteRandomisation(), "minimised": Minimisation(["site"])},
            40,
            criteria=["factors"],
            factors=people,
            n_draws=500,
            seed=6,
        )
        gained.append(found["factors"]["coin"] - found["factors"]["minimised"])
    assert gained[1] > gained[0] + 5


def test_score_follows_the_weights():
    assert score(MEASURED, {"arms": 0.5, "guesses": 0.5}).tolist() == pytest.approx(
        [0.5, 0.7, 0.6]
    )


@pytest.mark.parametrize(
    ("procedure", "expected"),
    [
        (CompleteRandomisation(), "complete-randomisation"),
        (EfronBiasedCoin(2 / 3), "efron-biased-coin 0.6667"),
        (RandomPermutedBlocks([4, 2]), "random-permuted-blocks 2, 4"),
        (Minimisation(["site", "sex"]), "minimisation site, sex"),
    ],
)
def test_labels(procedure, expected):
    assert label(procedure) == expected


# --- errors --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("procedures", "options", "error", "message"),
    [
        ([], {}, ArgumentError, "`procedures` must be at least one"),
        ([BigStick(2), BigStick(2)], {}, ArgumentError, "a name of its own"),
        ([PermutedBlocks(3, ratio=(1, 1, 1))], {}, ArgumentError, "two arms each"),
        (
            [BigStick(2), PermutedBlocks(3, ratio=(2, 1))],
            {},
            ArgumentError,
            "have one ratio",
        ),
        ([BigStick(2)], {"criteria": ["arm"]}, ArgumentError, "did you mean 'arms'"),
        ([BigStick(2)], {"criteria": []}, ArgumentError, "at least one criterion"),
        ([BigStick(2)], {"criteria": ["arms"] * 2}, ArgumentError, "each once"),
        ([BigStick(2)], {"weights": {"arm": 1}}, ArgumentError, "did you mean 'arms'"),
        ([BigStick(2)], {"weights": {"arms": -1}}, ArgumentError, "at least 0, got -1"),
        ([BigStick(2)], {"weights": {"arms": True}}, ArgumentError, "at least 0"),
        (
            [BigStick(2)],
            {"criteria": ["arms"], "weights": {"arms": 0}},
            ArgumentError,
            "not all be 0",
        ),
        ([BigStick(2)], {"factors": SITES[:3]}, ArgumentError, "tables of 8 rows each"),
        ([BigStick(2)], {"factors": []}, ArgumentError, "tables of 8 rows each"),
        (
            [BigStick(2)],
            {"n_draws": 1},
            ArgumentError,
            "`n_draws` must be a whole",
        ),
        ([Minimisation(["site"])], {}, DataError, "`factors` must be a table"),
    ],
)
def test_refusals(procedures, options, error, message):
    with pytest.raises(error, match=message):
        compare(procedures, 8, **{"n_draws": 10, "seed": 1, **options})


def test_other_refusals():
    with pytest.raises(ArgumentError, match="`n` must be a whole number, at least 2"):
        compare([BigStick(2)], 1, seed=1)
    with pytest.raises(ArgumentError, match="multiple of 2: a random allocation rule"):
        compare([RandomAllocationRule()], 9, n_draws=10, seed=1)
    with pytest.raises(ArgumentError, match="at least one procedure and one criterion"):
        recommend(pd.DataFrame({"score": [1.0]}))


@pytest.mark.parametrize("missing", [None, math.nan, pd.NA])
@pytest.mark.parametrize("n_missing", [1, 8])
def test_a_missing_level_is_refused_whoever_looks_at_it(missing, n_missing):
    known = [missing] * n_missing + ["f"] * (8 - n_missing)
    with pytest.raises(DataError, match=f"`sex` must be known (.*)'{n_missing} miss"):
        compare(
            [PermutedBlocks(4)], 8, factors=SITES.assign(sex=known), n_draws=9, seed=1
        )


def test_a_family_is_no_factor_and_stands_there_once():
    families = SITES.assign(family_id=[f"F{i}" for i in range(8)])

    def table(factors):
        procedures = [PermutedBlocks(4), Minimisation(["site"])]
        return compare(procedures, 8, factors=factors, n_draws=50, seed=1)

    pd.testing.assert_frame_equal(table(families), table(SITES))
    with pytest.raises(DataError, match="`family_id` must stand in one row each"):
        table(families.assign(family_id="F1"))
