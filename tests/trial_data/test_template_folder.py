"""The folder of a new trial: explained, checked, and ready to be filled in."""

from __future__ import annotations

import json
from datetime import date

import pytest
from openpyxl import load_workbook

from steps_analysis.errors import ArgumentError
from steps_analysis.protocol import load_protocol
from steps_analysis.trial_data import (
    CONTRACT,
    STAMP,
    TABLE_NAMES,
    check_trial,
    new_trial,
    read_trial,
)
from steps_analysis.trial_data.importing import import_tables, read_workbook

GIVEN = {"name": "MINE", "sites": ["North", "South"], "arms": ["new", "usual"]}


@pytest.fixture
def place(tmp_path):
    return tmp_path / "mine"


def test_every_table_is_there_with_its_header(place):
    new_trial(place, **GIVEN)
    for rule in CONTRACT:
        header = (place / rule.file).read_text().splitlines()[0].split(",")
        assert header[: len(rule.names)] == list(rule.names)
    assert (place / "sites.csv").read_text().splitlines()[1:] == [
        "North,,,,,,",
        "South,,,,,,",
    ]


def test_the_check_says_what_to_do_next(place):
    new_trial(place, **GIVEN)
    said = "\n".join(map(str, check_trial(place)))
    assert "`extract_date` must be a date such as" in said
    assert "participants.csv: the file must hold at least one row" in said
    assert said.count("must") == 2


def test_filled_in_by_hand_it_is_a_trial(place):
    new_trial(place, **GIVEN, tables=[])
    package = json.loads((place / "datapackage.json").read_text())
    package["extract_date"] = "2018-03-31"
    (place / "datapackage.json").write_text(json.dumps(package))
    head = (place / "participants.csv").read_text().strip()
    row = "p1,North,2016-01-31" + "," * (head.count(",") - 2)
    (place / "participants.csv").write_text(f"{head}\n{row}\n")
    (place / "allocation.csv").write_text("participant_id,arm\np1,new\n")
    assert check_trial(place) == ()
    assert read_trial(place).protocol == load_protocol(place)


def test_only_the_tables_asked_for_and_the_needed_ones(place):
    new_trial(place, **GIVEN, tables=["visits"])
    assert {path.stem for path in place.glob("*.csv")} == {
        *("sites", "participants", "allocation", "events", "visits")
    }


def test_the_readme_explains_every_column_and_warns_of_the_arms(place):
    new_trial(place, **GIVEN)
    page = (place / "README.md").read_text()
    for rule in CONTRACT:
        assert f"## {rule.file}" in page
        for field in rule.fields:
            assert f"| `{field.name}` | {field.title} |" in page
    warned = page.partition("must not open these:\n")[2].splitlines()[0]
    assert warned == "`allocation.csv`, `treatment.csv`, `costs.csv`."
    assert STAMP not in page


def test_synthetic_data_are_stamped_from_the_beginning(place):
    new_trial(place, **GIVEN, provenance="synthetic")
    assert STAMP in (place / "README.md").read_text()
    assert json.loads((place / "datapackage.json").read_text())["description"] == STAMP


def test_the_workbooks_keep_apart_what_could_show_an_arm(place):
    new_trial(place, **GIVEN, excel=True)
    open_to_all = load_workbook(place / "trial.xlsx").sheetnames
    concealed = load_workbook(place / "trial-concealed.xlsx").sheetnames
    assert [n for n in concealed if n in TABLE_NAMES] == [
        *("allocation", "treatment", "costs")
    ]
    assert sorted({*open_to_all, *concealed} & {*TABLE_NAMES}) == sorted(TABLE_NAMES)
    assert not {*open_to_all} & {"allocation", "treatment", "costs"}


def test_the_workbooks_filled_in_become_the_trial(place):
    new_trial(place, **GIVEN, excel=True)
    for file, sheet, row in (
        ("trial.xlsx", "participants", ["p1", "North", date(2016, 1, 31)]),
        ("trial-concealed.xlsx", "allocation", ["p1", "new"]),
    ):
        book = load_workbook(place / file)
        book[sheet].append(row)
        book.save(place / file)
    read = [read_workbook(place / f"trial{part}.xlsx") for part in ("", "-concealed")]
    sources = [source for found, problems in read for source in found]
    trial = import_tables(sources, place, extract_date=date(2018, 3, 31))
    assert trial == read_trial(place)
    assert (place / "trial.xlsx").exists()
    assert len(trial.participants) == 1


def test_the_same_options_give_the_same_bytes(tmp_path):
    for name in ("one", "two"):
        new_trial(tmp_path / name, **GIVEN, excel=True)
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()


def test_a_folder_that_holds_something_is_refused(place):
    place.mkdir()
    new_trial(place, **GIVEN)  # an empty one may be filled
    before = sorted(path.name for path in place.iterdir())
    with pytest.raises(ArgumentError, match="`folder` must be new or empty"):
        new_trial(place, **GIVEN)
    assert sorted(path.name for path in place.iterdir()) == before


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"tables": ["visit"]}, "did you mean 'visits'?"),
        ({"provenance": "sintetic"}, "`provenance` must be one of synthetic, real"),
        ({"arms": ["one"]}, "`arms` must be two codes"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_written(place, change, said):
    with pytest.raises(ArgumentError, match=said.replace("?", r"\?")):
        new_trial(place, **{**GIVEN, **change})
    assert not place.exists()
