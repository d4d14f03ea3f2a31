"""The lock: every file by its hash, no host, and all that the package asks for."""

import re
import tomllib
from itertools import chain
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
LOCK = (ROOT / "requirements.lock").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
ASKED = [
    *PROJECT["build-system"]["requires"],
    *PROJECT["project"]["dependencies"],
    *chain(*PROJECT["project"]["optional-dependencies"].values()),
    *PROJECT["dependency-groups"]["dev"],
]


def locked() -> dict[str, list[Requirement]]:
    """Return each locked requirement under its name (several, by marker, for some)."""
    by_name: dict[str, list[Requirement]] = {}
    for entry in LOCK.replace("\\\n", " ").splitlines():
        requirement = Requirement(entry.split("--hash")[0].strip())
        by_name.setdefault(canonicalize_name(requirement.name), []).append(requirement)
    return by_name


def test_no_host_and_no_path_is_in_it():
    assert "://" not in LOCK
    assert "file:" not in LOCK
    assert not re.search(r"^\s*-", LOCK.replace("    --hash=", ""), re.MULTILINE)


def test_every_requirement_is_pinned_and_hashed():
    entries = LOCK.replace("\\\n", " ").splitlines()
    assert len(entries) > 50
    for entry in entries:
        assert re.match(r"^[a-z0-9][a-z0-9._-]*(\[[a-z,]+\])?==[^ ;]+ ", entry), entry
        assert re.search(r" --hash=sha256:[0-9a-f]{64}( |$)", entry), entry


@pytest.mark.parametrize("line", ASKED)
def test_what_the_package_asks_for_is_locked_within_its_bounds(line):
    asked = Requirement(line)
    found = locked().get(canonicalize_name(asked.name), [])
    assert found
    for requirement in found:
        (pin,) = requirement.specifier
        assert asked.specifier.contains(pin.version)


@pytest.mark.parametrize("minor", [11, 12, 13, 14])
def test_each_supported_python_has_one_version_of_each(minor):
    python = f"3.{minor}"
    assert SpecifierSet(PROJECT["project"]["requires-python"]).contains(python)
    machine = {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "sys_platform": "linux",
        "platform_machine": "x86_64",
        "platform_system": "Linux",
        "os_name": "posix",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }
    for line in PROJECT["project"]["dependencies"]:
        name = canonicalize_name(Requirement(line).name)
        fitting = [
            r for r in locked()[name] if not r.marker or r.marker.evaluate(machine)
        ]
        assert len(fitting) == 1, name
