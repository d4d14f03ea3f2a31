"""
How much faster do events come in one arm, given what else differs?

`cox` checks its columns, hands them to the one kernel, and returns a `CoxFit` that
answers in estimates and tests.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.errors import ArgumentError, DataError, refusal
from steps_analysis.estimates import FloatArray, IntArray
from steps_analysis.formulas import MissingPolicy
from steps_analysis.outcomes.columns import as_groups, as_numbers, check_choice
from steps_analysis.outcomes.doors import Read, read_columns
from steps_analysis.outcomes.hazards.cox_fit import CoxFit
from steps_analysis.outcomes.hazards.cox_kernel import CoxProblem
from steps_analysis.outcomes.hazards.cox_solution import solve
from steps_analysis.outcomes.hazards.risk_sets import RiskSets
from steps_analysis.outcomes.survival.kaplan_meier import follow_up

_HEAVIEST = 1e200  # weights are added up, and divided by
_TIES = {"efron": "Efron", "breslow": "Breslow", "exact": "exact"}


def cox(  # noqa: PLR0913  # the parts of one model, each named as everywhere else
    time: npt.ArrayLike | str,
    event: npt.ArrayLike | None = None,
    covariates: npt.ArrayLike | pd.DataFrame | None = None,
    *,
    entry: npt.ArrayLike | str | None = None,
    stratum: npt.ArrayLike | str | list[str] | None = None,
    cluster: npt.ArrayLike | str | None = None,
    weights: npt.ArrayLike | str | None = None,
    ties: str = "efron",
    penalty: str | None = None,
    missing: MissingPolicy = "refuse",
    data: pd.DataFrame | None = None,
) -> CoxFit:
    """
    Fit a proportional hazards model.

    Parameters
    ----------
    time
        End of each spell, shape (n,), finite and at least 0; or a formula such as
        ``"time + event ~ arm + age"`` or ``"entry + time + event ~ arm"`` with `data`.
    event
        True or 1 where the spell ended in the event, shape (n,).
    covariates
        Numeric columns, shape (n,) or (n, p), or a table of them; no intercept.
    entry
        Start of each spell, shape (n,): at risk in (entry, time]. None for everybody
        from the origin.
    stratum
        Labels, shape (n,) or (n, k): each stratum has its own baseline hazard.
    cluster
        Labels, shape (n,), of spells that hang together, such as the participant's;
        gives robust standard errors. One label per row gives the plain sandwich.
    weights
        Case weights, shape (n,), above 0.
    ties
        ``"efron"``, ``"breslow"``, or ``"exact"`` (without weights and clusters).
    penalty
        None, or ``"firth"``: half the log determinant of the information is added to
        the log likelihood. It has a maximum under separation too. Not with exact ties
        or clusters.
    missing
        ``"refuse"`` rows with missing values, or ``"drop"`` them and count them.
    data
        The table a formula speaks of; `entry`, `stratum`, `cluster` and `weights` may
        then be names of its columns.

    Returns
    -------
    CoxFit
        The fit. `CoxFit.not_estimable` says why where there is none: no event, no
        covariate that varies, a likelihood that rises for ever (separation; there
        ``penalty="firth"`` has a number), or Newton's method stopped on its way.

    Raises
    ------
    ArgumentError
        If an option is unknown or does not go with another.
    DataError
        If the columns do not fit together, or hold missing or impossible values.

    Notes
    -----
    As R's ``survival::coxph``, but for three things. A monotone likelihood gives no
    number, where R stops at one and warns. Convergence is stricter, so the last printed
    digits of R may differ. Robust variances use the Efron form of the score residuals
    under Efron ties, as R does and ``lifelines``, ``statsmodels`` and ``greenwood`` do
    not. Columns that those to their left determine are left out, with NaN coefficients.

    *Causes.* With `event` true for one cause only, and other causes as censorings, it
    is the cause-specific hazard. *Covariates that change with time* come as spells
    (entry, time], one for each value, the event at the end of the last.

    *Firth's penalty* [4]_ with Breslow ties is that of R's ``coxphf``; strata, case
    weights and Efron ties, which ``coxphf`` has not, by the information of that
    likelihood (our own). Standard errors are those of the information at the maximum.
    ``coxphf`` divides covariates by their standard deviation first, which moves its log
    likelihoods by a constant.

    References
    ----------
    .. [1] Cox, D. R. (1972), JRSS B 34, 187-220.
    .. [2] Efron, B. (1977), JASA 72, 557-565.
    .. [3] Lin, D. Y. and Wei, L. J. (1989), JASA 84, 1074-1078.
    .. [4] Heinze, G. and Schemper, M. (2001), Biometrics 57, 114-119.

    Examples
    --------
    Two pairs; in each the likelihood is r/(1 + r) or 1/(1 + r), so the score at 0 is 0.

    >>> fit = cox([1.0, 2, 1, 2], [1, 0, 1, 0], [0, 1, 1, 0], stratum=[1, 1, 2, 2])
    >>> float(fit.coefficients[0])
    0.0

    Somebody with x = 0 until 1.5 and x = 1 from then to the event at 2; others have
    their event at 1 (x = 0), or none (x = 0 and 1). The likelihood is 1/(3 + r) times
    r/(1 + 2r), greatest at r² = 3/2.

    >>> fit = cox([1.5, 2, 1, 3, 3], [0, 1, 1, 0, 0], [0, 1, 0, 0, 1],
    ...           entry=[0, 1.5, 0, 0, 0])
    >>> round(fit.hazard_ratio("column 1").value ** 2, 6)
    1.5
    """
    check_choice("ties", ties, tuple(_TIES))
    if penalty is not None and not (isinstance(penalty, str) and penalty == "firth"):
        raise ArgumentError(refusal("penalty", 'be None or "firth"', penalty))
    given = {
        "time": time,
        "event": event,
        "covariates": covariates,
        "entry": entry,
        "stratum": stratum,
        "cluster": cluster,
        "weights": weights,
    }
    read = read_columns(given, right="covariates", data=data, missing=missing)
    if "covariates" not in read.columns:
        raise ArgumentError(refusal("covariates", "be given", None))
    is_more = weights is not None or cluster is not None or penalty is not None
    if ties == "exact" and is_more:
        raise ArgumentError(refusal("ties", 'not be "exact" with these options', ties))
    if penalty is not None and cluster is not None:
        raise ArgumentError(refusal("penalty", "be None with clusters", penalty))
    return _fit(read, ties, penalty)


def _fit(read: Read, ties: str, penalty: str | None) -> CoxFit:
    """Set the problem up and have it solved."""
    strata = as_groups(read.columns.get("stratum"), n=read.n)
    problem, centre = _problem(read, strata.code, ties, penalty)
    cluster = read.columns.get("cluster")
    firth = ", Firth's penalty" if penalty else ""
    return solve(
        problem,
        names=read.names,
        centre=centre,
        cluster=None if cluster is None else as_groups(cluster, n=read.n).code,
        strata=strata.labels,
        method=f"Cox model, {_TIES[ties]} ties{firth}{_extras(read)}{read.note}",
    )


def _problem(
    read: Read, stratum: IntArray, ties: str, penalty: str | None
) -> tuple[CoxProblem, FloatArray]:
    """Check the columns and centre the covariates."""
    time, event, entry = follow_up(read.columns)
    x = as_numbers("covariates", read.columns["covariates"])
    x = x[:, None] if x.ndim == 1 else x
    if x.ndim != 2 or x.shape[1] == 0:
        raise DataError(refusal("covariates", "have at least one column", x.shape))
    given = read.columns.get("weights", np.ones(read.n))
    weights = as_numbers("weights", given, most=_HEAVIEST)
    n_wrong = int(np.sum(weights < 1 / _HEAVIEST))
    if n_wrong:
        raise DataError(refusal("weights", "be above 0", f"{n_wrong} that are not"))
    centre = weights @ x / weights.sum()
    problem = CoxProblem(
        covariates=x - centre,
        weights=weights,
        offset=np.zeros(read.n),
        stratum=stratum,
        risk_sets=RiskSets.of(time, event, entry, stratum),
        ties=ties,
        penalty=penalty,
    )
    return problem, centre


def _extras(read: Read) -> str:
    """Name the options that are in use."""
    words = {
        "entry": "delayed entry",
        "stratum": "stratified",
        "weights": "weighted",
        "cluster": "robust variance by cluster",
    }
    return "".join(f", {words[name]}" for name in words if name in read.columns)
