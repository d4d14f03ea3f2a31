"""Procedures apart in every stratum: the strata are independent, their laws add up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pandas as pd

from steps_analysis.estimates import FloatArray, IntArray
from steps_analysis.randomisation.adaptive.differences import strata_of
from steps_analysis.randomisation.adaptive.stratified_blocks import StratifiedBlocks
from steps_analysis.randomisation.adaptive.stratum_coins import (
    AdjustableCovariateBiasedCoin,
    StratifiedBiasedCoin,
)
from steps_analysis.randomisation.procedures import ratio_of
from steps_analysis.randomisation.properties.blocks import (
    block_chain,
    random_block_chain,
)
from steps_analysis.randomisation.properties.chains import Chain, by_step, in_ratio
from steps_analysis.randomisation.properties.counts import two_arm_chain
from steps_analysis.randomisation.properties.judging import (
    AFTER,
    BEFORE,
    distance,
    imbalance_of,
    unit_of,
)
from steps_analysis.randomisation.properties.results import ExactProperties
from steps_analysis.randomisation.restricted.blocks import PermutedBlocks
from steps_analysis.randomisation.restricted.coins import EfronBiasedCoin
from steps_analysis.randomisation.restricted.graded_coins import AdjustableBiasedCoin

Stratified: TypeAlias = (
    AdjustableCovariateBiasedCoin | StratifiedBiasedCoin | StratifiedBlocks
)
"""A procedure of which every stratum goes its own way."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Within:
    """One stratum: what is to be expected of it at every number of its participants."""

    reach: int  # the largest |imbalance|, in the ratio's unit
    laws: FloatArray  # (places, 2 reach + 1): of the imbalance, from -reach
    to_treatment: FloatArray  # the same, together with "the next is treated"
    by_step: pd.DataFrame


def stratified_properties(procedure: Stratified, codes: IntArray) -> ExactProperties:
    """
    Say what a stratified procedure does on average, by adding up the strata.

    Parameters
    ----------
    procedure
        The procedure, of two arms.
    codes
        Levels of the n participants, shape (n, factors); see `level_codes`.

    Returns
    -------
    ExactProperties
        Guesses are those of somebody who sees all strata and names the arm that is
        behind in the whole trial. The largest imbalance on the way depends on all
        strata together and is not had by adding up.
    """
    stratum = strata_of(codes)
    place = _places(stratum)
    within = _within(procedure, int(place.max()) + 1)
    laws = [
        _judge(within, now, others)
        for now, others in zip(place, _others(within, stratum), strict=True)
    ]
    columns = _columns(within, place, np.array([before for before, _ in laws]))
    unit = unit_of(ratio_of(procedure))
    columns.update(_apart([after for _, after in laws], unit))
    last = laws[-1][1]
    return ExactProperties(
        procedure=procedure,
        n=len(codes),
        imbalance=in_ratio(_values(last), last, unit),
        maximum_imbalance=None,
        by_step=pd.DataFrame(
            {"step": np.arange(1, len(codes) + 1)}
            | {name: columns[name] for name in (*AFTER, *BEFORE)}
        ),
        method=f"sum of {stratum.max() + 1:,} independent strata",
        seen_by=_seen_by(procedure),
        not_estimable="expected_maximum_imbalance: it depends on all strata "
        "together; simulate_balance estimates it",
    )


def _places(stratum: IntArray) -> IntArray:
    """How many of the same stratum came before each participant."""
    before = pd.Series(stratum).groupby(stratum).cumcount()
    return np.asarray(before, dtype=np.int64)


def _seen_by(procedure: Stratified) -> str:
    """Say whose probabilities are meant."""
    sizes = getattr(procedure, "block_sizes", ())
    what = "drawn block sizes" if len(sizes) > 1 else "procedure"
    return f"one who knows the {what} and all earlier arms"


def _chain_within(procedure: Stratified, n: int) -> Chain:
    """Follow one stratum of up to n participants."""
    if isinstance(procedure, StratifiedBiasedCoin):
        return two_arm_chain(EfronBiasedCoin(procedure.p), n)
    if isinstance(procedure, AdjustableCovariateBiasedCoin):
        return two_arm_chain(AdjustableBiasedCoin(procedure.a), n)
    inside = procedure.within
    if isinstance(inside, PermutedBlocks):
        return block_chain(inside, n)
    return random_block_chain(inside, n)


def _within(procedure: Stratified, n: int) -> _Within:
    """Say what is to be expected of one stratum of up to n participants."""
    chain = _chain_within(procedure, n)
    reach = int(np.abs(imbalance_of(chain.scaled)).max())
    return _Within(
        reach=reach,
        laws=_laws(chain, chain.law, n, reach),
        to_treatment=_laws(chain, chain.law * chain.probabilities[0], n, reach),
        by_step=by_step(chain),
    )


def _laws(chain: Chain, weights: FloatArray, n: int, reach: int) -> FloatArray:
    """Add up weights of the states by step and imbalance."""
    width = 2 * reach + 1
    cell = chain.step * width + imbalance_of(chain.scaled) + reach
    sums = np.bincount(cell, weights=weights, minlength=(n + 1) * width)
    return np.asarray(sums.reshape(n + 1, width), dtype=np.float64)


def _others(within: _Within, stratum: IntArray) -> list[FloatArray]:
    """Law of the summed imbalance of all other strata, before each participant."""
    allocated = np.zeros(int(stratum.max()) + 1, dtype=np.int64)
    laws = []
    for own in stratum:
        law = np.ones(1)
        for other, n_there in enumerate(allocated):
            if other != own and within.laws[n_there].max() < 1:
                law = np.convolve(law, within.laws[n_there])
        laws.append(law)
        allocated[own] += 1
    return laws


def _judge(
    within: _Within, place: int, others: FloatArray
) -> tuple[tuple[float, float], FloatArray]:
    """Chance of both guesses before an allocation, and the law of D after it."""
    treated = np.convolve(others, within.to_treatment[place])
    any_arm = np.convolve(others, within.laws[place])
    sign = np.sign(_values(any_arm))
    # Behind: treatment is right; ahead: control is; level: one half either way.
    right = treated * (sign < 0) + (any_arm - treated) * (sign > 0)
    level = any_arm[sign == 0].sum() / 2
    wrong = treated * (sign > 0) + (any_arm - treated) * (sign < 0)
    guesses = float(right.sum() + level), float(wrong.sum() + level)
    return guesses, np.convolve(others, within.laws[place + 1])


def _values(law: FloatArray) -> IntArray:
    """Name the imbalances a law's entries belong to: it is centred on 0."""
    reach = len(law) // 2
    return np.arange(-reach, reach + 1)


def _columns(
    within: _Within, place: IntArray, guesses: FloatArray
) -> dict[str, FloatArray]:
    """Take what is asked before each allocation from the participant's own stratum."""
    own = {name: within.by_step[name].to_numpy()[place] for name in BEFORE[:3]}
    return own | dict(zip(BEFORE[3:], guesses.T, strict=True))


def _apart(laws: list[FloatArray], unit: int) -> dict[str, FloatArray]:
    """Average the distance of the arms after each allocation."""
    means = np.array([np.array(distance(_values(law), unit)) @ law for law in laws])
    return dict(zip(AFTER, means.T, strict=True))
