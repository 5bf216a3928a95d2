"""Every preview, receipt and sent block of the directory, in every language, before the relay's own gate and a search
that shares nothing with it: the counselor is shown nothing of the seeker, and the seeker nothing of the counselor.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from relay.mail.gate import Gate, secrets_of
from relay.mail.names import ORDINARY_WORDS
from relay.mail.providers import PUBLIC_DOMAINS
from tests.scenarios.test_referrals import CRISIS, told, words
from tests.support.canaries import found, views
from tests.support.line import Letter, Line
from tests.unit.mail.entry_samples import ALL

INTAKES = {"en": "help", "de": "hilfe", "es": "ayuda", "fr": "aide", "ar": "musaada"}
ASKED = {
    "Look:\n!refer #1 #2\nI am here.": True,
    "Look:\n!refer #3 #4\nAnd to read:\n!read grief": True,
    "Now:\n!refer! country GB\n!insert sleep-tips": True,
    "!refer? lgbt @Leeds": False,
    "!refer nothing like it": False,
    "Hm.\n!refer #1 #99": False,
    "!broken #1 nobody answers": False,
}
"""What is typed, and whether the seeker gets something of the directory for it; a day has 40 receipts at most."""

ADDRESSES, NAMES, PRIVATE = (
    {
        "sam": tuple(f"sam.lee@{local}.mail.test" for local in INTAKES.values()),
        "ana": ("ana.ruiz@home.test", "aruiz@work.test"),
    },
    {"sam": ("Sam Lee",), "ana": ("Ana Ruiz",)},
    {"sam": (), "ana": ("+34 600 555 014", "@anaruiz")},
)


def gate_of(who: str) -> Gate:
    return Gate(
        secrets_of(
            addresses=ADDRESSES[who], names=NAMES[who], private=PRIVATE[who], message_ids=(), hosts=(), aliases=(),
            public_domains=PUBLIC_DOMAINS, ordinary_words=ORDINARY_WORDS,
        )
    )  # fmt: skip


def shown_of(who: str, letter: Letter) -> list[str]:
    """What of somebody stands in a letter, by the gate and by the other search."""
    canaries = (*ADDRESSES[who], *NAMES[who], *PRIVATE[who])
    by_gate = [finding.kind for finding in gate_of(who).search(letter.raw)]
    return [*by_gate, *(str(each) for each in found(canaries, list(views(letter.raw))))]


async def test_nothing_that_comes_of_the_directory_tells_of_the_other_side(tmp_path: Path) -> None:
    """Five languages, everything that can be typed; and the search finds what it should where it is put in."""
    folder = tmp_path / "line"
    folder.mkdir()
    (folder / "crisis.toml").write_text(CRISIS, "utf-8")
    more = "".join(
        f'\n[[intake]]\naddress = "{local}@relay.test"\nlanguage = "{language}"\n'
        for language, local in INTAKES.items()
        if language not in {"en", "de"}
    )
    async with Line(folder, ben_duty='["never"]', extra=more) as line:
        await told(line, *ALL)
        for local in INTAKES.values():
            sam = line.seeker(f"sam.lee@{local}.mail.test")
            await sam.writes("I live in Leeds.", to=f"{local}@relay.test")
            request = await line.ana.receives(automatic=False)
            await sam.receives(automatic=True)
            for asked, is_sent in ASKED.items():
                await line.ana.replies(request, asked)
                receipt = await line.ana.receives(automatic=True)
                assert shown_of("sam", receipt) == [], (local, asked)
                if is_sent:
                    answer = await sam.receives(automatic=False)
                    assert shown_of("ana", answer) == [], (local, asked)
                    assert "!" + asked.partition("!")[2].split()[0] not in words(answer)
        assert {shown for letter in line.ana.mailbox for shown in shown_of("sam", letter)} == set()
        planted = request.raw.replace(b"I live in Leeds.", b"I am Sam Lee, sam.lee@help.mail.test")
        assert shown_of("sam", Letter(replace(request.captured, message=planted))) != []
