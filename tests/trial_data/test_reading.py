"""A valid folder is read as it stands, and only as far as the role may look."""

from __future__ import annotations

import builtins
import io
import os
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.protocol import load_protocol
from steps_analysis.trial_data import (
    CONTRACT,
    ROLE_TABLES,
    TrialData,
    check_trial,
    read_trial,
)

CONCEALED = {"allocation", "treatment", "costs"}
MASKED = ("masked_statistician", "research_assistant", "commissioner")


def day(text: str) -> pd.Timestamp:
    return pd.Timestamp(text)


# ---- by hand ---------------------------------------------------------------------


def test_valid_folder_has_no_problem(folder):
    assert check_trial(folder) == ()


def test_cells_become_values(folder):
    trial = read_trial(folder)
    assert trial.extract_date == date(2016, 6, 30)
    assert trial.cutoff == day("2016-06-30")
    assert trial.provenance == "real"
    assert trial.stamp is None
    assert trial.protocol.trial.short_name == "TOY"
    assert trial.role == "statistician"

    sites = trial.sites
    assert sites["site"].tolist() == ["North", "South", "West"]
    assert sites["therapists"].tolist() == [3, pd.NA, pd.NA]
    assert sites["opened_date"][1] == day("2014-02-01")
    assert pd.isna(sites["opened_date"][2])
    assert pd.isna(sites["ring"][2])

    participants = trial.participants
    assert participants["placed_at_randomisation"].tolist()[:3] == [False, False, True]
    assert participants["placed_at_randomisation"].isna().tolist() == [False] * 3 + [
        True
    ]
    assert trial.visits["scale"].tolist()[:2] == [20.0, 12.5]
    assert trial.arms().to_dict() == {
        "kid-1": "new",
        "kid-2": "new",
        "kid-3": "usual",
        "kid-4": "usual",
    }


def test_types_are_those_the_contract_names(folder):
    kinds = {
        "id": "object",
        "code": "object",
        "date": "datetime64[ns]",
        "whole": "Int64",
        "number": "float64",
        "yes_no": "boolean",
    }
    trial = read_trial(folder)
    rules = {rule.name: rule for rule in CONTRACT}
    for name, table in trial.tables():
        added = {"participants": {"sex"}, "visits": {"scale"}}.get(name, set())
        for column in set(table.columns) - added:
            assert table[column].dtype == kinds[rules[name].field(column).kind], column
    assert trial.visits["scale"].dtype == "float64"
    assert trial.participants["sex"].dtype == "object"


def test_columns_come_in_contract_order_and_rows_in_file_order(files, written):
    files["allocation.csv"] = "arm,participant_id\n" + "".join(
        f"{arm},{kid}\n"
        for kid, arm in [
            ("kid-4", "usual"),
            ("kid-1", "new"),
            ("kid-3", "usual"),
            ("kid-2", "new"),
        ]
    )
    allocation = read_trial(written(files)).allocation
    assert list(allocation.columns) == ["participant_id", "arm"]
    assert allocation["participant_id"].tolist() == ["kid-4", "kid-1", "kid-3", "kid-2"]


# ---- edges -----------------------------------------------------------------------


def test_byte_order_mark_and_crlf_change_nothing(files, written, folder):
    windows = {
        name: b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode()
        for name, text in files.items()
        if name != "protocol.toml"
    }
    windows["protocol.toml"] = files["protocol.toml"]
    assert read_trial(written(windows, "windows")) == read_trial(folder)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.rstrip("\n"),  # no line end at the end of the file
        lambda text: text + "\n\n",  # empty lines there
        lambda text: text.replace("kid-1", '"kid-1"'),
    ],
)
def test_harmless_differences_change_nothing(files, written, folder, change):
    other = {name: change(t) if ".csv" in name else t for name, t in files.items()}
    assert read_trial(written(other, "other")) == read_trial(folder)


def test_text_beyond_ascii_is_read(files, written):
    files["referrals.csv"] = files["referrals.csv"].replace("fam-4", "fåm-4")
    families = read_trial(written(files)).referrals["family_id"]
    assert families.iloc[-1] == "fåm-4"


def test_only_four_tables_are_needed(files, written):
    needed = ("sites.csv", "participants.csv", "allocation.csv", "events.csv")
    kept = ("datapackage.json", "protocol.toml", *needed)
    trial = read_trial(written({name: files[name] for name in kept}))
    assert [f"{name}.csv" for name, _ in trial.tables()] == list(needed)
    assert trial.referrals is None
    with pytest.raises(DataError, match=r"`visits\.csv` must be present and open"):
        trial.need("visits")


def test_tables_without_rows_are_empty_tables(files, written):
    del files["screening.csv"], files["referrals.csv"]
    for name in ("forum", "forum_actions", "treatment", "visits", "events", "costs"):
        files[f"{name}.csv"] = files[f"{name}.csv"].splitlines()[0] + "\n"
    trial = read_trial(written(files))
    assert len(trial.events) == len(trial.forum) == len(trial.costs) == 0
    assert trial.events["event_date"].dtype == "datetime64[ns]"
    assert trial.events["is_sexual"].dtype == "boolean"


@pytest.mark.parametrize("provenance", ["synthetic", "real", "unknown"])
def test_only_synthetic_data_are_stamped(files, written, provenance):
    files["datapackage.json"] = files["datapackage.json"].replace("real", provenance)
    trial = read_trial(written(files))
    assert trial.provenance == provenance
    assert (trial.stamp is not None) == (provenance == "synthetic")


def test_dates_on_the_extract_date_and_planned_ones_after_it_are_accepted(
    files, written
):
    files["events.csv"] += "kid-1,case_closed,2016-06-30,,2016-06-30,,\n"
    files["sites.csv"] = files["sites.csv"].replace("2015-12-31", "2030-01-01")
    assert check_trial(written(files)) == ()


def test_what_is_no_fault_of_the_data_is_accepted(files, written):
    """A misrandomisation happened; a placement may begin before randomisation."""
    files["screening.csv"] = files["screening.csv"].replace(
        "ref-4,2014-05-05,true,,", "ref-4,2014-05-05,false,age,"
    )
    files["events.csv"] += "kid-1,offence,2013-01-01,,,,\n"
    assert check_trial(written(files)) == ()


# ---- the protocol ----------------------------------------------------------------


def test_own_protocol_wins_over_the_argument(folder):
    trial = read_trial(folder, protocol=load_protocol())
    assert trial.protocol.trial.short_name == "TOY"


def test_protocol_may_be_given_as_value_or_path(files, written, tmp_path):
    path = tmp_path / "elsewhere.toml"
    path.write_text(files.pop("protocol.toml"), encoding="utf-8")
    folder = written(files)
    one, two = read_trial(folder, protocol=path), read_trial(folder, protocol=str(path))
    assert one == two == read_trial(folder, protocol=load_protocol(path))
    assert one.protocol.trial.short_name == "TOY"


def test_without_any_protocol_it_is_steps_b(files, written):
    del files["protocol.toml"]
    problems = check_trial(written(files))
    assert any("Southwark" in problem.rule for problem in problems)


def test_columns_can_be_mapped(files, written, folder):
    mapping = '\n[columns.participants]\ncentre = "site"\ncode = "participant_id"\n'
    files["protocol.toml"] += mapping
    files["participants.csv"] = files["participants.csv"].replace(
        "participant_id,site,", "code,centre,"
    )
    trial = read_trial(written(files, "mapped"))
    pd.testing.assert_frame_equal(trial.participants, read_trial(folder).participants)


# ---- roles -----------------------------------------------------------------------


@pytest.mark.parametrize("role", ROLE_TABLES)
def test_role_gets_its_tables_alone(folder, role):
    trial = read_trial(folder, role=role)
    assert tuple(name for name, _ in trial.tables()) == ROLE_TABLES[role]
    assert trial.role == role


@pytest.mark.parametrize("role", MASKED)
def test_concealed_tables_are_closed_to_masked_roles(role):
    assert not CONCEALED & set(ROLE_TABLES[role])


@pytest.mark.parametrize("role", ROLE_TABLES)
def test_role_touches_its_files_alone(folder, role, monkeypatch):
    touched = []

    def watch(owner, name):
        original = getattr(owner, name)

        def watched(path, *rest, **more):
            touched.append(Path(os.fsdecode(path)).name if path is not None else "")
            return original(path, *rest, **more)

        monkeypatch.setattr(owner, name, watched)

    for owner, name in [
        (builtins, "open"),
        (io, "open"),
        (os, "open"),
        (os, "stat"),
        (os, "lstat"),
        (os, "access"),
    ]:
        watch(owner, name)
    read_trial(folder, role=role)
    monkeypatch.undo()
    tables = {name for name in touched if name.endswith(".csv")}
    assert tables == {f"{name}.csv" for name in ROLE_TABLES[role]}


@pytest.mark.parametrize("role", MASKED)
def test_masked_role_does_not_notice_concealed_files(files, written, role):
    rubbish = dict(files)
    for name in CONCEALED:
        rubbish[f"{name}.csv"] = b"\xff\xfe\x00 not a table"
    absent = {n: t for n, t in files.items() if n[:-4] not in CONCEALED}
    seen = [
        read_trial(written(content, name), role=role)
        for name, content in [("a", files), ("b", rubbish), ("c", absent)]
    ]
    assert seen[0] == seen[1] == seen[2]


@pytest.mark.parametrize("role", MASKED)
def test_masked_reading_does_not_change_when_arms_are_permuted(files, written, role):
    swapped = dict(files)
    swap = {"new": "usual", "usual": "new"}
    rows = [line.split(",") for line in files["allocation.csv"].splitlines()]
    swapped["allocation.csv"] = "\n".join(
        ",".join([row[0], swap.get(row[1], row[1]), row[2]]) for row in rows
    )
    one, two = written(files, "one"), written(swapped, "two")
    assert read_trial(one) != read_trial(two)
    assert read_trial(one, role=role) == read_trial(two, role=role)


def test_masked_role_cannot_give_the_arms(folder):
    trial = read_trial(folder, role="masked_statistician")
    with pytest.raises(DataError, match="open to the role masked_statistician"):
        trial.arms()


# ---- equality --------------------------------------------------------------------


def test_trials_are_equal_if_all_their_parts_are(folder):
    one, two = read_trial(folder), read_trial(folder)
    assert one == two
    assert one != "trial"
    two.visits.loc[0, "scale"] = 21.0
    assert one != two
    bare = TrialData(
        protocol=one.protocol, extract_date=one.extract_date, provenance="real"
    )
    assert one != bare
    with pytest.raises(TypeError, match="unhashable"):
        hash(one)


# ---- errors ----------------------------------------------------------------------


def test_unknown_role_is_refused(folder):
    message = r"(?s)`role` must be one of statistician, .*mean 'commissioner'\?"
    with pytest.raises(ArgumentError, match=message):
        read_trial(folder, role="comissioner")


def test_absent_folder_is_refused(tmp_path):
    with pytest.raises(DataError, match="`folder` must be a folder with a trial's"):
        read_trial(tmp_path / "none")
    with pytest.raises(DataError, match="`folder` must be a folder with a trial's"):
        check_trial(tmp_path / "none")
