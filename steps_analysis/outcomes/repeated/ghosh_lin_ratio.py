"""How many times as many events, where death ends them, given what else differs?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.estimates import FloatArray
from steps_analysis.formulas import MissingPolicy
from steps_analysis.outcomes.columns import as_numbers, r_terms
from steps_analysis.outcomes.hazards.cox import cox
from steps_analysis.outcomes.hazards.cox_fit import CoxFit
from steps_analysis.outcomes.repeated.censoring_weights import (
    Censoring,
    RowsAfterDeath,
    rows_after_death,
)
from steps_analysis.outcomes.repeated.histories import (
    Histories,
    Labels,
    Times,
    read_histories,
)
from steps_analysis.outcomes.repeated.recurrent_fit import RecurrentFit


def ghosh_lin_rate_ratio(
    entry: Times,
    time: npt.ArrayLike | None = None,
    cause: npt.ArrayLike | None = None,
    cluster: Labels = None,
    covariates: npt.ArrayLike | pd.DataFrame | None = None,
    *,
    missing: MissingPolicy = "refuse",
    data: pd.DataFrame | None = None,
) -> RecurrentFit:
    """
    Fit proportional means of repeated events that death, or the like, ends.

    Parameters
    ----------
    entry
        Start of each spell, shape (rows,): at risk in (entry, time]; None for the
        origin; or a formula ``"entry + time + cause ~ arm + size"`` with `data`.
    time
        Its end, shape (rows,), finite and at least 0.
    cause
        How it ended, shape (rows,): 1 in an event, 2 in what ends all events, else 0.
    cluster
        Labels of the participants, shape (rows,), or the name of a column of `data`.
    covariates
        Numeric columns, shape (rows,) or (rows, p), or a table of them; no intercept.
    missing
        ``"refuse"`` rows with missing values, or ``"drop"`` them and count them.
    data
        The table a formula speaks of.

    Returns
    -------
    RecurrentFit
        The fit, with `RecurrentFit.rate_ratio` for each coefficient: ratios of the
        means that `ghosh_lin` estimates. `RecurrentFit.not_estimable` says why where
        there is none: no event, no covariate that varies, or separation.

    Raises
    ------
    ArgumentError
        If `cluster` or `covariates` is not given.
    DataError
        If the columns do not fit together, hold missing or impossible values, or spells
        of one participant overlap or go on after the end of all events.

    Notes
    -----
    Breslow's partial likelihood in which a participant who died at D stays at risk at
    t > D with weight G(t-) / G(D-), where G is the Kaplan-Meier curve of censoring over
    all participants, deaths before censorings at a time. The robust variance allows for
    G being estimated. As R's ``mets::recreg`` where no two rows end at one time; ties
    it breaks one by one. Censoring must not depend on the covariates.

    References
    ----------
    .. [1] Ghosh, D. and Lin, D. Y. (2002), Statistica Sinica 12, 663-688.

    Examples
    --------
    Arm 1 has an event at 1 and at 3, arm 0 one at 2; all are followed to 4 and nobody
    dies: the likelihood is r^2 / (2 + 2 r)^3, so r = 2.

    >>> fit = ghosh_lin_rate_ratio(
    ...     [0, 1, 0, 3, 0, 2, 0], [1, 4, 3, 4, 2, 4, 4], [1, 0, 1, 0, 1, 0, 0],
    ...     list("aabbccd"), [1, 1, 1, 1, 0, 0, 0])
    >>> round(fit.rate_ratio("column 1").value, 6)
    2.0
    """
    spells = read_histories(
        entry,
        time,
        cause,
        cluster,
        right="covariates",
        more={"covariates": covariates},
        ending="cause",
        missing=missing,
        data=data,
    )
    names = spells.read.names
    censoring = Censoring.of(spells)
    rows = rows_after_death(spells, censoring)
    fit = _fit(spells, rows)
    if fit.not_estimable is None:
        fit = _with_censoring(fit, spells, rows, censoring)
    return RecurrentFit(
        fit=fit,
        model="ghosh-lin",
        covariates=names,
        numbers=(),
        n=spells.n,
        n_events=int(spells.event.sum()),
        method="Ghosh-Lin proportional means, weighted by inverse probability of "
        f"censoring, Breslow ties{spells.note}",
        r_call="mets::recreg(mets::Event(entry, time, cause) ~ "
        f"{r_terms(names)} + cluster(cluster), cause = 1, death.code = 2)",
    )


def _fit(spells: Histories, rows: RowsAfterDeath) -> CoxFit:
    """Have the Cox kernel fit the spells and the rows after death."""
    x = as_numbers("covariates", spells.read.columns["covariates"])
    x = x[:, None] if x.ndim == 1 else x
    source = np.concatenate([np.arange(len(spells.time)), rows.source])
    n_more = len(rows.source)
    return cox(
        np.concatenate([spells.time, rows.time]),
        np.concatenate([spells.event, np.zeros(n_more, dtype=np.bool_)]),
        pd.DataFrame(x[source], columns=list(spells.read.names)),
        entry=np.concatenate([spells.entry, rows.entry]),
        cluster=spells.cluster[source],
        weights=np.concatenate([np.ones(len(spells.time)), rows.weight]),
        ties="breslow",
    )


def _with_censoring(
    fit: CoxFit, spells: Histories, rows: RowsAfterDeath, censoring: Censoring
) -> CoxFit:
    """Let the sandwich allow for the estimated curve of censoring."""
    kept = np.flatnonzero(np.isfinite(fit.coefficients))
    n_spells = len(spells.time)
    residual = fit.score_residuals()
    residual[n_spells:] *= rows.weight[:, None]
    own = np.zeros((spells.n, len(kept)))
    np.add.at(own, spells.cluster, residual[:n_spells])
    np.add.at(own, spells.cluster[rows.source], residual[n_spells:])
    own += censoring.residuals() @ _pull(residual[n_spells:], spells, rows, censoring)
    influence = own @ fit.covariance[np.ix_(kept, kept)]
    robust = np.full_like(fit.covariance, np.nan)
    robust[np.ix_(kept, kept)] = influence.T @ influence
    return replace(fit, robust_covariance=robust)


def _pull(
    residual: FloatArray, spells: Histories, rows: RowsAfterDeath, censoring: Censoring
) -> FloatArray:
    """Give the score's derivative by the curve of censoring, shape (c, p)."""
    death = spells.time[rows.source]
    within = (death[:, None] <= censoring.grid) & (censoring.grid < rows.time[:, None])
    total: FloatArray = -(within.T.astype(np.float64) @ residual)
    return total
