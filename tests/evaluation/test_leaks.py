"""What the usual ways of publishing give away, and what is left once protected."""

import pytest

from steps_analysis.evaluation.leaks import RULE, leaks, leaks_section, made_up
from steps_analysis.reporting import Table


@pytest.fixture(scope="module")
def found():
    return leaks(seed=20140618)


def test_each_usual_way_but_the_next_smallest_leaks(found):
    plain, next_smallest, rates, shares, later = found
    small = sum(one.is_primary for one in plain.usual.found)
    assert plain.worked_out > 0
    assert later.worked_out > 0
    # a rate to one decimal place of a public population, and a share of a shown total
    assert rates.worked_out == shares.worked_out == small
    # two hidden in every line stop subtraction, and may still be narrowed down
    assert next_smallest.worked_out == 0


def test_nothing_is_left_once_the_release_is_protected_as_a_whole(found):
    assert [leak.left for leak in found] == [0] * len(found)
    assert all(leak.ours.safe for leak in found)


def test_the_section_counts_leaks_and_shows_no_count_of_a_borough(found):
    section = leaks_section(found)
    table = next(block for block in section.blocks if isinstance(block, Table))
    assert [row[0] for row in table.rows] == [leak.how for leak in found]
    assert table.breakdown == "trial"
    assert "Borough" not in str(table)


def test_the_same_seed_gives_the_same_counts():
    one, same, other = made_up(seed=1), made_up(seed=1), made_up(seed=2)
    assert one.equals(same)
    assert not one.equals(other)
    assert (one.to_numpy() >= 0).all()
    assert RULE.hidden_up_to == 5
