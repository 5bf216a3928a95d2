"""The leak matrix: no row leaks in any direction, every row delivers its words, and every row can fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from relay.domain.conversations import Side
from relay.flow.compose import compose, read
from tests.leaks.case import RELAYED, Case
from tests.leaks.matrix import TABLE, sent
from tests.leaks.passage import author_of, faults_of, known_for, letters, pass_on, text_of
from tests.leaks.peers import ELEMENTS
from tests.leaks.switches import SWITCHES, turn_off
from tests.support.canaries import found, views
from tests.support.line import Line, Person

SENT = tuple(sent())
MARKED = tuple(
    case for case in TABLE if case.place == "Invisible marks" and not case.id.startswith("invisible/in-")
)
PLAIN = {"invisible/forms": "\u00e9", "invisible/spaces": " " * 5, "invisible/fillers": " "}
"""What an unmarked text has instead of the mark, where that is not nothing."""

ANA = {"address": "ana.ruiz@home.test", "local": "ana.ruiz", "domain": "home.test", "family": "Ruiz", "name": "Ana Ruiz",
       "second": "aruiz@work.test"}  # fmt: skip
THROUGH_THE_DAEMON = {
    "header/received", "who/cc", "ids/message-id", "subject/q", "text/address", "charsets/utf-16", "quotes/gmail-de", "signatures/delimiter",
    "html/spans", "hidden/comment", "trackers/img", "parts/nested", "names/rfc2231", "files/jpeg-exif", "files/pdf-info", "openpgp/pgp-mime-signed",
}  # fmt: skip

IDS = tuple(f"{case.id}-{'request' if side is Side.SEEKER else 'reply'}" for case, side in SENT)

each_row = pytest.mark.parametrize(("case", "side"), SENT, ids=IDS)


def leaks(messages: tuple[bytes, ...], words: tuple[str, ...]) -> list[str]:
    """Which of the words stand in any reading of the messages."""
    return found(words, [view for message in messages for view in views(message)])


@each_row
def test_nothing_of_the_author_reaches_anybody_and_their_words_do(case: Case, side: Side) -> None:
    """0 canaries in what the other side and the operator get; what was meant for the other side arrives."""
    who = author_of(case, side)
    passage = pass_on(case, who, side)
    assert passage.ends == case.ends
    assert leaks(passage.others, (*who.secrets, *case.planted(who))) == []
    assert [fault for message in passage.others for fault in faults_of(message)] == []
    if case.ends == RELAYED:
        assert len(passage.received) == 1
        assert who.token_word in text_of(passage.received[0])
    else:
        assert passage.received == ()


@each_row
def test_every_row_leaks_without_its_protection(
    case: Case, side: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the named layers and the gate off, each planted word is found: the test above can fail."""
    who = author_of(case, side)
    mail = read(case.build(who))
    assert mail is not None
    turn_off(case.off, monkeypatch, mail)
    received = pass_on(case, who, side).received
    planted = case.planted(who)
    assert sorted(leaks(received, planted)) == sorted(set(planted))
    assert planted or any(faults_of(message) for message in received)


def test_the_table_is_whole() -> None:
    """At least 160 rows in both directions, each with its own id, protections and peers that exist."""
    assert sum(len(case.directions) == 2 for case in TABLE) >= 160
    assert len({case.id for case in TABLE}) == len(TABLE)
    assert {name for case in TABLE for name in case.off.split()} == set(SWITCHES)
    assert {case.peers for case in TABLE} == set(ELEMENTS)


def test_no_two_rows_share_a_word() -> None:
    """A hit tells which row it came from."""
    words = [
        word for case, side in SENT for word in (author_of(case, side).family, author_of(case, side).token)
    ]
    assert len(set(words)) == len(words)


@pytest.mark.parametrize("case", MARKED, ids=lambda case: case.id)
def test_a_marked_copy_comes_out_like_an_unmarked_one(case: Case) -> None:
    """Octet by octet, so the marks carry nothing."""
    who = author_of(case, Side.SEEKER)
    marked = case.build(who)
    mark = case.planted(who)[0]
    unmarked = marked.replace(mark.encode(), PLAIN.get(case.id, "").encode())
    assert unmarked != marked
    mails = [read(copy) for copy in (marked, unmarked)]
    outgoing = [compose(mail, known_for(case, who, Side.SEEKER, mail), letters()).outgoing for mail in mails]
    assert outgoing[0] == outgoing[1]


async def test_rows_of_every_kind_pass_through_the_real_daemon(tmp_path: Path) -> None:
    """From the door to the next hop, in both directions: what the pure functions promise, the daemon keeps."""
    async with Line(tmp_path / "line") as line:
        for case in (each for each in TABLE if each.id in THROUGH_THE_DAEMON):
            seeker = author_of(case, Side.SEEKER)
            await line.submit(seeker.address, ["help@relay.test"], case.build(seeker))
            request = await line.ana.receives(automatic=False)
            assert leaks((request.raw,), (*seeker.secrets, *case.planted(seeker))) == []
            assert seeker.token_word in request.text
            counselor = author_of(case, Side.COUNSELOR).known_as(request.from_address, **ANA)
            await line.submit(counselor.address, [counselor.to], case.build(counselor))
            answer = await Person(line, seeker.address, seeker.name).receives(automatic=False)
            assert leaks((answer.raw,), (*counselor.secrets, *case.planted(counselor))) == []
            assert counselor.token_word in answer.text
