"""What a trial is: its arms, sites, factors, eligibility and visits."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

_YES_NO = {"yes": True, "true": True, "no": False, "false": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialFacts:
    """
    What the trial is.

    Attributes
    ----------
    short_name, title, question, design
        The trial in words.
    population, unit
        Who is studied, and what is randomised.
    unit_label
        What one randomised unit is called in a report, in the plural.
    planned_n, achieved_n
        Units planned and recruited; None where the sources are silent.
    sites_stated
        How many sites the sources name, where they differ from `sites.names`.
    recruitment_start, recruitment_months
        When recruitment opened, and for how long.
    programme_note
        One sentence on the trial's background for the head of a report.
    registration, masking
        What is established about them.
    funders
        Who paid.
    data_source
        Where the data come from, for the foot of a report.
    """

    short_name: str
    title: str
    question: str
    design: str
    population: str
    unit: str = "family"
    unit_label: str = "families"
    planned_n: int | None = None
    achieved_n: int | None = None
    sites_stated: str = ""
    recruitment_start: date | None = None
    recruitment_months: int | None = None
    programme_note: str = ""
    registration: str = "not established"
    masking: str = "not established"
    funders: tuple[str, ...] = ()
    data_source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """
    One arm of the trial.

    Attributes
    ----------
    code
        What data files say.
    label
        What a reader sees, as it stands within a sentence.
    role
        Whether it is the treatment under test or the control.
    share
        Its part of the allocation ratio.
    description
        What is offered, in a sentence.
    treatments
        Codes of ``treatment_received`` that count as receiving what was allocated;
        empty where any treatment does.
    """

    code: str
    label: str
    role: Literal["treatment", "control"]
    share: int = 1
    description: str = ""
    treatments: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The label as it stands alone."""
        return self.label[:1].upper() + self.label[1:]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sites:
    """
    Where the trial runs.

    Attributes
    ----------
    names
        The sites, as data files spell them.
    naming
        "pseudonym" where names stand for no real place, "user" for a user's own.
    label, label_plural
        What a site is called: borough, centre, school.
    documented
        Real sites whose role is in the public record, and so may be named.
    forum_pathway
        Sites that follow the forum pathway: whoever is not eligible for the trial, or
        declines it, is offered AIM.
    """

    names: tuple[str, ...]
    naming: Literal["pseudonym", "user"] = "user"
    label: str = "site"
    label_plural: str = "sites"
    documented: tuple[str, ...] = ()
    forum_pathway: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """
    A characteristic that allocation balances and the primary analysis adjusts for.

    Attributes
    ----------
    name
        Its column in ``participants.csv``; ``site`` is the site itself.
    label
        What a reader sees.
    levels
        Its levels, as data files spell them; empty for ``site``, whose levels are the
        sites.
    source
        The column of ``referrals.csv`` it is made from, if any.
    lower_bounds
        Where the source is an age: the completed years at which each level starts.
    """

    name: str
    label: str
    levels: tuple[str, ...] = ()
    source: str | None = None
    lower_bounds: tuple[int, ...] = ()

    def level_of(self, value: float | str) -> str | None:
        """
        Say which level a value of the source falls in.

        Parameters
        ----------
        value
            What the referral says, not missing: an age where there are lower bounds,
            else the name of a level, or true or false where levels are yes and no.

        Returns
        -------
        str or None
            The level; None where the value fits none. An age below the first level is
            put in the first, and the last has no upper end: who is too young or too old
            for the trial is a matter of eligibility.

        Examples
        --------
        >>> age = Factor(name="age_group", label="Age at referral",
        ...              levels=("10 to 13", "14 to 17"), lower_bounds=(10, 14))
        >>> [age.level_of(years) for years in (9, 10, 13, 14)]
        ['10 to 13', '10 to 13', '10 to 13', '14 to 17']
        """
        if self.lower_bounds:
            reached = bisect_right(self.lower_bounds, float(value))
            return self.levels[max(reached - 1, 0)]
        for level in self.levels:
            if value in (level, _YES_NO.get(level.casefold(), level)):
                return level
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class EligibilityRule:
    """
    One further rule of eligibility: what one field of a referral must say.

    A value listed nowhere is neither accepted nor refused, and so to be discussed.

    Attributes
    ----------
    name
        What the rule is called.
    field
        The column of ``referrals.csv`` it reads.
    accept, refuse
        The values that meet the rule, and those that break it.
    remediable
        Whether a family that breaks it today may meet it later.
    statement
        What is required, in words that follow "the trial requires that".
    """

    name: str
    field: str
    accept: tuple[Any, ...]
    refuse: tuple[Any, ...] = ()
    remediable: bool = False
    statement: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Eligibility:
    """
    Who may be randomised.

    Attributes
    ----------
    youngest_age, oldest_age
        Completed years at referral, both included.
    statement
        The rule in words.
    rules
        Whatever else the protocol requires.
    """

    youngest_age: int | None = None
    oldest_age: int | None = None
    statement: str = ""
    rules: tuple[EligibilityRule, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """
    A scale measured at visits.

    Attributes
    ----------
    name
        Its column in ``visits.csv``.
    label
        What a reader sees.
    minimum, maximum
        Its range.
    higher_is
        Whether a higher score means "worse" or "better".
    """

    name: str
    label: str
    minimum: float
    maximum: float
    higher_is: Literal["worse", "better"] = "worse"


@dataclass(frozen=True, slots=True, kw_only=True)
class Visits:
    """
    When families are seen.

    Attributes
    ----------
    months
        Months from randomisation.
    window_weeks
        How many weeks before or after a visit still counts.
    scores
        The scales measured.
    """

    months: tuple[int, ...] = ()
    window_weeks: int = 4
    scores: tuple[Score, ...] = ()
