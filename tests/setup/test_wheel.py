"""The package as others install it: what the wheel holds, and its command."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "steps_analysis"


def run(*words: str, cwd: Path) -> str:
    """Return what a command prints; it must succeed."""
    done = subprocess.run(
        [sys.executable, *words], cwd=cwd, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """Return a freshly built wheel; nothing is fetched for it."""
    folder = tmp_path_factory.mktemp("wheel")
    run("-m", "hatchling", "build", "-t", "wheel", "-d", str(folder), cwd=ROOT)
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_holds_every_file_of_the_package(wheel):
    held = set(zipfile.ZipFile(wheel).namelist())
    made = {
        path.relative_to(ROOT).as_posix()
        for path in PACKAGE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert made <= held
    assert {"steps_analysis/py.typed", "steps_analysis/protocol/steps_b.toml"} <= held


def test_the_wheel_holds_the_templates_of_the_pages(wheel):
    held = zipfile.ZipFile(wheel).namelist()
    assert [n for n in held if n.startswith("steps_analysis/reporting/templates/")]


def test_the_wheel_holds_nothing_else(wheel):
    held = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in held}
    assert {name for name in tops if not name.endswith(".dist-info")} == {
        "steps_analysis"
    }


def test_the_unpacked_wheel_reads_its_own_protocol(wheel, tmp_path):
    zipfile.ZipFile(wheel).extractall(tmp_path)
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r});"
        "import steps_analysis.protocol as p; p.load_protocol(); print(p.__file__)"
    )
    assert run("-I", "-c", code, cwd=tmp_path).startswith(str(tmp_path))


def test_the_wheel_names_the_command(wheel):
    archive = zipfile.ZipFile(wheel)
    (entries,) = (n for n in archive.namelist() if n.endswith("entry_points.txt"))
    assert "steps = steps_analysis.cli:main" in archive.read(entries).decode()


def test_the_command_helps(tmp_path):
    steps = Path(sys.executable).parent / "steps"
    done = subprocess.run(
        [steps, "--help"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "evaluate" in done.stdout
