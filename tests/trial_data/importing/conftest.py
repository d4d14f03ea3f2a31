"""A trial's data as its owners keep it, and tokens that no message may show."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from openpyxl import load_workbook

from steps_analysis.simulation import committed
from steps_analysis.trial_data import ContractError, read_trial, write_trial
from steps_analysis.trial_data.importing import (
    import_tables,
    read_workbook,
    write_workbook,
)

EXTRACT = date(2016, 6, 30)


@pytest.fixture
def toy(folder):
    """The toy trial of the tests of the data folder."""
    return read_trial(folder)


@pytest.fixture(scope="session")
def achieved():
    """The synthetic trial of forty families."""
    return committed("achieved")


@pytest.fixture
def achieved_folder(achieved, tmp_path):
    """The synthetic trial as a data folder."""
    write_trial(achieved, tmp_path / "achieved")
    return tmp_path / "achieved"


@pytest.fixture
def workbook(toy, tmp_path):
    """Write the toy trial as a workbook, changed by a function of the open book."""

    def write(change=None, **options) -> Path:
        path = tmp_path / "own.xlsx"
        write_workbook(toy, path)
        if change is not None:
            book = load_workbook(path)
            change(book)
            book.save(path)
        return path

    return write


@pytest.fixture
def told(toy, tmp_path):
    """Import a workbook of the toy trial and give what is said of it."""

    def tell(path: Path) -> list[str]:
        sources, problems = read_workbook(path)
        options = {"extract_date": EXTRACT, "protocol": toy.protocol}
        target = tmp_path / "imported"
        try:
            import_tables(sources, target, problems=problems, **options)
        except ContractError as error:
            assert not target.exists()
            return [str(problem) for problem in error.problems]
        return []

    return tell
