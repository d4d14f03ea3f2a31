"""The comparison of procedures as a document for a steering committee."""

from __future__ import annotations

from steps_analysis.evaluation.allocation_comparison import AllocationComparison
from steps_analysis.protocol import Protocol
from steps_analysis.randomisation.comparing.criteria import CRITERIA
from steps_analysis.reporting import (
    Callout,
    Column,
    Document,
    Figure,
    Items,
    NamedPoint,
    Paragraph,
    PointPlot,
    Section,
    Table,
    count,
    listed,
    number,
    quantity,
)

HEADINGS = {
    "arms": "Lost to unequal arms (%)",
    "factors": "Lost within factors (%)",
    "guesses": "Guessed beyond chance, all known (points)",
    "site_guesses": "Guessed beyond chance, at a site (points)",
    "certain": "Certain (%)",
    "drift": "Wrong finding, drift (%)",
    "selection": "Wrong finding, guessing (%)",
}
"""What a column of the comparison is called, for each criterion."""

_ON = {
    "arms": "equal arms",
    "factors": "balance within the factors",
    "guesses": "guesses by somebody who knows all earlier allocations",
    "site_guesses": "guesses at a site",
    "certain": "allocations that are certain beforehand",
    "drift": "wrong findings when outcomes drift",
    "selection": "wrong findings when somebody guesses and chooses whom to bring",
}


def allocation_report(found: AllocationComparison) -> Document:
    """
    Write a comparison of procedures as a document.

    Parameters
    ----------
    found
        The comparison; see `compare_allocation`.

    Returns
    -------
    Document
        The recommendation with its reasons, the table, what is paid for what as a
        figure, the questions asked and how they were answered.

    Examples
    --------
    >>> from steps_analysis.evaluation.allocation_comparison import compare_allocation
    >>> from steps_analysis.protocol import load_protocol
    >>> found = compare_allocation(load_protocol(), n=12, n_draws=40)
    >>> [section.slug for section in allocation_report(found).sections]
    ['recommendation', 'comparison', 'questions', 'how']
    """
    unit = _unit(found.protocol)
    return Document(
        title=f"{found.protocol.trial.short_name}: how {unit} might be allocated",
        subtitle=f"Randomisation procedures compared for {count(found.n)} {unit}",
        sections=(
            _recommendation(found),
            _comparison(found),
            _questions(found),
            _how(found),
        ),
        stamp=found.stamp,
        meta={"Protocol": f"version {found.protocol.digest[:12]}"},
    )


def reasons(found: AllocationComparison) -> tuple[str, ...]:
    """
    Say why a procedure is recommended, and what would change that.

    Parameters
    ----------
    found
        The comparison.

    Returns
    -------
    tuple of str
        Sentences, the recommendation first.

    Examples
    --------
    >>> from steps_analysis.evaluation.allocation_comparison import compare_allocation
    >>> from steps_analysis.protocol import load_protocol
    >>> found = compare_allocation(load_protocol(), n=12, n_draws=40)
    >>> reasons(found)[0].startswith("For 12 families at 14 boroughs the weights")
    True
    """
    advice = found.recommendation
    sentences = [_first(found)]
    if advice.runner_up is not None:
        near = "; this lies within the error of the simulation, so either will do"
        sentences.append(
            f"Next comes {advice.runner_up}, {number(advice.lead, 2)} behind"
            f"{near if advice.is_close else ''}."
        )
    if advice.best_at and advice.runner_up is not None:
        best = listed([_ON[name] for name in advice.best_at])
        sentences.append(f"None does better on {best}.")
    if advice.gives_up:
        name, other = next(iter(advice.gives_up.items()))
        own, theirs = (found.table[name][one] for one in (advice.procedure, other))
        unit = CRITERIA[name].unit
        gap = "" if unit.startswith("%") else " "
        sentences.append(
            f"It pays most on {_ON[name]}: {number(own, 1)}{gap}{unit}, "
            f"against {number(theirs, 1)} with {other}."
        )
    sentences.append(_change(found))
    return tuple(sentences)


def _unit(protocol: Protocol) -> str:
    """Name those who are randomised, in the plural."""
    return protocol.trial.unit_label


def _first(found: AllocationComparison) -> str:
    """Say what is recommended, and what the protocol states."""
    advice, protocol = found.recommendation, found.protocol
    sites = protocol.sites
    n_sites = quantity(len(sites.names), sites.label, sites.label_plural)
    for_whom = f"For {count(found.n)} {_unit(protocol)} at {n_sites}"
    said = (
        f"{for_whom} the weights below speak for {advice.procedure}: "
        f"{number(advice.score, 2)} of 1"
    )
    if found.in_protocol is None:
        return f"{said}."
    if found.in_protocol == advice.procedure:
        return f"{said}. It is the protocol's own procedure."
    own = found.table["score"][found.in_protocol]
    return f"{said}. The protocol states {found.in_protocol}, {number(own, 2)}."


def _change(found: AllocationComparison) -> str:
    """Say which weight, doubled, would change the recommendation."""
    changed = found.recommendation.changed_by_doubling
    if not changed:
        return "No criterion would change this if its weight were doubled."
    parts = [f"{_ON[name]} ({other})" for name, other in changed.items()]
    return f"Twice the weight for one of these would change it: {'; '.join(parts)}."


def _recommendation(found: AllocationComparison) -> Section:
    """Give the recommendation with its reasons."""
    first, *rest = reasons(found)
    return Section(
        title="What speaks for what",
        slug="recommendation",
        blocks=(
            Callout("finding", first),
            Items(tuple(rest)),
            Paragraph(
                "A score weighs questions against one another; how much each counts is "
                "for those to decide who run the trial. Where two are close, take the "
                "one that sites can carry out without fault."
            ),
        ),
    )


def _comparison(found: AllocationComparison) -> Section:
    """Table what was measured, and draw what is paid for what."""
    return Section(
        title="The comparison",
        slug="comparison",
        blocks=(_table(found), _figure(found)),
    )


def _asked(found: AllocationComparison) -> list[str]:
    """List the criteria that were asked."""
    return [name for name in CRITERIA if name in found.table]


def _table(found: AllocationComparison) -> Table:
    """Write one row a procedure."""
    names = _asked(found)
    errors = found.table[[f"{name}_error" for name in names]].to_numpy()
    columns = (
        Column(key="procedure", heading="Procedure"),
        *(Column(key=name, heading=HEADINGS[name], decimals=1) for name in names),
        Column(key="score", heading="Score", decimals=2),
    )
    shown = found.table[[*names, "score"]].astype(float)
    rows = tuple(
        (str(name), *values)
        for name, values in zip(shown.index, shown.to_numpy().tolist(), strict=True)
    )
    return Table(
        name="procedures",
        caption="What each procedure gives, and its score",
        columns=columns,
        rows=rows,
        notes=(
            "Less is better in every column but the score, which is best at 1.",
            f"No figure has a simulation error above {number(errors.max(), 2)}.",
        ),
    )


def _figure(found: AllocationComparison) -> Figure:
    """Draw balance against guessing."""
    x, y = (
        next(one for one in pair if one in found.table)
        for pair in (("factors", "arms"), ("site_guesses", "guesses"))
    )
    chosen = found.recommendation.procedure
    points = tuple(
        NamedPoint(name=str(name), x=row[x], y=row[y], marked=name == chosen)
        for name, row in found.table.iterrows()
    )
    return Figure(
        name="trade-off",
        caption="What is paid for balance: how often the next arm is guessed",
        alt=f"Points for {len(points)} procedures: the further left, the less is lost "
        "to imbalance; the further down, the less is guessed. The full point is "
        f"{chosen}.",
        drawing=PointPlot(
            points=points,
            x_label=HEADINGS[x],
            y_label=HEADINGS[y],
            better="better: left and down",
        ),
    )


def _questions(found: AllocationComparison) -> Section:
    """Say what was asked, what is good and bad, and how much it counts."""
    shares = found.recommendation.weights
    items = [
        f"{HEADINGS[name]}: {CRITERIA[name].question} Good is {CRITERIA[name].good:g}, "
        f"bad {CRITERIA[name].bad:g}; counts {number(100 * shares[name], 0)}% of the "
        "score."
        for name in _asked(found)
    ]
    words = (
        "Good is worth 1 and bad 0, with a straight line between. Good, bad and how "
        "much each counts are decisions of this package; other weights can be given."
    )
    return Section(
        title="What was asked",
        slug="questions",
        blocks=(Paragraph(words), Items(tuple(items))),
    )


def _how(found: AllocationComparison) -> Section:
    """Say how the figures were made, and what they cannot show."""
    unit = _unit(found.protocol)
    return Section(
        title="How it was answered",
        slug="how",
        blocks=(
            Items(
                (
                    f"Every procedure drew {count(found.n_draws)} lists for the same "
                    f"{unit}, in the order they came, in synthetic trials of this "
                    "protocol; no list was ever used.",
                    "All procedures met the same chance (seed "
                    f"{found.seed}), so differences between them are surer than the "
                    "figures themselves.",
                    "Lost is what a comparison would not tell for want of balance, as "
                    f"if so many per cent of the {unit} had not come.",
                )
            ),
            Callout(
                "limitation",
                "Read these before using a number.",
                entries=(
                    "Somebody who guesses wants to, and can; where allocation is "
                    "concealed and made at a distance, less is guessed.",
                    f"Real {unit} come in another order than synthetic ones.",
                    "This software has not been validated for use in a live trial "
                    "under good clinical practice.",
                ),
            ),
        ),
    )
