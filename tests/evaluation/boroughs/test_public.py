"""The public edition: what its pages say, and what they are made from."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from steps_analysis.disclosure import TOTAL, Cell
from steps_analysis.disclosure.planning import MOST_HIDDEN
from steps_analysis.estimates import Estimate
from steps_analysis.evaluation.boroughs import (
    borough_release,
    public_edition,
    write_edition,
)
from steps_analysis.evaluation.boroughs.edition import page_places, public_documents
from steps_analysis.evaluation.boroughs.reading import (
    UNCLEAR,
    positions,
    published_rate,
)
from steps_analysis.evaluation.boroughs.released import as_published
from steps_analysis.evaluation.boroughs.wording import count_in_words, place_in_words
from steps_analysis.reporting import html_page, report_files
from steps_analysis.reporting.document import exhibits
from steps_analysis.trial_data import read_trial

# One page each, and an overview


def test_an_overview_and_a_page_for_each_site(edition, drawn):
    places = page_places(sorted(drawn.sites["site"]))
    assert list(edition.documents) == ["", *places.values()]
    assert list(edition.documents[""].related) == list(places)
    assert all(d.edition == "public" for d in edition.documents.values())
    assert all(d.stamp == drawn.stamp for d in edition.documents.values())


def test_links_lead_from_page_to_page(edition, tmp_path):
    folder = write_edition(edition, tmp_path / "out")
    for page in folder.rglob("index.html"):
        for link in re.findall(r'href="([^"#]+)"', page.read_text()):
            assert (page.parent / link).is_file(), (page, link)


def test_every_table_and_figure_carries_the_one_audit(edition):
    for document in edition.documents.values():
        assert exhibits(document)
        for block in exhibits(document):
            assert block.breakdown == "site"
            assert block.audit is edition.found.audit
    assert edition.found.audit.safe


def test_no_table_hides_more_than_a_third(found):
    for name in found.release.names:
        table = found.release.to_frame(name).drop(index=TOTAL, errors="ignore")
        inner = table.drop(columns=TOTAL, errors="ignore").to_numpy()
        assert (inner == "[c]").mean() <= MOST_HIDDEN


def test_the_pages_are_made_without_the_records(edition, drawn):
    blind = replace(drawn, referrals=None, sites=None, screening=None, forum=None)
    again = public_documents(blind, edition.found)
    assert {k: html_page(d) for k, d in again.items()} == {
        k: html_page(d) for k, d in edition.documents.items()
    }


def test_nothing_says_how_many_of_the_hidden_are_small(edition):
    small = sum(one.is_primary for one in edition.found.audit.found)
    hidden = sum(one.state == "hidden" for one in edition.found.audit.found)
    assert small != hidden
    for document in edition.documents.values():
        text = html_page(document)
        assert f"{small} small" not in text
        assert "more than a third" in text or edition.found.why == ()


# Words


def test_a_hidden_count_is_too_few_to_say(found, drawn):
    hidden = next(
        (site, one.label)
        for site in found.population.index
        for one in found.stretches
        if found.known(site, one.label) is None
    )
    assert count_in_words(found, *hidden) == "too few to say how many"
    assert str(published_rate(found, *hidden)) == "[c]"


def test_every_high_flag_stands_beside_better_identification(found, drawn):
    for site in found.population.index:
        for place in ("above 95%", "above 99.8%", UNCLEAR):
            words = place_in_words(found, site, {site: place}, drawn.protocol)
            assert "More referrals may mean better identification." in words
        low = place_in_words(found, site, {site: "below 95%"}, drawn.protocol)
        assert "need not mean less harm" in low


def test_no_page_ranks(edition):
    for document in edition.documents.values():
        text = html_page(document).lower()
        for word in ("highest", "lowest", "worst", "best ", "league", "top "):
            assert word not in text
        assert re.search(r"\brank(ed|ing)?\b", text) is None or "not ranked" in text


# Rates


def test_a_rate_of_an_exact_count_is_that_of_the_published_number(found):
    site, column = next(
        (site, one.label)
        for site in found.population.index
        for one in found.stretches
        if found.known(site, one.label) is not None
    )
    years = next(s.years for s in found.stretches if s.label == column)
    n = found.printed("referrals", site, column)
    by_hand = n / (found.population[site] * years) * 10_000
    assert published_rate(found, site, column).value == pytest.approx(by_hand)


def test_rounding_widens_a_rate_and_never_moves_it_out(found):
    # A total printed 10 that may be 6 to 14: limits from both ends.
    widened = 0
    for site in found.population.index:
        known = found.known(site, found.whole)
        if known is None:
            continue
        given = published_rate(found, site, found.whole)
        assert isinstance(given, Estimate)
        people = found.population[site] * found.length
        assert known.least / people * 1e4 >= given.lower
        assert known.greatest / people * 1e4 <= given.upper
        widened += known.least < known.greatest
    assert widened


def test_a_place_that_rounding_leaves_open_is_unclear(found):
    whole = Cell("referrals", str(found.population.index[0]), found.whole)
    site = whole.row
    for least, greatest in ((1, 10_000), (0, 5_000)):
        wide = replace(found, ranges={**found.ranges, whole: (least, greatest)})
        assert positions(wide)[site] == UNCLEAR


# The certificate: hidden counts changed, every byte the same


def swapped(release):
    """Move one referral round a cycle of four hidden cells, totals kept."""
    table = release.tables[0]
    grid = np.array(table.counts)
    hidden = np.array(
        [[Cell(table.name, r, c) in release.hidden for c in table.columns]
         for r in table.rows]
    )  # fmt: skip
    for a in range(len(grid)):
        for b in range(len(grid)):
            for i in range(grid.shape[1]):
                for j in range(grid.shape[1]):
                    square = np.ix_([a, b], [i, j])
                    if a == b or i == j or not hidden[square].all():
                        continue
                    if grid[a, j] > 1 and grid[b, i] > 1:
                        grid[square] += [[1, -1], [-1, 1]]
                        other = replace(table, counts=tuple(map(tuple, grid.tolist())))
                        return replace(release, tables=(other, *release.tables[1:]))
    raise AssertionError("no cycle of hidden cells")


def test_non_interference(found, drawn, tmp_path):
    facts = {
        name: getattr(found, name)
        for name in ("stretches", "years", "why", "population", "rings", "groups")
    }
    release = swapped(found.release)
    assert release.tables[0].counts != found.release.tables[0].counts
    other = as_published(release, **facts)
    formats = ("html", "pdf", "xlsx", "ods")
    for place, document in public_documents(drawn, found).items():
        twin = public_documents(drawn, other)[place]
        if place and place != "sites/borough-d":
            assert html_page(twin) == html_page(document)
            continue
        one = report_files(document, formats=formats)
        two = report_files(twin, formats=formats)
        assert one == two
    assert release.to_json() == found.release.to_json()


@pytest.mark.slow
def test_non_interference_of_the_committed_reports(tmp_path):
    root = Path(__file__).parents[3]
    trial = read_trial(root / "data/synthetic/achieved", role="commissioner")
    edition = public_edition(trial)
    found = edition.found
    facts = {
        name: getattr(found, name)
        for name in ("stretches", "years", "why", "population", "rings", "groups")
    }
    other = as_published(swapped(found.release), **facts)
    twin = replace(edition, documents=public_documents(trial, other), found=other)
    formats = ("html", "pdf", "xlsx", "ods")
    one = write_edition(edition, tmp_path / "one", formats=formats)
    two = write_edition(twin, tmp_path / "two", formats=formats)
    held = {
        folder: {
            path.relative_to(folder): path.read_bytes()
            for path in folder.rglob("*")
            if path.is_file()
        }
        for folder in (one, two)
    }
    assert len(held[one]) > 100
    assert held[one] == held[two]
    committed = (root / "reports/boroughs/release.json").read_text()
    assert found.release.to_json() == committed


# Files


def test_release_json_holds_what_is_public_alone(edition, tmp_path):
    folder = write_edition(edition, tmp_path / "out")
    said = json.loads((folder / "release.json").read_text())
    assert [table["name"] for table in said["tables"]] == list(
        edition.found.release.names
    )
    manifest = json.loads((folder / "manifest.json").read_text())
    assert "release.json" in manifest["files"]
    assert {"data_digest", "referrals.csv"}.isdisjoint(manifest)
    held = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert held == set(manifest["files"]) | {"manifest.json"}


def test_two_runs_write_the_same_bytes(edition, drawn, tmp_path):
    one = write_edition(edition, tmp_path / "one")
    two = write_edition(public_edition(drawn), tmp_path / "two")
    for path in one.rglob("*"):
        if path.is_file():
            assert path.read_bytes() == (two / path.relative_to(one)).read_bytes()


def test_another_key_hides_no_more(drawn, found):
    other = borough_release(drawn, key="another")
    assert other.audit.safe
    assert [s.label for s in other.stretches] == [s.label for s in found.stretches]


def test_names_of_folders_are_all_different():
    names = ["A b", "a-b", "Łódź", "†", "‡", "Élan"]
    places = page_places(names)
    assert len(set(places.values())) == len(names)
    assert places["Élan"] == "sites/elan"
