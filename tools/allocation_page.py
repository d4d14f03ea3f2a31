"""The page that compares procedures for STEPS-B, from what was measured.

python -m tools.allocation_page    writes docs/allocation.md
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
MEASURED = ROOT / "docs" / "measured" / "allocation.json"
PAGE = ROOT / "docs" / "allocation.md"

_HEAD = """\
# How families might be allocated

**Synthetic data: not about any real child, family or borough.** A trial wants its
arms alike, and wants nobody to foresee the next arm; each is paid for with the
other. This page asks {n_procedures} procedures the same {n_questions} questions for
{sizes} families of STEPS-B, over {n_draws:,} lists each. `steps balance` asks them
for any protocol, size and weights; `./run verify` measured what stands here
(`docs/measured/allocation.json`), and the page is made from it.

It is advice for a steering committee before a trial, not a verdict: what is good,
what is bad and how much each question counts are decisions of this package
([methods](methods.md#comparing-procedures)), and others can be given. The published
protocol does not say how STEPS-B was allocated; ours states minimisation, as in the
sister trial START.

## The questions

| Column | Question | Good | Bad | Counts |
|---|---|---:|---:|---:|
"""

_FOOT = """
## How to read it

- *Lost* is what the comparison of the arms would not tell for want of balance, as if
  so many per cent of the families had not come. A coin toss loses about one family
  in all, whatever the size of the trial: with many families that is little.
- *Guessed beyond chance* starts at 0, for somebody who tosses a coin; 25 points more
  than that is every second arm for certain. At a site that knows its own families'
  arms, blocks within sites are guessed far more often than anything else; next comes
  minimisation that looks at sites. Concealment at a distance is worth more than any
  procedure.
- *Wrong finding* starts at 5, the share a t test promises. A drift of outcomes
  makes restricted procedures more cautious than that, never less.
- All procedures met the same families and the same chance, so that a difference is
  surer than a figure. {error}
"""


def page(found: dict[str, Any]) -> str:
    """Write the page from what was measured."""
    parts = [
        _HEAD.format(
            n_procedures=len(found["sizes"][0]["procedures"]),
            n_questions=len(found["questions"]),
            sizes=" and ".join(str(one["families"]) for one in found["sizes"]),
            n_draws=found["lists"],
        )
    ]
    for one in found["questions"]:
        share = f"{100 * one['share']:.0f}%"
        cells = (one["heading"], one["question"], one["good"], one["bad"], share)
        parts.append(f"| {' | '.join(map(str, cells))} |\n")
    parts += [text for size in found["sizes"] for text in _size(size, found)]
    largest = max(one["largest error"] for one in found["sizes"])
    error = f"No figure has a simulation error above {largest:.2f}."
    return "".join([*parts, _FOOT.format(error=error)])


def _size(size: dict[str, Any], found: dict[str, Any]) -> Iterator[str]:
    """Write the recommendation and the table for one number of families."""
    first, *rest = size["reasons"]
    yield f"\n## {size['families']} families\n\n**{first}**\n\n"
    yield from (f"- {reason}\n" for reason in rest)
    headings = [one["heading"] for one in found["questions"]]
    yield f"\n| Procedure | {' | '.join(headings)} | Score |\n"
    yield f"|---|{'---:|' * (len(headings) + 1)}\n"
    for row in size["procedures"]:
        shown = [f"{row[one['name']]:.1f}" for one in found["questions"]]
        yield f"| {row['name']} | {' | '.join(shown)} | {row['score']:.2f} |\n"


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(json.loads(MEASURED.read_text())["found"]), encoding="utf-8")
    print(PAGE.relative_to(ROOT))


if __name__ == "__main__":
    main()
