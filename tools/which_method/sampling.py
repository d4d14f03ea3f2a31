"""How is one family of methods measured over drawn trials?

Every method of a family meets the same trials, in batches. Under no effect a method
meets further batches until its type I error is clearly below or above the bound, or it
has met its most: most methods are settled early by rare events.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np

from steps_analysis.estimates import FloatArray
from tools.which_method.answers import summary
from tools.which_method.cells import Cell, Method

BOUND = 0.055
BATCH = 250
SEED = 2026
_CLEARLY = 2.5  # Monte Carlo errors away from the bound


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """Which batch of trials: the cell, with or without an effect, which world."""

    cell: Cell
    has_effect: bool
    world: str
    number: int

    def rng(self) -> np.random.Generator:
        """Give the batch's own numbers."""
        words = f"{self.cell.at} {self.world}".encode()
        key = (self.cell.n, int(self.has_effect), self.number, *words)
        return np.random.default_rng(np.random.SeedSequence(SEED, spawn_key=key))


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Methods that meet the same trials."""

    title: str
    model: str
    cells: tuple[Cell, ...]
    draw: Callable[[Draw], Any]
    truths: Callable[[Cell], dict[str, float]]
    methods: tuple[Method, ...]
    first_batch: int = 0
    drawn: Callable[[Draw], Any] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "drawn", lru_cache(maxsize=8)(self.draw))

    def measure(self) -> dict[str, Any]:
        """Measure every method in every cell."""
        rows: list[dict[str, Any]] = [
            {
                "name": one.name,
                "question": one.question,
                "interval": one.scale is not None,
                "cells": [],
            }
            for one in self.methods
        ]
        for cell in self.cells:
            for method, row in zip(self.methods, rows, strict=True):
                if cell.n in method.sizes:
                    row["cells"].append(self._measured(method, cell))
        return {"title": self.title, "model": self.model, "methods": rows}

    def _measured(self, method: Method, cell: Cell) -> dict[str, Any]:
        """Measure one method in one cell, without and with an effect."""
        null = method.scale.null if method.scale else np.nan
        truth = self.truths(cell)[method.truth] if method.scale else np.nan
        return {
            "n": cell.n,
            "at": cell.at,
            "null": self._run(method, cell, truth=null, has_effect=False),
            "effect": self._run(method, cell, truth=truth, has_effect=True),
        }

    def _run(
        self, method: Method, cell: Cell, *, truth: float, has_effect: bool
    ) -> dict[str, Any]:
        """Let a method meet its batches and sum up."""
        found: list[FloatArray] = []
        for batch in self._batches(method, cell, has_effect):
            found.append(method.analyse(batch))
            trials = sum(map(len, found))
            kept = summary(
                np.concatenate(found),
                scale=method.scale,
                truth=truth,
                weights=np.full(trials, 1 / trials),
            )
            error = np.sqrt(BOUND * (1 - BOUND) / trials)
            if not has_effect and abs(kept["rejects"] - BOUND) > _CLEARLY * error:
                break
        return {**kept, "trials": trials}

    def _batches(self, method: Method, cell: Cell, has_effect: bool) -> Iterator[Any]:
        """Draw a method's batches: with an effect a quarter as many."""
        most = method.most // 4 if has_effect else method.most
        for number in range(self.first_batch, self.first_batch + max(most // BATCH, 1)):
            yield self.drawn(
                Draw(
                    cell=cell, has_effect=has_effect, world=method.world, number=number
                )
            )
