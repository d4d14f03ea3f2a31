"""The seven notebooks of the project: thin, whole, stamped, and what a run gives."""

import ast
import re
from pathlib import Path

import nbformat
import pytest

from steps_analysis.reporting.notebooks import notebook_drift
from steps_analysis.trial_data import STAMP

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "notebooks"
SCRIPTS = sorted(FOLDER.glob("*.py"))
SYNTHETIC = [script for script in SCRIPTS if script.name[:2] not in {"05"}]
LONGEST = 80
TOO_MUCH = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.Lambda,
    ast.For,
    ast.While,
    ast.ListComp,
    ast.DictComp,
    ast.SetComp,
    ast.GeneratorExp,
)


def outputs(script):
    """Give every output of a committed notebook, in order."""
    notebook = nbformat.read(script.with_suffix(".ipynb"), as_version=4)
    return [out for cell in notebook.cells for out in cell.get("outputs", ())]


def texts(script):
    """Give every text of a committed notebook's outputs."""
    return [
        content
        for output in outputs(script)
        for kind, content in output.data.items()
        if not kind.startswith("image/")
    ]


def html(script):
    """Give the HTML of a committed notebook's outputs, in order, joined."""
    return "\n".join(output.data.get("text/html", "") for output in outputs(script))


def test_the_seven_notebooks_are_there_each_with_its_script():
    assert [script.stem for script in SCRIPTS] == [
        "01_allocation_and_balance",
        "02_referral_volumes_by_borough",
        "03_recurrence_and_placement",
        "04_the_whole_evaluation",
        "05_another_trial",
        "06_your_own_data",
        "07_how_a_table_leaks",
    ]
    notebooks = {path.stem for path in FOLDER.glob("*.ipynb")}
    assert notebooks == {script.stem for script in SCRIPTS}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_a_script_reads_calls_and_shows_no_more(script):
    source = script.read_text(encoding="utf-8")
    nodes = list(ast.walk(ast.parse(source)))
    assert not [node for node in nodes if isinstance(node, TOO_MUCH)]
    assert len(source.splitlines()) <= LONGEST


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_prose_has_a_question_and_a_reading_and_no_number_typed(script):
    notebook = nbformat.read(script.with_suffix(".ipynb"), as_version=4)
    prose = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    assert "**Question.**" in prose[0]
    assert prose[-1].startswith("**Reading.**")
    assert notebook.cells[-1].cell_type == "markdown"
    heading, *rest = "\n".join(prose).splitlines()
    assert heading.startswith(f"# {int(script.name[:2])}. ")
    assert not re.search(r"\d", "\n".join(rest).replace("`", " "))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_prose_keeps_to_the_words_of_the_glossary(script):
    said = "\n".join([script.read_text(encoding="utf-8"), *texts(script)]).lower()
    avoided = r"offender|perpetrator|abuser|victim|blinded|worst|hotspot|league"
    assert not re.search(avoided, said)
    assert not re.search(r"\b(non-)?significan", said)


@pytest.mark.parametrize("script", SYNTHETIC, ids=lambda script: script.stem)
def test_what_is_made_from_synthetic_data_carries_the_stamp(script):
    _, *after_tables = html(script).split("</table>")
    for text in after_tables:
        assert STAMP in text.split("<table>")[0]
    found = outputs(script)
    figures = [i for i, output in enumerate(found) if "image/png" in output.data]
    for i in figures:
        assert STAMP in found[i].data["text/csv"]
        assert STAMP in found[i + 1].data["text/html"].split("<table>")[0]
    assert figures or after_tables


def test_each_notebook_shows_a_figure_and_a_table():
    for script in SCRIPTS:
        assert any("image/png" in output.data for output in outputs(script)), script
        assert "</table>" in html(script), script


def test_a_real_trial_carries_no_stamp():
    assert STAMP not in "\n".join(texts(FOLDER / "05_another_trial.py"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_outputs_name_no_place_of_a_machine_and_no_version(script):
    notebook = nbformat.read(script.with_suffix(".ipynb"), as_version=4)
    assert notebook.metadata.language_info == {"name": "python"}
    assert [cell.id for cell in notebook.cells] == [
        f"c{number:03d}" for number in range(len(notebook.cells))
    ]
    for text in texts(script):
        assert str(ROOT) not in text
        assert str(Path.home()) + "/" not in text
        assert not re.search(r"(^|[\s\"'(])/[\w.-]+/[\w.-]+|\bat 0x[0-9a-f]+", text)


def test_the_borough_notebook_opens_no_arms_and_hides_small_counts():
    shown = html(FOLDER / "02_referral_volumes_by_borough.py")
    rows = re.findall(r"<tr><th scope=\"row\".*?>(.*?)</th>(.*?)</tr>", shown)
    boroughs = [name for name, _ in rows if name != "All"]
    assert boroughs == sorted(boroughs)
    counts = [
        int(cell.replace(",", ""))
        for _, row in rows
        for cell in re.findall(r"<td[^>]*>([\d,]+)</td>", row)
    ]
    assert counts
    assert not [number for number in counts if 1 <= number <= 5]
    assert "[c]" in shown
    assert "MST-PSB" not in shown
    assert "keep every value" in shown


def test_figures_agree_with_r_to_every_digit_shown():
    shown = html(FOLDER / "05_another_trial.py")
    table = shown[shown.index("computed here and by R") :]
    pairs = re.findall(r"<td[^>]*>([\d.]+)</td><td[^>]*>([\d.]+)</td></tr>", table)
    assert len(pairs) == 8
    assert all(ours == by_r for ours, by_r in pairs)


def test_the_committed_notebooks_are_what_a_fresh_run_gives():
    assert notebook_drift(FOLDER) == []
