"""Withdrawal of data: what goes, what stays, and what can still be proven."""

import json
import sqlite3
from contextlib import closing

import pytest

from steps_analysis.errors import DataError
from steps_analysis.randomisation import Ledger, StratifiedBlocks

CHILD = "Child-to-be-forgotten"


@pytest.fixture
def remembered(real, families, fill, who):
    """A real ledger in which one child stands between others."""
    fill(real, 3)
    receipt = real.allocate(
        CHILD, families[3], family_id="Family-to-be-forgotten", **who
    )
    fill(real, 3, start=4)
    return real, receipt


def details(ledger, number):
    """The details left of an entry."""
    with closing(sqlite3.connect(ledger.path)) as connection:
        rows = connection.execute(
            "SELECT field FROM details WHERE number = ? ORDER BY field", (number,)
        )
        return [row[0] for row in rows]


def test_identity_goes_and_the_chain_holds(remembered, fill, who):
    ledger, receipt = remembered
    told = ledger.withdraw_data(CHILD, **who)
    assert (told.kind, told.participant_id, told.arm) == ("withdrawal", None, None)
    assert details(ledger, receipt.entry) == ["levels"]
    fill(ledger, 3, start=9)
    found = ledger.verify([receipt, told])
    assert (found.is_whole, found.n_allocations, found.n_proven) == (True, 10, 10)
    assert Ledger.open(ledger.path).verify([receipt, told]).is_whole


def test_no_byte_of_the_file_names_the_child(remembered, who):
    ledger, _ = remembered
    assert CHILD.encode() in ledger.path.read_bytes()
    ledger.withdraw_data(CHILD, **who)
    left = b"".join(path.read_bytes() for path in ledger.path.parent.iterdir())
    assert b"to-be-forgotten" not in left
    assert b"P001" in left


def test_everything_goes_and_draws_are_still_proven(remembered, fill, who):
    ledger, receipt = remembered
    ledger.withdraw_data(CHILD, erase="everything", **who)
    assert details(ledger, receipt.entry) == []
    fill(ledger, 3, start=9)
    found = ledger.verify([receipt])
    # Three before it can be proven, it and the three after it to their draw only, and
    # the three after the withdrawal again: what they looked at is known.
    assert found.is_whole
    assert (found.n_proven, found.n_draw_only) == (6, 4)
    assert ledger.replay()["is_proven"].tolist() == [
        *["yes"] * 3, *["draw only"] * 4, *["yes"] * 3,
    ]  # fmt: skip


def test_lists_leave_the_child_out(remembered, who):
    ledger, receipt = remembered
    ledger.withdraw_data(CHILD, **who)
    for table in (ledger.masked_list(), ledger.allocation_table()):
        assert receipt.entry not in set(table["ledger_entry"])
        assert len(table) == 6


def test_a_right_level_goes_with_everything_only(remembered, families, who):
    ledger, _ = remembered
    mistake = ledger.record_mis_randomisation(
        CHILD, "wrong-levels", right_levels=families[0], **who
    )
    assert details(ledger, mistake.entry) == ["right-levels"]
    ledger.withdraw_data(CHILD, erase="everything", **who)
    assert details(ledger, mistake.entry) == []
    assert ledger.verify([mistake]).is_whole


def test_a_sibling_stays(ledger, families, who):
    ledger.allocate("P1", families[0], family_id="F1", **who)
    sibling = ledger.allocate("P2", families[1], family_id="F1", **who)
    ledger.withdraw_data("P1", erase="everything", **who)
    again = ledger.allocate("P2", families[1], family_id="F1", **who)
    assert (again.repeated, again.arm) == (True, sibling.arm)
    ledger.withdraw_data("P2", erase="everything", **who)
    assert ledger.verify([sibling]).is_whole
    assert ledger.masked_list().empty


def test_a_child_is_withdrawn_once(remembered, who):
    ledger, _ = remembered
    ledger.withdraw_data(CHILD, **who)
    with pytest.raises(DataError, match="whose identity is not erased"):
        ledger.withdraw_data(CHILD, erase="everything", **who)


def test_a_procedure_without_factors_loses_nothing(tmp_path, blocks, fill, who):
    ledger = Ledger.create(tmp_path / "l", blocks(), **who)
    fill(ledger, 6)
    for child in ("P000", "P003"):
        ledger.withdraw_data(child, erase="everything", **who)
    arms = [receipt.arm for receipt in fill(ledger, 2, start=6)]
    assert ledger.verify().n_proven == 8
    whole = [json.loads(row)["arm"] for row in _contents(ledger)]
    assert sorted(whole[4:]) == ["MAU", "MAU", "MST-PSB", "MST-PSB"]
    assert whole[6:] == arms


def _contents(ledger):
    with closing(sqlite3.connect(ledger.path)) as connection:
        rows = connection.execute(
            "SELECT content FROM entries WHERE content LIKE '%\"allocation\"%'"
        )
        return [row[0] for row in rows]


def test_levels_a_block_cannot_do_without_are_kept(tmp_path, declaration, who):
    # Blocks of 2 in one stratum: A B, B A, ... Without the first family of such a pair
    # the next three could be A A in one block, which no block of 2 holds.
    sites = {"site": ("Southwark",)}
    one = declaration(
        procedure=StratifiedBlocks(["site"], block_sizes=[2]), levels=sites
    )
    ledger = Ledger.create(tmp_path / "l", one, **who)
    here = {"site": "Southwark"}
    arms = [ledger.allocate(f"P{i}", here, **who).arm for i in range(12)]
    pairs = list(zip(arms[::2], arms[1::2], strict=True))
    turned = next(i for i in range(5) if pairs[i] != pairs[i + 1])
    with pytest.raises(DataError, match="`erase` must be identity") as error:
        ledger.withdraw_data(f"P{2 * turned}", erase="everything", **who)
    assert "Southwark" not in str(error.value)
    ledger.withdraw_data(f"P{2 * turned}", **who)
    assert ledger.verify().n_proven == 12


def test_a_salt_is_erased_with_its_detail(remembered, who):
    # The digest stays; without its salt no list of likely levels can be tried on it.
    ledger, receipt = remembered
    with closing(sqlite3.connect(ledger.path)) as connection:
        salts = connection.execute(
            "SELECT salt FROM details WHERE number = ?", (receipt.entry,)
        ).fetchall()
    ledger.withdraw_data(CHILD, erase="everything", **who)
    left = ledger.path.read_bytes()
    assert len(salts) == 3
    assert not any(salt.encode() in left for (salt,) in salts)


def test_a_detail_put_back_is_seen(remembered, who):
    ledger, receipt = remembered
    with closing(sqlite3.connect(ledger.path)) as connection:
        kept = connection.execute(
            "SELECT * FROM details WHERE number = ?", (receipt.entry,)
        ).fetchall()
    ledger.withdraw_data(CHILD, **who)
    with closing(sqlite3.connect(ledger.path)) as connection:
        connection.execute("INSERT OR IGNORE INTO details VALUES (?, ?, ?, ?)", kept[0])
        connection.commit()
    fault = ledger.verify().fault
    assert (fault.entry, fault.damage) == (receipt.entry, "detail")
    assert "there and should not be" in fault.why
