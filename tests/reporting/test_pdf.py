"""PDF/UA: what assistive technology is told, and what is seen of a page."""

import io
import re

import pikepdf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from steps_analysis.errors import DisclosureError
from steps_analysis.reporting import (
    Callout,
    Column,
    Document,
    Items,
    Paragraph,
    Section,
    Subheading,
    Table,
    pdf_report,
)
from steps_analysis.reporting.document import INTERNAL_MARK
from steps_analysis.reporting.present import present_table
from steps_analysis.reporting.writers.columns import columns
from steps_analysis.trial_data import STAMP
from tools.pdf_text import page_texts, read_pdf
from tools.read_back import pdf_tables, squeezed


def opened(content):
    return pikepdf.open(io.BytesIO(content))


def words(*blocks, **more):
    part = Section(title="Words", blocks=blocks)
    return Document(title="STEPS-B", sections=(part,), **more)


def wide_table(n_columns, n_rows=3, digits=7):
    heads = tuple(Column(key=f"k{i}", heading=f"Year {i}") for i in range(n_columns))
    rows = tuple(
        (f"Borough {row}", *(10**digits + row + i for i in range(n_columns - 1)))
        for row in range(n_rows)
    )
    return Table(name="wide", caption="Wide", columns=heads, rows=rows)


def test_it_says_that_it_is_accessible(make_document):
    with opened(pdf_report(make_document(stamp=STAMP))) as pdf:
        root = pdf.Root
        assert root.MarkInfo.Marked
        assert str(root.Lang) == "en-GB"
        assert root.ViewerPreferences.DisplayDocTitle
        assert root.StructTreeRoot.K
        with pdf.open_metadata() as told:
            assert told["pdfuaid:part"] == "1"
            assert told["dc:title"] == "STEPS-B: An evaluation"
            assert told["dc:description"] == STAMP
        days = re.findall(r"\d{4}", str(pdf.docinfo.get("/CreationDate", "")))
        assert set(days[:1]) <= {"2000"}
        assert all(page.Tabs == "/S" for page in pdf.pages if "/Annots" in page)


def test_headings_lists_and_pictures_are_tagged(make_document):
    root = read_pdf(pdf_report(make_document()))
    assert [part.whole() for part in root.every("Title")] == ["STEPS-B"]
    heads = [part.whole().lstrip("123. ") for part in root.every("H1")]
    assert heads == ["Main points", "Tables", "Figures"]
    assert [part.whole() for part in root.every("H2")] == ["At baseline", "Outcomes"]
    assert [part.whole() for part in root.every("LBody")][:2] == ["One.", "Two."]
    pictures = list(root.every("Figure"))
    assert len(pictures) == 9
    for picture in pictures:
        assert re.match("What the .* shows: <nothing> & more.", picture.alt)


def test_tables_have_headings_of_columns_and_captions(make_document):
    root = read_pdf(pdf_report(make_document()))
    tables = list(root.every("Table"))
    assert len(tables) == 3
    for table in tables:
        (head,) = table.every("THead")
        assert all(cell.role == "TH" for row in head.parts for cell in row.parts)
        (caption,) = table.every("Caption")
        assert caption.whole().startswith("Table ")


def test_notes_and_shorthand_stand_below_their_table(make_document):
    said = squeezed(read_pdf(pdf_report(make_document())).whole())
    for text in ("[note 1] As recorded.", "No p-values.", "[z] not applicable"):
        assert squeezed(text) in said


def test_stamp_edition_and_number_are_on_every_page(make_document):
    made = pdf_report(make_document(stamp=STAMP, edition="internal"))
    pages = page_texts(made)
    assert len(pages) > 3
    for place, text in enumerate(pages, start=1):
        assert squeezed(STAMP) in squeezed(text)
        assert squeezed(INTERNAL_MARK) in squeezed(text)
        assert squeezed(f"{place} of {len(pages)}") in squeezed(text)
    for text in page_texts(pdf_report(make_document())):
        assert squeezed(STAMP) not in squeezed(text)
        assert "Internal" not in text


def test_a_long_table_repeats_its_headings():
    made = pdf_report(words(wide_table(2, n_rows=200)))
    pages = page_texts(made)
    assert len(pages) > 3
    assert all("Year1" in squeezed(text) for text in pages[1:])
    (table,) = pdf_tables(made).values()
    assert len(table.rows) == 200


@pytest.mark.parametrize(("n_columns", "is_turned"), [(5, False), (14, True)])
def test_a_wide_table_turns_its_page(n_columns, is_turned):
    table = wide_table(n_columns)
    fitted = columns(present_table(table))
    assert fitted.is_landscape == is_turned
    assert sum(fitted.widths) <= (740 if is_turned else 493) + 0.1
    with opened(pdf_report(words(Paragraph("Before."), table))) as pdf:
        turned = [page.mediabox[2] > page.mediabox[3] for page in pdf.pages]
    assert turned == ([False, True] if is_turned else [False])


def test_what_fits_no_page_is_made_smaller_and_still_fits():
    fitted = columns(present_table(wide_table(30)))
    assert fitted.size == 5.5
    assert sum(fitted.widths) == pytest.approx(740, abs=1)
    assert pdf_report(words(wide_table(30)))


def test_a_word_longer_than_a_page_is_broken():
    rows = (("a" * 300, 1),)
    heads = (Column(key="a", heading="A"), Column(key="n", heading="N"))
    table = Table(name="long", caption="Long", columns=heads, rows=rows)
    (read,) = pdf_tables(pdf_report(words(table))).values()
    assert read.rows == (("a" * 300, "1"),)
    assert not columns(present_table(table)).is_landscape


def test_no_text_is_markup():
    text = '#set page() $x$ *b* _i_ `r` <l> @r [c] \\u{41} = h /*c*/ //d --- ... "q" ~'
    made = words(
        Paragraph(text),
        Subheading(text),
        Items((text,)),
        Callout("note", text, (text,)),
    )
    said = read_pdf(pdf_report(made)).whole()
    assert squeezed(said).count(squeezed(text)) == 5


plain = st.text(
    st.characters(codec="latin-1", exclude_categories=["Cc", "Cf"]), min_size=1
)


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(plain)
def test_any_text_comes_back(text):
    said = squeezed(read_pdf(pdf_report(words(Paragraph(text)))).whole())
    assert squeezed(text) in said


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.text(st.characters(), min_size=1))
def test_any_character_at_all_can_be_set(text):
    rows = ((f"x{text}", 1),)
    heads = (Column(key="a", heading=f"A{text}"), Column(key="n", heading="N"))
    table = Table(name="any", caption=f"x{text}", columns=heads, rows=rows)
    assert pdf_report(words(Paragraph(text), table, stamp=text, subtitle=text))


def test_the_same_document_gives_the_same_bytes(make_document):
    first = pdf_report(make_document(stamp=STAMP))
    assert pdf_report(make_document(stamp=STAMP)) == first


@pytest.mark.parametrize(
    ("tag", "told"), [("en-GB", "en-GB"), ("cy", "cy"), ("zh-Hant-TW", "zh-TW")]
)
def test_the_language_is_told(tag, told):
    with opened(pdf_report(words(Paragraph("A"), language=tag))) as pdf:
        assert str(pdf.Root.Lang) == told


def test_a_public_edition_needs_its_audit(make_document, fake_audit):
    for audit in (None, fake_audit(safe=False)):
        with pytest.raises(DisclosureError, match="safe disclosure audit"):
            pdf_report(make_document(audit=audit))
    assert pdf_report(make_document(audit=None, edition="internal"))
