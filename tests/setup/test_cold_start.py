"""A newcomer's first command, for real: packages are fetched (slow)."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
LEFT_OUT = shutil.ignore_patterns(".git", ".venv*", "__pycache__", ".*_cache")


@pytest.fixture
def clone(tmp_path) -> Path:
    """Return a copy of the project as it is now, without its environment."""
    return Path(shutil.copytree(ROOT, tmp_path / "clone", ignore=LEFT_OUT))


def base_python() -> str:
    """Return the Python under this environment, the one that a newcomer has."""
    return os.path.realpath(sys.executable)


def environ_without_uv(hidden: Path) -> dict[str, str]:
    """Return variables under which uv, venv and ensurepip are not to be found."""
    hidden.mkdir()
    for module in ("venv", "ensurepip"):
        (hidden / f"{module}.py").write_text("raise ImportError('hidden')\n")
    places = os.environ["PATH"].split(os.pathsep)
    kept = [place for place in places if not shutil.which("uv", path=place)]
    path = os.pathsep.join(place for place in kept if ".venv" not in place)
    return {**os.environ, "PATH": path, "PYTHONPATH": str(hidden)}


def carry_out(*words: str | Path, cwd: Path, env: dict[str, str] | None = None) -> str:
    """Return what a command prints; it must succeed."""
    done = subprocess.run(
        words, cwd=cwd, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def test_plain_pip_without_the_venv_module(clone, tmp_path):
    environ = environ_without_uv(tmp_path / "hidden")
    words = (base_python(), clone / "run", "test", "--version")
    assert "pytest" in carry_out(*words, cwd=clone, env=environ)
    assert "command" not in (clone / ".venv" / "pyvenv.cfg").read_text()  # by hand
    code = "import lifelines, jupyterlab, steps_analysis as s; print(s.__file__)"
    python = clone / ".venv" / "bin" / "python"
    printed = carry_out(python, "-c", code, cwd=tmp_path)
    assert printed.strip() == str(clone / "steps_analysis" / "__init__.py")


def test_pip_install_gives_the_command(clone, tmp_path):
    pytest.importorskip("ensurepip")
    carry_out(base_python(), "-m", "venv", tmp_path / "env", cwd=tmp_path)
    pip = tmp_path / "env" / "bin" / "pip"
    carry_out(pip, "install", "-q", clone, cwd=tmp_path)
    steps = tmp_path / "env" / "bin" / "steps"
    assert "evaluate" in carry_out(steps, "--help", cwd=tmp_path)
