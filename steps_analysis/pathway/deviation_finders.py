"""
Who departed from each rule of the protocol, and how many months from randomisation.

Each function gives whole months from randomisation, indexed by ``participant_id``, and
one entry per departure; None where the tables do not say, or are closed to the role.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from steps_analysis.pathway.factor_levels import level_by_referral, of_referral
from steps_analysis.protocol import DAYS_PER_MONTH, Factor, days_in
from steps_analysis.trial_data import TrialData, index_child_of

Months = pd.Series


def out_of_age_range(trial: TrialData) -> Months | None:
    """
    Find those whose age on the referral is outside the protocol's range.

    Parameters
    ----------
    trial
        The trial.

    Returns
    -------
    pandas.Series or None
        Months by participant.
    """
    age = of_referral(trial, "referrals", "age_at_referral")
    if age is None:
        return None
    years, rule = age.astype(float) // 1, trial.protocol.eligibility
    too_young = years < (-np.inf if rule.youngest_age is None else rule.youngest_age)
    too_old = years > (np.inf if rule.oldest_age is None else rule.oldest_age)
    return _at_randomisation(too_young | too_old)


def found_ineligible(trial: TrialData) -> Months | None:
    """
    Find those whose screening says not eligible.

    Parameters
    ----------
    trial
        The trial.

    Returns
    -------
    pandas.Series or None
        Months by participant.
    """
    return _said_no(of_referral(trial, "screening", "eligible"))


def without_assent(trial: TrialData) -> Months | None:
    """
    Find those who are recorded as not having agreed themselves.

    Parameters
    ----------
    trial
        The trial.

    Returns
    -------
    pandas.Series or None
        Months by participant.
    """
    return _said_no(of_referral(trial, "screening", "assent"))


def second_of_family(trial: TrialData) -> Months | None:
    """
    Find those whose family was in the trial already.

    Parameters
    ----------
    trial
        The trial.

    Returns
    -------
    pandas.Series or None
        Months by participant.
    """
    family = of_referral(trial, "referrals", "family_id")
    if family is None and "family_id" not in trial.need("participants"):
        return None
    index_child = index_child_of(trial)
    is_second = ~index_child.index.isin(index_child)
    return _at_randomisation(pd.Series(is_second, index=index_child.index))


def wrong_level(factor: Factor, trial: TrialData) -> Months | None:
    """
    Find those recorded with another level of a factor than their referral gives.

    Parameters
    ----------
    factor
        The factor.
    trial
        The trial.

    Returns
    -------
    pandas.Series or None
        Months by participant.
    """
    given = level_by_referral(trial, factor)
    if given is None:
        return None
    recorded = trial.need("participants").set_index("participant_id")[factor.name]
    return _at_randomisation(given.notna() & recorded.notna() & given.ne(recorded))


def before_recruitment(trial: TrialData) -> Months | None:
    """
    Find those randomised before the protocol says that recruitment opened.

    Parameters
    ----------
    trial
        The trial.

    Returns
    -------
    pandas.Series or None
        Months by participant.
    """
    start = trial.protocol.trial.recruitment_start
    if start is None:
        return None
    return _at_randomisation(_randomised(trial) < pd.Timestamp(start))


def before_opening(trial: TrialData) -> Months | None:
    """
    Find those randomised before their site opened.

    Parameters
    ----------
    trial
        The trial.

    Returns
    -------
    pandas.Series or None
        Months by participant.
    """
    opened = _of_site(trial, "opened_date")
    return None if opened is None else _at_randomisation(_randomised(trial) < opened)


def after_closing(trial: TrialData) -> Months | None:
    """
    Find those randomised after their site closed.

    Parameters
    ----------
    trial
        The trial.

    Returns
    -------
    pandas.Series or None
        Months by participant.
    """
    closed = _of_site(trial, "closed_date")
    return None if closed is None else _at_randomisation(_randomised(trial) > closed)


def not_as_allocated(trial: TrialData) -> Months | None:
    """
    Find those who received something else than what they were allocated, or nothing.

    Parameters
    ----------
    trial
        The trial.

    Returns
    -------
    pandas.Series or None
        The month treatment started by participant, missing where none did.
    """
    treatment = trial.treatment
    if trial.allocation is None or treatment is None:
        return None
    if "treatment_received" not in treatment:
        return None
    own = treatment.set_index("participant_id").reindex(_randomised(trial).index)
    received = own["treatment_received"]
    departed = pd.Series(data=False, index=own.index)
    for arm in trial.protocol.arms:
        in_arm = trial.arms().eq(arm.code).to_numpy() & bool(arm.treatments)
        departed |= in_arm & received.notna() & ~received.isin(arm.treatments)
    started = own.get("treatment_start_date", pd.Series(pd.NaT, index=own.index))
    return _months(started - _randomised(trial))[departed]


def treated_before(trial: TrialData) -> Months | None:
    """
    Find those whose treatment started before they were randomised.

    Parameters
    ----------
    trial
        The trial.

    Returns
    -------
    pandas.Series or None
        Months by participant, below 0.
    """
    treatment = trial.treatment
    if treatment is None or "treatment_start_date" not in treatment:
        return None
    start = treatment.set_index("participant_id")["treatment_start_date"]
    months = _months(start - _randomised(trial).reindex(start.index))
    return months[months < 0]


def out_of_window(trial: TrialData) -> Months | None:
    """
    Find the visits made outside their window.

    Parameters
    ----------
    trial
        The trial.

    Returns
    -------
    pandas.Series or None
        The month of each such visit by participant.
    """
    visits = trial.visits
    if visits is None or "completed_date" not in visits:
        return None
    zero = _randomised(trial).reindex(visits["participant_id"])
    made = visits["completed_date"].set_axis(zero.index) - zero
    due = visits["visit_month"].astype(float).map(days_in).to_numpy()
    window = 7 * trial.protocol.visits.window_weeks
    return _months(made)[((made.dt.days - due).abs() > window).to_numpy()]


def _randomised(trial: TrialData) -> pd.Series:
    """Give each participant's randomisation date."""
    people = trial.need("participants").set_index("participant_id")
    return people["randomisation_date"]


def _of_site(trial: TrialData, column: str) -> pd.Series | None:
    """Give a date of each participant's site; None where it is not recorded."""
    if trial.sites is None or column not in trial.sites:
        return None
    dates = trial.sites.set_index("site")[column]
    people = trial.need("participants")
    own: pd.Series = dates.reindex(people["site"])
    return own.set_axis(pd.Index(people["participant_id"]))


def _said_no(answer: pd.Series | None) -> Months | None:
    """Find those of whom something is recorded, and recorded as not so."""
    if answer is None:
        return None
    return _at_randomisation(answer.eq(False))


def _at_randomisation(departed: pd.Series) -> Months:
    """Give month 0 to those who departed when they were randomised."""
    is_so = departed.fillna(value=False).to_numpy(dtype=bool)
    return pd.Series(0, index=departed.index[is_so])


def _months(time: pd.Series) -> Months:
    """Count whole months of a time from randomisation; a day short of one is none."""
    months: Months = time.dt.days // DAYS_PER_MONTH
    return months
