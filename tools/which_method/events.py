"""How good are the methods for events that repeat?

Each participant's rate varies as a gamma distribution with mean 1; one in ten is lost.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from steps_analysis.estimates import (
    BoolArray,
    Estimate,
    FloatArray,
    IntArray,
    TestResult,
)
from steps_analysis.outcomes import (
    count_rate_ratio,
    exact_rate_ratio,
    mean_cumulative_difference_at,
    mean_cumulative_test,
    recurrent_rate_ratio,
)
from tools.which_method.answers import RATIO, SCORE, intervals, p_values
from tools.which_method.cells import SIZES, Cell, Method
from tools.which_method.sampling import BATCH, Draw, Family
from tools.which_method.survival import LOST

MEANS = (0.05, 0.2, 1.0)
DISPERSION = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One trial: arms and ends of follow-up (n,), and whose events came when."""

    arm: IntArray
    end: FloatArray
    who: IntArray
    when: FloatArray

    @property
    def counts(self) -> IntArray:
        """Give the events of each participant."""
        return np.bincount(self.who, minlength=len(self.arm))

    def spells(self) -> tuple[FloatArray, FloatArray, BoolArray, IntArray, IntArray]:
        """Give entry, time, event, participant and arm of each spell between events."""
        who = np.concatenate([self.who, np.arange(len(self.arm))])
        time = np.concatenate([self.when, self.end])
        event = np.arange(len(who)) < len(self.who)
        order = np.lexsort((time, who))
        who, time, event = who[order], time[order], event[order]
        first = np.diff(who, prepend=-1) > 0
        entry = np.where(first, 0.0, np.roll(time, 1))
        return entry, time, event, who, self.arm[who]


def draw(which: Draw) -> list[Trial]:
    """Draw a batch of trials."""
    rng, n = which.rng(), which.cell.n
    arm = np.tile([0, 1], n // 2)
    mean = which.cell.value * np.where((arm == 1) & which.has_effect, 0.5, 1.0)
    trials = []
    for _ in range(BATCH):
        end = np.minimum(rng.exponential(size=n) / LOST, 1.0)
        rate = mean * rng.gamma(1 / DISPERSION, DISPERSION, n)
        counts = rng.poisson(rate * end)
        who = np.repeat(np.arange(n), counts)
        when = end[who] * rng.random(len(who))
        trials.append(Trial(arm=arm, end=end, who=who, when=when))
    return trials


def truths(cell: Cell) -> dict[str, float]:
    """Give the true effects where treatment halves the mean."""
    return {"ratio": 0.5, "difference": -cell.value / 2}


def _counted(**options: Any) -> Callable[[Trial], Estimate]:
    return lambda t: count_rate_ratio(t.counts, t.end, t.arm, **options)


def _exact(trial: Trial) -> Estimate:
    treated = trial.arm == 1
    return exact_rate_ratio(
        int(trial.counts[treated].sum()),
        float(trial.end[treated].sum()),
        int(trial.counts[~treated].sum()),
        float(trial.end[~treated].sum()),
    )


def _andersen_gill(trial: Trial) -> Estimate:
    entry, time, event, who, arm = trial.spells()
    fit = recurrent_rate_ratio(entry, time, event, who, arm[:, None].astype(np.float64))
    return fit.rate_ratio("column 1")


def _mean_test(trial: Trial) -> TestResult:
    return mean_cumulative_test(*trial.spells())


def _mean_difference(trial: Trial) -> Estimate:
    return mean_cumulative_difference_at(*trial.spells(), at=1.0)


def repeated_events() -> Family:
    """Give the family: events that repeat."""
    ratio = "Rate ratio: interval"
    rates: tuple[tuple[str, Callable[[Trial], Estimate], int], ...] = (
        ("negative binomial", _counted(model="negative-binomial"), 2000),
        ("Poisson, HC0", _counted(model="poisson", variance="hc0"), 4000),
        ("Poisson, HC3", _counted(model="poisson", variance="hc3"), 4000),
        ("quasi-Poisson", _counted(model="quasi-poisson"), 2000),
        ("exact Poisson, totals", _exact, 4000),
        ("Andersen-Gill, robust", _andersen_gill, 500),
    )
    return Family(
        title="Events that repeat",
        model="Poisson events by the horizon, their mean stated; rates vary between "
        f"participants as a gamma distribution (variance m + {DISPERSION:g} m²); one "
        "in ten is lost. Treatment halves the rate.",
        cells=tuple(
            Cell(n=n, at=f"mean {mean:g}", value=mean) for n in SIZES for mean in MEANS
        ),
        draw=draw,
        truths=truths,
        methods=(
            *(
                Method(
                    name=name,
                    question=ratio,
                    analyse=intervals(analyse),
                    scale=RATIO,
                    truth="ratio",
                    most=most,
                )
                for name, analyse, most in rates
            ),
            Method(
                name="mean cumulative function",
                question="Difference of mean numbers: interval",
                analyse=intervals(_mean_difference),
                scale=SCORE,
                truth="difference",
                most=1000,
            ),
            Method(
                name="mean cumulative function, pseudo-score",
                question="Repeated events: test",
                analyse=p_values(_mean_test),
                most=2000,
            ),
        ),
    )
