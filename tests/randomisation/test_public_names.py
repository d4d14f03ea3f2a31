"""What the package offers: sorted, documented, each with an example."""

import inspect

import pytest

from steps_analysis import randomisation


def test_names_are_sorted():
    assert randomisation.__all__ == sorted(randomisation.__all__)


@pytest.mark.parametrize(
    "name", [one for one in randomisation.__all__ if one not in {"Design", "Procedure"}]
)
def test_every_name_has_an_example(name):
    text = inspect.getdoc(getattr(randomisation, name))
    assert text
    assert ">>> " in text
