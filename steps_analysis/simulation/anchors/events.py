"""Which figures of placement, recurrence and offences must the world give back?"""

from __future__ import annotations

from functools import partial

import numpy as np

from steps_analysis.protocol import DAYS_PER_MONTH, days_in
from steps_analysis.simulation.anchors.anchor import Anchor, Count, mean, share
from steps_analysis.simulation.anchors.groups import (
    Group,
    at_home,
    everybody,
    treated,
    treated_at_home,
    untreated,
)
from steps_analysis.simulation.draw import TrialArrays


def _ever(
    one: TrialArrays,
    *,
    code: str,
    months: float,
    sexual: bool | None = None,
    among: Group,
) -> Count:
    """Count the participants with an event by a time."""
    events = one.events
    rows = (events.event == code) & (events.day <= days_in(months))
    if sexual is not None:
        rows &= events.is_sexual == int(sexual)
    ever = np.zeros(len(one.treated), dtype=bool)
    ever[events.participant[rows]] = True
    return share(ever, among(one))


def _sanction_wait(one: TrialArrays, *, sexual: bool) -> Count:
    """Give the months from record to sanction of the first year's offences."""
    events = one.events
    rows = (events.event == "offence") & (events.is_sexual == int(sexual))
    rows &= events.day <= days_in(12)
    return mean((events.sanctioned - events.recorded)[rows] / DAYS_PER_MONTH)


def _risk(
    says: str,
    expected: float,
    *,
    code: str,
    months: float,
    mark: str = "A",
    sexual: bool | None = None,
    among: Group = everybody,
    precision: float = 0.0005,
) -> Anchor:
    """Make an anchor of a risk by a time."""
    return Anchor(
        says=says,
        mark=mark,
        expected=expected,
        precision=precision,
        counted=partial(_ever, code=code, months=months, sexual=sexual, among=among),
    )


def sexual_offence(months: float, per_cent: float) -> Anchor:
    """
    Make an anchor of proven sexual offences in both arms.

    Parameters
    ----------
    months
        Months from randomisation.
    per_cent
        How many of a hundred have committed one by then.

    Returns
    -------
    Anchor
        The anchor.
    """
    return _risk(
        f"R1: proven sexual offence within {months:g} months",
        per_cent / 100,
        code="offence",
        months=months,
        sexual=True,
    )


def any_offence(months: float, risk: float, mark: str = "A") -> Anchor:
    """
    Make an anchor of proven offences of any kind.

    Parameters
    ----------
    months
        Months from randomisation.
    risk
        The share who have committed one by then.
    mark
        Mark of its source.

    Returns
    -------
    Anchor
        The anchor.
    """
    words = f"R2: any proven offence within {months:g} months"
    return _risk(words, risk, code="offence", months=months, mark=mark)


EVENTS = (
    *(
        sexual_offence(months, risk)
        for months, risk in ((8, 2.5), (14, 3.3), (20, 3.8), (36, 4.4), (60, 4.8))
    ),
    any_offence(12, 0.15, "A/M"),
    any_offence(20, 0.217),
    _risk(
        "R3: reported recurrence within 20 months",
        0.15,
        code="reported_harm",
        months=20,
    ),
    _risk(
        "P1: new placement within 20 months, of those at home",
        0.12,
        code="placement",
        months=20,
        among=at_home,
    ),
    Anchor(
        says="months from the record of a sexual offence to its sanction",
        mark="P",
        expected=8.0,
        precision=0.5,
        counted=partial(_sanction_wait, sexual=True),
    ),
    Anchor(
        says="months from the record of another offence to its sanction",
        mark="A",
        expected=3.0,
        precision=0.05,
        counted=partial(_sanction_wait, sexual=False),
    ),
)
"""Anchors where nobody is lost, in custody or unobserved."""


def sexual_arms(
    treatment: float, control: float, months: float, precision: float
) -> tuple[Anchor, Anchor]:
    """
    Make anchors of proven sexual offences in each arm.

    Parameters
    ----------
    treatment, control
        The share of each arm who have committed one by then.
    months
        Months from randomisation.
    precision
        How exactly the shares are known.

    Returns
    -------
    tuple of Anchor
        That of the treatment arm and that of the control arm.
    """
    words = f"R1: proven sexual offence within {months:g} months"
    made = [
        _risk(
            f"{words}, {arm} arm",
            risk,
            code="offence",
            months=months,
            mark="P",
            sexual=True,
            among=among,
            precision=precision,
        )
        for arm, risk, among in (
            ("treatment", treatment, treated),
            ("control", control, untreated),
        )
    ]
    return made[0], made[1]


def placement_in_treatment(odds_ratio: float) -> Anchor:
    """
    Make an anchor of placement in the treatment arm.

    Parameters
    ----------
    odds_ratio
        Odds ratio of the scenario, against the control arm.

    Returns
    -------
    Anchor
        The anchor, among those at home at randomisation.
    """
    odds = odds_ratio * 0.12 / 0.88
    return _risk(
        f"P1 in the treatment arm: 12 % moved by an odds ratio of {odds_ratio:g}",
        odds / (1 + odds),
        code="placement",
        months=20,
        among=treated_at_home,
        mark="P" if odds_ratio == 1.25 else "A",
    )
