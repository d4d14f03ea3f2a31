"""From a notebook's script to the executed notebook, the same bytes on every run."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from steps_analysis.errors import StepsError, refusal

if TYPE_CHECKING:
    from nbformat import NotebookNode

TOOLS = ("jupytext", "nbclient", "nbformat", "ipykernel")
"""What runs notebooks: packages of the extra ``notebooks``."""

LONGEST_SECONDS = 300
"""How long one cell may take."""

METADATA = {
    "kernelspec": {
        "display_name": "Python 3",
        "language": "python",
        "name": "python3",
    },
    "language_info": {"name": "python"},
}
"""What every notebook says of itself: no version, which would differ by machine."""

_TO_ITS_END = "run to its end"
_PERSONAL = ("JUPYTER_", "MPLBACKEND", "PYTHONSTARTUP", "PYTHONWARNINGS")
_LOCAL = re.compile(
    r"""(?:^|[\s"'(=:])(?:/[\w.-]+){2,}     # a path from the root
    |\b[A-Za-z]:\\\w                        # the same on Windows
    |\bat\ 0x[0-9a-fA-F]{6,}                # an address in memory
    """,
    re.VERBOSE | re.MULTILINE,
)


def check_tools() -> None:
    """
    Refuse to go on where the tools that run notebooks are not installed.

    Raises
    ------
    StepsError
        If one is absent; the message says how to install them.

    Examples
    --------
    >>> check_tools()
    """
    absent = [name for name in TOOLS if find_spec(name) is None]
    if absent:
        rule = "be installed to build notebooks"
        hint = "pip install 'steps-analysis[notebooks]'"
        raise StepsError(refusal(", ".join(absent), rule, None, hint=hint))


def run_script(script: Path) -> NotebookNode:
    """
    Execute a notebook's script in a fresh kernel, in the script's folder.

    Parameters
    ----------
    script
        A percent script, as jupytext writes it.

    Returns
    -------
    nbformat.NotebookNode
        The notebook with its outputs: cells numbered, nothing in it that differs
        between machines or runs.

    Raises
    ------
    StepsError
        If a cell fails or warns, or an output holds something of this machine.
    """
    import jupytext  # type: ignore[import-untyped]  # jupytext has no types

    notebook: NotebookNode = jupytext.read(script, fmt="py:percent")
    for number, cell in enumerate(notebook.cells):
        cell.id = f"c{number:03d}"
    _execute(notebook, script)
    notebook.metadata = METADATA
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    for cell in notebook.cells:
        cell.metadata = {}
        _refuse_unshareable(cell, script)
    return notebook


def _execute(notebook: NotebookNode, script: Path) -> None:
    """Run every cell, in an environment of its own."""
    from jupyter_client.kernelspec import KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient
    from nbclient.exceptions import (
        CellExecutionError,
        CellTimeoutError,
        DeadKernelError,
    )

    begun: list[NotebookNode] = []
    with TemporaryDirectory() as scratch:
        # No list of kernels: the Python that builds is the one that runs.
        kernel = AsyncKernelManager(
            kernel_name="python3",
            kernel_spec_manager=KernelSpecManager(kernel_dirs=[]),
            connection_file=str(Path(scratch) / "kernel.json"),
            transport="ipc" if os.name == "posix" else "tcp",
        )
        client = NotebookClient(
            notebook,
            km=kernel,
            timeout=LONGEST_SECONDS,
            record_timing=False,
            coalesce_streams=True,
            resources={"metadata": {"path": str(script.resolve().parent)}},
            on_cell_start=lambda cell, **_: begun.append(cell),
        )
        try:
            client.execute(env=_environment(scratch), cleanup_kc=True)
        except CellExecutionError as stopped:
            said = f"{stopped.ename}: {stopped.evalue}"
            raise _fault(script, begun[-1], _TO_ITS_END, said) from None
        except (CellTimeoutError, DeadKernelError) as stopped:
            said = type(stopped).__name__
            raise _fault(script, begun[-1], _TO_ITS_END, said) from None


def _environment(scratch: str) -> dict[str, str]:
    """Give the kernel this environment, less what one person has set up."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(_PERSONAL)}
    return {**kept, "IPYTHONDIR": scratch, "PYTHONHASHSEED": "0"}


def _fault(script: Path, cell: NotebookNode, rule: str, got: str) -> StepsError:
    """Say what is wrong with a cell of a notebook."""
    first = cell.source.splitlines()[0] if cell.source else ""
    hint = f"it begins with {first!r}"
    return StepsError(refusal(f"{script.name}, cell {cell.id}", rule, got, hint=hint))


def _refuse_unshareable(cell: NotebookNode, script: Path) -> None:
    """Refuse a cell whose outputs hold a warning or something of this machine."""
    for output in cell.get("outputs", ()):
        if output.output_type == "stream" and output.name == "stderr":
            raise _fault(script, cell, "warn of nothing", output.text.strip())
        for text in output_texts(output):
            found = _LOCAL.search(text)
            if found:
                rule = "show no path or address of this machine"
                raise _fault(script, cell, rule, found[0].strip())


def output_texts(output: NotebookNode) -> Iterator[str]:
    """
    Give every text of an output of a cell, pictures aside.

    Parameters
    ----------
    output
        The output.

    Yields
    ------
    str
        The texts.

    Examples
    --------
    >>> from nbformat.v4 import new_output
    >>> list(output_texts(new_output("stream", text="3 families")))
    ['3 families']
    """
    if "text" in output:
        yield output.text
    for kind, content in output.get("data", {}).items():
        if not kind.startswith("image/"):
            yield content if isinstance(content, str) else repr(content)
