"""The monitoring report: complete, internal, and blind to the arms."""

import re
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from steps_analysis.errors import ArgumentError, DisclosureError
from steps_analysis.evaluation.monitoring import (
    SCREENING,
    STAYS_INSIDE,
    VISITS,
    WAITS,
    monitoring,
    not_monitored,
)
from steps_analysis.pathway import data_queries, retention, visit_schedule
from steps_analysis.protocol import load_protocol
from steps_analysis.reporting import Table, check_release, report_files
from steps_analysis.trial_data import ROLE_TABLES, STAMP, TrialData, read_trial

ALL = ["about", "screening", "visits", "retention", "queries", "waits", "log"]
MARK = "Internal: for the trial's own staff"
RETAINED = ("retention", "retention-by-site")


@pytest.fixture(scope="module")
def assistant(folder):
    return read_trial(folder, role="research_assistant")


def slugs(document):
    return [section.slug for section in document.sections]


def table(document, name):
    return next(
        block
        for section in document.sections
        for block in section.blocks
        if isinstance(block, Table) and block.name == name
    )


def page_of(document):
    return report_files(document)["index.html"].decode()


def test_every_section_is_there(assistant):
    document = monitoring(assistant)
    assert slugs(document) == ALL
    assert not_monitored(assistant) == {}
    assert "Left out" not in page_of(document)


def test_the_numbers_are_those_of_the_sciences(assistant):
    on = date(2015, 11, 30)
    document = monitoring(assistant, on=on)
    visits = visit_schedule(assistant, on=on)
    states = table(document, "visits-by-state")
    assert sum(sum(row[1:]) for row in states.rows) == len(visits)
    listed = table(document, "visits-open")
    assert len(listed.rows) == visits["state"].isin(["due", "overdue"]).sum()
    counted = retention(assistant, on=on)
    rows = table(document, "retention-by-site").rows
    assert [row[0] for row in rows[:-1]] == sorted(counted["site"][:-1])
    assert rows[-1][0] == "All boroughs"
    assert [row[1:6] for row in rows] == [
        tuple(row) for row in counted.drop(columns="site").to_numpy().tolist()
    ]
    kinds = table(document, "queries-by-kind")
    assert sum(row[-1] for row in kinds.rows) == len(data_queries(assistant))


def test_retention_has_wilson_intervals(assistant):
    """The score interval, written out."""
    share = table(monitoring(assistant), "retention").rows[-1][-1]
    counted = retention(assistant).iloc[-1]
    n, p, z = counted["reached"], counted["seen"] / counted["reached"], 1.959964
    middle = p + z**2 / (2 * n)
    half = z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    ends = np.array([middle - half, middle + half]) / (1 + z**2 / n)
    assert 0 < p < 1
    assert share.value == p
    assert np.allclose([share.lower, share.upper], ends, atol=1e-6)


def test_those_retained_are_called_what_the_protocol_calls_them(assistant):
    protocol = assistant.protocol
    patients = replace(protocol.trial, unit="patient", unit_label="patients")
    other = replace(assistant, protocol=replace(protocol, trial=patients))
    document = monitoring(other)
    (section,) = [one for one in document.sections if one.slug == "retention"]
    assert "families" not in section.blocks[0].text
    captions = [table(document, name).caption for name in RETAINED]
    assert captions == [
        "Patients retained at each visit",
        "Patients retained at 20 months",
    ]


def test_before_anybody_is_due_retention_says_why(assistant):
    share = table(monitoring(assistant, on=date(2014, 6, 1)), "retention").rows[-1][-1]
    assert share.not_estimable


def test_screening_counts_add_up(assistant):
    document = monitoring(assistant)
    rows = dict(table(document, "screening").rows)
    assert rows.pop("All") == sum(rows.values()) == len(assistant.screening)
    stopped = rows.pop("Randomised")
    reasons = table(document, "screening-reasons").rows
    assert sum(row[-1] for row in reasons) == sum(rows.values())
    routes = table(document, "screening-routes").rows
    assert sum(row[-1] for row in routes) == sum(rows.values())
    assert stopped == len(assistant.participants)
    assert ("Not eligible", "age outside 10 to 17") in {row[:2] for row in reasons}
    assert len(table(document, "screening-log").rows) == len(assistant.screening)


def test_the_page_and_every_table_say_that_it_is_internal(assistant):
    document = monitoring(assistant)
    assert document.edition == "internal"
    assert STAYS_INSIDE in page_of(document).replace("&#39;", "'")
    for path, content in report_files(document).items():
        if path.endswith(".csv"):
            lines = content.decode().splitlines()
            assert all(f"{MARK}. {STAMP}" in line for line in lines[1:])
    with pytest.raises(DisclosureError, match="carry a safe disclosure audit"):
        check_release(replace(document, edition="public"))


def test_real_data_carry_the_mark_and_no_synthetic_stamp(assistant):
    page = page_of(monitoring(replace(assistant, provenance="real")))
    assert MARK in page.replace("&#39;", "'")
    assert "Synthetic" not in page


# Masking.


@pytest.mark.parametrize("role", ["statistician", "masked_statistician"])
def test_no_arm_is_read_whatever_the_role(folder, assistant, role):
    trial = replace(read_trial(folder, role=role), role="research_assistant")
    files = report_files(monitoring(trial))
    assert files == report_files(monitoring(assistant))
    for path, content in files.items():
        if path.endswith((".html", ".csv")):
            assert not re.search(r"\bMAU\b|MST-PSB", content.decode()), path


def test_permuting_the_arms_changes_no_byte(folder):
    trial = read_trial(folder)
    rng = np.random.default_rng(4)
    shuffled = {}
    for name in ("allocation", "treatment", "costs"):
        frame = getattr(trial, name).copy()
        columns = [column for column in frame if column != "participant_id"]
        order = rng.permutation(len(frame))
        frame[columns] = frame[columns].to_numpy()[order]
        shuffled[name] = frame
    assert not shuffled["allocation"].equals(trial.allocation)
    one, other = monitoring(trial), monitoring(replace(trial, **shuffled))
    assert report_files(one) == report_files(other)


# Edges: absent, closed and empty.


def test_a_commissioner_sees_screening_and_waits_only(folder):
    trial = read_trial(folder, role="commissioner")
    assert slugs(monitoring(trial)) == ["about", "screening", "queries", "waits", "log"]
    assert not_monitored(trial) == {VISITS: "participants.csv is closed to this role"}


@pytest.mark.parametrize(
    ("absent", "part", "why"),
    [
        ("screening", SCREENING, "screening.csv is absent"),
        ("visits", VISITS, "visits.csv is absent"),
        ("referrals", WAITS, "referrals.csv is absent"),
    ],
)
def test_what_is_absent_is_said(assistant, absent, part, why):
    bare = replace(assistant, **{absent: None})
    assert not_monitored(bare) == {part: why}
    page = page_of(monitoring(bare))
    assert f"<li>{part}: {why}.</li>" in page
    assert "What could not be asked" in page


@pytest.mark.parametrize(
    ("changed", "part", "why"),
    [
        ("forum", WAITS, "the protocol does not say how a forum works"),
        ("months", VISITS, "the protocol plans no visits"),
        ("dates", VISITS, "visits.csv has no completed_date"),
        ("sites", WAITS, "no site has a forum"),
    ],
)
def test_what_the_trial_does_not_have_is_said(assistant, changed, part, why):
    protocol = assistant.protocol
    plan = replace(protocol.visits, months=())
    bare = {
        "forum": replace(assistant, protocol=replace(protocol, forum=None)),
        "months": replace(assistant, protocol=replace(protocol, visits=plan)),
        "dates": replace(
            assistant, visits=assistant.visits.drop(columns="completed_date")
        ),
        "sites": replace(assistant, sites=assistant.sites[["site"]], forum=None),
    }[changed]
    assert not_monitored(bare) == {part: why}
    assert f"<li>{part}: {why}.</li>" in page_of(monitoring(bare))


def test_empty_tables_give_a_report(assistant):
    empty = {
        name: frame.iloc[:0]
        for name, frame in assistant.tables()
        if name not in ("sites", "participants")
    }
    document = monitoring(replace(assistant, **empty))
    assert slugs(document) == ALL
    assert "No referral has been screened." in page_of(document)


def test_nothing_at_all_gives_a_report():
    bare = TrialData(
        protocol=load_protocol(), extract_date=date(2015, 1, 1), provenance="unknown"
    )
    assert slugs(monitoring(bare)) == ["about", "queries"]


def test_nobody_randomised_yet_gives_a_report(assistant):
    document = monitoring(assistant, on=date(2013, 12, 2))
    assert slugs(document) == ALL
    assert table(document, "retention").rows[0][1] == 0


def test_unknown_reasons_are_said(assistant):
    screening = assistant.screening.assign(reason=None, decline_reason=None, route=None)
    document = monitoring(replace(assistant, screening=screening))
    reasons = table(document, "screening-reasons").rows
    assert {row[1] for row in reasons} == {"not recorded"}


@pytest.mark.parametrize("role", ROLE_TABLES)
def test_every_role_gets_a_report(folder, role):
    assert "about" in slugs(monitoring(read_trial(folder, role=role)))


# Errors.


def test_a_day_after_the_records_end_is_refused(assistant):
    with pytest.raises(ArgumentError, match="`on` must lie between"):
        monitoring(assistant, on=date(2030, 1, 1))


def test_synthetic_data_may_not_name_a_real_place(assistant):
    sites = replace(assistant.protocol.sites, names=("Southwark", "Camden"))
    protocol = replace(assistant.protocol, sites=sites)
    with pytest.raises(DisclosureError, match=r"`sites\.names` must name no real"):
        monitoring(replace(assistant, protocol=protocol))
