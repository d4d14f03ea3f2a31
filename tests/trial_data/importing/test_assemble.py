"""Tables brought into a folder: what is kept, what is refused, never half of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from datetime import date

import pytest

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.trial_data import (
    ContractError,
    read_trial,
    write_trial,
)
from steps_analysis.trial_data.importing import (
    import_tables,
    read_workbook,
    write_workbook,
)

EXTRACT = date(2016, 6, 30)


@pytest.fixture
def sources(workbook):
    found, problems = read_workbook(workbook())
    assert problems == []
    return found


def events_only(sources):
    return [source for source in sources if source.table == "events"]


def test_tables_that_are_not_imported_stay(sources, folder, toy):
    (folder / "events.csv").write_text("participant_id,event,event_date\n")
    import_tables(events_only(sources), folder, extract_date=EXTRACT)
    assert read_trial(folder) == toy


def test_a_lost_table_is_not_passed_over(sources, folder):
    events = events_only(sources)
    import_tables(events, folder, extract_date=EXTRACT)
    (folder / "visits.csv").unlink()
    with pytest.raises(ContractError, match=r"datapackage\.json lists it"):
        import_tables(events, folder, extract_date=EXTRACT)


def test_blank_tables_of_a_template_go_and_other_files_stay(sources, folder):
    (folder / "costs.csv").write_text("participant_id,sector\n")
    (folder / "visits.csv").write_text("participant_id,visit_month\n")
    (folder / "notes.txt").write_text("mine")
    kept = [s for s in sources if s.table not in ("costs", "visits")]
    with pytest.raises(
        ContractError, match=r"costs\.csv:1: `month_from` must be there"
    ):
        import_tables(kept, folder, extract_date=EXTRACT)
    (folder / "costs.csv").unlink()
    trial = import_tables(kept, folder, extract_date=EXTRACT)
    assert trial.visits is None
    assert not (folder / "visits.csv").exists()
    assert (folder / "notes.txt").read_text() == "mine"


def test_records_after_the_extract_date_are_refused(sources, tmp_path, toy):
    options = {"extract_date": date(2015, 1, 4), "protocol": toy.protocol}
    with pytest.raises(ContractError, match="sheet events:2: `sanction_date` must not"):
        import_tables(sources, tmp_path / "new", **options)


def test_kept_tables_are_checked_against_the_imported(sources, folder):
    text = (folder / "participants.csv").read_text().replace("kid-4", "kid-5")
    (folder / "participants.csv").write_text(text)
    with pytest.raises(ContractError) as said:
        import_tables(events_only(sources), folder, extract_date=EXTRACT)
    assert "own.xlsx, sheet events:5: `participant_id` must be a" in str(said.value)
    assert "participants.csv:5: `participant_id` must have an arm" in str(said.value)


@pytest.mark.parametrize(
    ("named", "kept"),
    [
        ([{"name": "CC0-1.0"}], [{"name": "CC0-1.0"}]),
        ([], None),
        ("CC0", None),
        (7, None),
    ],
)
def test_licences_of_the_folder_stay(sources, folder, named, kept):
    package = {"provenance": "real", "extract_date": "2016-06-30", "licenses": named}
    (folder / "datapackage.json").write_text(json.dumps(package))
    import_tables(events_only(sources), folder, extract_date=EXTRACT)
    written = json.loads((folder / "datapackage.json").read_text())
    assert written.get("licenses") == kept


@pytest.mark.parametrize(
    ("provenance", "rule"),
    [
        ("reel", "must be one of synthetic, real, unknown"),
        ("synthetic", "must be that of the folder, real, got 'synthetic'"),
    ],
)
def test_provenance_must_fit_the_folder(sources, folder, provenance, rule):
    with pytest.raises(ArgumentError, match=rule):
        import_tables(sources, folder, extract_date=EXTRACT, provenance=provenance)


def test_a_table_given_twice_is_refused(sources, tmp_path, toy):
    options = {"extract_date": EXTRACT, "protocol": toy.protocol}
    with pytest.raises(DataError, match="hold each table once, got 'events twice'"):
        import_tables(sources + events_only(sources), tmp_path / "new", **options)


def test_a_folder_of_other_things_is_refused(sources, tmp_path, toy):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("ten years of work")
    options = {"extract_date": EXTRACT, "protocol": toy.protocol}
    with pytest.raises(DataError, match="be new, empty or a trial's data folder"):
        import_tables(sources, tmp_path / "mine", **options)
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["thesis.txt"]


def test_a_refused_import_leaves_the_folder_byte_for_byte(sources, folder):
    (folder / "sites.csv").write_text("site\nNorth\nSouth\n")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(ContractError):
        import_tables(events_only(sources), folder, extract_date=EXTRACT)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.skipif(os.name != "posix", reason="kills as POSIX does")
def test_whoever_is_killed_leaves_a_whole_folder(achieved, tmp_path):
    """Killed at several moments of a second import, the folder is whole each time."""
    target = tmp_path / "achieved"
    write_trial(achieved, target)
    write_workbook(achieved, tmp_path / "own.xlsx")
    code = (
        "import sys\nfrom datetime import date\n"
        "from steps_analysis.trial_data.importing import import_tables, read_workbook\n"
        "sources, _ = read_workbook(sys.argv[1])\n"
        "day = date.fromisoformat(sys.argv[3])\n"
        "while True:\n"
        "    import_tables(sources, sys.argv[2], extract_date=day,"
        " provenance='synthetic')\n"
        "    print('written', flush=True)\n"
    )
    day = achieved.extract_date.isoformat()
    words = [sys.executable, "-c", code, str(tmp_path / "own.xlsx"), str(target), day]
    for delay in (0.0, 0.05, 0.1, 0.2):
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout.readline() == "written\n"
            time.sleep(delay)
            process.send_signal(signal.SIGKILL)
        assert read_trial(target) == achieved
