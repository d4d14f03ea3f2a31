"""The page on the ledger does what it says, and names commands there are."""

import doctest
import re
from pathlib import Path

from steps_analysis.cli.ledger_acts import ACTS

PAGE = Path(__file__).parents[3] / "docs" / "ledger.md"


def test_the_example_runs():
    found = doctest.testfile(str(PAGE), module_relative=False)
    assert (found.failed, found.attempted > 5) == (0, True)


def test_every_act_is_on_the_page_and_exists():
    named = set(re.findall(r"steps ledger ([a-z-]+)", PAGE.read_text("utf-8")))
    assert named == set(ACTS)
