"""The key: where it may lie, who may read it, what its commitment shows."""

import hashlib
import json
import os

import pytest

from steps_analysis.errors import ArgumentError, DataError
from steps_analysis.randomisation.ledger import Ledger, opening
from steps_analysis.randomisation.ledger.keys import TEST_KEY, Key, new_key, read_key


@pytest.fixture
def create(declaration, who):
    """A function that creates a real trial's ledger."""

    def make(path, key_path=None):
        one = declaration(provenance="real")
        return Ledger.create(path, one, key_path=key_path, **who)

    return make


def test_the_commitment_by_hand():
    key = Key(secret=b"s" * 32, salt=b"t" * 32)
    text = b"steps ledger 1: commitment\n"
    for part in (b"t" * 32, b"id", b"s" * 32):
        text += len(part).to_bytes(8, "big") + part
    assert key.commitment("id") == hashlib.sha256(text).hexdigest()


def test_a_key_never_shows_itself(real, places):
    key = read_key(places[1])
    for text in (repr(key), repr(real), str(real)):
        assert key.secret.hex() not in text
        assert repr(key.secret) not in text


@pytest.mark.skipif(os.name != "posix", reason="rights are those of POSIX")
def test_ledger_and_key_are_for_their_owner_only(real, places):
    for path in places:
        assert path.stat().st_mode & 0o777 == 0o600


def test_two_ledgers_have_two_keys_and_names(create, tmp_path):
    made = []
    for name in "ab":
        (tmp_path / name).mkdir()
        key = tmp_path / f"key-{name}"
        made.append(create(tmp_path / name / "l", key))
    assert made[0].ledger_id != made[1].ledger_id
    assert made[0].key != made[1].key


def test_the_file_of_the_key_reads_back(real, places):
    opened = Ledger.open(places[0], key_path=places[1])
    assert opened == real
    assert opened.key == real.key


def test_without_the_key_a_ledger_is_read_only(real, places):
    opened = Ledger.open(places[0])
    assert opened.key is None
    with pytest.raises(ArgumentError, match="`key_path` must be given for this"):
        opened.allocate("P1", {"site": "Southwark", "sex": "male"}, by="TU-1")
    with pytest.raises(ArgumentError, match="`key_path` must be given for this"):
        opened.replay()


# --- places that are refused ---------------------------------------------------------


@pytest.mark.parametrize("where", ["safe", "safe/deep/deeper"])
def test_a_key_is_not_kept_in_a_repository(create, places, where):
    path, _ = places
    (path.parents[1] / "safe" / ".git").mkdir()
    folder = path.parents[1] / where
    folder.mkdir(parents=True, exist_ok=True)
    with pytest.raises(ArgumentError, match="`key_path` must lie outside every git"):
        create(path, folder / "key")
    assert not path.exists()


def test_not_by_way_of_a_link_either(create, places):
    path, key = places
    (path.parents[1] / "repository" / ".git").mkdir(parents=True)
    key.parent.rmdir()
    key.parent.symlink_to(path.parents[1] / "repository")
    with pytest.raises(ArgumentError, match="`key_path` must lie outside every git"):
        create(path, key)


def test_a_key_is_not_kept_with_the_ledger(create, places):
    path, _ = places
    with pytest.raises(ArgumentError, match="the ledger's own folder"):
        create(path, path.parent / "key")


@pytest.mark.parametrize("name", ["protocol.toml", "datapackage.json", "manifest.json"])
def test_a_key_is_not_kept_with_the_trial(create, places, name):
    path, key = places
    (key.parent / name).touch()
    with pytest.raises(ArgumentError, match="`key_path` must not lie beside"):
        create(path, key)


def test_a_folder_must_be_there(create, places):
    path, key = places
    with pytest.raises(ArgumentError, match="`key_path` must lie in a folder there is"):
        create(path, key.parent / "no" / "key")
    with pytest.raises(ArgumentError, match="`path` must lie in a folder there is"):
        create(path.parent / "no" / "ledger", key)


def test_nothing_is_written_over(create, real, places):
    path, key = places
    before = path.read_bytes(), key.read_bytes()
    with pytest.raises(ArgumentError, match="`path` must be a new file"):
        create(path, key.parent / "new")
    with pytest.raises(ArgumentError, match="`key_path` must be a new file"):
        create(path.parent / "new", key)
    assert (path.read_bytes(), key.read_bytes()) == before
    assert not (path.parent / "new").exists()


def test_no_key_is_left_without_its_ledger(create, places, monkeypatch):
    def full(*_, **__):
        raise DataError("the disk is full")

    path, key = places
    with monkeypatch.context() as broken:
        broken.setattr(opening, "append", full)
        with pytest.raises(DataError, match="the disk is full"):
            create(path, key)
    assert not path.exists()
    assert not key.exists()
    create(path, key)


def test_a_real_ledger_needs_a_key_and_no_repository(create, places):
    path, key = places
    with pytest.raises(ArgumentError, match="only a synthetic ledger has"):
        create(path)
    (path.parent / ".git").mkdir()
    with pytest.raises(ArgumentError, match="`path` must lie outside every git"):
        create(path, key)


# --- keys that are refused -----------------------------------------------------------


@pytest.mark.skipif(os.name != "posix", reason="rights are those of POSIX")
@pytest.mark.parametrize("rights", [0o640, 0o604, 0o620])
def test_a_key_others_may_touch_is_refused(real, places, rights):
    places[1].chmod(rights)
    with pytest.raises(ArgumentError, match="only its owner may read"):
        Ledger.open(places[0], key_path=places[1])


def test_the_key_of_another_ledger_is_refused(real, places):
    other = new_key()
    content = json.loads(places[1].read_text())
    content["secret"] = other.secret.hex()
    places[1].write_text(json.dumps(content))
    with pytest.raises(DataError, match=f"be the key of ledger {real.ledger_id}"):
        Ledger.open(places[0], key_path=places[1])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "\xff",
        "[" * 100_000,
        '{"format": "steps ledger key 1", "secret": "00", "salt": "00"}',
        json.dumps(
            {"format": "steps ledger key 9", "secret": "00" * 32, "salt": "00" * 32}
        ),
    ],
)
def test_a_damaged_key_is_refused_and_not_shown(real, places, text):
    places[1].write_text(text, encoding="latin-1")
    with pytest.raises(DataError, match="be a key file, whole and unchanged") as error:
        Ledger.open(places[0], key_path=places[1])
    assert "00" * 32 not in str(error.value)


def test_no_key_file_is_refused(real, places):
    with pytest.raises(DataError, match="`key_path` must be a key file"):
        Ledger.open(places[0], key_path=places[1].parent)


def test_the_published_key_opens_no_real_ledger(real, places):
    assert TEST_KEY.commitment(real.ledger_id) != real.commitment
