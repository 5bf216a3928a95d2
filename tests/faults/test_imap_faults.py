"""Row F28: whatever a mailbox's server does, its mail is taken soon after it has recovered, all of it, and once.

Time is a twentieth of what it is in the daemon, everything else is as it is there; 120 s are 6 s here. Where a test waits
for the next look, looks are a second apart. ``make test`` takes 500 messages at once, ``make test-faults`` 5,000
(``RELAY_FAULTS=full``).
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from relay import log
from relay.domain.mailboxes import Left
from tests.support.gathering import DEFAULTS, PATIENCE_S, SCALE, Gathering, once
from tests.support.imap_server import ImapServer, letter

BOUND_S = 120.0 / SCALE
LOOK_S = 1.0
AT_ONCE = 5000 if os.environ.get("RELAY_FAULTS") == "full" else 500


class Rig(Gathering):
    """A real store and a real watcher on a server that misbehaves."""

    def __init__(self, folder: Path, server: ImapServer) -> None:
        super().__init__(folder, server.port)
        self.server = server

    async def connected_again(self, times: int) -> None:
        """Wait until the watcher has given up so many connections, and begun others."""
        before = self.server.connections
        await self.until(lambda: self.server.connections >= before + times)

    async def all_moved(self, count: int, at_most_s: float = PATIENCE_S) -> float:
        return await self.until(
            lambda: len(self.server.moved) == count and not self.server.messages, at_most_s
        )


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    log.configure("debug")
    server = ImapServer()
    await server.start()
    made = Rig(tmp_path, server)
    yield made
    await made.stop()
    await server.stop()
    await made.world.store.close()


async def idling(rig: Rig, **settings: object) -> None:
    """The first message is in, and the watcher waits for the next."""
    await rig.server.put(letter(1))
    rig.start(**settings)
    await rig.all_moved(1)
    await rig.until(lambda: rig.server.said[-1:] == ["IDLE"])


async def test_a_drop_in_idle_is_noticed_at_once(rig: Rig) -> None:
    """The connection is reset while nobody says anything; the next one finds what came meanwhile.

    RFC 2177 §3.
    """
    await idling(rig)
    rig.server.messages[rig.server.next_uid] = letter(2)
    rig.server.next_uid += 1
    rig.server.faults.drop_in_idle = 2
    rig.server.cut_all()
    assert await rig.all_moved(2) < DEFAULTS.poll_s / SCALE
    assert await rig.taken() == once(1, 2)


async def test_a_server_that_has_gone_silent_costs_less_than_two_minutes(rig: Rig) -> None:
    """Packets go nowhere, and no reset comes: connections of before stay mute, those of after are served."""
    await idling(rig, poll_s=LOOK_S)
    rig.server.faults.silent = True
    await rig.server.put(letter(2))
    await rig.connected_again(1)
    rig.server.faults.silent = False
    assert await rig.all_moved(2) < BOUND_S
    assert await rig.taken() == once(1, 2)


async def test_a_server_that_cannot_be_reached_is_found_again(rig: Rig) -> None:
    """It hangs up at once, for a while; pauses grow, but not beyond a minute."""
    await idling(rig)
    rig.server.faults.refuse_connections = True
    rig.server.cut_all()
    await rig.server.put(letter(2))
    await rig.connected_again(5)
    rig.server.faults.refuse_connections = False
    assert await rig.all_moved(2) < BOUND_S
    assert await rig.taken() == once(1, 2)


async def test_a_bye_ends_the_connection_and_nothing_else(rig: Rig) -> None:
    """As servers say it before they go down."""
    await idling(rig)
    rig.server.faults.bye_in_idle = 2
    rig.server.cut_all()
    await rig.server.put(letter(2))
    assert await rig.all_moved(2) < BOUND_S
    assert await rig.taken() == once(1, 2)


async def test_mail_that_nobody_announced_is_found_by_looking(rig: Rig) -> None:
    """Some servers forget to say that something has come."""
    await idling(rig, poll_s=LOOK_S)
    rig.server.faults.forgets_to_say = True
    await rig.server.put(letter(2))
    assert await rig.all_moved(2) < BOUND_S


@pytest.mark.parametrize(
    "fault", ["cut_literals", "half_messages", "short_literals", "long_literals", "wrong_sizes"]
)
async def test_a_literal_that_is_not_what_was_said_is_not_taken_for_the_message(rig: Rig, fault: str) -> None:
    """Cut off in the middle, or counted wrongly: the connection ends, and the next one gets it whole.

    RFC 9051 §4.3.
    """
    setattr(rig.server.faults, fault, 2)
    await rig.server.put(letter(1), letter(2, size=50_000), letter(3))
    rig.start()
    assert await rig.all_moved(3) < BOUND_S
    assert await rig.taken() == once(1, 2, 3)
    stored = [
        await rig.world.store.read_body(e) for e in await rig.world.store.received(datetime.now(UTC), 9)
    ]
    assert sorted(stored) == sorted([letter(1), letter(2, size=50_000), letter(3)])


async def test_a_server_that_guesses_sizes_is_believed_by_its_literals(rig: Rig) -> None:
    """When two connections give the same octets, it is the announcement that is wrong."""
    rig.server.faults.wrong_sizes_for_ever = True
    await rig.server.put(*(letter(n) for n in range(1, 30)))
    rig.start()
    await rig.all_moved(29)
    assert await rig.taken() == once(*range(1, 30))
    assert rig.told == []


async def test_one_message_that_cannot_be_read_holds_nobody_up(rig: Rig) -> None:
    """It is left, told once, and looked at again later; all others are taken."""
    rig.server.faults.poison = {2}
    rig.server.faults.no_literals_for = {4}
    await rig.server.put(*(letter(n) for n in range(1, 7)))
    rig.start(longest_pause_s=0.2)
    await rig.until(lambda: len(rig.server.moved) == 4)
    await rig.until(lambda: sum(sum(each.values()) for each in rig.told) == 2)
    assert await rig.taken() == once(1, 3, 5, 6)
    assert sum((Counter(each) for each in rig.told), Counter()) == Counter({Left.UNREADABLE: 2})
    await rig.stop()
    rig.server.faults.poison, rig.server.faults.no_literals_for = set(), set()
    rig.start()
    await rig.all_moved(6)
    assert await rig.taken() == once(*range(1, 7))


async def test_one_that_is_too_large_is_left_and_told_once(rig: Rig) -> None:
    """Its size is known before it is read; a start looks again and says nothing anew."""
    await rig.server.put(letter(1), letter(2, size=90_000), letter(3))
    rig.start(max_message_bytes=20_000)
    await rig.until(lambda: len(rig.server.moved) == 2 and bool(rig.told))
    await rig.stop()
    rig.start(max_message_bytes=20_000)
    seen = rig.reports
    await rig.until(lambda: rig.reports > seen)
    assert rig.told == [{Left.TOO_LARGE: 1}]
    assert await rig.taken() == once(1, 3)
    assert not [line for line in rig.server.said if "BODY" in line and line.split()[2] == "2"]


async def test_what_is_left_does_not_pass_over_what_lies_below_it(rig: Rig) -> None:
    """The connection breaks while the two before the large one are read: they are still to be taken."""
    rig.server.faults.cut_literals = 1
    await rig.server.put(letter(1), letter(2), letter(3, size=90_000), letter(4))
    rig.start(max_message_bytes=20_000)
    await rig.until(lambda: len(rig.server.moved) == 3)
    assert await rig.taken() == once(1, 2, 4)


async def test_thousands_at_once_and_a_burst_of_chatter(rig: Rig) -> None:
    """They come in one push, and every answer is preceded by two thousand lines that nobody has asked for.

    RFC 9051 §7.
    """
    await idling(rig)
    rig.server.faults.chatter = 2000
    await rig.server.put(*(letter(n) for n in range(2, AT_ONCE + 2)))
    await rig.all_moved(AT_ONCE + 1, at_most_s=400)
    assert await rig.taken() == once(*range(1, AT_ONCE + 2))


async def test_what_the_server_does_not_move_is_taken_once_all_the_same(rig: Rig) -> None:
    """NO to MOVE: it stays in the mailbox, is not taken again, and goes when the server wants to."""
    rig.server.faults.refuse_moves = 3
    await rig.server.put(letter(1), letter(2))
    rig.start(poll_s=LOOK_S / 2)
    await rig.until(lambda: rig.server.faults.refuse_moves < 2)
    assert await rig.taken() == once(1, 2)
    assert await rig.all_moved(2, at_most_s=60) < 60
    assert await rig.taken() == once(1, 2)


async def test_an_end_between_taking_and_moving_takes_nothing_twice(rig: Rig) -> None:
    """What was committed is known as taken, and is only moved by whoever comes next."""
    rig.server.faults.hang_moves = True
    await rig.server.put(*(letter(n) for n in range(1, 8)))
    rig.start()
    await rig.until(lambda: any(line.startswith("UID MOVE") for line in rig.server.said))
    await rig.stop()
    assert await rig.taken() == once(*range(1, 8))
    rig.server.faults.hang_moves = False
    rig.server.said.clear()
    rig.start()
    await rig.all_moved(7)
    assert not [line for line in rig.server.said if "BODY" in line]
    assert await rig.taken() == once(*range(1, 8))


@pytest.mark.parametrize("login", ["password", "xoauth2"])
async def test_a_login_that_has_expired_is_read_anew(rig: Rig, login: str) -> None:
    """The operator is told; when the file holds a new secret, mail is taken without a restart."""
    import base64

    new = "second-secret"
    wanted = new
    if login == "xoauth2":
        wanted = base64.b64encode(f"user=canary-user\1auth=Bearer {new}\1\1".encode()).decode()
    rig.server.faults.login_wants = wanted
    await rig.server.put(letter(1))
    rig.start(login=login)
    await rig.until(lambda: rig.away == ["login"])
    rig.secret.write_text(new + "\n")
    assert await rig.all_moved(1) < BOUND_S
    assert rig.away == ["login"]


async def test_another_uidvalidity_takes_nothing_twice_and_loses_nothing(rig: Rig) -> None:
    """A restored mailbox: all that was taken is back under other numbers, with something new among it."""
    await rig.server.put(letter(1), letter(2, message_id=False))
    rig.start()
    await rig.all_moved(2)
    rig.server.renumber()
    await rig.server.put(letter(3))
    rig.server.cut_all()
    assert await rig.all_moved(3) < BOUND_S
    assert await rig.taken() == once(1, 2, 3)


async def test_two_equal_cries_for_help_are_two(rig: Rig) -> None:
    """Without a Message-ID the provider's trace tells them apart."""
    await rig.server.put(*(letter(n, message_id=False).replace(b"token-%d" % n, b"token-9") for n in (1, 2)))
    rig.start()
    await rig.all_moved(2)
    assert await rig.taken() == Counter({b"token-9": 2})


async def test_a_greeting_that_skips_the_login_is_refused(rig: Rig) -> None:
    """PREAUTH before TLS is how somebody on the way would go round STARTTLS (RFC 2595 §3)."""
    rig.server.faults.preauth = True
    await rig.server.put(letter(1))
    rig.start()
    await rig.connected_again(3)
    assert (rig.server.said, await rig.taken()) == ([], Counter())


async def test_no_starttls_no_login(rig: Rig) -> None:
    """Where TLS is to begin by STARTTLS and none is offered, nothing of the login is said.

    RFC 2595 §3.1.
    """
    rig.start(tls="starttls")
    await rig.connected_again(3)
    assert rig.server.said
    assert set(rig.server.said) == {"CAPABILITY"}


async def test_nothing_of_login_or_mail_is_in_any_log(rig: Rig, capfd: pytest.CaptureFixture[str]) -> None:
    """aioimaplib writes passwords, tokens and mail at DEBUG; whatever is configured later, its logger stays silent."""
    import logging

    for name in ("aioimaplib", "aioimaplib.aioimaplib", "asyncio", ""):
        logging.getLogger(name).setLevel(logging.DEBUG)
    root = logging.getLogger()
    handler = logging.StreamHandler()
    root.addHandler(handler)
    logging.getLogger("aioimaplib").propagate = True
    logging.getLogger("aioimaplib").addHandler(handler)
    try:
        rig.server.faults.login_wants = "nothing that we have"
        rig.secret.write_text('canary-"pass\\word\n')
        rig.start()
        await rig.until(lambda: rig.server.logins > 1)
        rig.server.faults.login_wants = ""
        await rig.server.put(letter(1, to="help@relay.test"))
        await rig.all_moved(1)
    finally:
        root.removeHandler(handler)
        logging.getLogger("aioimaplib").removeHandler(handler)
    out, err = capfd.readouterr()
    assert "mailbox.opened" in err
    assert not [word for word in ("canary", "sam@", "token-1", "help@", "INBOX") if word in out + err]
