"""What has an earlier public edition made known already?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from steps_analysis.errors import DataError, refusal

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
    if not isinstance(said, dict) or not isinstance(said.get("tables"), list):
        rule = f"be the folder of an earlier public edition, with its {RELEASE_FILE}"
        raise DataError(refusal("--previous", rule, str(folder)))
    return said
