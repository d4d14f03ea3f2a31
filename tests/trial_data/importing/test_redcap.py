"""A REDCap export: rows, codes, repeating forms, and what a mapping may not say."""

from __future__ import annotations

import time
from datetime import date
from pathlib import Path

import pytest

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.trial_data import ContractError, read_trial
from steps_analysis.trial_data.importing import (
    import_tables,
    read_redcap,
    write_redcap,
)
from steps_analysis.trial_data.importing.redcap_mapping import load_mapping

DICTIONARY = """\
"Variable / Field Name","Form Name","Section Header","Field Type","Field Label",\
"Choices, Calculations, OR Slider Labels","Field Note",\
"Text Validation Type OR Show Slider Number","Identifier?"
record_id,entry,,text,Record,,,,
study_id,entry,,text,Study number,,,,
centre,entry,,radio,Centre,"1, North | 2, South | 3, West",,,
zero,entry,,text,Randomised at,,,datetime_dmy,
gender,entry,,dropdown,Sex,"m, Boy | f, Girl",,,
home,entry,,yesno,Placed,,,,
child_name,entry,,text,Name,,,,y
remarks,entry,,notes,Remarks,,,,
what,log,,radio,What,"1, offence | 2, placement | -9, not known",,,
day,log,,text,When,,,date_dmy,
flags,log,,checkbox,Nature,"1, sexual | 2, serious",,,
seen,visit,,text,Seen on,,,date_dmy,
total,visit,,text,Scale,,,number,
"""

EXPORT = """\
record_id,redcap_event_name,redcap_repeat_instrument,redcap_repeat_instance,\
study_id,centre,zero,gender,home,child_name,entry_complete,what,day,flags___1,\
flags___2,log_complete,seen,total,visit_complete
1,start_arm_1,,,kid-1,1,2014-03-20 10:15,m,0,TOK3N,2,,,0,0,,2014-03-21,20,2
1,month_6_arm_1,,,,,,,,,,,,0,0,,2014-09-25,-99,2
1,start_arm_1,log,1,,,,,,,,1,2014-08-01,1,0,2,,,
1,start_arm_1,log,2,,,,,,,,2,2014-02-01,0,0,2,,,
2,start_arm_1,,,,,,,,TOK3N,0,,,0,0,,,,
3,start_arm_1,,,kid-3,2,2014-04-20 09:00,f,,TOK3N,2,,,0,0,,,,
"""

MAPPING = """\
carried = ["study_id"]
missing = ["-99"]

[tables.participants]
form = "entry"
when = "zero"

[tables.participants.fields]
study_id = "participant_id"
centre = "site"
zero = "randomisation_date"
gender = "sex"
home = "placed_at_randomisation"

[tables.participants.codes.sex]
m = "male"
f = "female"

[tables.events]
form = "log"

[tables.events.fields]
study_id = "participant_id"
what = "event"
day = "event_date"
flags___1 = "is_sexual"

[tables.visits]
form = "visit"

[tables.visits.fields]
study_id = "participant_id"
seen = "completed_date"
total = "scale"

[tables.visits.month_of_event]
start_arm_1 = 0
month_6_arm_1 = 6
"""


@pytest.fixture
def project(toy, tmp_path):
    """Write a project, changed by replacing texts, and read it."""

    def read(export=(), dictionary=(), mapping=()):
        paths = []
        for name, text, changes in (
            ("export.csv", EXPORT, export),
            ("dictionary.csv", DICTIONARY, dictionary),
            ("redcap.toml", MAPPING, mapping),
        ):
            for old, new in changes:
                assert old in text
                text = text.replace(old, new, 1)
            paths.append(tmp_path / name)
            paths[-1].write_text(text)
        return read_redcap(*paths, protocol=toy.protocol)

    return read


def table(read, name):
    """Give the rows of one table; nothing may be wrong."""
    sources, problems = read
    assert problems == []
    (source,) = (source for source in sources if source.table == name)
    return list(zip(*source.raw.columns, strict=True)), source.raw.lines.tolist()


def told(read):
    return "\n".join(map(str, read[1]))


# ---- by hand -----------------------------------------------------------------------
#
#   line  record  event    form      holds
#   2     1       start    –         participant kid-1, and its visit at month 0
#   3     1       month 6  –         a visit whose score is a missing code
#   4, 5  1       start    log 1, 2  two events
#   6     2       start    –         not randomised: `zero` is empty
#   7     3       start    –         participant kid-3


def test_participants_by_hand(project):
    assert table(project(), "participants") == (
        [
            ("kid-1", "North", "2014-03-20", "male", "false"),
            ("kid-3", "South", "2014-04-20", "female", ""),
        ],
        [2, 7],
    )


def test_a_repeating_form_gives_a_row_per_instance(project):
    assert table(project(), "events") == (
        [
            ("kid-1", "offence", "2014-08-01", "true"),
            ("kid-1", "placement", "2014-02-01", "false"),
        ],
        [4, 5],
    )


def test_an_event_gives_the_month_of_a_visit(project):
    assert table(project(), "visits") == (
        [("kid-1", "2014-03-21", "20", "0"), ("kid-1", "2014-09-25", "", "6")],
        [2, 3],
    )


def test_events_may_be_chosen(project):
    read = project(mapping=[('form = "visit"', 'form = "visit"\nevents = ["x"]')])
    assert table(read, "visits") == ([], [])


def test_codes_for_yes_and_no_may_be_given(project):
    read = project(
        dictionary=[
            ("home,entry,,yesno,Placed,", 'home,entry,,radio,Placed,"7, away"')
        ],
        mapping=[
            (
                "[tables.events]\n",
                '[tables.participants.codes.placed_at_randomisation]\n7 = "true"\n\n'
                "[tables.events]\n",
            )
        ],
        export=[("2014-03-20 10:15,m,0", "2014-03-20 10:15,m,7")],
    )
    assert table(read, "participants")[0][0][-1] == "true"


def test_a_project_without_events_and_repeats_is_read(toy, tmp_path):
    (tmp_path / "e.csv").write_text("record_id,centre\n1,1\n2,3\n")
    (tmp_path / "d.csv").write_text(DICTIONARY)
    text = '[tables.sites]\nform = "entry"\n[tables.sites.fields]\ncentre = "site"\n'
    (tmp_path / "m.toml").write_text(text)
    files = [tmp_path / name for name in ("e.csv", "d.csv", "m.toml")]
    read = read_redcap(*files, protocol=toy.protocol)
    assert table(read, "sites") == ([("North",), ("West",)], [2, 3])


def test_identifying_fields_are_not_kept(project):
    assert "TOK3N" not in repr(project())
    sources, _ = project()
    assert "TOK3N" not in repr([source.raw for source in sources])


# ---- there and back ----------------------------------------------------------------


def test_the_synthetic_trial_survives_the_project(achieved, achieved_folder, tmp_path):
    write_redcap(achieved, tmp_path / "project")
    names = ("export.csv", "dictionary.csv", "redcap.toml")
    files = [tmp_path / "project" / name for name in names]
    sources, problems = read_redcap(*files, protocol=achieved.protocol)
    trial = import_tables(
        sources,
        achieved_folder,
        extract_date=achieved.extract_date,
        provenance="synthetic",
        problems=problems,
    )
    for name, one in achieved.tables():
        columns = list(one.columns)
        two = getattr(trial, name)
        assert two.sort_values(columns, ignore_index=True).equals(
            one.sort_values(columns, ignore_index=True)
        ), name
    assert read_trial(achieved_folder) == trial


def test_nobodys_real_records_become_an_example(toy, tmp_path):
    with pytest.raises(ArgumentError, match="must be 'synthetic': examples"):
        write_redcap(toy, tmp_path)


# ---- what the export gets wrong ----------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("kid-1,1,", "kid-1,4,", "export.csv:2: `centre` must be a code that the map"),
        (",m,0", ",x,0", "export.csv:2: `gender` must be a code that the mapping"),
        ("month_6_arm_1", "month_7_arm_1", "export.csv:3: `redcap_event_name` must be"),
        ("log,1,,", "log,1,kid-2,", "export.csv:4: `study_id` must be the same"),
        (",gender,", ",sex_of_child,", "export.csv:1: `gender` must be there"),
        ("kid-1,1,", "kid-1,", "export.csv:2: the line must hold 19 cells"),
    ],
)
def test_what_is_wrong_with_the_export_is_told(project, old, new, said):
    assert said in told(project(export=[(old, new)]))


def test_what_breaks_the_contract_is_told_by_line_and_field(project, folder):
    sources, problems = project(export=[("2014-02-01", "01/02/2014")])
    with pytest.raises(ContractError) as said:
        import_tables(
            sources, folder, extract_date=date(2016, 6, 30), problems=problems
        )
    assert "export.csv:5: `day` must be a date written year-month-day" in str(
        said.value
    )
    assert "participants in export.csv" in str(said.value)


def test_an_unknown_code_is_told_once(project, folder):
    sources, problems = project(export=[(",2,2014-02-01", ",3,2014-02-01")])
    with pytest.raises(ContractError) as said:
        import_tables(
            sources, folder, extract_date=date(2016, 6, 30), problems=problems
        )
    assert str(said.value).count("export.csv:5") == 1


def test_no_message_shows_a_cell(project, folder):
    lines = EXPORT.splitlines()
    cells = [
        ",".join([c and f"tok3n{c}" for c in line.split(",")]) for line in lines[1:]
    ]
    changes = list(zip(lines[1:], cells, strict=True))
    sources, problems = project(export=changes)
    said = told((sources, problems))
    with pytest.raises(ContractError) as error:
        import_tables(
            sources, folder, extract_date=date(2016, 6, 30), problems=problems
        )
    assert "must" in said
    assert "tok3n" not in said + str(error.value)


# ---- what the mapping gets wrong ---------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('centre = "site"', 'center = "site"', "Hint: did you mean 'centre'?"),
        (
            'centre = "site"',
            'centre = "sites"',
            "must lead to a column of participants",
        ),
        ('centre = "site"', 'centre = "sex"', "must not lead to a column twice"),
        (
            'centre = "site"',
            'child_name = "site"',
            "not lead from an identifying field",
        ),
        ('centre = "site"', 'remarks = "site"', "from a field of the type notes"),
        ('form = "log"', 'form = "logg"', "must name a form of the data dictionary"),
        ('when = "zero"', 'when = "zeroo"', "`tables.participants.when` must name a f"),
        ('["study_id"]', '["study"]', "`carried` must name a field of the data"),
        ("carried =", 'record = "rec"\ncarried =', "`record` must name a field"),
        (
            '[tables.events]\nform = "log"\n\n[tables.events.',
            '[tables.event]\nform = "log"\n\n[tables.event.',
            "must name a table: one of sites",
        ),
        ('f = "female"', 'f = "femal"', "must lead to one of male, female"),
        ('f = "female"', 'g = "female"', "must name a choice of the field"),
        ("codes.sex]", "codes.age]", "must name a column that a field leads to"),
        (
            "[tables.visits.month",
            "[tables.events.month",
            "must stand under visits only",
        ),
    ],
)
def test_what_is_wrong_with_the_mapping_is_told_by_line(project, old, new, said):
    read = project(mapping=[(old, new)])
    assert said in told(read)
    assert told(read).startswith("redcap.toml:")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("carried", "caried", r"redcap\.toml:1: `caried` must be one of .*carried"),
        ('form = "entry"', "form = 3", "`tables.participants.form` must be text"),
        ('form = "entry"', "", "`tables.participants.form` must be given"),
        ("carried = [", "carried = [[", r"redcap\.toml: the file must be TOML"),
    ],
)
def test_a_mapping_of_another_form_is_refused(project, old, new, said):
    with pytest.raises(DataError, match=said):
        project(mapping=[(old, new)])


def test_files_that_are_not_there_are_refused(toy, tmp_path):
    with pytest.raises(DataError, match="must be a CSV file that can be read"):
        read_redcap(
            tmp_path / "a", tmp_path / "b", tmp_path / "c", protocol=toy.protocol
        )
    (tmp_path / "b").write_text(DICTIONARY)
    with pytest.raises(DataError, match="must be a TOML file that can be read"):
        read_redcap(
            tmp_path / "a", tmp_path / "b", tmp_path / "c", protocol=toy.protocol
        )


def test_another_file_in_place_of_the_dictionary_is_told(project):
    read = project(dictionary=[('"Form Name"', '"Form"')])
    assert "dictionary.csv:1: `Form Name` must be there" in told(read)


# ---- size --------------------------------------------------------------------------


def test_a_hundred_thousand_rows_in_half_a_minute(toy, tmp_path, project):
    project()
    head, first, *_ = EXPORT.splitlines()
    event = "1,start_arm_1,log,{},,,,,,,,1,2014-08-01,1,0,2,,,"
    rows = [head, first, *(event.format(i) for i in range(1, 100_001))]
    (tmp_path / "export.csv").write_text("\n".join(rows) + "\n")
    names = ("export.csv", "dictionary.csv", "redcap.toml")
    start = time.perf_counter()
    read = read_redcap(*(tmp_path / name for name in names), protocol=toy.protocol)
    assert len(table(read, "events")[0]) == 100_000
    assert time.perf_counter() - start < 30


def test_the_mapping_of_the_page_is_a_mapping(tmp_path):
    page = Path(__file__).parents[3] / "docs" / "your-own-data.md"
    block = page.read_text().partition("```toml\n")[2].partition("```")[0]
    (tmp_path / "redcap.toml").write_text(block)
    mapping = load_mapping(tmp_path / "redcap.toml")
    assert mapping.tables["visits"].month_of_event["month_8_arm_1"] == 8
    assert mapping.tables["participants"].codes["site"]["2"] == "South"
