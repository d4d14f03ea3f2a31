"""The compiled loops on disk: never stale, found again, kept where there is room."""

import importlib
import os
import pkgutil
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from numba.core.dispatcher import Dispatcher

import steps_analysis
from steps_analysis.randomisation import kernels

PACKAGE = Path(steps_analysis.__file__).parent
DRAW = """
from steps_analysis.randomisation import BigStick, draw_sequences
from steps_analysis.randomisation.kernels import filling, tables
arms = draw_sequences(BigStick(2), 8, 5, seed=3)
misses = [loop.stats.cache_misses for loop in (filling.fill, tables.take_by_steps)]
print(arms.sum(), sum(sum(one.values()) for one in misses))
"""
LOOPS = [
    (module, value)
    for info in pkgutil.iter_modules(kernels.__path__, f"{kernels.__name__}.")
    for module in [importlib.import_module(info.name)]
    for value in vars(module).values()
    if isinstance(value, Dispatcher)
]


def draw_in(folder, **environment):
    """Draw with the package that lies in a folder, in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(folder), **environment}
    environment.pop("NUMBA_CACHE_DIR", None)
    done = subprocess.run(
        [sys.executable, "-c", DRAW],
        env=environment,
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return [int(word) for word in done.stdout.split()]


# --- edges ---------------------------------------------------------------------------


def test_no_loop_calls_one_of_another_file():
    """The cache looks at a loop's own file only: it would miss the other's change."""
    assert len(LOOPS) > 8
    for _, loop in LOOPS:
        module = sys.modules[loop.py_func.__module__]
        called = [
            value
            for name in loop.py_func.__code__.co_names
            if isinstance(value := vars(module).get(name), Dispatcher)
        ]
        assert {one.py_func.__module__ for one in called} <= {module.__name__}


def test_importing_the_package_imports_no_compiler():
    code = (
        "import sys, steps_analysis.randomisation, steps_analysis.cli; "
        "print('numba' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"


@pytest.mark.slow
def test_a_package_that_cannot_be_written_keeps_its_loops_elsewhere(tmp_path):
    shutil.copytree(
        PACKAGE, tmp_path / PACKAGE.name, ignore=shutil.ignore_patterns("__pycache__")
    )
    beside = tmp_path / PACKAGE.name / "randomisation" / "kernels" / "__pycache__"
    beside.write_text("a file where the cache's folder would be")
    own = tmp_path / "cache"
    places = {"XDG_CACHE_HOME": str(own), "HOME": str(own)}
    own.mkdir()
    options = {"PYTHONDONTWRITEBYTECODE": "1", **places}
    total, misses = draw_in(tmp_path, **options)
    assert misses == 2  # compiled, both loops
    assert list(own.rglob("*.nbi"))
    assert draw_in(tmp_path, **options) == [total, 0]  # and found again
    # Nor there: compiled in every process, but the same arms.
    shutil.rmtree(own)
    own.write_text("a file where the user's folder would be")
    assert draw_in(tmp_path, **options) == [total, 2]
