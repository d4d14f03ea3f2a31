"""All outcomes of those not seen."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.outcomes import exact_test, extreme_cases, tipping_point

# By hand


def test_one_not_seen():
    # 0/3 v 3/3 has p = 2 / 20; one more under control: 0/3 v 4/4, p = 1 / 35, or 3/4
    found = tipping_point(0, 3, 0, 3, 3, 1)
    assert found.observed.p_value == pytest.approx(0.1)
    assert found.p_values.loc[0, 1] == pytest.approx(1 / 35)
    assert found.tipped.loc[0].tolist() == [False, True]
    assert found.differences.loc[0].tolist() == [-0.75, -1.0]
    assert (found.n_tipped, found.n_combinations) == (1, 2)
    assert found.method.endswith("of 1 not seen; significant at 0.05 or below")


def test_significant_the_other_way_is_another_conclusion():
    found = tipping_point(0, 10, 40, 8, 10, 0)
    assert found.observed.p_value < 0.05
    other_way = (found.p_values <= 0.05) & (found.differences > 0)
    assert found.tipped.to_numpy().all() == bool(other_way.any(axis=None))
    assert found.tipped[other_way].dropna().all(axis=None)


def test_bounds():
    cases = extreme_cases(3, 28, 2, 9, 27, 3)
    assert {k: v.value for k, v in cases.items()} == pytest.approx(
        {
            "observed": 3 / 28 - 9 / 27,
            "best": 3 / 30 - 12 / 30,
            "worst": 5 / 30 - 9 / 30,
            "none": 3 / 30 - 9 / 30,
            "all": 5 / 30 - 12 / 30,
        }
    )
    assert cases["best"].n == 60
    assert cases["observed"].n == 55


# Edges


def test_nobody_missing_and_nobody_there():
    found = tipping_point(3, 28, 0, 9, 27, 0)
    assert found.p_values.shape == (1, 1)
    assert found.n_tipped == 0
    empty = tipping_point(0, 0, 0, 2, 5, 1)
    assert empty.observed.not_estimable
    assert empty.n_tipped == 0
    unseen = extreme_cases(0, 0, 2, 3, 5, 0)
    assert unseen["observed"].not_estimable
    assert unseen["worst"].value == pytest.approx(0.4)


# Properties


@given(*[st.integers(0, 6) for _ in range(2)], *[st.integers(0, 3) for _ in range(2)])
@settings(max_examples=20, deadline=None)
def test_bounds_hold_everything(x, y, lost_x, lost_y):
    found = tipping_point(x, 6, lost_x, y, 6, lost_y)
    cases = extreme_cases(x, 6, lost_x, y, 6, lost_y)
    values = found.differences.to_numpy()
    assert values.min() == pytest.approx(cases["best"].value)
    assert values.max() == pytest.approx(cases["worst"].value)
    swapped = tipping_point(y, 6, lost_y, x, 6, lost_x)
    turned = swapped.p_values.to_numpy().T
    assert turned == pytest.approx(found.p_values.to_numpy())
    assert swapped.n_tipped == found.n_tipped


# Naive twin


@pytest.mark.parametrize("method", ["boschloo", "mid-p"])
def test_cell_by_cell(method):
    found = tipping_point(2, 9, 2, 5, 8, 1, method=method)
    for i in range(3):
        for j in range(2):
            alone = exact_test(2 + i, 11, 5 + j, 9, method=method)
            assert found.p_values.loc[i, j] == alone.p_value


# R's figures


def test_equals_fisher_of_every_combination(figures, compare):
    found = tipping_point(3, 28, 2, 9, 27, 3)
    ours = {f"{i}_{j}": found.p_values.loc[i, j] for i in range(3) for j in range(4)}
    compare(ours, figures["tipping_binary"])
    table = [[3, 25], [9, 18]]
    assert found.observed.p_value == pytest.approx(stats.fisher_exact(table).pvalue)


# Errors


def test_refusals():
    with pytest.raises(DataError, match="`missing_treatment` must be a whole number"):
        tipping_point(3, 28, -1, 9, 27, 3)
    with pytest.raises(DataError, match="`missing_control` must be a whole number"):
        extreme_cases(3, 28, 2, 9, 27, 1.5)
    with pytest.raises(ArgumentError, match="`method` must be one of fisher"):
        tipping_point(3, 28, 2, 9, 27, 3, method="chi")
    with pytest.raises(ArgumentError, match=r"`threshold` must lie in \(0, 1\)"):
        tipping_point(3, 28, 2, 9, 27, 3, threshold=5)
