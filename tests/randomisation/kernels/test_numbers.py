"""The stream by counter: its first numbers for ever, and its two twins."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steps_analysis.errors import ArgumentError
from steps_analysis.randomisation.kernels.filling import fill
from steps_analysis.randomisation.kernels.numbers import (
    mixed,
    numbers,
    root_of,
    thresholds,
    uniforms,
)
from steps_analysis.randomness import Stream

# Golden: seed, stream, trial and the trial's first five numbers. Never to change.
FIRST_NUMBERS = [
    (0, 5, 0, [1955508981, 1808106865, 1303763299, 167226201, 2081251079]),
    (7, 5, 0, [597493208, 1639956717, 1243366436, 140405349, 906964653]),
    (7, 5, 1, [1577152733, 2105324080, 292347049, 1941820114, 999878315]),
    (7, 10, 0, [41363452, 1854451126, 1536082560, 1555355381, 217269527]),
    (2**64 - 1, 5, 123456, [539525943, 1108271541, 1518903235, 1798350952, 1451059765]),
    (2**64 + 3, 5, 0, [1086650513, 1878237296, 1952703783, 1969188766, 1409300185]),
]
WORD = 2**64 - 1
STEP, OF_TRIAL = 0x9E3779B97F4A7C15, 0xD1342543DE82EF95


def plain_mix(word):
    """Splitmix64's finaliser, in whole numbers of any size."""
    word &= WORD
    word = ((word ^ (word >> 30)) * 0xBF58476D1CE4E5B9) & WORD
    word = ((word ^ (word >> 27)) * 0x94D049BB133111EB) & WORD
    return word ^ (word >> 31)


def plain_numbers(seed, stream, trial, n):
    """The definition, one number after the other."""
    root = 0
    while True:
        root = plain_mix(root + (seed & WORD) + STEP)
        seed >>= 64
        if not seed:
            break
    key = plain_mix(plain_mix(root + stream * OF_TRIAL + 1) + trial * OF_TRIAL + 1)
    words = [plain_mix(key + w * STEP) for w in range((n + 1) // 2)]
    return [one for word in words for one in (word >> 33, word & (2**31 - 1))][:n]


def filled(root, first, n_trials, n):
    block = np.empty((n, n_trials), dtype=np.int32)
    fill(root, first, block)
    return block


# --- by hand -------------------------------------------------------------------------


@pytest.mark.parametrize(("seed", "stream", "trial", "expected"), FIRST_NUMBERS)
def test_first_numbers_for_ever(seed, stream, trial, expected):
    root = root_of(seed, Stream(stream))
    assert numbers(root, trial, 1, 5)[:, 0].tolist() == expected
    assert filled(root, trial, 1, 5)[:, 0].tolist() == expected
    assert plain_numbers(seed, stream, trial, 5) == expected


def test_splitmix64_as_published():
    # The first words of splitmix64 seeded with 1234567, as its authors' C code prints.
    words = mixed(
        (np.arange(1, 4, dtype=np.uint64) * np.uint64(STEP)) + np.uint64(1234567)
    )
    assert words.tolist() == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
    ]


def test_thresholds_by_hand():
    # treat if number <= threshold: none, all, half, a third (715827882.67 - 1/2 up).
    assert thresholds([0, 1, 0.5, 1 / 3, np.nan]).tolist() == [
        -1,
        2**31 - 1,
        2**30 - 1,
        715827882,
        -1,
    ]


# --- edges ---------------------------------------------------------------------------


def test_uniform_numbers_never_reach_nought_or_one():
    ends = uniforms(np.array([0, 2**31 - 1], dtype=np.int32))
    assert ends.tolist() == [2.0**-32, 1 - 2.0**-32]


@pytest.mark.parametrize("n", [1, 2, 3])
def test_short_and_odd_trials(n):
    root = root_of(3, Stream.EVENTS)
    whole = numbers(root, 0, 4, 6)
    assert numbers(root, 0, 4, n).tolist() == whole[:n].tolist()
    assert filled(root, 0, 4, n).tolist() == whole[:n].tolist()


# --- properties ----------------------------------------------------------------------


@given(
    seed=st.integers(0, 2**130),
    first=st.integers(0, 2**40),
    n=st.integers(1, 9),
    n_trials=st.integers(1, 70),
)
@settings(max_examples=50, deadline=None)
def test_three_twins_agree(seed, first, n, n_trials):
    root = root_of(seed, Stream.ALLOCATION)
    block = numbers(root, first, n_trials, n)
    assert block.tolist() == filled(root, first, n_trials, n).tolist()
    last = plain_numbers(seed, int(Stream.ALLOCATION), first + n_trials - 1, n)
    assert block[:, -1].tolist() == last


@given(p=st.floats(0, 1), number=st.integers(0, 2**31 - 1))
def test_threshold_and_uniform_number_are_one_comparison(p, number):
    one = np.array([number], dtype=np.int32)
    near = thresholds(p) + np.array([-1, 0, 1], dtype=np.int64)
    for each in [one, near[(near >= 0) & (near < 2**31)].astype(np.int32)]:
        assert ((each <= thresholds(p)) == (uniforms(each) < p)).all()


def test_numbers_look_uniform_and_unrelated():
    """Chi-square of 16 x 16 cells, mean 255, SD 22.6: neighbours in step and trial."""
    block = numbers(root_of(11, Stream.ALLOCATION), 0, 2**16, 3) >> 27
    other = numbers(root_of(11, Stream.EVENTS), 0, 2**16, 1)[0] >> 27
    pairs = [
        (block[0], block[1]),
        (block[1], block[2]),
        (block[0, :-1], block[0, 1:]),
        (block[0], other),
    ]
    for one, another in pairs:
        counts = np.bincount(16 * one + another, minlength=256)
        expected = len(one) / 256
        assert abs(((counts - expected) ** 2 / expected).sum() - 255) < 4 * 22.6


# --- errors --------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [-1, 0.5, True, None])
def test_no_seed_is_refused(seed):
    with pytest.raises(
        ArgumentError, match="`seed` must be a whole number, at least 0"
    ):
        root_of(seed, Stream.EVENTS)
