"""
Replace a folder as a whole, so that a reader sees the old one or the new one.

The new folder is built beside the old under a hidden name with its maker's process
number, then the two change places in one step of the operating system. Killed at any
moment, the target is whole; what is left beside it is swept away by the next writer.
"""

from __future__ import annotations

import ctypes
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

from steps_analysis.errors import ArgumentError, refusal

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2


@contextmanager
def replaced_folder(target: str | Path) -> Iterator[Path]:
    """
    Build a folder that takes the place of another when the block ends well.

    Parameters
    ----------
    target
        The folder to replace or to make; folders above it are made.

    Yields
    ------
    pathlib.Path
        An empty folder beside the target, to be filled. If the block raises, it is
        removed and the target stays as it is.

    Raises
    ------
    ArgumentError
        If the target is there and no folder.

    Notes
    -----
    On Linux the two folders change places by ``renameat2`` with ``RENAME_EXCHANGE``.
    Where the system or the file system cannot do that, the old folder is renamed away
    and the new one to its place: killed between the two, the target is missing until
    the next call for it, which puts the old one back. Two writers at once do not mix:
    the last to finish wins. Nothing is forced to disk, so that the promise is about
    processes that die and not about power cuts.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as parent:
    ...     target = Path(parent) / "reports"
    ...     with replaced_folder(target) as new:
    ...         _ = (new / "index.html").write_text("new")
    ...     [path.name for path in target.iterdir()]
    ['index.html']
    """
    place = Path(target).resolve()
    if place.exists() and not place.is_dir():
        raise ArgumentError(refusal("target", "be a folder", str(target)))
    place.parent.mkdir(parents=True, exist_ok=True)
    _sweep(place)
    new = _beside(place)
    try:
        yield new
        _take_place(new, place)
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _beside(place: Path) -> Path:
    """Make a hidden folder beside the target that carries this process's number."""
    for number in count():
        path = place.with_name(f".{place.name}.{os.getpid()}-{number}.tmp")
        with suppress(FileExistsError):
            path.mkdir()
            return path
    raise AssertionError  # count() does not end


def _take_place(new: Path, place: Path) -> None:
    """Put the new folder where the old one is; the old one, if any, is `new` after."""
    if place.exists():
        shutil.copymode(place, new)
        if _exchanged(new, place):
            return
        _rename_twice(new, place)
    else:
        new.rename(place)


def _rename_twice(new: Path, place: Path) -> None:
    """Rename the old folder away and the new one to its place, or undo the first."""
    old = new.with_suffix(".old")
    place.rename(old)
    try:
        new.rename(place)
    except OSError:
        old.rename(place)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _exchanged(one: Path, other: Path) -> bool:
    """Let two folders change places in one step; say whether the system could."""
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError, TypeError):
        return False  # no Linux, or a C library without it
    paths = os.fsencode(one), os.fsencode(other)
    done: int = rename(_AT_FDCWD, paths[0], _AT_FDCWD, paths[1], _RENAME_EXCHANGE)
    return done == 0


def _sweep(place: Path) -> None:
    """Remove what dead writers left, after putting back a folder they renamed away."""
    pattern = re.compile(rf"\.{re.escape(place.name)}\.(\d+)-\d+\.(tmp|old)")
    for path in sorted(place.parent.iterdir()):
        match = pattern.fullmatch(path.name)
        if match is None or _is_alive(int(match[1])):
            continue
        if match[2] == "old" and not place.exists():
            path.rename(place)
        else:
            shutil.rmtree(path, ignore_errors=True)


def _is_alive(process: int) -> bool:
    """Say whether a process runs; where that cannot be asked safely, it does."""
    if os.name == "nt":
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # it is another user's
    return True
