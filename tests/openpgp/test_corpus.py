"""The OpenPGP mail of the corpus through the daemon, with a key of the line's own there.

No private key is in the corpus, so what is encrypted in it can be opened by nobody here: it is held. What is signed is
passed on without its signature, and is nobody's proof, for its signers are not counselors.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.corpus.letters import FOLDER, Writer, on_the_wire, samples
from tests.openpgp.people import ANA, ENGINES, ana, line_of, mallory, opened, public
from tests.support.canaries import found, views

pytestmark = pytest.mark.corpus

ENCRYPTED = {"simple-java-mail/openpgpjs/encrypted-mixed.eml"}
COUNT = 8


@pytest.mark.skipif(not FOLDER.is_dir(), reason="no corpus beside this checkout")
@pytest.mark.parametrize("engine", ENGINES)
async def test_openpgp_mail_of_the_corpus(engine: str, tmp_path: Path) -> None:
    """As a seeker's: signed mail arrives, encrypted mail is held. As a counselor's where a signature is owed: all is held."""
    level = '\n[authentication]\ncounselor = "openpgp"\n'
    keys = {"ana_key": public(ana()), "ben_key": public(mallory())}
    async with line_of(
        tmp_path / "line", engine, **keys, openpgp='counselors = "off"', extra=level
    ) as line:  # fmt: skip
        state = await opened(line)
        sam = line.seeker()
        letters = [sample for sample in samples() if "pgp" in sample.classes]
        assert len(letters) == COUNT
        for sample in letters:
            before = len(line.ana.mailbox)
            raw = on_the_wire(sample.sent_by(Writer("Sam Lee", "sam.lee@mail.test")))
            await line.submit("sam.lee@mail.test", [state.to_ana], raw)
            await line.quiet()
            arrived = line.ana.mailbox[before:]
            assert len(arrived) == (sample.name not in ENCRYPTED), sample.name
            octets = [view for one in arrived for view in views(one.raw)]
            assert found(("BEGIN PGP SIGNATURE", "BEGIN PGP MESSAGE", "BEGIN PGP PUBLIC"), octets) == [], (
                sample.name
            )
            raw = on_the_wire(sample.sent_by(Writer("Ana Ruiz", ANA)))
            await line.submit(ANA, [state.to_sam], raw)
            await line.quiet()
            assert [one for one in sam.mailbox if not one.is_automatic] == [], sample.name
