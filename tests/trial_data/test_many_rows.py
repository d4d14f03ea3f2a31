"""A hundred thousand rows are read and checked row for row."""

from __future__ import annotations

import numpy as np
import pandas as pd

from steps_analysis.trial_data import check_trial, read_trial

N = 100_000


def many(files):
    """Give kid-1 a hundred thousand placements, no two alike."""
    later, sooner = np.divmod(np.arange(N), 650)
    days = pd.Timestamp("2014-04-01") + pd.to_timedelta(sooner, unit="D")
    ends = (days + pd.to_timedelta(later, unit="D")).strftime("%Y-%m-%d")
    header = "participant_id,event,event_date,end_date,is_serious\n"
    flags = np.where(np.arange(N) % 3 == 0, "true", "")
    rows = [
        f"kid-1,placement,{day},{end},{flag}"
        for day, end, flag in zip(days.strftime("%Y-%m-%d"), ends, flags, strict=True)
    ]
    return header, rows, days


def test_every_row_keeps_its_values(files, written):
    header, rows, days = many(files)
    files["events.csv"] = header + "\n".join(rows)
    events = read_trial(written(files)).events
    assert len(events) == N
    assert (events["event_date"].to_numpy() == days.to_numpy()).all()
    serious = events["is_serious"]
    assert serious.notna().to_numpy().nonzero()[0].tolist() == list(range(0, N, 3))
    assert serious.dropna().all()


def test_faults_are_found_in_their_lines(files, written):
    header, rows, _ = many(files)
    rows[70_000] = "kid-1,placement,2014-02-30,,"
    rows[80_000] = "kid-7,placement,2014-05-01,,"
    for i in range(90_000, 90_010):
        rows[i] = f"kid-1,place{i}ment,2014-05-01,,"
    files["events.csv"] = header + "\n".join(rows)
    told = {
        (problem.column, problem.lines, problem.hint)
        for problem in check_trial(written(files))
    }
    assert told == {
        ("event_date", (70_002,), "year first, then month, then day"),
        ("participant_id", (80_002,), None),
        ("event", tuple(range(90_002, 90_012)), "did you mean 'placement'?"),
    }


def test_a_row_entered_twice_is_found_in_its_line(files, written):
    header, rows, _ = many(files)
    rows[90_000] = rows[70_000]
    files["events.csv"] = header + "\n".join(rows)
    (problem,) = check_trial(written(files))
    assert (problem.column, problem.lines) == (None, (90_002,))
    assert problem.hint == "line 70002 has the same"


def test_a_column_of_distinct_rubbish_is_one_problem_or_few(files, written):
    header, rows, _ = many(files)
    rows = [f"kid-1,zz{i}xx,2014-05-01,," for i in range(N)]
    files["events.csv"] = header + "\n".join(rows)
    problems = check_trial(written(files))
    assert len(problems) <= 13
    assert sum(problem.n for problem in problems) == N
