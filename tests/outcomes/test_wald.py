"""Ratios of coefficients on the log scale."""

import math

import pytest

from steps_analysis.errors import ArgumentError
from steps_analysis.outcomes.wald import wald_ratio

MORE = {"level": 0.95, "n": 10, "method": "m"}


def test_by_hand():
    found = wald_ratio("ratio", math.log(2), 0.5, **MORE)
    assert found.value == pytest.approx(2)
    assert found.upper == pytest.approx(2 * math.exp(1.959963984540054 / 2))
    assert found.p_value == pytest.approx(math.erfc(2 * math.log(2) / math.sqrt(2)))


@pytest.mark.parametrize("numbers", [(0.0, 400.0), (900.0, 1.0), (1.0, 0.0)])
def test_a_ratio_without_bounds_or_variance_is_no_number(numbers):
    found = wald_ratio("ratio", *numbers, **MORE)
    assert found.not_estimable == "the data say next to nothing of it"


def test_refuses_an_impossible_level():
    with pytest.raises(ArgumentError, match=r"`level` must lie in \(0, 1\)"):
        wald_ratio("ratio", 0.0, 1.0, level=2, n=1, method="m")
