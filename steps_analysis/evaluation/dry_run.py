"""A stand-in allocation, so that masked people can rehearse the analysis."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from steps_analysis.protocol import Arm, Protocol
from steps_analysis.randomness import Stream, generator
from steps_analysis.trial_data import TrialData, index_child_of, index_children

DRY_RUN = (
    "Masked dry run: the arms in this report are drawn at random from a public stream "
    "and have nothing to do with the real allocation."
)
DRY_RUN_STAMP = "Masked dry run: arms drawn at random"
"""What every table, figure and file of a dry run says."""

_NAMES = {"treatment": "dummy arm A", "control": "dummy arm B"}


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
        and the families' order alone. Its protocol calls the arms "dummy arm A" and
        "dummy arm B", code and label alike, so that nothing made from it names a real
        arm.
    """
    families = index_children(trial)["participant_id"]
    protocol = _with_dummy_arms(trial.protocol)
    treatment, control = protocol.treatment, protocol.control
    rng = generator(protocol.analysis.seed, Stream.DUMMY_ALLOCATION)
    cycle = [treatment.code] * treatment.share + [control.code] * control.share
    arms = np.resize(np.array(cycle, dtype=object), len(families))
    arm_of = pd.Series(rng.permutation(arms), index=families, dtype=object)
    arm = index_child_of(trial).map(arm_of)  # one arm throughout a family
    allocation = arm.rename("arm").reset_index()
    return replace(trial, protocol=protocol, allocation=allocation)


def _with_dummy_arms(protocol: Protocol) -> Protocol:
    """Rename the arms, and forget what is known of them but role and share."""
    arms = tuple(
        Arm(
            code=_NAMES[arm.role],
            label=_NAMES[arm.role],
            role=arm.role,
            share=arm.share,
        )
        for arm in protocol.arms
    )
    return replace(protocol, arms=arms)


def dry_run_stamp(stamp: str) -> str:
    """
    Write the stamp of a dry run.

    Parameters
    ----------
    stamp
        The stamp of the data themselves; empty for none.

    Returns
    -------
    str
        The dry run's words, followed by that stamp.

    Examples
    --------
    >>> dry_run_stamp("")
    'Masked dry run: arms drawn at random'
    """
    return ". ".join(words for words in (DRY_RUN_STAMP, stamp) if words)
