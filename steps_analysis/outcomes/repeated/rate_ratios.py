"""How much more often do repeated events come in one arm, given what else differs?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from steps_analysis.errors import ArgumentError, DataError, refusal
from steps_analysis.estimates import BoolArray, FloatArray, IntArray
from steps_analysis.formulas import MissingPolicy
from steps_analysis.outcomes.columns import as_numbers, check_choice, is_number, r_terms
from steps_analysis.outcomes.hazards.cox import cox
from steps_analysis.outcomes.repeated.histories import (
    Histories,
    Labels,
    Times,
    as_counts,
    event_numbers,
    gap_origins,
    read_histories,
)
from steps_analysis.outcomes.repeated.marginal_rows import marginal_rows
from steps_analysis.outcomes.repeated.recurrent_fit import RecurrentFit, numbered

_MODELS = {
    "andersen-gill": "Andersen-Gill",
    "lwyy": "Lin-Wei-Yang-Ying (Andersen-Gill with robust variance)",
    "pwp-total": "Prentice-Williams-Peterson, total time",
    "pwp-gap": "Prentice-Williams-Peterson, gap time",
    "wlw": "Wei-Lin-Weissfeld, one effect per event number",
    "wlw-common": "Wei-Lin-Weissfeld, common effect",
}
_TIES = {"efron": "Efron", "breslow": "Breslow"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRows:
    """
    The rows a model is fitted to.

    Attributes
    ----------
    entry, time
        Start and end, shape (rows,).
    origin
        Where gap time starts: the participant's event before, or first entry, shape
        (rows,); not used by other models.
    event
        Whether the row ends in its event, shape (rows,).
    number
        Number of the event the row waits for, shape (rows,).
    cluster
        Code of the participant, shape (rows,).
    covariates
        Shape (rows, p).
    """

    entry: FloatArray
    time: FloatArray
    origin: FloatArray
    event: BoolArray
    number: IntArray
    cluster: IntArray
    covariates: FloatArray


def recurrent_rate_ratio(  # noqa: PLR0913  # the parts of one model
    entry: Times,
    time: npt.ArrayLike | None = None,
    event: npt.ArrayLike | None = None,
    cluster: Labels = None,
    covariates: npt.ArrayLike | pd.DataFrame | None = None,
    *,
    model: str = "andersen-gill",
    event_number: npt.ArrayLike | str | None = None,
    last_number: int | None = None,
    by_number: Sequence[str] | None = None,
    ties: str = "efron",
    missing: MissingPolicy = "refuse",
    data: pd.DataFrame | None = None,
) -> RecurrentFit:
    """
    Fit a proportional model to the rate of a repeated event.

    Parameters
    ----------
    entry
        Start of each spell, shape (rows,): at risk in (entry, time]; None for the
        origin; or a formula ``"entry + time + event ~ arm + size"`` with `data`.
    time
        Its end, shape (rows,), finite and at least 0.
    event
        True or 1 where the spell ended in an event, shape (rows,).
    cluster
        Labels of the participants, shape (rows,), or the name of a column of `data`.
    covariates
        Numeric columns, shape (rows,) or (rows, p), or a table of them; no intercept.
    model
        ``"andersen-gill"``: one baseline rate for all events; with its robust variance
        that is the proportional-means model ``"lwyy"``, and the two names give the same
        numbers. ``"pwp-total"`` and ``"pwp-gap"``: a baseline for the first, second, …
        event among those who have had all before, in time since the origin or since the
        event before. ``"wlw"``: the time to the first, second, … event, everybody at
        risk of each from the start, an effect for each; ``"wlw-common"``: one effect
        for all.
    event_number
        Number of the event each row waits for, shape (rows,), or the name of a column.
        None counts it from the rows. For WLW, rows with numbers are taken to be laid
        out already, one per participant and number.
    last_number
        Rows that wait for a later event than this are left out; None keeps all.
    by_number
        For ``"wlw"``, the names of the covariates that have an effect for each number
        of event, the others having one for all; None for every covariate.
    ties
        ``"efron"`` or ``"breslow"``.
    missing
        ``"refuse"`` rows with missing values, or ``"drop"`` them and count them.
    data
        The table a formula speaks of.

    Returns
    -------
    RecurrentFit
        The fit, with `RecurrentFit.rate_ratio` for each coefficient, and for WLW
        `RecurrentFit.average_effect`. `RecurrentFit.not_estimable` says why where there
        is none: no event, no covariate that varies, or separation.

    Raises
    ------
    ArgumentError
        If an option is unknown, or `cluster` or `covariates` is not given.
    DataError
        If the columns do not fit together, hold missing or impossible values, or spells
        of one participant overlap.

    Notes
    -----
    One Cox kernel, with the sandwich over participants in the form that belongs to the
    ties; ``lifelines`` and ``statsmodels`` give other, smaller robust errors. In the
    order above R fits ``coxph(Surv(entry, time, event) ~ x, cluster = id)``; with
    ``+ strata(number)``; ``Surv(time - entry, event) ~ x + strata(number)``;
    ``Surv(time, event) ~ x:strata(number) + strata(number)`` on rows laid out per
    number; ``x + strata(number)``. Coded as ``x * strata(number)`` R gives differences
    from the first effect, where we give each.

    Effects in PWP compare those who have had equally many events, a choice made after
    randomisation: only Andersen-Gill (LWYY) and WLW estimate an effect of the arm.
    Gap time counts from the participant's event before, also where a spell was cut in
    between; R's ``time - entry`` restarts with every row. Late events with few at risk
    may separate: `last_number` leaves them out. A participant's covariates under WLW
    are those of the first spell.

    References
    ----------
    .. [1] Andersen, P. K. and Gill, R. D. (1982), Annals of Statistics 10, 1100-1120.
    .. [2] Prentice, R. L. et al. (1981), Biometrika 68, 373-379.
    .. [3] Wei, L. J. et al. (1989), JASA 84, 1065-1073.
    .. [4] Lin, D. Y. et al. (2000), JRSS B 62, 711-730.

    Examples
    --------
    Events at 1 (arm 1) and 2 (arm 0), both at risk: score 1 - 2 r / (1 + r) = 0.

    >>> fit = recurrent_rate_ratio([0, 1, 0, 2], [1, 3, 2, 3], [1, 0, 1, 0],
    ...                            ["p", "p", "q", "q"], [1, 1, 0, 0])
    >>> round(fit.rate_ratio("column 1").value, 6)
    1.0
    """
    check_choice("model", model, tuple(_MODELS))
    check_choice("ties", ties, tuple(_TIES))
    marginal = model.startswith("wlw")
    spells = read_histories(
        entry,
        time,
        event,
        cluster,
        right="covariates",
        more={"covariates": covariates, "event_number": event_number},
        overlapping=marginal and event_number is not None,
        missing=missing,
        data=data,
    )
    own = _with_own_effects(by_number, spells.read.names, model)
    rows, n_left_out = _up_to(_laid_out(spells, model), last_number)
    return _fit(spells, rows, model, ties, own, note=_left_out(n_left_out, last_number))


def _with_own_effects(
    by_number: Sequence[str] | None, names: tuple[str, ...], model: str
) -> tuple[str, ...]:
    """Choose the covariates that have an effect for each number of event."""
    if model != "wlw":
        if by_number is not None:
            rule = 'be None unless `model` is "wlw"'
            raise ArgumentError(refusal("by_number", rule, by_number))
        return ()
    asked = names if by_number is None else tuple(by_number)
    wrong = [name for name in asked if name not in names]
    if wrong or not asked:
        rule = f"name one or more of {', '.join(names)}"
        got = wrong[0] if wrong else by_number
        raise ArgumentError(refusal("by_number", rule, got))
    return asked


def _laid_out(spells: Histories, model: str) -> ModelRows:
    """Give each row its number, or lay rows out per number for WLW."""
    x = as_numbers("covariates", spells.read.columns["covariates"])
    x = x[:, None] if x.ndim == 1 else x
    given = spells.read.columns.get("event_number")
    if given is None:
        number = event_numbers(spells.entry, spells.event, spells.cluster)
    else:
        number = as_counts("event_number", given, least=1)
    origin = spells.entry
    if model == "pwp-gap":
        origin = gap_origins(spells.entry, spells.time, spells.event, spells.cluster)
    rows = ModelRows(
        entry=spells.entry,
        time=spells.time,
        origin=origin,
        event=spells.event,
        number=number,
        cluster=spells.cluster,
        covariates=x,
    )
    if not model.startswith("wlw"):
        return rows
    if given is None:
        return ModelRows(**marginal_rows(spells, number, x))
    pairs = np.stack([spells.cluster, number])
    n_wrong = len(number) - np.unique(pairs, axis=1).shape[1]
    if n_wrong:
        rule = "be given once per participant"
        raise DataError(refusal("event_number", rule, f"{n_wrong} repeats"))
    return rows


def _up_to(rows: ModelRows, last_number: int | None) -> tuple[ModelRows, int]:
    """Leave out what waits for later events, and count those rows."""
    if last_number is None:
        return rows, 0
    if not (is_number(last_number) and last_number >= 1):
        raise ArgumentError(refusal("last_number", "be at least 1", last_number))
    keep = rows.number <= last_number
    if not keep.any():
        raise DataError(refusal("event_number", "not all exceed `last_number`", "all"))
    kept = ModelRows(
        entry=rows.entry[keep],
        time=rows.time[keep],
        origin=rows.origin[keep],
        event=rows.event[keep],
        number=rows.number[keep],
        cluster=rows.cluster[keep],
        covariates=rows.covariates[keep],
    )
    return kept, int(np.sum(~keep))


def _design(
    names: tuple[str, ...], rows: ModelRows, own: tuple[str, ...]
) -> pd.DataFrame:
    """Give covariates with an effect for each number a column for each."""
    columns: dict[str, FloatArray] = {}
    for name, x in zip(names, rows.covariates.T, strict=True):
        if name in own:
            for k in np.unique(rows.number):
                columns[numbered(name, int(k))] = x * (rows.number == k)
        else:
            columns[name] = x
    return pd.DataFrame(columns)


def _fit(
    spells: Histories,
    rows: ModelRows,
    model: str,
    ties: str,
    own: tuple[str, ...],
    *,
    note: str,
) -> RecurrentFit:
    """Have the Cox kernel fit the rows."""
    names = spells.read.names
    stratified = model not in ("andersen-gill", "lwyy")
    entry, time = rows.entry, rows.time
    if model == "pwp-gap":
        entry, time = entry - rows.origin, time - rows.origin
    fit = cox(
        time,
        rows.event,
        _design(names, rows, own),
        entry=entry if (entry > 0).any() else None,
        stratum=rows.number if stratified else None,
        cluster=rows.cluster,
        ties=ties,
    )
    return RecurrentFit(
        fit=fit,
        model=model,
        covariates=own if model == "wlw" else names,
        numbers=tuple(np.unique(rows.number).tolist()) if stratified else (),
        n=len(np.unique(rows.cluster)),
        n_events=int(rows.event.sum()),
        method=f"{_MODELS[model]}, {_TIES[ties]} ties{note}{spells.note}",
        r_call=_r_call(names, model, ties, own, delayed=bool((entry > 0).any())),
    )


def _left_out(n_left_out: int, last_number: int | None) -> str:
    """Say how many rows wait for later events than those kept."""
    if not n_left_out:
        return ""
    return f"; events after number {last_number} left out ({n_left_out} rows)"


def _r_call(
    names: tuple[str, ...],
    model: str,
    ties: str,
    own: tuple[str, ...],
    *,
    delayed: bool,
) -> str:
    """Write R's call; number is the event each row waits for."""
    left = "entry, time, event" if delayed else "time, event"
    if model == "pwp-gap":
        left = "time - entry, event"
    terms = [
        f"{r_terms([name])}:strata(number)" if name in own else r_terms([name])
        for name in names
    ]
    right = " + ".join(dict.fromkeys(terms))
    if model not in ("andersen-gill", "lwyy"):
        right += " + strata(number)"
    return (
        f"survival::coxph(survival::Surv({left}) ~ {right}, cluster = cluster, "
        f'ties = "{ties}")'
    )
