"""A backup, then somebody asks to be forgotten: with the backup and every key in hand they stay forgotten; the line goes on.

Played with the real daemon, and the commands as an operator gives them.
"""

from __future__ import annotations

import asyncio
import io
from pathlib import Path

import pyrage
import pytest
from pyrage import x25519

from relay import backing, erase
from relay.edge import age
from relay.edge.store.copies import frames
from relay.edge.store.datakeys import Owner, place_of
from relay.edge.store.keys import Keyring, load_master_key
from relay.edge.store.sealing import KEY_OCTETS, OVERHEAD_OCTETS, SealingKey, place
from relay.edge.store.tables import metadata
from relay.errors import CipherError, ConfigError
from tests.support import databases, old_schema, storage
from tests.support.line import Letter, Line, Person

BACKUP_TOML = """
[backup]
recipients = ["{recipient}"]
keys_copy = "keys/relay.keys"
"""


class Safe:
    """What an operator keeps elsewhere: the secret key of age, and backups."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(mode=0o700)
        made = x25519.Identity.generate()
        self.identity = folder / "age.key"
        self.identity.write_text(f"# public key: {made.to_public()}\n{made}\n")
        self.recipient = str(made.to_public())

    def line(self, folder: Path, **how: object) -> Line:
        (folder / "keys").mkdir(parents=True, mode=0o700, exist_ok=True)
        return Line(folder, extra=BACKUP_TOML.format(recipient=self.recipient), **how)  # type: ignore[arg-type]

    async def backup(self, line: Line, name: str = "monday.age") -> list[str]:
        told: list[str] = []
        await asyncio.to_thread(backing.backup, line.folder, str(self.folder / name), told.append)
        return told

    async def restore(self, line: Line, name: str = "monday.age", **how: object) -> list[str]:
        told: list[str] = []
        options = {"replaces": True, "takes_old_keys": False, **how}
        await asyncio.to_thread(
            lambda: backing.restore(
                line.folder, str(self.folder / name), self.identity, None, tell=told.append, **options
            )  # type: ignore[arg-type]
        )
        return told

    async def backup_of_then(
        self, line: Line, revision: str, said: str = "", name: str = "monday.age"
    ) -> None:
        """What an older version of relay would have made of the line's database; ``said``: the version that it names."""
        ring = Keyring(load_master_key(line.folder / "state" / "master.key"))
        of_then = databases.put_back(
            storage.url(line.folder, str(line.folder / "state" / "relay.db")),
            revision,
            self.folder / revision,
        )
        pieces = list(old_schema.backup(of_then, ring, said or revision))
        databases.drop(of_then)
        with (self.folder / name).open("wb") as file:
            age.encrypt(iter(pieces), file, [self.recipient])


@pytest.fixture
def safe(tmp_path: Path) -> Safe:
    return Safe(tmp_path / "safe")


async def test_who_was_forgotten_after_the_backup_stays_forgotten_and_the_others_go_on(
    tmp_path: Path, safe: Safe
) -> None:
    """Kim asks to be forgotten on Tuesday; on Wednesday Monday's backup is restored."""
    async with safe.line(tmp_path / "line") as line:
        kim, sam = line.seeker("kim@mail.test", "Kim Lee"), line.seeker("sam@mail.test", "Sam Gray")
        kims = await conversation(line, kim, "I have to tell somebody about the river.")
        sams = await conversation(line, sam, "I cannot sleep.")
        told = await safe.backup(line)
        assert "neither the master key" in " ".join(told)
        await kim.writes("FORGET ME", kims[1].from_address, reply_to=kims[1])
        await kim.receives(automatic=True)
        await line.quiet()
        await forgotten_everywhere(line)
        await line.stop()

        told = await safe.restore(line)
        assert "2 conversation(s)" not in told[0]
        assert "1 conversation(s)" in told[0]
        assert "Forgotten since, and so here: 1 conversation(s)" in told[1]

        await line.start()
        with pytest.raises(Exception, match="550"):
            await kim.writes("Hello?", kims[1].from_address)
        with pytest.raises(Exception, match="550"):
            await line.ana.writes("Hello?", kims[0].from_address)
        await line.ana.replies(sams[0], "Try to breathe.")
        assert "breathe" in (await sam.receives(automatic=False)).text
        await sam.replies(sams[1], "It helped.")
        assert "It helped." in (await line.ana.receives(automatic=False)).text
        await kim.receives_nothing()
        assert (await line.daemon.store.loads())["ana"].open == 1


@storage.only_sqlite  # a server keeps old pages until it clears them: docs/several-nodes.md
async def test_with_every_key_in_hand_the_backup_of_the_day_before_tells_nothing(
    tmp_path: Path, safe: Safe
) -> None:
    """The master key, age's secret key, the copy of the data keys, and the whole state: Kim's words open nowhere."""
    async with safe.line(tmp_path / "line") as line:
        kim = line.seeker("kim@mail.test", "Kim Lee")
        kims = await conversation(line, kim, "I have to tell somebody about the river.")
        await safe.backup(line)
        ids = conversation_ids(safe, line)
        assert opens(safe, line, ids) == 1
        await kim.writes("FORGET ME", kims[1].from_address, reply_to=kims[1])
        await kim.receives(automatic=True)
        await line.quiet()
        await forgotten_everywhere(line)
        assert opens(safe, line, ids) == 0


async def test_what_was_answered_since_is_not_sent_again_and_what_nobody_answered_is_once(
    tmp_path: Path, safe: Safe
) -> None:
    """Two requests wait when the backup is made. Ana gets both and answers one; then the backup is restored.

    The alias that she was given for the other one is lost, so that an answer to it could not arrive: she gets it anew.
    """
    async with safe.line(tmp_path / "line", ana_duty='["never"]', ben_duty='["never"]') as line:
        sam, kim = line.seeker("sam@mail.test", "Sam Gray"), line.seeker("kim@mail.test", "Kim Lee")
        for each, words in ((sam, "About the river."), (kim, "About the bridge.")):
            await each.writes(words)
            await each.receives(automatic=True)
        await line.quiet()
        await safe.backup(line)
        text = (line.folder / "counselors.toml").read_text()
        await line.stop()
        (line.folder / "counselors.toml").write_text(text.replace('["never"]', '["always"]', 1))
        await line.start()
        requests = [await line.ana.receives(automatic=False) for _ in range(2)]
        (sams,) = [each for each in requests if "About the river." in each.text]
        await line.pass_time(hours=2)
        await line.ana.replies(sams, "I am here.")
        assert "I am here." in (await sam.receives(automatic=False)).text
        await line.stop()
        told = await safe.restore(line)
        assert "not sent" in told[1]
        before = len(line.ana.mailbox)
        await line.start()
        again = await line.ana.receives(automatic=False)
        assert "About the bridge." in again.text
        await line.quiet()
        assert not [each for each in line.ana.mailbox[before:] if "About the river." in each.text]
        assert len([each for each in sam.mailbox if "I am here." in each.text]) == 1
        await line.ana.replies(again, "I am here, Kim.")
        assert "here, Kim" in (await kim.receives(automatic=False)).text


async def test_the_machine_is_gone_and_only_what_was_kept_elsewhere_is_left(
    tmp_path: Path, safe: Safe
) -> None:
    """The configuration, the master key, the copy of the data keys and a backup make the line again."""
    async with safe.line(tmp_path / "line") as line:
        sam = line.seeker("sam@mail.test", "Sam Gray")
        sams = await conversation(line, sam, "I cannot sleep.")
        await safe.backup(line)
        await sam.replies(sams[1], "One more thing.")  # comes after the backup
        await line.ana.receives()
        await line.quiet()
        await line.daemon.store.key_copy.renew()  # type: ignore[union-attr]
        await line.stop()
        storage.anew(line.folder)
        with pytest.raises(ConfigError, match="belong to another database"):
            await line.start()
        storage.anew(line.folder)
        await safe.restore(line, replaces=False)
        await line.start()
        await line.ana.replies(sams[0], "Try to breathe.")
        assert "breathe" in (await sam.receives(automatic=False)).text


async def test_erasing_says_whether_an_old_backup_would_still_open(tmp_path: Path, safe: Safe) -> None:
    """The copy of the keys is replaced at once; where it cannot be, or where there is none, the operator hears it."""
    async with safe.line(tmp_path / "line") as line:
        names = []
        for each in ("kim", "sam"):
            request, _ = await conversation(
                line, line.seeker(f"{each}@mail.test", each.title()), f"I am {each}."
            )
            names.append(request.from_name)
        said = await asyncio.to_thread(erase.act, line.folder, names[0], is_sure=True)
        assert "so no backup made with 'relay backup' brings it back" in " ".join(said)
        (line.folder / "keys").rename(line.folder / "away")
        said = await asyncio.to_thread(erase.act, line.folder, names[1], is_sure=True)
        assert "keys/relay.keys: the copy of the data keys could not be replaced" in " ".join(said)
        assert "an older backup still opens" in " ".join(said)
        (line.folder / "away").rename(line.folder / "keys")


async def test_erasing_without_a_copy_of_the_keys_says_what_that_means(tmp_path: Path) -> None:
    """Nothing is configured, so whoever copies files has copies that do not forget."""
    async with Line(tmp_path / "line") as line:
        request, _ = await conversation(line, line.seeker(), "I cannot sleep.")
        said = await asyncio.to_thread(erase.act, line.folder, request.from_name, is_sure=True)
        assert "No copy of the data keys is configured (backup.keys_copy)" in " ".join(said)
        assert "still opens with the master key" in " ".join(said)


@pytest.mark.parametrize("which", ["cut", "flipped", "another", "forged", "appended"])
async def test_a_backup_that_is_not_whole_changes_nothing(tmp_path: Path, safe: Safe, which: str) -> None:
    """Refused whole, with a sentence; the database is as it was, row for row."""
    async with safe.line(tmp_path / "line") as line:
        sam = line.seeker("sam@mail.test", "Sam Gray")
        await conversation(line, sam, "I cannot sleep.")
        await safe.backup(line)
        await line.stop()
        good = (safe.folder / "monday.age").read_bytes()
        plain = pyrage.decrypt(good, [x25519.Identity.from_str(safe.identity.read_text().split("\n")[1])])
        stranger = x25519.Identity.generate().to_public()
        ours = x25519.Recipient.from_str(safe.recipient)
        bad = {
            "cut": good[:-100],
            "flipped": good[: len(good) // 2]
            + bytes([good[len(good) // 2] ^ 1])
            + good[len(good) // 2 + 1 :],
            "another": pyrage.encrypt(plain, [stranger]),
            "forged": pyrage.encrypt(plain.replace(b"assigned", b"blocked_"), [ours]),
            "appended": pyrage.encrypt(plain + b"x", [ours]),
        }[which]
        (safe.folder / "bad.age").write_bytes(bad)
        before = everything(line)
        with pytest.raises(ConfigError, match=r"changed|another key|damaged|not what relay"):
            await safe.restore(line, "bad.age")
        with pytest.raises(ConfigError, match="there is a database; add --replace"):
            await safe.restore(line, replaces=False)
        assert everything(line) == before
        assert not (line.folder / "state" / "relay.db.restoring").exists()
        await line.start()
        assert len(await line.daemon.store.loads()) == 1


@pytest.mark.parametrize("revision", ["0007", "0014", "0020"])
async def test_a_backup_of_an_older_version_is_restored_and_the_line_goes_on(
    tmp_path: Path, safe: Safe, revision: str
) -> None:
    """Made before the machine was brought up to date; restored with the newest copy of the keys, and by the new version."""
    async with safe.line(tmp_path / "line") as line:
        kim, sam = line.seeker("kim@mail.test", "Kim Lee"), line.seeker("sam@mail.test", "Sam Gray")
        kims = await conversation(line, kim, "I have to tell somebody about the river.")
        sams = await conversation(line, sam, "I cannot sleep.")
        await safe.backup(line, "today.age")
        await safe.backup_of_then(line, revision)
        await kim.writes("FORGET ME", kims[1].from_address, reply_to=kims[1])
        await kim.receives(automatic=True)
        await line.quiet()
        await forgotten_everywhere(line)
        await line.stop()
        told = await safe.restore(line)
        assert "1 conversation(s)" in told[0]
        assert "Forgotten since, and so here: 1 conversation(s)" in told[1]
        (found,) = storage.run(line.folder, "SELECT version_num FROM alembic_version")
        assert found == (old_schema.revisions()[-1],)
        await line.start()
        await line.ana.replies(sams[0], "Try to breathe.")
        assert "breathe" in (await sam.receives(automatic=False)).text
        await sam.replies(sams[1], "It helped.")
        assert "It helped." in (await line.ana.receives(automatic=False)).text
        with pytest.raises(Exception, match="550"):
            await kim.writes("Hello?", kims[1].from_address)


async def test_a_backup_of_a_newer_version_is_refused_with_a_sentence(tmp_path: Path, safe: Safe) -> None:
    """What its rows mean is not known yet; nothing has changed."""
    async with safe.line(tmp_path / "line") as line:
        await conversation(line, line.seeker("sam@mail.test", "Sam Gray"), "I cannot sleep.")
        await safe.backup_of_then(line, "0020", said="9999")
        await line.stop()
        before = everything(line)
        with pytest.raises(
            ConfigError, match="The backup: the database was written by a newer relay; install"
        ):
            await safe.restore(line)
        assert everything(line) == before


@storage.only_postgresql
async def test_a_database_of_a_server_is_replaced_whole_and_never_under_a_node(
    tmp_path: Path, safe: Safe
) -> None:
    """Tables, functions and triggers are made anew in one transaction; what somebody else keeps there stays."""
    async with safe.line(tmp_path / "line") as line:
        sam = line.seeker("sam@mail.test", "Sam Gray")
        sams = await conversation(line, sam, "I cannot sleep.")
        await safe.backup(line)
        storage.run(line.folder, "CREATE TABLE of_the_operator (number integer)")
        with pytest.raises(ConfigError, match="nodes are connected; stop all of them"):
            await safe.restore(line)
        await line.stop()
        await safe.restore(line)
        assert storage.run(line.folder, "SELECT count(*) FROM of_the_operator") == [(0,)]
        await line.start()
        await line.ana.replies(sams[0], "Try to breathe.")
        assert "breathe" in (await sam.receives(automatic=False)).text


def everything(line: Line) -> dict[str, list[object]]:
    """All rows; ``meta`` counts the copies of the data keys."""
    return {
        table.name: sorted(storage.run(line.folder, f"SELECT * FROM {table.name}"), key=repr)
        for table in metadata.sorted_tables
        if table.name not in {"meta", "nodes"}
    }


async def conversation(line: Line, seeker: Person, words: str) -> tuple[Letter, Letter]:
    """What Ana received of a request, and what the seeker received back."""
    await seeker.writes(words)
    request = await line.ana.receives()
    await seeker.receives(automatic=True)
    await line.ana.replies(request, "I am here.")
    return request, await seeker.receives(automatic=False)


async def forgotten_everywhere(line: Line) -> None:
    """A minute is promised; the machine may be busy."""
    copy = line.daemon.store.key_copy
    assert copy is not None
    async with asyncio.timeout(60):
        while line.daemon.store.forgetting._is_asked or copy.is_stale:
            await asyncio.sleep(0.05)
    await line.daemon.store.forgetting.close()


def plain_backup(safe: Safe) -> bytes:
    with (safe.folder / "monday.age").open("rb") as stream, age.decrypted(stream, safe.identity) as plain:
        return plain.read()


def conversation_ids(safe: Safe, line: Line) -> dict[bytes, tuple[int, bytes]]:
    """Sealed conversations of the backup: version and sealed octets, by id."""
    ring = Keyring(load_master_key(line.folder / "state" / "master.key"))
    found, names, table = {}, [], ""
    for kind, *said in list(frames("backup", io.BytesIO(plain_backup(safe)), ring.copies))[1:]:
        if kind == "table":
            table, names = said
        elif table == "conversations":
            for row in said[0]:
                values = dict(zip(names, row, strict=True))
                found[values["conversation_id"]] = (values["version"], values["sealed"])
    return found


def opens(safe: Safe, line: Line, backed_up: dict[bytes, tuple[int, bytes]]) -> int:
    """How many of the backup's conversations open with any octets in the state, the copy, or the backup itself.

    Every place that could hold a wrapped data key is tried: whoever has all keys would look everywhere.
    """
    ring = Keyring(load_master_key(line.folder / "state" / "master.key"))
    places = [line.folder / "keys" / "relay.keys", *(line.folder / "state").glob("relay.db*")]
    contents = [each.read_bytes() for each in places] + [plain_backup(safe)]
    head, count = bytes((1, 1)), 0
    length = KEY_OCTETS + OVERHEAD_OCTETS
    for whose, (version, sealed) in backed_up.items():
        is_open = False
        for content in contents:
            start = content.find(head)
            while start >= 0 and not is_open:
                try:
                    key = ring.wrapping.open(
                        content[start : start + length], place_of(Owner.CONVERSATION, whose)
                    )
                    SealingKey(key).open(sealed, place("conversations", "sealed", whose, version))
                    is_open = True
                except CipherError:
                    start = content.find(head, start + 1)
        count += is_open
    return count
