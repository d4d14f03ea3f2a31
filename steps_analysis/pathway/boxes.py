"""The boxes of a trial's flow, and the sums that must hold between them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import pandas as pd

Reasons = Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmFlow:
    """
    One arm's boxes.

    Attributes
    ----------
    arm
        Its code.
    allocated
        Families allocated to it.
    received
        Those who received what they were allocated; None where it is not recorded.
    not_received
        Reason to count of those who did not.
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
    received: int | None = None
    not_received: Reasons = field(default_factory=dict)
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
    referred
        Families referred since recruitment opened, or ever where the protocol does not
        say when it did; None where referrals are absent.
    assessed
        Families assessed for eligibility; None where screening is absent. One assessed
        more than once counts once, where it got furthest.
    approached, consented
        Families offered the trial, and those who agreed; None where absent.
    excluded
        Why families were not randomised: group to {reason: count}.
    randomised
        Families randomised.
    arms
        Each arm's boxes, treatment first.
    n_sites
        Sites that randomised at least one family.
    """

    referred: int | None = None
    assessed: int | None = None
    approached: int | None = None
    consented: int | None = None
    excluded: Mapping[str, Reasons] = field(default_factory=dict)
    randomised: int
    arms: tuple[ArmFlow, ...]
    n_sites: int

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
            ``families``; boxes that are not recorded are left out.
        """
        rows: list[tuple[str, str, str, int | None]] = [
            ("", "referred since recruitment opened", "", self.referred),
            ("", "assessed for eligibility", "", self.assessed),
            ("", "approached", "", self.approached),
            ("", "consented", "", self.consented),
        ]
        for group, reasons in self.excluded.items():
            rows += [("", group, reason, n) for reason, n in reasons.items()]
        rows.append(("", "randomised", "", self.randomised))
        for arm in self.arms:
            rows += _arm_rows(arm)
        kept = [row for row in rows if row[3] is not None]
        return pd.DataFrame(kept, columns=["arm", "box", "reason", "families"])


def broken_identities(flow: Flow) -> list[str]:
    """
    List the identities of a flow that fail, each with by how much.

    Parameters
    ----------
    flow
        The flow.

    Returns
    -------
    list of str
        One sentence for each; empty when all hold.

    Notes
    -----
    assessed = excluded + randomised; randomised = the sum of the arms; consented is at
    least randomised; in each arm allocated = received + not received, and allocated =
    analysed + excluded + missing.
    """
    return list(_broken(flow))


def _broken(flow: Flow) -> Iterator[str]:
    if flow.assessed is not None:
        parts = flow.n_excluded + flow.randomised
        yield from _differ("assessed", flow.assessed, "excluded + randomised", parts)
    allocated = sum(arm.allocated for arm in flow.arms)
    yield from _differ("randomised", flow.randomised, "the sum of the arms", allocated)
    if flow.consented is not None and flow.consented < flow.randomised:
        short = flow.randomised - flow.consented
        yield f"consented must be at least randomised: {short} too few"
    for arm in flow.arms:
        yield from _broken_in_arm(arm)


def _broken_in_arm(arm: ArmFlow) -> Iterator[str]:
    name = f"allocated to {arm.arm}"
    if arm.received is not None:
        parts = arm.received + sum(arm.not_received.values())
        yield from _differ(name, arm.allocated, "received + not received", parts)
    parts = arm.analysed + sum(arm.excluded.values()) + sum(arm.missing.values())
    yield from _differ(name, arm.allocated, "analysed + excluded + missing", parts)


def _differ(name: str, whole: int, parts_name: str, parts: int) -> Iterator[str]:
    if whole != parts:
        sums = f"{name} ({whole}) must equal {parts_name} ({parts})"
        yield f"{sums}: off by {whole - parts}"


def _arm_rows(arm: ArmFlow) -> list[tuple[str, str, str, int | None]]:
    """List one arm's boxes as rows."""
    rows: list[tuple[str, str, str, int | None]] = [
        (arm.arm, "allocated", "", arm.allocated),
        (arm.arm, "received what was allocated", "", arm.received),
    ]
    for box, reasons in (
        ("did not receive", arm.not_received),
        ("lost", arm.lost or {}),
    ):
        rows += [(arm.arm, box, reason, n) for reason, n in reasons.items()]
    rows.append(
        (arm.arm, "stopped treatment early, kept in the analysis", "", arm.discontinued)
    )
    rows.append((arm.arm, "analysed", "", arm.analysed))
    for box, reasons in (("excluded", arm.excluded), ("missing", arm.missing)):
        rows += [(arm.arm, box, reason, n) for reason, n in reasons.items()]
    return rows
