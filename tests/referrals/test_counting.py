"""Volumes of referrals, and the person-years they arose in."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.referrals import exposure, rate, rates, volumes
from steps_analysis.referrals.periods import period_starts, period_table

PERIODS = ("month", "quarter", "year", "financial_year")
QUICK = settings(max_examples=50, deadline=None)


@dataclass(frozen=True)
class Tables:
    """The tables of a trial, as `TrialData` holds them."""

    referrals: pd.DataFrame | None
    screening: pd.DataFrame | None
    sites: pd.DataFrame | None
    extract_date: date = date(2016, 5, 31)


def sites():
    return pd.DataFrame(
        {
            "site": ["Southwark", "Borough B", "Borough A"],
            "ring": ["inner", "outer", "inner"],
            "population_10_17": pd.array([22_500, 30_000, 10_000], dtype="Int64"),
        }
    )


def trial(rows=None, **changes):
    """Six referrals, none in Borough B, the last of them not screened."""
    rows = rows or [
        ("r1", "Southwark", "2014-01-31", "school"),
        ("r2", "Southwark", "2014-02-01", "police"),
        ("r3", "Southwark", "2014-02-28", "school"),
        ("r4", "Borough A", "2014-04-01", None),
        ("r5", "Borough A", "2014-12-31", "school"),
        ("r6", "Southwark", "2015-03-31", "police"),
    ]
    referrals = pd.DataFrame(
        rows, columns=["referral_id", "site", "referral_date", "source"]
    ).astype({"referral_date": "datetime64[ns]"})
    referrals["family_id"] = referrals["referral_id"].str.replace("r", "f")
    screening = pd.DataFrame(
        {
            "referral_id": ["r5", "r4", "r3", "r2", "r1"],
            "eligible": pd.array([True, True, False, True, False], dtype="boolean"),
            "screened_date": pd.Timestamp("2015-06-01"),
        }
    )
    tables = {"referrals": referrals, "screening": screening, "sites": sites()}
    return Tables(**(tables | changes))


def lines(table, *names):
    return list(table[list(names)].itertuples(index=False, name=None))


# By hand


def test_financial_years_by_site():
    table = volumes(trial(), by="site", period="financial_year")
    assert lines(table, "period", "site", "referrals") == [
        ("2013/14", "Borough A", 0),
        ("2013/14", "Borough B", 0),
        ("2013/14", "Southwark", 3),
        ("2014/15", "Borough A", 2),
        ("2014/15", "Borough B", 0),
        ("2014/15", "Southwark", 1),
    ]
    assert table["referrals"].dtype == np.int64
    assert set(table["period_start"]) == {
        pd.Timestamp("2013-04-01"),
        pd.Timestamp("2014-04-01"),
    }


def test_quarters_in_all():
    table = volumes(trial(), by=(), period="quarter")
    assert lines(table, "period", "referrals") == [
        ("2014 Q1", 3),
        ("2014 Q2", 1),
        ("2014 Q3", 0),
        ("2014 Q4", 1),
        ("2015 Q1", 1),
    ]


def test_empty_months_are_kept():
    table = volumes(trial(), by=(), period="month")
    assert list(table["period"][:4]) == ["2014-01", "2014-02", "2014-03", "2014-04"]
    assert list(table["referrals"]) == [1, 2, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1]


def test_sources_with_one_not_recorded():
    table = volumes(trial(), by=["source"], period="year")
    assert lines(table, "period", "source", "referrals") == [
        ("2014", "police", 1),
        ("2014", "school", 3),
        ("2014", "not recorded", 1),
        ("2015", "police", 1),
        ("2015", "school", 0),
        ("2015", "not recorded", 0),
    ]


def test_eligibility_comes_from_the_screening_log():
    table = volumes(trial(), by=("eligible",), period="year")
    counts = table.groupby("eligible")["referrals"].sum()
    assert counts.to_dict() == {"no": 2, "yes": 3, "not recorded": 1}


def test_every_site_keeps_its_own_ring():
    table = volumes(trial(), by=("ring", "site"), period="year")
    assert lines(table.iloc[:3], "ring", "site", "referrals") == [
        ("inner", "Borough A", 2),
        ("inner", "Southwark", 3),
        ("outer", "Borough B", 0),
    ]
    assert len(table) == 6


def test_person_years_are_days_times_population():
    # January 2014 to March 2015 hold 90 and 365 days of the two financial years.
    table = exposure(trial(), by="site", period="financial_year")
    expected = [
        days / 365.25 * population
        for days in (90, 365)
        for population in (10_000, 30_000, 22_500)
    ]
    assert list(table["person_years"]) == pytest.approx(expected)
    assert list(table["site"][:3]) == ["Borough A", "Borough B", "Southwark"]


def test_person_years_by_ring_and_in_all():
    ring = exposure(trial(), by="ring", period="year", end="2014-12-31")
    assert lines(ring, "period", "ring") == [("2014", "inner"), ("2014", "outer")]
    assert list(ring["person_years"]) == pytest.approx(
        [365 / 365.25 * 32_500, 365 / 365.25 * 30_000]
    )
    whole = exposure(trial(), by=(), period="year", end="2014-12-31")
    assert list(whole["person_years"]) == pytest.approx([365 / 365.25 * 62_500])


def test_counts_and_person_years_merge_into_rates():
    table = volumes(trial(), by=("site", "source"), period="year")
    joined = table.groupby(["period", "site"], as_index=False)["referrals"].sum()
    result = rates(joined.merge(exposure(trial(), period="year")), by="site")
    assert list(result["site"]) == ["Borough A", "Borough B", "Southwark"]
    southwark = rate(4, 455 / 365.25 * 22_500)
    assert result.loc[2, ["rate", "lower", "upper"]].tolist() == pytest.approx(
        [southwark.value, southwark.lower, southwark.upper]
    )


# Edges


def test_a_stretch_can_be_given():
    table = volumes(trial(), by=(), start="2014-02-01", end=date(2014, 4, 1))
    assert lines(table, "period", "referrals") == [
        ("2014-02", 2),
        ("2014-03", 0),
        ("2014-04", 1),
    ]
    years = exposure(trial(), by=(), start="2014-02-01", end=date(2014, 4, 1))
    assert list(years["person_years"] * 365.25 / 62_500) == pytest.approx([28, 31, 1])


def test_a_referral_late_on_the_last_day_is_counted():
    rows = [("r1", "Southwark", "2014-01-31 23:59", "school")]
    table = volumes(trial(rows), by=(), end="2014-01-31")
    assert list(table["referrals"]) == [1]


def test_counting_stops_at_the_extract_date():
    cut = trial(extract_date=date(2015, 3, 10))
    years = exposure(cut, by=(), period="financial_year")
    assert years["person_years"].iloc[1] == pytest.approx((365 - 21) / 365.25 * 62_500)
    assert volumes(cut, by=())["referrals"].sum() == 5


def test_no_referral_at_all_gives_an_empty_table_or_zeros():
    none = trial(referrals=trial().referrals.iloc[:0])
    empty = volumes(none, by=("site", "source"))
    assert list(empty.columns) == [
        "period",
        "period_start",
        "site",
        "source",
        "referrals",
    ]
    assert empty.empty
    assert exposure(none).empty
    zeros = volumes(none, by="site", start="2014-01-01", end="2014-02-28")
    assert list(zeros["referrals"]) == [0] * 6


def test_a_category_without_referrals_keeps_its_row():
    data = trial().referrals
    data["source"] = pd.Categorical(data["source"], ["camhs", "police", "school"])
    table = volumes(trial(referrals=data), by="source", period="year")
    assert list(table["source"][:4]) == ["camhs", "police", "school", "not recorded"]
    assert table.loc[table["source"] == "camhs", "referrals"].tolist() == [0, 0]


def test_ages_stand_in_the_order_of_numbers():
    data = trial().referrals
    data["age_at_referral"] = pd.array([9, 10, None, 12, 10, 12], dtype="Int64")
    table = volumes(trial(referrals=data), by="age_at_referral", period="year")
    assert list(table["age_at_referral"][:4]) == ["9", "10", "12", "not recorded"]


def test_a_trial_without_a_table_of_sites_is_counted_by_the_sites_seen():
    table = volumes(trial(sites=None), by="site", period="year")
    assert list(table["site"][:2]) == ["Borough A", "Southwark"]


def test_the_tables_of_the_trial_are_left_alone():
    data = trial()
    before = data.referrals.copy(), data.sites.copy()
    volumes(data, by=("site", "ring", "eligible"))
    exposure(data, by=("site", "ring"))
    pd.testing.assert_frame_equal(data.referrals, before[0])
    pd.testing.assert_frame_equal(data.sites, before[1])


# Properties

NAMES = ["Southwark", "Borough A", "Borough B"]
REFERRALS = st.lists(
    st.tuples(
        st.sampled_from(NAMES),
        st.dates(date(2011, 12, 1), date(2016, 5, 31)),
        st.sampled_from(["school", "police", None]),
    ),
    min_size=1,
    max_size=30,
)


def drawn(rows):
    return trial(
        [
            (f"r{i}", site, str(day), source)
            for i, (site, day, source) in enumerate(rows)
        ]
    )


@QUICK
@given(REFERRALS, st.permutations(["site", "source", "eligible"]))
def test_totals_depend_neither_on_period_nor_on_groups(rows, groups):
    data = drawn(rows)
    for period in PERIODS:
        assert volumes(data, by=groups, period=period)["referrals"].sum() == len(rows)
    total = exposure(data, by=())["person_years"].sum()
    for period in PERIODS:
        for by in ("site", "ring", ("ring", "site")):
            part = exposure(data, by=by, period=period)["person_years"].sum()
            assert part == pytest.approx(total)


@QUICK
@given(REFERRALS, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(rows, random):
    data = drawn(rows)
    order = list(range(len(rows)))
    random.shuffle(order)
    other = trial(referrals=data.referrals.iloc[order], sites=sites().iloc[[2, 0, 1]])
    by = ("site", "ring", "source")
    pd.testing.assert_frame_equal(volumes(data, by=by), volumes(other, by=by))
    pd.testing.assert_frame_equal(exposure(data, by="site"), exposure(other, by="site"))


@QUICK
@given(REFERRALS, st.sampled_from(PERIODS))
def test_the_grid_is_complete_and_without_repeats(rows, period):
    table = volumes(drawn(rows), by=("site", "source"), period=period)
    keys = table[["period", "site", "source"]]
    assert not keys.duplicated().any()
    assert len(table) == keys["period"].nunique() * 3 * keys["source"].nunique()
    assert table["period"].is_monotonic_increasing


@QUICK
@given(
    st.dates(date(2011, 1, 1), date(2016, 12, 31)),
    st.integers(0, 900),
    st.sampled_from(PERIODS),
)
def test_the_days_of_all_periods_are_the_days_of_the_stretch(day, length, period):
    start = pd.Timestamp(day)
    end = start + pd.Timedelta(days=length)
    table = period_table(start, end, period)
    assert table["days"].sum() == length + 1
    assert (table["days"] > 0).all()
    assert table["period"].is_unique
    assert list(table["period"]) == sorted(table["period"])
    all_days = pd.Series(pd.date_range(start, end))
    starts = period_starts(all_days, period)
    assert starts.value_counts().sort_index().tolist() == table["days"].tolist()
    assert sorted(starts.unique()) == sorted(table["period_start"])


# Naive twin


def slow_count(data, groups, month):
    """Count one month by reading every referral, from the wording of the contract."""
    found = {}
    log = data.screening.set_index("referral_id")["eligible"].to_dict()
    ring = data.sites.set_index("site")["ring"].to_dict()
    for row in data.referrals.itertuples():
        if f"{row.referral_date:%Y-%m}" != month:
            continue
        eligible = log.get(row.referral_id)
        known = {
            "site": row.site,
            "ring": ring[row.site],
            "source": row.source or "not recorded",
            "eligible": {None: "not recorded", True: "yes", False: "no"}[eligible],
        }
        key = tuple(known[name] for name in groups)
        found[key] = found.get(key, 0) + 1
    return found


@pytest.mark.parametrize(
    "groups", [("site",), ("ring", "source"), ("eligible", "site"), ("source", "ring")]
)
def test_counts_equal_a_slow_reading(groups):
    data = trial()
    table = volumes(data, by=groups)
    for month, part in table.groupby("period"):
        some = part[part["referrals"] > 0]
        ours = {tuple(row[:-1]): row[-1] for row in lines(some, *groups, "referrals")}
        assert ours == slow_count(data, groups, month)


# Errors


def test_a_trial_without_referrals_is_refused():
    with pytest.raises(DataError, match="`referrals` must be among the trial's tables"):
        volumes(trial(referrals=None))


def test_a_trial_without_sites_has_no_person_years():
    with pytest.raises(DataError, match="`sites` must be among the trial's tables"):
        exposure(trial(sites=None))


def test_a_missing_date_is_refused():
    data = trial().referrals
    data.loc[[1, 2], "referral_date"] = pd.NaT
    with pytest.raises(DataError, match="must have no missing date, got '2 missing'"):
        volumes(trial(referrals=data))


def test_an_unknown_site_is_refused_without_its_name():
    data = trial().referrals
    data.loc[0, "site"] = "Elsewhere"
    with pytest.raises(DataError, match="`site` must be among the sites") as caught:
        volumes(trial(referrals=data))
    assert "Elsewhere" not in str(caught.value)


def test_an_unknown_group_is_refused_with_the_closest():
    with pytest.raises(ArgumentError, match=r"\nHint: did you mean 'source'"):
        volumes(trial(), by="sources")


@pytest.mark.parametrize("name", ["referral_id", "family_id", "referral_date"])
def test_a_group_of_single_children_is_refused(name):
    with pytest.raises(ArgumentError, match="`by` must be among eligible, ring, site"):
        volumes(trial(), by=name)


def test_a_repeated_group_is_refused():
    with pytest.raises(ArgumentError, match="`by` must name each column once"):
        volumes(trial(), by=("site", "site"))


def test_person_years_by_source_are_refused():
    with pytest.raises(
        ArgumentError, match=r"must be site, ring or both.*\nHint: popul"
    ):
        exposure(trial(), by="source")


def test_an_unknown_period_is_refused():
    with pytest.raises(ArgumentError, match="`period` must be one of month, quarter"):
        volumes(trial(), period="week")


def test_an_end_before_the_start_is_refused():
    with pytest.raises(ArgumentError, match="`end` must not come before the start"):
        volumes(trial(), start="2015-01-01", end="2014-01-01")
    with pytest.raises(ArgumentError, match="`end` must not come before `start`"):
        period_table(pd.Timestamp("2015-01-01"), pd.Timestamp("2014-01-01"), "year")


def test_an_end_after_the_extract_date_is_refused():
    with pytest.raises(ArgumentError, match="must not come after the extract date"):
        exposure(trial(), end="2016-06-01")


@pytest.mark.parametrize("start", ["soon", "", float("nan")])
def test_what_is_no_date_is_refused(start):
    with pytest.raises(ArgumentError, match="`start` must be a date such as"):
        volumes(trial(), start=start)


def test_unknown_populations_are_refused():
    bad = sites()
    bad.loc[0, "population_10_17"] = pd.NA
    with pytest.raises(DataError, match="for every site, got '1 of 3 that are not'"):
        exposure(trial(sites=bad))
    bad = sites().drop(columns="population_10_17")
    with pytest.raises(DataError, match=r"have a column 'population_10_17'.*\nHint"):
        exposure(trial(sites=bad))
