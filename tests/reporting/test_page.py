import re
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from steps_analysis.reporting import (
    Column,
    Document,
    Paragraph,
    Section,
    Subheading,
    Table,
    html_page,
)
from steps_analysis.reporting.document import INTERNAL_MARK
from steps_analysis.trial_data import STAMP

VOID = {"meta", "link", "br", "img", "hr", "input"}


class Tree(HTMLParser):
    """Every element with its attributes, its ancestors and the text inside it."""

    def __init__(self, page):
        super().__init__()
        self.elements, self.open = [], []
        self.feed(page)
        assert not self.open, "every element is closed"

    def handle_starttag(self, tag, attrs):
        element = {"tag": tag, "attrs": dict(attrs), "text": "", "in": [*self.open]}
        self.elements.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag, attrs):
        self.elements.append(
            {"tag": tag, "attrs": dict(attrs), "text": "", "in": [*self.open]}
        )

    def handle_endtag(self, tag):
        assert self.open.pop()["tag"] == tag

    def handle_data(self, data):
        for element in self.open:
            element["text"] += data

    def all(self, *tags):
        return [element for element in self.elements if element["tag"] in tags]

    def inside(self, outer, *tags):
        return [e for e in self.all(*tags) if any(o is outer for o in e["in"])]


@pytest.fixture(scope="module")
def pages():
    return {}


@pytest.fixture
def tree(make_document, pages):
    def parse(stamp=STAMP, edition="public"):
        if (stamp, edition) not in pages:
            page = html_page(make_document(stamp=stamp, edition=edition))
            pages[stamp, edition] = (page, Tree(page))
        return pages[stamp, edition]

    return parse


def test_headings_descend_one_level_at_a_time(tree):
    _, page = tree()
    levels = [int(element["tag"][1]) for element in page.all("h1", "h2", "h3", "h4")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b <= a + 1 for a, b in pairwise(levels))
    assert 3 in levels


def test_page_says_its_language_title_and_landmarks(tree):
    _, page = tree()
    assert page.all("html")[0]["attrs"]["lang"] == "en-GB"
    assert page.all("title")[0]["text"] == "STEPS-B: An evaluation"
    for landmark in ("header", "nav", "main", "footer"):
        assert len(page.all(landmark)) == 1
    first = page.all("a")[0]
    assert first["attrs"]["href"] == "#main"
    assert page.all("main")[0]["attrs"]["id"] == "main"


def test_contents_lead_to_every_section(tree):
    _, page = tree()
    links = page.inside(page.all("nav")[0], "a")
    ids = {element["attrs"].get("id") for element in page.all("h2")}
    assert [link["text"] for link in links] == ["Main points", "Tables", "Figures"]
    assert {link["attrs"]["href"][1:] for link in links} <= ids


def test_every_table_has_caption_headers_with_scope_and_a_region(tree):
    _, page = tree()
    tables = page.all("table")
    assert len(tables) == 3 + 9  # ours, and one behind each figure
    for table in tables:
        (caption,) = page.inside(table, "caption")
        assert caption["text"].strip()
        headers = page.inside(table, "th")
        assert {th["attrs"]["scope"] for th in headers} == {"col", "row"}
        assert all(th["text"].strip() for th in headers)
        assert all(td["text"].strip() for td in page.inside(table, "td"))
        region = table["in"][-1]["attrs"]
        assert region["role"] == "region"
        assert region["tabindex"] == "0"
        assert region["aria-label"] == caption["text"]


def test_every_drawing_has_a_title_and_a_description(tree):
    _, page = tree()
    drawings = page.all("svg")
    assert len(drawings) == 9
    assert not page.all("img", "script", "link", "iframe")
    for svg in drawings:
        assert svg["attrs"]["role"] == "img"
        label = svg["attrs"]["aria-labelledby"].split()
        words = page.inside(svg, "title", "desc")
        assert [element["attrs"]["id"] for element in words] == label
        assert all(element["text"].strip() for element in words)
        assert page.inside(svg, "text"), "labels are real text"


def test_ids_are_unique_and_everything_pointed_to_is_there(tree):
    text, page = tree()
    ids = [e["attrs"]["id"] for e in page.elements if "id" in e["attrs"]]
    assert len(set(ids)) == len(ids)
    pointed = set(re.findall(r'(?:href="|url\()#([^")]+)', text))
    assert pointed
    assert pointed <= set(ids)


def test_nothing_is_fetched_from_elsewhere(tree):
    text, _ = tree()
    addresses = set(re.findall(r"[a-z]+://[^\"'\s<)]+", text))
    assert addresses == {"http://www.w3.org/2000/svg"}  # a name, not an address
    assert "@import" not in text
    assert "<metadata" not in text
    assert not re.search(r"matplotlib", text, re.IGNORECASE)


def exhibits(page):
    return [e for e in page.elements if "data-name" in e["attrs"]]


def test_stamp_stands_on_every_table_and_figure(tree):
    _, page = tree()
    found = exhibits(page)
    assert len(found) == 3 + 9
    for exhibit in found:
        assert STAMP in exhibit["text"], exhibit["attrs"]
    for svg in page.all("svg"):
        assert any(t["text"] == STAMP for t in page.inside(svg, "text"))
        assert STAMP in page.inside(svg, "desc")[0]["text"]
    banner = [e for e in page.all("p") if e["attrs"].get("class") == "banner"]
    assert [e["text"] for e in banner] == [STAMP]


def test_without_a_stamp_nothing_is_stamped(tree):
    text, page = tree(stamp="")
    assert "Synthetic" not in text
    assert "@top-left" not in text
    assert not [e for e in page.all("p") if e["attrs"].get("class") == "banner"]


def test_an_internal_edition_says_so_on_screen_and_on_every_printed_page(tree):
    text, page = tree(edition="internal")
    assert text.count(INTERNAL_MARK) == 2
    assert f'@top-left {{ content: "{INTERNAL_MARK}. {STAMP}"' in text
    assert INTERNAL_MARK in page.all("header")[0]["text"]
    assert INTERNAL_MARK not in tree(edition="public")[0]


def test_text_is_escaped(tree):
    text, page = tree()
    assert any(p["text"] == "Tom & Jerry's <b> is text." for p in page.all("p"))
    assert not page.all("b")
    assert "&lt;nothing&gt; &amp; more." in text


def cells(page, table_id):
    (table,) = [t for t in page.all("table") if t["attrs"].get("id") == table_id]
    return [cell["text"] for cell in page.inside(table, "th", "td")]


def test_a_table_shows_units_levels_and_why_there_is_no_number(tree):
    _, page = tree()
    shown = cells(page, "table-placement")
    assert shown[:4] == ["Measure", "Estimate (95% CI)", "p-value", "Families analysed"]
    assert shown[4:8] == [
        "Risk difference",
        "−5.0 percentage points (−25.5 to 15.0)",
        "0.008",
        "1,073",
    ]
    assert shown[12:] == ["Odds ratio", "[x] [note 1]", "[x] [note 2]", "40"]
    (exhibit,) = [e for e in exhibits(page) if e["attrs"]["data-name"] == "placement"]
    notes = [li["text"] for li in page.inside(exhibit, "li")]
    assert notes == [
        "[note 1] Odds ratio not estimable because no one had the event.",
        "[note 2] P-value not estimable because no one had the event.",
    ]


def test_shorthand_explains_the_marks_used_and_no_others(tree):
    _, page = tree()
    explained = {}
    for exhibit in exhibits(page):
        marks = [
            e["text"]
            for e in page.inside(exhibit, "span")
            if e["attrs"].get("class") == "mark"
        ]
        explained[exhibit["attrs"]["data-name"]] = marks
    assert explained["baseline"] == ["[low]", "[z]"]
    assert explained["placement"] == ["[x]", "[z]"]
    assert explained["boroughs"] == ["[c]"]
    assert explained["flow"] == ["[c]"]
    assert explained["dots"] == ["[z]"]


def test_only_notes_pointed_to_are_numbered(tree):
    _, page = tree()
    (exhibit,) = [e for e in exhibits(page) if e["attrs"]["data-name"] == "baseline"]
    notes = [li["text"] for li in page.inside(exhibit, "li")]
    assert notes == ["[note 1] As recorded.", "No p-values."]


def test_a_mark_cannot_end_the_style_of_the_page():
    stamp = 'A "quoted" \\ </style> stamp'
    page = html_page(Document(title="A", sections=(), stamp=stamp))
    assert page.count("</style>") == 1
    assert page.count("<style") == 1


def classes(element):
    return element["attrs"].get("class", "").split()


def test_a_heading_and_the_paragraph_below_stand_with_what_follows():
    rows = ((f"row {i}", i) for i in range(26))
    columns = (Column(key="row", heading="Row"), Column(key="n", heading="n"))
    table = Table(name="short", caption="Short", columns=columns, rows=(("a", 1),))
    long = Table(name="long", caption="Long", columns=columns, rows=tuple(rows))
    blocks = (
        Paragraph("one"),
        table,
        Paragraph("two"),
        Subheading("Below"),
        Paragraph("three"),
        long,
        Subheading("Last"),
    )
    sections = (
        Section(title="First", blocks=blocks),
        Section(title="Second", blocks=()),
    )
    page = Tree(html_page(Document(title="T", sections=sections)))
    groups = [e for e in page.all("div") if "group" in classes(e)]
    tags = [
        [
            e["tag"]
            for e in page.inside(group, "h2", "h3", "p", "table")
            if e["in"][-1] is group or e["tag"] == "table"
        ]
        for group in groups
    ]
    assert tags == [
        ["h2", "p", "table"],
        ["p"],
        ["h3", "p", "table"],
        ["h3"],
        ["h2"],
    ]
    # A table longer than a page cannot be kept whole.
    assert ["kept" in classes(group) for group in groups] == [
        True,
        True,
        False,
        True,
        True,
    ]


def test_only_columns_of_long_texts_are_given_room():
    columns = tuple(Column(key=key, heading=key) for key in ("row", "how", "arm"))
    rows = (("a", "a sentence of more than a few words", "MST-PSB"),)
    table = Table(name="made", caption="Made", columns=columns, rows=rows)
    section = Section(title="One", blocks=(table,))
    page = Tree(html_page(Document(title="T", sections=(section,))))
    assert ["wordy" in classes(cell) for cell in page.all("td")] == [True, False]
