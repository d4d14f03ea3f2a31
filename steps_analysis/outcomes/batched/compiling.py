"""
Compile a loop once and keep it on disk.

As `randomisation.kernels.compiling`, which this science does not import: the cache is
keyed by the file a function stands in, so a loop stands with all it calls in one file.
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
        The same, compiled. It holds no lock, so that threads run side by side. Later
        processes read it from disk, and compile again where nothing can be kept.

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
