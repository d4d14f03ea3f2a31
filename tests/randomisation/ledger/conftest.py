"""Ledgers to try things on."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from steps_analysis.randomisation import Minimisation, PermutedBlocks
from steps_analysis.randomisation.ledger import Declaration, Ledger, Receipt, store

LEVELS = {"site": ("Southwark", "Borough A"), "sex": ("female", "male")}
FAMILIES = [
    {"site": site, "sex": sex} for site in LEVELS["site"] for sex in LEVELS["sex"]
]


def _declaration(**changes: Any) -> Declaration:
    facts = {
        "trial": "Example",
        "arms": ("MST-PSB", "MAU"),
        "procedure": Minimisation(["site", "sex"]),
        "levels": LEVELS,
        "provenance": "synthetic",
    }
    return Declaration(**facts | changes)


@pytest.fixture(scope="session")
def declaration() -> Callable[..., Declaration]:
    """A trial of two arms with minimisation on site and sex."""
    return _declaration


@pytest.fixture(scope="session")
def blocks() -> Callable[..., Declaration]:
    """A trial in permuted blocks, without factors."""

    def make(size: int = 4, **changes: Any) -> Declaration:
        facts = {"procedure": PermutedBlocks(size), "levels": {}}
        return _declaration(**facts | changes)

    return make


@pytest.fixture(scope="session")
def who() -> dict[str, Any]:
    """Who acts, and when."""
    return {"by": "TU-1", "at": datetime(2014, 3, 14, 9, 30, tzinfo=UTC)}


@pytest.fixture(scope="session")
def families() -> list[dict[str, str]]:
    """One family of every kind."""
    return FAMILIES


@pytest.fixture(autouse=True)
def _no_waiting_for_the_disk(monkeypatch):
    """Most tests say nothing about power cuts, and need not wait for the disk."""
    monkeypatch.setattr(store, "_SYNCHRONOUS", "OFF")


@pytest.fixture
def places(tmp_path: Path) -> tuple[Path, Path]:
    """Where a ledger and its key are kept: apart."""
    for name in ("unit", "safe"):
        (tmp_path / name).mkdir()
    return tmp_path / "unit" / "ledger", tmp_path / "safe" / "key"


@pytest.fixture
def real(places, who) -> Ledger:
    """A real trial's ledger with its own key, nobody allocated yet."""
    path, key = places
    return Ledger.create(path, _declaration(provenance="real"), key_path=key, **who)


@pytest.fixture
def ledger(tmp_path, who) -> Ledger:
    """A synthetic ledger with the published key, nobody allocated yet."""
    return Ledger.create(tmp_path / "ledger", _declaration(), **who)


@pytest.fixture
def fill(who) -> Callable[..., list[Receipt]]:
    """A function that allocates n families and gives the receipts."""

    def allocate(ledger: Ledger, n: int, start: int = 0) -> list[Receipt]:
        levels = FAMILIES if ledger.declaration.levels else [{}]
        return [
            ledger.allocate(f"P{i:03}", levels[i % len(levels)], **who)
            for i in range(start, start + n)
        ]

    return allocate


@pytest.fixture
def full(ledger, fill) -> tuple[Ledger, list[Receipt]]:
    """A synthetic ledger of eight families, and their receipts."""
    return ledger, fill(ledger, 8)
