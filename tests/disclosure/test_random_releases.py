"""Random releases are safe and lose the least: a seeded sample of them."""

import pytest

from tools.random_releases import KINDS, outcome

EDITION = len(KINDS)  # every so many releases one is a second edition, which takes long


@pytest.mark.parametrize(
    "i",
    [
        pytest.param(
            i, marks=[pytest.mark.slow] if i % (EDITION + 1) == EDITION else []
        )
        for i in range(10)
    ],
)
def test_a_random_release_is_safe_and_loses_the_least(i):
    found = outcome(i)
    assert found["safe"]
    assert found["withheld"] or found["share"] < 1
    assert found["gap"] <= 0.1
