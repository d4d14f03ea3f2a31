"""What no checker can see gets a report all the same, or a refusal of our own.

Cells emptied, valid values turned into other valid ones, rows, columns and whole tables
lost: where the changed folder is accepted, its evaluation ends in no traceback.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from steps_analysis.errors import StepsError
from steps_analysis.evaluation import evaluate
from steps_analysis.protocol import load_protocol
from steps_analysis.reporting.write import report_files
from steps_analysis.simulation import draw_trial
from steps_analysis.trial_data import (
    NEEDED_TABLES,
    ContractError,
    contract_for,
    read_trial,
    write_trial,
)

SMALL = Path(__file__).parents[1] / "protocol" / "small.toml"
N_SAMPLED, N_CHANGED, SEED = 6, 200, 7


def chosen(trial, rng, wanted=lambda rule, field: True):
    """Choose a table and a field of it; None where none is wanted."""
    fields = [
        (rule, field)
        for rule in contract_for(trial.protocol)
        for field in rule.fields
        if getattr(trial, rule.name) is not None
        and field.name in getattr(trial, rule.name)
        and wanted(rule, field)
    ]
    return fields[rng.integers(len(fields))] if fields else None


def with_cells(trial, rng, wanted, value):
    """Give some rows of a chosen column another value."""
    found = chosen(trial, rng, wanted)
    if found is None:
        return trial
    rule, field = found
    table = getattr(trial, rule.name).copy()
    rows = rng.random(len(table)) < rng.choice([0.1, 0.5, 1])
    table.loc[rows, field.name] = value(table, field)
    return replace(trial, **{rule.name: table})


def emptied(trial, rng):
    def optional(rule, field):
        return not field.required

    return with_cells(trial, rng, optional, lambda table, field: None)


def of_another_code(trial, rng):
    def code(table, field):
        return field.codes[rng.integers(len(field.codes))]

    return with_cells(trial, rng, lambda rule, f: f.codes and f.target is None, code)


def flipped(trial, rng):
    def flip(table, field):
        return bool(rng.integers(2))

    return with_cells(trial, rng, lambda rule, field: field.kind == "yes_no", flip)


def at_a_limit(trial, rng):
    def limit(table, field):
        limits = [v for v in (field.minimum, field.maximum) if v is not None]
        return limits[rng.integers(len(limits))]

    def limited(rule, field):
        return field.kind in ("whole", "number") and field.minimum is not None

    return with_cells(trial, rng, limited, limit)


def on_one_day(trial, rng):
    def day(table, field):
        known = table[field.name].dropna()
        return known.iloc[rng.integers(len(known))] if len(known) else pd.NaT

    return with_cells(trial, rng, lambda rule, field: field.kind == "date", day)


def column_lost(trial, rng):
    found = chosen(trial, rng, lambda rule, field: not field.required)
    rule, field = found
    table = getattr(trial, rule.name).drop(columns=field.name)
    return replace(trial, **{rule.name: table})


def table_lost(trial, rng):
    rule, _ = chosen(trial, rng)
    return trial if rule.name in NEEDED_TABLES else replace(trial, **{rule.name: None})


def rows_lost(trial, rng):
    rule, _ = chosen(trial, rng)
    table = getattr(trial, rule.name)
    kept = rng.random(len(table)) < rng.choice([0, 0.5, 0.9])
    return replace(trial, **{rule.name: table[kept].reset_index(drop=True)})


CHANGES = (
    emptied,
    of_another_code,
    flipped,
    at_a_limit,
    on_one_day,
    column_lost,
    table_lost,
    rows_lost,
)


@pytest.fixture(scope="module")
def sound():
    """Trials to change: tiny, small and of another design."""
    return [
        draw_trial(load_protocol(), "null", n=12, seed=1),
        draw_trial(load_protocol(SMALL), "harm", n=9, seed=1),
        draw_trial(load_protocol(SMALL), "null", n=1, seed=1),
    ]


def survives(sound, i, folder):
    """Change a trial; say whether it was accepted and what became of its evaluation."""
    rng = np.random.default_rng([SEED, i])
    changed = sound[i % len(sound)]
    for place in rng.integers(len(CHANGES), size=rng.integers(1, 4)):
        changed = CHANGES[place](changed, rng)
    write_trial(changed, folder)
    try:
        accepted = read_trial(folder)
    except ContractError:
        return "refused"
    try:
        assert report_files(evaluate(accepted).document)
    except StepsError:
        return "refused by the evaluation"
    return "reported"


@pytest.mark.parametrize("i", range(N_SAMPLED))
def test_a_sample_of_unseen_changes_ends_well(sound, tmp_path, i):
    survives(sound, i, tmp_path / "data")


@pytest.mark.slow
def test_unseen_changes_end_well_and_mostly_in_a_report(sound, tmp_path):
    ends = [survives(sound, i, tmp_path / f"{i}") for i in range(N_CHANGED)]
    assert ends.count("reported") > N_CHANGED / 4
    assert ends.count("reported") > 10 * ends.count("refused by the evaluation")
