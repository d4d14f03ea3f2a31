"""The project's own Python environment: whether it is complete, how it is made.

`.venv` is made from `requirements.lock` (every file by its hash, wheels only), then the
package itself is put in, editable. A stamp is written last: without it, or with another
one, everything is made again, so an interrupted set-up repairs itself. Standard library
only: this runs under the machine's Python, before anything is installed.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

OLDEST_PIP = (22, 3)  # the first with `pip --python`
STAMP = "set-up.stamp"
MISLEADING = ("PYTHONPATH", "PYTHONHOME", "__PYVENV_LAUNCHER__")


class SetUpError(Exception):
    """The environment cannot be made; the message says what to do."""


def say(message: str) -> None:
    """Tell the reader on standard error, so that standard output stays data."""
    print(message, file=sys.stderr, flush=True)


def venv_program(root: Path, name: str) -> Path:
    """Return the path that program `name` has, or will have, in the environment."""
    if os.name == "nt":
        return root / ".venv" / "Scripts" / f"{name}.exe"
    return root / ".venv" / "bin" / name


def child_environ(root: Path) -> dict[str, str]:
    """Return the variables for a child: ours, and the programs of `.venv` first."""
    programs = str(venv_program(root, "python").parent)
    path = os.pathsep.join([programs, os.environ.get("PATH", os.defpath)])
    return {**os.environ, "PATH": path, "VIRTUAL_ENV": str(root / ".venv")}


def forget_misleading_variables() -> None:
    """Drop what would send the Pythons started from here to another's packages."""
    for name in MISLEADING:
        os.environ.pop(name, None)


# Is it there?


def expected_stamp(root: Path) -> str:
    """Return the digest of all that decides what the environment holds.

    Of `pyproject.toml` only what reaches the installation counts: a new lint rule is
    no reason to install again.
    """
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    tables = {name: project.get(name) for name in ("build-system", "project")}
    tables["hatch"] = project.get("tool", {}).get("hatch")
    digest = hashlib.sha256((root / "requirements.lock").read_bytes())
    for part in (tables, sys.implementation.cache_tag, sys.abiflags, str(root)):
        digest.update(repr(part).encode())
    return digest.hexdigest()


def is_ready(root: Path) -> bool:
    """Whether a finished set-up, made for this Python, lock and place, is there."""
    try:
        found = (root / ".venv" / STAMP).read_text(encoding="utf-8")
    except OSError:
        return False
    return found == expected_stamp(root) and venv_program(root, "python").exists()


# An empty environment


def lay_by_hand(folder: Path) -> None:
    """Lay an empty environment without the venv module, as PEP 405 describes it."""
    python = Path(getattr(sys, "_base_executable", sys.executable))
    library = folder / "lib" / "python{}.{}".format(*sys.version_info)
    (library / "site-packages").mkdir(parents=True)
    (folder / "bin").mkdir()
    for name in ("python", "python3", python.name):
        link = folder / "bin" / name
        if not link.is_symlink():
            link.symlink_to(python if name == "python" else "python")
    if sys.maxsize > 2**32 and sys.platform == "linux":
        (folder / "lib64").symlink_to("lib")  # where some distributions look
    settings = {
        "home": python.parent,
        "include-system-site-packages": "false",
        "version": "{}.{}.{}".format(*sys.version_info),
    }
    lines = "".join(f"{name} = {value}\n" for name, value in settings.items())
    (folder / "pyvenv.cfg").write_text(lines, encoding="utf-8")


def lay(folder: Path) -> None:
    """Lay an empty environment in place of whatever stands in `folder`."""
    if folder.is_symlink():
        folder.unlink()
    elif folder.exists():
        shutil.rmtree(folder)
    try:
        import venv
    except ImportError:
        lay_by_hand(folder)
    else:
        venv.EnvBuilder(with_pip=False, symlinks=os.name != "nt").create(folder)


# Who can fill it


def pip_version(python: str) -> tuple[int, int] | None:
    """Return the version of this Python's pip, or None where it has none."""
    words = [python, "-m", "pip", "--version"]
    try:
        said = subprocess.run(words, capture_output=True, text=True, check=False).stdout
    except OSError:
        return None
    found = re.match(r"pip (\d+)\.(\d+)", said)
    return (int(found[1]), int(found[2])) if found else None


def pip_at_hand(target: str) -> list[str]:
    """Return the command by which a pip outside installs in `target`; [] if none."""
    base = getattr(sys, "_base_executable", sys.executable)
    for python in dict.fromkeys([sys.executable, base]):
        version = pip_version(python)
        if version is not None and version >= OLDEST_PIP:
            return [python, "-m", "pip", "--python", target, "install", "-qq"]
    return []


def pip_of_its_own(target: str) -> list[str]:
    """Put the pip that Python may carry into `target`; return its command or []."""
    words = [target, "-m", "ensurepip", "--default-pip"]
    if subprocess.run(words, capture_output=True, check=False).returncode != 0:
        return []
    return [target, "-m", "pip", "install", "-qq"]


def installers(target: str) -> Iterator[list[str]]:
    """Yield each way to install into `target`, the fastest first."""
    uv = shutil.which("uv")
    if uv:
        yield [uv, "pip", "install", "--python", target, "-q", "--compile-bytecode"]
    pip = pip_at_hand(target) or pip_of_its_own(target)
    if pip:
        yield pip


def no_installer() -> SetUpError:
    """Return the refusal for a machine with neither uv nor a fitting pip."""
    version = pip_version(sys.executable)
    state = "it has none" if version is None else "it has {}.{}".format(*version)
    return SetUpError(
        f"pip 22.3 or later is needed beside {sys.executable}, and {state}.\n"
        "Install it (Debian, Ubuntu: apt install python3-pip; Fedora: dnf install "
        "python3-pip) or install uv, then run this again."
    )


# Fill it


def fill(root: Path, installer: Sequence[str], lock: int | None) -> bool:
    """Install what is locked, then the package; return whether both went well."""
    locked = ["--require-hashes", "--only-binary", ":all:", "-r", "requirements.lock"]
    package = ["--no-deps", "--no-build-isolation", "--editable", "."]
    environ = child_environ(root) | {
        "UV_PYTHON_DOWNLOADS": "never",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_USER": "0",
    }
    # The installer holds the lock too: if this process is killed, the next set-up
    # waits until the orphan has stopped writing.
    held = () if lock is None else (lock,)
    for words in (locked, package):
        done = subprocess.run(
            [*installer, *words],
            cwd=root,
            env=environ,
            pass_fds=held,
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr.fileno(),
            check=False,
        )
        if done.returncode != 0:
            return False
    return True


def build(root: Path, lock: int | None) -> None:
    """Make the environment anew and stamp it."""
    lay(root / ".venv")
    tried = False
    for installer in installers(str(venv_program(root, "python"))):
        if tried:
            say("Trying pip instead ...")
        if fill(root, installer, lock):
            stamp = root / ".venv" / STAMP
            stamp.write_text(expected_stamp(root), encoding="utf-8")
            return
        tried = True
        lay(root / ".venv")
    if not tried:
        raise no_installer()
    raise SetUpError(
        "The packages could not be installed; the reason is above. Is the network "
        "there? Nothing half-made is used: the next ./run starts again."
    )


@contextmanager
def alone(root: Path) -> Iterator[int | None]:
    """Keep a second set-up waiting, where the system knows file locks."""
    try:
        import fcntl
    except ImportError:
        yield None
        return
    with (root / ".venv.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another set-up is at work; waiting for it ...")
            fcntl.flock(file, fcntl.LOCK_EX)
        except OSError:
            say("This file system has no locks: do not set up twice at once.")
        yield file.fileno()


def ensure(root: Path) -> None:
    """Make sure that the environment is there and complete."""
    if is_ready(root):
        return
    with alone(root) as lock:
        if is_ready(root):
            return
        (root / ".venv" / STAMP).unlink(missing_ok=True)
        say("Setting up .venv (about two minutes, once) ...")
        build(root, lock)
        say("Set up.")
