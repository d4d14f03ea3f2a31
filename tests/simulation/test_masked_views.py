"""No column of a masked file predicts the arm under the null, and a leak is found."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from steps_analysis.protocol import load_protocol
from steps_analysis.simulation import (
    WORLD,
    World,
    arm_contrasts,
    arm_leaks,
    draw_trial,
    masked_summaries,
)
from steps_analysis.simulation.masked_views import mean_contrasts
from steps_analysis.trial_data import ROLE_TABLES, TrialData

PROTOCOL = load_protocol()


def _worlds(n_trials: int, world: World = WORLD, n: int = 40) -> Iterator[TrialData]:
    for i in range(n_trials):
        yield draw_trial(PROTOCOL, "null", n=n, trial=i, world=world, seed=31)


def test_summaries_by_hand() -> None:
    people = pd.DataFrame(
        {
            "participant_id": ["P1", "P2"],
            "site": ["Southwark", "Borough A"],
            "randomisation_date": pd.to_datetime(["2014-01-01", "2014-02-01"]),
        }
    )
    events = pd.DataFrame(
        {
            "participant_id": ["P2", "P2"],
            "event": ["placement", "moved"],
            "event_date": pd.to_datetime(["2014-02-11", "2014-02-21"]),
        }
    )
    sites = pd.DataFrame(
        {"site": ["Borough A", "Southwark"], "therapists": pd.array([2, 1], "Int64")}
    )
    trial = TrialData(
        protocol=PROTOCOL,
        extract_date=date(2016, 1, 1),
        provenance="synthetic",
        sites=sites,
        participants=people,
        events=events,
    )
    found = masked_summaries(trial)
    assert found["events rows"].tolist() == [0, 2]
    assert found["events.event placement"].tolist() == [0, 1]
    assert found["events.event_date value"].tolist() == [0, 15]  # days 10 and 20
    assert found["events[moved].event_date value"].tolist() == [0, 20]
    assert found["participants.participant_id value"].tolist() == [1, 2]
    assert found["sites.therapists value"].tolist() == [1, 2]


def test_every_column_of_every_masked_file_is_summarised() -> None:
    trial = next(_worlds(1))
    found = masked_summaries(trial)
    names = set(found.columns)
    for table in ROLE_TABLES["masked_statistician"]:
        for column in getattr(trial, table).columns:
            assert f"{table}.{column} filled" in names
            more = [one for one in names if one.startswith(f"{table}.{column} ")]
            filled = found[f"{table}.{column} filled"].any()
            assert len(more) > 1 or not filled, (table, column)


def test_a_contrast_has_the_permutation_variance() -> None:
    # All 20 allocations of 3 of 6: the contrast's variance is (n - 1) / n' exactly 1.
    from itertools import combinations

    values = pd.DataFrame({"x": [1.0, 4.0, 2.0, 8.0, 5.0, 7.0]})
    every = []
    for chosen in combinations(range(6), 3):
        treated = np.isin(np.arange(6), chosen)
        every.append(arm_contrasts(values, treated)["x"])
    assert np.mean(every) == pytest.approx(0, abs=1e-12)
    assert np.var(every) == pytest.approx(1, rel=1e-12)


def test_one_arm_has_no_contrast() -> None:
    assert arm_contrasts(pd.DataFrame({"x": [1.0, 2.0]}), np.array([True, True])).empty


def test_rare_summaries_are_left_out() -> None:
    some = [pd.Series({"x": float(i)}) for i in range(29)]
    assert mean_contrasts(some).empty
    assert len(mean_contrasts([*some, pd.Series({"x": 1.0})])) == 1


def _assert_no_leak(found: pd.DataFrame) -> None:
    """Ask that the smallest p-value survives Bonferroni at 1 %, and the rest spread."""
    smallest = found["p_value"].iloc[0]
    assert smallest * len(found) > 0.01, found.head().to_string()
    # one in twenty below .05; summaries are correlated, so allow three times as many
    assert (found["p_value"] < 0.05).mean() < 0.15


def test_no_column_predicts_the_arm_in_60_null_worlds() -> None:
    """As many worlds as find a watched arm below; ./run verify asks 1,000."""
    found = arm_leaks(_worlds(60))
    assert len(found) > 150
    _assert_no_leak(found)


@pytest.mark.slow
def test_no_column_predicts_the_arm_in_1000_null_worlds() -> None:
    found = arm_leaks(_worlds(1000, n=80))
    assert len(found) > 200
    _assert_no_leak(found)


def test_a_detection_bias_is_found_by_the_same_check() -> None:
    watched = replace(WORLD, detection_ratio=3.0)
    found = arm_leaks(_worlds(60, watched))
    assert found["p_value"].iloc[0] * len(found) < 1e-4
    leaking = found.index[found["p_value"] * len(found) < 0.01]
    assert "events.event reported_harm" in leaking
    assert found.loc["events.event reported_harm", "mean_z"] > 0
    assert all(name.startswith("events") for name in leaking)
