"""Two conversations share nothing by which an outsider, or their two readers together, could tell that they have
one person in common.

Each test lets the same person write the same words in two conversations (the hardest case: everything that could
be equal is) and looks at both copies. What may be equal is what every message of the relay has in common.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from relay.domain.aliases import TOKEN_LENGTH
from tests.support.line import START, FakeClock, Letter, Line, Person


@pytest.fixture(autouse=True, params=[False, True], ids=["unsigned", "signed"])
def signs(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test with and without a signature of ours under everything."""
    monkeypatch.setattr(Line, "signs", request.param)


WORDS = "I have told nobody about this yet."
MIN_TOKEN = 5
"""Shorter runs of letters and digits are words of the protocol."""

_TOKEN = re.compile(rf"[A-Za-z0-9]{{{MIN_TOKEN},}}")
_ALIAS = re.compile(rf"[a-hjkmnp-tv-z][0-9a-hjkmnp-tv-z]{{{TOKEN_LENGTH - 1}}}@relay\.test")

FILE = (
    'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="same-boundary"\r\n\r\n'
    f"--same-boundary\r\nContent-Type: text/plain\r\n\r\n{WORDS}\r\n"
    "--same-boundary\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename=diary.txt\r\n\r\n"
    "Dear diary.\r\n--same-boundary--\r\n"
)


_SIGNATURE = re.compile(
    r"DKIM-Signature: (?P<same>v=1; [^/]*/relaxed;.*?)bh=(?P<body>[^;]+);\r\n b=(?P<own>(?:\r\n [^\r]+)+)",
    re.DOTALL,
)
"""``same``: for all messages; ``body``: the hash of what every reader of the body knows; ``own``: of all signed."""


def tokens(letter: Letter) -> set[str]:
    """Everything in a message that could be an id, the return-path included; the pseudonym is looked at by itself,
    and so are the parts of a signature that are nobody's own.
    """
    text = _SIGNATURE.sub(lambda found: found["own"], letter.raw.decode()).replace(letter.from_name, "")
    return set(_TOKEN.findall(text)) | {letter.captured.return_path}


def field_names(letter: Letter) -> list[str]:
    return list(letter.parsed.keys())


async def requests(line: Line, writers: Iterable[Person], message: str = FILE) -> list[Letter]:
    """The same message from each writer, with the same ids of their mail programs, as the counselor gets them."""
    got = []
    for writer in writers:
        head = (
            f"From: {writer.name} <{writer.address}>\r\nTo: help@relay.test\r\nSubject: Please\r\n"
            f"Message-ID: <same.id.771@mua.test>\r\nX-Case: {len(got)}\r\n"
        )
        await writer.writes("", raw=(head + message.replace("Dear", f"Dear{' ' * len(got)}")).encode())
        got.append(await line.ana.receives(automatic=False))
    return got


async def test_two_conversations_of_one_seeker_show_the_counselors_nothing_in_common(tmp_path: Path) -> None:
    """What two of one seeker have in common, two of two seekers have too."""
    async with Line(tmp_path / "line") as line:
        sam, kim = line.seeker(), line.seeker("kim@other.test", "Kim Park")
        one, two, other = await requests(line, (sam, sam, kim))
        assert tokens(one) & tokens(two) <= tokens(other)
        assert one.from_name != two.from_name
        assert one.from_address != two.from_address
        assert one.captured.return_path != two.captured.return_path
        assert one["Message-ID"] != two["Message-ID"]
        assert field_names(one) == field_names(two) == field_names(other)


async def test_two_conversations_with_one_counselor_show_the_seekers_nothing_but_the_pseudonym(
    tmp_path: Path,
) -> None:
    """The name that the counselor chose is what both know; alias, ids and paths are each conversation's own."""
    async with Line(tmp_path / "line") as line:
        sam, kim = line.seeker(), line.seeker("kim@other.test", "Kim Park")
        answers = []
        for seeker in (sam, kim):
            await seeker.writes(WORDS)
            request = await line.ana.receives(automatic=False)
            acknowledgement = await seeker.receives(automatic=True)
            await line.ana.writes("I am here.", request.from_address, subject="Here")
            answers.append(await seeker.receives(automatic=False))
            assert acknowledgement.from_address == answers[-1].from_address
        one, two = answers
        common = tokens(one) & tokens(two)
        allowed = {"relay", "Message", "Content", "References", "Reply", "Version", "Subject", "Transfer",
                   "Encoding", "plain", "charset", "ascii", "7bit", "2026", "0000"}  # fmt: skip
        assert common <= allowed
        assert one.from_name == two.from_name == "Robin"
        assert one.from_address != two.from_address
        assert field_names(one) == field_names(two)


async def test_aliases_ids_paths_and_boundaries_have_one_shape_and_never_come_twice(tmp_path: Path) -> None:
    """Nobody can tell from its look what a token is for, whose it is, or how old."""
    async with Line(tmp_path / "line", extra='\n[privacy]\npadding = "buckets"\n') as line:
        sam = line.seeker()
        seen: list[str] = []
        for n in range(6):
            await sam.writes(f"Number {n}.")
            letter = await line.ana.receives(automatic=False)
            await line.ana.writes(f"Answer {n}.", letter.from_address)
            answer = await sam.receives(automatic=False)
            for each in (letter, answer):
                boundary = each.parsed.get_boundary() or ""
                seen += [each.from_address] if each is letter else []
                seen += [each["Message-ID"].strip("<>"), each.captured.return_path, f"{boundary}@relay.test"]
        assert all(_ALIAS.fullmatch(each) for each in seen)
        assert len(seen) == len(set(seen))
        columns = [{each[place] for each in seen} for place in range(TOKEN_LENGTH)]
        assert min(map(len, columns)) >= 8, (
            "a place of the tokens that hardly changes is a counter or a clock"
        )


async def test_no_time_is_finer_than_a_minute_and_none_is_the_authors(tmp_path: Path) -> None:
    """Dates are ours, in UTC, with no second; file names and subjects have no time either."""
    async with Line(tmp_path / "line", clock=FakeClock(START + timedelta(seconds=34))) as line:
        sam = line.seeker()
        for letter in await requests(line, (sam, sam)):
            assert re.fullmatch(r"Mon, 23 Nov 2026 \d\d:\d\d:00 \+0000", letter["Date"])
            assert re.findall(rb"\d\d:\d\d:\d\d", letter.raw) == [letter["Date"][17:25].encode()]


async def test_nothing_counts_up_from_one_message_to_the_next(tmp_path: Path) -> None:
    """A number that grows tells how busy the line is, and which conversations are neighbours."""
    async with Line(tmp_path / "line") as line:
        sam = line.seeker()
        letters = await requests(line, (sam,) * 5)
        numbers = [re.findall(rb"(?<![A-Za-z0-9])\d+(?![A-Za-z0-9])", letter.raw) for letter in letters]
        names = [re.sub(r"\d", "", letter.from_name) for letter in letters]
        assert len(set(names)) == len(names)
        for column in zip(*([int(n) for n in found] for found in numbers), strict=False):
            steps = {after - before for before, after in pairwise(column)}
            assert steps != {1}, "a column of numbers that grows by one"


async def test_with_padding_sizes_do_not_tell_short_from_long(tmp_path: Path) -> None:
    """The counselor's short answer and a page of text are of one size on the wire."""
    async with Line(tmp_path / "line", extra='\n[privacy]\npadding = "buckets"\n') as line:
        sam = line.seeker()
        await sam.writes("No.")
        short = await line.ana.receives(automatic=False)
        await sam.writes("It is a long story. " * 200)
        long = await line.ana.receives(automatic=False)
        assert len(short.raw) == len(long.raw)
        assert field_names(short) == field_names(long)


def without_ids(letter: Letter) -> str:
    """A message without what is drawn anew for each, and what is signed with it."""
    text = _SIGNATURE.sub(lambda found: found["same"] + found["body"], letter.raw.decode())
    for name in ("Message-ID", "From"):
        text = text.replace(letter[name], name)
    return text


@pytest.mark.parametrize("as_counselor", [False, True])
async def test_forged_thread_headers_of_another_conversation_change_nothing(
    tmp_path: Path, *, as_counselor: bool
) -> None:
    """Ids of another conversation, true or invented, with and without its alias in the text: one behaviour.

    Whoever has two conversations cannot learn by trying whether they have a counselor, or a seeker, in common.
    """
    async with Line(tmp_path / "line") as line:
        sam, kim = line.seeker(), line.seeker("kim@other.test", "Kim Park")
        ends = []
        for seeker in (sam, kim):
            await seeker.writes(WORDS)
            request = await line.ana.receives(automatic=False)
            await seeker.receives(automatic=True)
            await line.ana.writes("I am here.", request.from_address)
            ends.append((request, await seeker.receives(automatic=False)))
        (request, answer), (foreign_request, foreign_answer) = ends
        foreign = (foreign_request if as_counselor else foreign_answer)["Message-ID"]
        invented = "<a2b3c4d5e6f7g8h9j0k1@relay.test>"
        writer, reader = (line.ana, sam) if as_counselor else (sam, line.ana)
        to = request if as_counselor else answer
        got = []
        for forged in (foreign, invented, foreign.replace("<", "<x"), "<q@elsewhere.test>"):
            headers = f"In-Reply-To: {forged}\nReferences: {forged} {forged}\n"
            await writer.writes("The same words.", to.from_address, headers=headers)
            got.append(await reader.receives(automatic=False))
        assert all(each["In-Reply-To"] for each in got)
        shown = {re.sub(r"(?s)In-Reply-To:.*?(?=MIME)", "", without_ids(each)) for each in got}
        assert len(shown) == 1
        own = tokens(request) | tokens(answer)
        for each in got:
            assert forgeries(each, (foreign, invented)) == []
            assert not (tokens(foreign_request if not as_counselor else foreign_answer) - own) & tokens(each)
        await kim.receives_nothing()


async def test_signatures_have_nothing_in_common_but_what_all_have(
    tmp_path: Path,
) -> None:
    """Selector, domain and names of fields are the same for all; the hash of the body is equal when bodies are."""
    async with Line(tmp_path / "line") as line:
        sam, kim = line.seeker(), line.seeker("kim@other.test", "Kim Park")
        letters = await requests(line, (sam, sam, kim))
        for _ in range(2):
            await line.ana.writes("I am here.", letters[0].from_address)
            letters.append(await sam.receives(automatic=False))
        found = [list(_SIGNATURE.finditer(letter.raw.decode())) for letter in letters]
        assert [len(each) for each in found] == [2 * Line.signs] * len(letters)
        for key in range(2 * Line.signs):
            assert len({each[key]["same"] for each in found}) == 1
            assert len({each[key]["own"] for each in found}) == len(letters)
            hashes = [each[key]["body"] for each in found]
            bodies = [letter.raw.partition(b"\r\n\r\n")[2] for letter in letters]
            assert [hashes.index(each) for each in hashes] == [bodies.index(each) for each in bodies]


def forgeries(letter: Letter, ids: Iterable[str]) -> list[str]:
    return [each for each in ids if each.strip("<>").partition("@")[0] in letter.raw.decode()]


async def test_one_conversations_alias_is_no_way_into_another(tmp_path: Path) -> None:
    """A seeker who learns the alias of another conversation is a stranger there, also when it is their own counselor."""
    async with Line(tmp_path / "line") as line:
        sam, kim = line.seeker(), line.seeker("kim@other.test", "Kim Park")
        await sam.writes(WORDS)
        await line.ana.receives(automatic=False)
        known = await sam.receives(automatic=True)
        await kim.writes("Let me in.", known.from_address)
        told = await line.operator.receives()
        assert known.from_address.encode() not in told.raw
        await line.ana.receives_nothing()
        await kim.receives_nothing()
        await sam.receives_nothing()


async def test_the_same_message_to_two_conversations_is_not_taken_for_a_repetition(tmp_path: Path) -> None:
    """Repetition is judged per conversation: an id seen in one says nothing in another."""
    async with Line(tmp_path / "line") as line:
        sam = line.seeker()
        aliases = []
        for _ in range(2):
            await sam.writes(WORDS)
            await line.ana.receives(automatic=False)
            aliases.append((await sam.receives(automatic=True)).from_address)
        for alias in aliases:
            raw = f"From: {sam.address}\r\nTo: {alias}\r\nMessage-ID: <once@mua.test>\r\nSubject: x\r\n\r\nTwice.\r\n"
            await line.submit(sam.address, [alias], raw.encode())
        assert {(await line.ana.receives(automatic=False)).text.strip() for _ in aliases} == {"Twice."}
