"""In which trials are methods compared, and what is a method here?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from steps_analysis.estimates import FloatArray
from tools.which_method.answers import Scale

SIZES = (20, 40, 80, 400)
RISKS = (0.025, 0.05, 0.2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One setting: trial size, and the risk, mean or shape written `at`."""

    n: int
    at: str
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """One interval (with a scale) or test (without), as a family measures it."""

    name: str
    question: str
    analyse: Callable[[Any], FloatArray]
    scale: Scale | None = None
    truth: str = ""
    world: str = ""
    most: int = 4000
    sizes: tuple[int, ...] = SIZES


def risk_cells() -> tuple[Cell, ...]:
    """Give the cells of all sizes and risks."""
    return tuple(
        Cell(n=n, at=f"{100 * risk:g}%", value=risk) for n in SIZES for risk in RISKS
    )
