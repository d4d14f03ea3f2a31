"""What a notebook shows of tables, figures and texts."""

from base64 import b64decode
from dataclasses import dataclass
from html.parser import HTMLParser

import pandas as pd
import pytest
from matplotlib.figure import Figure as Canvas

from steps_analysis.errors import ArgumentError, DisclosureError
from steps_analysis.estimates import Estimate
from steps_analysis.reporting import (
    Callout,
    Column,
    Document,
    Dot,
    DotPlot,
    Figure,
    Items,
    Paragraph,
    Section,
    Subheading,
    Table,
    excerpt,
    show,
    show_plot,
)
from steps_analysis.trial_data import STAMP

COLUMNS = (Column(key="arm", heading="Arm"), Column(key="n", heading="Number"))


@dataclass(frozen=True)
class Audit:
    """What an audit says."""

    safe: bool


def table(**other):
    """Make a table of two arms."""
    facts = {
        "name": "arms",
        "caption": "Families by arm",
        "columns": COLUMNS,
        "rows": (("A <b>", 1200), ("B", "[c]")),
        "notes": ("Counted once.",),
    }
    return Table(**(facts | other))


def figure(**other):
    """Make a figure of one dot."""
    facts = {
        "name": "dots",
        "caption": "Differences",
        "alt": "One dot, at minus an eighth.",
        "drawing": DotPlot(dots=(Dot(label="Age", value=-0.125),)),
    }
    return Figure(**(facts | other))


def test_a_table_by_hand():
    (output,) = show(table(), stamp=STAMP).outputs
    assert output.data["text/plain"].splitlines() == [
        "Families by arm",
        "Arm    Number",
        "A <b>   1,200",
        "B         [c]",
        "Shorthand: [c] confidential: not shown, so that no child can be identified.",
        "Counted once.",
        STAMP,
    ]
    html = output.data["text/html"]
    assert '<th scope="col" style="text-align: right">Number</th>' in html
    assert '<th scope="row" style="text-align: left">A &lt;b&gt;</th>' in html
    assert '<td style="text-align: right">1,200</td>' in html
    assert html.endswith(f"<em>{STAMP}</em></small></p>")


def test_a_figure_is_a_picture_with_its_data_between_caption_and_stamp():
    above, picture, below = show(figure(), stamp=STAMP).outputs
    assert above.data["text/plain"] == "Differences"
    png = b64decode(picture.data["image/png"])
    assert png.startswith(b"\x89PNG")
    assert picture.metadata["image/png"]["alt"] == "One dot, at minus an eighth."
    assert 300 < picture.metadata["image/png"]["width"] < 900
    assert picture.data["text/csv"].splitlines()[1] == f'Age,-0.125,"{STAMP}"'
    said = below.data["text/plain"].splitlines()
    assert said == ["In words: One dot, at minus an eighth.", STAMP]


def test_texts_stand_together_and_end_with_the_stamp():
    blocks = (
        Subheading("Main points"),
        Paragraph("Too few to tell."),
        Items(("one", "two")),
        Callout("limitation", "Small.", ("Very.",)),
    )
    (output,) = show(*blocks, stamp=STAMP).outputs
    assert output.data["text/plain"].splitlines() == [
        "Main points",
        "Too few to tell.",
        "- one",
        "- two",
        "Limitations:",
        "Small.",
        "- Very.",
        STAMP,
    ]
    for piece in ("<h4>Main points</h4>", "<li>two</li>", "<strong>Limitations.</stro"):
        assert piece in output.data["text/html"]


@pytest.mark.parametrize("stamp", [None, ""])
def test_real_data_carry_no_stamp(stamp):
    shown = show(table(), figure(), Paragraph("Text."), stamp=stamp)
    every = " ".join(text for output in shown.outputs for text in output.data.values())
    assert "Synthetic" not in every
    assert "<em>" not in every


def test_every_table_and_figure_carries_the_stamp():
    shown = show(table(), table(name="two"), figure(), stamp=STAMP)
    html = " ".join(output.data.get("text/html", "") for output in shown.outputs)
    assert html.count(STAMP) == 3


def test_html_is_well_formed():
    class Balanced(HTMLParser):
        depth: list[str] = []  # noqa: RUF012

        def handle_starttag(self, tag, attrs):
            if tag != "br":
                self.depth.append(tag)

        def handle_endtag(self, tag):
            assert self.depth.pop() == tag

    blocks = (table(), Paragraph("a < b"), Items(("x",)), Callout("note", "", ("y",)))
    parser = Balanced()
    for output in show(*blocks, figure(), stamp=STAMP).outputs:
        parser.feed(output.data.get("text/html", ""))
    assert parser.depth == []


def test_what_cannot_be_estimated_says_why():
    missing = Estimate.missing("odds ratio", "no one had the event", n=40)
    (output,) = show(table(rows=(("A", missing),), notes=()), stamp=None).outputs
    assert "[x]" in output.data["text/plain"]
    assert "because no one had the event" in output.data["text/html"]


def test_the_same_blocks_give_the_same_outputs():
    blocks = (table(), figure(), Paragraph("Text."))
    assert show(*blocks, stamp=None) == show(*blocks, stamp=None)


def test_a_notebook_displays_each_output(monkeypatch):
    displayed = []
    monkeypatch.setattr(
        "IPython.display.display",
        lambda data, *, raw, metadata: displayed.append((data, raw, metadata)),
    )
    shown = show(figure(), stamp=None)
    shown._ipython_display_()
    assert displayed == [(one.data, True, one.metadata) for one in shown.outputs]


def test_ones_own_plot_has_caption_data_and_stamp():
    ages = pd.DataFrame({"age": [12.0, 14.123456789]})
    axes = Canvas().subplots()
    axes.bar(ages["age"], 1)
    words = {"caption": "Ages", "alt": "Two bars.", "data": ages}
    shown = show_plot(axes.figure, **words, stamp=STAMP)
    above, picture, below = shown.outputs
    assert above.data["text/plain"] == "Ages"
    assert picture.data["text/csv"] == (
        f'age,stamp\n12,"{STAMP}"\n14.123457,"{STAMP}"\n'
    )
    assert below.data["text/plain"] == f"In words: Two bars.\n{STAMP}"
    assert axes.figure.texts == []
    again = show_plot(axes.figure, **words, stamp=STAMP)
    assert again == shown
    unstamped = show_plot(axes.figure, **words, stamp=None)
    assert unstamped.outputs[1].data["text/csv"] == "age\n12\n14.123457\n"


def test_parts_of_a_report_are_picked_by_name():
    text = Paragraph("Text.")
    part = Section(title="Arms", slug="arms", blocks=(text, table()))
    other = Section(title="Dots too", blocks=(figure(),))
    report = Document(title="Report", sections=(part, other))
    assert excerpt(report, "dots", "arms") == (figure(), table())
    assert excerpt(report, "dots-too") == (figure(),)
    assert excerpt(part, "arms") == (table(),)
    assert excerpt(report) == ()


def test_a_part_that_is_not_there_is_refused():
    report = Document(title="Report", sections=(Section(title="Arms", blocks=()),))
    with pytest.raises(ArgumentError, match=r"be one of arms, got 'arm'\nHint: did"):
        excerpt(report, "arm")


def test_sites_are_shown_only_with_a_safe_audit():
    assert show(table(breakdown="site", audit=Audit(safe=True)), stamp=None).outputs
    with pytest.raises(DisclosureError, match="got 'no audit'"):
        show(table(breakdown="site"), stamp=None)
    with pytest.raises(DisclosureError, match="not safe"):
        show(figure(breakdown="site", audit=Audit(safe=False)), stamp=None)
