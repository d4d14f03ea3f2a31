import pytest

from steps_analysis.reporting import (
    Column,
    Document,
    Section,
    Table,
    html_page,
    write_report,
)
from steps_analysis.trial_data import STAMP

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def open_report(browser, make_document, tmp_path_factory):
    document = make_document(stamp=STAMP)
    place = tmp_path_factory.mktemp("browser") / "report"
    folder = write_report(document, place, manifest_facts={})

    def opened(width):
        page = browser.new_page(viewport={"width": width, "height": 900})
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto((folder / "index.html").as_uri())
        assert asked == [(folder / "index.html").as_uri()]
        return page

    return opened


@pytest.mark.parametrize("width", [360, 1280])
def test_no_serious_fault_of_accessibility(open_report, grave_faults, width):
    page = open_report(width)
    assert not grave_faults(page)
    page.close()


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_the_page_itself_never_scrolls_sideways(open_report, width):
    page = open_report(width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


def test_the_skip_link_leads_to_the_main_part(open_report):
    page = open_report(1280)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.close()


def test_a_wide_table_can_be_scrolled_by_keyboard(open_report):
    page = open_report(360)
    region = page.locator(".exhibit.table .scroll").nth(1)
    region.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function(
        "document.querySelectorAll('.exhibit.table .scroll')[1].scrollLeft > 0"
    )
    page.close()


def test_print_keeps_every_figure_whole(open_report):
    page = open_report(1280)
    page.emulate_media(media="print")
    kept = "getComputedStyle(document.querySelector('figure')).breakInside"
    assert page.evaluate(kept) == "avoid"
    kept = "getComputedStyle(document.querySelector('.kept')).breakInside"
    assert page.evaluate(kept) == "avoid"
    heads = "getComputedStyle(document.querySelector('thead')).display"
    assert page.evaluate(heads) == "table-header-group"
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
    page.close()


def test_the_number_of_a_wrapped_entry_of_the_contents_stands_on_its_first_line(
    open_report,
):
    page = open_report(1280)
    # An inline-block would put its last line level with the number.
    shown = "getComputedStyle(document.querySelector('.contents a')).display"
    assert page.evaluate(shown) == "block"
    page.close()


def test_a_column_of_long_texts_is_wide_enough_to_read_on_a_phone(browser):
    how = "Standardisation over a linear working model, because the other is separated"
    columns = [Column(key=key, heading=key) for key in ("measure", "n", "how")]
    rows = [("Standardised risk difference", "5.7 (−11.6 to 23.0)", how)]
    table = Table(name="wide", caption="Wide", columns=columns, rows=rows)
    section = Section(title="One", blocks=(table,))
    page = browser.new_page(viewport={"width": 360, "height": 900})
    page.set_content(html_page(Document(title="T", sections=(section,))))
    widths = page.evaluate(
        "[...document.querySelectorAll('.exhibit.table td.wordy')]"
        ".map(cell => cell.getBoundingClientRect().width)"
    )
    assert len(widths) == 1
    assert 200 < widths[0] < 400
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.close()
