"""Verifying: every way of tampering we could think of, and which entry is named."""

import json
import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest

from steps_analysis.errors import DataError
from steps_analysis.randomisation import Ledger
from steps_analysis.randomisation.ledger.book import hash_of
from steps_analysis.randomisation.ledger.encoding import canonical
from steps_analysis.randomisation.ledger.keys import TEST_KEY
from steps_analysis.randomisation.ledger.receipts import receipt_from


@pytest.fixture
def eight(real, fill):
    """A real trial's ledger of eight families, and their receipts."""
    return real, fill(real, 8)


class Forger:
    """Somebody who may write to the file, and knows the format, but not the key."""

    def __init__(self, ledger):
        self.connection = sqlite3.connect(ledger.path)
        self.connection.execute("DROP TRIGGER no_entry_is_changed")
        self.connection.execute("DROP TRIGGER no_entry_is_removed")

    def rows(self):
        """All entries: [content, hash, seal]."""
        found = self.connection.execute(
            "SELECT content, hash, seal FROM entries ORDER BY number"
        )
        return [list(row) for row in found]

    def write(self, rows, numbers=None):
        """Put these entries in the place of all there are."""
        self.connection.execute("PRAGMA foreign_keys = OFF")
        self.connection.execute("DELETE FROM entries")
        for number, row in zip(numbers or range(len(rows)), rows, strict=True):
            self.connection.execute(
                "INSERT INTO entries VALUES (?, ?, ?, ?)", (number, *row)
            )
        self.connection.commit()
        self.connection.close()


def changed(row, *, rehash=True, **changes):
    """An entry that says something else, under a hash that fits."""
    text = canonical(json.loads(row[0]) | changes)
    return [text, hash_of(text) if rehash else row[1], row[2]]


def rechained(rows, first):
    """Write the chain anew from an entry on, as anyone can without the key."""
    rows = [list(row) for row in rows]
    for place in range(first, len(rows)):
        rows[place] = changed(rows[place], number=place, previous=rows[place - 1][1])
    return rows


def other(arm):
    """The arm it was not."""
    return {"MAU": "MST-PSB", "MST-PSB": "MAU"}[arm]


def keyless(ledger):
    """The same ledger, opened without its key."""
    return Ledger.open(ledger.path)


def test_an_untouched_ledger_is_whole(eight):
    ledger, receipts = eight
    found = ledger.verify(receipts)
    assert found.is_whole
    assert (found.n_entries, found.n_allocations, found.n_receipts) == (9, 8, 8)
    assert (found.with_key, found.n_proven, found.n_draw_only) == (True, 8, 0)
    assert found.head == receipts[-1].head == ledger.head
    assert keyless(ledger).verify(receipts).is_whole


# --- altered -------------------------------------------------------------------------


@pytest.mark.parametrize("place", [1, 4, 8])
@pytest.mark.parametrize("field", ["arm", "draw", "at", "by", "details", "history"])
def test_an_altered_entry_is_named(eight, place, field):
    ledger, _ = eight
    forger = Forger(ledger)
    rows = forger.rows()
    rows[place] = changed(rows[place], rehash=False, **{field: "x"})
    forger.write(rows)
    for one in (ledger, keyless(ledger)):
        fault = one.verify().fault
        assert (fault.entry, fault.damage) == (place, "altered")


@pytest.mark.parametrize("place", [1, 4, 7])
def test_an_entry_altered_under_a_new_hash_is_named(eight, place):
    ledger, receipts = eight
    forger = Forger(ledger)
    rows = forger.rows()
    arm = other(receipts[place - 1].arm)
    rows[place] = changed(rows[place], arm=arm)
    forger.write(rows)
    for one in (ledger, keyless(ledger)):
        fault = one.verify().fault
        assert (fault.entry, fault.damage) == (place, "altered")


@pytest.mark.parametrize("place", [1, 4, 8])
def test_a_chain_written_anew_is_caught_by_seals(eight, place):
    ledger, receipts = eight
    forger = Forger(ledger)
    rows = forger.rows()
    rows[place] = changed(rows[place], arm=other(receipts[place - 1].arm))
    forger.write(rechained(rows, place))
    fault = ledger.verify().fault
    assert (fault.entry, fault.damage) == (place, "altered")
    assert "seal" in fault.why


@pytest.mark.parametrize("place", [1, 4, 8])
def test_and_by_receipts_where_the_key_is_not_open(eight, place):
    ledger, receipts = eight
    forger = Forger(ledger)
    rows = forger.rows()
    rows[place] = changed(rows[place], arm=other(receipts[place - 1].arm))
    forger.write(rechained(rows, place))
    assert keyless(ledger).verify().is_whole  # without key and receipts, no one can
    fault = keyless(ledger).verify(receipts).fault
    assert (fault.entry, fault.damage) == (place, "altered")
    late = keyless(ledger).verify(receipts[-1:]).fault
    assert late.entry == 8  # one receipt shows it too, though not from where on


def test_a_forger_with_the_key_cannot_choose_an_arm(full):
    # The published key: seals can be made, but the arm must follow from the draw.
    ledger, receipts = full
    forger = Forger(ledger)
    rows = forger.rows()
    rows[3] = changed(rows[3], arm=other(receipts[2].arm))
    rows = rechained(rows, 3)
    for row in rows:
        row[2] = TEST_KEY.seal(ledger.ledger_id, row[1])
    forger.write(rows)
    fault = ledger.verify().fault
    assert (fault.entry, fault.damage) == (3, "draw")
    assert "arm does not follow" in fault.why


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"draw": (0.123).hex()}, "draw is not the key's"),
        ({"probabilities": [(0.9).hex(), (0.1).hex()]}, "not follow"),
        ({"history": "0" * 64}, "another history"),
        ({"place": 7}, "another history"),
        ({"stream": 2}, "another stream or procedure"),
        ({"procedure": {"procedure": "no such"}}, "does not state what can be checked"),
        ({"procedure": []}, "does not state what can be checked"),
        ({"arm": "no such arm"}, "arm does not follow"),
        ({"draw": "x"}, "does not state what can be checked"),
        ({"probabilities": [1, 0]}, "does not state what can be checked"),
        ({"probabilities": []}, "does not state what can be checked"),
        ({"procedure": {"procedure": "big-stick", "mti": 1}}, "another stream"),
        ({"draw": "0x1p99999"}, "It does not state what can be checked."),
    ],
)
def test_nor_can_anything_else_be_made_up(full, changes, says):
    ledger, _ = full
    forger = Forger(ledger)
    rows = forger.rows()
    rows[3] = changed(rows[3], **changes)
    rows = rechained(rows, 3)
    for row in rows:
        row[2] = TEST_KEY.seal(ledger.ledger_id, row[1])
    forger.write(rows)
    fault = ledger.verify().fault
    assert (fault.entry, fault.damage) == (3, "draw")
    assert says in fault.why


def test_nobody_is_allocated_after_an_arm_the_trial_does_not_have(full, families, who):
    ledger, _ = full
    forger = Forger(ledger)
    rows = forger.rows()
    rows[3] = changed(rows[3], arm="no such arm")
    rows = rechained(rows, 3)
    for row in rows:
        row[2] = TEST_KEY.seal(ledger.ledger_id, row[1])
    forger.write(rows)
    with pytest.raises(DataError, match=r"hold the trial's arms only \(MST-PSB, MAU\)"):
        ledger.allocate("new", families[0], **who)


def test_probabilities_that_give_the_same_arm_are_caught_as_well(full):
    ledger, receipts = full
    forger = Forger(ledger)
    rows = forger.rows()
    sure = [1.0, 0.0] if receipts[2].arm == "MST-PSB" else [0.0, 1.0]
    rows[3] = changed(rows[3], probabilities=[one.hex() for one in sure])
    rows = rechained(rows, 3)
    for row in rows:
        row[2] = TEST_KEY.seal(ledger.ledger_id, row[1])
    forger.write(rows)
    fault = ledger.verify().fault
    assert (fault.entry, fault.damage) == (3, "draw")
    assert "probabilities do not follow" in fault.why


@pytest.mark.parametrize("text", ["", "[]", "not JSON", "{}", '{"number": "x"}'])
def test_an_entry_that_says_nothing_is_named(eight, text):
    ledger, _ = eight
    for rehash in (False, True):
        forger = Forger(ledger) if not rehash else forger_again(ledger)
        rows = forger.rows()
        rows[5] = [text, hash_of(text) if rehash else rows[5][1], rows[5][2]]
        forger.write(rows)
        fault = ledger.verify().fault
        assert (fault.entry, fault.damage) == (5, "altered")


def forger_again(ledger):
    """A forger who finds the triggers gone."""
    forger = Forger.__new__(Forger)
    forger.connection = sqlite3.connect(ledger.path)
    return forger


@pytest.mark.parametrize("changes", [{"trial": "Another"}, {"n": 3}, {"stream": 2}])
def test_an_altered_opening_is_named(eight, changes):
    ledger, receipts = eight
    forger = Forger(ledger)
    rows = forger.rows()
    rows[0] = changed(rows[0], **changes)
    forger.write(rechained(rows, 1))
    fault = ledger.verify().fault
    assert (fault.entry, fault.damage) == (0, "altered")
    fault = keyless(ledger).verify(receipts).fault
    assert fault.entry == 1  # the first there is a receipt of


@pytest.mark.parametrize(
    "changes",
    [
        {"number": 2},
        {"number": -1},
        {"number": None},
        {"kind": "nonsense"},
        {"kind": "opening"},
        {"kind": "joined"},
        {"kind": "joined", "of": 4},
        {"kind": "code-break", "of": 9, "reason": "care"},
        {"kind": "withdrawal", "of": 0, "erased": []},
        {"kind": "withdrawal", "of": 1, "erased": None},
        {"kind": "withdrawal", "of": 1, "erased": [["levels"]]},
        {"details": None},
        {"arm": 1},
        {"draw": None},
    ],
)
def test_an_entry_that_could_not_have_been_recorded_is_named(eight, changes):
    ledger, _ = eight
    forger = Forger(ledger)
    rows = forger.rows()
    rows[4] = changed(rows[4], **changes)
    forger.write(rows if "number" in changes else rechained(rows, 4))
    for one in (ledger, keyless(ledger)):
        fault = one.verify().fault
        assert (fault.entry, fault.damage) == (4, "altered")


# --- inserted, reordered, removed ----------------------------------------------------


@pytest.mark.parametrize("place", [1, 4, 8])
def test_an_inserted_entry_is_named(eight, place):
    ledger, _ = eight
    forger = Forger(ledger)
    rows = forger.rows()
    made_up = changed(rows[place], at="2014-03-15T00:00:00Z")
    forger.write([*rows[:place], made_up, *rows[place:]])
    fault = keyless(ledger).verify().fault
    assert (fault.entry, fault.damage) == (place, "inserted")
    fault = ledger.verify().fault
    assert fault.entry == place


def test_the_first_of_several_inserted_entries_is_named(eight):
    ledger, _ = eight
    forger = Forger(ledger)
    rows = forger.rows()
    made_up = [changed(rows[3], at=f"2014-03-1{i}T00:00:00Z") for i in (5, 6)]
    made_up[1] = changed(made_up[1], number=4, previous=made_up[0][1])
    forger.write([*rows[:3], *made_up, *rows[3:]])
    fault = keyless(ledger).verify().fault
    assert (fault.entry, fault.damage) == (3, "inserted")


def test_an_entry_added_at_the_end_is_caught_by_its_seal(eight):
    ledger, _ = eight
    forger = Forger(ledger)
    rows = forger.rows()
    forger.write(rechained([*rows, rows[-1]], 9))
    fault = ledger.verify().fault
    assert fault.entry == 9


@pytest.mark.parametrize("pair", [(1, 2), (3, 6), (7, 8)])
def test_reordered_entries_are_named(eight, pair):
    ledger, _ = eight
    forger = Forger(ledger)
    rows = forger.rows()
    first, second = pair
    rows[first], rows[second] = rows[second], rows[first]
    forger.write(rows)
    for one in (ledger, keyless(ledger)):
        fault = one.verify().fault
        assert (fault.entry, fault.damage) == (first, "reordered")


@pytest.mark.parametrize("closed_up", [True, False])
@pytest.mark.parametrize("place", [1, 4, 7])
def test_a_removed_entry_is_named(eight, place, closed_up):
    ledger, _ = eight
    forger = Forger(ledger)
    rows = forger.rows()
    numbers = [number for number in range(9) if number != place]
    left = [rows[number] for number in numbers]
    forger.write(left, None if closed_up else numbers)
    for one in (ledger, keyless(ledger)):
        fault = one.verify().fault
        assert (fault.entry, fault.damage) == (place, "removed")


@pytest.mark.parametrize("n_left", [1, 5, 8])
def test_a_ledger_cut_short_is_caught_by_receipts_only(eight, n_left):
    ledger, receipts = eight
    forger = Forger(ledger)
    forger.connection.execute("DELETE FROM details WHERE number >= ?", (n_left,))
    forger.write(forger.rows()[:n_left])
    assert ledger.verify().is_whole
    assert ledger.verify(receipts[: n_left - 1]).is_whole
    for one in (ledger, keyless(ledger)):
        fault = one.verify(receipts).fault
        assert (fault.entry, fault.damage) == (n_left, "removed")


def test_details_left_over_show_that_entries_are_missing(eight, families, who):
    ledger, _ = eight
    forger = Forger(ledger)
    forger.write(forger.rows()[:7])
    fault = keyless(ledger).verify().fault
    assert (fault.entry, fault.damage) == (7, "removed")
    with pytest.raises(DataError, match="be whole, got 'entry 7: removed'"):
        ledger.allocate("P007", families[3], **who)


def test_a_ledger_cut_short_and_continued_is_caught_too(eight, families, who):
    # Somebody with the key goes back to a copy and allocates another family.
    ledger, receipts = eight
    forger = Forger(ledger)
    forger.connection.execute("DELETE FROM details WHERE number >= 6")
    forger.write(forger.rows()[:6])
    ledger.allocate("another", families[0], **who)
    assert ledger.verify().is_whole
    fault = ledger.verify(receipts).fault
    assert (fault.entry, fault.damage) == (6, "altered")


def test_an_emptied_ledger_is_seen(eight):
    ledger, _ = eight
    forger = Forger(ledger)
    forger.write([])
    found = ledger.verify()
    assert (found.fault.entry, found.fault.damage) == (0, "removed")
    assert (found.n_entries, found.head) == (0, "")


# --- details -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("UPDATE details SET value = '\"P999\"' WHERE number = 3 AND "
         "field = 'participant'", "participant is not what was recorded"),
        ("UPDATE details SET salt = 'x' WHERE number = 3 AND field = 'levels'",
         "levels is not what was recorded"),
        ("DELETE FROM details WHERE number = 3 AND field = 'levels'",
         "levels was erased without a withdrawal"),
        ("UPDATE details SET value = x'ff00' WHERE number = 3 AND field = 'levels'",
         "levels is not what was recorded"),
        ("INSERT INTO details VALUES (3, 'right-levels', 'x', '{}')",
         "right-levels is there and should not be"),
    ],
)  # fmt: skip
def test_details_are_held_against_their_digests(eight, statement, says):
    ledger, _ = eight
    with closing(sqlite3.connect(ledger.path)) as connection:
        connection.execute(statement)
        connection.commit()
    for one in (ledger, keyless(ledger)):
        fault = one.verify().fault
        assert (fault.entry, fault.damage) == (3, "detail")
        assert says in fault.why


def test_details_of_two_children_cannot_be_exchanged(eight):
    ledger, _ = eight
    with closing(sqlite3.connect(ledger.path)) as connection:
        connection.execute("UPDATE details SET number = -number WHERE number IN (2, 5)")
        connection.execute("UPDATE details SET number = 5 WHERE number = -2")
        connection.execute("UPDATE details SET number = 2 WHERE number = -5")
        connection.commit()
    assert ledger.verify().fault.entry == 2


# --- a damaged ledger is left alone --------------------------------------------------


def test_nothing_is_added_to_a_damaged_ledger(eight, families, who):
    ledger, _ = eight
    forger = Forger(ledger)
    rows = forger.rows()
    rows[4] = changed(rows[4], at="2014-03-15T00:00:00Z")
    forger.write(rows)
    for act in (
        lambda: ledger.allocate("new", families[0], **who),
        lambda: ledger.break_code("P001", "safety", **who),
        ledger.replay,
        ledger.masked_list,
        ledger.allocation_table,
    ):
        with pytest.raises(DataError, match="be whole, got 'entry 4: altered'"):
            act()
    assert ledger.verify().n_entries == 9


def test_receipts_of_another_ledger_are_refused(eight):
    ledger, receipts = eight
    foreign = replace(receipts[0], ledger_id="another")
    with pytest.raises(DataError, match="`receipts` must be of this ledger"):
        ledger.verify([foreign])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("arm", "other"),
        ("participant_id", "P007"),
        ("at", "2014-03-13T09:30:00Z"),
        ("kind", "joined"),
        ("allocation_entry", 2),
        ("trial", "Another"),
        ("provenance", "synthetic"),
    ],
)
def test_a_receipt_that_tells_something_else_is_named(eight, name, value):
    ledger, receipts = eight
    value = other(receipts[4].arm) if value == "other" else value
    forged = replace(receipts[4], **{name: value})
    for one in (ledger, keyless(ledger)):
        fault = one.verify([*receipts[:4], forged]).fault
        assert (fault.entry, fault.damage) == (5, "receipt")
        assert f"tells another {name} than" in fault.why


def test_receipts_of_every_act_tell_what_was_recorded(eight, families, who):
    ledger, receipts = eight
    sibling = {"family_id": "P001", **who}
    receipts += [
        ledger.allocate("P100", families[0], **sibling),
        ledger.allocate("P001", families[1], **who),
        ledger.break_code("P100", "safety", **who),
        ledger.record_mis_randomisation("P002", "twice", **who),
        ledger.withdraw_data("P003", **who),
    ]
    receipts += [receipt.masked() for receipt in receipts]
    assert ledger.verify(receipts).is_whole
    assert [one.arm for one in receipts[8:13]] == [*[receipts[1].arm] * 3, None, None]


def test_the_opening_needs_no_receipt_but_may_have_one(eight):
    ledger, receipts = eight
    head = ledger._book().entries[0].hash
    opening = replace(receipts[0], entry=0, head=head, kind="opening", arm=None)
    assert ledger.verify([opening]).is_whole


@pytest.mark.parametrize("entry", [1.0, 1.5, True, "1", None, -1])
def test_a_receipt_names_its_entry_by_number(eight, entry):
    given = eight[1][0].to_dict() | {"entry": entry}
    with pytest.raises(DataError, match="`receipt` must be whole"):
        receipt_from(given)


def test_replay_gives_a_row_an_allocation(eight):
    ledger, receipts = eight
    proofs = ledger.replay()
    assert proofs["arm"].tolist() == [receipt.arm for receipt in receipts]
    assert set(proofs["is_proven"]) == {"yes"}
