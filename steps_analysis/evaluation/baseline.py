"""Who the randomised families are, by arm: counts and means, no tests."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from steps_analysis.reporting.blocks import Column, Paragraph, Table
from steps_analysis.reporting.cells import Cell, Share, Spread
from steps_analysis.reporting.document import Section
from steps_analysis.trial_data import TrialData, index_child_of, index_children

_REFERRAL_NUMBERS = {"age_at_referral": "Age at referral (completed years)"}
_REFERRAL_YES_NO = {
    "learning_difficulty": "Learning difficulty",
    "looked_after": "Looked after",
    "grew_up_in_same_family": "Children grew up in the same family",
}
_REFERRAL_CODES = {
    "source": "Source of referral",
    "relationship": "The child who was harmed was a",
}


def characteristics(trial: TrialData) -> pd.DataFrame:
    """
    Join what is known of each randomised family at randomisation.

    Parameters
    ----------
    trial
        The trial; needs ``participants``.

    Returns
    -------
    pandas.DataFrame
        One row per family, that of its index child: the protocol's factors, what the
        referral says where it can be linked, and the scores of the visit at month 0.
    """
    table = index_children(trial).set_index("participant_id")
    if trial.referrals is not None and "referral_id" in table:
        known = trial.referrals.drop_duplicates("referral_id").set_index("referral_id")
        wanted = [*_REFERRAL_NUMBERS, *_REFERRAL_YES_NO, *_REFERRAL_CODES]
        wanted = [name for name in wanted if name in known and name not in table]
        table = table.join(known[wanted], on="referral_id")
    if trial.visits is not None:
        first = trial.visits[trial.visits["visit_month"] == 0]
        scores = [score.name for score in trial.protocol.visits.scores]
        scores = [name for name in scores if name in first]
        table = table.join(first.set_index("participant_id")[scores])
    return table


def baseline_section(trial: TrialData) -> Section:
    """
    Describe the families by arm.

    Parameters
    ----------
    trial
        The trial; needs ``participants`` and ``allocation``.

    Returns
    -------
    Section
        One table: means and standard deviations, counts and per cent.
    """
    arms = [trial.protocol.treatment, trial.protocol.control]
    unit = trial.protocol.trial.unit_label
    columns = (
        Column(key="characteristic", heading="Characteristic"),
        *(
            Column(key=f"arm_{i}", heading=arm.title)
            for i, arm in enumerate(arms, start=1)
        ),
        Column(key="all", heading="All"),
    )
    rows = tuple(_rows(trial, characteristics(trial)))
    words = (
        f"What is known of the {unit} at randomisation, by the arm they were allocated "
        "to. Differences between the arms here are chance; no test is made."
    )
    table = Table(
        name="baseline",
        caption=f"Characteristics of the randomised {unit}, by allocated arm",
        columns=columns,
        rows=rows,
        notes=(_note(trial, rows),),
    )
    return Section(title="Who took part", blocks=(Paragraph(words), table))


def _note(trial: TrialData, rows: tuple[tuple[Cell, ...], ...]) -> str:
    """Say what the cells are: only of what the table holds."""
    has_means = any(isinstance(cell, Spread) for row in rows for cell in row)
    parts = [
        "Counts with per cent of those known"
        + ("; means with standard deviation in brackets." if has_means else "."),
        "Levels with nobody in either arm are left out.",
    ]
    if trial.visits is not None and trial.protocol.visits.scores:
        parts.append(
            "Scores are those of the visit at month 0, which may fall some days after "
            "randomisation."
        )
    return " ".join(parts)


def _rows(trial: TrialData, table: pd.DataFrame) -> Iterator[tuple[Cell, ...]]:
    """List the rows of the table."""
    arms = trial.arms().loc[table.index]
    groups = [
        table[(arms == trial.protocol.treatment.code).to_numpy()],
        table[(arms == trial.protocol.control.code).to_numpy()],
        table,
    ]
    unit = trial.protocol.trial.unit_label
    yield f"Randomised {unit}", *(len(group) for group in groups)
    further = _further_children(trial)
    if sum(further):
        yield "Further children, randomised with them and not analysed", *further
    for name, label, kind in _variables(trial):
        if name not in table:
            continue
        if kind == "levels":
            yield from _shares(trial, name, label, groups)
        else:
            summary = _spread if kind == "number" else _yes
            yield label, *(summary(group[name]) for group in groups)


def _further_children(trial: TrialData) -> tuple[int, ...]:
    """Count those who are not the index child of their family, by arm and in all."""
    arms = trial.arms()
    arms = arms[~arms.index.isin(index_child_of(trial))]
    codes = (trial.protocol.treatment.code, trial.protocol.control.code)
    return (*(int(arms.eq(code).sum()) for code in codes), len(arms))


def _variables(trial: TrialData) -> Iterator[tuple[str, str, str]]:
    """List what is described: column, label, and how."""
    for name, label in _REFERRAL_NUMBERS.items():
        yield name, label, "number"
    for factor in trial.protocol.factors:
        if factor.name != "site":
            yield factor.name, factor.label, "levels"
    yield "placed_at_randomisation", "Living away from home", "yes_no"
    for name, label in _REFERRAL_YES_NO.items():
        yield name, label, "yes_no"
    for name, label in _REFERRAL_CODES.items():
        yield name, label, "levels"
    for score in trial.protocol.visits.scores:
        label = f"{score.label} ({score.minimum:g} to {score.maximum:g})"
        yield score.name, label, "number"


def _shares(
    trial: TrialData, name: str, label: str, groups: list[pd.DataFrame]
) -> Iterator[tuple[Cell, ...]]:
    """List one row per level that anybody has, in the protocol's order if any."""
    present = set(groups[-1][name].dropna())
    declared = next((f.levels for f in trial.protocol.factors if f.name == name), ())
    by_label = sorted(present, key=lambda level: trial.protocol.label(level, name))
    levels = [level for level in declared if level in present] or by_label
    for level in levels:
        shares = (
            Share(count=int((g[name] == level).sum()), total=int(g[name].count()))
            for g in groups
        )
        yield f"{label}: {trial.protocol.label(level)}", *shares


def _yes(values: pd.Series) -> Share:
    known = values.dropna().astype(bool)
    return Share(count=int(known.sum()), total=len(known))


def _spread(values: pd.Series) -> Cell:
    known = values.dropna().astype(float)
    if known.empty:
        return None
    return Spread(mean=float(known.mean()), sd=float(known.std()))
