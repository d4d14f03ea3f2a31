"""Problems are all counted, twenty are shown, and none repeats a cell."""

from __future__ import annotations

import pickle
import re

import pytest

from steps_analysis.trial_data import ContractError, Problem, check_trial, read_trial
from steps_analysis.trial_data.problems import found, report

# ---- by hand ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        ((), "a.csv: `x` must be y"),
        ((2,), "a.csv:2: `x` must be y"),
        ((2, 5), "a.csv:2: `x` must be y (also on line 5)"),
        ((2, 5, 9), "a.csv:2: `x` must be y (also on lines 5 and 9)"),
        ((2, 5, 9, 11, 12), "a.csv:2: `x` must be y (also on lines 5, 9, 11 and 12)"),
        (
            range(2, 1237),
            "a.csv:2: `x` must be y (also on lines 3, 4, 5, 6 and 1,230 more)",
        ),
    ],
)
def test_problem_is_worded_with_its_lines(lines, text):
    problem = found("a.csv", "x", "be y", lines=lines)
    assert str(problem) == text
    assert str(found("a.csv", "x", "be y", lines=lines, hint="h")) == f"{text}\nHint: h"
    assert problem.n == max(1, len(lines))


def test_problem_without_a_column_speaks_of_line_or_file():
    assert str(found("a.csv", None, "be y", lines=[4])) == "a.csv:4: the line must be y"
    assert str(found("a.csv", None, "be y")) == "a.csv: the file must be y"


def test_twenty_are_shown_and_all_are_counted():
    problems = [found("a.csv", f"c{i:02}", "be y", lines=[2, 3]) for i in range(25)]
    lines = report(problems).splitlines()
    assert lines[0] == "50 problems in 1 file"
    assert [line.split("`")[1] for line in lines[1:-1]] == [
        f"c{i:02}" for i in range(20)
    ]
    assert lines[-1] == "and 10 more"


def test_exactly_twenty_leave_no_rest():
    problems = [found("a.csv", f"c{i}", "be y") for i in range(20)]
    assert "more" not in report(problems)
    assert len(report(problems).splitlines()) == 21


def test_one_bad_column_does_not_drown_the_others():
    many = [found("a.csv", "bad", f"be y{i}", lines=range(2, 52)) for i in range(30)]
    other = [
        found("a.csv", "good", "be z", lines=[9]),
        found("b.csv", None, "be there"),
    ]
    message = report([*many, *other])
    assert "`good` must be z" in message
    assert "b.csv: the file must be there" in message
    shown = message.splitlines()
    assert shown[0] == "1,502 problems in 2 files"
    assert len(shown) == 1 + 20 + 1
    assert shown[-1] == "and 600 more"  # 12 of the 30, fifty lines each
    assert shown.index("b.csv: the file must be there") == 20  # order is kept


def test_problem_is_frozen_and_error_survives_pickling():
    error = ContractError([found("a.csv", "x", "be y", lines=[2])])
    with pytest.raises(AttributeError):
        error.problems[0].n = 3
    again = pickle.loads(pickle.dumps(error))
    assert again.problems == error.problems
    assert str(again) == str(error)
    assert isinstance(again, ValueError)
    assert again.exit_code == 2


# ---- of a whole folder -----------------------------------------------------------


def test_all_problems_of_all_files_are_told_at_once(files, written):
    files["sites.csv"] = files["sites.csv"].replace("inner", "middle")
    files["referrals.csv"] = files["referrals.csv"].replace(
        "fam-2,South", "fam-2,Sooth"
    )
    files["visits.csv"] = files["visits.csv"].replace("12.5", "x")
    files["datapackage.json"] = files["datapackage.json"].replace("real", "reel")
    del files["events.csv"]
    with pytest.raises(ContractError) as caught:
        read_trial(written(files))
    assert str(caught.value).splitlines() == [
        "5 problems in 5 files",
        "datapackage.json:2: `provenance` must be one of synthetic, real, unknown",
        "Hint: did you mean 'real'?",
        "sites.csv:2: `ring` must be one of inner, outer",
        "referrals.csv:4: `site` must be one of North, South, West",
        "Hint: did you mean 'South'?",
        "visits.csv:3: `scale` must be a number",
        "events.csv: the file must be there",
    ]


def test_rows_with_one_fault_are_grouped_and_counted(files, written):
    rows = "".join(f"kid-1,placement,0{i % 9 + 1}/04/2015,,,,\n" for i in range(1234))
    files["events.csv"] += rows
    (problem,) = check_trial(written(files))
    assert problem.n == 1234
    assert problem.lines == tuple(range(6, 1240))
    assert "and 1,229 more" in str(problem)


def tokens(text: str, form: str, skip_header: bool = True) -> str:
    """Put a token of its own into every cell, behind the header."""
    lines = text.splitlines()
    kept, rest = lines[:skip_header], lines[skip_header:]
    rows = [
        ",".join(form.format(f"{i}{j}") for j in range(line.count(",") + 1))
        for i, line in enumerate(rest)
    ]
    return "\n".join([*kept, *rows]) + "\n"


FORMS = ["Zqx{}", " Zqx{} ", "zqx{}-2014", "20141301{}Zqx", "Zqx{}\u00e9", "-1{}7777"]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("skip_header", [True, False])
def test_no_cell_stands_in_any_message(files, written, form, skip_header):
    for name in files:
        if name.endswith(".csv"):
            files[name] = tokens(files[name], form, skip_header)
    folder = written(files)
    problems = check_trial(folder)
    with pytest.raises(ContractError) as caught:
        read_trial(folder)
    assert len({problem.file for problem in problems}) == 11
    told = repr(problems) + str(caught.value) + "".join(map(str, problems))
    assert not re.search(r"zqx|7777|201413", told, re.IGNORECASE)


def test_no_identifier_stands_in_any_message_about_links(files, written):
    for name in files:
        if name.endswith(".csv"):
            new = f"Zqx{name[:3]}"
            files[name] = files[name].replace("kid-", new).replace("ref-", f"{new}r")
    told = repr(check_trial(written(files)))
    assert "must" not in told
    assert "be a `participant_id` of participants.csv" in told
    assert "Zqx" not in told


def test_bytes_of_another_encoding_stand_in_no_message(files, written):
    latin = {
        name: text.replace("kid-", "Zqx\xe9")
        .replace("North", "Zqx\xf6")
        .encode("latin-1")
        for name, text in files.items()
        if name.endswith(".csv")
    }
    problems = check_trial(written({**files, **latin}))
    told = repr(problems) + "".join(map(str, problems))
    assert "Zqx" not in told
    assert told.isascii()


def test_problems_are_plain_values(files, written):
    files["visits.csv"] = files["visits.csv"].replace("12.5", "x")
    assert check_trial(written(files)) == (
        Problem(file="visits.csv", lines=(3,), column="scale", rule="be a number"),
    )
