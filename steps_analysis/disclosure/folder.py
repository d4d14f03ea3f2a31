"""How is a release written to a folder, and read back from one?"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from steps_analysis.disclosure.grids import Grid, named_grid
from steps_analysis.disclosure.links import read_links
from steps_analysis.disclosure.published import Published, published_from
from steps_analysis.disclosure.release import Release
from steps_analysis.errors import ArgumentError, DataError, refusal
from steps_analysis.trial_data.replace import replaced_folder

RELEASE, LINKS = "release.json", ("links.toml", "links.json")


def write_release(release: Release, folder: str | Path) -> None:
    """
    Write a release to a folder: a CSV file per table, and ``release.json``.

    The folder holds only what is public. It takes the place of an earlier one at once.

    Parameters
    ----------
    release
        A protected release.
    folder
        Where to write.

    Raises
    ------
    DisclosureError
        If the release has not been protected.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from steps_analysis.disclosure import protect
    >>> counts = pd.DataFrame({"2013": [8, 9], "2014": [6, 7]}, index=["A", "B"])
    >>> public = protect(Release().add_table("t", counts), "threshold(6)", key="k")
    >>> with TemporaryDirectory() as parent:
    ...     write_release(public, Path(parent) / "release")
    ...     sorted(path.name for path in (Path(parent) / "release").iterdir())
    ['release.json', 't.csv']
    """
    said = release.to_dict()
    shown = [one for one in said["tables"] if one["published"]] + said["derived"]
    frames: dict[str, pd.DataFrame] = {}
    for one in shown:
        file = _file_name(one["name"], frames)
        frames[file] = release.to_frame(one["name"])
        one["file"] = file
    with replaced_folder(folder) as new:
        for file, frame in frames.items():
            text = frame.to_csv(index_label="", lineterminator="\n")
            (new / file).write_text(text, encoding="utf-8")
        text = json.dumps(said, indent=1, ensure_ascii=False) + "\n"
        (new / RELEASE).write_text(text, encoding="utf-8")


def _file_name(name: str, taken: Mapping[str, object]) -> str:
    """Name the file of a table."""
    plain = re.sub(r"[^\w]+", "_", name).strip("_").casefold() or "table"
    numbered = (f"{plain}_{i}.csv" for i in range(2, len(taken) + 3))
    return next(file for file in (f"{plain}.csv", *numbered) if file not in taken)


def read_release(place: str | Path) -> Published:
    """
    Read a release as others can read it, our own or someone else's.

    Parameters
    ----------
    place
        A folder with ``release.json``, ``links.toml`` or ``links.json``; or one of
        these files itself.

    Returns
    -------
    Published
        What is printed, and how it adds up.

    Raises
    ------
    ArgumentError
        If there is no such folder or file.
    DataError
        If a file does not say what it should, or ``release.json`` differs from the
        tables beside it.

    Notes
    -----
    `steps_analysis.disclosure.links` tells what a links file declares.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from steps_analysis.disclosure import audit, protect
    >>> counts = pd.DataFrame({"2013": [3, 9], "2014": [16, 7]}, index=["A", "B"])
    >>> public = protect(Release().add_table("t", counts), "dfe_cin", key="k")
    >>> with TemporaryDirectory() as parent:
    ...     write_release(public, Path(parent) / "release")
    ...     audit(read_release(Path(parent) / "release")).safe
    True
    """
    path = _description(Path(place))
    if path.name in LINKS or path.suffix.casefold() == ".toml":
        return published_from(read_links(path))
    try:
        said = json.loads(path.read_text(encoding="utf-8-sig"))
    except ValueError as error:
        raise DataError(refusal("release", "be JSON", str(error), file=path)) from None
    if not isinstance(said, dict) or not isinstance(said.get("tables"), list):
        rule = "be a release with its tables"
        raise DataError(refusal("release", rule, type(said).__name__, file=path))
    try:
        for one in (*said["tables"], *said.get("derived", ())):
            if "file" in one:
                _check_same(path, one, named_grid(path, one))
        return published_from(said)
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        rule = "be as `Release.to_dict` writes it"
        got = f"{type(error).__name__} at {error}"
        raise DataError(refusal("release", rule, got, file=path)) from None


def _description(place: Path) -> Path:
    """Find the file that describes a release."""
    if place.is_file():
        return place
    for name in (RELEASE, *LINKS):
        if (place / name).is_file():
            return place / name
    rule = f"be a folder that has {RELEASE} or {LINKS[0]}"
    hint = "write a links file: it says which tables there are and how they add up"
    raise ArgumentError(refusal("release", rule, str(place), hint=hint))


def _check_same(path: Path, one: Mapping[str, Any], grid: Grid) -> None:
    """Refuse a table whose file says something else than its description."""
    for row, column, value in _described(one):
        text = grid.figures.get((row, column))
        if text is None or not _same(text, value):
            rule = f"say at {row}, {column} what {path.name} says ({value})"
            line = grid.lines.get(row)
            name = one["name"]
            raise DataError(refusal(name, rule, text, file=grid.place, line=line))


def _described(one: Mapping[str, Any]) -> Iterator[tuple[str, str, object]]:
    """Go through the figures of a description."""
    for row, line in zip(one["rows"], one["values"], strict=True):
        for column, value in zip(one["columns"], line, strict=True):
            yield row, column, value


def _same(text: str, value: object) -> bool:
    """Say whether a text is the figure that is described."""
    if isinstance(value, int | float):
        try:
            return float(text) == value
        except ValueError:
            return False
    return text == str(value).strip()
