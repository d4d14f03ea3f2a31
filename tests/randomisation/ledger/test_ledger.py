"""Allocating with a ledger: by hand, again, families, what is refused."""

import json
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pandas as pd
import pytest

from steps_analysis.errors import ArgumentError, DataError, ProtocolError
from steps_analysis.protocol import load_protocol
from steps_analysis.randomisation import (
    CompleteRandomisation,
    Ledger,
    Minimisation,
    PermutedBlocks,
    RandomAllocationRule,
    RandomPermutedBlocks,
    StratifiedBlocks,
    allocate,
    from_spec,
)
from steps_analysis.randomisation.ledger import declare
from steps_analysis.randomisation.ledger.keys import TEST_KEY
from steps_analysis.randomisation.ledger.stream import uniform
from steps_analysis.trial_data import STAMP


def contents(ledger):
    """What the entries say, read without our own reader."""
    with sqlite3.connect(ledger.path) as connection:
        rows = connection.execute("SELECT content FROM entries ORDER BY number")
        found = [json.loads(row[0]) for row in rows.fetchall()]
    connection.close()
    return found


# --- by hand -------------------------------------------------------------------------


def test_a_block_by_hand(tmp_path, blocks, who, fill):
    # The published key's draws for this ledger; a block of 4 gives treatment 1/2,
    # then as many of what is left as there are.
    ledger = Ledger.create(tmp_path / "l", blocks(), **who)
    receipts = fill(ledger, 4)
    draws = [uniform(TEST_KEY.secret, ledger.ledger_id, i) for i in (1, 2, 3, 4)]
    left, arms = [2, 2], []
    for draw in draws:
        arms.append("MST-PSB" if draw < left[0] / sum(left) else "MAU")
        left[0 if arms[-1] == "MST-PSB" else 1] -= 1
    assert [receipt.arm for receipt in receipts] == arms
    assert sorted(arms) == ["MAU", "MAU", "MST-PSB", "MST-PSB"]


def test_what_an_entry_says(full):
    ledger, receipts = full
    entry = contents(ledger)[1]
    assert set(entry) == {
        "number", "kind", "previous", "by", "at", "details", "procedure", "stream",
        "place", "history", "probabilities", "draw", "arm",
    }  # fmt: skip
    assert entry["number"] == entry["place"] == 1
    assert entry["kind"] == "allocation"
    assert (entry["by"], entry["at"]) == ("TU-1", "2014-03-14T09:30:00Z")
    assert entry["probabilities"] == [(0.5).hex(), (0.5).hex()]
    assert from_spec(entry["procedure"]) == ledger.declaration.procedure
    draw = uniform(TEST_KEY.secret, ledger.ledger_id, 1)
    assert entry["draw"] == draw.hex()
    assert entry["arm"] == receipts[0].arm == ("MST-PSB" if draw < 0.5 else "MAU")


def test_the_chain_holds_nothing_about_a_child(full):
    ledger, _ = full
    said = json.dumps(contents(ledger)[1:])
    assert "P00" not in said
    for level in ("Southwark", "Borough A", "female", "male"):
        assert level not in said


@pytest.mark.parametrize(
    ("procedure", "levels"),
    [
        (CompleteRandomisation(ratio=(2, 1)), {}),
        (RandomPermutedBlocks((2, 4)), {}),
        (RandomAllocationRule(), {}),
        (Minimisation(["site", "sex"], ratio=(2, 1), imbalance="variance"), None),
        (StratifiedBlocks(["sex"], block_sizes=(2, 4)), {"sex": ("female", "male")}),
    ],
)
def test_the_ledger_allocates_as_the_procedure_does(
    tmp_path, declaration, families, who, procedure, levels
):
    # The same numbers, handed to `allocate` all at once.
    changes = {} if levels is None else {"levels": levels}
    one = declaration(procedure=procedure, n=12, **changes)
    ledger = Ledger.create(tmp_path / "l", one, **who)
    rows = [families[(i * i) % 4] for i in range(12)]
    asked = [{name: row[name] for name in one.levels} for row in rows]
    arms = [ledger.allocate(f"P{i}", row, **who).arm for i, row in enumerate(asked)]
    draws = [uniform(TEST_KEY.secret, ledger.ledger_id, i + 1) for i in range(12)]
    table = pd.DataFrame(asked) if one.levels else None
    expected = allocate(procedure, [draws], factors=table)[0]
    assert arms == ["MST-PSB" if arm else "MAU" for arm in expected]
    assert ledger.verify().n_proven == 12


def test_three_arms(tmp_path, blocks, who, fill):
    one = blocks(procedure=PermutedBlocks(4, ratio=(2, 1, 1)), arms=("A", "B", "C"))
    ledger = Ledger.create(tmp_path / "l", one, **who)
    arms = [receipt.arm for receipt in fill(ledger, 8)]
    assert sorted(arms[:4]) == sorted(arms[4:]) == ["A", "A", "B", "C"]
    assert ledger.verify().is_whole


def test_a_synthetic_ledger_is_the_same_bytes_twice(tmp_path, declaration, who, fill):
    heads = []
    for name in "ab":
        ledger = Ledger.create(tmp_path / name, declaration(), **who)
        fill(ledger, 5)
        heads.append(ledger.head)
    assert heads[0] == heads[1]


def test_a_real_ledger_never_is(tmp_path, declaration, who, fill):
    # Even of one key and name, salts would differ: levels cannot be tried against it.
    salts = set()
    for name in "ab":
        (tmp_path / name).mkdir()
        one = declaration(provenance="real")
        key = tmp_path / f"key-{name}"
        ledger = Ledger.create(tmp_path / name / "l", one, key_path=key, **who)
        fill(ledger, 5)
        with sqlite3.connect(ledger.path) as connection:
            salts |= {row[0] for row in connection.execute("SELECT salt FROM details")}
        connection.close()
    assert len(salts) == 2 * 5 * 3


# --- again, and families -------------------------------------------------------------


def test_the_same_child_again_gets_the_same_receipt(full, families, who):
    ledger, receipts = full
    head = ledger.head
    again = ledger.allocate("P002", families[2], by="TU-9")
    assert again.repeated
    assert not receipts[2].repeated
    assert again.head == receipts[2].head
    assert (again.entry, again.arm, again.at) == (3, receipts[2].arm, receipts[2].at)
    assert ledger.head == head


def test_the_same_child_with_other_levels_is_refused(full, families, who):
    ledger, _ = full
    with pytest.raises(DataError, match="be those this participant was") as error:
        ledger.allocate("P002", families[3], **who)
    assert "mis-randomised" in str(error.value)
    for shown in ("P002", "male", "Borough A"):
        assert shown not in str(error.value)


def test_another_child_of_a_family_has_its_arm(ledger, families, who):
    first = ledger.allocate("P1", families[0], family_id="F1", **who)
    ledger.allocate("P2", families[1], family_id="F2", **who)
    sibling = ledger.allocate("P3", families[3], family_id="F1", **who)
    assert sibling.kind == "joined"
    assert (sibling.arm, sibling.allocation_entry) == (first.arm, first.entry)
    assert sibling.entry == 3
    # It is one family: the next allocation is the third, not the fourth.
    ledger.allocate("P4", families[0], **who)
    assert contents(ledger)[4]["place"] == 3
    assert ledger.allocate("P3", families[3], family_id="F1", **who).repeated
    found = ledger.verify()
    assert (found.is_whole, found.n_allocations, found.n_proven) == (True, 3, 3)


def test_a_child_does_not_change_its_family(ledger, families, who):
    ledger.allocate("P1", families[0], family_id="F1", **who)
    for other in ("F2", None):
        with pytest.raises(DataError, match="`family_id` must be the family") as error:
            ledger.allocate("P1", families[0], family_id=other, **who)
        assert "F1" not in str(error.value)


def test_the_moment_is_world_time(ledger, families):
    there = timezone(timedelta(hours=1))
    at = datetime(2014, 7, 1, 0, 30, tzinfo=there)
    assert ledger.allocate("P", families[0], by="a", at=at).at == "2014-06-30T23:30:00Z"
    before = datetime.now(UTC).replace(microsecond=0)
    told = ledger.allocate("Q", families[0], by="a").at
    assert before <= datetime.fromisoformat(told) <= datetime.now(UTC)


# --- what is recorded later ----------------------------------------------------------


def test_a_code_break_tells_the_arm_and_stays(full, who):
    ledger, receipts = full
    told = ledger.break_code("P004", "safety", **who)
    assert told.arm == receipts[4].arm
    entry = contents(ledger)[9]
    assert (entry["kind"], entry["of"], entry["reason"]) == ("code-break", 5, "safety")
    assert "arm" not in entry
    assert ledger.verify([*receipts, told]).is_whole


def test_a_mistake_is_recorded_and_the_arm_stands(full, families, who, fill):
    ledger, receipts = full
    told = ledger.record_mis_randomisation(
        "P001", "wrong-levels", right_levels=families[2], **who
    )
    assert told.arm is None
    assert contents(ledger)[9]["mistake"] == "wrong-levels"
    assert ledger.allocate("P001", families[1], **who).arm == receipts[1].arm
    # The families after it are balanced against what was entered.
    fill(ledger, 2, start=8)
    assert ledger.verify().n_proven == 10


def test_a_receipt_has_a_masked_form(full):
    _, receipts = full
    masked = receipts[0].masked()
    assert masked.arm is None
    assert masked.head == receipts[0].head
    assert masked.to_dict()["stamp"] == STAMP


# --- declarations --------------------------------------------------------------------


def test_the_protocol_says_what_is_allocated():
    one = declare(load_protocol())
    assert one.arms == ("MST-PSB", "MAU")
    assert one.provenance == "real"
    assert list(one.levels) == ["site", "sex", "age_group", "onset_group"]
    assert len(one.levels["site"]) == len(load_protocol().sites.names)
    assert one.n == 80


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"arms": ("A",)}, "name the 2 arms of the procedure's ratio"),
        ({"arms": ("A", "A")}, "`arms` must be distinct names"),
        ({"arms": "AB"}, "`arms` must be distinct names"),
        ({"trial": " "}, "`trial` must be a name"),
        ({"procedure": "minimisation"}, "be one that allocates family after family"),
        (
            {"levels": {"site": ("a",)}},
            r"exactly the procedure's factors \(site, sex\)",
        ),
        ({"levels": {"site": ("a",), "sex": ()}}, "`levels.sex` must be distinct"),
        ({"levels": {"site": ("a",), "sex": ("",)}}, "`levels.sex` must be distinct"),
        ({"provenance": "unknown"}, "`provenance` must be one of real, synthetic"),
        ({"n": 0}, "`n` must be a whole number, at least 1"),
        ({"procedure": RandomAllocationRule(), "levels": {}}, "`n` must be a whole"),
        (
            {"procedure": RandomAllocationRule(), "levels": {}, "n": 3},
            "`n` must be a multiple of 2",
        ),
    ],
)
def test_an_impossible_declaration_is_refused(declaration, changes, says):
    with pytest.raises(ArgumentError, match=says):
        declaration(**changes)


@pytest.mark.parametrize("n", [1, 2])
def test_tiny_trials(tmp_path, blocks, who, fill, n):
    ledger = Ledger.create(tmp_path / "l", blocks(2, n=n), **who)
    assert ledger.verify().is_whole
    fill(ledger, n)
    assert ledger.verify().n_proven == n


def test_one_site_of_one_level(tmp_path, declaration, who):
    one = declaration(procedure=Minimisation(["site"]), levels={"site": ("Southwark",)})
    ledger = Ledger.create(tmp_path / "l", one, **who)
    arms = {
        ledger.allocate(f"P{i}", {"site": "Southwark"}, **who).arm for i in range(12)
    }
    assert arms == {"MST-PSB", "MAU"}


def test_fixed_totals_end_where_planned(tmp_path, blocks, who, fill):
    one = blocks(procedure=RandomAllocationRule(), n=4)
    ledger = Ledger.create(tmp_path / "l", one, **who)
    arms = [receipt.arm for receipt in fill(ledger, 4)]
    assert arms.count("MAU") == 2
    with pytest.raises(ArgumentError, match="not go beyond the 4 families planned"):
        ledger.allocate("P9", **who)
    assert ledger.verify().n_allocations == 4


def test_other_procedures_may_go_on(tmp_path, blocks, who, fill):
    ledger = Ledger.create(tmp_path / "l", blocks(n=4), **who)
    fill(ledger, 6)
    assert ledger.verify().n_proven == 6


# --- what is refused -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("child", "changes", "says"),
    [
        ("", {}, "`participant_id` must be a text of 1 to 64"),
        (" P", {}, "`participant_id` must be a text of 1 to 64"),
        ("P\n", {}, "`participant_id` must be a text of 1 to 64"),
        ("P" * 65, {}, "`participant_id` must be a text of 1 to 64"),
        (7, {}, "`participant_id` must be a text of 1 to 64"),
        ("Secret", {"sex": "Secret"}, "`levels.sex` must be one of female, male"),
        ("Secret", {"sex": None}, "`levels.sex` must be one of female, male"),
        ("Secret", {"age": "Secret"}, r"exactly the trial's factors \(site, sex\)"),
    ],
)
def test_a_wrong_request_is_refused_and_not_shown(ledger, who, child, changes, says):
    levels = {"site": "Southwark", "sex": "male"} | changes
    with pytest.raises(ArgumentError, match=says) as error:
        ledger.allocate(child, levels, **who)
    assert "Secret" not in str(error.value)
    assert ledger.verify().n_entries == 1


def test_levels_must_be_given(ledger, who):
    with pytest.raises(ArgumentError, match="exactly the trial's factors"):
        ledger.allocate("P1", **who)
    with pytest.raises(ArgumentError, match="exactly the trial's factors"):
        ledger.allocate("P1", ["Southwark", "male"], **who)


@pytest.mark.parametrize("by", ["", " ", "Jane Doe", "x" * 41, None, "a\nb"])
def test_who_acts_is_a_code(ledger, families, by):
    with pytest.raises(ArgumentError, match="`by` must be a staff code"):
        ledger.allocate("P1", families[0], by=by)


def test_a_moment_has_its_time_zone(ledger, families):
    with pytest.raises(ArgumentError, match="`at` must be a moment with its time zone"):
        ledger.allocate("P1", families[0], by="a", at=datetime(2014, 3, 14))


def test_unknown_reasons_are_listed(full, families, who):
    ledger, _ = full
    with pytest.raises(ArgumentError, match="be one of accident, analysis, authority"):
        ledger.break_code("P001", "curious", **who)
    with pytest.raises(
        ArgumentError, match="be one of no-consent, not-eligible, twice"
    ):
        ledger.record_mis_randomisation("P001", "oops", **who)
    with pytest.raises(ArgumentError, match="be one of identity, everything"):
        ledger.withdraw_data("P001", erase="some", **who)
    assert ledger.verify().n_entries == 9


@pytest.mark.parametrize(
    ("mistake", "levels"),
    [("wrong-levels", None), ("twice", {"site": "Southwark", "sex": "male"})],
)
def test_right_levels_belong_to_wrong_ones(full, who, mistake, levels):
    with pytest.raises(ArgumentError, match="where the mistake is wrong-levels"):
        full[0].record_mis_randomisation("P001", mistake, right_levels=levels, **who)


def test_an_unknown_child_is_refused_and_not_named(full, who):
    ledger, _ = full
    for act in (
        lambda: ledger.break_code("P999", "care", **who),
        lambda: ledger.record_mis_randomisation("P999", "twice", **who),
        lambda: ledger.withdraw_data("P999", **who),
    ):
        with pytest.raises(DataError, match="be a participant of this") as error:
            act()
        assert "P999" not in str(error.value)


def test_what_is_no_ledger_is_refused(tmp_path):
    path = tmp_path / "l"
    with pytest.raises(DataError, match="be a ledger's file"):
        Ledger.open(path)
    path.touch()
    with pytest.raises(DataError, match="be a ledger of format 1"):
        Ledger.open(path)
    path.write_text("not a database, by any means, and long enough to be seen as such")
    with pytest.raises(DataError, match="be a whole ledger that this program may"):
        Ledger.open(path)


def test_a_table_whose_name_is_no_text_is_refused(full):
    ledger, _ = full
    content = ledger.path.read_bytes()
    assert b"CREATE TABLE entries" in content
    damaged = content.replace(b"CREATE TABLE entries", b"CREATE\x89ABLE entries")
    ledger.path.write_bytes(damaged)
    with pytest.raises(DataError, match="be a whole ledger that this program may"):
        Ledger.open(ledger.path)


def test_a_ledger_without_its_opening_is_refused(ledger):
    with sqlite3.connect(ledger.path) as connection:
        connection.execute("DROP TRIGGER no_entry_is_changed")
        connection.execute("UPDATE entries SET content = '{}'")
    connection.close()
    with pytest.raises(DataError, match="begin with an opening entry"):
        Ledger.open(ledger.path)


def test_a_protocol_that_states_no_procedure_is_refused():
    silent = replace(load_protocol(), allocation={"procedure": "not_stated"})
    with pytest.raises(ProtocolError, match="be stated before a ledger is created"):
        declare(silent)


def test_a_slip_of_the_hand_is_refused_by_the_file_itself(full):
    with sqlite3.connect(full[0].path) as connection:
        with pytest.raises(sqlite3.IntegrityError, match="never changed"):
            connection.execute("UPDATE entries SET content = 'x' WHERE number = 1")
        with pytest.raises(sqlite3.IntegrityError, match="never removed"):
            connection.execute("DELETE FROM entries WHERE number = 8")
    connection.close()
