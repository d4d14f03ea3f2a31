"""The boxes of a trial's flow, and the sums that must hold between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

Reasons = Mapping[str, int]
Row = tuple[str, str, str, int | None, int | None]

STEPS = ("assessed", "eligible", "approached", "consented", "randomised")
"""The boxes on the way to randomisation, in order."""

REFERRED = "referred since recruitment opened, or earlier and assessed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmFlow:
    """
    One arm's boxes, in families; each is where its index child is.

    Attributes
    ----------
    arm
        Its code.
    allocated
        Families allocated to it.
    children
        Their children who were randomised; None where they are not counted.
    received
        Those who received what they were allocated; None where it is not recorded.
    not_received
        Reason to count of those who did not.
    providers
        Families seen by each therapist, fewest first; None where it is not recorded.
    lost
        Reason to count of those no longer followed; None where it is not recorded.
    discontinued
        Families who stopped treatment early: they stay in follow-up.
    analysed
        Families in the primary analysis, in the arm they were allocated to.
    excluded, missing
        Reason to count of those left out by the estimand, and of those whose outcome is
        unknown.
    """

    arm: str
    allocated: int
    children: int | None = None
    received: int | None = None
    not_received: Reasons = field(default_factory=dict)
    providers: tuple[int, ...] | None = None
    lost: Reasons | None = None
    discontinued: int | None = None
    analysed: int
    excluded: Reasons = field(default_factory=dict)
    missing: Reasons = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """
    The flow of a whole trial.

    Attributes
    ----------
    referrals
        Referrals of the families referred. A child can be referred again, and nothing
        says which child of a family a referral is of, so these are not children.
    referred
        Families referred since recruitment opened, or ever where the protocol does not
        say when it did, and those referred earlier who were assessed; None where
        referrals are absent.
    assessed
        Families assessed for eligibility; None where screening is absent. One assessed
        more than once counts once, where it got furthest.
    eligible, approached, consented
        Families found eligible, offered the trial, and agreeing to it; None where that
        is not recorded.
    departures
        Families that came to a box without having been in the one before it, such as
        "randomised though not eligible".
    not_randomised
        Families assessed and not randomised; None where they are not counted.
    excluded
        Why they were not: group to {reason: count}.
    randomised
        Families randomised.
    children
        Their children who were randomised; None where they are not counted. One child
        of each family is analysed.
    arms
        Each arm's boxes, treatment first.
    n_sites
        Sites that randomised at least one family.
    sites_opened, sites_referred
        Sites that opened to the trial, and sites that referred to it; None where that
        is not recorded.
    """

    referrals: int | None = None
    referred: int | None = None
    assessed: int | None = None
    eligible: int | None = None
    approached: int | None = None
    consented: int | None = None
    departures: Reasons = field(default_factory=dict)
    not_randomised: int | None = None
    excluded: Mapping[str, Reasons] = field(default_factory=dict)
    randomised: int
    children: int | None = None
    arms: tuple[ArmFlow, ...]
    n_sites: int
    sites_opened: int | None = None
    sites_referred: int | None = None

    @property
    def n_excluded(self) -> int:
        """Families assessed and not randomised."""
        return sum(sum(reasons.values()) for reasons in self.excluded.values())

    @property
    def n_analysed(self) -> int:
        """Families in the primary analysis."""
        return sum(arm.analysed for arm in self.arms)

    def to_frame(self) -> pd.DataFrame:
        """
        Give every box and reason as one row.

        Returns
        -------
        pandas.DataFrame
            Columns ``arm`` (empty before randomisation), ``box``, ``reason``,
            ``families`` and ``children`` (missing where they are not counted); boxes
            that are not recorded are left out.
        """
        rows: list[Row] = [
            ("", REFERRED, "", self.referred, None),
            ("", "assessed for eligibility", "", self.assessed, None),
            ("", "eligible", "", self.eligible, None),
            ("", "approached", "", self.approached, None),
            ("", "consented", "", self.consented, None),
        ]
        for group, reasons in self.excluded.items():
            rows += [("", group, reason, n, None) for reason, n in reasons.items()]
        rows.append(("", "randomised", "", self.randomised, self.children))
        for arm in self.arms:
            rows += _arm_rows(arm)
        kept = [row for row in rows if row[3] is not None]
        columns = ["arm", "box", "reason", "families", "children"]
        return pd.DataFrame(kept, columns=columns).astype({"children": "Int64"})


def though_not(later: str, earlier: str) -> str:
    """
    Name the families that came to a box without having been in the one before it.

    Parameters
    ----------
    later, earlier
        The two boxes.

    Returns
    -------
    str
        Their key in `Flow.departures`.

    Examples
    --------
    >>> though_not("randomised", "eligible")
    'randomised though not eligible'
    """
    return f"{later} though not {earlier}"


def _arm_rows(arm: ArmFlow) -> list[Row]:
    """List one arm's boxes as rows."""
    rows: list[Row] = [
        (arm.arm, "allocated", "", arm.allocated, arm.children),
        (arm.arm, "received what was allocated", "", arm.received, None),
    ]
    for box, reasons in (
        ("did not receive", arm.not_received),
        ("lost", arm.lost or {}),
    ):
        rows += [(arm.arm, box, reason, n, None) for reason, n in reasons.items()]
    stopped = "stopped treatment early, kept in the analysis"
    rows.append((arm.arm, stopped, "", arm.discontinued, None))
    rows.append((arm.arm, "analysed", "", arm.analysed, None))
    for box, reasons in (("excluded", arm.excluded), ("missing", arm.missing)):
        rows += [(arm.arm, box, reason, n, None) for reason, n in reasons.items()]
    return rows
