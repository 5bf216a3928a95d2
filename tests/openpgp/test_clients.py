"""What people's own mail programs send arrives as their words, on both engines, and nothing of programs and keys does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.openpgp.clients import SAM, SUBJECT, TABLE, WORDS, Addressee, sam_key
from tests.openpgp.people import ANA, ENGINES, letter, line_of, mallory, opened, public
from tests.support.canaries import found, views

TRACES = re.compile(
    rb"PGP|pgp|utocrypt|Mailvelope|Proton|Thunderbird|Chat-|Gossip|protected-headers|sams-laptop|HP-Outer|Apple[- ]?Mail|K-9|publickey", re.IGNORECASE
)  # fmt: skip
NOTES = re.compile(r"\[Here we removed[^\]]*\]")
"""What the relay itself says of a file that it took out; a key is one."""


@pytest.mark.parametrize("engine", ENGINES)
async def test_every_client_is_read(engine: str, tmp_path: Path) -> None:
    """Words and subject as they were meant, once, and no trace beside them."""
    async with line_of(tmp_path / "line", engine) as line:
        state = await opened(line)
        wrong = []
        for client in TABLE:
            body = client.build(Addressee(state.own, state.to_ana))
            message = letter(body, state.to_ana, f"Sam Lee <{SAM}>", subject=client.outside, host="mail.test")
            before = len(line.ana.mailbox)
            await line.submit(SAM, [state.to_ana], message)
            await line.quiet()
            new = line.ana.mailbox[before:]
            name = f"{client.name}, {client.form}"
            if len(new) != 1:
                wrong.append(f"{name}: {len(new)} letters")
                continue
            said = NOTES.sub("", new[0].text).strip()
            if said != WORDS:
                wrong.append(f"{name}: {said!r}")
            if new[0]["Subject"] != SUBJECT:
                wrong.append(f"{name}: subject {new[0]['Subject']!r}")
            octets = [NOTES.sub("", view.decode("utf-8", "replace")).encode() for view in views(new[0].raw)]
            traces = {hit.decode() for view in octets for hit in TRACES.findall(view)}
            if traces or found((sam_key(), sam_key()[-16:], "Lee", SAM), octets):
                wrong.append(f"{name}: traces {traces}")
        assert wrong == []


@pytest.mark.parametrize("engine", ENGINES)
async def test_signatures_of_every_client_prove_their_author(engine: str, tmp_path: Path) -> None:
    """The same letters as a counselor's, by the registered key, at the level ``openpgp``: those that are signed pass.

    Of a subject only what is signed passes. Sequoia sees no signature in what is compressed, so that is held.
    """
    line = line_of(
        tmp_path / "line", engine, ana_key=public(sam_key()), ben_key=public(mallory()), openpgp='counselors = "off"',
        extra='\n[authentication]\ncounselor = "openpgp"\n',
    )  # fmt: skip
    async with line:
        state = await opened(line)
        sam = line.seeker()
        wrong = []
        for client in TABLE:
            body = client.build(Addressee(state.own, state.to_sam))
            before = len(sam.mailbox)
            await line.submit(ANA, [state.to_sam], letter(body, state.to_sam, subject=client.outside))
            await line.quiet()
            new = sam.mailbox[before:]
            is_blind = engine == "sequoia" and client.form == "compressed"
            if len(new) != (client.is_signed and not is_blind):
                wrong.append(f"{client.name}, {client.form}: {len(new)} letters")
            elif new and NOTES.sub("", new[0].text).strip() != WORDS:
                wrong.append(f"{client.name}, {client.form}: {new[0].text!r}")
            elif new and new[0]["Subject"] not in {SUBJECT, "(no subject)"}:
                wrong.append(f"{client.name}, {client.form}: {new[0]['Subject']!r}")
        assert wrong == []
