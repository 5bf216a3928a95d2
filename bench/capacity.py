"""What one conversation costs: processor seconds, octets written, syncs, and octets kept.

    .venv/bin/python -m bench.capacity

Conversations of one first letter and then, by turns, five answers of the counselor and five letters of the seeker, 2 kB each, through
the running daemon. Processor time is that of all its processes; what was written is what the kernel counted for them; what is kept is
read from the pages of the database, with the words (they stay for a grace, 24 hours as a rule) and without. ``docs/capacity.md``
calculates with it.
"""

from __future__ import annotations

import argparse
import sqlite3
import sys
import tempfile
from contextlib import ExitStack
from email.message import Message
from email.utils import parseaddr
from pathlib import Path

import psutil

from bench.compare import up_to
from bench.load import LoadError, send
from bench.machine import BenchError, cpu_s, free_port, wait_for
from bench.ours import Ours, first_letters
from bench.samples import SAMPLES, letter
from bench.sink import Sink

ANSWERS = 5
_WORDS = "SELECT coalesce(sum(length(body)), 0) FROM {}"


def ways(found: list[Message], *, automatic: bool) -> list[tuple[str, str]]:
    """Who reads a letter, and the alias that they answer to: of acknowledgements, or of requests."""
    return [
        (parseaddr(str(one["To"]))[1], parseaddr(str(one["From"]))[1])
        for one in found
        if bool(one["Auto-Submitted"]) is automatic
    ]


def written(pid: int) -> tuple[int, int]:
    """Octets that a process and those below it have sent to the disk, and calls of ``write``."""
    processes = (psutil.Process(pid), *psutil.Process(pid).children(recursive=True))
    counted = [each.io_counters() for each in processes]
    return sum(each.write_bytes for each in counted), sum(each.write_count for each in counted)


def kept(database: Path) -> dict[str, int]:
    """Octets of the pages of each table and its indexes."""
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        rows = connection.execute(
            "SELECT m.tbl_name, sum(s.pgsize) FROM dbstat s JOIN sqlite_schema m ON m.name = s.name GROUP BY m.tbl_name"
        ).fetchall()
    return dict(rows)


def words_in(database: Path) -> int:
    """Octets of the words that stand in rows; those of longer messages have a table of their own."""
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        return sum(
            int(connection.execute(_WORDS.format(table)).fetchone()[0]) for table in ("entries", "deliveries")
        )


def main() -> int:
    """Measure and print; 0 when every message arrived."""
    parser = argparse.ArgumentParser(prog="bench.capacity", description="What one conversation costs.")
    parser.add_argument("--conversations", type=up_to(5000), default=500)
    count: int = parser.parse_args().conversations
    try:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="relay-bench-")))
            folder.chmod(0o755)  # smtp-sink does not work as root
            sink_port = free_port()
            ours = Ours(folder / "ours", sink_port)
            stack.callback(ours.close)
            database = folder / "ours" / "state" / "relay.db"
            empty = kept(database)
            (pid,) = ours.pids
            cpu, (octets, calls) = sum(cpu_s(pid).values()), written(pid)
            found = first_letters(ours, sink_port, folder / "kept", count)
            sink = Sink(sink_port)
            stack.callback(sink.close)
            body = SAMPLES["plain2k"]()
            copies = 2 * count
            for number in range(ANSWERS):
                for who, automatic in (("counselor", False), ("seeker", True)):
                    people = ways(found, automatic=automatic)
                    letters = [letter(body, *each, run=f"{who}{number}") for each in people]
                    before = sink.count()
                    send(ours.ports, letters, sessions=20, limit_s=60 + count)
                    wait_for(
                        f"answers of each {who}",
                        lambda before=before: sink.count() - before >= count and not ours.queued(),  # type: ignore[misc]
                        60 + count,
                    )
                    copies += count
            messages = count * (1 + 2 * ANSWERS)
            cpu_ms = (sum(cpu_s(pid).values()) - cpu) * 1000
            octets_now, calls_now = written(pid)
            sizes = {name: size - empty.get(name, 0) for name, size in kept(database).items()}
            total, words = sum(sizes.values()), sizes["chunks"] + words_in(database)
            print(f"{count} conversations, {messages} messages in, {copies} copies out")
            print(
                f"processor time   {cpu_ms / count:8.1f} ms a conversation, {cpu_ms / messages:.2f} ms a message"
            )
            print(f"written          {(octets_now - octets) / count / 1024:8.1f} KiB a conversation, "
                  f"{(octets_now - octets) / messages / 1024:.1f} KiB a message, {(calls_now - calls) / messages:.1f} calls a message")  # fmt: skip
            print(
                f"kept             {total / count / 1024:8.1f} KiB a conversation, {(total - words) / count / 1024:.1f} KiB without its words"
            )
            for name, size in sorted(sizes.items(), key=lambda each: -each[1])[:8]:
                print(f"    {name:20} {size / count / 1024:8.2f} KiB")
    except (BenchError, LoadError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
