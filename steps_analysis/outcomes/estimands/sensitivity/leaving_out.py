"""
Does one site carry the result?

For the controller's own staff alone: from the whole result and one without a site, the
site's own counts can be subtracted.
"""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from steps_analysis.outcomes.estimands.answering import answer
from steps_analysis.outcomes.estimands.sensitivity.variation import (
    Sensitivity,
    Variation,
)
from steps_analysis.trial_data import TrialData


def leave_one_site_out(trial: TrialData, estimand: str) -> Sensitivity:
    """
    Answer an estimand without each site in turn; never to be published.

    Parameters
    ----------
    trial
        The trial.
    estimand
        Code of an estimand.

    Returns
    -------
    Sensitivity
        The effect of all sites, then without each site that has participants, in the
        protocol's order. No report of this package shows it.

    Raises
    ------
    DataError
        If a table it needs is absent or closed to the reader's role.

    Examples
    --------
    >>> from steps_analysis.protocol import load_protocol
    >>> from steps_analysis.simulation import draw_trial
    >>> trial = draw_trial(load_protocol(), "null", n=40, seed=1)
    >>> leave_one_site_out(trial, "E1").variations[0].label
    'All sites'
    """
    people = trial.need("participants")
    present = set(people["site"])
    variations = [Variation(label="All sites", effect=answer(trial, estimand).effect)]
    for site in trial.protocol.sites.names:
        if site in present:
            found = answer(
                _without(trial, people.loc[people["site"] == site]), estimand
            )
            variations.append(Variation(label=f"Without {site}", effect=found.effect))
    return Sensitivity(
        name="leave_one_site_out",
        question="Does one site carry the result?",
        variations=tuple(variations),
        note=(
            "For the controller's own staff: the lines subtract to counts by site and "
            "arm, which are never public."
        ),
    )


def _without(trial: TrialData, people: pd.DataFrame) -> TrialData:
    """Leave some participants out of every table."""
    ids = set(people["participant_id"])
    kept = {
        name: table[~table["participant_id"].isin(ids)]
        for name, table in trial.tables()
        if "participant_id" in table
    }
    return replace(trial, **kept)  # type: ignore[arg-type]  # tables under their names
