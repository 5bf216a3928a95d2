"""What is not signed by Ana is not taken for hers: at the level ``openpgp``, by the running daemon, on both engines."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from relay.edge.openpgp import armor
from tests.openpgp.people import (
    ANA,
    ENGINES,
    ana,
    clear_signed,
    detached,
    entity,
    key,
    letter,
    line_of,
    mallory,
    opened,
    public,
    sealed,
    signed,
    text_body,
)  # fmt: skip
from tests.openpgp.published import CONSTRUCTS, FILES, GENUINE, TABLE
from tests.openpgp.spoofs import FORGED, HONEST, to_line
from tests.support.canaries import found, views
from tests.support.line import Line
from tests.unit.edge.openpgp_world import desk

LEVEL = '\n[authentication]\ncounselor = "openpgp"\n'


def test_the_table_has_every_published_message() -> None:
    """Each of the 59 by the name of its file; no two constructs are one of ours; what was only described is on top."""
    names = {each.name for each in TABLE}
    assert len(names) == len(TABLE)
    assert (len(FILES), len(CONSTRUCTS)) == (59, 52)
    assert len(set(CONSTRUCTS.values())) == len(CONSTRUCTS)
    assert set(CONSTRUCTS.values()) <= names
    assert set(FILES.values()) <= names | set(GENUINE)


def _line(folder: Path, engine: str) -> Line:
    return line_of(
        folder,
        engine,
        ana_key=public(ana()),
        ben_key=public(mallory()),
        openpgp='counselors = "off"',
        extra=LEVEL,
    )


@pytest.mark.parametrize("engine", ENGINES)
async def test_no_construct_is_taken_for_anas(engine: str, tmp_path: Path) -> None:
    """0 of them reach the seeker; what Ana really signed does, before and after."""
    async with _line(tmp_path / "line", engine) as line:
        state = await opened(line)
        sam = line.seeker()
        content = entity("Honest, in a part.\n")
        genuine = {
            "in a part": signed(content, detached(content, ana())),
            "in clear": text_body(clear_signed("Honest, in clear.\n", ana())),
            "in an envelope": sealed(desk().seal(entity("Honest, in an envelope.\n"), state.own, ana())),
        }
        assert tuple(genuine) == GENUINE
        taken = []
        for where, body in genuine.items():
            await line.submit(ANA, [state.to_sam], letter(body, state.to_sam))
            answer = await sam.receives(automatic=False)
            assert f"Honest, {where}." in answer.text
            assert b"PGP" not in answer.raw
        for spoof in TABLE:
            before = len(sam.mailbox)
            await line.submit(spoof.envelope, [state.to_sam], spoof.build(state.to_sam, state.own))
            await line.quiet()
            arrived = sam.mailbox[before:]
            if arrived and not (spoof.honest and all(HONEST in one.text for one in arrived)):
                taken.append(spoof.name)
        assert taken == []
        assert found((FORGED,), [view for one in sam.mailbox for view in views(one.raw)]) == []
        last = entity("Honest, at last.\n")
        await line.submit(ANA, [state.to_sam], letter(signed(last, detached(last, ana())), state.to_sam))
        while "Honest, at last." not in (await sam.receives(automatic=False)).text:
            pass


@pytest.mark.parametrize("engine", ENGINES)
async def test_what_is_signed_is_good_for_one_conversation(engine: str, tmp_path: Path) -> None:
    """Ana's signed words to Sam, captured and sent to the alias of Kim, in any wrapping, prove nothing there."""
    async with _line(tmp_path / "line", engine) as line:
        state = await opened(line)
        sam, kim = line.seeker(), line.seeker("kim@mail.test", "Kim")
        await kim.writes("I am alone.")
        to_kim = (await line.ana.receives(automatic=False)).from_address
        await kim.receives(automatic=True)
        content = entity("I am here.  \n")
        signature = detached(content, ana())
        friend = key("Friend <friend@elsewhere.test>")
        inside = desk().seal(content, state.own, ana(), how=("--recipient", friend))
        clear = clear_signed("I am here too.\n", ana())
        again = armor.armored(armor.binary(signature, armor.SIGNATURE), armor.SIGNATURE)
        for first, copies in (
            (signed(content, signature), [signed(content, signature), signed(content, again, "=_other")]),
            (sealed(inside), [sealed(inside), sealed(_sealed_again(inside, state.own))]),
            (
                text_body(clear),
                [text_body(clear), text_body(clear.replace("I am here too.", "I am here too. \t"))],
            ),
        ):
            await line.submit(ANA, [state.to_sam], letter(first, state.to_sam))
            assert "I am here" in (await sam.receives(automatic=False)).text
            for copy in copies:
                await line.submit(ANA, [to_kim], letter(copy, to_kim))
                await kim.receives_nothing()
        await asyncio.sleep(1.1)  # the same words signed within the same second are the same signature
        fresh = entity("I am here.  \n")
        await line.submit(ANA, [to_kim], letter(signed(fresh, detached(fresh, ana())), to_kim))
        assert "I am here." in (await kim.receives(automatic=False)).text


def _sealed_again(message: bytes, own: str) -> bytes:
    """Taken out of its encryption by a friend of Ana's, who was another reader of it, and encrypted to the line anew."""
    return to_line(own, desk().gpg("--unwrap", given=message))


@pytest.mark.parametrize("engine", ENGINES)
async def test_a_signed_header_names_the_reader_and_gives_the_subject(engine: str, tmp_path: Path) -> None:
    """With header protection the subject is Ana's and passes; without, nobody's; for another reader it proves nothing."""
    async with _line(tmp_path / "line", engine) as line:
        state = await opened(line)
        sam = line.seeker()
        kind = 'text/plain; charset=utf-8; protected-headers="v1"'
        for number, (fields, subject) in enumerate(
            (
                ((f"To: {state.to_sam}", "Subject: What Ana wrote"), "What Ana wrote"),
                ((), "(no subject)"),
                (("To: Friend <friend@elsewhere.test>", "Subject: For a friend"), None),
                ((f"To: friend@elsewhere.test, {state.to_sam}",), "(no subject)"),
            )
        ):
            content = entity(f"Letter {number}.\n", kind, *fields)
            for form, body in (
                ("signed", signed(content, detached(content, ana()))),
                (
                    "sealed",
                    sealed(desk().seal(content.replace(b"Letter", b"Sealed letter"), state.own, ana())),
                ),
            ):
                await line.submit(ANA, [state.to_sam], letter(body, state.to_sam, subject="Added on the way"))
                if subject is None:
                    await sam.receives_nothing()
                    continue
                answer = await sam.receives(automatic=False)
                assert (form, answer["Subject"]) == (form, subject)
                assert f"etter {number}." in answer.text
