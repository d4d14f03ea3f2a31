"""A formula on a table gives what its columns give as arrays."""

import numpy as np
import pandas as pd
import pytest

from steps_analysis.errors import ArgumentError
from steps_analysis.outcomes import (
    acceptability_curve,
    cost_difference_by_sector,
    cost_effectiveness,
    partially_nested_difference,
    standardised_risk_at,
    standardised_risks_at,
)


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(20140618)
    n = 60
    return pd.DataFrame(
        {
            "days": rng.integers(1, 30, n).astype(float),
            "placed": rng.random(n) < 0.4,
            "arm": np.where(np.arange(n) % 2, "MST-PSB", "MAU"),
            "age": rng.integers(10, 18, n),
            "sdq": rng.normal(15, 5, n),
            "therapist": np.where(np.arange(n) % 2, np.arange(n) % 5, np.nan),
            "pounds": rng.gamma(2, 900, n),
            "free": rng.random(n) < 0.8,
            "pays": np.where(np.arange(n) % 3, "health", "justice"),
            "family": np.arange(n) // 2 * 2 + np.arange(n) % 2,
        }
    )


def test_a_standardised_risk(table):
    options = {"at": 20.0}
    arrays = table["days"], table["placed"], table["arm"], table[["age"]]
    formula = "days + placed ~ age"
    assert standardised_risk_at(
        formula, arm="arm", data=table, **options
    ) == standardised_risk_at(*arrays, **options)
    assert standardised_risks_at(
        formula, arm="arm", data=table, **options
    ) == standardised_risks_at(*arrays, **options)


def test_a_partially_nested_difference(table):
    found = partially_nested_difference("sdq ~ arm", therapist="therapist", data=table)
    assert found == partially_nested_difference(
        table["sdq"], table["arm"], table["therapist"]
    )


def test_a_missing_score_drops_its_therapist_too(table):
    gone = table.assign(sdq=table["sdq"].where(table.index != 7))
    found = partially_nested_difference(
        "sdq ~ arm", therapist="therapist", data=gone, missing="drop"
    )
    kept = table.drop(index=7)
    whole = partially_nested_difference(kept["sdq"], kept["arm"], kept["therapist"])
    assert found.difference.value == whole.difference.value
    assert "1 row with missing values left out" in found.difference.method


def test_a_therapist_that_is_no_column(table):
    with pytest.raises(ArgumentError, match="`therapist` must name a column of `data`"):
        partially_nested_difference("sdq ~ arm", therapist="team", data=table)
    with pytest.raises(ArgumentError, match="`therapist` must be given"):
        partially_nested_difference("sdq ~ arm", data=table)


def test_costs(table):
    arrays = table["pounds"], table["free"], table["arm"]
    one = cost_effectiveness("pounds + free ~ arm", data=table, seed=1)
    two = cost_effectiveness(*arrays, seed=1)
    assert one.ratio == two.ratio
    pd.testing.assert_frame_equal(one.plane, two.plane)
    pay = [0.0, 1000.0]
    pd.testing.assert_frame_equal(
        acceptability_curve("pounds + free ~ arm", data=table, willingness=pay, seed=1),
        acceptability_curve(*arrays, willingness=pay, seed=1),
    )


def test_costs_by_sector(table):
    found = cost_difference_by_sector(
        "pounds ~ arm", sector="pays", cluster="family", data=table, seed=1
    )
    assert found == cost_difference_by_sector(
        table["pounds"], table["arm"], table["pays"], cluster=table["family"], seed=1
    )
    with pytest.raises(ArgumentError, match="`sector` must be given"):
        cost_difference_by_sector("pounds ~ arm", cluster="family", data=table, seed=1)
