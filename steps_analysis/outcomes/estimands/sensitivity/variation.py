"""What a sensitivity analysis gives back."""

from __future__ import annotations

from dataclasses import dataclass

from steps_analysis.estimates import Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class Variation:
    """
    An effect with one thing changed.

    Attributes
    ----------
    label
        What was changed, in words that stand alone.
    effect
        The effect then, treatment minus control.
    """

    label: str
    effect: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensitivity:
    """
    One sensitivity analysis of an estimand.

    Attributes
    ----------
    name
        As the protocol names it: ``"waiting_times"``.
    question
        What it asks, as a sentence.
    variations
        The effects, in the order in which they are read.
    note
        What it takes for granted, as one or two sentences.
    """

    name: str
    question: str
    variations: tuple[Variation, ...]
    note: str
