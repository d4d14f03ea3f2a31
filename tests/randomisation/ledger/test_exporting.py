"""Lists from a ledger: who is on them, and what is not."""

from datetime import UTC, datetime

import pytest

from steps_analysis.errors import ArgumentError
from steps_analysis.randomisation import Ledger
from steps_analysis.trial_data import STAMP

MAY = datetime(2014, 5, 1, tzinfo=UTC)


@pytest.fixture
def siblings(ledger, families, who):
    """Three children of two families, and a code-break in between."""
    ledger.allocate("P1", families[0], family_id="F1", **who)
    ledger.break_code("P1", "care", **who)
    ledger.allocate("P2", families[3], family_id="F2", **who)
    ledger.allocate("P3", families[2], family_id="F1", by="TU-1", at=MAY)
    return ledger


def test_the_masked_list_by_hand(siblings):
    assert siblings.masked_list().to_numpy().tolist() == [
        ["P1", 1, 1, "2014-03"],
        ["P2", 3, 3, "2014-03"],
        ["P3", 4, 1, "2014-05"],
    ]
    days = siblings.masked_list(edition="internal")["randomisation_date"]
    assert days.tolist() == ["2014-03-14", "2014-03-14", "2014-05-01"]


def test_the_redcap_list_by_hand(siblings):
    # Southwark 1, Borough A 2; female 1, male 2. One row a family.
    assert siblings.redcap_list().to_numpy().tolist() == [
        [f"1 ({STAMP})", 1, 1],
        [f"3 ({STAMP})", 2, 2],
    ]


def test_the_concealed_table_by_hand(siblings):
    table = siblings.allocation_table()
    assert list(table) == ["participant_id", "arm", "ledger_entry"]
    arm = dict(zip(table["participant_id"], table["arm"], strict=True))
    assert arm["P1"] == arm["P3"]
    assert table["ledger_entry"].tolist() == [1, 3, 1]


def test_lists_of_nobody_have_their_columns(ledger):
    for table, n_columns in (
        (ledger.masked_list(), 4),
        (ledger.redcap_list(), 3),
        (ledger.allocation_table(), 3),
        (ledger.replay(), 5),
    ):
        assert table.shape == (0, n_columns)


def test_a_procedure_without_factors_has_a_redcap_list_too(tmp_path, blocks, fill, who):
    ledger = Ledger.create(tmp_path / "l", blocks(), **who)
    fill(ledger, 2)
    assert list(ledger.redcap_list()) == ["redcap_randomization_number"]


def test_an_unknown_edition_is_refused(ledger):
    with pytest.raises(ArgumentError, match="be one of internal, release"):
        ledger.masked_list(edition="public")
