"""Where do the referrals go that are not randomised? By the rules, but for a few."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from steps_analysis.pathway.routes.next_step import Stage
from steps_analysis.pathway.routes.routes import stepper
from steps_analysis.protocol import Protocol
from steps_analysis.simulation.choices import UNKNOWN, BoolArray, TextArray, is_given
from steps_analysis.simulation.draw import TrialArrays
from steps_analysis.simulation.entry_draws import referral_form
from steps_analysis.simulation.pathway_draws import PathwayDraw


def recorded_routes(arrays: TrialArrays, protocol: Protocol) -> TextArray:
    """
    Give the route on record of every referral.

    Parameters
    ----------
    arrays
        The trial.
    protocol
        Its protocol, whose rules decide.

    Returns
    -------
    numpy.ndarray
        Codes, shape (r,); None for whoever was not screened, and for every referral of
        a family that joined: where it goes stands with its allocation.
    """
    pathway, family = arrays.entry.pathway, arrays.entry.referrals.family
    route = pathway.other_route.copy()
    joined = np.isin(family, family[pathway.joiners])
    elsewhere = pathway.is_screened & ~joined
    route[~elsewhere] = None
    co_working = _co_working(arrays)
    step_of = stepper(protocol)
    by_rule = elsewhere & ~is_given(pathway.other_route)
    for i, case in _cases(arrays, protocol, by_rule):
        step = step_of(
            case,
            stage=_stage(pathway, i),
            co_working=bool(co_working[i]),
            recruiting=True,
        )
        route[i] = step.route
    return route


def _cases(
    arrays: TrialArrays, protocol: Protocol, chosen: BoolArray
) -> list[tuple[int, dict[str, Any]]]:
    """Give what the referral forms of those chosen say, as the rules read it."""
    rows = np.flatnonzero(chosen)
    names = np.array(protocol.sites.names, dtype=object)
    form: dict[str, npt.NDArray[Any]] = {
        "site": names[arrays.entry.referrals.site],
        **referral_form(arrays.entry.children),
    }
    columns = {name: _answers(values[rows]) for name, values in form.items()}
    return [
        (int(row), {name: values[i] for name, values in columns.items()})
        for i, row in enumerate(rows)
    ]


def _answers(values: npt.NDArray[Any]) -> list[Any]:
    """Read answers as the rules do: yes, no or unknown."""
    if values.dtype == np.int8:
        return [None if one == UNKNOWN else bool(one) for one in values.tolist()]
    return list(values.tolist())


def _co_working(arrays: TrialArrays) -> BoolArray:
    """Say for which referrals a forum named an agency to co-work."""
    named = np.zeros(len(arrays.entry.referrals.site), dtype=bool)
    if arrays.forum is not None:
        named[arrays.forum.referral[is_given(arrays.forum.co_worker)]] = True
    return named


def _stage(pathway: PathwayDraw, i: int) -> Stage:
    """Say how far a screened referral came that did not join."""
    if not pathway.is_eligible[i]:
        return "not_eligible"
    return "declined" if pathway.is_approached[i] else "not_offered"
