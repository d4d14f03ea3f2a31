"""How can every figure be rounded so that the tables still add up?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from steps_analysis.disclosure.pricing import keyed_fractions, secret_of
from steps_analysis.disclosure.profiles import Profile, from_spec
from steps_analysis.disclosure.publishing import unprotected_page
from steps_analysis.disclosure.rounded import Rounded
from steps_analysis.errors import ArgumentError, refusal
from steps_analysis.estimates import FloatArray, IntArray

if TYPE_CHECKING:
    from steps_analysis.disclosure.page import Page
    from steps_analysis.disclosure.release import Release

_FURTHEST = 3  # multiples beyond the neighbouring ones, before giving up


def controlled_rounding(
    release: Release,
    rule: Profile | str | Mapping[str, Any],
    *,
    key: bytes | str,
    base: int | None = None,
) -> Release:
    """
    Round every figure to a multiple of one base, so that all tables still add up.

    The alternative to hiding: nothing carries a marker, and nothing is exact. A count
    that is a multiple already stays; any other goes to one of its two neighbours.

    Parameters
    ----------
    release
        Tables and derived figures that are published together.
    rule
        A profile, or what `from_spec` makes one of; its own roundings give way.
    key
        A secret that breaks ties between equally good roundings; it leaves no trace in
        the release. The same data, rule and key give the same release.
    base
        What figures are multiples of, at least 2; by default the least multiple of 5
        above the hidden range.

    Returns
    -------
    Release
        What may be published once `audit` finds it safe: every value of the hidden
        range must remain possible for every small count, and a base within the range
        does not do that.

    Raises
    ------
    ArgumentError
        If `key` is empty, the rule or `base` impossible, or the release protected
        already, or has tables that are public exactly, or earlier editions.

    Notes
    -----
    Zero-restricted controlled rounding: of all roundings to neighbouring multiples that
    keep every equation of the release, the one with the least sum of distances to the
    counts, found by integer programming (HiGHS). Rounding each figure by itself breaks
    the sums, and the breaks tell (three by three cells can be worked out). Where the
    equations leave none, as in some tables of three dimensions, figures may go one
    multiple further, and `Rounded.reach` says so to everyone [1]_.

    References
    ----------
    .. [1] Salazar-González, J. J. (2006), Controlled rounding and cell perturbation:
       statistical disclosure limitation methods for tabular data. Mathematical
       Programming 105, 583-603.

    Examples
    --------
    >>> import pandas as pd
    >>> from steps_analysis.disclosure import Release, audit, controlled_rounding
    >>> grid = {"2013": [3, 9, 8], "2014": [16, 7, 12]}
    >>> counts = pd.DataFrame(grid, index=["A", "B", "C"])
    >>> release = Release().add_table("referrals", counts)
    >>> rounded = controlled_rounding(release, "threshold(5)", key="test")
    >>> table = rounded.to_frame("referrals")
    >>> bool((table["2013"] + table["2014"] == table["Total"]).all())
    True
    >>> audit(rounded).safe
    True
    """
    secret, profile = secret_of(key), from_spec(rule)
    base = 5 * (profile.hidden_up_to // 5 + 1) if base is None else base
    _check(release, base)
    exact = replace(
        profile, round_cells_to=1, round_row_totals_to=1, round_column_totals_to=1
    )
    page = unprotected_page(release, exact, withheld=())
    tie = keyed_fractions(page, secret)
    for further in range(_FURTHEST):
        multiples = _nearest(page, tie, base, further)
        if multiples is not None:
            break
    else:
        rule = "have equations that some rounding keeps"
        raise ArgumentError(refusal("release", rule, f"none to base {base}"))
    printed = tuple(
        (cell, base * int(multiples[quantity]))
        for cell, quantity in page.structure.number.items()
    )
    reach = (further + 1) * base - 1
    return replace(
        release,
        profile=exact,
        rounded=Rounded(base=base, reach=reach, printed=printed),
    )


def _check(release: Release, base: int) -> None:
    """Refuse what cannot be rounded."""
    if isinstance(base, bool) or not isinstance(base, int | np.integer) or base < 2:
        raise ArgumentError(refusal("base", "be a whole number, at least 2", base))
    if release.editions or any(table.exact for table in release.tables):
        rule = "have no exact table and no earlier edition, which cannot be rounded"
        raise ArgumentError(refusal("release", rule, "one that has"))


def _nearest(page: Page, tie: FloatArray, base: int, further: int) -> IntArray | None:
    """
    Find the multiples with the least sum of distances that keep the equations.

    Every count lies between `low` and `low + 1` times the base; with `further` steps
    allowed, a figure may be any multiple from `low - further` to `low + 1 + further`,
    and each step has a column of its own: the nearest are the cheapest, so that they
    are taken first.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_array, hstack

    value = page.structure.value
    low = value // base
    least = np.maximum(low - further, 0)
    most = low + 1 + further
    most = np.where((value % base == 0) & (further == 0), low, most)
    n, equations = len(value), page.structure.equations.astype(np.float64)
    # columns: the multiple, then a bound on its distance from the count
    identity = csr_array((np.ones(n), (np.arange(n), np.arange(n))), shape=(n, n))
    empty = csr_array(equations.shape)
    share = value / base
    rows = [
        LinearConstraint(hstack([equations, empty], format="csr"), 0, 0),
        LinearConstraint(hstack([identity, -identity], format="csr"), -np.inf, share),
        LinearConstraint(hstack([-identity, -identity], format="csr"), -np.inf, -share),
    ]
    answer: Any = milp(
        np.concatenate([tie / base, np.ones(n)]),
        constraints=rows,
        bounds=Bounds(
            np.concatenate([least, np.zeros(n)]),
            np.concatenate([most, np.full(n, np.inf)]).astype(np.float64),
        ),
        integrality=np.repeat([1, 0], n),
        options={"mip_rel_gap": 0.0},
    )
    if answer.x is None:
        return None
    found: IntArray = np.rint(answer.x[:n]).astype(np.int64)
    return found
