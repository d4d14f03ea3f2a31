"""
What did the analyses of many trials find?

Arrays of one entry per trial. Where a trial has no number, a code says why.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.estimates import FloatArray, IntArray

CodeArray = npt.NDArray[np.int8]

# By the codes of `one_pass`, which imports the compiler.
_REASONS = (
    "",
    "fewer than two arms have participants",
    "there is no event",
    "the arms are not at risk together when an event happens",
    "the likelihood keeps rising with the coefficient of the arm (separation)",
    "somebody last followed in an arm was censored before the horizon",
    "in an arm nobody, or everybody, has had the event by the horizon",
    "Newton's method did not converge",
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrialStatistics:
    """
    What each of many trials found, one entry per trial, shape (n_trials,).

    Attributes
    ----------
    log_rank_z
        Log-rank statistic; above 0 where treatment has more events than expected. Its
        square is the statistic of `log_rank`.
    observed_minus_expected
        Events under treatment less those expected if arms did not differ.
    log_rank_variance
        Hypergeometric variance of that difference.
    log_hazard_ratio
        Coefficient of treatment in the Cox model, Efron ties.
    log_hazard_ratio_se
        Its standard error, from the information.
    risk_control, risk_treatment
        One minus Kaplan-Meier at the horizon.
    risk_difference
        Treatment minus control: minus `survival_difference`.
    risk_difference_se
        Its standard error, Greenwood's; NaN where an arm has no variance.
    n_control, n_treatment
        Participants.
    events_control, events_treatment
        Events, also those after the horizon.
    log_rank_code, cox_code, risk_code
        0 where the number is there, else which reason of `reason` holds.
    method
        How the numbers were computed.

    Notes
    -----
    Where a number cannot be given it is NaN, never infinite. With `risk_code` 6 only
    the standard error is missing: the difference itself is right.
    """

    log_rank_z: FloatArray
    observed_minus_expected: FloatArray
    log_rank_variance: FloatArray
    log_hazard_ratio: FloatArray
    log_hazard_ratio_se: FloatArray
    risk_control: FloatArray
    risk_treatment: FloatArray
    risk_difference: FloatArray
    risk_difference_se: FloatArray
    n_control: IntArray
    n_treatment: IntArray
    events_control: IntArray
    events_treatment: IntArray
    log_rank_code: CodeArray
    cox_code: CodeArray
    risk_code: CodeArray
    method: str

    @staticmethod
    def reason(code: int) -> str | None:
        """
        Say what a code means.

        Parameters
        ----------
        code
            An entry of `log_rank_code`, `cox_code` or `risk_code`.

        Returns
        -------
        str or None
            Why there is no number, worded to follow "not estimable because".
        """
        return _REASONS[code] or None

    def to_frame(self) -> pd.DataFrame:
        """
        Give the arrays as a table.

        Returns
        -------
        pandas.DataFrame
            One row per trial, one column per array.
        """
        names = [field.name for field in fields(self) if field.name != "method"]
        return pd.DataFrame({name: getattr(self, name) for name in names})

    def not_estimable(self) -> pd.DataFrame:
        """
        Count the trials without a number.

        Returns
        -------
        pandas.DataFrame
            Columns analysis, reason and n_trials; no row where all have theirs.
        """
        rows = []
        for analysis in ("log_rank", "cox", "risk"):
            code, n_trials = np.unique(
                getattr(self, f"{analysis}_code"), return_counts=True
            )
            rows += [
                (analysis, _REASONS[c], int(k))
                for c, k in zip(code, n_trials, strict=True)
                if c
            ]
        return pd.DataFrame(rows, columns=["analysis", "reason", "n_trials"])
