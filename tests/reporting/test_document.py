from dataclasses import FrozenInstanceError

import pytest

from steps_analysis.errors import ArgumentError, DisclosureError
from steps_analysis.reporting import (
    Callout,
    Column,
    Document,
    Figure,
    Items,
    Paragraph,
    Section,
    Table,
    check_release,
    html_page,
    report_files,
    write_report,
)


def table(**changes):
    fields = {
        "name": "ages",
        "caption": "Ages",
        "columns": (
            Column(key="arm", heading="Arm"),
            Column(key="age", heading="Age"),
        ),
        "rows": [["A", 14], ["B", 15]],
    }
    return Table(**(fields | changes))


def test_a_document_cannot_be_changed(make_document):
    document = make_document()
    with pytest.raises(FrozenInstanceError):
        document.title = "Another"
    assert isinstance(table().rows[0], tuple)


def test_a_section_names_itself():
    assert Section(title="Main points (2014)", blocks=()).slug == "main-points-2014"
    assert Section(title="Main points", blocks=(), slug="start").slug == "start"


# Disclosure stands on the only road to disk


@pytest.mark.parametrize("safe", [None, False])
def test_a_public_report_of_sites_needs_a_safe_audit(
    make_document, fake_audit, tmp_path, safe
):
    audit = None if safe is None else fake_audit(safe=safe)
    document = make_document(audit=audit)
    for writer in (check_release, html_page, report_files):
        with pytest.raises(DisclosureError, match="`boroughs` must carry a safe"):
            writer(document)
    with pytest.raises(DisclosureError, match="safe disclosure audit"):
        write_report(document, tmp_path / "report", manifest_facts={})
    assert not list(tmp_path.iterdir())


def test_a_site_figure_needs_an_audit_as_well(drawings):
    figure = Figure(
        name="funnel",
        caption="Funnel",
        alt="Sites.",
        drawing=drawings["funnel"],
        breakdown="site",
    )
    sections = (Section(title="Sites", blocks=(figure,)),)
    with pytest.raises(DisclosureError, match="`funnel` must carry"):
        check_release(Document(title="A", sections=sections))


def test_an_internal_edition_needs_no_audit(make_document):
    check_release(make_document(edition="internal", audit=None))


# Errors


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": "Two Words"}, "`name` must be made of lower-case"),
        ({"name": "../up"}, "`name` must be made of lower-case"),
        ({"caption": " "}, "`caption` must say what is shown"),
        ({"rows": [["A"], ["B", 2]]}, "`rows` must have 2 cells each"),
        ({"rows": []}, "`rows` must hold at least one cell"),
        ({"notes": "One note."}, "`notes` must be several texts"),
        ({"breakdown": "borough"}, "`breakdown` must be one of"),
        (
            {"columns": (Column(key="a", heading="A"), Column(key="a", heading="B"))},
            "`columns` must have different keys",
        ),
    ],
)
def test_tables_refuse(changes, message):
    with pytest.raises(ArgumentError, match=message):
        table(**changes)


def test_a_name_may_be_used_once():
    sections = (Section(title="Ages", blocks=(table(), table())),)
    with pytest.raises(ArgumentError, match="`name` must be used once"):
        Document(title="A", sections=sections)
    twice = (Section(title="Ages", blocks=()), Section(title="ages", blocks=()))
    with pytest.raises(ArgumentError, match="`slug` must be used once"):
        Document(title="A", sections=twice)


def test_other_blocks_refuse(drawings):
    with pytest.raises(ArgumentError, match="`entries` must be several texts"):
        Items("One.")
    with pytest.raises(ArgumentError, match="`entries` must hold at least one"):
        Items(())
    with pytest.raises(ArgumentError, match="`kind` must be one of"):
        Callout("warning", "Text.")
    with pytest.raises(ArgumentError, match="`alt` must describe"):
        Figure(name="a", caption="A", alt="", drawing=drawings["dots"])
    with pytest.raises(ArgumentError, match="`edition` must be one of"):
        Document(title="A", sections=(), edition="secret")
    with pytest.raises(ArgumentError, match="`slug` must be made of"):
        Section(title="!", blocks=(Paragraph("Text."),))


def test_a_pointer_to_no_note_is_refused():
    pointing = table(rows=[["A [note 2]", 1]], notes=("One note.",))
    document = Document(
        title="A", sections=(Section(title="Ages", blocks=(pointing,)),)
    )
    with pytest.raises(ArgumentError, match=r"`\[note\]` must point to one of the 1"):
        html_page(document)
