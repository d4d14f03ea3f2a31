"""
Compile a loop once and keep it on disk.

The compiler's cache is keyed by the file a function stands in. A loop that called one
of another file would keep that one's old code when it changes, so every loop stands
with all it calls in one file (a test says so), and only takes arrays and numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

from numba import njit

_P = ParamSpec("_P")
_R = TypeVar("_R")


def compiled(loop: Callable[_P, _R]) -> Callable[_P, _R]:
    """
    Compile a function when it is first called with arrays of some kind.

    Parameters
    ----------
    loop
        The function: loops over arrays, nothing else.

    Returns
    -------
    callable
        The same, compiled. Later processes read it from beside its file, from the
        user's cache where that folder cannot be written, and compile again where
        neither can.

    Examples
    --------
    >>> compiled(abs_sum := lambda a: abs(a).sum()).py_func is abs_sum
    True
    """
    # What is compiled earlier keeps its options: change them and the caches must go.
    try:
        kept = njit(cache=True, error_model="numpy", nogil=True)(loop)
    except RuntimeError:  # no folder to keep it in
        kept = njit(error_model="numpy", nogil=True)(loop)
    return cast("Callable[_P, _R]", kept)
