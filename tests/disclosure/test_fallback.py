"""A deadline gives a safe release, never the last unsafe one."""

import numpy as np
import pandas as pd
import pytest

from steps_analysis.disclosure import Release, audit, from_spec, protect, threshold
from steps_analysis.disclosure.clock import Clock, clock_of
from steps_analysis.disclosure.fallback import in_a_hurry, repaired, trimmed
from steps_analysis.disclosure.pricing import keyed_fractions, loss, values_lost
from steps_analysis.disclosure.publishing import published, unprotected_page
from steps_analysis.disclosure.rounds import broken, contest_of, with_zeros
from steps_analysis.errors import ArgumentError

EVERYONE = {
    "profile": "threshold",
    "n": 6,
    "attackers": ["outsider", "site", "family"],
}


def drawn(mean, seed, shape=(6, 6)):
    rng = np.random.default_rng([seed, 41])
    index = [f"B{i}" for i in range(shape[0])]
    columns = [f"y{j}" for j in range(shape[1])]
    counts = pd.DataFrame(rng.poisson(mean, shape), index=index, columns=columns)
    return Release().add_table("t", counts)


def hurried(release, rule, clock):
    page = unprotected_page(release, from_spec(rule), withheld=())
    contest = contest_of(page)
    cost = values_lost(page) + keyed_fractions(page, b"k")
    forced = contest.slack.is_forced
    chosen = in_a_hurry(contest, forced, cost, clock, lambda *_: [])
    return page, contest, chosen


@pytest.mark.parametrize("rule", ["threshold(6)", "dfe_cin", EVERYONE])
@pytest.mark.parametrize("mean", [1.5, 4, 9])
def test_the_quick_pattern_is_safe_and_not_far_from_the_best(rule, mean):
    release = drawn(mean, 1)
    page, contest, chosen = hurried(release, rule, Clock())
    assert broken(contest, chosen, Clock()) == []
    best = protect(release, rule, key="k").proof
    assert best.is_optimal
    assert best.loss <= loss(page, chosen) <= 1.5 * best.loss + 10
    public = published(release, page, with_zeros(page, chosen), hides_zeros=True)
    assert audit(public).safe


def test_nothing_of_the_quick_pattern_can_be_shown():
    page, contest, chosen = hurried(drawn(4, 2), "threshold(6)", Clock())
    for quantity in np.flatnonzero(chosen & ~page.reading.is_small):
        fewer = chosen.copy()
        fewer[quantity] = False
        assert broken(contest, fewer, Clock()) != []


def test_repair_holds_the_pattern_it_starts_from_and_trimming_stays_within():
    release = drawn(4, 3)
    page = unprotected_page(release, threshold(6), withheld=())
    contest = contest_of(page)
    cost = values_lost(page) + keyed_fractions(page, b"k")
    start = contest.slack.is_forced.copy()
    start[np.flatnonzero(contest.slack.can_hide & ~start)[0]] = True
    whole = repaired(contest, start, cost, Clock())
    assert whole[start].all()
    over = Clock(ends=0.0)
    assert np.array_equal(trimmed(contest, whole, cost, over, lambda *_: []), whole)
    assert not trimmed(contest, whole, cost, Clock(), lambda *_: [])[~whole].any()


def test_where_nothing_is_safe_the_quick_way_says_so(frame):
    # 3 in all is public exactly: neither part can be 4
    from steps_analysis.disclosure import Cell

    release = Release().add_table("t", frame([1, 2], [0, 0]))
    total = pd.DataFrame({"n": [3]}, index=["all"])
    links = {("all", "n"): [Cell("t", "Total", "Total")]}
    release = release.add_table("flow", total, sums_of=links, exact=True)
    assert hurried(release, "dfe_cin", Clock())[2] is None


@pytest.mark.parametrize("mean", [1.5, 7])
def test_when_the_search_is_cut_short_the_release_is_safe_all_the_same(
    monkeypatch, mean
):
    # the search gets no time at all, what comes after has all it needs
    monkeypatch.setattr(Clock, "half", lambda self: Clock(ends=0.0))
    release = drawn(mean, 4)
    public = protect(release, "threshold(6)", key="k", deadline=600)
    assert not public.withheld
    assert audit(public).safe
    assert public.proof.bound == 0
    assert 0 < public.proof.gap <= 1


def test_a_deadline_that_allows_nothing_withholds_and_says_so():
    public = protect(drawn(4, 5), "threshold(6)", key="k", deadline=1e-9)
    reason = "no pattern of hidden figures was found safe in the time allowed"
    assert dict(public.withheld) == {"t": reason}
    assert set(public.to_frame("t").to_numpy().ravel()) == {"[c]"}
    assert audit(public).safe


def test_a_deadline_that_suffices_changes_nothing():
    release = drawn(7, 6)
    public = protect(release, "threshold(6)", key="k")
    again = protect(release, "threshold(6)", key="k", deadline=600)
    assert again.to_json() == public.to_json()
    assert again.proof == public.proof


@pytest.mark.parametrize("deadline", [0, -1.0, True, "soon", float("nan")])
def test_what_is_no_time_is_refused(deadline):
    with pytest.raises(ArgumentError, match="`deadline` must be a number of seconds"):
        clock_of(deadline)


def test_a_clock_runs_out():
    with pytest.raises(TimeoutError):
        Clock(ends=0.0).check()
    Clock().check()
    assert clock_of(None).left == float("inf")
    assert 0 < clock_of(10).half().left <= 5.1
