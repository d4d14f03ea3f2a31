"""Checking a folder of 100,000 rows, against the 5 seconds allowed and plain pandas."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import pandas as pd
from measuring import Row, compare, seconds, show

from steps_analysis.trial_data import TrialData, check_trial, read_trial, write_trial

PLANNED = Path(__file__).parents[1] / "data" / "synthetic" / "planned"
N_ROWS, ALLOWED, REPEATS = 100_000, 5.0, 5
NUMBERS = ("ledger_entry",)
IDENTIFIERS = ("referral_id", "family_id", "participant_id")


def copied(table: pd.DataFrame, n_copies: int) -> pd.DataFrame:
    """Repeat a table, each copy with identifiers of its own."""
    own = [name for name in IDENTIFIERS if name in table]
    copies = [
        table.assign(
            **{name: table[name] + f"-{i:04d}" for name in own},
            **{name: table[name] + i * len(table) for name in NUMBERS if name in table},
        )
        for i in range(n_copies)
    ]
    return pd.concat(copies, ignore_index=True)


def spread_out(trial: TrialData) -> TrialData:
    """Copy a trial until its tables hold 100,000 rows together."""
    tables = {name: table for name, table in trial.tables() if name != "sites"}
    n_copies = -(-N_ROWS // sum(map(len, tables.values())))
    grown = {name: copied(table, n_copies) for name, table in tables.items()}
    return replace(trial, **grown)  # type: ignore[arg-type]  # tables by name


def one_long_table(trial: TrialData) -> TrialData:
    """Repeat the offences, each copy a day earlier, until they are 100,000 rows."""
    events = trial.need("events")
    offences = events[events["event"] == "offence"]
    copies = [
        offences.assign(event_date=offences["event_date"] - pd.Timedelta(days=i))
        for i in range(-(-N_ROWS // len(offences)))
    ]
    distinct = pd.concat(copies, ignore_index=True).drop_duplicates()
    return replace(trial, events=distinct)


def checked(trial: TrialData, what: str, folder: Path) -> Row:
    """Write a folder, check that it is sound, and time the check."""
    write_trial(trial, folder)
    if problems := check_trial(folder):
        raise SystemExit(f"the folder is not sound: {problems[0]}")
    n_rows = sum(len(table) for _, table in trial.tables())

    def ours() -> object:
        return check_trial(folder)

    def plain_pandas() -> object:
        return [pd.read_csv(path) for path in sorted(folder.glob("*.csv"))]

    peers = {"pandas.read_csv, nothing checked": plain_pandas}
    (row,) = compare(f"{n_rows:,} rows, {what}", ours, peers, repeats=REPEATS)
    return row


def main() -> None:
    """Check two folders: long in every table, and in one."""
    trial = read_trial(PLANNED)
    with tempfile.TemporaryDirectory() as place:
        rows = [
            checked(spread_out(trial), "all tables", Path(place) / "all"),
            checked(one_long_table(trial), "most in events", Path(place) / "one"),
        ]
    notes = []
    for row in rows:
        verdict = "within" if row.ours <= ALLOWED else "OVER"
        taken = f"{row.what}: {seconds(row.ours)}"
        notes.append(f"{taken}, {verdict} the {ALLOWED:g} s allowed")
    show("A data folder of 100,000 rows, every rule of the contract", rows, notes)


if __name__ == "__main__":
    main()
