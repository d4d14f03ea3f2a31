"""Covariates on one scale."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steps_analysis.errors import DataError
from steps_analysis.randomisation.designs.whitening import standardised, whitened


def _distances(points):
    return np.sqrt(((points[:, None] - points[None]) ** 2).sum(axis=2))


# --- by hand -------------------------------------------------------------------------


def test_one_covariate_by_hand():
    # Mean 13, variance (4 + 0 + 4) / 2 = 4.
    ages = pd.DataFrame({"age": [11, 13, 15]})
    assert np.abs(whitened(ages)[:, 0]) == pytest.approx([1, 0, 1])


# --- edges ---------------------------------------------------------------------------


def test_what_says_nothing_new_adds_no_column():
    age = np.array([11.0, 12.0, 15.0, 13.0])
    both = np.column_stack([age, np.ones(4), 12 * age, age * 1e9 + 1])
    assert whitened(both).shape == (4, 1)
    assert whitened(np.eye(3)).shape == (3, 2)  # three columns that sum to 1
    assert whitened([[0], [1]]).shape == (2, 1)


def test_each_by_itself_by_hand():
    # 1, 2, 4, 5: mean 3, variance 10 / 3; what is the same for all becomes 0.
    found = standardised([[1, 7], [2, 7], [4, 7], [5, 7]])
    expected = np.array([-2, -1, 1, 2]) / np.sqrt(10 / 3)
    assert found[:, 0] == pytest.approx(expected)
    assert found[:, 1].tolist() == [0] * 4


@pytest.mark.parametrize("unit", [1e-300, 1e300])
def test_any_unit_will_do(unit):
    ages = np.array([[1.0], [2.0], [4.0], [5.0]])
    assert standardised(ages * unit) == pytest.approx(standardised(ages))
    assert np.abs(whitened(ages * unit)) == pytest.approx(np.abs(whitened(ages)))


# --- properties ----------------------------------------------------------------------


@given(st.integers(5, 30), st.integers(1, 4), st.integers(0, 999))
@settings(max_examples=30, deadline=None)
def test_distances_are_those_of_mahalanobis(n, k, seed):
    rng = np.random.default_rng(seed)
    table = rng.normal(size=(n, k)) * 10.0 ** np.arange(k) + 100
    found = whitened(table)
    inverse = np.linalg.inv(np.atleast_2d(np.cov(table.T)))
    step = table[:, None] - table[None]
    expected = np.sqrt(np.einsum("ijk,kl,ijl->ij", step, inverse, step))
    assert _distances(found) == pytest.approx(expected, rel=1e-6, abs=1e-6)
    assert np.cov(found.T) == pytest.approx(np.eye(k).squeeze(), abs=1e-9)


# --- errors --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("covariates", "message"),
    [
        ([1, 2, 3], r"`covariates` must be a table of numbers.*got 'shape \(3,\)'"),
        ([[1.0]], "at least 2"),
        ([], "table of numbers"),
        (np.empty((4, 0)), "`covariates` must differ between participants"),
        ([[1.0], [np.nan]], "none missing"),
        (
            [[5], [5], [5]],
            "`covariates` must differ between participants, got '3 alike'",
        ),
        ([["11"], ["girl"]], "table of numbers(?s:.*)columns of 0 and 1"),
    ],
)
def test_what_is_no_table_of_numbers_is_refused(covariates, message):
    with pytest.raises(DataError, match=message) as caught:
        whitened(covariates)
    assert "girl" not in str(caught.value)
    assert caught.value.__cause__ is None
