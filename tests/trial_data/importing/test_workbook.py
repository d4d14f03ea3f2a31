"""A workbook read, and every way in which one can be damaged."""

from __future__ import annotations

import re
import zipfile
from datetime import date, datetime, time, timedelta

import numpy as np
import pandas as pd
import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.trial_data import TABLE_NAMES, check_trial, read_trial
from steps_analysis.trial_data.importing import (
    import_tables,
    read_workbook,
    write_workbook,
)
from steps_analysis.trial_data.importing.workbook_writing import ABOUT, CODES
from steps_analysis.trial_data.trial import STAMP, TrialData

# ---- by hand -----------------------------------------------------------------------


def small_book(*rows, name="sites"):
    book = Workbook()
    book.active.title = name
    for row in rows:
        book.active.append(row)
    return book


def only_source(book, tmp_path):
    book.save(tmp_path / "own.xlsx")
    sources, problems = read_workbook(tmp_path / "own.xlsx")
    assert problems == []
    (source,) = sources
    return source


def test_each_kind_of_cell_becomes_the_text_of_the_contract(tmp_path):
    #   site   opened_date           therapists  closed_date   is_x   score
    #   North  a date in Excel       3.0         ISO text      TRUE   1.5
    #   South  a date and midnight   4           empty         FALSE  0.1
    book = small_book(
        ["site", "opened_date", "therapists", "closed_date", "is_x", "score"],
        ["North", date(2014, 1, 31), 3.0, "2015-12-31", True, 1.5],
        ["South", datetime(2014, 2, 1), 4, None, False, 0.1],
    )
    assert only_source(book, tmp_path).raw.columns == (
        ("North", "South"),
        ("2014-01-31", "2014-02-01"),
        ("3", "4"),
        ("2015-12-31", ""),
        ("true", "false"),
        ("1.5", "0.1"),
    )


def test_a_time_of_day_is_kept_for_the_checker_to_refuse(tmp_path):
    book = small_book(["site", "x"], ["North", datetime(2014, 1, 31, 9, 30)])
    assert only_source(book, tmp_path).raw.columns[1] == ("2014-01-31 09:30:00",)
    book = small_book(["site", "x"], ["North", time(9, 30)])
    assert only_source(book, tmp_path).raw.columns[1] == ("09:30:00",)


def test_dates_of_the_1904_system_are_the_same_dates(tmp_path):
    book = small_book(["site", "opened_date"], ["North", date(2014, 1, 31)])
    book.epoch = CALENDAR_MAC_1904
    assert only_source(book, tmp_path).raw.columns[1] == ("2014-01-31",)


def test_empty_rows_and_columns_at_the_end_are_passed_over(tmp_path):
    book = small_book(["site", "ring"], ["North", "inner"])
    book.active["A9"] = ""
    book.active["F1"] = None
    book.active["XFD1048576"].number_format = "yyyy-mm-dd"
    raw = only_source(book, tmp_path).raw
    assert raw.header == ("site", "ring")
    assert raw.lines.tolist() == [2]


def test_other_sheets_are_left_alone(tmp_path):
    book = small_book(["site"], ["North"])
    for name in ("Notes", "codes", "Sheet1", "pivot", "Costings 2019", ABOUT, CODES):
        book.create_sheet(name).append(["anything"])
    assert only_source(book, tmp_path).table == "sites"


# ---- there and back ----------------------------------------------------------------


def test_a_trial_survives_the_workbook(workbook, toy, tmp_path):
    sources, problems = read_workbook(workbook())
    options = {"extract_date": toy.extract_date, "protocol": toy.protocol}
    imported = import_tables(sources, tmp_path / "new", problems=problems, **options)
    assert imported == toy
    assert read_trial(tmp_path / "new") == toy


def test_the_synthetic_trial_survives_and_keeps_its_stamp(achieved, tmp_path):
    path = tmp_path / "own.xlsx"
    write_workbook(achieved, path)
    sources, problems = read_workbook(path)
    options = {"extract_date": achieved.extract_date, "provenance": "synthetic"}
    assert import_tables(sources, tmp_path / "new", **options) == achieved
    assert problems == []
    assert load_workbook(path)[ABOUT]["A1"].value == STAMP


def test_real_data_carry_no_stamp_and_the_arms_a_warning(workbook):
    about = load_workbook(workbook())[ABOUT]
    said = [row[0] for row in about.iter_rows(values_only=True)]
    assert STAMP not in said
    assert said[0].startswith("This workbook can show an arm")


def test_the_same_trial_gives_the_same_bytes(toy, tmp_path):
    for name in ("one.xlsx", "two.xlsx"):
        write_workbook(toy, tmp_path / name)
    one, two = ((tmp_path / name).read_bytes() for name in ("one.xlsx", "two.xlsx"))
    assert one == two


def test_an_identifier_that_looks_like_a_formula_stays_text(toy, tmp_path):
    sites = pd.DataFrame({"site": ["=1+1", "North"]})
    trial = TrialData(
        protocol=toy.protocol,
        extract_date=toy.extract_date,
        provenance="real",
        sites=sites,
    )
    write_workbook(trial, tmp_path / "own.xlsx")
    (source,), problems = read_workbook(tmp_path / "own.xlsx")
    assert problems == []
    assert source.raw.columns == (("=1+1", "North"),)


def test_columns_with_codes_offer_them(workbook):
    book = load_workbook(workbook())
    offered = {
        str(rule.sqref): rule.formula1
        for rule in book["sites"].data_validations.dataValidation
    }
    assert offered["B2:B1048576"].startswith(f"'{CODES}'!$")
    head = [cell.value for cell in book[CODES][1]]
    column = head.index("sites.ring")
    below = [row[column] for row in book[CODES].iter_rows(min_row=2, values_only=True)]
    assert [text for text in below if text] == ["inner", "outer"]


# ---- damages -----------------------------------------------------------------------


def set_cell(sheet, cell, value):
    def change(book):
        book[sheet][cell] = value

    return change


def test_a_wrong_cell_is_told_by_sheet_and_row(workbook, told):
    (said,) = told(workbook(set_cell("events", "B3", "plaecment")))
    assert said.startswith("own.xlsx, sheet events:3: `event` must be one of offence")
    assert "did you mean 'placement'?" in said


def test_a_dead_link_is_told_by_the_name_of_the_other_sheet(workbook, told):
    (said,) = told(workbook(set_cell("events", "A3", "kid-77")))
    assert said == (
        "own.xlsx, sheet events:3: `participant_id` must be a `participant_id` of "
        "sheet participants"
    )


def test_a_wrong_date_is_told(workbook, told):
    (said,) = told(workbook(set_cell("events", "C2", "01/08/2014")))
    assert "sheet events:2: `event_date` must be a date written year-month-day" in said
    (said,) = told(workbook(set_cell("events", "C2", datetime(2014, 8, 1, 9))))
    assert "leave out the time of day" in said


def test_a_day_number_without_a_format_is_told(workbook, told):
    def change(book):
        book["events"]["C2"] = 41852
        book["events"]["C2"].number_format = "General"

    (said,) = told(workbook(change))
    assert "a spreadsheet's day number" in said


def test_a_date_beyond_the_calendar_is_told(workbook, told):
    def change(book):
        book["events"]["C2"] = 99999999999
        book["events"]["C2"].number_format = "yyyy-mm-dd"

    (said,) = told(workbook(change))
    assert said.startswith("own.xlsx, sheet events:2: `column C` must hold no error")


def test_a_missing_sheet_is_told(workbook, told):
    (said,) = told(workbook(lambda book: book.remove(book["allocation"])))
    assert said.startswith(
        "allocation.csv: the file must be there\nHint: import it too"
    )


def test_a_misnamed_sheet_is_told(workbook, told):
    def change(book):
        book["screening"].title = "Screenings"

    (said,) = told(workbook(change))
    assert said == (
        "own.xlsx, sheet Screenings: the sheet must have a table's name\n"
        "Hint: did you mean 'screening'?"
    )


def test_a_hidden_sheet_is_told(workbook, told):
    def change(book):
        book["costs"].sheet_state = "hidden"

    (said,) = told(workbook(change))
    assert said.startswith("own.xlsx, sheet costs: the sheet must not be hidden")


def test_merged_cells_are_told(workbook, told):
    (said,) = told(workbook(lambda book: book["costs"].merge_cells("F3:G4")))
    assert said.startswith(
        "own.xlsx, sheet costs:3: the line must hold no merged cells"
    )
    assert "unmerge F3:G4" in said


def test_a_formula_without_a_value_is_told_once(workbook, told):
    (said,) = told(workbook(set_cell("events", "C3", "=C2+1")))
    assert said.startswith(
        "own.xlsx, sheet events:3: `column C` must hold a value: none is stored"
    )


def test_a_formula_with_a_value_is_read(tmp_path):
    small_book(["site", "therapists"], ["North", "=1+2"]).save(tmp_path / "a.xlsx")
    with (
        zipfile.ZipFile(tmp_path / "a.xlsx") as old,
        zipfile.ZipFile(tmp_path / "own.xlsx", "w") as new,
    ):
        for name in old.namelist():
            data = old.read(name)
            if name.endswith("sheet1.xml"):
                data = re.sub(rb"<v ?/>|<v></v>", b"<v>3</v>", data)
            new.writestr(name, data)
    (source,), problems = read_workbook(tmp_path / "own.xlsx")
    assert problems == []
    assert source.raw.columns == (("North",), ("3",))


def test_an_error_value_is_told(workbook, told):
    (said,) = told(workbook(set_cell("events", "D3", "#N/A")))
    assert said.startswith("own.xlsx, sheet events:3: `column D` must hold no error")


def test_a_cell_beside_the_columns_is_told(workbook, told):
    (said,) = told(workbook(set_cell("sites", "K3", "see above")))
    assert said == (
        "own.xlsx, sheet sites:3: `column K` must be empty, or have a name in row 1"
    )


def test_an_empty_row_between_others_is_told(workbook, told):
    (said,) = told(workbook(lambda book: book["events"].insert_rows(3)))
    assert said.startswith("own.xlsx, sheet events:3: the line must hold a value")


def test_rows_below_an_empty_one_keep_their_numbers(workbook, told):
    def change(book):
        book["events"].insert_rows(3)
        book["events"]["B5"] = "plaecment"

    assert "sheet events:5: `event` must be one of" in "\n".join(told(workbook(change)))


def test_an_empty_sheet_is_told(workbook, told):
    def change(book):
        book["costs"].delete_rows(1, 99)

    (said,) = told(workbook(change))
    assert said.endswith("must hold the names of the columns in its first row")


def test_an_empty_first_row_is_told_once(workbook, told):
    (said,) = told(workbook(lambda book: book["costs"].insert_rows(1)))
    assert said.endswith("must hold the names of the columns in its first row")


def test_a_title_above_the_header_is_told(workbook, told):
    def change(book):
        book["costs"].insert_rows(1)
        book["costs"]["A1"] = "Costs of the trial"

    assert "must hold the names of the columns" in "\n".join(told(workbook(change)))


def test_everything_wrong_is_told_at_once(workbook, told):
    def change(book):
        book["events"]["B3"] = "plaecment"
        book["events"]["C4"] = "=C3"
        book["sites"]["B2"] = "outre"
        book["costs"].sheet_state = "veryHidden"

    assert len(told(workbook(change))) == 4


@pytest.mark.parametrize(
    ("data", "hint"),
    [
        (b"", "save it as an Excel workbook"),
        (b"site,ring\nNorth,inner\n", "save it as an Excel workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old .xls or has a password"),
        (b"PK\x03\x04 cut short", "damaged, or an archive of another kind"),
    ],
)
def test_what_is_no_workbook_is_refused(tmp_path, data, hint):
    (tmp_path / "own.xlsx").write_bytes(data)
    with pytest.raises(DataError, match=r"must be an Excel workbook \(.xlsx\)") as said:
        read_workbook(tmp_path / "own.xlsx")
    assert hint in str(said.value)


def test_a_workbook_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(DataError, match="must be an Excel workbook that can be read"):
        read_workbook(tmp_path / "none.xlsx")


def test_randomly_damaged_bytes_are_refused_or_told(workbook, tmp_path):
    sound = workbook().read_bytes()
    rng = np.random.default_rng(20140618)
    for _ in range(60):
        data = bytearray(sound)
        for place in rng.integers(0, len(data), size=8):
            data[place] = int(rng.integers(0, 256))
        (tmp_path / "bad.xlsx").write_bytes(bytes(data[: rng.integers(9, len(data))]))
        with pytest.raises(DataError):
            read_workbook(tmp_path / "bad.xlsx")


def test_only_workbooks_are_written(toy, tmp_path):
    with pytest.raises(ArgumentError, match=r"`path` must end in \.xlsx"):
        write_workbook(toy, tmp_path / "own.xls")
    empty = TrialData(
        protocol=toy.protocol, extract_date=toy.extract_date, provenance="real"
    )
    with pytest.raises(ArgumentError, match="must hold at least one table"):
        write_workbook(empty, tmp_path / "own.xlsx")


# ---- no datum in a message ---------------------------------------------------------


def test_no_message_shows_a_cell(workbook, told):
    """Every cell below the header becomes a token; none may come back."""

    def change(book):
        for name in TABLE_NAMES:
            for row in book[name].iter_rows(min_row=2):
                for cell in row:
                    cell.value = f"tok3n{cell.coordinate}"

    said = "\n".join(told(workbook(change)))
    assert "tok3n" not in said
    assert "sheet events" in said


# ---- size --------------------------------------------------------------------------


def test_ten_thousand_rows_are_brought_in(achieved, achieved_folder, tmp_path):
    book = Workbook(write_only=True)
    sheet = book.create_sheet("events")
    sheet.append(["participant_id", "event", "event_date", "end_date"])
    day = datetime(2016, 1, 1)
    for i in range(10_000):
        started = day + timedelta(days=i // 40)
        sheet.append([f"P{i % 40 + 1:03}", "placement", started, None])
    book.save(tmp_path / "own.xlsx")
    sources, problems = read_workbook(tmp_path / "own.xlsx")
    trial = import_tables(
        sources,
        achieved_folder,
        extract_date=achieved.extract_date,
        provenance="synthetic",
        problems=problems,
    )
    assert len(trial.events) == 10_000
    assert check_trial(achieved_folder) == ()
