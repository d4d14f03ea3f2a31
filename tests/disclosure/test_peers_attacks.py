"""
The attacks of the peer review: each works on a release made the usual way, and fails on
ours. The flow's are in `test_cubes_and_flows.py`, those of two editions also in
`test_editions.py`, independent rounding of 3 by 3 figures in `test_published.py`.
"""

import re

import numpy as np
import pandas as pd
import pytest

from steps_analysis.disclosure import (
    Cell,
    Difference,
    Marks,
    Percentage,
    Profile,
    Rate,
    Release,
    Sentence,
    Statistic,
    SurvivalSteps,
    audit,
    dfe_cin,
    protect,
    strict,
    suppress_primary,
    threshold,
)

BOROUGHS = [f"Borough {letter}" for letter in "ABCDEFGHIJKLMN"]
YEARS = ["2010", "2011", "2012", "2013", "2014"]


@pytest.fixture(scope="module")
def counts():
    drawn = np.random.default_rng(31).poisson(8, (14, 5))
    return pd.DataFrame(drawn, index=BOROUGHS, columns=YEARS)


@pytest.fixture(scope="module")
def release(counts):
    return Release().add_table("t", counts)


def n_exact(found):
    return sum(one.possible.is_exact for one in found.found if one.is_primary)


def test_totals_shown_with_primary_suppression_only(release):
    rule = threshold(6)
    attacked = audit(suppress_primary(release, rule))
    assert not attacked.safe
    assert n_exact(attacked) >= 1
    assert any("can be worked out exactly" in line for line in attacked.findings)
    ours = audit(protect(release, rule, key="k"))
    assert ours.safe
    assert n_exact(ours) == 0


def next_smallest(release, rule):
    """Hide the next smallest figure of every line with a single hidden one."""
    (table,), hidden = release.tables, set(suppress_primary(release, rule).hidden)
    value = table.values()
    lines = [[Cell(table.name, r, c) for c in table.columns] for r in table.rows]
    lines += [[Cell(table.name, r, c) for r in table.rows] for c in table.columns]
    while single := [x for x in lines if len(hidden.intersection(x)) == 1]:
        left = [c for c in single[0] if c not in hidden and value[c] > 0]
        hidden.add(min(left, key=value.__getitem__))
    return suppress_primary(release, rule, also=hidden)


def test_hiding_the_next_smallest_where_zeros_are_shown():
    # The lines of B0 and of 2010 have two hidden figures each. Zeros being shown, the
    # two 1s of B0 add to 2, and neither can be 0.
    rows = [[1, 1, 20], [1, 9, 30], [9, 1, 40]]
    frame = pd.DataFrame(rows, index=BOROUGHS[:3], columns=YEARS[:3])
    release, rule = Release().add_table("t", frame), threshold(6)
    attacked = audit(next_smallest(release, rule))
    assert not attacked.safe
    assert attacked.possible(("t", BOROUGHS[0], YEARS[0])).is_exact
    assert audit(protect(release, rule, key="k")).safe


def test_years_published_beside_protected_quarters():
    rng = np.random.default_rng(37)
    quarters = [f"{y} Q{q}" for y in YEARS[:2] for q in (1, 2, 3, 4)]
    frame = pd.DataFrame(rng.poisson(7, (14, 8)), index=BOROUGHS, columns=quarters)
    first, rule = Release().add_table("q", frame), threshold(6)
    protected = protect(first, rule, key="k")
    assert audit(protected).safe
    both = first.add_sums(
        "y", "q", columns={"2010": quarters[:4], "2011": quarters[4:]}
    )
    attacked = audit(suppress_primary(both, rule, also=protected.hidden))
    assert not attacked.safe
    assert n_exact(attacked) >= 1
    ours = audit(protect(both, rule, key="k"))
    assert ours.safe


def test_rates_of_hidden_counts_beside_public_population(counts):
    people = pd.Series(np.linspace(35_000, 110_000, 14), index=BOROUGHS)
    release = Release().add_table("t", counts, totals="none")
    assert audit(suppress_primary(release, dfe_cin)).safe  # safe without the rates
    release = release.add_derived("r", "t", Rate(denominator=people))
    attacked = audit(suppress_primary(release, dfe_cin, figures="exact"))
    small = int(((counts >= 1) & (counts <= 5)).to_numpy().sum())
    assert n_exact(attacked) == small > 0
    ours = protect(release, dfe_cin, key="k")
    assert audit(ours).safe
    assert (ours.to_frame("r") == "[c]").to_numpy().sum() == small


def test_percentages_of_a_published_total(counts):
    exact_totals = threshold(6)
    release = Release().add_table("t", counts, totals="columns")
    release = release.add_derived("p", "t", Percentage(of="column"))
    without = audit(suppress_primary(release, exact_totals))
    attacked = audit(suppress_primary(release, exact_totals, figures="exact"))
    small = int(((counts >= 1) & (counts <= 5)).to_numpy().sum())
    assert n_exact(without) < n_exact(attacked) == small
    ours = protect(release, exact_totals, key="k")
    assert audit(ours).safe
    assert n_exact(audit(ours)) == 0


def test_percentages_of_a_rounded_total_betray_it():
    # 8 in a total printed 50 (45 to 54): 17.0 % can only be 8 of 47
    frame = pd.DataFrame([[8, 3, 36]], index=["A"], columns=list("xyz"))
    release = Release().add_table("t", frame).add_derived("p", "t", Percentage())
    attacked = audit(suppress_primary(release, dfe_cin, figures="exact"))
    assert str(attacked.possible(("t", "A", "Total"))) == "47"
    assert str(attacked.possible(("t", "A", "y"))) == "3"
    ours = protect(release, dfe_cin, key="k")
    assert audit(ours).safe
    assert ours.to_frame("p").loc["A", "x"] == 16.0  # of the 50 that is printed
    assert str(audit(ours).possible(("t", "A", "Total"))) == "45 to 54"


def test_independent_rounding():
    # To the nearest 5: 2, 7, 12, 17 -> 0, 5, 10, 15, their total 38 -> 40 (38 to 42).
    # Four figures, each at most 2 above what is printed, reach 38 in one way only.
    nearest_5 = Profile(
        name="independent", hidden_up_to=0, round_cells_to=5, round_row_totals_to=5
    )
    frame = pd.DataFrame([[2, 7, 12, 17]], index=["A"], columns=list("wxyz"))
    release = Release().add_table("t", frame)
    attacked = audit(suppress_primary(release, nearest_5))
    for column, count in zip("wxyz", (2, 7, 12, 17), strict=True):
        assert str(attacked.possible(("t", "A", column))) == str(count)
    ours = protect(release, strict, key="k")
    assert audit(ours).safe
    assert not audit(ours).possible(("t", "A", "w")).is_exact


def test_labels_that_tell_primary_from_secondary():
    frame = pd.DataFrame([[1, 7, 9]], index=["A"], columns=list("xyz"))
    release, rule = Release().add_table("t", frame), threshold(6)
    one_label = protect(release, rule, key="k")
    assert audit(one_label).safe
    told = {Cell("t", "A", "x"): (1, 5), Cell("t", "A", "y"): (6, 10**5)}
    assert not audit(one_label, known=told).safe


def test_an_attacker_who_knows_a_neighbour(release):
    # not promised by `protect` yet: the audit says what such a one would learn
    public = protect(release, threshold(6), key="k")
    value = release.tables[0].values()
    hidden = sorted(public.hidden)
    known = {cell: value[cell] for cell in hidden[1:]}
    found = audit(public, known=known)
    assert found.possible(hidden[0]).is_exact
    assert audit(public).safe


def test_a_chart_of_exact_counts_is_read_back_from_its_path(counts):
    # the label of a hidden point is removed, its place in the path is not
    release = Release().add_table("t", counts, totals="none")
    release = release.add_derived("chart", "t", Marks(per_unit=-7.25, start=400.0))

    def path(public):
        heights = public.to_frame("chart").to_numpy().ravel()
        return "M " + " L ".join(f"{40 * i} {y}" for i, y in enumerate(heights))

    naive = suppress_primary(release, threshold(6), figures="exact")
    heights = re.findall(r"\d+ (\d+\.\d+)", path(naive))
    read = [(400 - float(y)) / 7.25 for y in heights]
    assert np.allclose(read, counts.to_numpy().ravel(), atol=1e-3)
    small = int(((counts >= 1) & (counts <= 5)).to_numpy().sum())
    assert n_exact(audit(naive)) == small > 0
    ours = protect(release, threshold(6), key="k")
    assert path(ours).count("[c]") == small
    assert audit(ours).safe


def test_a_survival_curve_beside_numbers_at_risk():
    # the first drop is 1 - 0.925 = 0.075, and 0.075 * 40 = 3
    grid = {"events": [3, 9, 7], "at risk": [40, 31, 20]}
    steps = pd.DataFrame(grid, index=["month 8", "month 14", "month 20"])
    release = Release().add_table("t", steps, totals="none")
    release = release.add_derived("curve", "t", SurvivalSteps())
    naive = suppress_primary(release, threshold(6), figures="exact")
    first = naive.to_frame("curve").loc["month 8", "survival"]
    assert round((1 - first) * 40) == 3
    attacked = audit(naive)
    assert str(attacked.possible(("t", "month 8", "events"))) == "3"
    assert not attacked.safe
    ours = protect(release, threshold(6), key="k")
    assert audit(ours).safe
    assert ours.to_frame("curve").loc["month 8", "survival"] == "[c]"


def test_a_later_drop_is_read_off_two_steps():
    # 31/40 = 0.775, then 0.775 * 27/31 = 0.675: the quotient is 27/31, so 4 of 31
    grid = {"events": [9, 4], "at risk": [40, 31]}
    steps = pd.DataFrame(grid, index=["month 8", "month 14"])
    release = Release().add_table("t", steps, totals="none")
    release = release.add_derived("curve", "t", SurvivalSteps())
    attacked = audit(suppress_primary(release, threshold(6), figures="exact"))
    assert str(attacked.possible(("t", "month 14", "events"))) == "4"
    assert audit(protect(release, threshold(6), key="k")).safe


def test_changes_between_years_give_away_the_smaller(counts):
    release = Release().add_table("t", counts, totals="none")
    how = Difference(from_column="2010", to_column="2011")
    release = release.add_derived("changes", "t", how)
    attacked = audit(suppress_primary(release, threshold(6), figures="exact"))
    pairs = counts[["2010", "2011"]]
    hidden = (pairs >= 1) & (pairs <= 5)
    assert n_exact(attacked) >= int((hidden.sum(axis=1) == 1).sum()) > 0
    assert audit(protect(release, threshold(6), key="k")).safe


def test_a_sentence_that_says_what_the_table_hides(counts):
    is_small = (counts >= 1) & (counts <= 5)
    borough = is_small.any(axis=1).idxmax()
    year = is_small.loc[borough].idxmax()
    release = Release().add_table("t", counts, totals="none")
    template = f"{borough}: {{n}} in {year}."
    how = Sentence(template=template, slots={"n": (borough, year)})
    release = release.add_derived("text", "t", how)
    attacked = audit(suppress_primary(release, threshold(6), figures="exact"))
    assert attacked.possible(("t", borough, year)).is_exact
    ours = protect(release, threshold(6), key="k")
    assert ours.to_frame("text").loc["text", "text"] == f"{borough}: [c] in {year}."
    assert audit(ours).safe


def test_a_limit_of_a_hidden_count_gives_it_away():
    def byar_upper(count):  # upper 95 % limit of a count
        root = 1 - 1 / (9 * (count + 1)) + 1.96 / (3 * (count + 1) ** 0.5)
        return (count + 1) * root**3

    frame = pd.DataFrame([[3, 9, 8]], index=BOROUGHS[:1], columns=YEARS[:3])
    release = Release().add_table("t", frame)
    release = release.add_derived("upper", "t", Statistic(compute=byar_upper))
    secondary = [Cell("t", BOROUGHS[0], YEARS[1])]
    rule = threshold(6)
    attacked = audit(suppress_primary(release, rule, also=secondary, figures="exact"))
    assert attacked.possible(("t", BOROUGHS[0], YEARS[0])).is_exact
    assert audit(suppress_primary(release, rule, also=secondary)).safe
    ours = protect(release, rule, key="k")
    assert ours.to_frame("upper").loc[BOROUGHS[0], YEARS[0]] == "[c]"
    assert audit(ours).safe


def test_quarters_first_and_the_year_in_a_later_edition():
    # The years alone are all shown. Whoever kept the quarters works out each hidden one
    # from its year, so what earlier editions showed must bound the search as well: it
    # once took hours where each borough's year is a question of its own.
    rng = np.random.default_rng(41)
    quarters = [f"2010 Q{q}" for q in (1, 2, 3, 4)]
    frame = pd.DataFrame(rng.poisson(8, (14, 4)), index=BOROUGHS, columns=quarters)
    rule = threshold(6)
    then = protect(Release().add_table("q", frame, totals="none"), rule, key="k")
    assert audit(then).safe
    background = Release().add_table("q", frame, totals="none", published=False)
    years = background.add_sums("y", "q", columns={"2010": quarters}, totals="none")
    alone = protect(years, rule, key="k")
    assert audit(alone).safe  # as long as nobody has kept the first edition
    now = years.add_edition(then)
    attacked = audit(suppress_primary(now, rule, also=alone.hidden))
    assert not attacked.safe
    assert n_exact(attacked) >= 1
    ours = protect(now, rule, key="k")
    assert audit(ours).safe
    is_small = (frame >= 1) & (frame <= 5)
    hidden = ours.to_frame("y")["2010"] == "[c]"
    assert hidden[is_small.sum(axis=1) == 1].all()
    assert not hidden[is_small.sum(axis=1) == 0].any()
