"""Many at once, and killed at any moment: nothing is lost, nothing is there twice."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from steps_analysis.errors import DataError
from steps_analysis.randomisation import Ledger
from steps_analysis.randomisation.ledger import read_receipts
from steps_analysis.randomisation.ledger.store import transaction
from steps_analysis.randomisation.ledger.writing import append

# A site's program: it asks for every family whose receipt it does not hold yet.
ALLOCATOR = """
import json, os, sys
from pathlib import Path
from steps_analysis.errors import DataError
from steps_analysis.randomisation import Ledger

path, key, name, n, out = sys.argv[1:]
ledger, out = Ledger.open(path, key_path=key), Path(out)
sites, sexes = ledger.declaration.levels["site"], ledger.declaration.levels["sex"]
held = {file.stem for file in out.glob("*.json")}
for i in range(int(n)):
    child = f"{name}{i:03}"
    if child not in held:
        levels = {"site": sites[i % len(sites)], "sex": sexes[i // 2 % len(sexes)]}
        receipt = ledger.allocate(child, levels, by=name)
        (out / f"{child}.part").write_text(json.dumps(receipt.to_dict()))
        os.replace(out / f"{child}.part", out / f"{child}.json")
"""


# A program killed while its entries are half on the disk.
KILLED_MIDWAY = """
import os, signal, sys
from pathlib import Path
from steps_analysis.randomisation.ledger.store import transaction

with transaction(Path(sys.argv[1]), write=True) as connection:
    connection.execute("PRAGMA cache_size = 1")  # so that pages spill to the disk
    for i in range(9, 400):
        row = (i, "x" * 4000, str(i), "")
        connection.execute("INSERT INTO entries VALUES (?, ?, ?, ?)", row)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def start(ledger, key, name, n, out):
    """Start a site's program."""
    words = [str(word) for word in (ledger.path, key, name, n, out)]
    root = Path(__file__).parents[3]
    return subprocess.Popen([sys.executable, "-c", ALLOCATOR, *words], cwd=root)


def check_complete(ledger, out, names, n):
    """Every family is there once, with the arm its site was told."""
    receipts = read_receipts(sorted(out.glob("*.json")))
    asked = {f"{name}{i:03}" for name in names for i in range(n)}
    assert {receipt.participant_id for receipt in receipts} == asked
    assert len({receipt.entry for receipt in receipts}) == len(asked)
    found = ledger.verify(receipts)
    assert found.is_whole, found.fault
    assert found.n_allocations == found.n_proven == len(asked)
    table = ledger.allocation_table()
    told = {receipt.participant_id: receipt.arm for receipt in receipts}
    assert dict(zip(table["participant_id"], table["arm"], strict=True)) == told


def run_and_kill(ledger, key, out, names, n, *, kills, seed):
    """Run the sites side by side; kill each `kills` times, and start it again."""
    chance = random.Random(seed)
    left = dict.fromkeys(names, kills)
    running = {name: start(ledger, key, name, n, out) for name in names}
    goal = {name: 1 + chance.randrange(n // (kills + 1)) for name in names}
    while running:
        time.sleep(0.005)
        for name, process in list(running.items()):
            n_held = len(list(out.glob(f"{name}*.json")))
            if process.poll() is not None:
                assert process.returncode == 0
                del running[name]
            elif left[name] and n_held >= goal[name]:
                time.sleep(chance.random() * 0.05)
                process.send_signal(signal.SIGKILL)
                process.wait()
                left[name] -= 1
                goal[name] = n_held + 1 + chance.randrange(max(1, n // (kills + 1)))
                running[name] = start(ledger, key, name, n, out)


@pytest.fixture
def out(tmp_path):
    """Where the sites keep their receipts."""
    (tmp_path / "receipts").mkdir()
    return tmp_path / "receipts"


def test_two_sites_at_once_one_of_them_killed(real, places, out):
    names = ("left", "right")
    run_and_kill(real, places[1], out, names, 10, kills=1, seed=1)
    check_complete(real, out, names, 10)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_many_sites_at_once_killed_again_and_again(real, places, out, seed):
    names = ("a", "b", "c", "d", "e")
    run_and_kill(real, places[1], out, names, 30, kills=5, seed=seed)
    check_complete(real, out, names, 30)


def test_many_threads_at_once(ledger, families, who):
    def ask(i):
        # Every family is asked for twice, at about the same time.
        return ledger.allocate(f"P{i // 2}", families[i // 2 % 4], **who)

    with ThreadPoolExecutor(8) as pool:
        receipts = list(pool.map(ask, range(40)))
    found = ledger.verify(receipts)
    assert (found.is_whole, found.n_allocations) == (True, 20)
    assert sum(receipt.repeated for receipt in receipts) == 20
    assert len({receipt.entry for receipt in receipts}) == 20


def test_what_goes_wrong_midway_leaves_nothing_behind(full, families, who, monkeypatch):
    ledger, receipts = full
    before = ledger.path.read_bytes()

    def fail(*arguments):
        append(*arguments)
        raise OSError("the disk is full")

    monkeypatch.setattr("steps_analysis.randomisation.ledger.allocating.append", fail)
    with pytest.raises(OSError, match="the disk is full"):
        ledger.allocate("new", families[0], **who)
    monkeypatch.undo()
    assert ledger.path.read_bytes() == before
    # Nothing was told, so the same draw may serve the family after all.
    assert ledger.allocate("new", families[0], **who).entry == 9
    assert ledger.verify(receipts).n_proven == 9


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is of POSIX")
def test_entries_half_on_the_disk_are_taken_back(full, families, who):
    ledger, receipts = full
    size = ledger.path.stat().st_size
    words = [sys.executable, "-c", KILLED_MIDWAY, str(ledger.path)]
    killed = subprocess.run(words, cwd=Path(__file__).parents[3], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert ledger.path.stat().st_size > size  # they were on the disk
    assert ledger.path.with_name("ledger-journal").exists()
    assert ledger.verify(receipts).n_entries == 9
    assert ledger.path.stat().st_size == size
    assert ledger.allocate("new", families[0], **who).entry == 9


def test_a_writer_waits_for_its_turn_and_says_when_it_was_in_vain(
    full, families, who, monkeypatch
):
    ledger, _ = full
    monkeypatch.setattr("steps_analysis.randomisation.ledger.store._PATIENCE", 0.05)
    with transaction(ledger.path, write=True):
        with pytest.raises(DataError, match="database is locked"):
            ledger.allocate("new", families[0], **who)
        assert len(Ledger.open(ledger.path).masked_list()) == 8
    assert ledger.allocate("new", families[0], **who).entry == 9


@pytest.mark.skipif(os.name != "posix", reason="rights are those of POSIX")
def test_no_file_is_left_beside_the_ledger(full):
    ledger, _ = full
    assert [path.name for path in ledger.path.parent.iterdir()] == ["ledger"]


def test_receipts_are_read_from_files(full, tmp_path):
    _, receipts = full
    one, many = tmp_path / "one.json", tmp_path / "many.json"
    one.write_text(json.dumps(receipts[0].to_dict()))
    many.write_text(json.dumps([receipt.to_dict() for receipt in receipts[1:]]))
    assert read_receipts([one, many]) == receipts
