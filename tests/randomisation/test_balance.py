"""Balance of the arms: counts, and differences in standard deviations."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.randomisation import balance, standardised_differences

ARMS = ["MAU", "MST-PSB"]
LALONDE = Path(__file__).parents[1] / "reference" / "randomisation" / "lalonde.csv"


# --- by hand -------------------------------------------------------------------------

#   site       sex  arm
#   Southwark  f    MST-PSB     Southwark: 2 and 1
#   Southwark  m    MST-PSB     Borough A: 0 and 1
#   Southwark  f    MAU         f: 1 and 2, m: 1 and 0
#   Borough A  f    MAU
TABLE = pd.DataFrame(
    {"site": ["Southwark"] * 3 + ["Borough A"], "sex": list("fmff")},
    index=[7, 3, 5, 1],
)
ARM = ["MST-PSB", "MST-PSB", "MAU", "MAU"]


def test_counts_by_hand():
    counts = balance(TABLE, ARM, ["site", "sex"])
    columns = ["factor", "level", "n_treatment", "n_reference", "imbalance"]
    assert counts[columns].to_numpy().tolist() == [
        ["all", "all", 2, 2, 0],
        ["site", "Borough A", 0, 1, -1],
        ["site", "Southwark", 2, 1, 1],
        ["sex", "f", 1, 2, -1],
        ["sex", "m", 1, 0, 1],
    ]
    assert set(counts["treatment"]) == {"MST-PSB"}
    assert set(counts["reference"]) == {"MAU"}


def test_imbalance_against_a_ratio_by_hand():
    table = pd.DataFrame({"site": ["A"] * 5})
    arm = ["new"] * 4 + ["old"]
    counts = balance(table, arm, ["site"], ratio=(2, 1), reference="old")
    assert counts["imbalance"].tolist() == [1, 1]  # 4/2 - 1/1


def test_differences_by_hand():
    # Ages 12, 14 (mean 13, variance 2) and 13, 17 (mean 15, variance 8): difference 2,
    # pooled sqrt 5. Sex: m in 1/2 and 0: variance 1/4 and 0.
    table = pd.DataFrame({"age": [12, 14, 13, 17], "sex": list("ffmf")})
    arm = ["MAU", "MAU", "MST-PSB", "MST-PSB"]
    age, sex = standardised_differences(table, arm).to_dict("records")
    assert age["standardised_difference"] == pytest.approx(2 / math.sqrt(5))
    assert (age["mean_treatment"], age["mean_reference"], age["level"]) == (15, 13, "")
    assert age["variance_ratio"] == 4
    assert (sex["level"], sex["kind"], sex["difference"]) == ("m", "binary", 0.5)
    assert sex["standardised_difference"] == pytest.approx(0.5 / math.sqrt(1 / 8))
    for denominator, deviation in (("treatment", 8), ("reference", 2)):
        first = standardised_differences(table, arm, denominator=denominator).iloc[0]
        expected = 2 / math.sqrt(deviation)
        assert first["standardised_difference"] == pytest.approx(expected)
        assert first["denominator"] == denominator


# --- edges ---------------------------------------------------------------------------


def test_one_arm_empty_is_said():
    arm = pd.Series(pd.Categorical(["MAU"] * 4, categories=ARMS), index=TABLE.index)
    counts = balance(TABLE, arm, ["site"])
    assert counts["n_treatment"].tolist() == [0, 0, 0]
    assert set(counts["treatment"]) == {"MST-PSB"}
    differences = standardised_differences(TABLE, arm)
    assert set(differences["not_estimable"]) == {"one arm is empty"}
    assert differences["standardised_difference"].isna().all()
    unnamed = balance(TABLE, ["MAU"] * 4, ["site"])
    assert set(unnamed["treatment"]) == {""}
    named = balance(TABLE, ["MST-PSB"] * 4, ["site"], reference="MAU")
    assert named["n_treatment"].tolist() == [4, 1, 3]


def test_what_does_not_vary_is_said():
    table = pd.DataFrame({"age": [13, 13, 13, 13], "site": ["A"] * 4})
    found = standardised_differences(table, ARM)
    assert set(found["not_estimable"]) == {"the variable does not vary"}
    single = standardised_differences(pd.DataFrame({"age": [12, 15]}), ARMS)
    assert single["not_estimable"].tolist() == ["an arm has fewer than two values"]


def test_missing_values_are_dropped_only_when_said():
    table = pd.DataFrame({"age": [12, np.nan, 13, 17], "sex": ["f", "m", None, "f"]})
    with pytest.raises(DataError, match=r"`age` must be known .*got '1 missing'"):
        standardised_differences(table, ARM)
    found = standardised_differences(table, ARM, missing="drop")
    assert found["n_missing"].tolist() == [1, 1]
    assert found["n_treatment"].tolist() == [1, 2]
    assert found["n_reference"].tolist() == [2, 1]


def test_truth_values_and_nullable_numbers():
    table = pd.DataFrame(
        {
            "looked_after": [True, False, False, False],
            "placed": pd.array([1, 0, 0, 1], dtype="Int64"),
            "score": pd.array([1.5, 2.5, 2.0, 4.0], dtype="Float64"),
        }
    )
    found = standardised_differences(table, ARM)
    assert found["level"].tolist() == ["True", "1", ""]
    assert found["kind"].tolist() == ["binary", "binary", "numeric"]
    assert found["difference"].tolist() == [0.5, 0, -1]


def test_no_columns_give_no_rows():
    found = standardised_differences(TABLE[[]], ARM)
    assert len(found) == 0
    assert "standardised_difference" in found.columns


# --- R figures -----------------------------------------------------------------------


def test_every_figure_of_lalonde(reference):
    case = reference("lalonde_differences")
    data = pd.read_csv(LALONDE)
    arm = np.where(data.pop("treat") == 1, "treated", "control")
    found = {
        denominator: standardised_differences(
            data, arm, denominator=denominator, reference="control"
        ).set_index(["variable", "level"])
        for denominator in ("pooled", "treatment")
    }
    column = {
        "mean1": "mean_treatment",
        "mean0": "mean_reference",
        "sd1": "sd_treatment",
        "sd0": "sd_reference",
        "raw": "difference",
        "vr": "variance_ratio",
    }
    levels = {"race_black": ("race", "black"), "married": ("married", "1")}
    for name, figures in case["computed_R"].items():
        key = levels.get(name, (name, ""))
        for figure, expected in figures.items():
            where = "treatment" if figure == "treated" else "pooled"
            row = found[where].loc[key]
            ours = row[column.get(figure, "standardised_difference")]
            assert ours == pytest.approx(expected, abs=5.1e-7), (name, figure)
    # tableone prints three decimals, loses the sign of binary variables, and gives one
    # Mahalanobis distance for race (1.701), where we give one difference per level.
    pooled = found["pooled"]["standardised_difference"]
    table_one = case["tableone_py_0.9.6"]
    assert {*table_one} == {
        *("age", "educ", "married", "re74", "race (multinomial Mahalanobis)")
    }
    for name in ("age", "educ", "re74"):
        assert pooled[(name, "")] == pytest.approx(table_one[name], abs=5.1e-4)
    assert -pooled[("married", "1")] == pytest.approx(table_one["married"], abs=5.1e-4)
    n = found["pooled"][["n_treatment", "n_reference"]].drop_duplicates()
    assert n.to_numpy().tolist() == [[185, 429]]


# --- properties ----------------------------------------------------------------------

ages = st.lists(st.integers(10, 17), min_size=8, max_size=8)
sites = st.lists(st.sampled_from("ABC"), min_size=8, max_size=8)
EIGHT = np.array(["MAU", "MST-PSB"] * 4)


@given(age=ages, site=sites)
@settings(max_examples=40, deadline=None)
def test_swapping_arms_turns_every_sign(age, site):
    table = pd.DataFrame({"age": age, "site": site})
    one = standardised_differences(table, EIGHT, reference="MAU")
    other = standardised_differences(table, EIGHT, reference="MST-PSB")
    for name in ("difference", "standardised_difference"):
        np.testing.assert_allclose(one[name], -other[name], atol=1e-12)
    swapped = balance(table, EIGHT, ["site"], reference="MST-PSB")["imbalance"]
    assert (balance(table, EIGHT, ["site"])["imbalance"] == -swapped).all()


@given(age=ages, site=sites, order=st.permutations(range(8)))
@settings(max_examples=40, deadline=None)
def test_order_and_units_do_not_matter(age, site, order):
    table = pd.DataFrame({"age": age, "site": site})
    one = standardised_differences(table, EIGHT)["standardised_difference"]
    months = table.assign(age=table["age"] * 12 + 100).iloc[list(order)]
    other = standardised_differences(months, EIGHT[list(order)])
    np.testing.assert_allclose(one, other["standardised_difference"], atol=1e-9)


@given(site=sites)
@settings(max_examples=30, deadline=None)
def test_levels_add_up_to_the_trial(site):
    counts = balance(pd.DataFrame({"site": site}), EIGHT, ["site"])
    whole, parts = counts.iloc[0], counts.iloc[1:]
    for name in ("n_treatment", "n_reference", "imbalance"):
        assert parts[name].sum() == whole[name]


# --- errors --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arm", "options", "error", "message"),
    [
        (["a", "b", "c", "a"], {}, DataError, "`arm` must hold two arms, got '3: a, b"),
        (["a", "b", None, "a"], {}, DataError, "`arm` must be known, got '1 missing'"),
        (["a", "b"], {}, DataError, "one label for each of the 4 rows"),
        (pd.Series(ARM), {}, DataError, "carry the table's index"),
        (ARM, {"reference": "MAUU"}, ArgumentError, "one of the arms.*(?s:.*)'MAU'"),
        (ARM, {"denominator": "treated"}, ArgumentError, "must be one of pooled"),
        (ARM, {"missing": "keep"}, ArgumentError, "must be one of refuse, drop"),
    ],
)
def test_differences_refuse(arm, options, error, message):
    with pytest.raises(error, match=message):
        standardised_differences(TABLE, arm, **options)


@pytest.mark.parametrize(
    ("factors", "options", "error", "message"),
    [
        (["sight"], {}, DataError, "have a column 'sight'(?s:.*)did you mean 'site'"),
        ([], {}, ArgumentError, "at least one factor's name"),
        (["site"], {"ratio": (1, 0)}, ArgumentError, "two whole numbers"),
        (["age"], {}, DataError, "`age` must be known, got '1 missing'"),
    ],
)
def test_balance_refuses(factors, options, error, message):
    table = TABLE.assign(age=[12, 13, 14, np.nan])
    with pytest.raises(error, match=message):
        balance(table, ARM, factors, **options)


def test_an_empty_table_is_refused():
    with pytest.raises(DataError, match="each of the 0 rows, at least one"):
        balance(TABLE.iloc[:0], [], ["site"])
