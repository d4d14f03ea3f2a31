"""The bytes of a file, if there is one and it can be read."""

from __future__ import annotations

import os
from pathlib import Path


def content(path: Path) -> bytes | None:
    """
    Read a file's bytes.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    bytes or None
        What it holds; None where something of that name is there that cannot be read: a
        folder, a pipe, a link that leads nowhere, a file closed to this user.

    Raises
    ------
    FileNotFoundError
        If there is nothing of that name.

    Examples
    --------
    >>> content(Path("/")) is None
    True
    """
    try:
        if path.is_file():
            return path.read_bytes()
    except OSError:
        pass
    if os.path.lexists(path):
        return None
    raise FileNotFoundError(path.name)
