"""A masked dry run with the labels of its arms permuted gives the same, permuted."""

from dataclasses import replace

import pytest

from steps_analysis.evaluation.dry_run import with_dummy_allocation
from steps_analysis.outcomes import answer
from steps_analysis.protocol import load_protocol
from steps_analysis.simulation import draw_trial

CODES = ("E1", "E2", "E2b", "E3", "E4")


@pytest.fixture(scope="module")
def dry():
    """A trial with dummy arms, everybody in a family with the same letter."""
    trial = draw_trial(load_protocol(), "modest", n=80, seed=20140618)
    return with_dummy_allocation(replace(trial, role="masked_statistician"))


@pytest.fixture(scope="module")
def swapped(dry):
    first, second = (arm.code for arm in dry.protocol.arms)
    arm = dry.allocation["arm"].map({first: second, second: first})
    return replace(dry, allocation=dry.allocation.assign(arm=arm))


@pytest.mark.parametrize("code", CODES)
def test_the_arms_change_places_and_differences_their_sign(dry, swapped, code):
    one, other = answer(dry, code), answer(swapped, code)
    assert one.effect.not_estimable is None
    assert other.effect.value == pytest.approx(-one.effect.value, abs=1e-9)
    assert other.effect.lower == pytest.approx(-one.effect.upper, abs=1e-9)
    assert other.effect.upper == pytest.approx(-one.effect.lower, abs=1e-9)
    first, second = one.arms
    assert [replace(arm, arm="") for arm in other.arms] == [
        replace(second, arm=""),
        replace(first, arm=""),
    ]
    assert [t.p_value for t in other.tests] == pytest.approx(
        [t.p_value for t in one.tests], abs=1e-9
    )


@pytest.mark.parametrize("code", CODES)
def test_ratios_are_turned_over(dry, swapped, code):
    pairs = zip(answer(dry, code).relative, answer(swapped, code).relative, strict=True)
    for one, other in pairs:
        assert other.not_estimable == one.not_estimable
        if one.not_estimable is None and one.value > 0:
            assert other.value == pytest.approx(1 / one.value, rel=1e-6)
