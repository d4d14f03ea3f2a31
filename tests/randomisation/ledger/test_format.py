"""
A ledger of format 1, kept as it was written: it must verify for ever.

`format_1.sql` was made once, from the course of events below, and is never made again:
whoever changes an encoding, a digest, the stream or a procedure sees here that ledgers
already in use could not be proven any more.
"""

import hashlib
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from steps_analysis.randomisation import Ledger, Minimisation
from steps_analysis.randomisation.ledger import read_receipts

HERE = Path(__file__).parent
FIRST = "0" * 64


def course(ledger, families, who):
    """Eight families, a sibling, a code-break, a mistake, two withdrawals; receipts."""
    receipts = [
        ledger.allocate(f"P{i}", families[i % 4], family_id=f"F{i}", **who)
        for i in range(6)
    ]
    receipts.append(ledger.allocate("P6", families[0], family_id="F1", **who))
    receipts.append(ledger.break_code("P2", "safety", **who))
    receipts.append(
        ledger.record_mis_randomisation(
            "P3", "wrong-levels", right_levels=families[1], **who
        )
    )
    receipts.append(ledger.withdraw_data("P0", **who))
    receipts.append(ledger.withdraw_data("P4", erase="everything", **who))
    return receipts + [ledger.allocate(f"P{i}", families[i % 4], **who) for i in (7, 8)]


@pytest.fixture
def kept(tmp_path):
    """The ledger of format 1, put together again."""
    path = tmp_path / "kept"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript((HERE / "format_1.sql").read_text("utf-8"))
    return Ledger.open(path)


def test_a_ledger_of_format_1_is_whole_and_proven(kept):
    found = kept.verify(read_receipts([HERE / "format_1_receipts.json"]))
    assert found.is_whole, found.fault
    assert (found.n_entries, found.n_allocations, found.n_receipts) == (14, 8, 13)
    assert (found.n_proven, found.n_draw_only) == (6, 2)
    assert kept.declaration.procedure == Minimisation(["site", "sex"])


def test_it_can_be_gone_on_with(kept, families, who):
    assert kept.allocate("P9", families[1], **who).entry == 14
    assert kept.verify().is_whole


def test_its_arms_are_those_that_were_told(kept, tmp_path, declaration, families, who):
    # The same course today: the same arms, whatever else an entry may come to say.
    again = Ledger.create(tmp_path / "again", declaration(), **who)
    told = read_receipts([HERE / "format_1_receipts.json"])
    now = course(again, families, who)
    assert [one.arm for one in now[:7]] == [one.arm for one in told[:7]]


def message(purpose, *parts):
    """The bytes of a digest once more, from their description alone."""
    text = f"steps ledger 1: {purpose}\n".encode()
    for part in parts:
        text += len(part.encode()).to_bytes(8, "big") + part.encode()
    return hashlib.sha256(text).hexdigest()


def test_a_twin_reads_chain_and_details(kept):
    with closing(sqlite3.connect(kept.path)) as connection:
        entries = connection.execute("SELECT * FROM entries ORDER BY number").fetchall()
        details = connection.execute("SELECT * FROM details").fetchall()
    before = FIRST
    for number, content, entry_hash, _ in entries:
        said = json.loads(content)
        assert (said["number"], said["previous"]) == (number, before)
        assert message("entry", content) == entry_hash
        before = entry_hash
    assert len(details) > 10
    for number, field, salt, value in details:
        named = json.loads(entries[number][1])["details"]
        assert message("detail", salt, value) == named[field]
