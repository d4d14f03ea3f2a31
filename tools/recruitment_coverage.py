"""Whether a forecast of recruitment keeps what it promises, over drawn trials.

A trial's sites open one after another and recruit at rates of their own. Part of the
way through it is forecast how many will have been recruited at the end, when the target
is reached, and how likely it is by the end; then the rest of the trial is drawn.
"""

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from steps_analysis.referrals.recruitment.future_counts import (
    count_quantiles,
    probability_of,
)
from steps_analysis.referrals.recruitment.likelihood import Counts
from steps_analysis.referrals.recruitment.plausible_rates import (
    PlausibleRates,
    integrated_rates,
    likeliest_rates,
)

FloatArray = npt.NDArray[np.float64]

MONTHS = 30.0
LOOKS = {"a third of the way": 10.0, "half way": 15.0}
LEVELS = (0.8, 0.95)
BINS = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0)
WAYS: dict[str, Callable[[Counts], PlausibleRates]] = {
    "integrated": integrated_rates,
    "plug-in": likeliest_rates,
}
STAGGERED = (0.0,) * 2 + (4.0,) * 4 + (8.0,) * 4 + (12.0,) * 4  # months
WORKERS = 2
LONGEST = 1_000.0  # months; no drawn trial waits so long for its target


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """How the trials of one row of the table are drawn."""

    name: str
    expected: int = 80  # and the target
    variation: float = 0.5
    opens: tuple[float, ...] = STAGGERED
    law: str = "gamma"
    later: float = 1.0  # what the rates are multiplied by after the forecast
    kinds: bool = False  # each trial has a mean rate and a variation of its own

    @property
    def mean_rate(self) -> float:
        """Rate at which so many are expected in all, were nothing to change."""
        return self.expected / float((MONTHS - np.array(self.opens)).sum())


SETTINGS = (
    Setting(name="14 sites, alike", variation=0.0),
    Setting(name="14 sites, variation 0.5"),
    Setting(name="14 sites, variation 1", variation=1.0),
    Setting(name="14 sites, half as many recruits", expected=40),
    Setting(name="5 sites, all open from the start", opens=(0.0,) * 5),
    Setting(name="5 sites, one after another", opens=(0.0, 3.0, 6.0, 9.0, 12.0)),
    Setting(name="14 sites, rates log-normal", law="log-normal"),
    Setting(name="14 sites, rates fall by a quarter after the forecast", later=0.75),
    Setting(name="14 sites, trials of many kinds", kinds=True),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """One trial: what is known at the forecast, and what came of it."""

    opens: FloatArray  # months after the forecast, below 0 where open already
    counts: Counts
    remaining: int
    more_by_end: int
    months_to_target: float

    def ahead(self, months: float) -> FloatArray:
        """For how long each site will recruit in the months to come."""
        return np.clip(months - np.maximum(self.opens, 0), 0, None)


def site_rates(setting: Setting, rng: np.random.Generator) -> FloatArray:
    """Draw the rate of every site."""
    n, mean, variation = len(setting.opens), setting.mean_rate, setting.variation
    if setting.kinds:  # half to twice the planned rate; sites alike to very different
        mean, variation = mean * 2 ** rng.uniform(-1, 1), rng.uniform(0.05, 1.2)
    if not variation:
        return np.full(n, mean)
    if setting.law == "log-normal":
        spread = np.sqrt(np.log1p(variation**2))
        return mean * np.exp(rng.normal(-(spread**2) / 2, spread, n))
    return rng.gamma(1 / variation**2, mean * variation**2, n)


def draw(setting: Setting, look: float, rng: np.random.Generator) -> Drawn:
    """Draw one trial with its recruits before and after the forecast."""
    opens, rates = np.array(setting.opens) - look, site_rates(setting, rng)
    months = np.maximum(-opens, 0)
    recruited = rng.poisson(rates * months).astype(np.float64)
    remaining = setting.expected - int(recruited.sum())
    # The k-th recruit comes where the sites' rates have added up to k exponentials.
    arrivals = rng.exponential(size=1_000).cumsum()
    knots = np.array([*sorted({0.0, *opens[opens > 0]}), LONGEST])
    ahead = np.clip(knots[:, None] - np.maximum(opens, 0), 0, None)
    grown = ahead @ (rates * setting.later)
    by_end = np.interp(MONTHS - look, knots, grown)
    waited = np.interp(arrivals[remaining - 1], grown, knots) if remaining > 0 else 0.0
    return Drawn(
        opens=opens,
        counts=Counts(recruited=recruited, months=months),
        remaining=remaining,
        more_by_end=int(np.searchsorted(arrivals, by_end)),
        months_to_target=float(waited),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What one forecast said of one trial, and whether it came true."""

    count_inside: tuple[bool, ...]  # by level
    count_below: tuple[bool, ...]
    time_inside: tuple[bool, ...]
    width: tuple[float, ...]
    probability: float
    reached: bool


def judge(drawn: Drawn, rates: PlausibleRates, rest: float) -> Judged:
    """Hold one forecast against what came of its trial."""
    ahead = drawn.ahead(rest)
    tails = np.array([(1 - level) / 2 for level in LEVELS])
    ends = count_quantiles(rates, ahead, np.concatenate([tails, 1 - tails]))
    lower, upper = ends[: len(LEVELS)], ends[len(LEVELS) :]
    more = drawn.more_by_end
    # The target is reached by then with a probability of u: u is uniform if all is
    # well, and outside the tails where the interval of the months misses.
    waited = drawn.ahead(drawn.months_to_target)
    u = probability_of(rates, waited, drawn.remaining)
    is_over = drawn.remaining <= 0
    return Judged(
        count_inside=tuple((lower <= more) & (more <= upper)),
        count_below=tuple(more < lower),
        time_inside=tuple(is_over | ((tails <= u) & (u <= 1 - tails))),
        width=tuple(upper - lower),
        probability=probability_of(rates, ahead, drawn.remaining),
        reached=more >= drawn.remaining,
    )


def judged(
    setting: Setting, look: float, way: str, n_trials: int, seed: int
) -> list[Judged]:
    """Draw trials and judge the forecast of each; every trial has its own stream."""
    found = []
    for trial in range(n_trials):
        key = (SETTINGS.index(setting), int(look), trial)
        rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))
        drawn = draw(setting, look, rng)
        found.append(judge(drawn, WAYS[way](drawn.counts), MONTHS - look))
    return found


def row(
    setting: Setting, look: str, way: str, n_trials: int, seed: int
) -> dict[str, Any]:
    """Give one row of the table."""
    trials = judged(setting, LOOKS[look], way, n_trials, seed)
    by_level = {}
    for i, level in enumerate(LEVELS):
        by_level[f"{100 * level:g} %"] = {
            "recruited by the end": _share([one.count_inside[i] for one in trials]),
            "fewer than the interval": _share([one.count_below[i] for one in trials]),
            "months to the target": _share([one.time_inside[i] for one in trials]),
            "mean width": round(float(np.mean([one.width[i] for one in trials])), 1),
        }
    said = np.array([one.probability for one in trials])
    came = np.array([one.reached for one in trials])
    return {
        "setting": setting.name,
        "forecast": look,
        "parameters": way,
        "coverage": by_level,
        "probability of the target": _calibrated(said, came),
        "Brier score": round(float(np.mean((said - came) ** 2)), 4),
    }


def _share(values: list[bool]) -> float:
    return round(float(np.mean(values)), 4)


def _calibrated(said: FloatArray, came: npt.NDArray[np.bool_]) -> list[dict[str, Any]]:
    """Set what was said beside what came, by bands of probability."""
    band = np.clip(np.searchsorted(BINS, said, side="right") - 1, 0, len(BINS) - 2)
    rows = []
    for i in range(len(BINS) - 1):
        here = band == i
        n = int(here.sum())
        rows.append(
            {
                "from": BINS[i],
                "to": BINS[i + 1],
                "trials": n,
                "said": round(float(said[here].mean()), 4) if n else None,
                "came true": round(float(came[here].mean()), 4) if n else None,
            }
        )
    return rows


def recruitment(n_trials: int, seed: int) -> dict[str, Any]:
    """Measure every setting, at every look, in both ways."""
    cells = [
        (setting, look, way, n_trials, seed)
        for setting in SETTINGS
        for look in LOOKS
        for way in WAYS
    ]
    with ProcessPoolExecutor(WORKERS) as workers:
        rows = workers.map(row, *zip(*cells, strict=True))
    return {
        "question": "Does a forecast of recruitment keep what it promises?",
        "trials": n_trials,
        "seed": seed,
        "months": MONTHS,
        "rows": list(rows),
    }
