"""Minimisation: the papers' examples, a slow twin, ratio, labels."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.randomisation import (
    Minimisation,
    StratifiedBlocks,
    allocate,
    draw_sequences,
    enumerate_sequences,
    next_probability,
    sequence_probability,
)
from steps_analysis.randomisation.adaptive.preference import (
    IMBALANCES,
    arm_probabilities,
    arm_scores,
    preference_table,
    spread,
)

# --- by hand -------------------------------------------------------------------------


def test_next_participant_by_hand():
    #   site  sex  arm        next: site A, sex f
    #   A     f    treatment  site A: 2 treated, 1 not; sex f: 1 treated, 1 not
    #   A     m    treatment  treatment tried: |3-1| + |2-1| = 3
    #   A     f    control    control tried:   |2-2| + |1-2| = 1, so control is best
    table = pd.DataFrame({"site": list("AAAA"), "sex": list("fmff")})
    minimisation = Minimisation(["site", "sex"], p=0.75)
    assert next_probability(minimisation, [1, 1, 0], factors=table) == 0.25
    #   A f treatment, B m control, A m control; next: site B (0 treated, 1 not),
    #   sex f (1 treated, 0 not). Treatment tried: |1-1| + |2-0| = 2; control tried:
    #   |0-2| + |1-1| = 2: a tie. With site weighing 2 it is 2 against 4.
    tied = pd.DataFrame({"site": list("ABAB"), "sex": list("fmmf")})
    assert next_probability(minimisation, [1, 0, 0], factors=tied) == 0.5
    weighted = Minimisation(["site", "sex"], weights={"site": 2, "sex": 1}, p=0.75)
    assert next_probability(weighted, [1, 0, 0], factors=tied) == 0.75


def test_a_site_is_a_factor_that_counts_once():
    # One participant before, same site, other sex: treated. Site alone speaks.
    table = pd.DataFrame({"site": ["A", "A"], "sex": ["f", "m"]})
    both = Minimisation(["site", "sex"], p=0.9)
    alone = Minimisation(["site"], p=0.9)
    expected = pytest.approx(0.1)
    assert next_probability(both, [1], factors=table) == expected
    assert next_probability(alone, [1], factors=table) == expected


# --- edges ---------------------------------------------------------------------------


@pytest.mark.parametrize("imbalance", IMBALANCES)
def test_first_participant_is_a_fair_coin(imbalance):
    table = pd.DataFrame({"site": ["A"]})
    minimisation = Minimisation(["site"], imbalance=imbalance, p=0.8)
    assert next_probability(minimisation, [], factors=table) == pytest.approx(0.5)


def test_certain_minimisation_never_strays():
    one_site = np.zeros((10, 1), dtype=int)
    arms = draw_sequences(Minimisation(["site"], p=1), 10, 50, factors=one_site, seed=1)
    assert (arms[:, ::2] + arms[:, 1::2] == 1).all()


# --- worked examples of the papers ---------------------------------------------------


def test_pocock_and_simon_section_3_4(reference):
    case = reference("pocock_simon_1975")
    arms = [*case["arm_totals"]]
    patient = case["new_patient"]
    margins = np.array(
        [[case["margins"][f"{f}={patient[f]}"][arm] for f in patient] for arm in arms],
        dtype=float,
    )
    weights = np.array([case["weights"][factor] for factor in patient], dtype=float)
    even = np.ones(len(arms))
    scores = arm_scores(margins, weights, even, case["d"])
    assert dict(zip(arms, scores, strict=True)) == case["G"]
    assert case["best_only_p"] == "2/3 to Arm3, 1/6 each to Arm1 and Arm2"
    probabilities = arm_probabilities(scores, even, preference_table(even, 2 / 3))
    assert probabilities == pytest.approx([1 / 6, 1 / 6, 2 / 3])
    # Both levels of every factor add up to the arm totals.
    for factor in patient:
        of_factor = [v for k, v in case["margins"].items() if k.startswith(factor)]
        for arm, total in case["arm_totals"].items():
            assert sum(level[arm] for level in of_factor) == total
    assert sum(case["arm_totals"].values()) == case["n"]


def test_han_biased_coin(reference):
    case = reference("han_2009")
    arms = [*case["ratio"]]
    ratio = np.array([case["ratio"][arm] for arm in arms], dtype=float)
    table = preference_table(ratio, case["p_H_smallest_arm"])
    assert len(case["prob"]) == len(arms)
    for preferred, expected in case["prob"].items():
        place = arms.index(preferred.removesuffix(" preferred"))
        assert dict(zip(arms, table[place], strict=True)) == pytest.approx(expected)
    assert ratio @ table == pytest.approx(ratio)  # what keeps the ratio


def test_han_imbalance_functions(reference):
    names = {
        "range": "range",
        "sd": "standard-deviation",
        "var": "variance",
        "marginal_balance": "marginal-balance",
    }
    for counts, expected in reference("han_2009")["imbalance_functions"].items():
        numbers = np.array(counts.strip("{}").split(","), dtype=float)
        assert expected.keys() == names.keys()
        for name, figure in expected.items():
            assert float(spread(numbers, names[name])) == pytest.approx(
                figure, abs=6e-11
            )


# --- exact law against an independent enumeration ------------------------------------


def test_all_256_sequences_of_eight(reference):
    case = reference("minimisation_exact")
    design = case["design"]
    cov = np.array(case["cov"])
    procedure = Minimisation(
        ["factor1", "factor2"],
        weights=tuple(design["params"]["weight"]),
        imbalance="variance",  # carat squares the differences
        p=design["params"]["p"],
    )
    listed = enumerate_sequences(procedure, len(cov), factors=cov)
    assert len(listed) == design["n_seq"]
    assert sum(listed.values()) == pytest.approx(design["sum"], rel=1e-12)
    assert listed.keys() == design["sequences"].keys()
    assert listed == pytest.approx(design["sequences"], rel=1e-10)
    signs = {s: np.array([1 if x == "A" else -1 for x in s]) for s in listed}
    final = {}
    for sequence, chance in listed.items():
        key = str(signs[sequence].sum())
        final[key] = final.get(key, 0.0) + chance
    assert final == pytest.approx(design["final_D"], rel=1e-10)
    mean = sum(p * abs(signs[s].sum()) for s, p in listed.items())
    assert mean == pytest.approx(design["E_abs_D"], rel=1e-10)
    margins = {
        f"factor{f + 1}=level{level}": sum(
            p * abs(signs[s][cov[:, f] == level].sum()) for s, p in listed.items()
        )
        for f in (0, 1)
        for level in np.unique(cov[:, f])
    }
    assert margins == pytest.approx(design["E_abs_margin"], rel=1e-10)
    some = "ABBAABAB"
    assert sequence_probability(procedure, some, factors=cov) == listed[some]


# --- what other tools get wrong ------------------------------------------------------


def test_labels_zero_and_one_keep_their_randomness(reference):
    wrong = {
        entry["bug"]: entry for entry in reference("known_wrong_outputs")["entries"]
    }
    measured = wrong["trtseq[-trt.mini] indexes by label not position"]["measured"]
    assert measured["labels 0,1 p=0.7"].startswith("1.000")
    rng = np.random.default_rng(5)
    zero_one = rng.integers(0, 2, size=(60, 4))
    minimisation = Minimisation(list("abcd"), p=0.7)
    arms = draw_sequences(minimisation, 60, 100, factors=zero_one, seed=3)
    followed = np.array([_preferred_taken(row, zero_one) for row in arms])
    n_untied = int((followed >= 0).sum())
    share = (followed == 1).sum() / n_untied
    assert share == pytest.approx(0.7, abs=4 * math.sqrt(0.21 / n_untied))
    for relabelled in (zero_one + 1, zero_one * 10 + 10):
        again = draw_sequences(minimisation, 60, 100, factors=relabelled, seed=3)
        assert (again == arms).all()


def _preferred_taken(arm, levels):
    """1 where the arm of smaller range was taken, 0 where not, -1 at a tie."""
    taken = []
    for i in range(len(arm)):
        alike = levels[:i] == levels[i]
        lead = [
            int((2 * arm[:i] - 1)[alike[:, f]].sum()) for f in range(levels.shape[1])
        ]
        score = sum(abs(d + 1) - abs(d - 1) for d in lead)
        taken.append(-1 if score == 0 else int((score < 0) == (arm[i] == 1)))
    return taken


def test_ties_among_some_of_three_arms(reference):
    *_, entry = reference("known_wrong_outputs")["entries"]
    assert "3 arms, 2 tied best, p=.8 -> smallerize mean (.45,.45,.10)" in entry["bug"]
    even = np.ones(3)
    tied = arm_probabilities(
        np.array([1.0, 1.0, 2.0]), even, preference_table(even, 0.8)
    )
    assert tied == pytest.approx([0.45, 0.45, 0.10])


@pytest.mark.parametrize("imbalance", IMBALANCES)
@pytest.mark.parametrize("n", [30, 60])
def test_two_to_one_keeps_its_ratio_with_three_sites(reference, imbalance, n):
    wrong = {
        entry["bug"]: entry for entry in reference("known_wrong_outputs")["entries"]
    }
    assert "mean proportion 0.628" in wrong["ratio not preserved"]["measured"]
    rng = np.random.default_rng(n)
    factors = pd.DataFrame(
        {
            "site": rng.choice(["Southwark", "Borough A", "Borough B"], n),
            "sex": rng.choice(["female", "male"], n),
            "age_group": rng.choice(["10-13", "14-17"], n),
        }
    )
    procedure = Minimisation([*factors], p=0.7, ratio=(2, 1), imbalance=imbalance)
    arms = draw_sequences(procedure, n, 4000, factors=factors, seed=11)
    total = arms.sum(axis=1)
    error = total.std() / math.sqrt(len(total))
    # The totals keep to 2:1 but for an end effect of less than half a participant;
    # a tool that loses the ratio (0.628 of 60) is off by more than two.
    assert abs(total.mean() - 2 * n / 3) < 0.5 + 4 * error
    site_share = arms[:, factors["site"] == "Southwark"].mean()
    assert site_share == pytest.approx(2 / 3, abs=0.05)


# --- properties ----------------------------------------------------------------------

histories = st.integers(1, 9).flatmap(
    lambda n: st.tuples(
        st.lists(st.integers(0, 1), min_size=n - 1, max_size=n - 1),
        st.lists(
            st.tuples(st.integers(0, 2), st.integers(0, 1), st.integers(0, 3)),
            min_size=n,
            max_size=n,
        ),
    )
)
ratios = st.sampled_from([(1, 1), (2, 1), (3, 2)])
imbalances = st.sampled_from(IMBALANCES)
NAMES = ("a", "b", "c")
WEIGHTS = {"a": 2.0, "b": 1.0, "c": 0.5}


@given(history=histories, ratio=ratios, imbalance=imbalances)
@settings(max_examples=50, deadline=None)
def test_swapped_arms_mirror_the_probability(history, ratio, imbalance):
    arm, levels = history
    codes = np.array(levels)
    options = {"weights": WEIGHTS, "imbalance": imbalance, "p": 0.7}
    ours = Minimisation(NAMES, ratio=ratio, **options)
    mirror = Minimisation(NAMES, ratio=ratio[::-1], **options)
    swapped = [1 - one for one in arm]
    assert next_probability(ours, arm, factors=codes) == pytest.approx(
        1 - next_probability(mirror, swapped, factors=codes), abs=1e-12
    )


@given(history=histories, imbalance=imbalances, shuffle=st.permutations(range(3)))
@settings(max_examples=50, deadline=None)
def test_names_of_levels_and_order_of_factors_do_not_matter(
    history, imbalance, shuffle
):
    arm, levels = history
    codes = np.array(levels)
    options = {"weights": WEIGHTS, "imbalance": imbalance, "p": 0.7}
    plain = next_probability(Minimisation(NAMES, **options), arm, factors=codes)
    table = pd.DataFrame(codes, columns=[*NAMES]).map(lambda code: f"level {9 - code}")
    reordered = Minimisation([NAMES[place] for place in shuffle], **options)
    table["not a factor"] = 1.5
    assert next_probability(reordered, arm, factors=table) == pytest.approx(plain)


# --- naive twin ----------------------------------------------------------------------


def _twin_probability(arm, levels, weights, imbalance, p, ratio):
    """Try both arms and measure, as the papers say, in plain Python."""
    scores = []
    for tried in (1, 0):
        score = 0.0
        for factor, weight in enumerate(weights):
            held = [0.0, 0.0]
            for i, taken in enumerate([*arm, tried]):
                if levels[i][factor] == levels[len(arm)][factor]:
                    held[1 - taken] += 1
            x, y = held[0] / ratio[0], held[1] / ratio[1]
            mean = (x + y) / 2
            variance = (x - mean) ** 2 + (y - mean) ** 2
            score += (
                weight
                * {
                    "range": max(x, y) - min(x, y),
                    "variance": variance,
                    "standard-deviation": math.sqrt(variance),
                    "marginal-balance": abs(x - y) / (x + y),
                }[imbalance]
            )
        scores.append(score)
    share, smaller = ratio[0] / sum(ratio), min(ratio)
    if abs(scores[0] - scores[1]) < 1e-9:
        return share
    if scores[0] < scores[1]:
        return 1 - (1 - p) * ratio[1] / (sum(ratio) - smaller)
    return (1 - p) * ratio[0] / (sum(ratio) - smaller)


@given(history=histories, ratio=ratios, imbalance=imbalances)
@settings(max_examples=50, deadline=None)
def test_agrees_with_twin(history, ratio, imbalance):
    arm, levels = history
    procedure = Minimisation(
        NAMES, weights=WEIGHTS, imbalance=imbalance, p=0.8, ratio=ratio
    )
    ours = next_probability(procedure, arm, factors=np.array(levels))
    twin = _twin_probability(arm, levels, [*WEIGHTS.values()], imbalance, 0.8, ratio)
    assert ours == pytest.approx(twin, abs=1e-12)


def test_side_by_side_is_one_by_one():
    rng = np.random.default_rng(8)
    n = 24
    codes = rng.integers(0, 3, size=(n, 3))
    uniforms = rng.random((5, n))
    for procedure in (
        Minimisation(NAMES, weights=WEIGHTS, ratio=(2, 1)),
        StratifiedBlocks(["a", "b", "c"], block_sizes=[2, 4]),
    ):
        arms = allocate(procedure, uniforms, factors=codes)
        for row, uniform in zip(arms, uniforms, strict=True):
            for i in range(n):
                p = next_probability(procedure, row[:i], factors=codes[: i + 1])
                assert row[i] == (uniform[i] < p)


# --- stratified blocks ---------------------------------------------------------------


def test_strata_are_balanced_apart():
    # Strata: (A, f) at places 1, 2, 4; (A, m) at 3; (B, f) at 5, 6.
    table = pd.DataFrame({"site": list("AAAABB"), "sex": list("ffmfff")})
    listed = enumerate_sequences(
        StratifiedBlocks(["site", "sex"], block_sizes=[2]), 6, factors=table
    )
    assert listed == dict.fromkeys(
        listed, 1 / 16
    )  # two arms x four open or full blocks
    assert all({s[0], s[1]} == {s[4], s[5]} == {"A", "B"} for s in listed)
    assert len(listed) == 16


@given(seed=st.integers(0, 10**6), ratio=st.sampled_from([(1, 1), (2, 1)]))
@settings(max_examples=25, deadline=None)
def test_every_stratum_keeps_its_blocks(seed, ratio):
    codes = np.random.default_rng(seed).integers(0, 2, size=(40, 2))
    size = 2 * sum(ratio)
    procedure = StratifiedBlocks(["a", "b"], block_sizes=size, ratio=ratio)
    arms = draw_sequences(procedure, 40, 3, factors=codes, seed=seed)
    for stratum in itertools.product((0, 1), repeat=2):
        inside = arms[:, (codes == stratum).all(axis=1)]
        whole = inside[:, : inside.shape[1] // size * size]
        blocks = whole.reshape(3, -1, size).sum(axis=2)
        assert (blocks == 2 * ratio[0]).all()


# --- errors --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"factors": []}, "at least one factor's name.*\nHint: without factors"),
        ({"factors": "site"}, "be a list of at least one factor's name, got 'site'"),
        ({"factors": ["site", 3]}, "be a list of at least one factor's name"),
        ({"factors": ["site", "Site "]}, "name each factor once .* count twice"),
        ({"weights": {"site": 1}}, "name exactly the factors .site, sex."),
        ({"weights": {"site": 1, "sx": 1}}, "name exactly the factors"),
        ({"weights": {"site": 1, "sex": 0}}, "give every factor a number above 0"),
        ({"weights": (1.0,)}, "give every factor a number above 0"),
        ({"weights": (1.0, math.inf)}, "give every factor a number above 0"),
        ({"imbalance": "sd"}, "`imbalance` must be one of range, standard-deviation"),
        ({"imbalance": "rnge"}, "did you mean 'range'"),
        ({"ties": "coin"}, "`ties` must be one of ratio"),
        ({"p": 0.4}, r"must lie in \[0.5, 1\] .*favour the arm that is ahead"),
        ({"p": 0.3, "ratio": (2, 1)}, r"must lie in \[0.3333, 1\]"),
        ({"ratio": (0, 1)}, "two or more whole numbers of at least 1"),
    ],
)
def test_impossible_parameters_are_refused(arguments, message):
    with pytest.raises(ArgumentError, match=message):
        Minimisation(**{"factors": ["site", "sex"], **arguments})


def test_impossible_strata_are_refused():
    with pytest.raises(ArgumentError, match="must be a multiple of 3"):
        StratifiedBlocks(["site"], block_sizes=[3, 4], ratio=(2, 1))
    with pytest.raises(ArgumentError, match="at least one factor's name"):
        StratifiedBlocks([], block_sizes=[2])


@pytest.mark.parametrize(
    ("factors", "message"),
    [
        (None, "table with the procedure's factors, or whole numbers.*got 'None'"),
        (
            pd.DataFrame({"sit": ["A"]}),
            "have a column 'site'.*\nHint: did you mean 'sit'",
        ),
        (pd.DataFrame({"site": ["A", None]}), "`site` must be known .*got '1 missing'"),
        (pd.DataFrame({"site": ["A"]}), "one row for each of 2 participants"),
        (np.array([0, 1]), "whole numbers .n, factors."),
        (np.array([[0.5], [1.0]]), "whole numbers .n, factors."),
        (np.array([[0, 1], [1, 1]]), "and 1 columns, got .2, 2."),
    ],
)
def test_factors_that_do_not_fit_are_refused(factors, message):
    with pytest.raises(DataError, match=message):
        draw_sequences(Minimisation(["site"]), 2, 1, factors=factors, seed=1)


@pytest.mark.parametrize("unit", [1e-12, 1e-6, 1e12])
@pytest.mark.parametrize(
    "settings",
    [
        {"imbalance": "range"},
        {"imbalance": "variance"},
        {"imbalance": "marginal-balance"},
        {"ratio": (2, 1)},
        {"ratio": (1, 1, 1)},
    ],
)
def test_only_the_proportions_of_the_weights_matter(settings, unit):
    factors = np.random.default_rng(1).integers(0, 3, (40, 2))
    one = Minimisation(["site", "sex"], weights=(1, 2), **settings)
    other = Minimisation(["site", "sex"], weights=(unit, 2 * unit), **settings)
    drawn = [draw_sequences(it, 40, 50, factors=factors, seed=1) for it in (one, other)]
    assert np.array_equal(*drawn)
