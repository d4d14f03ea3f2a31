"""Does the synthetic world give the evidence back?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from steps_analysis.protocol import Protocol, load_protocol
from steps_analysis.simulation.anchors import SETTINGS, Setting
from steps_analysis.simulation.choices import FloatArray
from steps_analysis.simulation.draw import draw_arrays

COLUMNS = ("setting", "anchor", "mark", "expected", "precision", "world", "error")


def calibration(*, n_trials: int, seed: int) -> pd.DataFrame:
    """
    Hold every anchor of the evidence against trials drawn from the synthetic world.

    Parameters
    ----------
    n_trials
        How many trials of STEPS-B to draw in each setting; at least 2.
    seed
        The seed.

    Returns
    -------
    pandas.DataFrame
        One row for each anchor: ``setting``, ``anchor`` and ``mark`` say what it is;
        ``expected`` is the figure and ``precision`` half its last printed digit;
        ``world`` is what the drawn trials give and ``error`` its Monte Carlo standard
        error. The anchor holds where the two differ by no more than the precision and
        chance.

    Notes
    -----
    An anchor is a ratio of sums over trials. Its standard error is that of a ratio
    estimator with the trial as the unit, so that what the children of one trial share
    is allowed for.

    Examples
    --------
    >>> found = calibration(n_trials=2, seed=1)
    >>> found.loc[found["anchor"] == "male", ["mark", "expected"]].values.tolist()
    [['A', 0.96]]
    """
    protocol = load_protocol()
    rows = [row for one in SETTINGS for row in _held(one, protocol, n_trials, seed)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _held(
    setting: Setting, protocol: Protocol, n_trials: int, seed: int
) -> Iterator[tuple[str, str, str, float, float, float, float]]:
    """Hold the anchors of one setting against drawn trials."""
    counts = np.empty((n_trials, len(setting.anchors), 2))
    for i in range(n_trials):
        one = draw_arrays(
            protocol,
            setting.scenario,
            n=setting.n,
            trial=i,
            world=setting.world,
            seed=seed,
        )
        counts[i] = [anchor.counted(one) for anchor in setting.anchors]
    for anchor, values in zip(setting.anchors, counts.swapaxes(0, 1), strict=True):
        world, error = ratio(values)
        about = (setting.says, anchor.says, anchor.mark)
        yield *about, anchor.expected, anchor.precision, world, error


def ratio(counts: FloatArray) -> tuple[float, float]:
    """
    Estimate a ratio of sums over units, and its standard error.

    Parameters
    ----------
    counts
        Numerator and denominator of each unit, shape (n, 2), n at least 2.

    Returns
    -------
    tuple of float
        The ratio, and its standard error by linearisation.

    Examples
    --------
    Shares of 1 of 2 and 3 of 4: 4 of 6, with residuals -1/3 and 1/3:

    >>> [round(value, 4) for value in ratio(np.array([[1.0, 2.0], [3.0, 4.0]]))]
    [0.6667, 0.1111]
    """
    n = len(counts)
    top, bottom = counts.sum(axis=0)
    residual = counts[:, 0] - top / bottom * counts[:, 1]
    spread = np.sqrt(n / (n - 1) * np.sum(residual**2))
    return float(top / bottom), float(spread / bottom)
