"""A ZIP archive whose bytes depend on nothing but what is in it."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import UTC, datetime
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

MADE = datetime(2000, 1, 1, tzinfo=UTC)
"""The day on which every document says it was made: left out, it would be today."""

_MIMETYPE = "mimetype"  # stands first and uncompressed in an ODF file


def same_bytes(archive: bytes, changed: Mapping[str, bytes] | None = None) -> bytes:
    """
    Pack an archive again, without the time and the machine it was packed on.

    Parameters
    ----------
    archive
        A ZIP archive.
    changed
        New contents of some of its members.

    Returns
    -------
    bytes
        The archive, its members in the same order.

    Examples
    --------
    >>> target = io.BytesIO()
    >>> with ZipFile(target, "w") as packed:
    ...     packed.writestr("a.txt", "a")
    >>> again = ZipFile(io.BytesIO(same_bytes(target.getvalue(), {"a.txt": b"b"})))
    >>> again.read("a.txt"), again.infolist()[0].date_time
    (b'b', (2000, 1, 1, 0, 0, 0))
    """
    changed = changed or {}
    target = io.BytesIO()
    with ZipFile(io.BytesIO(archive)) as old, ZipFile(target, "w") as new:
        for name in old.namelist():
            entry = ZipInfo(name, MADE.timetuple()[:6])
            entry.compress_type = ZIP_STORED if name == _MIMETYPE else ZIP_DEFLATED
            entry.create_system = 3  # one for all machines
            entry.external_attr = 0o644 << 16
            new.writestr(entry, changed.get(name, old.read(name)))
    return target.getvalue()
