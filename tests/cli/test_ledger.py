"""``steps ledger`` and ``steps allocate``: a trial from its first day to a bad one."""

import io
import json
import sqlite3
from contextlib import closing
from typing import get_args

import pandas as pd
import pytest

from steps_analysis.cli import main
from steps_analysis.cli.ledger_receipts import write_new
from steps_analysis.randomisation.ledger import Ledger, records, store
from steps_analysis.trial_data import STAMP

LEVELS = {
    "site": "Southwark",
    "sex": "male",
    "age_group": "10 to 13",
    "onset_group": "under 12",
}


@pytest.fixture(autouse=True)
def _no_waiting_for_the_disk(monkeypatch):
    monkeypatch.setattr(store, "_SYNCHRONOUS", "OFF")


@pytest.fixture
def steps(capsys):
    """A function that calls the command: exit code, output, errors."""

    def call(*words):
        code = main([str(word) for word in words])
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


@pytest.fixture
def place(tmp_path):
    """A folder with room for a ledger and, apart, its key and receipts."""
    for name in ("unit", "safe", "site"):
        (tmp_path / name).mkdir()
    return tmp_path


@pytest.fixture
def trial(place, steps):
    """A real ledger of STEPS-B: how to call it, and a function that allocates."""
    path, key = place / "unit" / "ledger", place / "safe" / "key"
    assert steps("ledger", "create", path, "--key", key, "--by", "TU-1")[0] == 0

    def allocate(child, *options, **changes):
        family = place / "family.json"
        asked = {"participant_id": child, "levels": LEVELS | changes}
        family.write_text(json.dumps(asked))
        words = ("--key", key, "--by", "TU-2", *options)
        return steps("allocate", path, family, *words)

    return path, key, allocate


@pytest.fixture
def synthetic(place, steps):
    """A synthetic ledger of three families."""
    path = place / "unit" / "ledger"
    assert steps("ledger", "create", path, "--by", "TU-1", "--synthetic")[0] == 0
    for i in range(3):
        family = place / "family.json"
        family.write_text(json.dumps({"participant_id": f"P{i}", "levels": LEVELS}))
        assert steps("allocate", path, family, "--by", "TU-1")[0] == 0
    return path


# --- a trial -------------------------------------------------------------------------


def test_creating_says_what_to_publish_and_not_the_key(place, steps):
    path, key = place / "unit" / "ledger", place / "safe" / "key"
    code, said, _ = steps("ledger", "create", path, "--key", key, "--by", "TU-1")
    ledger = Ledger.open(path, key_path=key)
    assert code == 0
    assert ledger.commitment in said
    assert ledger.ledger_id in said
    assert ledger.key.secret.hex() not in said
    assert STAMP not in said
    assert ledger.declaration.n == 80


def test_an_allocation_in_words(trial):
    path, key, allocate = trial
    code, said, _ = allocate("P01")
    receipt = Ledger.open(path, key_path=key).allocate("P01", LEVELS, by="TU-2")
    assert code == 0
    assert said == (
        "P01 is allocated.\n"
        f"  Arm: {receipt.arm}\n"
        f"  Entry 1 of ledger {receipt.ledger_id}\n"
        f"  Recorded {receipt.at}\n"
        f"  Head: {receipt.head}\n"
    )


def test_asking_again_says_so(trial):
    _, _, allocate = trial
    first = allocate("P01")[1].splitlines()
    again = allocate("P01")[1].splitlines()
    assert again[1] == "  This was done before; nothing was recorded now."
    assert [first[0], *first[1:]] == [again[0], *again[2:]]


def test_a_family_may_come_by_standard_input(trial, steps, monkeypatch):
    path, key, _ = trial
    text = json.dumps({"participant_id": "P1", "family_id": "F1", "levels": LEVELS})
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    code, said, _ = steps("allocate", path, "-", "--key", key, "--by", "x", "--json")
    assert code == 0
    told = json.loads(said)
    assert (told["participant_id"], told["entry"], told["stamp"]) == ("P1", 1, None)


def test_a_masked_receipt_holds_no_arm_and_verifies(trial, place, steps):
    path, key, allocate = trial
    files = [place / "site" / f"{i}.json" for i in range(3)]
    for i, file in enumerate(files):
        code, said, _ = allocate(f"P{i}", "--masked", "--receipt", file)
        assert code == 0
        assert "Arm" not in said
        assert json.loads(file.read_text())["arm"] is None
        assert file.stat().st_mode & 0o077 == 0
    code, said, _ = steps("ledger", "verify", path, "--key", key, "--receipts", *files)
    assert code == 0
    assert "The ledger is whole: entries 0 to 3, families allocated: 3." in said
    assert "Receipts it was held against: 3." in said
    assert "Arms that follow from key and history: 3." in said


def test_what_was_not_looked_at_is_said(trial, steps):
    path, _, allocate = trial
    allocate("P01")
    _, said, _ = steps("ledger", "verify", path)
    assert "No receipts were given: that no entry is missing at the end" in said
    assert "The key was not given: seals and arms are not proven." in said


def test_a_ledger_cut_short_is_exit_code_1(trial, place, steps):
    path, _, allocate = trial
    file = place / "site" / "receipt.json"
    allocate("P01")
    allocate("P02", "--receipt", file)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TRIGGER no_entry_is_removed")
        connection.execute("DELETE FROM details WHERE number = 2")
        connection.execute("DELETE FROM entries WHERE number = 2")
        connection.commit()
    assert steps("ledger", "verify", path)[0] == 0
    code, said, _ = steps("ledger", "verify", path, "--receipts", file)
    assert code == 1
    assert "NOT whole. The first entry that is wrong is 2: removed." in said
    code, said, _ = steps("ledger", "verify", path, "--receipts", file, "--json")
    found = json.loads(said)
    assert code == 1
    assert (found["is_whole"], found["fault"]["entry"]) == (False, 2)


def test_nothing_is_allocated_by_a_damaged_ledger(trial, steps):
    path, _, allocate = trial
    allocate("P01")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE details SET value = '\"P09\"' WHERE number = 1")
        connection.commit()
    code, _, said = allocate("P02")
    assert code == 2
    assert "`ledger` must be whole, got 'entry 1: detail'" in said
    assert "P09" not in said


def test_what_happens_later(trial, place, steps):
    path, key, allocate = trial
    told = allocate("P01", "--json")[1]
    allocate("P02")
    who = ("--key", key, "--by", "TU-3")
    about = ("--participant", "P01", *who)
    code, said, _ = steps("ledger", "break-code", path, *about, "--reason", "safety")
    assert code == 0
    assert said.startswith("P01 is unmasked.\n  Arm: " + json.loads(told)["arm"])
    right = place / "right.json"
    right.write_text(json.dumps(LEVELS | {"sex": "female"}))
    words = (*about, "--mistake", "wrong-levels", "--right-levels", right)
    code, said, _ = steps("ledger", "mis-randomised", path, *words)
    assert code == 0
    assert said.startswith("P01 was allocated by mistake; the arm stands.\n  Entry 4")
    words = (*about, "--erase", "everything")
    code, said, _ = steps("ledger", "withdraw", path, *words)
    assert code == 0
    assert said.startswith("A child's data are erased.\n  Entry 5")
    code, said, _ = steps("ledger", "verify", path, "--key", key)
    assert code == 0
    assert "Arms proven to their draw only, as levels were erased since: 2." in said
    assert b"P01" not in path.read_bytes()


# --- lists ---------------------------------------------------------------------------


def read(path):
    return pd.read_csv(path, dtype=str)


def test_the_masked_list(trial, place, steps):
    path, _, allocate = trial
    allocate("P01")
    allocate("P02")
    out = place / "list.csv"
    assert steps("ledger", "export", path, "--out", out)[0] == 0
    table = read(out)
    assert list(table) == [
        "participant_id", "entry", "ledger_entry", "randomisation_month",
    ]  # fmt: skip
    assert table["participant_id"].tolist() == ["P01", "P02"]
    assert table["randomisation_month"].str.fullmatch(r"\d{4}-\d\d").all()
    inside = place / "inside.csv"
    words = ("--out", inside, "--edition", "internal")
    assert steps("ledger", "export", path, *words)[0] == 0
    table = read(inside)
    assert table["randomisation_date"].str.fullmatch(r"\d{4}-\d\d-\d\d").all()
    assert set(table["note"]) == {"Internal: for the trial's own staff"}
    for file in (out, inside):
        assert not {"MST-PSB", "MAU"} & set(
            file.read_text().replace("\n", ",").split(",")
        )


def test_the_list_for_redcap(trial, place, steps):
    path, _, allocate = trial
    allocate("P01")
    allocate("P02", sex="female", site="Borough A")
    out = place / "redcap.csv"
    assert steps("ledger", "export", path, "--out", out, "--form", "redcap")[0] == 0
    assert out.read_text() == (
        "redcap_randomization_number,site,sex,age_group,onset_group\n"
        "1,1,1,1,1\n"
        "2,2,2,1,1\n"
    )


def test_the_concealed_table_says_that_it_is(trial, place, steps):
    path, _, allocate = trial
    arm = json.loads(allocate("P01", "--json")[1])["arm"]
    out = place / "allocation.csv"
    code, said, _ = steps(
        "ledger", "export", path, "--out", out, "--form", "allocation"
    )
    assert code == 0
    assert "Concealed: it holds arms." in said
    assert out.read_text() == f"participant_id,arm,ledger_entry\nP01,{arm},1\n"
    assert out.stat().st_mode & 0o077 == 0


def test_synthetic_lists_and_prints_are_stamped(synthetic, place, steps):
    for form in ("masked", "redcap"):
        out = place / f"{form}.csv"
        code, said, _ = steps(
            "ledger", "export", synthetic, "--out", out, "--form", form
        )
        assert code == 0
        assert said.startswith(STAMP)
        assert out.read_text().count(STAMP) == 3  # once a row
    assert steps("ledger", "verify", synthetic)[1].startswith(STAMP)


def test_a_real_list_is_not_stamped(trial, place, steps):
    path, _, allocate = trial
    assert STAMP not in allocate("P01")[1]
    for form in ("masked", "redcap", "allocation"):
        out = place / f"{form}.csv"
        steps("ledger", "export", path, "--out", out, "--form", form)
        assert STAMP not in out.read_text()


# --- what is refused -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "be a JSON file that can be read"),
        ("[" * 100_000, "be a JSON file that can be read"),
        ("[]", "be one JSON object with participant_id"),
        ('{"name": "Secret"}', "be one JSON object with participant_id"),
        ("{}", "`participant_id` must be a text"),
        ('{"participant_id": "Secret"}', "`levels` must give a level of exactly"),
        ('{"participant_id": "Secret", "levels": 3}', "`levels` must give a level"),
    ],
)
def test_a_wrong_family_is_refused_and_not_shown(trial, place, steps, text, says):
    path, key, _ = trial
    family = place / "family.json"
    family.write_text(text)
    code, said, error = steps("allocate", path, family, "--key", key, "--by", "x")
    assert (code, said) == (2, "")
    assert says in error
    assert "Secret" not in error


def test_brackets_beyond_measure_are_refused(trial, place, steps, monkeypatch):
    path, key, _ = trial
    deep = place / "family.json"
    deep.write_text("[" * 200_000)
    monkeypatch.setattr("sys.stdin", io.StringIO(deep.read_text()))
    for family, says in ((deep, "be a JSON file"), ("-", "be one JSON object")):
        code, _, error = steps("allocate", path, family, "--key", key, "--by", "x")
        assert code == 2
        assert f"`family` must {says}" in error


def test_an_unknown_level_lists_the_known(trial):
    code, _, error = trial[2]("P01", sex="Secret")
    assert code == 2
    assert "`levels.sex` must be one of male, female, got another value" in error
    assert "Secret" not in error


def test_other_levels_point_to_the_act_for_mistakes(trial):
    _, _, allocate = trial
    allocate("P01")
    code, _, error = allocate("P01", sex="female")
    assert code == 2
    assert "steps ledger mis-randomised" in error


def test_no_half_of_a_file_stays_in_the_way(place):
    path = place / "site" / "receipt.json"
    with pytest.raises(UnicodeEncodeError):
        write_new(path, "cannot be written: \ud800")
    assert not path.exists()
    write_new(path, "whole\n")
    assert path.read_text() == "whole\n"


def test_nothing_is_done_where_the_receipt_cannot_be_written(trial, place, steps):
    path, _, allocate = trial
    taken = place / "taken.json"
    taken.write_text("")
    for file in (taken, place / "no" / "receipt.json"):
        code, _, error = allocate("P01", "--receipt", file)
        assert code == 2
        assert "be a new file in a folder there is" in error
    assert Ledger.open(path).verify().n_entries == 1


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("create", "{unit}/ledger2", "--by", "x"), "only a synthetic ledger has"),
        (("create", "{unit}/l", "--by", "Jane Doe", "--synthetic"), "be a staff code"),
        (("create", "{unit}/l", "--by", "x", "--synthetic", "--n", "0"), "`n` must"),
        (("verify", "{unit}/none"), "be a ledger's file"),
        (("verify", "{unit}/ledger", "--key", "{unit}"), "be a key file"),
        (("verify", "{unit}/ledger", "--receipts", "{unit}/x"), "file of receipts"),
        (("verify", "{unit}/ledger", "--receipts", "{safe}/key"), "`receipt` must be"),
        (("export", "{unit}/ledger", "--out", "{unit}/ledger"), "be a new file"),
        (
            ("break-code", "{unit}/ledger", "--participant", "Secret", "--by", "x",
             "--key", "{safe}/key", "--reason", "curious"),
            "be one of accident, analysis, authority, care, safety",
        ),
        (
            ("withdraw", "{unit}/ledger", "--participant", "Secret", "--by", "x",
             "--key", "{safe}/key"),
            "be a participant of this ledger",
        ),
        (
            ("mis-randomised", "{unit}/ledger", "--participant", "Secret", "--by", "x",
             "--key", "{safe}/key", "--mistake", "wrong-levels", "--right-levels",
             "{unit}/none"),
            "`right_levels` must be a JSON file",
        ),
    ],
)  # fmt: skip
def test_wrong_words_are_exit_code_2(trial, place, steps, words, says):
    at = {name: str(place / name) for name in ("unit", "safe")}
    code, said, error = steps("ledger", *(word.format(**at) for word in words))
    assert (code, said) == (2, "")
    assert says in error
    assert "Secret" not in error
    assert "Traceback" not in error


def test_errors_come_as_json_too(trial, steps):
    code, said, _ = steps("ledger", "verify", trial[1], "--json")
    assert code == 2
    assert json.loads(said)["exit_code"] == 2


def test_help_lists_the_reasons_there_are(capsys):
    for act, words in (
        ("break-code", get_args(records.WhyBroken)),
        ("mis-randomised", get_args(records.Mistake)),
        ("withdraw", get_args(records.Erasure)),
    ):
        with pytest.raises(SystemExit):
            main(["ledger", act, "--help"])
        said = " ".join(capsys.readouterr().out.split())
        assert all(word in said for word in words)


# --- where it runs -------------------------------------------------------------------


def test_a_name_the_terminal_cannot_show_is_escaped(trial, place, monkeypatch):
    path, key, allocate = trial
    allocate("Pé")
    for options in ([], ["--json"]):
        narrow = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
        monkeypatch.setattr("sys.stdout", narrow)
        words = ["allocate", path, place / "family.json", "--key", key, "--by", "TU-2"]
        assert main([*map(str, words), *options]) == 0
        said = narrow.buffer.getvalue().decode("ascii")
        assert r"P\u00e9" in said
    assert json.loads(said)["participant_id"] == "Pé"


def test_streams_may_be_closed(trial, place, monkeypatch, capsys):
    path, key, allocate = trial
    allocate("P01")
    words = ["allocate", path, place / "family.json", "--key", key, "--by", "TU-2"]
    with monkeypatch.context() as closed:
        closed.setattr("sys.stdout", None)
        assert main([*map(str, words)]) == 0
    words[2] = "-"
    monkeypatch.setattr("sys.stdin", None)
    assert main([*map(str, words)]) == 2
    assert "`family` must be one JSON object" in capsys.readouterr().err


def test_too_little_memory_is_said(synthetic, steps, monkeypatch):
    def too_much(*_):
        raise MemoryError

    monkeypatch.setattr(Ledger, "verify", too_much)
    code, said, error = steps("ledger", "verify", synthetic)
    assert (code, said, error) == (2, "", "steps ledger: more than memory holds\n")
