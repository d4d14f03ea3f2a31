"""Which analysis answers which question, and was it planned before unmasking?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from steps_analysis.evaluation.estimand_words import population
from steps_analysis.evaluation.sealed_plan import SealedPlan, plan_changes
from steps_analysis.outcomes import PlannedAnalysis, planned_analyses
from steps_analysis.protocol import Estimand, Protocol
from steps_analysis.reporting.blocks import (
    Block,
    Column,
    Paragraph,
    Subheading,
    Table,
)
from steps_analysis.reporting.cells import Cell
from steps_analysis.reporting.document import Section

NOT_SEALED = (
    "No plan sealed before unmasking came with these data, so that nobody can tell "
    "from this report which analyses were chosen before the results were known."
)


def plan_section(
    protocol: Protocol, plan: SealedPlan | None, left_out: Mapping[str, str]
) -> Section:
    """
    Table the analyses planned, and where the report departs from the sealed plan.

    Parameters
    ----------
    protocol
        The protocol.
    plan
        The plan sealed before unmasking; None where there is none.
    left_out
        What the report leaves out, with the reason.

    Returns
    -------
    Section
        One row for each estimand: the main analysis, what stands beside it, what it
        takes for granted and what it cannot show; then the changes since sealing.
    """
    blocks: list[Block] = [_analyses(protocol), Subheading("Changes to the plan")]
    if plan is None:
        blocks.append(Paragraph(NOT_SEALED))
    else:
        blocks += _changes(protocol, plan, left_out)
    return Section(title="Plan of analysis", slug="plan", blocks=tuple(blocks))


def _analyses(protocol: Protocol) -> Table:
    """Table one row for each estimand."""
    planned = planned_analyses(protocol)
    return Table(
        name="plan",
        caption="Which analysis answers which question",
        columns=(
            Column(key="estimand", heading="Question"),
            Column(key="main", heading="Main analysis"),
            Column(key="beside", heading="Beside it"),
            Column(key="assumption", heading="Takes for granted"),
            Column(key="limit", heading="Cannot show"),
        ),
        rows=tuple(
            _row(protocol, asked, [p for p in planned if p.estimand == asked.code])
            for asked in protocol.estimands
        ),
        notes=(
            "An interval says which differences remain possible. None of these "
            "analyses can rule out every one.",
        ),
    )


def _row(
    protocol: Protocol, asked: Estimand, planned: list[PlannedAnalysis]
) -> tuple[Cell, ...]:
    """Write one estimand's row."""
    primary = ", primary" if asked.primary else ""
    outcome = protocol.outcome(asked.outcome).label
    main = next(p for p in planned if p.role == "main")
    adjusted = "; ".join(protocol.factor(n).label for n in main.adjusted_for)
    others = [p.analysis for p in planned if p.role != "main"]
    return (
        f"{asked.code}{primary}: {outcome} at {asked.at_months} months, among "
        f"{population(protocol, asked)}",
        _capital(main.analysis) + (f" ({adjusted})" if adjusted else ""),
        _capital("; ".join(others)) if others else "Nothing",
        _ASSUMPTIONS[asked.summary],
        _LIMITS[asked.summary],
    )


def _capital(words: str) -> str:
    return words[0].upper() + words[1:]


_ASSUMPTIONS = {
    "risk_difference": (
        "Those whose outcome is unknown are like the others of their arm"
    ),
    "cumulative_incidence_difference": (
        "Those no longer followed are like those still followed in their arm"
    ),
    "mean_difference": (
        "Those without a score are like those of their arm who started alike"
    ),
    "complier_risk_difference": (
        "An offer acts only through starting; nobody starts because of no offer"
    ),
    "rate_ratio": "Rates keep one ratio over time; the end of follow-up tells nothing",
}
_LIMITS = {
    "risk_difference": "Why arms differ; what happens after the time asked about",
    "cumulative_incidence_difference": (
        "What would have happened had the competing event not come first"
    ),
    "mean_difference": "Whether any one of them changed by more than chance",
    "complier_risk_difference": "Anything about those who would not start",
    "rate_ratio": "Whether fewer were concerned, or the same ones less often",
}


def _changes(
    protocol: Protocol, plan: SealedPlan, left_out: Mapping[str, str]
) -> Iterator[Block]:
    """Say when the plan was sealed, and table what changed since."""
    changes = plan_changes(plan, protocol, left_out=left_out)
    sealed = (
        f"The plan was sealed on {plan.sealed_on.day} {plan.sealed_on:%B %Y}, with "
        f"digest {plan.digest[:12]}…"
    )
    if not changes:
        yield Paragraph(
            f"{sealed} This report does what was planned, and nothing else."
        )
        return
    yield Paragraph(f"{sealed} What differs from it since:")
    yield Table(
        name="plan-changes",
        caption="Where this report departs from the sealed plan",
        columns=(
            Column(key="estimand", heading="Estimand"),
            Column(key="analysis", heading="Analysis"),
            Column(key="change", heading="What changed"),
        ),
        rows=tuple((c.estimand, _capital(c.analysis), c.change) for c in changes),
        notes=("An analysis added after unmasking is exploratory.",),
    )
