"""What does an earlier public edition add to what readers of this one know?"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from steps_analysis.disclosure import Release
from steps_analysis.errors import DataError, DisclosureError, refusal

RELEASE_FILE = "release.json"


def read_earlier(folder: str | Path) -> dict[str, Any]:
    """
    Read what an earlier public edition published.

    Parameters
    ----------
    folder
        Its folder, with its ``release.json``.

    Returns
    -------
    dict
        What that says.

    Raises
    ------
    DataError
        If there is none, or it is no release.
    """
    path = Path(folder) / RELEASE_FILE
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        said = None
    if not isinstance(said, dict) or "tables" not in said:
        rule = f"be the folder of an earlier public edition, with its {RELEASE_FILE}"
        raise DataError(refusal("--previous", rule, str(folder)))
    return said


def with_earlier(
    release: Release, by_year: pd.DataFrame, earlier: Mapping[str, Any] | None
) -> Release:
    """
    Tell a release what an earlier edition has made known.

    Parameters
    ----------
    release
        The tables of this edition.
    by_year
        Exact counts by site and financial year, which both editions add up.
    earlier
        What the earlier edition's ``release.json`` says; None for no earlier one.

    Returns
    -------
    Release
        The release, which is then protected together with the earlier edition.

    Raises
    ------
    DisclosureError
        If there is an earlier edition: it cannot be taken into account yet.
    """
    if earlier is None:
        return release
    rule = "be left out: earlier editions cannot be taken into account yet"
    raise DisclosureError(refusal("--previous", rule, "an earlier edition"))
