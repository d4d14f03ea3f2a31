"""Where tables overlap in three ways, whole tables are asked for as well."""

import numpy as np
import pandas as pd

from steps_analysis.disclosure import Release, audit, protect, threshold, wholeness
from steps_analysis.disclosure.publishing import unprotected_page
from steps_analysis.disclosure.rounds import contest_of, pattern_of, with_zeros
from steps_analysis.disclosure.witnesses import met_by_walking


def overlapping(seed):
    """Three columns and their three pairs: no network."""
    rng = np.random.default_rng([seed, 43])
    counts = rng.poisson(4, (4, 3))
    frame = pd.DataFrame(counts, index=list("ABCD"), columns=list("xyz"))
    pairs = {"a": ["x", "y"], "b": ["y", "z"], "c": ["x", "z"]}
    return Release().add_table("t", frame).add_sums("p", "t", columns=pairs)


def test_every_value_is_shown_in_a_whole_table_where_size_allows():
    for seed in range(3):
        public = protect(overlapping(seed), threshold(6), key="k")
        assert not public.page().structure.is_unimodular
        assert public.proof.linear_only == ()
        assert audit(public).safe


def test_what_is_not_shown_in_whole_tables_is_recorded(monkeypatch):
    # nothing is looked for and a walk of no length meets nothing: all is recorded
    monkeypatch.setattr(wholeness, "LARGEST", 0)
    release = overlapping(1)
    page = unprotected_page(release, threshold(6), withheld=())
    n_small = int(page.reading.is_small.sum())

    def nowhere(system, table, quantities, counts):
        none = np.zeros((len(table), len(counts)), dtype=bool)
        return table, table, none

    monkeypatch.setattr(wholeness, "met_by_walking", nowhere)
    public = protect(release, threshold(6), key="k")
    assert len(public.proof.linear_only) == n_small > 0
    assert "linear" not in public.to_json()


def test_a_walk_leaves_few_unsettled(monkeypatch):
    monkeypatch.setattr(wholeness, "LARGEST", 0)
    release = overlapping(1)
    public = protect(release, threshold(6), key="k")
    page = unprotected_page(release, threshold(6), withheld=())
    n_small = int(page.reading.is_small.sum())
    assert len(public.proof.linear_only) < n_small / 2


def test_a_walk_meets_nothing_impossible():
    release = overlapping(2)
    public = protect(release, threshold(6), key="k")
    page = unprotected_page(release, threshold(6), withheld=())
    contest = contest_of(page)
    number = page.structure.number
    chosen = page.structure.where(public.hidden) & contest.slack.can_hide
    assert (with_zeros(page, chosen) == page.structure.where(public.hidden)).all()
    pattern, found = pattern_of(page, chosen), audit(public)
    judged = pattern.attackers[0].judged
    met = met_by_walking(pattern.system, page.structure.value, judged, range(1, 6))
    for cell in public.hidden:
        quantity, possible = number[cell], found.possible(cell)
        assert met[0][quantity] >= possible.lower
        assert possible.upper is None or met[1][quantity] <= possible.upper
        values = np.flatnonzero(met[2][quantity]) + 1
        assert all(value in possible for value in values.tolist())
