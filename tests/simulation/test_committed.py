"""The two synthetic trials that are committed are what the package draws."""

from pathlib import Path

import pytest

from steps_analysis.errors import ArgumentError
from steps_analysis.simulation import PRESETS, committed, write_synthetic
from steps_analysis.trial_data import STAMP, check_trial, read_trial

DATA = Path(__file__).parents[2] / "data" / "synthetic"


@pytest.mark.parametrize("name", list(PRESETS))
def test_the_committed_data_have_not_drifted(name: str, tmp_path: Path) -> None:
    write_synthetic(committed(name), tmp_path / name)
    fresh = {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()}
    lying = {path.name: path.read_bytes() for path in (DATA / name).iterdir()}
    # The sealed plan is not drawn: tests/evaluation/test_sealed_plan.py reads it.
    assert lying.pop("analysis-plan.json")
    assert fresh == lying


@pytest.mark.parametrize(("name", "n"), [("planned", 80), ("achieved", 40)])
def test_the_committed_data_keep_the_contract(name: str, n: int) -> None:
    assert check_trial(DATA / name) == ()
    trial = read_trial(DATA / name)
    assert len(trial.need("participants")) == n
    assert trial.stamp == STAMP
    assert STAMP in (DATA / "README.md").read_text(encoding="utf-8")


def test_an_unknown_preset_is_refused() -> None:
    with pytest.raises(ArgumentError, match="did you mean 'planned'"):
        committed("planed")
