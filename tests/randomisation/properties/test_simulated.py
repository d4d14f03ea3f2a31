"""Simulated properties: by hand, beside the exact ones, and beside slow loops."""

import json
import math
from pathlib import Path

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
    RandomPermutedBlocks,
    StratifiedBlocks,
    enumerated_properties,
    exact_properties,
    simulate_balance,
)
from steps_analysis.randomisation.draw import draw_from
from steps_analysis.randomisation.properties import simulated
from steps_analysis.randomisation.properties.covariates import draw_codes, population
from steps_analysis.randomisation.properties.margins import (
    margin_distances,
    margin_names,
)
from steps_analysis.randomness import Stream

SITES = pd.DataFrame(
    {
        "site": ["Southwark", "Borough A", "Southwark", "Borough B", "Borough A"] * 2,
        "sex": ["m", "m", "f", "m", "m", "f", "m", "m", "m", "m"],
    }
)
PEOPLE = {
    "site": {"Southwark": 0.5, "Borough A": 0.3, "Borough B": 0.2},
    "sex": {"f": 0.1, "m": 0.9},
}
RULE = Minimisation(["site", "sex"], p=0.8)


# --- by hand -------------------------------------------------------------------------


def test_pairs_by_hand():
    # Blocks of two: after one 1 apart, after two level; the second is certain.
    pairs = simulate_balance(PermutedBlocks(2), 2, 10, seed=1)
    assert pairs.imbalance == {0: 1.0}
    assert pairs.maximum_imbalance == {1: 1.0}
    assert pairs.correct_guesses == 0.75
    assert pairs.deterministic_share == 0.5
    assert set(pairs.standard_error.values()) == {0.0}
    assert pairs.margins is None


def test_margins_by_hand():
    # Sites 0 0 1, sexes 0 1 1; arms A A B: 2 apart at site 0, 1 at site 1; 1 and 0 by
    # sex; every one of three strata holds one.
    arms = np.array([[1, 1, 0]], dtype=np.int8)
    codes = np.array([[[0, 0], [0, 1], [1, 1]]])
    apart = margin_distances(arms, codes, [2, 2], (1, 1)).ravel()
    assert apart.tolist() == [2, 1, 1.5, 1, 0, 0.5, 1]


def test_an_absent_level_is_no_balance():
    arms = np.array([[1, 0, 1]], dtype=np.int8)
    apart = margin_distances(arms, np.array([[[0], [0], [2]]]), [3], (1, 1)).ravel()
    np.testing.assert_array_equal(apart, [0, np.nan, 1, 0.5, 0.5])


# --- edges ---------------------------------------------------------------------------


def test_one_participant():
    one = simulate_balance(CompleteRandomisation(), 1, 100, seed=1)
    assert one.expected_absolute_imbalance == 1
    assert sum(one.imbalance.values()) == 1


def test_three_arms():
    rule = PermutedBlocks(3, ratio=(1, 1, 1))
    found = simulate_balance(rule, 6, 50, seed=1)
    assert found.imbalance == {0: 1.0}
    assert found.correct_guesses == pytest.approx((1 / 3 + 1 / 2 + 1) / 3)


def test_whoever_is_not_looked_at_changes_nothing():
    alone = simulate_balance(BigStick(2), 6, 20, seed=1)
    for factors in (PEOPLE, SITES.head(6)):
        found = simulate_balance(BigStick(2), 6, 20, factors=factors, seed=1)
        assert found.imbalance == alone.imbalance
        assert found.margins is None


def test_one_site():
    alone = pd.DataFrame({"site": ["Southwark"] * 6})
    found = simulate_balance(Minimisation(["site"], p=1), 6, 20, factors=alone, seed=1)
    assert found.margins["level"].tolist() == ["Southwark", "all", "all"]
    assert found.margins["absolute_imbalance"].tolist() == [0, 0, 0]


def test_the_names_of_the_margins():
    found = simulate_balance(RULE, 10, 20, factors=SITES, seed=1)
    assert list(zip(found.margins["factor"], found.margins["level"], strict=True)) == [
        ("site", "Borough A"),
        ("site", "Borough B"),
        ("site", "Southwark"),
        ("site", "all"),
        ("sex", "f"),
        ("sex", "m"),
        ("sex", "all"),
        ("stratum", "all"),
    ]


def test_a_level_too_rare_has_no_figure():
    rare = {"site": {"Southwark": 1.0, "Borough A": 0.0}}
    found = simulate_balance(Minimisation(["site"]), 3, 5, factors=rare, seed=1)
    by_level = found.margins.set_index(["factor", "level"])["absolute_imbalance"]
    assert math.isnan(by_level["site", "Borough A"])
    assert by_level["site", "all"] == by_level["site", "Southwark"]


def test_everything_can_be_written_as_json():
    found = simulate_balance(RULE, 10, 20, factors=SITES, seed=1)
    written = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert written["n_trials"] == 20
    assert written["margins"][0]["level"] == "Borough A"
    frame = found.to_frame().set_index("figure")
    assert frame.loc["entropy", "value"] == found.entropy
    assert frame.loc["entropy", "standard_error"] == found.standard_error["entropy"]


# --- beside the exact ones -----------------------------------------------------------


def _assert_within_error(drawn, exact, *, but=()):
    """Every figure within four and a half standard errors (or equal)."""
    for name, error in drawn.standard_error.items():
        if name not in but:
            apart = abs(getattr(drawn, name) - getattr(exact, name))
            assert apart <= 4.5 * error + 1e-12, name
    for name in drawn.by_step.columns[1:]:
        apart = np.abs(drawn.by_step[name] - exact.by_step[name])
        error = drawn.by_step_standard_error[name]
        if name not in ("deterministic", "entropy") or not but:
            assert (apart <= 4.5 * error + 1e-12).all(), name


@pytest.mark.parametrize(
    "procedure",
    [
        BigStick(2),
        CompleteRandomisation(ratio=(2, 1)),
        CompleteRandomisation(ratio=(1, 1, 1)),
        EfronBiasedCoin(2 / 3),
        PermutedBlocks(6, ratio=(2, 1)),
    ],
)
def test_the_exact_figures_are_met(procedure):
    drawn = simulate_balance(procedure, 20, 3000, seed=11)
    _assert_within_error(drawn, exact_properties(procedure, 20))


def test_drawn_blocks_are_seen_without_edges():
    drawn = simulate_balance(RandomPermutedBlocks([2, 4]), 12, 3000, seed=2)
    _assert_within_error(drawn, enumerated_properties(RandomPermutedBlocks([2, 4]), 12))


@pytest.mark.parametrize(
    "procedure", [RULE, StratifiedBlocks(["site", "sex"], block_sizes=[4])]
)
def test_known_participants(procedure):
    drawn = simulate_balance(procedure, 10, 3000, factors=SITES, seed=3)
    _assert_within_error(drawn, enumerated_properties(procedure, 10, factors=SITES))


def test_stratified_blocks_at_real_size():
    # 60 in nine strata: the sum of the strata beside the whole, drawn.
    codes = np.random.default_rng(4).integers(0, 3, (60, 2))
    blocks = StratifiedBlocks(["site", "sex"], block_sizes=[2, 4])
    drawn = simulate_balance(blocks, 60, 3000, factors=codes, seed=4)
    exact = exact_properties(blocks, 60, factors=codes)
    but = ("expected_maximum_imbalance", "deterministic_share", "entropy")
    _assert_within_error(drawn, exact, but=but)


def test_the_standard_error_is_that_of_the_trials():
    # 200 small studies: their figures spread as each says of itself.
    studies = [simulate_balance(BigStick(3), 8, 50, seed=seed) for seed in range(200)]
    for name in ("expected_absolute_imbalance", "correct_guesses"):
        spread = np.std([getattr(one, name) for one in studies], ddof=1)
        stated = np.mean([one.standard_error[name] for one in studies])
        assert stated == pytest.approx(spread, rel=0.2)  # 4 x 1/sqrt(400)


def test_margins_of_the_reference():
    path = Path(__file__).parents[2] / "reference/randomisation/minimisation_exact.json"
    listed = json.loads(path.read_text(encoding="utf-8"))
    rule = Minimisation(["factor1", "factor2"], p=0.85, imbalance="variance")
    drawn = simulate_balance(rule, 8, 4000, factors=np.array(listed["cov"]), seed=12)
    names = drawn.margins["factor"] + "=level" + drawn.margins["level"]
    rows = drawn.margins.set_index(names)
    for name, expected in listed["design"]["E_abs_margin"].items():
        row = rows.loc[name]
        apart = abs(row["absolute_imbalance"] - expected)
        assert apart <= 4 * row["standard_error"] + 1e-12, name


# --- naive twin ----------------------------------------------------------------------


def test_a_slow_loop_agrees_on_the_margins():
    found = simulate_balance(RULE, 10, 30, factors=SITES, seed=5)
    codes = SITES.apply(lambda column: pd.factorize(column, sort=True)[0]).to_numpy()
    arms = draw_from(RULE, codes, 30, stream=Stream.SIMULATED_BALANCE, seed=5)
    for row in found.margins.itertuples():
        if row.factor == "stratum" or row.level == "all":
            continue
        here = (SITES[row.factor] == row.level).to_numpy()
        apart = [abs(sum(2 * int(arm) - 1 for arm in trial[here])) for trial in arms]
        assert row.absolute_imbalance == pytest.approx(np.mean(apart))
        error = np.std(apart, ddof=1) / math.sqrt(30)
        assert row.standard_error == pytest.approx(error)
    final = [abs(sum(2 * int(arm) - 1 for arm in trial)) for trial in arms]
    assert found.expected_absolute_imbalance == pytest.approx(np.mean(final))
    error = np.std(final, ddof=1) / math.sqrt(30)
    stated = found.standard_error["expected_absolute_imbalance"]
    assert stated == pytest.approx(error)


# --- fresh participants --------------------------------------------------------------


def test_every_trial_has_participants_of_its_own():
    people = population(RULE, PEOPLE)
    codes = [draw_codes(people, 200, seed=6, trial=trial) for trial in range(100)]
    shares = np.bincount(np.vstack(codes)[:, 0]) / 20_000
    assert shares == pytest.approx([0.5, 0.3, 0.2], abs=4 * math.sqrt(0.25 / 20_000))
    both = np.vstack(codes)
    independent = ((both[:, 0] == 0) & (both[:, 1] == 0)).mean()
    assert independent == pytest.approx(0.05, abs=4 * math.sqrt(0.0475 / 20_000))
    assert not np.array_equal(codes[0], codes[1])
    again = draw_codes(people, 200, seed=6, trial=1)
    np.testing.assert_array_equal(codes[1], again)


def test_fresh_participants_of_one_kind_are_known_ones():
    # One site only: the fresh trial is the known one, though drawn otherwise.
    one = {"site": {"Southwark": 1.0}}
    rule = Minimisation(["site"], p=0.7)
    fresh = simulate_balance(rule, 10, 400, factors=one, seed=7)
    _assert_within_error(fresh, exact_properties(EfronBiasedCoin(0.7), 10))


def test_fresh_participants_with_two_sites():
    # p = 1 and one factor: each site is a row of pairs, apart by at most one.
    rule = Minimisation(["site"], p=1)
    halves = {"site": {"Borough A": 0.5, "Borough B": 0.5}}
    found = simulate_balance(rule, 12, 200, factors=halves, seed=8)
    assert set(found.imbalance) <= {-2, -1, 0, 1, 2}
    by_level = found.margins.set_index(["factor", "level"])["absolute_imbalance"]
    # A site of Binomial(12, 1/2) children is odd in half of the trials.
    assert by_level["site", "Borough A"] == pytest.approx(0.5, abs=4 * 0.5 / 200**0.5)


# --- properties ----------------------------------------------------------------------


@pytest.mark.parametrize("factors", [SITES, PEOPLE])
def test_chunks_change_nothing(factors, monkeypatch):
    whole = simulate_balance(RULE, 10, 45, factors=factors, seed=9)
    monkeypatch.setattr(simulated, "_CHUNK", 7)
    parts = simulate_balance(RULE, 10, 45, factors=factors, seed=9)
    assert parts.imbalance == pytest.approx(whole.imbalance, rel=1e-12)
    pd.testing.assert_frame_equal(parts.by_step, whole.by_step, rtol=1e-12)
    pd.testing.assert_frame_equal(parts.margins, whole.margins, rtol=1e-12)
    assert parts.standard_error == pytest.approx(whole.standard_error, rel=1e-9)


def test_the_seed_says_all():
    one, same, other = (
        simulate_balance(CompleteRandomisation(), 30, 50, seed=seed).imbalance
        for seed in (1, 1, 2)
    )
    assert one == same
    assert one != other


def test_margin_rows_have_names():
    names = margin_names(["a", "b"], [["x"], ["y", "z"]])
    arms = np.ones((4, 3), dtype=np.int8)
    codes = np.array([[[0, 0], [0, 1], [0, 1]]])
    assert len(names) == len(margin_distances(arms, codes, [1, 2], (1, 1))) == 6


# --- errors --------------------------------------------------------------------------


def test_what_is_refused():
    with pytest.raises(ArgumentError, match="`n` must be a whole number, at least 1"):
        simulate_balance(BigStick(2), 0, 10, seed=1)
    with pytest.raises(ArgumentError, match=r"`n_trials` must be .* at least 2, got 1"):
        simulate_balance(BigStick(2), 4, 1, seed=1)
    with pytest.raises(ArgumentError, match="`seed` must be a whole number"):
        simulate_balance(BigStick(2), 4, 10, seed=-1)
    with pytest.raises(DataError, match="`factors` must be a table"):
        simulate_balance(RULE, 4, 10, seed=1)
    with pytest.raises(DataError, match="one row for each of 4 participants"):
        simulate_balance(RULE, 4, 10, factors=SITES, seed=1)


def test_impossible_descriptions():
    described = {**PEOPLE, "sex": {"f": 0.5, "m": 0.6}}
    with pytest.raises(ArgumentError, match=r"`factors\['sex'\]` must give the levels"):
        simulate_balance(RULE, 4, 10, factors=described, seed=1)
    described = {**PEOPLE, "sex": {"f": -0.5, "m": 1.5}}
    with pytest.raises(ArgumentError, match="probabilities of at least 0 that sum"):
        simulate_balance(RULE, 4, 10, factors=described, seed=1)
    with pytest.raises(ArgumentError, match="probabilities of at least 0 that sum"):
        simulate_balance(RULE, 4, 10, factors={**PEOPLE, "sex": {}}, seed=1)
    for wrong in ({"f": "1"}, ["f"], {"f": math.nan}):
        with pytest.raises(ArgumentError, match="probabilities of at least 0 that sum"):
            simulate_balance(RULE, 4, 10, factors={**PEOPLE, "sex": wrong}, seed=1)
    without = {"site": PEOPLE["site"], "sexe": PEOPLE["sex"]}
    with pytest.raises(ArgumentError, match=r"factor 'sex'.*\n.*mean 'sexe'"):
        simulate_balance(RULE, 4, 10, factors=without, seed=1)
