"""How good are the methods for scores, at one visit, at three, or in clusters?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from steps_analysis.estimates import BoolArray, Estimate, FloatArray, IntArray
from steps_analysis.outcomes import ancova, gee, hedges_g, repeated_scores
from tools.which_method.answers import SCORE, intervals
from tools.which_method.cells import SIZES, Cell, Method
from tools.which_method.sampling import BATCH, Draw, Family

EFFECT = 0.5  # of the standard deviation of a score
_VISITS, _LOST = 3, 0.15  # visits, and the share lost before the last
_CLUSTER, _SHARED = 4, 0.1  # participants of a cluster, intraclass correlation
_SLOPE = 0.6  # correlation of baseline and later scores


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One trial: baseline and arm (n,), scores (n, visits), who was seen, clusters."""

    baseline: FloatArray
    arm: IntArray
    scores: FloatArray
    seen: BoolArray
    cluster: IntArray


def draw(which: Draw) -> list[Trial]:
    """Draw a batch of trials."""
    rng, n = which.rng(), which.cell.n
    cluster = np.arange(n) // _CLUSTER
    in_clusters = which.world == "clusters"
    arm = cluster % 2 if in_clusters else np.tile([0, 1], n // 2)
    effect = EFFECT * which.has_effect
    shared = _SHARED if in_clusters else 0.0

    def noise(*shape: int) -> FloatArray:
        """Draw numbers of mean 0 and variance 1, skewed where the cell says so."""
        if which.cell.value:
            return rng.exponential(size=shape) - 1
        return rng.standard_normal(shape)

    trials = []
    for _ in range(BATCH):
        baseline, lasting = noise(n), noise(n)
        rest = np.sqrt(0.5) * (lasting[:, None] + noise(n, _VISITS))
        own = _SLOPE * baseline[:, None] + np.sqrt(1 - _SLOPE**2) * rest
        common = rng.standard_normal(cluster[-1] + 1)[cluster][:, None]
        scores = np.sqrt(1 - shared) * own + np.sqrt(shared) * common
        lasts = np.where(rng.random(n) < _LOST, rng.integers(1, _VISITS, n), _VISITS)
        trials.append(
            Trial(
                baseline=baseline,
                arm=arm,
                scores=scores + effect * arm[:, None],
                seen=np.arange(_VISITS) < lasts[:, None],
                cluster=cluster,
            )
        )
    return trials


def truths(_: Cell) -> dict[str, float]:
    """Give the true effect, the same on every scale: the variance is 1."""
    return {"difference": EFFECT}


def _ancova(trial: Trial, *, variance: str) -> Estimate:
    return ancova(trial.scores[:, 0], trial.baseline, trial.arm, variance=variance)  # type: ignore[arg-type]  # one of its names


def _hedges(trial: Trial) -> Estimate:
    return hedges_g(trial.scores[:, 0], trial.arm)


def _repeated(trial: Trial) -> Estimate:
    who, visit = np.nonzero(trial.seen)
    fit = repeated_scores(
        trial.scores[who, visit],
        visit,
        trial.arm[who],
        who,
        baseline=trial.baseline[who],
    )
    last: Estimate = fit.differences[_VISITS - 1]
    return last


def _gee(trial: Trial, *, correction: str) -> Estimate:
    fit = gee(
        trial.scores[:, 0],
        trial.arm[:, None].astype(np.float64),
        trial.cluster,
        family="gaussian",
        correction=correction,  # type: ignore[arg-type]  # one of its names
    )
    return fit.coefficient("column 1")


def _method(
    name: str, question: str, analyse: Callable[[Trial], Estimate], **options: Any
) -> Method:
    return Method(
        name=name,
        question=f"{question}: interval",
        analyse=intervals(analyse),
        scale=SCORE,
        truth="difference",
        **options,
    )


def scores() -> Family:
    """Give the family: scores."""
    one = "Difference of scores"
    corrections = ("none", "kauermann-carroll", "mancl-derouen")
    return Family(
        title="Scores",
        model="Scores of variance 1 that correlate 0.6 with baseline, normal or skewed "
        "(exponential); treatment adds half a standard deviation. The mixed model for "
        "repeated measures sees three visits (15 % are lost before the last) and "
        "speaks of the last; estimating equations meet allocated clusters of four "
        "participants (intraclass correlation 0.1): 20 participants are five clusters.",
        cells=tuple(
            Cell(n=n, at=at, value=skewed)
            for n in SIZES
            for at, skewed in (("normal", 0.0), ("skewed", 1.0))
        ),
        draw=draw,
        truths=truths,
        methods=(
            *(
                _method(
                    f"analysis of covariance, {variance}",
                    one,
                    partial(_ancova, variance=variance),
                )
                for variance in ("hc3", "classical")
            ),
            _method("Hedges' g", "Standardised difference", _hedges, most=2000),
            _method(
                "mixed model, Kenward-Roger",
                "Difference at the last visit",
                _repeated,
                most=1000,
                sizes=(20, 40, 80),
            ),
            *(
                _method(
                    f"estimating equations, {correction}",
                    "Difference between clusters",
                    partial(_gee, correction=correction),
                    world="clusters",
                    most=1000,
                    sizes=(20, 40),
                )
                for correction in corrections
            ),
        ),
    )
