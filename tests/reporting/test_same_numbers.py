"""No number differs between the formats of a report, cell by cell."""

import math
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from steps_analysis import evaluate, read_trial
from steps_analysis.estimates import Estimate, TestResult
from steps_analysis.reporting import (
    Column,
    Document,
    Marker,
    Paragraph,
    Section,
    Share,
    Spread,
    Table,
    report_files,
)
from steps_analysis.reporting.document import exhibits, numbered
from steps_analysis.reporting.writers import FORMATS
from steps_analysis.trial_data import STAMP
from tools.read_back import (
    csv_table,
    html_tables,
    ods_sheets,
    pdf_tables,
    squeezed,
    xlsx_sheets,
)

ACHIEVED = Path(__file__).parents[2] / "data" / "synthetic" / "achieved"
POINTER = re.compile(r" ?\[note \d+\]")
NUMBER = re.compile(r"(?<![\w.,])[<−]?\d[\d,]*(?:\.\d+)?")
ENDINGS = ("_lower", "_upper", "_unit", "_percent", "_sd")


def assert_same_everywhere(document):
    files = report_files(document, formats=FORMATS)
    pages = html_tables(files["index.html"])
    prints = pdf_tables(files["report.pdf"])
    sheets = xlsx_sheets(files["report.xlsx"])
    tops = {name: len(sheet.lines) for name, sheet in sheets.items()}
    others = ods_sheets(files["report.ods"], tops)
    assert list(sheets) == list(others)
    for name, sheet in sheets.items():
        assert sheet.lines == others[name].lines
        assert sheet.headings == others[name].headings
        assert sheet.rows == others[name].rows, name
    for block in exhibits(document):
        label = numbered(document)[block.name]
        sheet = sheets[label]
        if isinstance(block, Table):
            kept = csv_table(files[f"tables/{block.name}.csv"], stamp=document.stamp)
            page = pages[f"{label}: {block.caption}"]
            assert_page_is_print(page, prints[squeezed(f"{label}: {block.caption}")])
            assert_sheet_is_page(block, sheet, kept, page)
        else:
            kept = csv_table(files[f"figures/{block.name}.csv"], stamp=document.stamp)
            page = pages[f"Data behind {label.lower()}: {block.caption}"]
            assert [list(row) for row in sheet.seen] == [list(r) for r in page.rows]
        assert_sheet_is_csv(sheet, kept)


def assert_page_is_print(page, printed):
    assert tuple(map(squeezed, page.headings)) == printed.headings
    assert len(page.rows) == len(printed.rows)
    for row, other in zip(page.rows, printed.rows, strict=True):
        assert tuple(map(squeezed, row)) == other


def assert_sheet_is_csv(sheet, kept):
    has_notes = len(sheet.headings) == len(kept.headings) + 1
    assert has_notes or len(sheet.headings) == len(kept.headings)
    assert len(sheet.rows) == len(kept.rows)
    for row, texts in zip(sheet.rows, kept.rows, strict=True):
        for value, text in zip(row[: len(texts)], texts, strict=True):
            if isinstance(value, str):
                is_mark = value == "[low]" and text != value  # else a text says so
                low = is_mark and 0 < abs(float(text)) < 0.5
                assert low or POINTER.sub("", value) == POINTER.sub("", text)
            else:
                assert value == float(text)


def assert_sheet_is_page(table, sheet, kept, page):
    """Each cell of the page shows the numbers of its cells on the sheet, in order."""
    names = [re.sub(r" \(.*\)$", "", name) for name in kept.headings]
    first = 0
    for place, column in enumerate(table.columns):
        ends = [f"{column.key}{ending}" for ending in ENDINGS]
        last = first + 1
        while last < len(names) and names[last] in ends:
            last += 1
        for row, seen in enumerate(sheet.seen):
            value = sheet.rows[row][first]
            text = POINTER.sub("", page.rows[row][place])
            if isinstance(table.rows[row][place], str | Marker | bool):
                assert POINTER.sub("", value) == text
                continue
            unit = seen[names.index(ends[2])] if ends[2] in names[first:last] else ""
            shown = [x for x in seen[first:last] if NUMBER.fullmatch(x)]
            bare = text.replace(f" {unit}", "") if unit else text
            assert NUMBER.findall(bare) == shown
            if isinstance(value, str):
                assert text.startswith(value)
        first = last
    assert first == len(names)


def estimate(measure, value, lower, upper, **more):
    return Estimate(
        measure=measure, value=value, lower=lower, upper=upper, n=40, **more
    )


def columns(*keys, **more):
    return tuple(Column(key=key, heading=f"The {key}", **more) for key in keys)


SMALL = (
    Table(
        name="one-column",
        caption="One column",
        columns=columns("n"),
        rows=((1234567,),),
    ),
    Table(
        name="nothing",
        caption="Nothing is known [note 1]",
        columns=columns("a", "b"),
        rows=(("[c]", None), (Marker("[r][e]"), "[z]")),
        notes=("Nobody asked.",),
    ),
    Table(
        name="estimates",
        caption="Estimates",
        columns=(
            *columns("measure"),
            Column(key="value", heading="Value"),
            Column(key="share", heading="Share", unit="%", decimals=0),
            Column(key="p", heading="p-value"),
        ),
        rows=(
            (
                "no limit",
                estimate("hazard ratio", 1.3, 0.7, math.inf),
                estimate("risk", 0.125, 0.045, 0.305),
                TestResult(statistic=3.0, p_value=0.0002, n=40),
            ),
            (
                "nearly nought",
                estimate("risk ratio", 0.001, 0.0004, 0.2),
                estimate("risk", 0.0, 0.0, 0.09),
                TestResult(statistic=3.0, p_value=0.0095, n=40),
            ),
            (
                "a unit with a number",
                estimate("rate", 4.65, 2.8, 7.0, unit="per 10,000 (a year)"),
                Estimate.missing("risk", "nobody was there", n=0),
                TestResult.missing("nobody was there", n=0),
            ),
            (
                "no interval",
                estimate("days", -0.004, math.nan, math.nan, unit="days"),
                Marker("[c]"),
                1.0,
            ),
        ),
    ),
    Table(
        name="kinds",
        caption="Kinds of cell",
        columns=columns("kind", "value", "plain"),
        rows=(
            ("share", Share(count=1200, total=40_000), 0.0),
            ("no total", Share(count=0, total=0), 0.004),
            ("spread", Spread(mean=-14.25, sd=1.872), -0.004),
            ("one value", Spread(mean=2.0, sd=math.nan), -1234.565),
            ("yes", True, 1e-9),
        ),
    ),
    Table(
        name="long",
        caption="Two hundred rows",
        columns=columns("place", "n"),
        rows=tuple((f"Place {row}", row * 37 % 101) for row in range(200)),
    ),
    Table(
        name="wide",
        caption="Fourteen columns",
        columns=(*columns("site"), *columns(*(f"y{year}" for year in range(13)))),
        rows=tuple(
            (f"Borough {letter}", *(1000 + 13 * row + year for year in range(13)))
            for row, letter in enumerate("ABCDEF")
        ),
    ),
)


def of_tables(*tables, **more):
    parts = [Paragraph("Tables."), *tables]
    return Document(title="A", sections=(Section(title="T", blocks=parts),), **more)


def test_every_kind_of_table_and_cell_is_the_same_everywhere():
    assert_same_everywhere(of_tables(*SMALL, stamp=STAMP))
    assert_same_everywhere(of_tables(*SMALL, edition="internal"))


def test_every_block_and_figure_is_the_same_everywhere(make_document):
    assert_same_everywhere(make_document(stamp=STAMP))


def test_the_committed_evaluation_is_the_same_everywhere():
    assert_same_everywhere(evaluate(read_trial(ACHIEVED)).document)


words = st.text(
    st.characters(codec="latin-1", exclude_categories=["Cc", "Cf"]), min_size=1
).filter(lambda text: text.strip() and "[" not in text)
numbers = st.floats(-1e9, 1e9, allow_nan=False).map(lambda x: round(x, 6))
cells = (
    words
    | numbers
    | st.integers(-(10**9), 10**9)
    | st.sampled_from(["[c]", "[x]", "[z]", "[low]", True, None])
    | st.tuples(st.integers(0, 500), st.integers(500, 9999)).map(
        lambda pair: Share(count=pair[0], total=pair[1])
    )
    | st.tuples(numbers, st.floats(0, 1e6)).map(
        lambda pair: Spread(mean=pair[0], sd=pair[1])
    )
    | st.lists(numbers, min_size=3, max_size=3).map(
        lambda three: estimate("mean", *[sorted(three)[i] for i in (1, 0, 2)])
    )
)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.integers(1, 4).flatmap(
        lambda width: st.lists(st.tuples(*[cells] * width), min_size=1, max_size=4)
    )
)
def test_any_table_is_the_same_everywhere(rows):
    keys = [f"k{place}" for place in range(len(rows[0]))]
    table = Table(name="any", caption="Any", columns=columns(*keys), rows=tuple(rows))
    assert_same_everywhere(of_tables(table))


def test_the_comparison_sees_a_number_that_differs():
    document = of_tables(SMALL[2])
    files = report_files(document, formats=("html", "xlsx"))
    sheet = xlsx_sheets(files["report.xlsx"])["Table 1"]
    kept = csv_table(files["tables/estimates.csv"].replace(b"12.5", b"12.6"))
    with pytest.raises(AssertionError):
        assert_sheet_is_csv(sheet, kept)
    page = html_tables(files["index.html"].replace(b"13 (5 to 31)", b"13 (5 to 30)"))
    kept = csv_table(files["tables/estimates.csv"])
    with pytest.raises(AssertionError):
        assert_sheet_is_page(SMALL[2], sheet, kept, page["Table 1: Estimates"])
