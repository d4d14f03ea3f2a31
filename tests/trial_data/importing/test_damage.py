"""Files damaged at random: each import is refused with a report, or is sound."""

from __future__ import annotations

import zipfile

import numpy as np
import pytest

from steps_analysis.errors import StepsError
from steps_analysis.trial_data import check_trial
from steps_analysis.trial_data.importing import (
    add_events,
    census_events,
    census_referrals,
    import_tables,
    placement_spells,
    read_redcap,
    read_workbook,
    write_redcap,
    write_returns,
    write_workbook,
)

N = 15


def damaged(data, rng):
    """Cut short, swap lines, insert bytes, cut out, or change bytes."""
    place = int(rng.integers(0, len(data)))
    match int(rng.integers(0, 5)):
        case 0:
            return data[:place]
        case 1:
            lines = data.split(b"\n")
            one, two = rng.integers(0, len(lines), size=2)
            lines[one], lines[two] = lines[two], lines[one]
            return b"\n".join(lines)
        case 2:
            return data[:place] + rng.bytes(5) + data[place:]
        case 3:
            return data[:place] + data[place + int(rng.integers(1, 200)) :]
        case _:
            changed = bytearray(data)
            for i in rng.integers(0, len(data), size=3):
                changed[i] = int(rng.integers(0, 256))
            return bytes(changed)


class Owner:
    """The synthetic trial as its owner keeps it, and its imports."""

    def __init__(self, trial, place, folder):
        self.trial, self.place, self.folder = trial, place, folder
        write_redcap(trial, place)
        write_returns(trial, place)
        write_workbook(trial, place / "own.xlsx")
        self.terms = {"provenance": "synthetic"}

    def tables(self, read):
        sources, problems = read
        cutoff = self.trial.extract_date
        options = {"extract_date": cutoff, "problems": problems, **self.terms}
        import_tables(sources, self.folder, **options)

    def events(self, sources, problems, *kinds):
        cutoff = self.trial.extract_date
        options = {"complete_to": cutoff, "problems": problems, **self.terms}
        add_events(sources, self.folder, kinds=kinds, replacing=True, **options)

    def redcap(self):
        names = ("export.csv", "dictionary.csv", "redcap.toml")
        files = [self.place / name for name in names]
        self.tables(read_redcap(*files, protocol=self.trial.protocol))

    def workbook(self):
        self.tables(read_workbook(self.place / "own.xlsx"))

    def ssda903(self):
        files, key = [self.place / "ssda903_episodes.csv"], self.place / "key.csv"
        cutoff = self.trial.extract_date
        read = placement_spells(files, key, extract_date=cutoff)
        self.events(*read, "placement")

    def cin(self):
        files, key = [self.place / "cin_census.xml"], self.place / "key.csv"
        dates = self.trial.participants.set_index("participant_id")
        zero = dates["randomisation_date"].dt.date.to_dict()
        referrals, problems = census_referrals(files, key)
        sources = census_events(referrals, zero, extract_date=self.trial.extract_date)
        self.events(sources, problems, "re_referral", "case_closed")


@pytest.fixture
def owner(achieved, achieved_folder, tmp_path):
    return Owner(achieved, tmp_path, achieved_folder)


@pytest.mark.parametrize(
    ("file", "act"),
    [
        ("export.csv", Owner.redcap),
        ("dictionary.csv", Owner.redcap),
        ("redcap.toml", Owner.redcap),
        ("ssda903_episodes.csv", Owner.ssda903),
        ("cin_census.xml", Owner.cin),
        ("key.csv", Owner.cin),
    ],
)
def test_damaged_text_is_told_or_the_folder_is_sound(owner, file, act):
    rng = np.random.default_rng(20140618)
    sound = (owner.place / file).read_bytes()
    n_told = 0
    for _ in range(N):
        (owner.place / file).write_bytes(damaged(sound, rng))
        try:
            act(owner)
        except StepsError:
            n_told += 1
    assert n_told
    assert check_trial(owner.folder) == ()


def test_a_workbook_damaged_within_is_told_or_the_folder_is_sound(owner):
    rng = np.random.default_rng(20140618)
    path = owner.place / "own.xlsx"
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    n_told = 0
    for _ in range(N):
        spoiled = str(rng.choice(sorted(parts)))
        with zipfile.ZipFile(path, "w") as archive:
            for name, data in parts.items():
                archive.writestr(name, damaged(data, rng) if name == spoiled else data)
        try:
            owner.workbook()
        except StepsError:
            n_told += 1
    assert n_told
    assert check_trial(owner.folder) == ()
