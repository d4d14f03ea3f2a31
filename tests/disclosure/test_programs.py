"""The attacker's program kept open, against a new scipy program for every question."""

import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.sparse import csr_array

from steps_analysis.disclosure.programs import GREATEST, LEAST, Program
from steps_analysis.disclosure.system import NO_LIMIT, System
from steps_analysis.errors import ArgumentError


def system(rows, lower, upper, *, at_most=()):
    n = len(lower)
    return System(
        equations=csr_array(np.array(rows, dtype=np.int64).reshape(-1, n)),
        inequalities=csr_array(np.array(at_most, dtype=np.int64).reshape(-1, n)),
        lower=np.array(lower),
        upper=np.array(upper),
        is_unimodular=False,
    )


def table(rng, shape, *, share, at_most=()):
    """A table of any number of ways with all totals, a share of its cells hidden."""
    value = rng.poisson(4, shape)
    for axis in range(len(shape)):
        value = np.concatenate([value, value.sum(axis=axis, keepdims=True)], axis=axis)
    place = np.arange(value.size).reshape(value.shape)
    rows = []
    for axis in range(len(shape)):
        lines = np.moveaxis(place, axis, -1).reshape(-1, value.shape[axis])
        for line in lines:
            row = np.zeros(value.size, dtype=np.int64)
            row[line[:-1]], row[line[-1]] = 1, -1
            rows.append(row)
    value = value.ravel()
    hidden = (rng.random(value.size) < share) & (value > 0)
    lower = np.where(hidden, 1, value)
    upper = np.where(hidden, NO_LIMIT, value)
    return system(rows, lower, upper, at_most=at_most), value


def by_scipy(known, quantity, direction):
    """The same question to a new model."""
    cost = np.zeros(len(known.lower))
    cost[quantity] = direction
    most = np.where(known.upper >= NO_LIMIT, np.inf, known.upper)
    answer = linprog(
        cost,
        A_ub=known.inequalities.toarray(),
        b_ub=np.zeros(known.inequalities.shape[0]),
        A_eq=known.equations.toarray(),
        b_eq=np.zeros(known.equations.shape[0]),
        bounds=np.column_stack([known.lower, most]),
    )
    if answer.status == 3:
        return -direction * np.inf
    return None if answer.x is None else direction * answer.fun


def check_prices(known, quantity, direction, found):
    """Weak duality: the prices prove that nothing better exists."""
    aim = np.zeros(len(known.lower))
    aim[quantity] = direction
    prices = found.prices
    rows = np.vstack([known.equations.toarray(), known.inequalities.toarray()])
    # they are the aim less a combination of the rows ...
    weights, *_ = np.linalg.lstsq(rows.T, aim - prices, rcond=None)
    np.testing.assert_allclose(rows.T @ weights, aim - prices, atol=1e-7)
    # ... and at the limits they are on the side of, they add up to the extreme
    most = np.where(known.upper >= NO_LIMIT, np.inf, known.upper.astype(float))
    used = np.abs(prices) > 1e-9
    ends = np.where(prices > 0, known.lower, most)
    bound = (prices[used] * ends[used]).sum()
    np.testing.assert_allclose(bound, direction * found.value, atol=1e-6)


def test_by_hand():
    # x + y = 7, y at most 4: x from 3 to 6
    program = Program(system([[1, 1, -1]], [1, 1, 7], [NO_LIMIT, 4, 7]))
    least, greatest = program.extreme(0, LEAST), program.extreme(0, GREATEST)
    assert (least.value, greatest.value) == (3.0, 6.0)
    assert least.point.tolist() == [3.0, 4.0, 7.0]
    # at its least, x = 7 - y: it costs 1 for each that y falls short of its 4
    assert least.prices.tolist() == [0.0, -1.0, 1.0]
    assert program.unknown.tolist() == [0, 1]


def test_a_settled_quantity_is_what_it_is():
    program = Program(system([[1, 1, -1]], [1, 1, 7], [9, 9, 7]))
    found = program.extreme(2, GREATEST)
    assert (found.value, found.prices.tolist()) == (7.0, [0.0, 0.0, -1.0])
    assert program.extreme(2, GREATEST, limits=(8, 9)) is None
    assert program.extreme(2, GREATEST, limits=(6, 9)).value == 7.0


def test_no_limit_is_stated_and_the_program_goes_on():
    program = Program(system([[1, 1, -1]], [1, 1, 1], [NO_LIMIT, 9, NO_LIMIT]))
    found = program.extreme(0, GREATEST)
    assert not found.is_limited
    assert found.value == np.inf
    assert not found.prices.any()
    assert program.extreme(0, LEAST).value == 1.0
    assert program.extreme(1, GREATEST).value == 9.0
    assert program.extreme(0, GREATEST, limits=(1, 50)).value == 50.0
    assert not program.extreme(2, GREATEST).is_limited


def test_nothing_fits():
    assert Program(system([[1, 1, -1]], [5, 5, 7], [9, 9, 7])).extreme(0, LEAST) is None
    assert Program(system([[1, 1, -1]], [3, 3, 7], [3, 3, 7])).extreme(0, LEAST) is None
    assert Program(system([[1, -1, 0]], [3, 3, 2], [3, 3, 1])).extreme(2, 0) is None
    broken = system([[0, 0]], [2, 1], [2, 9], at_most=[[1, 0]])
    assert Program(broken).extreme(1, LEAST) is None


def test_nothing_unknown():
    found = Program(system([[1, 1, -1]], [3, 4, 7], [3, 4, 7])).extreme(1, LEAST)
    assert (found.value, found.point.tolist()) == (4.0, [3.0, 4.0, 7.0])
    assert Program(system([], [3], [3])).extreme(0, LEAST).value == 3.0
    assert Program(system([], [3], [5])).extreme(0, GREATEST).value == 5.0


def test_limits_of_one_program_do_not_stay():
    program = Program(system([[1, 1, -1]], [1, 1, 7], [NO_LIMIT, NO_LIMIT, 7]))
    assert program.extreme(0, GREATEST, limits=(2, 3)).value == 3.0
    assert program.extreme(0, GREATEST).value == 6.0
    assert program.extreme(0, LEAST, limits=(8, 9)) is None
    assert program.extreme(0, LEAST).value == 1.0


def test_limits_that_open_a_settled_quantity():
    program = Program(system([[1, 1, -1]], [1, 1, 7], [NO_LIMIT, NO_LIMIT, 7]))
    program.limits(np.array([1, 2, 7]), np.array([NO_LIMIT, NO_LIMIT, 9]))
    assert program.extreme(0, GREATEST).value == 7.0
    program.limits(np.array([1, 2, 6]), np.array([NO_LIMIT, NO_LIMIT, 6]))
    assert program.extreme(0, GREATEST).value == 4.0
    with pytest.raises(ArgumentError, match="must hold 3 numbers"):
        program.limits(np.array([1]), np.array([2]))


@pytest.mark.parametrize("shape", [(3, 4), (3, 3, 2)])
@pytest.mark.parametrize("seed", range(3))
def test_the_same_as_new_programs(shape, seed):
    rng = np.random.default_rng([seed, 21])
    known, value = table(rng, shape, share=0.6)
    if seed == 2:  # a share: quantity 0 is at most a third of its total
        row = np.zeros((1, len(value)), dtype=np.int64)
        row[0, [0, shape[-1]]] = 3, -1
        known, _ = table(
            np.random.default_rng([seed, 21]), shape, share=0.6, at_most=row
        )
    program = Program(known)
    for quantity in rng.permutation(np.flatnonzero(known.lower < known.upper)).tolist():
        for direction in (LEAST, GREATEST):
            found = program.extreme(quantity, direction)
            expected = by_scipy(known, quantity, direction)
            if expected is None:
                assert found is None
                continue
            np.testing.assert_allclose(found.value, expected, atol=1e-6)
            if found.is_limited:
                check_prices(known, quantity, direction, found)
                np.testing.assert_allclose(known.equations @ found.point, 0, atol=1e-6)


def test_changed_limits_are_a_new_system():
    rng = np.random.default_rng(5)
    known, value = table(rng, (4, 4), share=0.7)
    wide = system(
        known.equations.toarray(),
        np.where(value > 0, 1, 0),
        np.where(value > 0, NO_LIMIT, 0),
    )
    program = Program(wide)
    for _ in range(4):
        hidden = (rng.random(len(value)) < 0.6) & (value > 0)
        lower = np.where(hidden, 1, value)
        upper = np.where(hidden, NO_LIMIT, value)
        program.limits(lower, upper)
        expected = system(known.equations.toarray(), lower, upper)
        for quantity in np.flatnonzero(hidden)[:4].tolist():
            for direction in (LEAST, GREATEST):
                np.testing.assert_allclose(
                    program.extreme(quantity, direction).value,
                    by_scipy(expected, quantity, direction),
                    atol=1e-6,
                )


def test_the_same_questions_have_the_same_answers():
    known, _ = table(np.random.default_rng(8), (4, 5), share=0.8)
    one, other = Program(known), Program(known)
    for quantity in one.unknown.tolist():
        a, b = one.extreme(quantity, GREATEST), other.extreme(quantity, GREATEST)
        assert a.point.tobytes() == b.point.tobytes()
        assert a.prices.tobytes() == b.prices.tobytes()


def test_it_is_silent(capfd):
    Program(system([[1, 1, -1]], [1, 1, 7], [9, 9, 7])).extreme(0, LEAST)
    assert capfd.readouterr() == ("", "")
