"""The sums and the order that must hold between the boxes of a flow."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from steps_analysis.pathway.flow.boxes import STEPS, ArmFlow, Flow, though_not


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
    Sums: assessed = excluded + randomised; excluded = its reasons; randomised, families
    and children each, = the arms; in each arm allocated = received + not received, and
    allocated = analysed + excluded + missing.

    Order: of referred, assessed, eligible, approached, consented and randomised, each
    is at least the next, but for the departures counted. Nothing excuses a family
    randomised without consent. Referrals are at least the families referred, children
    at least their families, and sites opened at least those that randomised.
    """
    return [*_broken_sums(flow), *_broken_order(flow), *_broken_children(flow)]


def _broken_sums(flow: Flow) -> Iterator[str]:
    if flow.assessed is not None:
        parts = flow.n_excluded + flow.randomised
        yield from _differ("assessed", flow.assessed, "excluded + randomised", parts)
    if flow.not_randomised is not None:
        whole = flow.not_randomised
        yield from _differ("excluded", whole, "the sum of its reasons", flow.n_excluded)
    allocated = sum(arm.allocated for arm in flow.arms)
    yield from _differ("randomised", flow.randomised, "the sum of the arms", allocated)
    for arm in flow.arms:
        yield from _broken_in_arm(arm)


def _broken_in_arm(arm: ArmFlow) -> Iterator[str]:
    name = f"allocated to {arm.arm}"
    if arm.received is not None:
        parts = arm.received + sum(arm.not_received.values())
        yield from _differ(name, arm.allocated, "received + not received", parts)
    parts = arm.analysed + sum(arm.excluded.values()) + sum(arm.missing.values())
    yield from _differ(name, arm.allocated, "analysed + excluded + missing", parts)


def _broken_order(flow: Flow) -> Iterator[str]:
    recorded = [(box, getattr(flow, box)) for box in STEPS]
    recorded = [(box, n) for box, n in recorded if n is not None]
    for (earlier, n), (later, m) in pairwise(recorded):
        departed = flow.departures.get(though_not(later, earlier), 0)
        but = f", but for {departed}" if departed else ""
        yield from _below(earlier, n + departed, f"{later}{but}", m)
    if flow.assessed is not None:
        yield from _below("referred", flow.referred, "assessed", flow.assessed)
    yield from _below("sites opened", flow.sites_opened, "randomising", flow.n_sites)


def _broken_children(flow: Flow) -> Iterator[str]:
    yield from _below("referrals", flow.referrals, "families referred", flow.referred)
    whole, name = flow.children, "children randomised"
    yield from _below(name, whole, "families randomised", flow.randomised)
    of_arms = [arm.children for arm in flow.arms if arm.children is not None]
    if whole is not None and len(of_arms) == len(flow.arms):
        yield from _differ(name, whole, "the sum of the arms", sum(of_arms))
    for arm in flow.arms:
        name = f"children allocated to {arm.arm}"
        yield from _below(name, arm.children, "their families", arm.allocated)


def _differ(name: str, whole: int, parts_name: str, parts: int) -> Iterator[str]:
    if whole != parts:
        sums = f"{name} ({whole}) must equal {parts_name} ({parts})"
        yield f"{sums}: off by {whole - parts}"


def _below(name: str, n: int | None, other: str, least: int | None) -> Iterator[str]:
    if n is not None and least is not None and n < least:
        yield f"{name} must be at least {other}: {least - n} too few"
