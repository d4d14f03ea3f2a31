"""Who is screened, and who joins."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from steps_analysis.protocol import load_protocol
from steps_analysis.simulation import WORLD, draw_arrays
from steps_analysis.simulation.pathway_draws import ROUTES, _first_n, _last_screened

PROTOCOL = load_protocol()


def test_the_first_families_join_once_each() -> None:
    # Families 0 1 0 2 1 3; all but the second referral would join; three places: the
    # referrals 0 (family 0), 3 (family 2) and 4 (family 1, declined at first).
    family = np.array([0, 1, 0, 2, 1, 3])
    would = np.array([True, False, True, True, True, True])
    joining, in_trial = _first_n(would, family, 3)
    assert np.flatnonzero(joining).tolist() == [0, 3, 4]
    assert np.flatnonzero(in_trial).tolist() == [2]
    assert _last_screened(joining, 3) == 4
    assert _last_screened(joining, 4) == 6


def test_nobody_would_join() -> None:
    joining, in_trial = _first_n(np.zeros(0, bool), np.zeros(0, np.int64), 3)
    assert joining.size == in_trial.size == 0


@settings(deadline=None, max_examples=50)
@given(
    rows=st.lists(st.tuples(st.booleans(), st.integers(0, 4)), max_size=12),
    n=st.integers(1, 6),
)
def test_the_naive_twin_fills_the_same_places(
    rows: list[tuple[bool, int]], n: int
) -> None:
    would = np.array([row[0] for row in rows], dtype=bool)
    family = np.array([row[1] for row in rows], dtype=np.int64)
    joined: list[int] = []
    twin = []
    for willing, name in rows:
        takes = willing and name not in joined and len(joined) < n
        joined += [name] if takes else []
        twin.append(takes)
    assert _first_n(would, family, n)[0].tolist() == twin


@settings(deadline=None, max_examples=15)
@given(n=st.integers(1, 60), seed=st.integers(0, 10_000))
def test_the_pathway_keeps_its_order(n: int, seed: int) -> None:
    arrays = draw_arrays(PROTOCOL, n=n, seed=seed)
    way, referrals = arrays.entry.pathway, arrays.entry.referrals
    assert (way.is_eligible <= way.is_screened).all()
    assert (way.is_approached <= way.is_eligible).all()
    assert (way.is_joining <= way.is_approached).all()
    assert len(way.joiners) <= n
    joined = way.joiners
    assert len(set(referrals.family[joined])) == len(joined)
    assert np.all(np.diff(way.randomised[joined]) >= np.timedelta64(0, "D"))
    assert (way.answered[joined] < way.randomised[joined]).all()
    assert (way.randomised[joined] <= way.closed).all()
    screened = way.is_screened
    assert (
        referrals.date[screened] >= arrays.entry.sites.opened[referrals.site[screened]]
    ).all()
    _check_codes(way, screened)


def _check_codes(way: SimpleNamespace, screened: np.ndarray) -> None:
    has_reason = np.array([reason is not None for reason in way.reason])
    assert (has_reason == (screened & ~way.is_eligible)).all()
    declined = np.array([reason is not None for reason in way.decline_reason])
    assert (declined == (way.is_eligible & ~way.is_joining)).all()
    assert set(way.other_route) <= {None, *ROUTES}


def test_ages_outside_the_protocol_are_the_reason_age() -> None:
    strict = replace(WORLD, screening_error_share=0.0)
    arrays = draw_arrays(PROTOCOL, n=80, seed=3, world=strict)
    way, age = arrays.entry.pathway, arrays.entry.children.age
    outside = way.is_screened & ((age < 10) | (age > 17))
    assert outside.sum() > 5
    assert set(way.reason[outside]) == {"age"}
    assert "age" not in set(way.reason[way.is_screened & ~outside])


def test_screening_overlooks_some_ages() -> None:
    careless = replace(WORLD, screening_error_share=0.9)
    arrays = draw_arrays(PROTOCOL, n=80, seed=3, world=careless)
    age = arrays.entry.children.age[arrays.entry.pathway.joiners]
    assert ((age < 10) | (age > 17)).any()


def test_recruiting_stops_with_the_last_place() -> None:
    arrays = draw_arrays(PROTOCOL, n=80, seed=3)
    way, dates = arrays.entry.pathway, arrays.entry.referrals.date
    assert len(way.joiners) == 80
    assert way.closed == way.randomised[way.joiners].max()
    assert dates[way.is_screened].max() <= dates[way.joiners].max()
    assert dates.max() > way.closed  # identifications go on
