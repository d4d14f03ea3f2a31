"""Turn the published rows of the CGD trial into the tables of the data contract."""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path

import pandas as pd

from steps_analysis.protocol import load_protocol
from steps_analysis.trial_data import TrialData, write_trial

HERE = Path(__file__).parent


def convert(source: pd.DataFrame) -> TrialData:
    """Make the trial's tables from one row per patient and interval."""
    source = source.assign(participant_id=source["id"].map("P{:03d}".format))
    patients = source.drop_duplicates("participant_id")
    ends = source["random"] + pd.to_timedelta(source["tstop"], unit="D")
    source = source.assign(event_date=ends)
    last = source.groupby("participant_id")["event_date"].transform("max")
    return TrialData(
        protocol=load_protocol(HERE),
        extract_date=ends.max().date(),
        provenance="real",
        sites=pd.DataFrame({"site": sorted(patients["center"].unique())}),
        participants=participants(patients),
        allocation=patients[["participant_id"]].assign(arm=patients["treat"]),
        events=events(source, last),
    )


def participants(patients: pd.DataFrame) -> pd.DataFrame:
    """List who was randomised, with the characteristics the analysis adjusts for."""
    yes_no = {0: "no", 1: "yes"}
    ages = pd.cut(
        patients["age"],
        [0, 10, 18, 200],
        right=False,
        labels=["under 10", "10 to 17", "18 and over"],
    )
    return pd.DataFrame(
        {
            "participant_id": patients["participant_id"],
            "site": patients["center"],
            "randomisation_date": patients["random"],
            "sex": patients["sex"],
            "age_group": ages.astype(object),
            "inheritance": patients["inherit"],
            "steroids": patients["steroids"].map(yes_no),
            "antibiotics": patients["propylac"].map(yes_no),
        }
    )


def events(source: pd.DataFrame, last: pd.Series) -> pd.DataFrame:
    """List infections and the end of each patient's follow-up."""
    infections = source[source["status"] == 1].assign(event="infection")
    ended = source[source["event_date"] == last].assign(event="end_of_follow_up")
    rows = pd.concat([infections, ended])[["participant_id", "event", "event_date"]]
    return rows.sort_values(["participant_id", "event_date", "event"], kind="stable")


def main() -> None:
    """Write the tables beside this file, or into the folder named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=HERE)
    out = parser.parse_args().out
    source = pd.read_csv(HERE / "source" / "cgd.csv", parse_dates=["random"])
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "cgd"
        write_trial(convert(source), folder)
        out.mkdir(parents=True, exist_ok=True)
        for file in sorted(folder.iterdir()):
            if file.name != "protocol.toml":
                shutil.copyfile(file, out / file.name)


if __name__ == "__main__":
    main()
