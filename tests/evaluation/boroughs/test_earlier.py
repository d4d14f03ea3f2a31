"""Earlier editions: readers still have them, so both are one release."""

import json
from dataclasses import replace

import pytest

from steps_analysis.disclosure import TOTAL
from steps_analysis.errors import DataError, DisclosureError
from steps_analysis.evaluation.boroughs import borough_release
from steps_analysis.evaluation.boroughs.earlier import read_earlier


def without(trial, after):
    """The trial as it was before a day."""
    kept = trial.referrals[trial.referrals["referral_date"] < after]
    return replace(trial, referrals=kept)


@pytest.fixture(scope="module")
def trial(made):
    counts = {
        "East": {2012: 7, 2013: 3, 2014: 9, 2015: 8},
        "North": {2012: 16, 2013: 12, 2014: 21, 2015: 9},
        "South": {2012: 12, 2013: 31, 2014: 14, 2015: 17},
        "West": {2012: 4, 2013: 25, 2014: 12, 2015: 13},
    }
    return made(counts)


@pytest.fixture(scope="module")
def first(trial):
    return borough_release(without(trial, "2015-04-01"))


def said(found):
    return json.loads(found.release.to_json())


def test_a_second_edition_is_safe_beside_the_first(trial, first):
    second = borough_release(trial, earlier=[said(first)])
    assert second.audit.safe
    assert [edition.name for edition in second.release.editions] == ["edition 1"]
    assert second.years == (*first.years, "2015/16")


def test_what_was_hidden_then_is_not_shown_now(trial, first):
    second = borough_release(trial, earlier=[said(first)])
    columns = set(first.published) & set(second.published) - {TOTAL}
    assert columns
    hidden = (first.published[list(columns)] == "[c]").stack()
    now = second.published[list(columns)].stack()
    assert hidden.any()
    assert (now[hidden[hidden].index] == "[c]").all()


def test_columns_of_other_widths_are_compared_year_by_year(trial, first):
    # The first edition again, as if its years had been published in one column.
    table = first.published.drop(columns=TOTAL)
    assert list(table) == ["2012/13", "2013/14", "2014/15"]
    wide = said(first)
    sites = wide["tables"][0]
    wide["tables"], wide["links"] = [sites], []
    sites |= {
        "columns": ["2012/13 to 2014/15"],
        "row_totals": False,
        "values": [row[-1:] for row in sites["values"]],
    }
    second = borough_release(trial, earlier=[wide])
    assert second.audit.safe
    assert "referrals by year" in second.release.names


def test_years_counted_in_part_are_refused(trial, first):
    wide = said(first)
    wide["tables"][0]["columns"][0] = "2011/12 to 2012/13"
    with pytest.raises(DisclosureError, match="`years` must cover whole columns"):
        borough_release(trial, earlier=[wide])


@pytest.mark.parametrize("text", [None, "", "[]", "{}", '{"tables": 3}'])
def test_a_folder_that_is_no_edition_is_refused(tmp_path, text):
    if text is not None:
        (tmp_path / "release.json").write_text(text)
    with pytest.raises(DataError, match="`--previous` must be the folder of an"):
        read_earlier(tmp_path)


def test_an_edition_that_was_written_can_be_read(tmp_path, first):
    (tmp_path / "release.json").write_text(first.release.to_json())
    assert read_earlier(tmp_path) == said(first)
