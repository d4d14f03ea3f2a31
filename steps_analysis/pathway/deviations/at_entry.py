"""Departures at randomisation: of eligibility, assent, family, factors and dates."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
import pandas as pd

from steps_analysis.pathway.deviations.factor_levels import (
    level_by_referral,
    of_referral,
)
from steps_analysis.pathway.deviations.rule import (
    STAYS,
    DeviationRule,
    Months,
    randomised_on,
)
from steps_analysis.protocol import Factor, Protocol, in_sentence
from steps_analysis.trial_data import TrialData, index_child_of


def entry_rules(protocol: Protocol) -> Iterator[DeviationRule]:
    """
    List the rules of randomisation, in the order of a family's way to it.

    Parameters
    ----------
    protocol
        The protocol.

    Yields
    ------
    DeviationRule
        Each rule; those of ages, factors and the start of recruitment only where the
        protocol says what they are.
    """
    ages = (protocol.eligibility.youngest_age, protocol.eligibility.oldest_age)
    if ages != (None, None):
        yield _AGE
    yield from (_NOT_ELIGIBLE, _NO_ASSENT, _FAMILY_TWICE)
    yield from (_level_rule(factor) for factor in protocol.factors if factor.source)
    if protocol.trial.recruitment_start is not None:
        yield _BEFORE_RECRUITMENT
    yield from (_BEFORE_OPENING, _AFTER_CLOSING)


def _out_of_age_range(trial: TrialData) -> Months | None:
    """Find those whose age on the referral is outside the protocol's range."""
    age = of_referral(trial, "referrals", "age_at_referral")
    if age is None:
        return None
    years, rule = age.astype(float) // 1, trial.protocol.eligibility
    too_young = years < (-np.inf if rule.youngest_age is None else rule.youngest_age)
    too_old = years > (np.inf if rule.oldest_age is None else rule.oldest_age)
    return _at_randomisation(too_young | too_old)


def _found_ineligible(trial: TrialData) -> Months | None:
    """Find those whose screening says not eligible."""
    return _said_no(of_referral(trial, "screening", "eligible"))


def _without_assent(trial: TrialData) -> Months | None:
    """Find those who are recorded as not having agreed themselves."""
    return _said_no(of_referral(trial, "screening", "assent"))


def _second_of_family(trial: TrialData) -> Months | None:
    """Find those whose family was in the trial already."""
    family = of_referral(trial, "referrals", "family_id")
    if family is None and "family_id" not in trial.need("participants"):
        return None
    index_child = index_child_of(trial)
    is_second = ~index_child.index.isin(index_child)
    return _at_randomisation(pd.Series(is_second, index=index_child.index))


def _wrong_level(factor: Factor, trial: TrialData) -> Months | None:
    """Find those recorded with another level of a factor than their referral gives."""
    given = level_by_referral(trial, factor)
    if given is None:
        return None
    recorded = trial.need("participants").set_index("participant_id")[factor.name]
    return _at_randomisation(given.notna() & recorded.notna() & given.ne(recorded))


def _before_recruitment(trial: TrialData) -> Months | None:
    """Find those randomised before the protocol says that recruitment opened."""
    start = trial.protocol.trial.recruitment_start
    if start is None:
        return None
    return _at_randomisation(randomised_on(trial) < pd.Timestamp(start))


def _before_opening(trial: TrialData) -> Months | None:
    """Find those randomised before their site opened."""
    opened = _of_site(trial, "opened_date")
    return None if opened is None else _at_randomisation(randomised_on(trial) < opened)


def _after_closing(trial: TrialData) -> Months | None:
    """Find those randomised after their site closed."""
    closed = _of_site(trial, "closed_date")
    return None if closed is None else _at_randomisation(randomised_on(trial) > closed)


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


def _level_rule(factor: Factor) -> DeviationRule:
    """Make the rule that a factor's level is the one the referral gives."""
    return DeviationRule(
        code="factor_level",
        concerns="randomisation",
        what=f"{factor.label} recorded otherwise at randomisation than on the referral",
        handling="analysed with the level recorded at randomisation",
        rests_on=f"what the referral says of {in_sentence(factor.label)}",
        months=partial(_wrong_level, factor),
    )


_AGE = DeviationRule(
    code="age_out_of_range",
    concerns="eligibility",
    what="Randomised although the age on the referral is outside the trial's range",
    handling=STAYS,
    rests_on="the age on the referral",
    months=_out_of_age_range,
)
_NOT_ELIGIBLE = DeviationRule(
    code="screened_not_eligible",
    concerns="eligibility",
    what="Randomised although the screening says not eligible",
    handling=STAYS,
    rests_on="the result of the screening",
    months=_found_ineligible,
)
_NO_ASSENT = DeviationRule(
    code="no_assent",
    concerns="consent",
    what="Randomised although the child is recorded as not having agreed",
    handling=STAYS,
    rests_on="whether the child agreed",
    months=_without_assent,
)
_FAMILY_TWICE = DeviationRule(
    code="family_twice",
    concerns="randomisation",
    what="Randomised although the family was in the trial already",
    handling="the later child is described, not analysed: the first stands for both",
    rests_on="which family a child belongs to",
    months=_second_of_family,
)
_BEFORE_RECRUITMENT = DeviationRule(
    code="before_recruitment",
    concerns="randomisation",
    what="Randomised before the trial opened to recruitment",
    handling=STAYS,
    rests_on="the day of randomisation",
    months=_before_recruitment,
)
_BEFORE_OPENING = DeviationRule(
    code="before_opening",
    concerns="randomisation",
    what="Randomised before the site opened to recruitment",
    handling=STAYS,
    rests_on="the day each site opened",
    months=_before_opening,
)
_AFTER_CLOSING = DeviationRule(
    code="after_closing",
    concerns="randomisation",
    what="Randomised after the site closed to recruitment",
    handling=STAYS,
    rests_on="the day each site closed",
    months=_after_closing,
)
