"""The reports that are committed: sound files, readable pages."""

import hashlib
import json
import re
from pathlib import Path

import pandas as pd
import pytest

from steps_analysis.trial_data import STAMP

REPORTS = Path(__file__).parents[2] / "reports"
NAMES = ("achieved", "cgd")
INTERNAL = ("forum-pack", "monitoring")


@pytest.mark.parametrize("name", NAMES + INTERNAL)
def test_every_file_has_the_digest_its_manifest_lists(name):
    folder = REPORTS / name
    listed = json.loads((folder / "manifest.json").read_text())["files"]
    held = {
        path.relative_to(folder).as_posix(): path
        for path in folder.rglob("*")
        if path.is_file() and path.name != "manifest.json"
    }
    assert set(held) == set(listed)
    for path, file in held.items():
        assert hashlib.sha256(file.read_bytes()).hexdigest() == listed[path], path


def test_the_stamp_is_on_every_file_of_the_synthetic_report_and_on_none_of_the_other():
    for path in (REPORTS / "achieved").rglob("*"):
        if path.suffix in (".csv", ".svg", ".html", ".json"):
            assert STAMP in path.read_text(), path.name
    for path in (REPORTS / "cgd").rglob("*"):
        if path.suffix in (".csv", ".svg", ".html", ".json"):
            assert STAMP not in path.read_text(), path.name


@pytest.mark.parametrize("name", INTERNAL)
def test_internal_documents_say_so_and_are_synthetic(name):
    for path in (REPORTS / name).rglob("*"):
        if path.is_file():
            text = path.read_text()
            assert "Internal: for " in text, path.name
            assert STAMP in text, path.name


def test_the_forum_pack_is_of_a_pseudonym_and_shows_no_other_site():
    page = (REPORTS / "forum-pack" / "index.html").read_text()
    assert "Forum pack: Borough A" in page
    assert "Southwark" not in page


def test_the_monitoring_report_is_masked():
    folder = REPORTS / "monitoring"
    assert json.loads((folder / "manifest.json").read_text())["role"] == (
        "research_assistant"
    )
    words = re.compile(r"\bmst_psb\b|\bMAU\b|management as usual|therapist_id")
    for path in folder.rglob("*"):
        if path.is_file():
            assert not words.search(path.read_text()), path.name


@pytest.mark.parametrize("name", NAMES)
def test_every_table_of_numbers_can_be_read_as_data(name):
    for path in (REPORTS / name / "tables").glob("*.csv"):
        table = pd.read_csv(path)
        assert len(table) > 0
        assert not table.isna().any().any(), path.name


def test_no_small_count_of_a_borough_is_published():
    table = pd.read_csv(REPORTS / "achieved" / "tables" / "referrals-by-site.csv")
    counts = table[[c for c in table if c.startswith("n_")]].to_numpy().ravel()
    shown = [int(value) for value in counts if str(value).isdigit()]
    assert shown
    assert not set(shown) & {1, 2, 3, 4, 5}


@pytest.mark.parametrize("name", NAMES)
def test_no_date_finer_than_a_month_is_published(name):
    for path in (REPORTS / name).rglob("*"):
        if path.suffix in (".csv", ".html", ".svg", ".json"):
            assert not re.search(r"\b(19|20)\d\d-\d\d-\d\d\b", path.read_text()), path


@pytest.mark.lab
@pytest.mark.parametrize("name", NAMES + INTERNAL)
@pytest.mark.parametrize("width", [360, 1280])
def test_the_page_reads_well_on_a_phone_and_a_desk(browser, grave_faults, name, width):
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.goto((REPORTS / name / "index.html").as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert not grave_faults(page)
    page.emulate_media(media="print")
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
    page.close()
