"""A small project with the real `run`, and an installer that installs nothing."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# Notes each call, carries out the shell words in ON_CALL, and at the second call of a
# set-up (the package itself) puts a `steps` in the environment that tells what it got.
INSTALLER = """\
#!/bin/sh
echo "$@" >> "{calls}"
echo "installer speaks"
eval "$ON_CALL"
case "$*" in *--editable*)
  cat > .venv/bin/steps <<'END'
#!/bin/sh
echo "steps $@"
echo "in $PWD"
echo "PYTHONPATH=$PYTHONPATH VIRTUAL_ENV=$VIRTUAL_ENV"
exit ${{STEPS_EXIT:-0}}
END
  chmod +x .venv/bin/steps;;
esac
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A scratch project and its fake `uv`."""

    root: Path
    programs: Path

    def environ(self, **variables: str) -> dict[str, str]:
        """Return the variables under which the fake installer is found."""
        path = f"{self.programs}{os.pathsep}{os.environ['PATH']}"
        return {**os.environ, "PATH": path, **variables}

    def start(
        self, *words: str, cwd: Path | None = None, **variables: str
    ) -> subprocess.Popen[str]:
        """Start `run` in the project."""
        return subprocess.Popen(
            [sys.executable, str(self.root / "run"), *words],
            cwd=cwd or self.root,
            env=self.environ(**variables),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(
        self, *words: str, cwd: Path | None = None, **variables: str
    ) -> tuple[int, str, str]:
        """Run `run` to its end; return its exit code, output and messages."""
        process = self.start(*words, cwd=cwd, **variables)
        out, err = process.communicate(timeout=60)
        return process.returncode, out, err

    def calls(self) -> list[str]:
        """Return the words of each call of the installer."""
        log = self.programs / "calls"
        return log.read_text().splitlines() if log.exists() else []


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return a project without an environment."""
    root, programs = tmp_path / "project", tmp_path / "programs"
    root.mkdir()
    programs.mkdir()
    for name in ("run", "pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, root / name)
    shutil.copytree(ROOT / "tools", root / "tools")
    installer = programs / "uv"
    installer.write_text(INSTALLER.format(calls=programs / "calls"))
    installer.chmod(0o755)
    return Project(root=root, programs=programs)
