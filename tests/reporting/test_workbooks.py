"""The rules of the Government Analysis Function for releasing tables."""

import io
import re
import zipfile
from time import sleep

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from steps_analysis.errors import ArgumentError, DisclosureError
from steps_analysis.reporting import (
    Column,
    Document,
    Paragraph,
    Section,
    Table,
    ods_workbook,
    xlsx_workbook,
)
from steps_analysis.reporting.document import INTERNAL_MARK
from steps_analysis.reporting.markers import MEANINGS
from steps_analysis.reporting.writers.archives import same_bytes
from steps_analysis.reporting.writers.workbook import workbook
from steps_analysis.trial_data import STAMP
from tools.read_back import every_text, ods_sheets, xlsx_sheets

WRITERS = (xlsx_workbook, ods_workbook)


def book_of(document):
    return load_workbook(io.BytesIO(xlsx_workbook(document)))


def table(name, rows=(("A", 1),), headings=("Arm", "Families"), **more):
    columns = tuple(
        Column(key=f"k{i}", heading=heading) for i, heading in enumerate(headings)
    )
    return Table(
        name=name, **{"caption": name, "columns": columns, "rows": rows, **more}
    )


def of_tables(*tables, **more):
    part = Section(title="Tables", blocks=tables)
    return Document(title="STEPS-B", sections=(part,), **more)


def test_cover_contents_notes_then_a_sheet_for_each_table_and_figure(make_document):
    book = book_of(make_document(stamp=STAMP))
    names = book.sheetnames
    assert names[:3] == ["Cover", "Contents", "Notes"]
    assert names[3:6] == ["Table 1", "Table 2", "Table 3"]
    assert names[6:] == [f"Figure {place}" for place in range(1, 10)]
    assert max(map(len, names)) <= 31
    links = [row[0] for row in book["Contents"].iter_rows(min_row=5)]
    assert [cell.value for cell in links] == names[2:]
    places = [cell.hyperlink.location for cell in links]
    assert places == [f"'{name}'!A1" for name in names[2:]]


def test_one_marked_table_to_a_sheet_from_the_first_column(make_document):
    for sheet in book_of(make_document(stamp=STAMP)).worksheets:
        assert not sheet.merged_cells.ranges
        assert sheet.sheet_state == "visible"
        hidden = [*sheet.row_dimensions.values(), *sheet.column_dimensions.values()]
        assert not any(part.hidden for part in hidden)
        assert sheet["A1"].value
        rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
        if sheet.title == "Cover":
            assert not sheet.tables
            assert all(len(row) == 1 and row[0] for row in rows)
            continue
        (made,) = sheet.tables.values()
        first, last = re.fullmatch(r"A(\d+):[A-Z]+(\d+)", made.ref).groups()
        assert int(last) == len(rows)
        lines, body = rows[: int(first) - 1], rows[int(first) - 1 :]
        assert all(line[0] and not any(line[1:]) for line in lines)
        assert all(value not in (None, "") for row in body for value in row)
        assert made.autoFilter is None


def test_the_stamp_and_the_edition_are_on_every_sheet_or_on_none(make_document):
    for edition in ("public", "internal"):
        for stamp in (STAMP, ""):
            made = make_document(stamp=stamp, edition=edition)
            for sheet in workbook(made).sheets:
                assert (STAMP in sheet.lines) == bool(stamp)
                assert (INTERNAL_MARK in sheet.lines) == (edition == "internal")


def test_every_mark_is_explained_where_it_is_used_and_no_other(make_document):
    sheets = xlsx_sheets(xlsx_workbook(make_document()))
    explained_once = set()
    for sheet in sheets.values():
        told = {line.split()[1] for line in sheet.lines if line.startswith("Shorthand")}
        texts = [x for x in every_text(sheet) if not x.startswith("Shorthand")]
        used = {mark for text in texts for mark in re.findall(r"\[[a-z]+\]", text)}
        assert told == used & set(MEANINGS)
        explained_once |= told
    assert {"[c]", "[x]", "[z]", "[low]"} <= explained_once


def test_notes_count_throughout_and_each_is_pointed_to():
    shared = "Counted by hand."
    document = of_tables(
        table("first", notes=("Own.", shared), rows=(("A [note 1]", 1),)),
        table("second", notes=(shared,), caption="Second [note 1]"),
    )
    sheets = xlsx_sheets(xlsx_workbook(document))
    assert sheets["Notes"].rows == (
        ("note 1", "Own.", "Table 1"),
        ("note 2", shared, "Table 1, Table 2"),
    )
    assert sheets["Table 1"].lines[0] == "Table 1: first [note 2]"
    assert sheets["Table 1"].rows == (("A [note 1]", 1),)
    assert sheets["Table 2"].lines[0] == "Table 2: Second [note 2]"


def test_no_sheet_of_notes_where_there_are_none():
    assert book_of(of_tables(table("only"))).sheetnames == [
        *("Cover", "Contents", "Table 1")
    ]


def test_numbers_are_numbers_with_the_decimals_of_the_page(make_document):
    sheet = book_of(make_document())["Table 3"]
    rows = list(sheet.iter_rows(min_row=1))
    (found,) = [row for row in rows if row[0].value == "Borough A"]
    assert [cell.value for cell in found[1:3]] == [12, 4.6511628]
    assert [cell.number_format for cell in found[1:3]] == ["#,##0", "#,##0.0"]
    (hidden,) = [row for row in rows if row[0].value == "Borough B"]
    assert {cell.value for cell in hidden[1:]} == {"[c]"}
    assert {cell.data_type for cell in hidden[1:]} == {"s"}


def test_units_stand_in_the_headings(make_document):
    headings = xlsx_sheets(xlsx_workbook(make_document()))["Table 3"].headings
    assert headings == (
        "Borough",
        "Referrals",
        "Rate (per 10,000 a year)",
        "Rate, lower limit of 95% CI (per 10,000 a year)",
        "Rate, upper limit of 95% CI (per 10,000 a year)",
    )


def test_headings_written_alike_are_told_apart():
    made = workbook(of_tables(table("n", (("A", 1, 2),), ("n", "N", "n (2)"))))
    assert made.sheets[-1].headings == ("n", "N (2)", "n (2) (2)")


def test_figures_are_their_data_with_their_words(make_document):
    sheets = xlsx_sheets(xlsx_workbook(make_document()))
    funnel = sheets["Figure 5"]
    assert "The figure in words: What the funnel shows: <nothing> & more." in " ".join(
        funnel.lines
    )
    assert len(funnel.rows) > 3


def test_the_properties_tell_title_language_and_no_day_of_ours(make_document):
    document = make_document(stamp=STAMP)
    told = book_of(document).properties
    assert told.title == "STEPS-B: An evaluation"
    assert told.language == "en-GB"
    assert told.description == STAMP
    assert told.created.year == told.modified.year == 2000
    with zipfile.ZipFile(io.BytesIO(ods_workbook(document))) as packed:
        meta = packed.read("meta.xml").decode()
        styles = packed.read("styles.xml").decode()
        assert packed.namelist()[0] == "mimetype"
    assert "<dc:title>STEPS-B: An evaluation</dc:title>" in meta
    assert "<dc:language>en-GB</dc:language>" in meta
    assert set(re.findall(r"\b(?:19|20)\d\d-\d\d-\d\d", meta)) == {"2000-01-01"}
    assert set(re.findall(r'fo:language="(\w+)"', styles)) == {"en"}
    assert "LibreOffice" not in meta


@pytest.mark.parametrize("write", WRITERS)
def test_the_same_document_gives_the_same_bytes(write, make_document):
    first = write(make_document(stamp=STAMP))
    sleep(2.1)  # the times in an archive have steps of two seconds
    assert write(make_document(stamp=STAMP)) == first


def test_an_archive_packed_again_holds_the_same():
    packed = xlsx_workbook(of_tables(table("only")))
    assert same_bytes(packed) == packed


@pytest.mark.parametrize("write", WRITERS)
def test_a_public_edition_needs_its_audit(write, make_document, fake_audit):
    for audit in (None, fake_audit(safe=False)):
        with pytest.raises(DisclosureError, match="safe disclosure audit"):
            write(make_document(audit=audit))
    assert write(make_document(audit=None, edition="internal"))


@pytest.mark.parametrize("write", WRITERS)
def test_a_document_without_tables(write):
    words = Section(title="Words", blocks=(Paragraph("Too few to tell."),))
    assert write(Document(title="STEPS-B", sections=(words,)))


def test_texts_that_no_cell_holds_are_refused():
    with pytest.raises(ArgumentError, match="at most 32,767 characters"):
        workbook(of_tables(table("long", (("a" * 40_000, 1),))))
    with pytest.raises(ArgumentError, match="at most 255 characters"):
        workbook(of_tables(table("wide", headings=("a" * 256, "n"))))


def test_texts_are_never_formulas_links_or_numbers():
    texts = ("=1+1", "+44", "https://example.org", "@a", "-1", "007", "{=A1}", "-")
    rows = tuple((text, 1) for text in texts)
    document = of_tables(table("texts", rows))
    for sheet in read_both(document):
        assert [row[0] for row in sheet.rows] == list(texts)
    book = book_of(document)["Table 1"]
    assert {cell.data_type for cell in book["A"]} == {"s"}
    assert not book._hyperlinks


def read_both(document):
    sheets = xlsx_sheets(xlsx_workbook(document))
    tops = {name: len(sheet.lines) for name, sheet in sheets.items()}
    return sheets["Table 1"], ods_sheets(ods_workbook(document), tops)["Table 1"]


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.text(min_size=1).filter(lambda text: text.strip() and "[" not in text))
def test_any_text_comes_back_from_both(text):
    one, other = read_both(of_tables(table("texts", ((text, 1),))))
    kept = one.rows[0][0]
    if text.isprintable():
        assert kept == text
    # python-calamine passes over the tabs of an ODS file
    assert other.rows[0][0].split() == kept.replace("\t", "").split()


def test_a_tab_is_a_tab_in_both():
    document = of_tables(table("texts", (("a\tb", 1),)))
    assert book_of(document)["Table 1"]["A4"].value == "a\tb"
    with zipfile.ZipFile(io.BytesIO(ods_workbook(document))) as packed:
        assert "<text:p>a<text:tab/>b</text:p>" in packed.read("content.xml").decode()
