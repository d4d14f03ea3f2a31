"""Every way to divide a few clusters, by the slowest way there is."""

from collections.abc import Callable
from itertools import product

import pytest


@pytest.fixture
def every_way() -> Callable[[tuple[int, ...]], set[tuple[int, ...]]]:
    """All words over the groups' numbers in which each number stands often enough."""

    def ways(sizes: tuple[int, ...]) -> set[tuple[int, ...]]:
        numbers = range(len(sizes))
        last_first = sizes[::-1]
        return {
            word
            for word in product(numbers, repeat=sum(sizes))
            if all(word.count(number) == last_first[number] for number in numbers)
        }

    return ways
