"""The pages and other text files of the project."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Made by programs and never committed; folders whose names begin with a dot likewise,
# but for these two.
LEFT_OUT = {"__pycache__", "build", "dist", "node_modules"}
HIDDEN_BUT_OURS = {".ci", ".github"}


def files_below(folder: Path) -> Iterator[Path]:
    """Walk through the files that are, or could be, committed."""
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            is_hidden = path.name.startswith(".") and path.name not in HIDDEN_BUT_OURS
            is_made = path.name in LEFT_OUT or path.name.endswith(".egg-info")
            if not (is_hidden or is_made):
                yield from files_below(path)
        elif path.is_file():
            yield path


def text_of(path: Path) -> str | None:
    """Read a file as text; None where it is none."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder of the project."""
    return ROOT


@pytest.fixture(scope="session")
def texts() -> dict[str, str]:
    """Every text file of the project by its path."""
    found = {path: text_of(path) for path in files_below(ROOT)}
    return {
        path.relative_to(ROOT).as_posix(): text
        for path, text in found.items()
        if text is not None
    }


@pytest.fixture(scope="session")
def pages(texts) -> dict[str, str]:
    """Every Markdown page that readers are led to."""
    places = ("docs/", "data/", "tests/reference/", "notebooks/", "reports/")
    return {
        path: text
        for path, text in texts.items()
        if path.endswith(".md") and (path.startswith(places) or "/" not in path)
    }


@pytest.fixture(scope="session")
def methods(texts) -> str:
    """The page of methods."""
    return texts["docs/methods.md"]


@pytest.fixture(scope="session")
def differences(texts) -> str:
    """The page of differences from R."""
    return texts["docs/differences-from-r.md"]
