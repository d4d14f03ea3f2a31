"""The screening log as tables: how far referrals came, and which rule failed."""

from __future__ import annotations

from datetime import date

import pandas as pd

from steps_analysis.evaluation.frame_table import frame_table
from steps_analysis.pathway import screening_log
from steps_analysis.pathway.flow.enrolment import NOT_ELIGIBLE
from steps_analysis.pathway.flow.screening_log import OUTCOMES, RANDOMISED
from steps_analysis.protocol import Protocol
from steps_analysis.reporting.blocks import Column, Paragraph, Table
from steps_analysis.reporting.document import Section
from steps_analysis.trial_data import TrialData

DECLINE = "decline_reason"
NOT_RECORDED = "not recorded"


def screening_section(trial: TrialData, on: date) -> Section:
    """
    Count the screened referrals by how far they came, and by what stopped them.

    Parameters
    ----------
    trial
        The trial; needs ``screening``.
    on
        The day this is asked.

    Returns
    -------
    Section
        Three tables: outcomes, reasons, and the routes that cases took instead.
    """
    log = screening_log(trial, on=on)
    stopped = _labelled(log[log["outcome"] != RANDOMISED], trial.protocol)
    stopped = stopped.fillna({"reason": NOT_RECORDED, "route": NOT_RECORDED})
    words = (
        f"Eligible: {trial.protocol.eligibility.statement}"
        if trial.protocol.eligibility.statement
        else "The protocol states no rule of eligibility in words."
    )
    return Section(
        title="Screening",
        blocks=(
            Paragraph(words),
            _outcomes(log),
            _reasons(stopped, trial.protocol),
            _routes(stopped, trial.protocol),
        ),
    )


def _outcomes(log: pd.DataFrame) -> Table:
    """Count the referrals by how far they came."""
    counts = log["outcome"].value_counts()
    rows = [(name.capitalize(), int(counts.get(name, 0))) for name in OUTCOMES]
    return Table(
        name="screening",
        caption="Referrals screened, by how far they came",
        columns=(
            Column(key="outcome", heading="How far"),
            Column(key="referrals", heading="Referrals"),
        ),
        rows=(*rows, ("All", len(log))),
        notes=("A family may be screened more than once; the flow counts families.",),
        breakdown="site",
    )


def _reasons(stopped: pd.DataFrame, protocol: Protocol) -> Table | Paragraph:
    """Count which rule failed, or why the family did not join."""
    order = pd.CategoricalDtype([name.capitalize() for name in OUTCOMES], ordered=True)
    outcome = stopped["outcome"].astype(order)
    counts = stopped.assign(outcome=outcome).groupby(
        ["outcome", "reason"], observed=True
    )
    return frame_table(
        counts.size().reset_index(name="referrals"),
        {
            "outcome": "How far",
            "reason": "Rule that failed, or reason",
            "referrals": "Referrals",
        },
        name="screening-reasons",
        caption="Referrals screened and not randomised, by what stopped them",
        protocol=protocol,
        empty="No screened referral was stopped.",
    )


def _routes(stopped: pd.DataFrame, protocol: Protocol) -> Table | Paragraph:
    """Count the routes that cases took which were not randomised."""
    return frame_table(
        stopped.groupby("route").size().reset_index(name="referrals"),
        {"route": "Route taken instead", "referrals": "Referrals"},
        name="screening-routes",
        caption="Referrals screened and not randomised, by the route they took",
        protocol=protocol,
        empty="No route is to be shown.",
        notes=("Routes are as recorded now: they carry no date.",),
    )


def log_section(trial: TrialData, on: date) -> Section:
    """
    List every screened referral.

    Parameters
    ----------
    trial
        The trial; needs ``screening``.
    on
        The day this is asked.

    Returns
    -------
    Section
        The screening log, one row per referral.
    """
    log = screening_log(trial, on=on)
    return Section(
        title="Screening log",
        slug="log",
        blocks=(
            frame_table(
                _labelled(log, trial.protocol),
                {
                    "referral_id": "Referral",
                    "site": trial.protocol.sites.label.capitalize(),
                    "screened_date": "Screened on",
                    "outcome": "How far",
                    "reason": "Rule that failed, or reason",
                    "route": "Route taken instead",
                },
                name="screening-log",
                caption="Every referral screened",
                protocol=trial.protocol,
                empty="No referral has been screened.",
                where_it_applies=("reason", "route"),
            ),
        ),
    )


def _labelled(log: pd.DataFrame, protocol: Protocol) -> pd.DataFrame:
    """Give outcomes, reasons and routes the words a reader sees."""
    field = (log["outcome"] == NOT_ELIGIBLE).map({True: "reason", False: DECLINE})
    pairs = zip(log["reason"], field, strict=True)
    words = [code if pd.isna(code) else protocol.label(code, at) for code, at in pairs]
    route = log["route"].map(lambda code: protocol.label(code, "route"), "ignore")
    return log.assign(
        outcome=log["outcome"].str.capitalize(),
        reason=pd.Series(words, log.index, dtype=object),
        route=route,
    )
