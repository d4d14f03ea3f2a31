"""
Notebooks with their outputs: built from their scripts, and checked against them.

``NN_name.py``, a percent script, is the source; ``NN_name.ipynb`` beside it is made
from it, executed, and committed, so that readers see results without running anything.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from steps_analysis.errors import StepsError, refusal
from steps_analysis.reporting.notebook_differences import notebook_differences
from steps_analysis.reporting.notebook_runs import check_tools, run_script
from steps_analysis.trial_data.replace import replace_file

if TYPE_CHECKING:
    from nbformat import NotebookNode

SCRIPTS = "[0-9][0-9]_*.py"


def build_notebooks(folder: str | Path) -> list[Path]:
    """
    Execute every script of a folder and write its notebook beside it.

    Parameters
    ----------
    folder
        The folder, with scripts ``NN_name.py``. Each runs with it as its working
        folder, as JupyterLab runs the notebook.

    Returns
    -------
    list of Path
        The notebooks, in order of name.

    Raises
    ------
    StepsError
        If the folder has no scripts, or a notebook without one; if the extra
        ``notebooks`` is not installed; or if a cell fails, warns, or shows something
        of this machine. The message names notebook and cell.

    Notes
    -----
    Two runs write the same bytes. Each notebook appears whole or not at all.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     build_notebooks(folder)
    Traceback (most recent call last):
    ...
    steps_analysis.errors.StepsError: `folder` must hold scripts named NN_name.py, got 0
    """
    scripts = _scripts(Path(folder))
    for orphan in _orphans(Path(folder), scripts):
        rule = "have its script beside it"
        raise StepsError(refusal(orphan.name, rule, None, hint="move or delete it"))
    built = []
    for script in scripts:
        replace_file(
            script.with_suffix(".ipynb"), _written(run_script(script)).encode("utf-8")
        )
        built.append(script.with_suffix(".ipynb"))
    return built


def notebook_drift(folder: str | Path) -> list[str]:
    """
    Compare every committed notebook with what a fresh run of its script gives.

    Parameters
    ----------
    folder
        The folder.

    Returns
    -------
    list of str
        One line per difference, beginning with the notebook's name; empty where there
        is none. Text is compared exactly, numbers in outputs to 1e-8, pictures by
        their presence and their data.

    Raises
    ------
    StepsError
        As `build_notebooks` does, but for a notebook without script or a script without
        notebook, which are differences.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     notebook_drift(folder)
    Traceback (most recent call last):
    ...
    steps_analysis.errors.StepsError: `folder` must hold scripts named NN_name.py, got 0
    """
    scripts = _scripts(Path(folder))
    orphans = _orphans(Path(folder), scripts)
    found = [f"{orphan.name}: has no script" for orphan in orphans]
    for script in scripts:
        notebook = script.with_suffix(".ipynb")
        if not notebook.exists():
            found.append(f"{notebook.name}: is not built")
            continue
        committed = _read(notebook)
        if committed is None:
            found.append(f"{notebook.name}: is not a notebook")
            continue
        differences = notebook_differences(committed, run_script(script))
        found += [f"{notebook.name}: {line}" for line in differences]
    return found


def _scripts(folder: Path) -> list[Path]:
    """List the scripts of a folder, refusing to find none or to lack the tools."""
    check_tools()
    scripts = sorted(folder.glob(SCRIPTS))
    if not scripts:
        raise StepsError(refusal("folder", "hold scripts named NN_name.py", 0))
    return scripts


def _orphans(folder: Path, scripts: list[Path]) -> list[Path]:
    """List the notebooks of a folder that have no script."""
    made = {script.with_suffix(".ipynb") for script in scripts}
    return sorted(set(folder.glob("*.ipynb")) - made)


def _written(notebook: NotebookNode) -> str:
    """Write a notebook as the text of its file."""
    import nbformat

    text: str = nbformat.writes(  # type: ignore[no-untyped-call]  # it has no types
        notebook, version=4
    )
    return text.rstrip("\n") + "\n"


def _read(notebook: Path) -> NotebookNode | None:
    """Read a notebook; None where the file is something else."""
    import nbformat

    try:
        read: NotebookNode = nbformat.read(  # type: ignore[no-untyped-call]  # as above
            notebook, as_version=4
        )
    except (nbformat.ValidationError, ValueError, AttributeError, KeyError):
        return None
    return read
