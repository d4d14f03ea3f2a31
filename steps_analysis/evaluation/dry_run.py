"""A stand-in allocation, so that masked people can rehearse the analysis."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from steps_analysis.randomness import Stream, generator
from steps_analysis.trial_data import TrialData

DRY_RUN = (
    "Masked dry run: the arms in this report are drawn at random from a public stream "
    "and have nothing to do with the real allocation."
)


def with_dummy_allocation(trial: TrialData) -> TrialData:
    """
    Give a masked trial an allocation that says nothing.

    Parameters
    ----------
    trial
        A trial read through a masked role.

    Returns
    -------
    TrialData
        The same trial with arms drawn in the protocol's ratio, from the protocol's seed
        and the participants' order alone.
    """
    participants = trial.need("participants")
    protocol = trial.protocol
    treatment, control = protocol.treatment, protocol.control
    rng = generator(protocol.analysis.seed, Stream.DUMMY_ALLOCATION)
    cycle = [treatment.code] * treatment.share + [control.code] * control.share
    arms = np.resize(np.array(cycle, dtype=object), len(participants))
    allocation = participants[["participant_id"]].assign(arm=rng.permutation(arms))
    return replace(trial, allocation=allocation)
