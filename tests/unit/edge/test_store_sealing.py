"""Sealing and keys: what is sealed opens only where it belongs, with the key it was sealed with."""

from __future__ import annotations

import copy
import os
import pickle
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.edge.store.keys import Keyring, MasterKey, Purpose, create_master_key, load_master_key
from relay.edge.store.sealing import OVERHEAD_OCTETS, SealingKey, place
from relay.errors import CipherError, ConfigError

HERE = place("table", "column", b"row", 1)
KEY = SealingKey(bytes(32))


@given(plain=st.binary(max_size=200))
def test_a_sealed_value_opens_where_it_was_sealed(plain: bytes) -> None:
    """Any octets come back, and no two seals of one value look the same."""
    sealed = KEY.seal(plain, HERE)
    assert KEY.open(sealed, HERE) == plain
    assert len(sealed) == len(plain) + OVERHEAD_OCTETS
    assert sealed != KEY.seal(plain, HERE)


@pytest.mark.parametrize(
    "where",
    [
        place("other", "column", b"row", 1),
        place("table", "other", b"row", 1),
        place("table", "column", b"other", 1),
        place("table", "column", b"row", 2),
        place("table", "column", b"row"),
        place("tablec", "olumn", b"row", 1),
    ],
)
def test_a_moved_value_does_not_open(where: bytes) -> None:
    """Table, column, row and version are part of what is authenticated."""
    with pytest.raises(CipherError):
        KEY.open(KEY.seal(b"secret", HERE), where)


def test_a_changed_value_does_not_open() -> None:
    """Every single octet counts, those before the ciphertext and the length, too."""
    sealed = KEY.seal(b"secret", HERE)
    changed = [bytes((*sealed[:n], sealed[n] ^ 1, *sealed[n + 1 :])) for n in range(len(sealed))]
    for value in [*changed, sealed[:-1], sealed + b"x", b"", sealed[:OVERHEAD_OCTETS]]:
        with pytest.raises(CipherError):
            KEY.open(value, HERE)


def test_a_value_opens_with_its_own_key_only() -> None:
    """Neither another key nor another version of it."""
    sealed = KEY.seal(b"secret", HERE)
    for key in (SealingKey(b"k" * 32), SealingKey(bytes(32), version=2)):
        with pytest.raises(CipherError):
            key.open(sealed, HERE)


@given(parts=st.lists(st.text(max_size=4), min_size=4, max_size=4))
def test_no_two_places_look_the_same(parts: list[str]) -> None:
    """Parts cannot run over into each other."""
    one = place(parts[0], parts[1], b"r")
    other = place(parts[2], parts[3], b"r")
    assert (one == other) == (parts[:2] == parts[2:])


def test_keys_show_nothing_of_themselves() -> None:
    """Not in a traceback, not in a log, not in a pickle that goes to a worker."""
    master = MasterKey(b"M" * 32)
    for key in (master, Keyring(master), KEY):
        assert "hidden" in repr(key)
        assert "MMM" not in f"{key} {key!r}"
        for carry in (pickle.dumps, copy.copy):
            with pytest.raises(TypeError):
                carry(key)


def test_purposes_have_keys_of_their_own() -> None:
    """Equal values of different purposes, or under different master keys, have nothing in common.

    RFC 5869.
    """
    ring, other = Keyring(MasterKey(bytes(32))), Keyring(MasterKey(b"x" * 32))
    indexes = [each.index(purpose, "ana") for each in (ring, other) for purpose in Purpose]
    assert len(set(indexes)) == len(indexes)
    assert all(len(index) == 16 for index in indexes)
    assert ring.check_value != other.check_value


def test_spellings_of_one_value_share_an_index() -> None:
    """Tokens come back in any case and pseudonyms are compared as people read them; ids are exact.

    RFC 2104.
    """
    ring = Keyring(MasterKey(bytes(32)))
    assert ring.index(Purpose.TOKEN, "ABC") == ring.index(Purpose.TOKEN, "abc")
    assert ring.index(Purpose.PSEUDONYM, "Caf\u00e9") == ring.index(Purpose.PSEUDONYM, "CAFE\u0301")
    assert ring.index(Purpose.COUNSELOR, "Ana") != ring.index(Purpose.COUNSELOR, "ana")


def test_a_master_key_is_written_once_and_read_back(tmp_path: Path) -> None:
    """Mode 0600 whatever the umask; never over an existing file, which may be the only copy of a key."""
    path = tmp_path / "master.key"
    before = os.umask(0)
    try:
        create_master_key(path)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    content = path.read_bytes()
    with pytest.raises(ConfigError, match="never written over"):
        create_master_key(path)
    assert path.read_bytes() == content
    assert load_master_key(path).derive("x") == load_master_key(path).derive("x")


def test_a_link_is_not_followed_when_a_master_key_is_made(tmp_path: Path) -> None:
    """Whoever can place a link must not choose where the key goes."""
    (tmp_path / "master.key").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ConfigError):
        create_master_key(tmp_path / "master.key")
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_master_key_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    """The sentence says how to mend it."""
    path = tmp_path / "master.key"
    create_master_key(path)
    path.chmod(mode)
    with pytest.raises(ConfigError, match="chmod 600"):
        load_master_key(path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda line: b"", "not a master key"),
        (lambda line: os.urandom(200), "not a master key"),
        (lambda line: line.replace(b"-1 ", b"-9 "), "does not know"),
        (lambda line: line[:-2] + b"\n", "damaged"),
        (lambda line: line.replace(line.split()[1], b"QUJD"), "damaged"),
        (lambda line: line * 3, "not a master key"),
    ],
)
def test_a_malformed_master_key_is_refused_in_words(tmp_path: Path, change: object, words: str) -> None:
    """A key that lost an octet must not quietly become another key; and its text is not quoted."""
    path = tmp_path / "master.key"
    create_master_key(path)
    line = path.read_bytes()
    path.write_bytes(change(line))  # type: ignore[operator]
    with pytest.raises(ConfigError, match=words) as caught:
        load_master_key(path)
    assert line.split()[1].decode() not in str(caught.value)


def test_a_missing_master_key_or_a_folder_in_its_place_is_refused_in_words(tmp_path: Path) -> None:
    """The operator learns which file and what to do."""
    with pytest.raises(ConfigError, match="missing"):
        load_master_key(tmp_path / "master.key")
    with pytest.raises(ConfigError):
        load_master_key(tmp_path)
