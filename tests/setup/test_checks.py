"""The checks after the tests: all run, each is named, one failure is enough."""

import sys

import pytest

from tools import checks, docstrings

FINE = [sys.executable, "-c", ""]
BAD = [sys.executable, "-c", "raise SystemExit(3)"]


def test_every_check_runs_whatever_fails(monkeypatch, capfd):
    monkeypatch.setattr(checks, "checks", lambda: {"a": BAD, "b": FINE, "c": BAD})
    assert checks.main([]) == 1
    said = capfd.readouterr().out
    assert "--- a FAILED (exit code 3)" in said
    assert "--- b passed" in said
    assert said.endswith("checks that failed: a, c\n")


def test_all_well_is_zero(monkeypatch, capfd):
    monkeypatch.setattr(checks, "checks", lambda: {"a": FINE})
    assert checks.main([]) == 0
    assert capfd.readouterr().out.endswith("checks that failed: none\n")


def test_checks_can_be_chosen_by_name(monkeypatch, capfd):
    monkeypatch.setattr(checks, "checks", lambda: {"a": BAD, "b": FINE})
    assert checks.main(["b"]) == 0
    assert checks.main(["z"]) == 2
    assert "no check `z`; there are: a, b" in capfd.readouterr().out


@pytest.mark.parametrize("name", ["style", "format", "types", "floors", "docstrings"])
def test_each_check_has_its_program(name):
    program = checks.checks()[name][0]
    assert checks.Path(program).exists()


MODULE = '''"""Which numbers are even?"""


class Number:
    """A number."""

    @property
    def is_even(self) -> bool:
        """The answer."""
        return True


def even(number: int) -> bool:
    """
    Tell whether a number is even.

    Parameters
    ----------
    number
        Any whole number.

    Returns
    -------
    bool
        Whether two divides it.
    """
    def half(part):
        """Half."""
        return part / 2

    return half(number) == number // 2
'''


def test_sound_docstrings_pass(tmp_path, capfd):
    (tmp_path / "numbers.py").write_text(MODULE)
    assert docstrings.main([str(tmp_path)]) == 0
    assert "modules read: 1, nothing found" in capfd.readouterr().out


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("Tell whether", "Tells whether", "SS05"),
        ("    number\n        Any whole number.\n", "", "PR01"),
        ("    Returns\n    -------\n    bool\n        Whether two", "    Two", "RT01"),
        ("    @property\n", "", "RT01"),
    ],
)
def test_faulty_docstrings_are_named(tmp_path, capfd, old, new, code):
    assert old in MODULE
    (tmp_path / "numbers.py").write_text(MODULE.replace(old, new))
    assert docstrings.main([str(tmp_path)]) == 1
    said = capfd.readouterr().out
    assert code in said
    assert "numbers.py:" in said


def test_a_folder_without_modules_is_no_success(tmp_path):
    assert docstrings.main([str(tmp_path)]) == 1
