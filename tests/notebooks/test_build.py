"""Building notebooks from scripts, on small ones."""

import json
import socket
import sys
from pathlib import Path

import nbformat
import pytest

from steps_analysis.errors import StepsError
from steps_analysis.reporting import notebook_runs
from steps_analysis.reporting.notebooks import build_notebooks, notebook_drift

SCRIPT = """\
# %% [markdown]
# # A notebook

# %%
import sys
from pathlib import Path

Path("read_me.txt").read_text()

# %%
print(sum([1, 2]), flush=True)
print({"a", "b", "c", "d", "e", "f"})
"""


@pytest.fixture
def folder(tmp_path):
    """Make a folder with one script, and what it reads."""
    (tmp_path / "read_me.txt").write_text("three families")
    (tmp_path / "01_small.py").write_text(SCRIPT)
    return tmp_path


def fails(folder: Path, line: str, match: str) -> None:
    """Build a notebook whose second cell is this line, and expect a refusal."""
    source = f"# %%\nvalue = 3\n\n# %%\n{line}\n\n# %%\nvalue = 4\n"
    (folder / "01_small.py").write_text(source)
    with pytest.raises(StepsError, match=match):
        build_notebooks(folder)
    assert not (folder / "01_small.ipynb").exists()


def test_a_notebook_by_hand(folder):
    assert build_notebooks(folder) == [folder / "01_small.ipynb"]
    written = (folder / "01_small.ipynb").read_text(encoding="utf-8")
    notebook = json.loads(written)
    assert notebook["metadata"] == {
        "kernelspec": {
            "display_name": "Python 3",
            "language": "python",
            "name": "python3",
        },
        "language_info": {"name": "python"},
    }
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    text, first, second = notebook["cells"]
    assert (text["cell_type"], text["source"]) == ("markdown", ["# A notebook"])
    assert [cell["id"] for cell in notebook["cells"]] == ["c000", "c001", "c002"]
    assert [cell["metadata"] for cell in notebook["cells"]] == [{}, {}, {}]
    assert (first["execution_count"], second["execution_count"]) == (1, 2)
    assert first["outputs"][0]["data"] == {"text/plain": ["'three families'"]}
    assert [output["name"] for output in second["outputs"]] == ["stdout"]
    assert second["outputs"][0]["text"][0] == "3\n"
    nbformat.validate(nbformat.reads(written, as_version=4))
    assert socket.gethostname() not in written
    left = {"01_small.py", "01_small.ipynb", "read_me.txt"}
    assert {path.name for path in folder.iterdir()} == left


def test_two_runs_write_the_same_bytes_and_the_check_agrees(folder):
    notebook = folder / "01_small.ipynb"
    build_notebooks(folder)
    once = notebook.read_bytes()
    build_notebooks(folder)
    assert notebook.read_bytes() == once
    assert notebook_drift(folder) == []


def test_the_settings_of_one_person_do_not_matter(folder, tmp_path, monkeypatch):
    startup = tmp_path / "person" / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "mine.py").write_text("print('mine')")
    (tmp_path / "person" / "startup.py").write_text("print('mine')")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "person"))
    monkeypatch.setenv("PYTHONSTARTUP", str(tmp_path / "person" / "startup.py"))
    (folder / "01_small.py").write_text("# %%\nvalue = 3\n\n# %%\nprint(value)\n")
    build_notebooks(folder)
    written = (folder / "01_small.ipynb").read_text(encoding="utf-8")
    assert "mine" not in written


def test_drift_names_every_difference(folder):
    build_notebooks(folder)
    notebook = folder / "01_small.ipynb"
    whole = notebook.read_text(encoding="utf-8")
    notebook.write_text(whole.replace("three families", "four families"))
    (folder / "02_new.py").write_text("# %%\n3\n")
    (folder / "stray.ipynb").write_text(whole)
    assert notebook_drift(folder) == [
        "stray.ipynb: has no script",
        "01_small.ipynb: cell c001, output 1, text/plain, line 1: committed "
        "\"'four families'\", rebuilt \"'three families'\"",
        "02_new.ipynb: is not built",
    ]


@pytest.mark.parametrize("content", ["", "{}", "[]", "not a notebook", "{"])
def test_drift_says_what_is_no_notebook(folder, content):
    (folder / "01_small.ipynb").write_text(content)
    assert notebook_drift(folder) == ["01_small.ipynb: is not a notebook"]


def test_a_failing_cell_is_named(folder):
    fails(
        folder,
        "1 / 0",
        r"`01_small.py, cell c001` must run to its end, got 'ZeroDivisionError: "
        r"division by zero'\nHint: it begins with '1 / 0'",
    )


def test_a_kernel_that_dies_is_told(folder):
    fails(folder, "import os; os._exit(3)", "cell c001` must run .* 'DeadKernelError'")


def test_a_cell_that_takes_too_long_is_told(folder, monkeypatch):
    monkeypatch.setattr(notebook_runs, "LONGEST_SECONDS", 1)
    fails(folder, "import time; time.sleep(60)", "c001` must run .*CellTimeoutError")


def test_a_warning_is_refused(folder):
    line = "import warnings; warnings.warn('old', UserWarning)"
    fails(folder, line, "cell c001` must warn of nothing, got .*old")


@pytest.mark.parametrize(
    "line", ["print('see /home/someone/x.csv')", "object()", r"print('C:\\Users\\x')"]
)
def test_what_belongs_to_one_machine_is_refused(folder, line):
    fails(folder, line, "c001` must show no path or address of this machine")


def test_a_failure_leaves_the_older_notebook(folder):
    build_notebooks(folder)
    before = (folder / "01_small.ipynb").read_bytes()
    (folder / "01_small.py").write_text("# %%\n1 / 0\n")
    with pytest.raises(StepsError, match="ZeroDivisionError"):
        build_notebooks(folder)
    assert (folder / "01_small.ipynb").read_bytes() == before


def test_a_notebook_without_a_script_is_refused(folder):
    (folder / "09_mine.ipynb").write_text("{}")
    with pytest.raises(StepsError, match=r"`09_mine.ipynb` must have its script"):
        build_notebooks(folder)


@pytest.mark.parametrize("act", [build_notebooks, notebook_drift])
def test_a_folder_without_scripts_is_refused(tmp_path, act):
    with pytest.raises(StepsError, match="`folder` must hold scripts named NN_name"):
        act(tmp_path)


@pytest.mark.parametrize("act", [build_notebooks, notebook_drift])
def test_without_the_extra_it_says_which(folder, monkeypatch, act):
    monkeypatch.setattr(notebook_runs, "TOOLS", ("jupytext", "no_such_tool"))
    with pytest.raises(StepsError, match=r"`no_such_tool` must .*\n.*\[notebooks\]"):
        act(folder)


def test_the_kernel_is_this_python(folder):
    source = "# %%\nimport sys\nPath = sys.executable == " + repr(sys.executable)
    (folder / "01_small.py").write_text(f"{source}\nPath\n")
    build_notebooks(folder)
    cell = nbformat.read(folder / "01_small.ipynb", as_version=4).cells[0]
    assert cell.outputs[0].data == {"text/plain": "True"}
