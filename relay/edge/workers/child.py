"""A worker process: ``python -m relay.edge.workers.child FD TEMPLATES MEMORY``; reads hostile bytes, nothing else.

It has no key, no database and no configuration; it says nothing on standard error. Limits are set before
the first frame: address space, no core dump (it would hold somebody's letter), no file ever written.
It ends when the daemon closes the socket, and with the daemon, also in the middle of a message.
"""

from __future__ import annotations

import gc
import resource
import socket
import sys
from pathlib import Path

from relay.edge.child import end_with
from relay.edge.closed_memory import close_memory
from relay.edge.large_blocks import give_back_holes, give_back_large_blocks
from relay.edge.workers import wire
from relay.flow.compose import compose, examine, read
from relay.flow.letters import Letters
from relay.mail.model import Mail

COLLECT_EVERY = 50
"""Messages between two collections by hand; parsing makes few cycles, so the automatic one only costs time."""

HOLES_OCTETS = 4 << 20
"""From here on a message leaves holes in the heap that are worth a millisecond."""

ROOM_FOR_LANGUAGES = 640 << 20
"""Address space from which on the model of languages (``mail.language``) fits beside a large message."""


def main() -> None:
    """Serve until the daemon hangs up."""
    descriptor, templates, memory_bytes = int(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    end_with(int(sys.argv[4]))
    letters = Letters.load(templates)
    _confine(memory_bytes)
    with socket.socket(fileno=descriptor) as channel, channel.makefile("rb") as stream:
        serve(channel, stream, letters, has_room=memory_bytes >= ROOM_FOR_LANGUAGES)


def _confine(memory_bytes: int) -> None:
    close_memory()
    give_back_large_blocks()
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def serve(channel: socket.socket, stream: object, letters: Letters, *, has_room: bool) -> None:
    """Answer frames one by one. Unexpected exceptions become a ``failed`` answer with the class name only.

    ``has_room``: there is memory for the model of languages.
    """
    mails: dict[int, Mail | None] = {}
    count = 0
    gc.disable()
    gc.collect()
    gc.freeze()  # what is here now stays; looking through it again costs more than the messages in between
    channel.sendall(wire.pack(wire.FromWorker(wire.READY)))
    while True:
        head = stream.read(wire.LENGTH_OCTETS)  # type: ignore[attr-defined]
        if len(head) < wire.LENGTH_OCTETS:
            return
        octets = int.from_bytes(head, "big")
        body = stream.read(octets)  # type: ignore[attr-defined]
        frame = wire.unpack_to_worker(body)
        del body
        if frame.behind:
            octets += sum(frame.behind)
            came = [stream.read(each) for each in frame.behind]  # type: ignore[attr-defined]
            if sum(map(len, came)) < sum(frame.behind):
                return
            frame = wire.joined(frame, came)
            del came
        answer = _answer(frame, mails, letters, has_room=has_room)
        del frame
        if answer is not None:
            for part in wire.packed(answer):
                channel.sendall(part)
                del part
            del answer
            count += 1
            if count % COLLECT_EVERY == 0:
                gc.collect()
            if octets >= HOLES_OCTETS:
                give_back_holes()


def _answer(
    frame: wire.ToWorker, mails: dict[int, Mail | None], letters: Letters, *, has_room: bool
) -> wire.FromWorker | None:
    if frame.forget is not None:
        mails.pop(frame.forget.job, None)
        return None
    try:
        if frame.examine is not None:
            job, known = frame.examine.job, frame.examine.known
            mail = read(frame.examine.raw, frame.examine.opened)
            if known is not None:
                facts = examine(mail, asks_for_proof=False)
                return wire.FromWorker(job, facts=facts, outcome=compose(mail, known, letters))
            mails[job] = mail
            languages = frame.examine.languages if has_room else ()
            return wire.FromWorker(job, facts=examine(mail, languages, voice=frame.examine.voice))
        assert frame.compose is not None
        outcome = compose(mails[frame.compose.job], frame.compose.known, letters)
        return wire.FromWorker(frame.compose.job, outcome=outcome)
    except Exception as error:  # noqa: BLE001 - whatever it is, the entry must be counted and the worker go on
        job = frame.examine.job if frame.examine else frame.compose.job if frame.compose else 0
        return wire.FromWorker(job, failed=type(error).__name__)


if __name__ == "__main__":
    main()
