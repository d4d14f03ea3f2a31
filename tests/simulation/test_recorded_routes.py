"""Routes on record follow the rules of the pathway, but for a few."""

from dataclasses import replace

import numpy as np
import pytest

from steps_analysis.pathway import routes
from steps_analysis.protocol import load_protocol
from steps_analysis.simulation import WORLD, draw_arrays, draw_trial
from steps_analysis.simulation.recorded_routes import recorded_routes

PROTOCOL = load_protocol()


@pytest.mark.parametrize("trial", range(4))
def test_by_the_rules_every_record_is_the_next_step(trial: int) -> None:
    orderly = replace(WORLD, other_route_share=0.0)
    drawn = draw_trial(PROTOCOL, n=40, trial=trial, world=orderly, seed=9)
    found = routes(drawn)
    agrees = found["agrees"].dropna()
    assert len(agrees) > 20
    assert agrees.all()


def test_a_few_go_elsewhere() -> None:
    unruly = replace(WORLD, other_route_share=0.5)
    drawn = draw_trial(PROTOCOL, n=80, world=unruly, seed=9)
    agrees = routes(drawn)["agrees"].dropna()
    assert 0.3 < agrees.mean() < 0.8


def test_the_forum_pathway_leads_to_aim() -> None:
    orderly = replace(WORLD, other_route_share=0.0)
    arrays = draw_arrays(PROTOCOL, n=80, world=orderly, seed=9)
    route = recorded_routes(arrays, PROTOCOL)
    here = arrays.entry.sites.has_forum[arrays.entry.referrals.site]
    recorded = np.not_equal(route, None)
    assert set(route[here & recorded]) == {"aim", "aim_co_working"}
    elsewhere = set(route[~here & recorded])
    assert {"consultation", "information_needed", "none"} <= elsewhere
    assert not elsewhere & {"aim", "aim_co_working"}


def test_whoever_joined_has_no_route() -> None:
    arrays = draw_arrays(PROTOCOL, n=80, seed=9)
    route, way = recorded_routes(arrays, PROTOCOL), arrays.entry.pathway
    family = arrays.entry.referrals.family
    out = ~way.is_screened | np.isin(family, family[way.joiners])
    assert (np.equal(route, None) == out).all()
