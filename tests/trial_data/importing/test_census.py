"""The children in need census: referrals, closures, and what is never read."""

from __future__ import annotations

from datetime import date

import pytest

from steps_analysis.errors import DataError
from steps_analysis.trial_data.importing import (
    add_events,
    census_events,
    census_referrals,
    write_returns,
)
from steps_analysis.trial_data.importing.census import SOURCES
from steps_analysis.trial_data.importing.census_file import _Reader

KEY = "child,participant_id\n7001,kid-1\n7002,kid-2\n"
ZERO = {"kid-1": date(2014, 3, 20), "kid-2": date(2014, 3, 20)}
EXTRACT = date(2016, 6, 30)


def case(referred, closed="", source="6"):
    return (
        f"<CINdetails>\n<CINreferralDate>{referred}</CINreferralDate>"
        f"<ReferralSource>{source}</ReferralSource>"
        f"<CINclosureDate>{closed}</CINclosureDate>"
        "<Assessments><AssessmentActualStartDate>2015-01-01</AssessmentActualStartDate>"
        "</Assessments></CINdetails>\n"
    )


def child(identifier, *cases):
    return (
        f"<Child><ChildIdentifiers><LAchildID>{identifier}</LAchildID>"
        "<UPN>A123456789012</UPN><PersonBirthDate>2001-02-03</PersonBirthDate>"
        f"</ChildIdentifiers>\n{''.join(cases)}</Child>\n"
    )


@pytest.fixture
def returned(tmp_path):
    """Write census files and a key, and read them."""

    def read(*files):
        (tmp_path / "key.csv").write_text(KEY)
        paths = []
        for number, children in enumerate(files):
            text = f"<Message><Children>\n{children}</Children></Message>"
            paths.append(tmp_path / f"cin_{number}.xml")
            paths[-1].write_text(text)
        return census_referrals(paths, tmp_path / "key.csv")

    return read


def events(referrals, **options):
    sources = census_events(referrals, ZERO, extract_date=EXTRACT, **options)
    return [
        row
        for source in sources
        for row in zip(*(source.raw.columns[i] for i in (0, 1, 2)), strict=True)
    ]


# ---- by hand -----------------------------------------------------------------------
#
#   kid-1   referred before (closed after randomisation), on the day, and a year later
#   kid-2   referred after the extract date


def test_events_by_hand(returned):
    referrals, problems = returned(
        child(
            7001,
            case("2014-01-10", "2014-11-03"),
            case("2014-03-20"),
            case("2015-03-01", "2015-04-01"),
        )
        + child(7002, case("2016-07-01"))
        + child(9999, case("not a date"))
    )
    assert problems == []
    assert events(referrals) == [
        ("kid-1", "case_closed", "2014-11-03"),
        ("kid-1", "re_referral", "2015-03-01"),
        ("kid-1", "case_closed", "2015-04-01"),
    ]
    assert events(referrals, kinds=["re_referral"]) == [
        ("kid-1", "re_referral", "2015-03-01")
    ]


def test_two_years_files_give_an_open_case_its_closure(returned):
    year_one = child(7001, case("2015-03-01"))
    year_two = child(7001, case("2015-03-01", "2015-04-01"))
    for files in ((year_one, year_two), (year_two, year_one)):
        (referral,), _ = returned(*files)
        assert referral.closed == date(2015, 4, 1)


@pytest.mark.parametrize(
    ("code", "source"),
    [
        ("1A", "family"),
        ("1D", "other"),
        ("2B", "school"),
        ("3F", "health"),
        ("5A", "social_care"),
        ("6", "police"),
        ("10", "other"),
        ("99", None),
    ],
)
def test_sources_are_mapped_and_an_unknown_code_is_missing(returned, code, source):
    (referral,), _ = returned(child(7001, case("2015-03-01", source=code)))
    assert referral.source == source


def test_every_source_is_a_code_of_the_contract(toy):
    from steps_analysis.trial_data import contract_for

    (rule,) = (r for r in contract_for(toy.protocol) if r.name == "referrals")
    assert set(SOURCES.values()) <= set(rule.field("source").codes)


def test_a_prefix_of_a_namespace_makes_no_difference(tmp_path):
    (tmp_path / "key.csv").write_text(KEY)
    text = "<Message>" + child(7001, case("2015-03-01")) + "</Message>"
    text = text.replace("</", "</c:").replace("<", "<c:").replace("<c:/c:", "</c:")
    text = text.replace("<c:Message>", '<c:Message xmlns:c="urn:x">')
    (tmp_path / "cin.xml").write_text(text)
    found, problems = census_referrals([tmp_path / "cin.xml"], tmp_path / "key.csv")
    assert (len(found), problems) == (1, [])


def test_dates_of_birth_and_pupil_numbers_pass_by_unread():
    reader = _Reader()
    reader.parser.Parse("<Children>" + child(7001, case("2015-03-01")), False)
    kept = repr([reader.cases, reader._child, reader._open])
    assert "2015-03-01" in kept
    assert "2001-02-03" not in kept
    assert "A123456789012" not in kept


# ---- errors ------------------------------------------------------------------------


def test_a_wrong_date_is_told_by_line_and_not_shown(returned):
    _, problems = returned(child(7001, case("tok3n", "01/02/2015")))
    said = "\n".join(map(str, problems))
    assert "cin_0.xml:3: `CINreferralDate` must be a date written year-month" in said
    assert "cin_0.xml:3: `CINclosureDate` must be" in said
    assert "tok3n" not in said
    assert "7001" not in said


@pytest.mark.parametrize(
    "text",
    [
        "not xml",
        "<Message><Children>",
        '<!DOCTYPE m [<!ENTITY a "aaaa">]><Message>&a;</Message>',
        "",
    ],
)
def test_what_is_no_census_is_refused(tmp_path, text):
    (tmp_path / "key.csv").write_text(KEY)
    (tmp_path / "cin.xml").write_text(text)
    with pytest.raises(DataError, match=r"cin\.xml:\d+: `return` must be XML"):
        census_referrals([tmp_path / "cin.xml"], tmp_path / "key.csv")


def test_a_file_that_is_not_there_is_refused(tmp_path):
    (tmp_path / "key.csv").write_text(KEY)
    with pytest.raises(DataError, match="must be a census file that can be read"):
        census_referrals([tmp_path / "cin.xml"], tmp_path / "key.csv")


# ---- there and back ----------------------------------------------------------------


def test_the_synthetic_cases_survive_the_census(achieved, achieved_folder, tmp_path):
    write_returns(achieved, tmp_path / "returns")
    files = [tmp_path / "returns" / "cin_census.xml"]
    referrals, problems = census_referrals(files, tmp_path / "returns" / "key.csv")
    dates = achieved.participants.set_index("participant_id")["randomisation_date"]
    cutoff = achieved.extract_date
    trial = add_events(
        census_events(referrals, dates.dt.date.to_dict(), extract_date=cutoff),
        achieved_folder,
        kinds=["re_referral", "case_closed"],
        complete_to=cutoff,
        provenance="synthetic",
        replacing=True,
        problems=problems,
    )
    columns = ["participant_id", "event", "event_date"]
    one, two = (
        t.events[columns].sort_values(columns, ignore_index=True)
        for t in (achieved, trial)
    )
    assert one.equals(two)
