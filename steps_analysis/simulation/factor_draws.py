"""What level does each participant have on each allocation factor?"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from steps_analysis.protocol import Factor, Protocol
from steps_analysis.simulation.choices import IntArray, TextArray
from steps_analysis.simulation.world import World


def draw_factors(
    rng: np.random.Generator,
    protocol: Protocol,
    form: Mapping[str, npt.NDArray[np.generic]],
    site: IntArray,
    *,
    world: World,
) -> dict[str, TextArray]:
    """
    Give every participant a level of every factor.

    Parameters
    ----------
    rng
        Where the numbers come from.
    protocol
        The protocol.
    form
        Column of ``referrals.csv`` to the participants' values, shape (n,) each.
    site
        Position of each participant's site, shape (n,).
    world
        The world's constants.

    Returns
    -------
    dict
        Factor name to levels, shape (n,). Where the factor's source is on the form the
        level is made from it, but for a few recorded wrongly; a factor without a
        source, or a value that fits no level, gets a level drawn with equal chances.
    """
    names = np.array(protocol.sites.names, dtype=object)
    columns: dict[str, TextArray] = {}
    for factor in protocol.factors:
        if factor.name == "site":
            columns["site"] = names[site]
            continue
        drawn = rng.integers(0, len(factor.levels), len(site))
        given = form.get(factor.source or "")
        wrong = rng.random(len(site)) < world.wrong_level_share
        place = drawn if given is None else _placed(given, factor, drawn)
        place = (place + wrong) % len(factor.levels)
        columns[factor.name] = np.array(factor.levels, dtype=object)[place]
    return columns


def _placed(
    given: npt.NDArray[np.generic], factor: Factor, otherwise: IntArray
) -> IntArray:
    """Place the values of a form among a factor's levels."""
    places = {level: place for place, level in enumerate(factor.levels)}
    return np.array(
        [
            places.get(factor.level_of(value) or "", drawn)
            for value, drawn in zip(given.tolist(), otherwise.tolist(), strict=True)
        ],
        dtype=np.int64,
    )
