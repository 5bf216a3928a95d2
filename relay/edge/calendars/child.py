"""A process that reads calendars: ``python -m relay.edge.calendars.child MEMORY``; frames on standard input and output.

It has no key, no database, no configuration and no name of a file; it may write none. Limits are set before the first
calendar. A calendar that takes too long is given up and the next one read; the parent ends a child that does not
come back from that.
"""

from __future__ import annotations

import resource
import signal
import sys
from types import FrameType
from zoneinfo import ZoneInfo

from relay.edge.calendars import frames
from relay.edge.calendars.lines import Mistake
from relay.edge.calendars.unfolding import OutOfTime, unfold
from relay.edge.closed_memory import close_memory


def main() -> None:
    """Answer every frame until the input ends."""
    memory_bytes = int(sys.argv[1])
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGALRM, _ring)
    close_memory()
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    while (question := frames.read(sys.stdin.buffer)) is not None:
        sys.stdout.buffer.write(frames.packed(_answer(frames.question(question))))
        sys.stdout.buffer.flush()


def _answer(question: frames.Question) -> frames.Answer:
    signal.setitimer(signal.ITIMER_REAL, frames.SECONDS_PER_FILE)
    try:
        found = unfold(
            question.octets,
            ZoneInfo(question.zone),
            question.begin,
            question.end,
            only_busy=question.only_busy,
        )
        return frames.Answer(found)
    except Mistake as mistake:
        return frames.Answer(line=mistake.line, sentence=mistake.sentence)
    except OutOfTime:
        return frames.Answer(
            sentence="takes too long to unfold; does an event repeat without end from long ago?"
        )
    except (MemoryError, RecursionError):
        return frames.Answer(sentence="takes too much memory to unfold; does an event repeat without end?")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _ring(_number: int, _frame: FrameType | None) -> None:
    raise OutOfTime


if __name__ == "__main__":
    main()
