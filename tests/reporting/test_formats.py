import json
import re
import sys
from importlib import metadata

import pytest

from steps_analysis.errors import ArgumentError, DisclosureError
from steps_analysis.reporting import (
    FORMATS,
    Document,
    Paragraph,
    Section,
    available_formats,
    html_page,
    report_files,
    write_report,
)
from steps_analysis.reporting.writers.formats import PACKAGES, check_formats
from steps_analysis.reporting.writers.packages import optional
from steps_analysis.trial_data import STAMP

SINGLE = ["report.ods", "report.pdf", "report.xlsx"]


@pytest.fixture
def document():
    part = Section(title="Main points", blocks=(Paragraph("Too few to tell."),))
    return Document(title="STEPS-B", stamp=STAMP, sections=(part,))


@pytest.fixture
def without(monkeypatch):
    """Make a package look as if it were not installed."""

    def hide(*packages):
        for package in packages:
            monkeypatch.setitem(sys.modules, package, None)
        monkeypatch.setattr(
            "steps_analysis.reporting.writers.formats.find_spec",
            lambda name: None if name in packages else name,
        )

    return hide


def test_html_alone_is_the_default(document):
    assert list(report_files(document)) == ["index.html", "tables/notes.csv"]


def test_every_format_is_a_file_more(document):
    assert list(report_files(document, formats=FORMATS)) == [
        "index.html",
        *SINGLE,
        "tables/notes.csv",
    ]
    assert list(report_files(document, formats=["ods"])) == ["report.ods"]


def test_the_page_links_to_what_lies_beside_it_and_to_nothing_else(document):
    page = report_files(document, formats=FORMATS)["index.html"].decode()
    links = re.findall(r'<a href="(report\.\w+)">(\w+)</a>', page)
    assert links == [
        ("report.pdf", "PDF"),
        ("report.xlsx", "XLSX"),
        ("report.ods", "ODS"),
    ]
    assert "Also as" not in html_page(document)


def test_the_manifest_lists_every_file_and_what_wrote_it(document, tmp_path):
    folder = write_report(
        document, tmp_path / "report", manifest_facts={}, formats=FORMATS
    )
    listed = json.loads((folder / "manifest.json").read_text())
    assert set(SINGLE) < set(listed["files"])
    for package in PACKAGES.values():
        assert listed["packages"][package] == metadata.version(package)
    write_report(document, folder, manifest_facts={})
    listed = json.loads((folder / "manifest.json").read_text())
    assert not (folder / "report.pdf").exists()
    assert not set(PACKAGES.values()) & set(listed["packages"])


@pytest.mark.parametrize("form", list(PACKAGES))
def test_a_missing_package_is_named_with_what_to_install(
    form, document, without, tmp_path
):
    without(PACKAGES[form])
    said = rf'{PACKAGES[form]} is not.*\n.*pip install "steps-analysis\[documents\]"'
    with pytest.raises(ArgumentError, match=said):
        report_files(document, formats=[form])
    with pytest.raises(ArgumentError, match=said):
        write_report(
            document, tmp_path / "report", manifest_facts={}, formats=["html", form]
        )
    assert not (tmp_path / "report").exists()
    assert form not in available_formats()


def test_html_and_csv_need_no_optional_package(document, without, tmp_path):
    without(*PACKAGES.values())
    assert available_formats() == ("html",)
    folder = write_report(document, tmp_path / "report", manifest_facts={})
    assert (folder / "index.html").is_file()


def test_all_are_available_here():
    assert available_formats() == FORMATS


def test_formats_are_written_once_and_in_one_order():
    assert check_formats(["ods", "html", "ods"]) == ("html", "ods")


def test_unknown_formats_are_refused():
    with pytest.raises(ArgumentError, match=r"must be among .*'xlsx'.*got 'xls'"):
        check_formats(["xls"])
    with pytest.raises(ArgumentError, match="must be among"):
        check_formats([])
    with pytest.raises(ArgumentError, match="no_such_package is not"):
        optional("no_such_package", "pdf")


@pytest.mark.parametrize("form", FORMATS)
def test_no_format_shows_sites_without_a_safe_audit(form, make_document, fake_audit):
    for audit in (None, fake_audit(safe=False)):
        with pytest.raises(DisclosureError, match="safe disclosure audit"):
            report_files(make_document(audit=audit), formats=[form])
