"""The stream real allocations are drawn from: the same for ever."""

import hashlib
import hmac

import numpy as np
import pytest
from scipy.stats import kstest

from steps_analysis.errors import ArgumentError
from steps_analysis.randomisation.ledger.keys import TEST_KEY
from steps_analysis.randomisation.ledger.stream import STREAM_VERSION, uniform

# Golden for ever: a trial's allocations could not be proven any more if these moved.
GOLDEN = {
    1: "0x1.d7b2d46283565p-1",
    2: "0x1.8dd21fe90e8dep-2",
    3: "0x1.9bbd2ab6183ebp-1",
    4: "0x1.95dc6b57088e2p-1",
    1_000_000: "0x1.276f10d2d109cp-1",
}


def twin(secret, ledger_id, place):
    """The stream once more, from its description alone."""
    text = b"steps ledger 1: stream 1\n"
    for part in (ledger_id.encode(), place.to_bytes(8, "big")):
        text += len(part).to_bytes(8, "big") + part
    bits = f"{int(hmac.new(secret, text, hashlib.sha256).hexdigest(), 16):0256b}"[:53]
    return sum(2.0 ** -(1 + i) for i, bit in enumerate(bits) if bit == "1")


def test_the_first_numbers_of_the_published_key():
    assert STREAM_VERSION == 1
    found = {
        place: uniform(TEST_KEY.secret, "example", place).hex() for place in GOLDEN
    }
    assert found == GOLDEN


def test_the_published_key_is_what_it_was():
    secret = hashlib.sha256(b"steps_analysis, published test key").digest()
    assert TEST_KEY.secret == secret


def test_a_twin_written_from_the_description_agrees():
    for place in (1, 2, 255, 256, 10**9):
        ours = uniform(TEST_KEY.secret, "a ledger", place)
        assert ours == twin(TEST_KEY.secret, "a ledger", place)


def test_numbers_look_uniform_and_independent():
    n = 20_000
    drawn = np.array([uniform(TEST_KEY.secret, "many", i) for i in range(1, n + 1)])
    assert drawn.min() >= 0
    assert drawn.max() < 1
    assert kstest(drawn, "uniform").pvalue > 0.001
    lagged = np.corrcoef(drawn[:-1], drawn[1:])[0, 1]
    assert abs(lagged) < 4 / np.sqrt(n)


@pytest.mark.parametrize("place", [1, 7])
def test_another_ledger_key_or_place_gives_another_number(place):
    one = uniform(TEST_KEY.secret, "a", place)
    assert one != uniform(TEST_KEY.secret, "b", place)
    assert one != uniform(TEST_KEY.salt, "a", place)
    assert one != uniform(TEST_KEY.secret, "a", place + 1)


def test_an_unknown_version_is_refused():
    with pytest.raises(ArgumentError, match=r"`version` must be .* \(1\), got 2"):
        uniform(TEST_KEY.secret, "a", 1, version=2)


@pytest.mark.parametrize("place", [0, -1, 1.5, True])
def test_an_impossible_place_is_refused(place):
    with pytest.raises(ArgumentError, match="`place` must be a whole number"):
        uniform(TEST_KEY.secret, "a", place)
