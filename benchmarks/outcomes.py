"""
Analyses of one trial, of thousands, and of a million rows.

Beside lifelines and statsmodels on the same data, after checking that they agree, and
beside R's survival package where R is there. On one core.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from time import perf_counter

import in_r
import numpy as np
import pandas as pd
from lifelines import AalenJohansenFitter, CoxPHFitter, KaplanMeierFitter
from lifelines.datasets import load_rossi
from lifelines.statistics import logrank_test
from measuring import Row, alone, compare, peak_memory, seconds, show
from statsmodels.duration.hazard_regression import PHReg
from statsmodels.duration.survfunc import CumIncidenceRight, SurvfuncRight, survdiff

from steps_analysis.outcomes import (
    analyse_trials,
    cox,
    cumulative_incidence,
    kaplan_meier,
    log_rank,
    permutation_log_rank,
    spells,
    survival_difference,
)
from steps_analysis.trial_data import TrialData, read_trial

N, N_TRIALS, FEWER, REPEATS = 200, 10_000, 10, 7
HORIZON, CENSORED = 365.0, 609
PLANNED = Path(__file__).parents[1] / "data" / "synthetic" / "planned"
Trials = tuple[np.ndarray, np.ndarray, np.ndarray]


def trials(n_trials: int, n: int) -> Trials:
    """Draw times in whole days, so that there are ties; events; arms."""
    rng = np.random.default_rng(1)
    halves = np.tile(np.arange(n, dtype=np.int8) % 2, (n_trials, 1))
    arm = rng.permuted(halves, axis=1)
    time = np.ceil(rng.exponential(900 / np.exp(0.3 * arm)))
    return np.minimum(time, CENSORED), time <= CENSORED, arm


def one_at_a_time(time: np.ndarray, event: np.ndarray, arm: np.ndarray) -> list[float]:
    """Analyse a trial by our functions for one trial."""
    gap = survival_difference(time, event, arm, at=HORIZON, reference=0)
    coefficient = cox(time, event, arm).coefficients[0]
    return [log_rank(time, event, arm).statistic, coefficient, -gap.value]


def by_lifelines(time: np.ndarray, event: np.ndarray, arm: np.ndarray) -> list[float]:
    """Analyse a trial by lifelines."""
    table = pd.DataFrame({"time": time, "event": event, "arm": arm})
    fit = CoxPHFitter().fit(table, "time", "event")
    own = [arm == 1, arm == 0]
    test = logrank_test(time[own[0]], time[own[1]], event[own[0]], event[own[1]])
    free = [KaplanMeierFitter().fit(time[a], event[a]).predict(HORIZON) for a in own]
    return [test.test_statistic, fit.params_.iloc[0], free[1] - free[0]]


def by_statsmodels(time: np.ndarray, event: np.ndarray, arm: np.ndarray) -> list[float]:
    """Analyse a trial by statsmodels."""
    fit = PHReg(time, arm[:, None].astype(float), status=event, ties="efron").fit()
    curves = [SurvfuncRight(time[arm == a], event[arm == a]) for a in (1, 0)]
    free = [c.surv_prob[np.sum(c.surv_times <= HORIZON) - 1] for c in curves]
    return [survdiff(time, event, arm)[0], fit.params[0], free[1] - free[0]]


def of_many_trials() -> list[Row]:
    """Time log-rank, Cox and risk difference of one trial among ten thousand."""
    time, event, arm = trials(N_TRIALS, N)

    def ours() -> object:
        return analyse_trials(time, event, arm, horizon=HORIZON)

    found = analyse_trials(time, event, arm, horizon=HORIZON)
    peers = {
        "our functions for one": one_at_a_time,
        "lifelines": by_lifelines,
        "statsmodels": by_statsmodels,
    }
    what = f"log-rank, Cox, risk difference, per trial of {N}"
    mine = compare(what, ours, {}, repeats=REPEATS)[0].ours / N_TRIALS
    rows = []
    for name, peer in peers.items():
        for i in range(FEWER):
            expected = [found.log_rank_z[i] ** 2, found.log_hazard_ratio[i]]
            expected.append(found.risk_difference[i])
            got = peer(time[i], event[i], arm[i])
            np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-6)
        theirs = per_trial(peer, (time, event, arm))
        rows.append(Row(what=what, ours=mine, peer=name, theirs=theirs))
    return rows


def per_trial(job: object, data: Trials) -> float:
    """Give the median time of a trial's analysis, a trial after the other."""
    taken = []
    for time, event, arm in zip(*(a[: 3 * FEWER] for a in data), strict=True):
        began = perf_counter()
        job(time, event, arm)  # type: ignore[operator]
        taken.append(perf_counter() - began)
    return float(np.median(taken))


def of_one_trial() -> list[Row]:
    """Time one Cox model and one log-rank test: lifelines' own data."""
    table = load_rossi()
    time, event = table["week"].to_numpy(), table["arrest"].to_numpy()
    covariates = table.drop(columns=["week", "arrest"])
    x, arm = covariates.to_numpy(float), table["fin"].to_numpy()

    def lifelines() -> np.ndarray:
        return CoxPHFitter().fit(table, "week", "arrest").params_.to_numpy()

    def statsmodels() -> np.ndarray:
        return np.asarray(PHReg(time, x, status=event, ties="efron").fit().params)

    def lifelines_test() -> float:
        own = arm == 1
        return float(
            logrank_test(time[own], time[~own], event[own], event[~own]).test_statistic
        )

    fits = {"lifelines": lifelines, "statsmodels": statsmodels}
    tests = {
        "lifelines": lifelines_test,
        "statsmodels": lambda: survdiff(time, event, arm)[0],
    }
    for fit in fits.values():
        np.testing.assert_allclose(fit(), cox(time, event, x).coefficients, rtol=1e-4)
    for test in tests.values():
        np.testing.assert_allclose(test(), log_rank(time, event, arm).statistic)
    what = "Cox model, 7 covariates, n = 432"
    rows = compare(what, lambda: cox(time, event, x), fits, repeats=REPEATS)
    job = partial(log_rank, time, event, arm)
    return rows + compare("log-rank test, n = 432", job, tests, repeats=REPEATS)


def of_permutations() -> list[Row]:
    """Time a permutation log-rank test of allocations that are there already."""
    (time,), (event,), (arm,) = trials(1, N)
    others = trials(100_000, N)[2]
    what = f"permutation log-rank, 100,000 allocations of {N}"
    job = partial(permutation_log_rank, time, event, arm, allocations=others)
    return compare(what, job, {}, repeats=3)


def of_rows(n: int) -> None:
    """Fit a Cox model with five covariates to many rows; print time and memory."""
    rng = np.random.default_rng(3)
    x = rng.normal(size=(n, 5))
    time = np.ceil(rng.exponential(900 / np.exp(0.2 * x[:, 0])))
    event, time = time <= CENSORED, np.minimum(time, CENSORED)
    began = perf_counter()
    fit = cox(time, event, x)
    taken = perf_counter() - began
    if not abs(fit.coefficients[0] - 0.2) < 6 * fit.standard_error[0]:
        raise SystemExit(f"far from what was drawn: {fit.coefficients}")
    print(taken, peak_memory())


def of_many_rows() -> tuple[list[Row], list[str]]:
    """Fit a Cox model to 100,000 rows and to a million, each in its own process."""
    rows, notes = [], []
    for n in (100_000, 1_000_000):
        what = f"Cox model, 5 covariates, {n:,} rows"
        taken, memory = alone(f"import outcomes; outcomes.of_rows({n})")
        rows.append(Row(what=what, ours=float(taken)))
        notes.append(f"{what}: {float(memory):,.0f} MB at its peak.")
    return rows, notes


def of_curves() -> list[Row]:
    """Time curves: Kaplan-Meier of a million, Aalen-Johansen where peers can follow."""
    (time,), (event,), _ = trials(1, 1_000_000)
    curve = kaplan_meier(time, event)
    theirs = SurvfuncRight(time, event)
    np.testing.assert_allclose(theirs.surv_prob, curve.value, rtol=1e-8)
    peers = {
        "lifelines": lambda: KaplanMeierFitter().fit(time, event),
        "statsmodels": lambda: SurvfuncRight(time, event),
    }
    job = partial(kaplan_meier, time, event)
    rows = compare("Kaplan-Meier, 1,000,000", job, peers, repeats=3)
    cause = np.where(event, 1 + (np.arange(len(time)) % 3 == 0), 0)
    for n, names in ((2_000, ["lifelines", "statsmodels"]), (1_000_000, [])):
        t, c = time[:n], cause[:n]
        jobs = {
            "lifelines": partial(by_aalen_johansen, t, c),
            "statsmodels": partial(CumIncidenceRight, t, c),
        }
        rows += compare(
            f"Aalen-Johansen, {n:,}",
            partial(cumulative_incidence, t, c),
            {name: jobs[name] for name in names},
            repeats=3,
        )
    return rows


def by_aalen_johansen(time: np.ndarray, cause: np.ndarray) -> object:
    """Have lifelines estimate an incidence; it moves tied times apart at random."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return AalenJohansenFitter(seed=1).fit(time, cause, event_of_interest=1)


def grown(trial: TrialData, n_copies: int) -> TrialData:
    """Copy a trial's participants with all that happened to them."""
    tables = {}
    for name in ("participants", "events", "visits"):
        table = trial.need(name)
        copies = [
            table.assign(participant_id=table["participant_id"] + f"-{i:05d}")
            for i in range(n_copies)
        ]
        tables[name] = pd.concat(copies, ignore_index=True)
    return replace(trial, **tables)  # type: ignore[arg-type]  # tables by name


def of_spells() -> list[Row]:
    """Time spells of the planned trial, and of one a thousand times its size."""
    trial, rows = read_trial(PLANNED), []
    for n_copies in (1, 1000):
        many = grown(trial, n_copies)
        n = len(many.need("participants"))
        for outcome in ("R1", "R3"):
            what = f"spells, {outcome}, {n:,} participants"
            rows += compare(what, partial(spells, many, outcome), {}, repeats=3)
    return rows


def beside_r(rows: list[Row]) -> tuple[list[Row], list[str]]:
    """Time R's survival package on data drawn likewise."""
    found, why_not = in_r.seconds_by_name("outcomes.R", N, 500)
    if why_not:
        return [], [f"R's survival: not timed ({why_not})."]
    ours = {row.what: row.ours for row in rows}
    many, single = rows[0].what, "Cox model, 7 covariates, n = 432"
    pairs = {
        "R coxph.fit + survdiff.fit": (many, ["coxph.fit", "survdiff.fit"]),
        "R coxph + survdiff": (many, ["coxph", "survdiff"]),
        "R coxph": (single, ["coxph, 7 covariates"]),
    }
    return [
        Row(what=what, ours=ours[what], peer=peer, theirs=sum(found[k] for k in parts))
        for peer, (what, parts) in pairs.items()
    ], []


def main() -> None:
    """Time all of it."""
    rows = of_many_trials() + of_one_trial()
    in_r_rows, notes = beside_r(rows)
    many_rows, memory = of_many_rows()
    rows += [*in_r_rows, *of_permutations(), *many_rows, *of_curves(), *of_spells()]
    show(
        f"Analyses; {N_TRIALS:,} trials of {N} with times in days",
        rows,
        [
            "All were checked to agree to a relative 1e-4 before they were timed.",
            f"Peers analyse {3 * FEWER} of the trials, one after the other.",
            f"All {N_TRIALS:,} trials take {seconds(rows[0].ours * N_TRIALS)}.",
            *notes,
            *memory,
        ],
    )


if __name__ == "__main__":
    main()
