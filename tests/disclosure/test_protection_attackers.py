"""Protection from the staff of an area and from a family, judged by enumeration."""

from itertools import chain, combinations, product

import numpy as np
import pytest

from steps_analysis.disclosure import Release, from_spec, protect
from steps_analysis.disclosure.pricing import loss
from steps_analysis.disclosure.publishing import unprotected_page
from steps_analysis.disclosure.system import beneath

SETS = [("outsider", "site"), ("outsider", "family"), ("outsider", "site", "family")]


def rule_of(attackers, n=3):
    return from_spec({"profile": "threshold", "n": n, "attackers": attackers})


def tables_like(rows, hidden, largest):
    """List every table that would print the same, totals appended, as one array."""
    rows = np.array(rows)
    truth = with_totals(rows)
    inner = product(range(largest + 1), repeat=rows.size)
    grids = np.array(list(inner)).reshape(-1, *rows.shape)
    down = np.concatenate([grids, grids.sum(axis=1, keepdims=True)], axis=1)
    full = np.concatenate([down, down.sum(axis=2, keepdims=True)], axis=2)
    least = np.where(beneath_hidden(hidden), 0, 1)
    same = np.where(hidden, full >= least, full == truth)
    return full[same.all(axis=(1, 2))]


def with_totals(rows):
    down = np.vstack([rows, rows.sum(axis=0)])
    return np.hstack([down, down.sum(axis=1, keepdims=True)])


def beneath_hidden(hidden):
    """Mark what lies beneath a hidden total of a table with all its totals."""
    below = np.zeros_like(hidden)
    below[:-1, :] |= hidden[-1, :]
    below[:, :-1] |= hidden[:, -1:]
    below[:-1, :-1] |= hidden[-1, -1]
    return below


def is_safe(rows, hidden, rule):
    """Judge a pattern for every attacker of a rule, from the definition alone."""
    truth = with_totals(np.array(rows))
    small = (truth >= 1) & (truth <= rule.hidden_up_to)
    tables = tables_like(rows, hidden, int(max(map(max, rows))) + 6)

    def keeps(some, judged):
        return all(
            set(rule.hidden_range) <= set(some[:, i, j]) for i, j in np.argwhere(judged)
        )

    good = keeps(tables, small)
    n_rows, n_columns = len(rows), len(rows[0])
    if "site" in rule.attackers:
        for i in range(n_rows):
            fits = (tables[:, i, :] == truth[i]).all(axis=1)
            others = small.copy()
            others[i] = False
            good = good and keeps(tables[fits], others)
    if "family" in rule.attackers:
        for i, j in product(range(n_rows), range(n_columns)):
            if truth[i, j] > 0:
                good = good and keeps(tables[tables[:, i, j] >= 1], small)
    return good


def as_grid(public):
    """Mark which cells of the one table carry the marker."""
    (table,) = public.tables
    return (public.to_frame(table.name) == "[c]").to_numpy()


@pytest.mark.parametrize("attackers", SETS)
@pytest.mark.parametrize("seed", range(6))
def test_the_pattern_is_safe_and_its_loss_is_least(frame, attackers, seed):
    rng = np.random.default_rng([seed, 31])
    rows = rng.integers(0, 6, (2, 2)).tolist()
    rule = rule_of(attackers)
    release = Release().add_table("t", frame(*rows))
    page = unprotected_page(release, rule, withheld=())
    value, small = page.structure.value, page.reading.is_small
    shape = with_totals(np.array(rows)).shape
    place = [page.structure.number[cell] for cell in release.tables[0].cells()]
    more = np.flatnonzero((value > 0) & ~small).tolist()
    best = None
    for extra in chain.from_iterable(combinations(more, k) for k in range(9)):
        chosen = small.copy()
        chosen[list(extra)] = True
        if best is not None and loss(page, chosen) >= best:
            continue
        hidden = chosen | ((value == 0) & beneath(page.structure, chosen))
        if is_safe(rows, hidden[place].reshape(shape), rule):
            best = loss(page, chosen)
    public = protect(release, rule, key="k")
    if best is None:
        assert public.withheld[0][1].startswith("no pattern of hidden figures keeps")
    else:
        assert (public.proof.loss, public.proof.is_optimal) == (best, True)
        assert public.withheld or is_safe(rows, as_grid(public), rule)


def test_staff_who_subtract_their_own_row_by_hand(frame):
    # two areas: with column totals shown, staff of B1 subtract and know the 1 of B0. So
    # its column total goes too, and with it something else of the row of totals.
    rows = [[1, 9, 8], [6, 7, 9]]
    release = Release().add_table("t", frame(*rows))
    alone = protect(release, rule_of(("outsider",)), key="k").to_frame("t")
    assert alone.loc["Total"].tolist() == [7, 16, 17, 40]
    page = protect(release, rule_of(("outsider", "site")), key="k").to_frame("t")
    assert page.loc["B0", "y0"] == page.loc["Total", "y0"] == "[c]"
    assert (page.loc["Total"] == "[c]").sum() >= 2


def test_two_areas_with_public_totals_cannot_be_kept_from_each_others_staff(frame):
    import pandas as pd

    from steps_analysis.disclosure import Cell

    release = Release().add_table("t", frame([1, 9], [6, 7]))
    total = pd.DataFrame({"y0": [7], "y1": [16]}, index=["all"])
    links = {("all", y): [Cell("t", "Total", y)] for y in ("y0", "y1")}
    release = release.add_table("flow", total, totals="none", sums_of=links, exact=True)
    assert not protect(release, rule_of(("outsider",)), key="k").withheld
    (name, reason), *_ = protect(
        release, rule_of(("outsider", "site")), key="k"
    ).withheld
    assert name == "t"
    assert "for the staff of an area, who know its own figures," in reason
