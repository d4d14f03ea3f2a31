"""How is the Strengths and Difficulties Questionnaire scored from its 25 answers?"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.errors import DataError, refusal

ITEMS = 25
HIGHEST = 2
ANSWERS_NEEDED = 3

# Numbers of the questionnaire, counted from 1.
SCALES: Mapping[str, tuple[int, ...]] = MappingProxyType(
    {
        "emotional": (3, 8, 13, 16, 24),
        "conduct": (5, 7, 12, 18, 22),
        "hyperactivity": (2, 10, 15, 21, 25),
        "peer": (6, 11, 14, 19, 23),
        "prosocial": (1, 4, 9, 17, 20),
    }
)
REVERSED = (7, 11, 14, 21, 25)
IN_TOTAL = ("emotional", "conduct", "hyperactivity", "peer")


def score_sdq(items: npt.ArrayLike) -> pd.DataFrame:
    """
    Score the Strengths and Difficulties Questionnaire.

    Parameters
    ----------
    items
        Answers in the order of the questionnaire, shape (n, 25): 0 not true, 1 somewhat
        true, 2 certainly true; NaN where not answered.

    Returns
    -------
    pandas.DataFrame
        Columns ``emotional``, ``conduct``, ``hyperactivity``, ``peer``, ``prosocial``
        (0 to 10; the last is higher for the better) and ``total`` (0 to 40: the first
        four), one row for each of `items`; NaN where a scale cannot be scored.

    Raises
    ------
    DataError
        If there are not 25 columns, or an answer is not 0, 1, 2 or missing.

    Notes
    -----
    Items 7, 11, 14, 21 and 25 are reversed. A scale with at least three of its five
    answers is prorated: five times their mean, rounded to the nearest whole number,
    halves up, as the scoring instructions do; with fewer it is missing. The total is
    missing if any of its four scales is.

    References
    ----------
    .. [1] Goodman, R. (1997), Journal of Child Psychology and Psychiatry 38, 581-586.

    Examples
    --------
    Everything "somewhat true" scores five on each scale, reversed or not:

    >>> score_sdq(np.ones((1, 25))).iloc[0].astype(int).tolist()
    [5, 5, 5, 5, 5, 20]
    """
    answers = _checked(items)
    reverse = np.array(REVERSED) - 1
    answers[:, reverse] = HIGHEST - answers[:, reverse]
    scales = {name: _scale(answers, numbers) for name, numbers in SCALES.items()}
    total = np.sum([scales[name] for name in IN_TOTAL], axis=0)
    return pd.DataFrame({**scales, "total": total})


def _checked(items: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Refuse what is no questionnaire; give a copy to work on."""
    answers = np.array(items, dtype=np.float64)
    if answers.ndim != 2 or answers.shape[1] != ITEMS:
        rule = f"have {ITEMS} columns, one for each question"
        raise DataError(refusal("items", rule, answers.shape))
    wrong = ~(np.isin(answers, (0, 1, HIGHEST)) | np.isnan(answers))
    if wrong.any():
        rule = f"be 0, 1, {HIGHEST} or missing"
        raise DataError(refusal("items", rule, f"{int(wrong.sum())} others"))
    return answers


def _scale(
    answers: npt.NDArray[np.float64], numbers: tuple[int, ...]
) -> npt.NDArray[np.float64]:
    """Score one scale, prorated over the questions answered."""
    own = answers[:, np.array(numbers) - 1]
    n = np.sum(~np.isnan(own), axis=1)
    prorated = np.nansum(own, axis=1) * len(numbers) / np.maximum(n, 1)
    return np.where(n >= ANSWERS_NEEDED, np.floor(prorated + 0.5), np.nan)
