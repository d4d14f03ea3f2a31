"""Whether two executed notebooks say the same, by hand."""

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from steps_analysis.reporting.notebook_differences import notebook_differences


def notebook(source="rate(3)", *, data=None, text=None, count=1, metadata=None):
    """Make a notebook of one cell."""
    outputs = []
    if data is not None:
        outputs.append(new_output("display_data", data=data))
    if text is not None:
        outputs.append(new_output("stream", text=text))
    cell = new_code_cell(source, id="c000", outputs=outputs, execution_count=count)
    return new_notebook(cells=[cell], metadata=metadata or {})


def found(old, new):
    """List the differences."""
    return list(notebook_differences(old, new))


def test_a_notebook_does_not_differ_from_itself():
    whole = notebook(data={"text/plain": "3", "image/png": "AAAA"}, text="x\n")
    assert found(whole, whole) == []


def test_sources_are_compared_exactly():
    assert found(notebook("rate(3)"), notebook("rate(3.000000001)")) == [
        "cell c000, source, line 1: committed 'rate(3)', rebuilt 'rate(3.000000001)'"
    ]


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("risk 0.25", "risk 0.2500000001", True),
        ("risk 0.25", "risk 0.2500001", False),
        ("risk 0.25", "rate 0.25", False),
        ("−5.0 points", "−5.00000000001 points", True),
        ("−5.0 points", "5.0 points", False),
        ("1e3 families", "1000 families", True),
        ("one\ntwo", "one", False),
    ],
)
def test_numbers_in_outputs_may_differ_by_little(old, new, same):
    pair = notebook(data={"text/plain": old}), notebook(data={"text/plain": new})
    assert (found(*pair) == []) is same
    printed = notebook(text=old), notebook(text=new)
    assert (found(*printed) == []) is same


def test_pictures_are_compared_by_presence_and_by_their_data():
    data = {"image/png": "AAAA", "text/csv": "age\n12\n"}
    assert found(notebook(data=data), notebook(data=data | {"image/png": "B"})) == []
    gone = {"text/csv": "age\n12\n"}
    assert found(notebook(data=data), notebook(data=gone)) == [
        "cell c000, output 1, image/png: committed, but no longer made"
    ]
    assert found(notebook(data=gone), notebook(data=data)) == [
        "cell c000, output 1, image/png: made, but not committed"
    ]
    other = data | {"text/csv": "age\n13\n"}
    assert found(notebook(data=data), notebook(data=other)) == [
        "cell c000, output 1, text/csv, line 2: committed '12', rebuilt '13'"
    ]
    (line,) = found(notebook(data=data), notebook(data=data | {"image/png": ""}))
    assert line.startswith("cell c000, output 1, image/png, line 1")


def test_order_of_running_and_metadata_are_compared():
    (line,) = found(notebook(count=1), notebook(count=2))
    assert line.startswith("cell c000, facts, line 1")
    (line,) = found(notebook(), notebook(metadata={"language_info": {"name": "R"}}))
    assert line.startswith("metadata, line 1")


def test_cells_that_come_or_go_are_named():
    one = notebook()
    two = new_notebook(cells=[*one.cells, new_markdown_cell("More", id="c001")])
    assert found(one, two) == [
        "cell c001, facts: made, but not committed",
        "cell c001, source: made, but not committed",
    ]
    assert "no longer made" in found(two, one)[0]


def test_a_long_line_is_cut():
    (line,) = found(notebook("a" * 200), notebook("b" * 200))
    assert len(line) < 260
