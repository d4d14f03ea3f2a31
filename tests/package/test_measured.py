"""What ./run verify measured is not older than the code it speaks of."""

import json

import pytest

from tools.drawn_trials import TRIALS
from tools.measured import MEASURED, PROOFS, stale


@pytest.mark.parametrize("name", PROOFS)
def test_a_measured_file_is_as_new_as_its_code(name):
    assert stale(name) is None


def test_every_measured_file_has_its_proof():
    assert {path.stem for path in MEASURED.glob("*.json")} == set(PROOFS)


def test_thousands_of_drawn_trials_keep_the_contract_and_add_up():
    found = json.loads((MEASURED / "drawn_trials.json").read_text())["found"]
    assert found["trials"] == TRIALS >= 10_000
    assert found["trials with a fault"] == 0
    assert not found["faults"]


def test_no_masked_column_predicts_the_arm_over_a_thousand_worlds():
    found = json.loads((MEASURED / "masked_columns.json").read_text())["found"]
    assert found["null"]["worlds"] == 1000
    assert found["null"]["smallest p-value times summaries"] > 0.01
    watched = found["one arm watched three times as closely"]
    assert watched["found first"].startswith("events")
    assert watched["its p-value times summaries"] < 1e-4
