"""The proof about drawn trials: a sample of it, and that it finds a fault."""

from dataclasses import replace

import pandas as pd
import pytest

from tools.drawn_trials import (
    PROTOCOLS,
    SIZES,
    design,
    drawn,
    fault_of,
    judged,
    summary,
)

N_DESIGNS = 90  # three protocols, five scenarios, six sizes
STEP = 13  # coprime to it


@pytest.fixture(scope="module")
def trial():
    return drawn(SIZES.index(20))


def without_first(table):
    return table.iloc[1:].reset_index(drop=True)


def test_the_designs_are_all_met():
    designs = [design(i) for i in range(N_DESIGNS)]
    assert len(set(designs)) == N_DESIGNS
    assert {name for name, *_ in designs} == set(PROTOCOLS)
    assert {n for _, _, n, _ in designs} == set(SIZES)
    assert design(N_DESIGNS) == (*designs[0][:3], 1)


@pytest.mark.parametrize("i", range(0, 12 * STEP, STEP))
def test_a_sample_has_no_fault(i):
    verdict = judged(i)
    assert verdict.fault is None
    assert 1 <= verdict.families <= design(i)[2]


def test_a_trial_that_breaks_the_contract_is_found(trial):
    broken = replace(trial, allocation=without_first(trial.allocation))
    assert fault_of(broken).startswith("refused: 1 problem in 1 file\nparticipants.csv")


def test_a_trial_that_reads_back_otherwise_is_found(trial):
    late = trial.visits.astype({"due_date": "datetime64[s]"})
    assert fault_of(replace(trial, visits=late)).startswith("read back otherwise")


def test_a_flow_that_does_not_add_up_is_found(trial, monkeypatch):
    nobody = pd.DataFrame({"participant_id": [], "status": [], "reason": []})
    monkeypatch.setattr(
        "steps_analysis.outcomes.analysis_status", lambda trial, code: nobody
    )
    assert fault_of(trial).startswith("flow: the flow does not add up")


def test_faults_are_counted():
    verdicts = [judged(0), replace(judged(0), fault="refused: a"), judged(1)]
    found = summary(verdicts)
    assert (found["trials"], found["families"]) == (3, 4)
    assert found["trials with a fault"] == 1
    assert found["faults"] == {"refused: a": 1}
