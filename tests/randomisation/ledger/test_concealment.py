"""
An attack on concealment: does anything but the key foretell the next arm?

The attacker has the repository, the protocol and its seed, the manifest, every receipt,
the masked lists, all earlier arms, and even all earlier draws; and guesses each arm
before it is drawn. The best anyone can do without the key is to name the arm that the
procedure itself makes likelier: right in a share max(p, 1 - p) of the time.
"""

import hashlib
import hmac
import random
import struct
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from steps_analysis.protocol import load_protocol
from steps_analysis.randomisation import Ledger, Minimisation, next_probability
from steps_analysis.randomisation.ledger import Declaration, opening, store, writing
from steps_analysis.randomisation.ledger.keys import TEST_KEY, Key
from steps_analysis.randomisation.ledger.stream import uniform
from steps_analysis.randomness import Stream, generator

N = 120
SEED = load_protocol().analysis.seed


def seeded_key(number):
    """A key for a test that can be repeated; a real one comes from the machine."""
    made = [hashlib.sha256(f"{word} {number}".encode()).digest() for word in "ab"]
    return Key(secret=made[0], salt=made[1])


@pytest.fixture(scope="module")
def world(tmp_path_factory, who):
    """A real ledger of 120 families; receipts, levels, chances and draws."""
    folder = tmp_path_factory.mktemp("concealed")
    (folder / "safe").mkdir()
    sites = tuple("ABCD")
    one = Declaration(
        trial="T", arms=("A", "B"), procedure=Minimisation(["site"], p=0.7),
        levels={"site": sites}, provenance="real",
    )  # fmt: skip
    path, key_path = folder / "ledger", folder / "safe" / "key"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(opening, "new_key", lambda: seeded_key(1))
        # Name and salts by chance too, but the same chance every time.
        chance = random.Random(3)
        fixed = SimpleNamespace(token_hex=lambda n: chance.randbytes(n).hex())
        patch.setattr(opening, "secrets", fixed)
        patch.setattr(writing, "secrets", fixed)
        patch.setattr(store, "_SYNCHRONOUS", "OFF")
        ledger = Ledger.create(path, one, key_path=key_path, **who)
        levels = [sites[(i * i + i // 3) % 4] for i in range(N)]
        receipts = [
            ledger.allocate(f"P{i}", {"site": site}, **who)
            for i, site in enumerate(levels)
        ]
    arms = np.array([receipt.arm == "A" for receipt in receipts], dtype=np.int8)
    table = pd.DataFrame({"site": levels})
    chances = np.array(
        [
            next_probability(one.procedure, arms[:i], factors=table[: i + 1])
            for i in range(N)
        ]
    )
    secret = ledger.key.secret
    draws = np.array([uniform(secret, ledger.ledger_id, i + 1) for i in range(N)])
    return ledger, receipts, arms, chances, draws


def as_uniform(data):
    """A number in [0, 1) from bytes, as the stream makes it."""
    return (int.from_bytes(data[:8], "big") >> 11) / 2**53


def guessers(ledger, receipts, draws):
    """Numbers an attacker may take for the draw of allocation i, from what is known."""
    public = {
        "protocol seed": SEED.to_bytes(32, "big"),
        "hash of the seed": hashlib.sha256(str(SEED).encode()).digest(),
        "published key": TEST_KEY.secret,
        "published salt": TEST_KEY.salt,
        "no key": bytes(32),
        "commitment": bytes.fromhex(ledger.commitment),
        "ledger's name": ledger.ledger_id.encode(),
        "first head": bytes.fromhex(receipts[0].head),
    }
    numbers = {
        name: [uniform(secret, ledger.ledger_id, i + 1) for i in range(N)]
        for name, secret in public.items()
    }
    heads = [ledger_head.head for ledger_head in receipts]
    before = [bytes.fromhex(head) for head in [ledger.commitment, *heads[:-1]]]
    numbers["head before"] = [as_uniform(head) for head in before]
    numbers["hash of the head before"] = [
        as_uniform(hashlib.sha256(head).digest()) for head in before
    ]
    numbers["head as key"] = [
        as_uniform(hmac.digest(head, str(i + 1).encode(), "sha256"))
        for i, head in enumerate(before)
    ]
    numbers["seed's allocation stream"] = list(
        generator(SEED, Stream.ALLOCATION, 0).random(N)
    )
    numbers["draw before"] = [0.5, *draws[:-1]]
    numbers["one less the draw before"] = [0.5, *(1 - draws[:-1])]
    numbers["mean of the draws before"] = [
        draws[:i].mean() if i else 0.5 for i in range(N)
    ]
    return numbers


def test_nobody_guesses_better_than_the_procedure_allows(world):
    ledger, receipts, arms, chances, draws = world
    bound = np.maximum(chances, 1 - chances)
    four_errors = 4 * np.sqrt((bound * (1 - bound)).sum())
    strategies = {"the likelier arm": chances >= 0.5} | {
        name: np.array(numbers) < chances
        for name, numbers in guessers(ledger, receipts, draws).items()
    }
    for name, guess in strategies.items():
        n_right = (guess == arms).sum()
        assert n_right <= bound.sum() + four_errors, name
        # Sharper: a guess that knows nothing is right as often as its own chance says.
        chance = np.where(guess, chances, 1 - chances)
        error = np.sqrt((chance * (1 - chance)).sum())
        assert abs(n_right - chance.sum()) <= 4 * error, name


def test_with_the_key_every_arm_is_foreseen(world):
    # So the attack above would notice: its bound is not out of reach.
    _, _, arms, chances, draws = world
    assert ((draws < chances) == arms).all()
    bound = np.maximum(chances, 1 - chances)
    assert bound.sum() + 4 * np.sqrt((bound * (1 - bound)).sum()) < N


def test_earlier_draws_tell_nothing_about_the_next():
    # Linear guessing from the last 20 draws, over many more than any trial has.
    n = 20_000
    key = seeded_key(2)
    drawn = np.array([uniform(key.secret, "ledger", i + 1) for i in range(n)]) - 0.5
    past = np.column_stack([drawn[20 - lag : n - lag] for lag in range(1, 21)])
    half = len(past) // 2
    fitted, *_ = np.linalg.lstsq(past[:half], drawn[20 : 20 + half], rcond=None)
    guess = past[half:] @ fitted > 0
    n_right = (guess == (drawn[20 + half :] > 0)).sum()
    n_tried = len(guess)
    assert abs(n_right - n_tried / 2) <= 4 * np.sqrt(n_tried) / 2


def spellings(secret, ledger_id, place):
    """How a draw could be written down somewhere."""
    number = uniform(secret, ledger_id, place)
    whole = int(number * 2**53)
    return [
        number.hex().encode(),
        repr(number).encode(),
        f"{number:.12f}"[2:].encode(),
        str(whole).encode(),
        f"{whole:014x}".encode(),
        whole.to_bytes(7, "big"),
        whole.to_bytes(7, "little"),
        struct.pack(">d", number),
        struct.pack("<d", number),
    ]


def test_no_draw_to_come_is_written_anywhere(world, tmp_path):
    ledger, receipts, *_ = world
    ledger.masked_list(edition="internal").to_csv(tmp_path / "internal.csv")
    ledger.masked_list().to_csv(tmp_path / "release.csv")
    ledger.redcap_list().to_csv(tmp_path / "redcap.csv")
    held = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    held += repr([receipt.to_dict() for receipt in receipts]).encode()
    held += ledger.path.read_bytes() + repr(ledger).encode()
    secret = ledger.key.secret
    # The search finds what is there: the draws of allocations already made.
    assert spellings(secret, ledger.ledger_id, N)[0] in held
    for place in range(N + 1, N + 51):
        for spelling in spellings(secret, ledger.ledger_id, place):
            assert spelling not in held
    for form in (secret, secret.hex().encode(), ledger.key.salt.hex().encode()):
        assert form not in held


def test_lists_and_masked_receipts_hold_no_arm_and_no_draw(world):
    ledger, receipts, *_ = world
    lists = [ledger.masked_list(edition="internal"), ledger.redcap_list()]
    assert [list(table) for table in lists] == [
        ["participant_id", "entry", "ledger_entry", "randomisation_date"],
        ["redcap_randomization_number", "site"],
    ]
    for receipt in receipts[:20]:
        told = {**receipt.masked().to_dict(), "head": ""}
        assert not {"A", "B"} & {str(value) for value in told.values()}


def test_a_masked_receipt_does_not_give_its_arm_away(world):
    # Whoever knows all an entry says but draw and salts, and tries both arms, gets
    # hashes that are not the head's: there is nothing to compare with.
    _, receipts, *_ = world
    heads = np.array([int(receipt.head[-1], 16) % 2 for receipt in receipts])
    arms = np.array([receipt.arm == "A" for receipt in receipts])
    agree = (heads == arms).sum()
    assert abs(agree - N / 2) <= 4 * np.sqrt(N) / 2
