"""
The parts of a protocol, as frozen values that know nothing but the trial's own facts.

Whether the parts agree is checked in `steps_analysis.protocol.consistency`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, TypeVar

Part = TypeVar("Part")

DAYS_PER_MONTH = 365.25 / 12


def days_in(months: float) -> int:
    """
    Convert a protocol's months into whole days.

    Every horizon, window and waiting time of the package is converted here, so that "by
    20 months" means the same day in a table, a curve and a diary.

    Parameters
    ----------
    months
        Months from time zero.

    Returns
    -------
    int
        Days, a month being 365.25 / 12 of them.

    Examples
    --------
    >>> days_in(20)
    609
    """
    return round(months * DAYS_PER_MONTH)


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
    """

    names: tuple[str, ...]
    naming: Literal["pseudonym", "user"] = "user"
    label: str = "site"
    label_plural: str = "sites"
    documented: tuple[str, ...] = ()


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
    """

    youngest_age: int | None = None
    oldest_age: int | None = None
    statement: str = ""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """
    What is counted, and over what time.

    Attributes
    ----------
    code
        Short name: ``P1``.
    label
        What a reader sees, as a noun phrase.
    kind
        "binary" (by the end of follow-up), "time_to_first", "repeated" or "score".
    events
        Codes of ``events.csv`` that count.
    flags
        Flags an event must carry as well: ``{is_sexual = true}``.
    score
        For a score: its column in ``visits.csv``.
    follow_up_months
        How long after randomisation an event counts.
    waiting_months
        How long after the end of follow-up its sanction may still come.
    competing
        Event codes after which the outcome can no longer occur.
    ends_with
        Event codes that end a participant's observation.
    seen_by
        "records", kept whether or not the family is seen, or "contact": known only
        while the family is seen, so that observation ends with the last visit made.
    at_home_only
        Whether only a child living at home at randomisation can have it.
    unit
        Unit of a score or count.
    proven
        Whether it rests on official sanction (then `waiting_months` applies).
    """

    code: str
    label: str
    kind: Literal["binary", "time_to_first", "repeated", "score"]
    events: tuple[str, ...] = ()
    flags: Mapping[str, bool] = field(default_factory=dict)
    score: str | None = None
    follow_up_months: int
    waiting_months: int = 0
    competing: tuple[str, ...] = ()
    ends_with: tuple[str, ...] = ()
    seen_by: Literal["records", "contact"] = "records"
    at_home_only: bool = False
    unit: str = ""
    proven: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class IntercurrentEvent:
    """
    What may happen after randomisation, and how the estimand treats it.

    Attributes
    ----------
    event
        The event, in words.
    strategy
        One of the five strategies of ICH E9(R1).
    """

    event: str
    strategy: Literal[
        "treatment policy",
        "hypothetical",
        "composite",
        "while on treatment",
        "principal stratum",
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimand:
    """
    One question the trial answers, by the five attributes of ICH E9(R1).

    Attributes
    ----------
    code
        Short name: ``E1``.
    outcome
        Code of the outcome it is about.
    population
        "all" randomised, "at_home" (living at home then), "fully_observed" or
        "would_start" (compliers).
    summary
        How the arms are compared.
    at_months
        When.
    adjust_for
        Factors the analysis adjusts for.
    intercurrent
        Intercurrent events and their strategies.
    primary
        Whether it is the trial's primary estimand.
    """

    code: str
    outcome: str
    population: Literal["all", "at_home", "fully_observed", "would_start"]
    summary: Literal[
        "risk_difference",
        "cumulative_incidence_difference",
        "mean_difference",
        "complier_risk_difference",
        "rate_ratio",
    ]
    at_months: int
    adjust_for: tuple[str, ...] = ()
    intercurrent: tuple[IntercurrentEvent, ...] = ()
    primary: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """
    One progression criterion, in whole per cent, edges on the better side.

    Attributes
    ----------
    code
        Which count it looks at.
    label
        What a reader sees.
    green, amber
        Per cent from which it is green, or amber; below `amber` it is red.
    within_days, at_months
        The time it speaks of, where it speaks of one.
    """

    code: Literal[
        "recruited", "consented", "primary_outcome", "retained", "started_in_time"
    ]
    label: str
    green: int
    amber: int
    within_days: int | None = None
    at_months: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosure:
    """
    Which disclosure profile protects which output.

    Attributes
    ----------
    default
        Profile of every output not named.
    outputs
        Output to profile.
    """

    default: str = "dfe_cin"
    outputs: Mapping[str, str] = field(default_factory=dict)

    def profile(self, output: str) -> str:
        """
        Name the profile of one output.

        Parameters
        ----------
        output
            The output, such as ``"trial_tables"``.

        Returns
        -------
        str
            The name of its profile.
        """
        return self.outputs.get(output, self.default)


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """
    How the analysis is run.

    Attributes
    ----------
    seed
        Seed of everything drawn that is not allocation.
    level
        Confidence level.
    sparse_level_minimum
        A factor level with fewer participants than this is grouped with others.
    randomisation_test_draws
        Allocations drawn for a randomisation test.
    sensitivity_waiting_months
        Waiting times a proven outcome is recomputed with.
    """

    seed: int
    level: float = 0.95
    sparse_level_minimum: int = 8
    randomisation_test_draws: int = 2000
    sensitivity_waiting_months: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """
    Where sources disagree, and what was decided.

    Attributes
    ----------
    topic
        What they disagree about.
    readings
        What each says, with its mark.
    decision
        What this protocol does.
    """

    topic: str
    readings: tuple[str, ...]
    decision: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """
    Every public fact of one trial.

    Attributes
    ----------
    trial
        What the trial is.
    arms
        Its arms, treatment first.
    sites
        Where it runs.
    factors
        What allocation balances.
    allocation
        The allocation procedure as `steps_analysis.randomisation.from_spec` reads it;
        ``procedure = "not_stated"`` where the sources are silent. Never a key.
    eligibility
        Who may be randomised.
    visits
        When families are seen.
    outcomes, estimands, progression
        What is measured, asked and required.
    disclosure
        Which profile protects which output.
    analysis
        Seed and options.
    conflicts
        Where sources disagree.
    columns
        Table to {column as found: column of the contract}.
    codes
        ``table.field`` to codes added to the contract's closed list.
    labels
        Code to the words a reader sees.
    limitations
        What the trial cannot show, in plain words.
    marks
        Dotted key to the mark of its source: S, P, M or A.
    digest
        SHA-256 of the text the protocol was read from.
    text
        That text.
    """

    trial: TrialFacts
    arms: tuple[Arm, ...]
    sites: Sites
    factors: tuple[Factor, ...] = ()
    allocation: Mapping[str, Any] = field(default_factory=dict)
    eligibility: Eligibility = field(default_factory=Eligibility)
    visits: Visits = field(default_factory=Visits)
    outcomes: tuple[Outcome, ...] = ()
    estimands: tuple[Estimand, ...] = ()
    progression: tuple[Criterion, ...] = ()
    disclosure: Disclosure = field(default_factory=Disclosure)
    analysis: Analysis
    conflicts: tuple[Conflict, ...] = ()
    columns: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    codes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    limitations: tuple[str, ...] = ()
    marks: Mapping[str, str] = field(default_factory=dict)
    digest: str = ""
    text: str = field(default="", repr=False)

    @property
    def treatment(self) -> Arm:
        """The arm under test."""
        return next(arm for arm in self.arms if arm.role == "treatment")

    @property
    def control(self) -> Arm:
        """The arm it is compared with: every contrast's reference."""
        return next(arm for arm in self.arms if arm.role == "control")

    @property
    def primary(self) -> Estimand:
        """The primary estimand."""
        return next(estimand for estimand in self.estimands if estimand.primary)

    def outcome(self, code: str) -> Outcome:
        """
        Find an outcome by its code.

        Parameters
        ----------
        code
            The code, such as ``"P1"``.

        Returns
        -------
        Outcome
            The outcome.

        Raises
        ------
        KeyError
            If the protocol has no such outcome.
        """
        return _by("code", self.outcomes, code)

    def estimand(self, code: str) -> Estimand:
        """
        Find an estimand by its code.

        Parameters
        ----------
        code
            The code, such as ``"E1"``.

        Returns
        -------
        Estimand
            The estimand.

        Raises
        ------
        KeyError
            If the protocol has no such estimand.
        """
        return _by("code", self.estimands, code)

    def factor(self, name: str) -> Factor:
        """
        Find a factor by its name.

        Parameters
        ----------
        name
            The name, such as ``"sex"``.

        Returns
        -------
        Factor
            The factor, with the sites as the levels of ``site``.

        Raises
        ------
        KeyError
            If the protocol has no such factor.
        """
        return _by("name", self.factors, name)

    def levels(self, factor: Factor) -> tuple[str, ...]:
        """
        List the levels of a factor.

        Parameters
        ----------
        factor
            One of the protocol's factors.

        Returns
        -------
        tuple of str
            Its levels; the sites, for ``site``.
        """
        return self.sites.names if factor.name == "site" else factor.levels

    def label(self, code: str, field: str = "") -> str:
        """
        Give the words a reader sees for a code.

        Parameters
        ----------
        code
            A code of the data contract.
        field
            The field it stands in, where the same code means different things.

        Returns
        -------
        str
            The label of ``field.code``, else of the code, else the code with spaces for
            underscores.

        Examples
        --------
        >>> from steps_analysis.protocol import load_protocol
        >>> load_protocol().label("family", "decline_reason")
        'declined by the family'
        """
        plain = self.labels.get(code, code.replace("_", " "))
        return self.labels.get(f"{field}.{code}", plain)


def _by(key: str, parts: tuple[Part, ...], value: str) -> Part:
    """Find the part whose key has a value."""
    for part in parts:
        if getattr(part, key) == value:
            return part
    raise KeyError(value)
