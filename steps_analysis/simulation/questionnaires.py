"""What does a parent tick on a questionnaire of which the score is to be so much?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from steps_analysis.outcomes import score_sdq
from steps_analysis.outcomes.scores.strengths_difficulties import (
    HIGHEST,
    IN_TOTAL,
    ITEMS,
    REVERSED,
    SCALES,
)
from steps_analysis.simulation.choices import FloatArray


def answered_sdq(
    rng: np.random.Generator,
    total: FloatArray,
    prosocial: FloatArray,
    *,
    missing: float,
) -> pd.DataFrame:
    """
    Fill in Strengths and Difficulties Questionnaires, and score them by their rules.

    Parameters
    ----------
    rng
        Where the numbers come from.
    total
        The total each sheet is to have when complete, 0 to 40; NaN where no sheet was
        filled in, shape (n,).
    prosocial
        Likewise the prosocial score, 0 to 10; NaN where it is not to be scored.
    missing
        Share of answers left out.

    Returns
    -------
    pandas.DataFrame
        The scores, as `steps_analysis.outcomes.score_sdq` gives them; all missing where
        no sheet was filled in.

    Notes
    -----
    The points are spread over the questions, every way equally likely. Prorating moves
    a total by a point or two where answers are missing.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> answered_sdq(rng, np.array([17.0]), np.array([8.0]), missing=0.0)[
    ...     ["total", "prosocial"]
    ... ].to_numpy().tolist()
    [[17.0, 8.0]]
    """
    has_sheet = ~np.isnan(total)
    points = np.full((len(total), ITEMS), np.nan)
    counted = np.concatenate([SCALES[name] for name in IN_TOTAL]) - 1
    points[:, counted] = _spread(rng, np.where(has_sheet, total, 0), len(counted))
    kind = _spread(rng, np.where(np.isnan(prosocial), 0, prosocial), 5)
    kind[np.isnan(prosocial)] = np.nan
    points[:, np.array(SCALES["prosocial"]) - 1] = kind
    reverse = np.array(REVERSED) - 1
    points[:, reverse] = HIGHEST - points[:, reverse]
    left_out = rng.random(points.shape) < missing
    points[left_out | ~has_sheet[:, None]] = np.nan
    return score_sdq(points)


def _spread(rng: np.random.Generator, points: FloatArray, n_items: int) -> FloatArray:
    """Spread points over questions of at most two points each."""
    order = rng.random((len(points), n_items * HIGHEST)).argsort(axis=1)
    taken = (order < points[:, None]).reshape(len(points), n_items, HIGHEST)
    spread: FloatArray = taken.sum(axis=2).astype(np.float64)
    return spread
