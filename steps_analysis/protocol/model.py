"""
A protocol: every public fact of one trial, as one frozen value.

Whether its parts agree is checked in `steps_analysis.protocol.consistency`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

from steps_analysis.protocol.forum import Forum
from steps_analysis.protocol.questions import Criterion, Estimand, Outcome
from steps_analysis.protocol.trial_facts import (
    Arm,
    Eligibility,
    Factor,
    Sites,
    TrialFacts,
    Visits,
)

Part = TypeVar("Part")

Rule: TypeAlias = str | Mapping[str, Any]
"""A disclosure profile by name, or a table that names one and changes some of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosure:
    """
    Which disclosure profile protects which output.

    Attributes
    ----------
    default
        Profile of every output not named; but trial-wide tables by arm, which hold no
        site, are exact unless named, or unless the protocol changes this default.
    outputs
        Output to profile: its name, or a table such as ``{profile = "dfe_cin",
        attackers = ["outsider", "site"]}``. `disclosure.from_spec` reads both.
    """

    default: Rule = "dfe_cin"
    outputs: Mapping[str, Rule] = field(default_factory=dict)

    def profile(self, output: str) -> Rule:
        """
        Find the profile of one output.

        Parameters
        ----------
        output
            The output, such as ``"trial_tables"``.

        Returns
        -------
        str or mapping
            The name of its profile, or the table that changes some of it.
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
    forum
        How the forum of a site works; None where no site has one.
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
    forum: Forum | None = None
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
