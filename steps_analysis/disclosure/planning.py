"""How finely can counts be broken down, and still be published?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from steps_analysis.disclosure.auditing import Audit, audit
from steps_analysis.disclosure.printing import printed
from steps_analysis.disclosure.profiles import Profile, from_spec
from steps_analysis.disclosure.protection import protect
from steps_analysis.disclosure.release import Release
from steps_analysis.disclosure.tables import TOTAL
from steps_analysis.errors import ArgumentError, refusal

MOST_HIDDEN = 1 / 3
"""A table that hides more than this share of its counts says too little."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """
    The finest breakdown that can be published, and why no finer one can.

    Attributes
    ----------
    name
        Name of the breakdown; None where none can be published.
    release
        It, protected; None where there is none.
    audit
        The attack on it.
    refused
        The finer breakdowns, finest first, each with the reason.
    """

    name: str | None
    release: Release | None = field(repr=False)
    audit: Audit | None = field(repr=False)
    refused: tuple[tuple[str, str], ...]

    @property
    def why(self) -> str:
        """
        Say why nothing finer is published.

        Returns
        -------
        str
            A sentence for each finer breakdown; empty where there is none.
        """
        return " ".join(f"Not {name}: {reason}." for name, reason in self.refused)


def plan_release(
    candidates: Mapping[str, Release],
    rule: Profile | str | Mapping[str, Any],
    *,
    key: bytes | str,
    most_hidden: float = MOST_HIDDEN,
    deadline: float | None = None,
) -> Plan:
    """
    Find the finest breakdown that is safe to publish and still says enough.

    Parameters
    ----------
    candidates
        Releases that are not protected yet, by name, finest first; `breakdowns` makes
        them from one table of counts. Only one of them is published: a second one
        beside it has to be part of the same release, or enter as an earlier edition.
    rule
        A profile, or what `from_spec` makes one of.
    key
        As for `protect`.
    most_hidden
        The largest share of a table's counts, totals apart, that may be hidden, in
        (0, 1].
    deadline
        Seconds for each candidate, as for `protect`.

    Returns
    -------
    Plan
        The first candidate of which no table is withheld, none hides more than the
        share, and whose audit is safe; with the reason why each finer one is not.

    Raises
    ------
    ArgumentError
        If there is no candidate, an option breaks its rule, or a candidate is protected
        already.

    Examples
    --------
    Six quarters hide too much, and so do the halves; one figure a borough is left:

    >>> import pandas as pd
    >>> from steps_analysis.disclosure import breakdowns
    >>> grid = {"Q1": [2, 1], "Q2": [3, 2], "Q3": [1, 9], "Q4": [4, 8]}
    >>> counts = pd.DataFrame(grid, index=["A", "B"]).rename_axis("borough").T
    >>> counts = counts.rename_axis("period").stack().rename("referrals")
    >>> halves = {"Q1": "H1", "Q2": "H1", "Q3": "H2", "Q4": "H2"}
    >>> year = dict.fromkeys(halves, "year")
    >>> found = breakdowns(counts, rows="borough",
    ...                    levels={"period": {"half": halves, "year": year}})
    >>> list(found)
    ['borough by period', 'borough by half', 'borough by year']
    >>> plan = plan_release(found, "threshold(6)", key="test")
    >>> plan.name
    'borough by year'
    >>> plan.refused[1]
    ('borough by half', 'more than 33% of its counts would be hidden')
    """
    profile = from_spec(rule)
    if not candidates:
        raise ArgumentError(refusal("candidates", "hold a release", "none"))
    if not 0 < most_hidden <= 1:
        raise ArgumentError(refusal("most_hidden", "lie in (0, 1]", most_hidden))
    refused: list[tuple[str, str]] = []
    for name, release in candidates.items():
        public = protect(release, profile, key=key, deadline=deadline)
        reason = _reason(public, most_hidden)
        if reason is None:
            attacked = audit(public)
            if attacked.safe:
                return Plan(
                    name=name, release=public, audit=attacked, refused=tuple(refused)
                )
            reason = "its attack could not be shown to fail"
        refused.append((name, reason))
    return Plan(name=None, release=None, audit=None, refused=tuple(refused))


def _reason(public: Release, most_hidden: float) -> str | None:
    """Say why a protected release is not fit to be published."""
    if public.withheld:
        return public.withheld[0][1]
    if any(share > most_hidden for share in shares_hidden(public)):
        return f"more than {100 * most_hidden:.0f}% of its counts would be hidden"
    return None


def shares_hidden(public: Release) -> Iterator[float]:
    """
    Give the share of each table's counts, totals apart, that is hidden.

    Parameters
    ----------
    public
        A release after `protect`.

    Yields
    ------
    float
        One share per table that is printed, save those that are public exactly.
    """
    page = public.page()
    for table in public.tables:
        if table.is_published and not table.exact:
            shown = printed(public, page, table)
            inner = shown.drop(index=TOTAL, columns=TOTAL, errors="ignore")
            yield float((inner.to_numpy() == page.profile.marker).mean())
