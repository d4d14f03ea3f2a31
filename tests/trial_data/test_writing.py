"""What is written is read back the same, and says what it holds."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from steps_analysis.errors import DataError
from steps_analysis.protocol import load_protocol
from steps_analysis.trial_data import (
    CONTRACT,
    STAMP,
    TrialData,
    check_trial,
    read_trial,
    write_trial,
)

TOY = load_protocol(Path(__file__).parent / "toy.toml")


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


# ---- by hand ---------------------------------------------------------------------


def rows(text: str) -> list[dict[str, str | float]]:
    """Read a table's rows, numbers as numbers, whatever the order of its columns."""
    numbers = ("scale", "cost", "fidelity")
    return [
        {
            name: float(cell) if cell and name in numbers else cell
            for name, cell in row.items()
        }
        for row in csv.DictReader(io.StringIO(text))
    ]


def test_what_is_written_is_what_was_read(folder, files, tmp_path):
    write_trial(read_trial(folder), tmp_path / "new")
    assert sorted(contents(tmp_path / "new")) == sorted(files)
    for rule in CONTRACT:
        new = (tmp_path / "new" / rule.file).read_bytes().decode()
        assert rows(new) == rows(files[rule.file])
        assert "\r" not in new
        header = new.splitlines()[0].split(",")
        own = [name for name in rule.names if name in header]
        assert [name for name in header if name in rule.names] == own
    assert (tmp_path / "new" / "protocol.toml").read_text() == files["protocol.toml"]


def test_values_are_written_plainly(tmp_path):
    trial = TrialData(
        protocol=TOY,
        extract_date=date(2016, 6, 30),
        provenance="real",
        sites=pd.DataFrame(
            {
                "therapists": pd.array([3, None], dtype="Int64"),
                "site": ["North", "South"],
                "opened_date": pd.to_datetime(["2014-01-01", None]),
            }
        ),
        visits=pd.DataFrame(
            {
                "participant_id": ["a,b", 'c"d'],
                "visit_month": [0, 6],
                "scale": [0.1 + 0.2, np.nan],
            }
        ),
        events=pd.DataFrame(
            {
                "participant_id": ["a"],
                "event": ["moved"],
                "event_date": [date(2015, 1, 2)],
                "is_sexual": [False],
            }
        ),
    )
    write_trial(trial, tmp_path / "new")
    texts = {name: data.decode() for name, data in contents(tmp_path / "new").items()}
    assert texts["sites.csv"] == (
        "site,opened_date,therapists\nNorth,2014-01-01,3\nSouth,,\n"
    )
    assert texts["visits.csv"] == (
        'participant_id,visit_month,scale\n"a,b",0,0.30000000000000004\n"c""d",6,\n'
    )
    assert texts["events.csv"] == (
        "participant_id,event,event_date,is_sexual\na,moved,2015-01-02,false\n"
    )


def test_round_trip_gives_the_same_trial_and_the_same_bytes(folder, tmp_path):
    trial = read_trial(folder)
    write_trial(trial, tmp_path / "one")
    again = read_trial(tmp_path / "one")
    assert again == trial
    write_trial(again, tmp_path / "two")
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


@pytest.mark.parametrize("role", ["masked_statistician", "commissioner"])
def test_a_role_writes_what_it_may_see(folder, tmp_path, role):
    trial = read_trial(folder, role=role)
    write_trial(trial, tmp_path / "new")
    assert not (tmp_path / "new" / "allocation.csv").exists()
    assert read_trial(tmp_path / "new", role=role) == trial


def test_shipped_protocol_is_not_copied(tmp_path):
    trial = TrialData(
        protocol=load_protocol(),
        extract_date=date(2018, 3, 31),
        provenance="synthetic",
        sites=pd.DataFrame({"site": ["Southwark"]}),
    )
    write_trial(trial, tmp_path / "new")
    assert sorted(contents(tmp_path / "new")) == ["datapackage.json", "sites.csv"]
    back = read_trial(tmp_path / "new", role="commissioner")
    assert back == replace(trial, role="commissioner")


# ---- the data package ------------------------------------------------------------


def test_package_describes_the_tables(folder, tmp_path):
    write_trial(
        read_trial(folder),
        tmp_path / "new",
        licences=[{"name": "CC0-1.0"}],
        sources=[{"title": "A register"}],
    )
    package = json.loads((tmp_path / "new" / "datapackage.json").read_text())
    assert package["name"] == "toy"
    assert package["profile"] == "tabular-data-package"
    assert package["extract_date"] == "2016-06-30"
    assert package["provenance"] == "real"
    assert package["licenses"] == [{"name": "CC0-1.0"}]
    assert package["sources"] == [{"title": "A register"}]
    assert "description" not in package
    resources = {resource["name"]: resource for resource in package["resources"]}
    assert len(resources) == 11
    for name, resource in resources.items():
        header = (tmp_path / "new" / resource["path"]).read_text().splitlines()[0]
        fields = [field["name"] for field in resource["schema"]["fields"]]
        assert header == ",".join(fields), name
    visits = resources["visits"]["schema"]
    assert visits["primaryKey"] == ["participant_id", "visit_month"]
    assert visits["foreignKeys"] == [
        {
            "fields": "participant_id",
            "reference": {"resource": "participants", "fields": "participant_id"},
        }
    ]
    assert visits["missingValues"] == [""]
    assert visits["fields"][1] == {
        "name": "visit_month",
        "type": "integer",
        "title": "months from randomisation",
        "unit": "months",
        "constraints": {"required": True, "minimum": 0, "maximum": 600},
    }
    assert visits["fields"][4]["constraints"] == {"minimum": 0, "maximum": 40}
    arm = resources["allocation"]["schema"]["fields"][1]
    assert arm["type"] == "string"
    assert arm["constraints"] == {"required": True, "enum": ["new", "usual"]}
    types = {
        field["name"]: field["type"]
        for field in resources["events"]["schema"]["fields"]
    }
    assert types["event_date"] == "date"
    assert types["is_sexual"] == "boolean"


def test_links_to_absent_tables_are_not_described(folder, tmp_path):
    trial = replace(read_trial(folder), referrals=None, screening=None)
    write_trial(replace(trial, forum=None, forum_actions=None), tmp_path / "new")
    package = json.loads((tmp_path / "new" / "datapackage.json").read_text())
    (participants,) = [r for r in package["resources"] if r["name"] == "participants"]
    keys = [link["fields"] for link in participants["schema"]["foreignKeys"]]
    assert keys == ["site"]


def test_synthetic_data_are_stamped_and_no_other(folder, tmp_path):
    trial = replace(read_trial(folder), provenance="synthetic")
    write_trial(trial, tmp_path / "new")
    package = json.loads((tmp_path / "new" / "datapackage.json").read_text())
    assert package["description"] == STAMP


def test_package_does_not_change_with_the_arms(folder, tmp_path):
    trial = read_trial(folder)
    swap = trial.allocation.assign(arm=["usual", "usual", "new", "new"])
    write_trial(trial, tmp_path / "one")
    write_trial(replace(trial, allocation=swap), tmp_path / "two")
    one, two = contents(tmp_path / "one"), contents(tmp_path / "two")
    assert {name for name in one if one[name] != two[name]} == {"allocation.csv"}


# ---- the folder ------------------------------------------------------------------


def test_a_folder_is_replaced_and_what_else_it_holds_is_kept(folder, tmp_path):
    (folder / "convert.py").write_text("# how these files were made\n")
    (folder / "source").mkdir()
    (folder / "source" / "rows.txt").write_text("1 2 3\n")
    trial = replace(read_trial(folder), costs=None)
    write_trial(trial, folder)
    assert not (folder / "costs.csv").exists()
    assert (folder / "convert.py").read_text() == "# how these files were made\n"
    assert (folder / "source" / "rows.txt").read_text() == "1 2 3\n"
    assert read_trial(folder) == trial
    assert [path.name for path in tmp_path.iterdir()] == ["trial"]


def test_another_folder_is_left_alone(folder, tmp_path):
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "letter.txt").write_text("dear all")
    with pytest.raises(DataError, match="`folder` must be new, empty or a trial's"):
        write_trial(read_trial(folder), tmp_path / "home")
    assert contents(tmp_path / "home") == {"letter.txt": b"dear all"}


def test_an_empty_folder_is_filled(folder, tmp_path):
    (tmp_path / "empty").mkdir()
    write_trial(read_trial(folder), tmp_path / "empty")
    assert check_trial(tmp_path / "empty") == ()


# ---- errors ----------------------------------------------------------------------


def test_unknown_column_is_refused(folder, tmp_path):
    trial = read_trial(folder)
    sites = trial.sites.rename(columns={"therapists": "therapist"})
    with pytest.raises(DataError, match=r"(?s)contract for sites\.csv.*'therapists'"):
        write_trial(replace(trial, sites=sites), tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_protocol_that_has_no_text_is_refused(folder, tmp_path):
    bare = replace(TOY, text="", digest="")
    trial = replace(read_trial(folder), protocol=bare)
    with pytest.raises(DataError, match="`protocol` must have been read from text"):
        write_trial(trial, tmp_path / "new")


# ---- properties ------------------------------------------------------------------

IDS = st.text(
    st.characters(codec="utf-8", categories=("L", "N", "P", "S")),
    min_size=1,
    max_size=8,
).filter(lambda text: not re.fullmatch(r"(?i)na|n/a|nan|null|none|nil|[-.?]", text))
DAYS = st.dates(date(1990, 1, 1), date(2016, 6, 30))


@st.composite
def trials(draw) -> TrialData:
    """Draw a trial that keeps the contract: sites, participants, arms, events."""
    ids = draw(st.lists(IDS, min_size=1, max_size=6, unique=True))
    n = len(ids)

    def some(values):
        return draw(st.lists(values, min_size=n, max_size=n))

    zero = pd.to_datetime(pd.Series(some(DAYS)))
    none_or = st.one_of(st.none(), st.booleans())
    participants = pd.DataFrame(
        {
            "participant_id": ids,
            "site": some(st.sampled_from(TOY.sites.names)),
            "randomisation_date": zero.astype("datetime64[ns]"),
            "placed_at_randomisation": pd.array(some(none_or), dtype="boolean"),
            "sex": some(st.sampled_from(["male", "female"])),
        }
    )
    arms = some(st.sampled_from(["new", "usual"]))
    contacts = some(st.one_of(st.none(), st.integers(0, 10_000)))
    scores = some(st.one_of(st.just(np.nan), st.floats(0, 40)))
    return TrialData(
        protocol=TOY,
        extract_date=date(2016, 6, 30),
        provenance=draw(st.sampled_from(["synthetic", "real", "unknown"])),
        sites=pd.DataFrame({"site": list(TOY.sites.names)}),
        participants=participants,
        allocation=pd.DataFrame({"participant_id": ids, "arm": arms}),
        treatment=pd.DataFrame(
            {"participant_id": ids, "contacts": pd.array(contacts, dtype="Int64")}
        ),
        visits=pd.DataFrame(
            {
                "participant_id": ids,
                "visit_month": pd.array([6] * n, dtype="Int64"),
                "scale": np.array(scores, dtype=float),
            }
        ),
        events=pd.DataFrame(
            {
                "participant_id": ids,
                "event": ["placement"] * n,
                "event_date": zero.astype("datetime64[ns]"),
                "informant": some(st.sampled_from(["carer", "self", np.nan])),
            }
        ).astype({"informant": object}),
    )


@given(trial=trials())
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_any_sound_trial_survives_the_round_trip(trial, tmp_path):
    write_trial(trial, tmp_path / "new")
    assert check_trial(tmp_path / "new") == ()
    assert read_trial(tmp_path / "new") == trial


@pytest.mark.parametrize("role", ["research_assistant", "commissioner"])
def test_a_role_never_writes_over_files_that_are_closed_to_it(tmp_path, role):
    trial = read_trial("data/synthetic/achieved")
    write_trial(trial, tmp_path / "whole")
    before = contents(tmp_path / "whole")
    masked = read_trial(tmp_path / "whole", role=role)
    with pytest.raises(DataError, match="hold no file that is closed to a"):
        write_trial(masked, tmp_path / "whole")
    assert contents(tmp_path / "whole") == before
    write_trial(masked, tmp_path / "own")
    assert not (tmp_path / "own" / "allocation.csv").exists()
