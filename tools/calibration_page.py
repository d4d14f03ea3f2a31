"""The page that holds the synthetic world against the evidence, from what was measured.

python -m tools.calibration_page    writes docs/calibration.md
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
MEASURED = ROOT / "docs" / "measured" / "calibration.json"
PAGE = ROOT / "docs" / "calibration.md"

# What is biased, the constants of the world that switch it on, and how they stand.
SWITCHES = (
    (
        "Surveillance: one arm is watched more closely",
        ("detection_ratio",),
        "1: alike",
    ),
    (
        "Differential loss: one arm withdraws contact more often",
        ("withdrawal_odds_ratio",),
        "1: alike",
    ),
    (
        "Missing visits that depend on how the child is",
        ("need_loadings", "visit_missing_risk"),
        "on, alike in both arms",
    ),
    ("Missing visits that depend on the arm", ("missing_odds_ratio",), "1: alike"),
    ("Missing questionnaires and answers", ("score_missing_share",), "on, 2 %"),
    (
        "Records and sanctions that come late",
        ("record_months", "sanction_months"),
        "on, eight months for a sexual offence",
    ),
    (
        "Records that end before the last families can be fully observed",
        ("extract_shortfall_months",),
        "on, three months short",
    ),
    (
        "Offences that never enter the records",
        ("capture_probability",),
        "1: none",
    ),
    ("Records that end at eighteen", ("adult_records",), "off"),
    ("Treatment not started", ("received_shares",), "on, 6 %"),
    ("The comparator arm receives the treatment", ("crossover_share",), "on, 2 %"),
    (
        "Waiting for a therapist's place",
        ("therapists", "families_per_therapist"),
        "on, four families at a time",
    ),
    ("Therapists who differ", ("therapist_icc",), "0: alike"),
    (
        "Mistakes at entry: an age overlooked, a factor's level recorded wrongly",
        ("screening_error_share", "wrong_level_share"),
        "on, few",
    ),
    (
        "Boroughs that differ in consent",
        ("site_consent", "documented_consent"),
        "on",
    ),
    (
        "Better identification that looks like more harm",
        ("ramp_factor", "ramp_months"),
        "on where a forum starts",
    ),
    ("Closed schools", ("closed_school_months",), "none"),
)

_HEAD = """\
# The synthetic world against the evidence

**Synthetic data: not about any real child, family or borough.** What is rehearsed
on drawn trials would hold on real ones only if the drawn ones behave as the
evidence says. This page holds each figure of the evidence, an *anchor*, against
{n_trials:,} trials drawn in each setting. `simulation.calibration` computes it,
`./run verify` measures it, and this page is made from what was measured
(`docs/measured/calibration.json`).

An anchor has the mark of its source: S founding text, P published, M recalled, A a
design decision of this package. Marks M and A are illustrative: they say what we
chose, not what is so. *World* is what the drawn trials give, *error* its Monte
Carlo standard error. An anchor holds where the two differ by no more than half the
anchor's last printed digit (or what its words allow) and four errors. {verdict}
"""

_DEPENDENCE = """\
## What binds things together

Every child has a *need*, a standard normal number that stands in no table; children
of one family share half of its variance. Characteristics and events are linked to
it, each by a loading (`World.need_loadings`): the children with the highest need
are more often looked after, live in more deprived areas, are placed, reported and
sanctioned sooner, score worse, and miss more visits. The links move no risk: every
distribution above is kept exactly, because only the ranks are linked
(`simulation.dependence`). The younger the child, the more often it was a sibling
who was harmed. The loadings are our decision [A].

## Biases that can be switched on

Each is a constant of `simulation.World`: `replace(WORLD, detection_ratio=2.0)`. By
default none differs between the arms, so that under the scenario `null` no column
of a masked file predicts the arm (`docs/measured/masked_columns.json`). Effects
reach all who are allocated to the treatment; with `Scenario(acts_on="received")`,
only those who receive it.

| Bias | Constants | As it stands |
|---|---|---|
"""

_FOOT = """
## What it is not

A model of any borough, an estimate of anything, or evidence on the treatment. Where
the evidence is silent the world is simple: one need for everything, no learning
over time, no therapist who leaves, no borough that closes early.
"""


def holds(row: dict[str, Any]) -> bool:
    """Say whether an anchor holds within its precision and four errors."""
    off = abs(row["world"] - row["expected"])
    return bool(off <= row["precision"] + 4 * row["error"])


def page(found: dict[str, Any]) -> str:
    """Write the page from what was measured."""
    rows = found["anchors"]
    n_held = sum(map(holds, rows))
    verdict = f"Of {len(rows)} anchors, {n_held} hold."
    head = _HEAD.format(n_trials=found["trials in each setting"], verdict=verdict)
    parts = [head, *_tables(rows), _DEPENDENCE]
    for says, names, stands in SWITCHES:
        constants = ", ".join(f"`{name}`" for name in names)
        parts.append(f"| {says} | {constants} | {stands} |\n")
    return "".join([*parts, _FOOT])


def _tables(rows: list[dict[str, Any]]) -> Iterator[str]:
    """Write one table for each setting."""
    for setting in dict.fromkeys(row["setting"] for row in rows):
        yield f"\n## {setting[:1].upper()}{setting[1:]}\n\n"
        yield "| Anchor | Mark | Figure | World | Error |\n|---|---|---:|---:|---:|\n"
        for row in rows:
            if row["setting"] == setting:
                numbers = (_shown(row[key]) for key in ("expected", "world", "error"))
                says = row["anchor"][:1].upper() + row["anchor"][1:]
                yield f"| {says} | {row['mark']} | {' | '.join(numbers)} |\n"
    yield "\n"


def _shown(value: float) -> str:
    """Show a figure with the digits that say something."""
    return f"{value:.2f}" if value >= 2 else f"{value:.4f}"


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(json.loads(MEASURED.read_text())["found"]), encoding="utf-8")
    print(PAGE.relative_to(ROOT))


if __name__ == "__main__":
    main()
