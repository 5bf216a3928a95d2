"""Keys of the newer standard (RFC 9580): what each engine does with version 6 and with AEAD, said and not guessed."""

from __future__ import annotations

from pathlib import Path

import pysequoia
import pytest

from relay.edge.openpgp import Engine, armor
from relay.edge.openpgp.gnupg import GnuPg
from relay.edge.openpgp.packets import packets
from relay.edge.openpgp.sequoia import Sequoia
from tests.scenarios.test_openpgp import START, Key, openpgp_line
from tests.support.keys import in_conversation
from tests.support.line import Letter

SEIPD = 18


def modern(profile: pysequoia.Profile) -> Key:
    """A key as Sequoia makes it for its owner, who says that they read AEAD."""
    made = pysequoia.Tsk.generate("Sam Lee <sam.lee@mail.test>", profile=profile)
    public = armor.armored(bytes(made.extract_certificate()), armor.CERTIFICATE)
    return Key(Sequoia(), bytes(made), public)


def version(letter: Letter) -> int:
    """Of the encrypted packet: 1 with an integrity code, 2 with AEAD (RFC 9580 §5.13)."""
    part = list(letter.parsed.iter_parts())[1]
    *_, last = packets(armor.binary(part.get_content(), armor.MESSAGE), 8)
    assert last.tag == SEIPD
    return next(iter(bytes(last.octets)[_header_octets(bytes(last.octets)) :]))


def _header_octets(octets: bytes) -> int:
    """Of a packet in the newer framing (RFC 9580 §4.2.1)."""
    first = octets[1]
    return 2 if first < 192 else 3 if first < 224 else 6 if first == 255 else 2


async def test_a_version_six_key_is_taken_by_sequoia_and_written_to_with_aead(tmp_path: Path) -> None:
    """A whole conversation."""
    sam_key = modern(pysequoia.Profile.RFC9580)
    async with await openpgp_line(tmp_path / "line", "sequoia", None) as line:
        sam, request = await in_conversation(line, sam_key)
        await sam.turns_it_on()
        await line.ana.writes("For version six.", request.from_address)
        letter = await sam.person.receives()
        assert version(letter) == 2
        assert "For version six." in sam_key.opens(letter)


async def test_a_version_six_key_is_refused_with_a_sentence_where_gpg_is_the_engine(tmp_path: Path) -> None:
    """gpg 2.2 knows none of it: the seeker reads that, and everything goes on in clear."""
    sam_key = modern(pysequoia.Profile.RFC9580)
    async with await openpgp_line(tmp_path / "line", "gnupg", None) as line:
        sam, request = await in_conversation(line, sam_key)
        await sam.gives()
        assert "of a kind that we cannot use" in (await sam.person.receives()).text
        await line.operator.receives_nothing()
        await line.ana.writes("In clear.", request.from_address)
        assert "In clear." in (await sam.person.receives()).text


@pytest.mark.parametrize(("name", "expected"), [("gnupg", {1}), ("sequoia", {1, 2})])
def test_a_version_four_key_that_asks_for_aead_is_read_by_its_owner_either_way(
    name: str, expected: set[int], tmp_path: Path
) -> None:
    """gpg 2.2 writes the older form, which every reader of the newer one reads; Sequoia may do as it is asked."""
    engine: Engine = GnuPg(tmp_path / "g") if name == "gnupg" else Sequoia()
    owner = modern(pysequoia.Profile.RFC4880)
    certificate = engine.read_certificate(owner.public, START)
    assert certificate.is_usable
    sealed = engine.encrypt(b"words " * 100, certificate.octets, START)
    *_, last = packets(armor.binary(sealed, armor.MESSAGE), 8)
    octets = bytes(last.octets)
    assert octets[_header_octets(octets)] in expected
    assert owner.engine.decrypt(sealed, [owner.secret], [], START, 10_000).content == b"words " * 100


async def test_a_key_that_only_one_engine_can_use_holds_when_the_operator_changes_the_engine(
    tmp_path: Path,
) -> None:
    """Sam's version six key is in force; then the line runs with gpg: held, and never in clear."""
    sam_key = modern(pysequoia.Profile.RFC9580)
    async with await openpgp_line(tmp_path / "line", "sequoia", None) as line:
        sam, request = await in_conversation(line, sam_key)
        await sam.turns_it_on()
        await line.stop()
        settings = line.folder / "relay.toml"
        settings.write_text(settings.read_text().replace('engine = "sequoia"', 'engine = "gnupg"'))
        await line.start()
        await line.ana.writes("A secret answer.", request.from_address)
        assert "cannot be used by the engine" in (await line.operator.receives()).text
        assert (await sam.person.receives())["Subject"] == "A message for you waits"
        assert not any(b"secret answer" in captured.message for captured in line.sink.captured)
