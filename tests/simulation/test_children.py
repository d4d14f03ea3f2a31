"""Who the children are, referral by referral."""

import numpy as np

from steps_analysis.simulation import WORLD
from steps_analysis.simulation.children import draw_children
from steps_analysis.simulation.referral_draws import ReferralDraw


def _again(n: int, *years: float) -> ReferralDraw:
    """Refer each of n children, and again so many years later."""
    times = 1 + len(years)
    child = np.tile(np.arange(n), times)
    return ReferralDraw(
        site=np.zeros(n * times, np.int64),
        date=np.full(n * times, "2014-01-01", "M8[D]"),
        source=np.zeros(n * times, np.int64),
        family=child,
        child=child,
        years_since_first=np.repeat([0.0, *years], n),
    )


def test_the_youngest_child_grows_as_the_one_referred_does() -> None:
    n = 400
    drawn = draw_children(np.random.default_rng(3), _again(n, 1.0, 2.5), world=WORLD)
    age, youngest = drawn.age.reshape(3, n), drawn.youngest.reshape(3, n)
    assert (age[1] == age[0] + 1).all()
    assert set(age[2] - age[0]) == {2, 3}
    assert (youngest - youngest[0] == age - age[0]).all()
    assert (youngest <= age).all()
    assert (youngest[0] < age[0]).any()
    assert youngest.min() >= 1
