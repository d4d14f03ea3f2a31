"""The page that compares intervals and tests, from what was measured.

python -m tools.which_method_page    writes docs/which-method.md
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tools.which_method.verdicts import (
    BOUND,
    SIZES,
    best_known,
    breaches,
    error,
    power_lost,
    questions,
    recommended,
    undecided,
)

ROOT = Path(__file__).resolve().parent.parent
MEASURED = ROOT / "docs" / "measured"
NAMES = ("two_by_two", "adjusted", "survival", "competing", "events", "scores")
PAGE = ROOT / "docs" / "which-method.md"
Row = dict[str, Any]

_HEAD = """\
# Which interval, which test?

**Synthetic data: not about any real child, family or borough.** With few participants
and rare events, methods that agree in large trials do not. This page asks of
{n_methods} intervals and tests of `outcomes`, in trials of 20, 40, 80 and 400
participants (both arms together, 1:1): how often does a test find a difference where
there is none (*type I error*, promised: 5 %), how often does an interval hold the
truth (*coverage*, promised: 95 %), and how often is a difference found that is there
(*power*)? [Which to use when](#which-to-use-when) stands at the end and is made by a
rule, like every figure here, from `docs/measured/which_method_*.json`.
`./run verify` measures them; that took {minutes} minutes of one busy processor.

How to read the tables:

- A test rejects where its p-value is at most 0.05, an interval where it leaves out
  "no effect". A test that cannot be computed rejects nothing. An interval that cannot
  be given excludes nothing, is as long as the whole scale, and is left out of
  *coverage*; how many are not given has its own table. So a method that seldom answers
  seldom errs: look at both.
- Where only counts are compared, rows are named by the option `method` of
  `proportion_interval`, `risk_difference`, `risk_ratio`, `odds_ratio`, `exact_test`
  (and `firth_logistic`).
- Columns are trial sizes and risks. Bold: type I error above {bound:g} %, or
  coverage below {coverage:g} % (by two Monte Carlo errors where trials were drawn).
- Where trials were drawn, ± is the Monte Carlo error (one standard error). Drawing
  ended early where type I error was clearly below or above {bound:g} % (two and a half
  errors), which makes that figure less precise, not the verdict. All methods of a
  family met the same trials, one allocation apart from another.
- Length is that of an interval on the scale of a risk (difference, 0 to 2) or of
  r / (1 + r) for a ratio r (0 to 1), so that one without an end counts.
"""

_RULE = """
## Which to use when

The rule: a method must keep type I error at or below {bound:g} % at all risks of that
trial size, and miss a true effect no oftener than that (within two Monte Carlo errors
where trials were drawn). Of those, it takes the test with the most power or the
shortest interval, on average over the risks; and of those within a point of that power,
or 2 % of that length, the one surest to keep the bound: whose type I error and two
Monte Carlo errors, in its worst cell, are least.

*Every size* asks the same of all four sizes at once; methods not measured at all of
them cannot stand there. *For power* compares intervals too by how often they leave out
"no effect" where there is one, which the shortest need not do best. "None": nothing
measured keeps the bound there. "Undecided" names what is above it by less than two
Monte Carlo errors. A plan chooses one method before it sees the data. All this holds
for the settings above: an exact method promises its type I error for every risk, the
others kept it where we looked.

| Question | {sizes} | Every size | Every size, for power |
|---|{rule}---|---|
"""

_BREACHES = """
## What breaks the bound

Type I error above {bound:g} % somewhere; *clearly* is more than two Monte Carlo errors
above it, where the figure is not exact.

| Method | Question | Cells | Worst | Where | Clearly |
|---|---|---:|---:|---|---|
"""

_FOOT = """
## What it does not say

Not measured: designs with clusters beyond the one above, two-arm trials that are not
1:1, missing outcomes, Bayesian intervals, imputation, costs, frailty, mixture and
interval-censored models; and methods where the table has a dash, because they take too
long there. A method's formula, assumptions and when it gives no number are in the
[methods](methods.md).
"""


def page(found: list[Row]) -> str:
    """Write the page from what was measured."""
    families = [family for one in found for family in one["families"]]
    rows = [row for family in families for row in family["methods"]]
    seconds = sum(one["processor seconds"] for one in found)
    bounds = {"bound": 100 * BOUND, "coverage": 100 * (1 - BOUND)}
    n_methods = len({(r["question"], r["name"].partition("; ")[0]) for r in rows})
    head = _HEAD.format(n_methods=n_methods, minutes=round(seconds / 60), **bounds)
    parts = [head]
    for family in families:
        parts += _family(family)
    parts += _recommendations(families, bounds["bound"])
    parts.append(_BREACHES.format(bound=bounds["bound"]))
    for question, asked in questions(families).items():
        for name, worst, n_cells, clear in breaches(asked):
            where = f"{worst['n']}, {worst['at']}"
            shown = _share(worst["null"]["rejects"], worst["null"])
            answer = "yes" if clear else "no"
            parts.append(
                f"| {name} | {question} | {n_cells} | {shown} | {where} | {answer} |\n"
            )
    return "".join([*parts, _FOOT])


def _recommendations(families: list[Row], bound: float) -> Iterator[str]:
    """Write what to use for every question."""
    sizes = " | ".join(map(str, SIZES))
    yield _RULE.format(bound=bound, sizes=sizes, rule="---|" * len(SIZES))
    for question, rows in questions(families).items():
        names = [_named(rows, n) for n in (*SIZES, None)]
        has_effect = "effect" in rows[0]["cells"][0]
        names.append(recommended(rows, None, cost=power_lost) if has_effect else "–")
        yield f"| {question} | {' | '.join(names)} |\n"


def _named(rows: list[Row], n: int | None) -> str:
    """Name the method to use, or those that might be."""
    name = recommended(rows, n)
    open_questions = undecided(rows, n) if name == "none" else []
    return f"undecided: {' or '.join(open_questions)}" if open_questions else name


def _family(family: Row) -> Iterator[str]:
    """Write a family's tables."""
    rows = family["methods"]
    yield f"\n## {family['title']}\n\n{family['model']}{_trials(rows)}\n"
    yield from _table("Type I error (%)", rows, _type_one)
    has_interval = [row for row in rows if row["interval"]]
    with_effect = [row for row in rows if "effect" in row["cells"][0]]
    both = [row for row in has_interval if row in with_effect]
    yield from _table("Coverage of a true effect (%)", both, _coverage)
    yield from _table("Power (%)", with_effect, _power)
    yield from _table("Not given, with a true effect (%)", rows, _not_given)
    yield from _table("Mean length", has_interval, _length)


def _trials(rows: list[Row]) -> str:
    """Say how many trials were drawn, and how sure the powers are."""
    cells = [cell for row in rows for cell in row["cells"]]
    drawn = [cell["null"]["trials"] for cell in cells if "trials" in cell["null"]]
    if not drawn:
        return ""
    powers = [cell["effect"] for cell in cells]
    largest = max(error(kept["rejects"], kept) for kept in powers)
    return (
        f" Without an effect {min(drawn):,} to {max(drawn):,} trials were drawn, with "
        f"one {min(kept['trials'] for kept in powers):,} to "
        f"{max(kept['trials'] for kept in powers):,}; no power has a Monte Carlo error "
        f"above {100 * largest:.1f} points."
    )


def _table(title: str, rows: list[Row], show: Callable[[Row], str]) -> Iterator[str]:
    """Write one table, methods by cells; none where there is nothing to show."""
    shown = [
        (row, {(c["n"], c["at"]): show(c) for c in row["cells"]})
        for row in rows
        if any(show(cell) for cell in row["cells"])
    ]
    if not shown:
        return
    columns = list(dict.fromkeys(key for _, cells in shown for key in cells))
    columns.sort(key=lambda key: SIZES.index(key[0]))
    heads = " | ".join(f"{n}; {at}" for n, at in columns)
    yield f"\n### {title}\n\n| Method | {heads} |\n|---|{'---:|' * len(columns)}\n"
    question = None
    for row, cells in shown:
        if row["question"] != question:
            question = row["question"]
            yield f"| *{question}* |{' |' * len(columns)}\n"
        values = " | ".join(cells.get(key, "–") or "0" for key in columns)
        yield f"| {row['name']} | {values} |\n"


def _share(share: float, kept: Row) -> str:
    """Show a share in per cent, with its error where it was drawn."""
    plain = f"{100 * share:.1f}"
    return f"{plain} ± {100 * error(share, kept):.1f}" if "trials" in kept else plain


def _type_one(cell: Row) -> str:
    """Show type I error, bold above the bound."""
    share = cell["null"]["rejects"]
    shown = _share(share, cell["null"])
    return f"**{shown}**" if share > BOUND else shown


def _coverage(cell: Row) -> str:
    """Show the coverage of those intervals that are given, bold if too low."""
    kept = cell["effect"]
    if kept["given"] < 0.01:
        return "–"
    given = dict(kept)
    if "trials" in kept:
        given["trials"] = max(round(kept["trials"] * kept["given"]), 1)
    share = 1 - kept["misses"] / kept["given"]
    shown = _share(share, given)
    return f"**{shown}**" if share + 2 * error(share, given) < 1 - BOUND else shown


def _power(cell: Row) -> str:
    """Show the power."""
    return f"{100 * cell['effect']['rejects']:.1f}"


def _not_given(cell: Row) -> str:
    """Show how often there is no answer, nothing where there always is."""
    missing = 1 - best_known(cell)["given"]
    return f"{100 * missing:.1f}" if missing >= 0.0005 else ""


def _length(cell: Row) -> str:
    """Show the mean length."""
    return f"{best_known(cell)['length']:.3f}"


def measured() -> list[Row]:
    """Read what was measured, family by family."""
    paths = [MEASURED / f"which_method_{name}.json" for name in NAMES]
    return [json.loads(path.read_text())["found"] for path in paths]


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(measured()), encoding="utf-8")
    print(PAGE.relative_to(ROOT))


if __name__ == "__main__":
    main()
