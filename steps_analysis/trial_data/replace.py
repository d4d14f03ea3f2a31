"""
Replace a folder or a file as a whole, so that a reader sees the old one or the new one.

The new folder is built beside the old under a hidden name that says which process makes
it. On Linux the two change places in one system call. Elsewhere two renames do it, and
if a process dies between them the next one puts the old folder back first.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import re
import secrets
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from steps_analysis.errors import ArgumentError, refusal

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
_UNSUPPORTED = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP)
_OCCUPIED = (errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR, errno.EACCES)
_ATTEMPTS = 100


def _accept(place: Path) -> None:
    """Find nothing wrong with an older folder."""


@contextmanager
def replaced_folder(
    target: str | Path, *, check: Callable[[Path], None] = _accept
) -> Iterator[Path]:
    """
    Build a folder that takes the place of another when the block ends well.

    Parameters
    ----------
    target
        The folder to replace or to make; folders above it are made.
    check
        Refuses, by raising, an older folder that may not be removed; called before
        anything is made and again just before the exchange.

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
    Leftovers of processes that died are removed first. Two writers at once do not mix:
    the last to finish wins. Nothing is forced to disk, so that the promise is about
    processes that die and not about power cuts. Where there is no system call to
    exchange two folders, a process killed between the two renames leaves the target
    missing until the next call for it, which puts the old one back.

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
    place = Path(os.path.realpath(target))
    if place.exists() and not place.is_dir():
        raise ArgumentError(refusal("target", "be a folder", str(target)))
    place.parent.mkdir(parents=True, exist_ok=True)
    sweep(place)
    check(place)
    made = _beside(place, "tmp")
    made.mkdir()
    try:
        yield made
        check(place)
        if place.is_dir():
            shutil.copymode(place, made)
        _take_place(made, place)
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _beside(place: Path, ending: str) -> Path:
    """Name a folder or file beside another, saying which process makes it."""
    return place.with_name(
        f".{place.name}.{os.getpid()}.{secrets.token_hex(4)}.{ending}"
    )


def replace_file(place: str | Path, content: bytes) -> None:
    """
    Put bytes in the place of a file, or make it, at one instant.

    Parameters
    ----------
    place
        The file; its folder is there.
    content
        What it shall hold.

    Raises
    ------
    OSError
        If it cannot be written; the file then stays as it was.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     replace_file(Path(folder) / "a.txt", b"new")
    ...     [path.read_text() for path in Path(folder).iterdir()]
    ['new']
    """
    place = Path(os.path.realpath(place))
    sweep(place)
    made = _beside(place, "tmp")
    try:
        made.write_bytes(content)
        os.replace(made, place)  # noqa: PTH105  # one call, whatever the system
    finally:
        made.unlink(missing_ok=True)


def sweep(place: Path) -> None:
    """
    Clear away what processes that died have left beside a folder or file.

    Parameters
    ----------
    place
        The folder or file, whether or not it is there.

    Notes
    -----
    An old folder moved aside by a process that died before it put the new one in place
    is moved back.
    """
    name = re.escape(place.name)
    pattern = re.compile(rf"\.{name}\.(\d+)\.[0-9a-f]{{8}}\.(tmp|old)")
    for path in sorted(place.parent.iterdir()):
        found = pattern.fullmatch(path.name)
        if found is None or _is_alive(int(found[1])):
            continue
        if found[2] == "old" and not place.exists():
            with contextlib.suppress(OSError):  # another process may be as quick
                path.rename(place)
        if path.is_file():
            path.unlink(missing_ok=True)
        shutil.rmtree(path, ignore_errors=True)


def _is_alive(process: int) -> bool:
    """Say whether a process runs; only POSIX can ask without harm, elsewhere yes."""
    if os.name != "posix":
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OverflowError:
        return False
    except PermissionError:
        return True
    return True


def _take_place(made: Path, place: Path) -> None:
    """Put the made folder in its place; the older one, if any, ends in its stead."""
    for _ in range(_ATTEMPTS):
        if not place.exists():
            try:
                made.rename(place)
            except OSError as error:
                if error.errno not in _OCCUPIED:
                    raise
                continue  # another process was quicker: exchange with its folder
            return
        try:
            if not exchange(made, place):
                _move_aside(made, place)
        except FileNotFoundError:
            continue
        return
    raise TimeoutError(f"{place.name}: other processes keep replacing this folder")


def exchange(first: Path, second: Path) -> bool:
    """
    Let two folders change places in one system call.

    Parameters
    ----------
    first, second
        The folders, on one file system.

    Returns
    -------
    bool
        False where the system has no such call; nothing has happened then.

    Raises
    ------
    OSError
        If the system has the call and refuses.
    """
    if not sys.platform.startswith("linux"):
        return False
    library = ctypes.CDLL(None, use_errno=True)
    if not hasattr(library, "renameat2"):
        return False
    names = (_AT_FDCWD, os.fsencode(first), _AT_FDCWD, os.fsencode(second))
    if library.renameat2(*names, _RENAME_EXCHANGE) == 0:
        return True
    code = ctypes.get_errno()
    if code in _UNSUPPORTED:
        return False
    raise OSError(code, os.strerror(code), str(second))


def _move_aside(made: Path, place: Path) -> None:
    """Do with two renames what the system cannot do in one call."""
    aside = _beside(place, "old")
    place.rename(aside)
    try:
        made.rename(place)
    except OSError as error:
        if error.errno not in _OCCUPIED:
            aside.rename(place)
            raise
        raise FileNotFoundError from error  # another process was quicker: once more
    finally:
        if place.exists():
            shutil.rmtree(aside, ignore_errors=True)
