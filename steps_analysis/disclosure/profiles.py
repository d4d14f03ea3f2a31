"""What does a publisher hide, round and print? Disclosure rules as frozen data."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

import numpy as np

from steps_analysis.errors import ArgumentError, did_you_mean, refusal

Role = Literal["cell", "row_total", "column_total"]

ATTACKERS = ("outsider", "site", "family")
"""From whom a release can be kept safe; `attackers_of` says what each knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """
    What a publisher hides, rounds and prints.

    Rows of a table are areas: a row total is one area's own figure, a column total (and
    the grand total) stands for all areas together.

    Attributes
    ----------
    name
        What the rule is called.
    hidden_up_to
        Counts from 1 to this are hidden; 0 where nothing is.
    round_cells_to
        Cells shown are rounded to the nearest multiple of this; 1 for exact.
    round_row_totals_to
        The same for row totals.
    round_column_totals_to
        The same for column totals and the grand total.
    percentage_decimals
        Decimal places of percentages.
    rate_decimals
        Decimal places of rates.
    marker
        What stands in place of every hidden figure, primary or secondary alike.
    source
        Whose rule it is.
    attackers
        From whom small counts are kept safe: ``"outsider"`` always; ``"site"``, the
        staff of one area, who know their own rows; ``"family"``, one that knows of the
        cell it is counted in that it is not 0.

    Examples
    --------
    >>> dfe_cin.hidden_range
    range(1, 6)
    >>> dfe_cin.rounded(43, 10), dfe_cin.rounded(45, 10), dfe_cin.rounded(0, 10)
    (40, 50, 0)
    """

    name: str
    hidden_up_to: int
    round_cells_to: int = 1
    round_row_totals_to: int = 1
    round_column_totals_to: int = 1
    percentage_decimals: int = 1
    rate_decimals: int = 1
    marker: str = "[c]"
    source: str = ""
    attackers: tuple[str, ...] = ("outsider",)

    def __post_init__(self) -> None:
        least = dict.fromkeys(_WHOLE, 0) | dict.fromkeys(_BASES, 1)
        for field, minimum in least.items():
            value = getattr(self, field)
            if isinstance(value, bool) or not isinstance(value, int | np.integer):
                rule = "be a whole number"
                raise ArgumentError(refusal(field, rule, value))
            if value < minimum:
                rule = f"be at least {minimum}"
                raise ArgumentError(refusal(field, rule, value))
        for field in _BASES:
            if self.hidden_up_to and 2 * (self.hidden_up_to + 1) < getattr(self, field):
                rule = "not round a count that is shown to 0"
                raise ArgumentError(refusal(field, rule, getattr(self, field)))
        _check_attackers(self.attackers)

    @property
    def hidden_range(self) -> range:
        """
        List the counts that are hidden for being small.

        Returns
        -------
        range
            1 to `hidden_up_to`; empty where nothing is hidden.
        """
        return range(1, self.hidden_up_to + 1)

    @property
    def is_exact(self) -> bool:
        """
        Say whether everything that is shown is shown exactly.

        Returns
        -------
        bool
            True where nothing is rounded.
        """
        return all(getattr(self, base) == 1 for base in _BASES)

    def base(self, role: Role) -> int:
        """
        Tell what a figure is rounded to.

        Parameters
        ----------
        role
            ``"cell"``, ``"row_total"`` or ``"column_total"`` (the grand total too).

        Returns
        -------
        int
            The rounding base, 1 for exact.
        """
        base: int = getattr(self, f"round_{role}s_to")
        return base

    def rounded(self, count: int, base: int) -> int:
        """
        Round a count as it is published, halves up.

        Parameters
        ----------
        count
            The count, at least 0.
        base
            The rounding base.

        Returns
        -------
        int
            The nearest multiple of `base`.
        """
        return (2 * count + base) // (2 * base) * base

    def interval(self, count: int, base: int) -> tuple[int, int]:
        """
        Tell which counts would have been shown as this one is.

        Parameters
        ----------
        count
            A count that is shown: 0, or above the hidden range.
        base
            Its rounding base.

        Returns
        -------
        tuple of int
            The least and greatest count that is printed the same.

        Examples
        --------
        >>> dfe_cin.interval(8, 10), dfe_cin.interval(43, 10), dfe_cin.interval(0, 10)
        ((6, 14), (35, 44), (0, 0))
        """
        if base == 1 or (count == 0 and self.hidden_up_to):
            return count, count
        printed = self.rounded(count, base)
        least = printed - base // 2
        floor = self.hidden_up_to + 1 if self.hidden_up_to else 0
        return max(least, floor), least + base - 1


def _check_attackers(attackers: object) -> None:
    """Refuse attackers that are unknown, repeated, or spare the outsider."""
    rule = f"be a tuple of different names out of {', '.join(ATTACKERS)}"
    if not isinstance(attackers, tuple):
        raise ArgumentError(refusal("attackers", rule, attackers))
    for name in attackers:
        if name not in ATTACKERS or attackers.count(name) > 1:
            hint = did_you_mean(str(name), ATTACKERS)
            raise ArgumentError(refusal("attackers", rule, name, hint=hint))
    if "outsider" not in attackers:
        rule = "name the outsider, since anyone can read what is published"
        raise ArgumentError(refusal("attackers", rule, attackers))


_BASES = ("round_cells_to", "round_row_totals_to", "round_column_totals_to")
_WHOLE = ("hidden_up_to", "percentage_decimals", "rate_decimals")

dfe_cin = Profile(
    name="dfe_cin",
    hidden_up_to=5,
    round_row_totals_to=10,
    round_column_totals_to=10,
    source="Department for Education, children in need",
)
"""The default: 1 to 5 hidden, 0 shown, totals to the nearest 10, one decimal place."""

dfe_cla = Profile(
    name="dfe_cla",
    hidden_up_to=5,
    round_column_totals_to=10,
    percentage_decimals=0,
    rate_decimals=0,
    source="Department for Education, children looked after",
)
"""1 to 5 hidden, areas unrounded, all areas to the nearest 10, whole percentages."""

nhs_hes = Profile(
    name="nhs_hes",
    hidden_up_to=7,
    round_cells_to=5,
    round_row_totals_to=5,
    round_column_totals_to=5,
    source="NHS England, hospital episode statistics",
)
"""1 to 7 hidden, everything else to the nearest 5, 0 stays."""

strict = Profile(
    name="strict",
    hidden_up_to=5,
    round_cells_to=5,
    round_row_totals_to=5,
    round_column_totals_to=5,
    source="ours: `dfe_cin`, and everything to the nearest 5",
)
"""1 to 5 hidden, 0 shown, everything else to the nearest 5."""

trial_wide = Profile(
    name="trial_wide",
    hidden_up_to=0,
    source="ours: CONSORT item 26 needs exact counts by arm, with no site",
)
"""Two arms, no site: exact counts, nothing hidden."""


def threshold(n: int) -> Profile:
    """
    Declare the plain rule that counts below `n` are hidden.

    Parameters
    ----------
    n
        The least count that is shown, at least 2.

    Returns
    -------
    Profile
        1 to ``n - 1`` hidden, nothing rounded.

    Raises
    ------
    ArgumentError
        If `n` is not a whole number of at least 2.

    Examples
    --------
    >>> threshold(10).hidden_range
    range(1, 10)
    """
    if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 2:
        raise ArgumentError(refusal("n", "be a whole number, at least 2", n))
    return Profile(name=f"threshold({n})", hidden_up_to=int(n) - 1, source="ours")


_NAMED = {p.name: p for p in (dfe_cin, dfe_cla, nhs_hes, strict, trial_wide)}


def from_spec(spec: str | Mapping[str, Any] | Profile) -> Profile:
    """
    Build a profile from what a protocol says.

    Parameters
    ----------
    spec
        A name (``"dfe_cin"``, ``"threshold(10)"``), or a mapping with ``profile`` (a
        name), for ``"threshold"`` also ``n``, and any field of `Profile` to be changed
        (``attackers`` as a list or tuple). A profile is handed back.

    Returns
    -------
    Profile
        The profile.

    Raises
    ------
    ArgumentError
        If the name or a field is unknown, or a value is impossible.

    Examples
    --------
    >>> from_spec("strict").round_cells_to
    5
    >>> from_spec({"profile": "threshold", "n": 10}).name
    'threshold(10)'
    >>> from_spec({"profile": "dfe_cin", "round_row_totals_to": 1}).round_row_totals_to
    1
    >>> from_spec({"profile": "strict", "attackers": ["outsider", "site"]}).attackers
    ('outsider', 'site')
    """
    if isinstance(spec, Profile):
        return spec
    if isinstance(spec, str):
        return _by_name(spec)
    if not isinstance(spec, Mapping) or not isinstance(spec.get("profile"), str):
        rule = "be the name of a profile, or a mapping that has one under `profile`"
        raise ArgumentError(refusal("spec", rule, spec))
    changes = {key: value for key, value in spec.items() if key != "profile"}
    name = spec["profile"]
    found = threshold(changes.pop("n", 0)) if name == "threshold" else _by_name(name)
    known = {field.name for field in fields(Profile)} - {"name"}
    for key in changes:
        if key not in known:
            rule = f"be one of {', '.join(sorted(known))}"
            hint = did_you_mean(key, known)
            raise ArgumentError(refusal("spec", rule, key, hint=hint))
    if isinstance(changes.get("attackers"), list):
        changes["attackers"] = tuple(changes["attackers"])
    return replace(found, **changes)


def _by_name(name: str) -> Profile:
    """Find a profile by its name."""
    if match := re.fullmatch(r"threshold\((\d+)\)", name.strip()):
        return threshold(int(match[1]))
    if name not in _NAMED:
        rule = f"be one of {', '.join(_NAMED)}, threshold(n)"
        hint = did_you_mean(name, _NAMED)
        raise ArgumentError(refusal("profile", rule, name, hint=hint))
    return _NAMED[name]
