"""A program that forks a child for each question: bounded, ended, started again, and never one child like another."""

from __future__ import annotations

import gc
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from relay.edge.openpgp import OpenPgpError, prepared_child
from relay.edge.openpgp.pipes import Ended
from relay.edge.openpgp.prepared import Prepared

QUESTIONS = """
import os, resource, socket, subprocess, sys, time
from pathlib import Path
seen = []
def answer(question, status):
    given = sys.stdin.buffer.read()
    say = lambda *words: os.write(status, (" ".join(map(str, words)) + "\\n").encode())
    def descriptors():
        for each in Path("/proc/self/fd").iterdir():
            try:
                say(each.name, os.readlink(each))
            except FileNotFoundError:
                pass
    def limits():
        for which in (resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_CORE):
            say(*resource.getrlimit(which))
        say("group", os.getpgid(0) == os.getsid(0) == os.getpid())
    def remember():
        seen.append(given.decode())
        say(*seen)
    def starts():
        subprocess.Popen(["sleep", given.decode()])
        time.sleep(60)
    {
        "echo": lambda: (sys.stdout.buffer.write(given), sys.stdout.flush(), say("yes")),
        "who": lambda: say(os.getpid(), os.getppid(), id(seen)),
        "sleep": lambda: (say("begun"), time.sleep(60)),
        "fill": lambda: [os.write(1, bytes(65536)) for _ in range(1 << 20)],
        "half": lambda: os.write(status, b"yes"),
        "fails": lambda: 1 / 0,
        "leaves": lambda: os._exit(7),
        "crash": lambda: os.kill(os.getpid(), 11),
        "memory": lambda: say(len(bytes(1 << 30))),
        "descriptors": descriptors, "limits": limits, "remember": remember, "starts": starts,
    }[question]()
"""
ROOM = 1 << 20
MEMORY = 1 << 30


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / f"questions{time.monotonic_ns()}.py"
    path.write_text(QUESTIONS)
    return path


@pytest.fixture
def it(file: Path) -> Iterator[Prepared]:
    """Nothing of it is there afterwards."""
    made = of(file)
    yield made
    made.close()
    assert those_of(file) == []


def of(file: Path, *, most_questions: int = 1000) -> Prepared:
    def command(descriptor: int) -> tuple[str, ...]:
        return sys.executable, "-I", prepared_child.__file__, str(file), str(descriptor)

    return Prepared(command, {"LC_ALL": "C.UTF-8"}, most_questions=most_questions)


def ask(
    it: Prepared, question: str, given: bytes = b"", *, max_octets: int = ROOM, limit_s: float = 20
) -> Ended:
    deadline = time.monotonic() + limit_s
    return it.ask(question, given, memory_octets=MEMORY, max_octets=max_octets, deadline=deadline)


def fails(
    it: Prepared, question: str, given: bytes = b"", *, max_octets: int = ROOM, limit_s: float = 20
) -> str:
    with pytest.raises(OpenPgpError) as caught:
        ask(it, question, given, max_octets=max_octets, limit_s=limit_s)
    assert caught.value.args == (caught.value.reason,)
    return caught.value.reason


def who(it: Prepared) -> tuple[int, int]:
    """A child, and the program."""
    child, program, _ = ask(it, "who").status[0].split()
    return int(child), int(program)


def those_of(file: Path) -> list[psutil.Process]:
    """Every process that runs this file, the program first; what was killed may take a moment to be gone."""
    found = [
        process
        for process in psutil.process_iter(["cmdline", "status"])
        if str(file) in (process.info["cmdline"] or ()) and process.info["status"] != psutil.STATUS_ZOMBIE
    ]
    return sorted(found, key=lambda process: process.pid)


def until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_each_question_has_a_child_of_its_own_that_is_gone_with_the_answer(it: Prepared, file: Path) -> None:
    """One program, that has nothing but its socket; what a child remembers is nobody else's."""
    first, second = who(it), who(it)
    assert first[0] != second[0]
    assert first[1] == second[1]
    assert ask(it, "echo", b"\0\xff words" * 9).output == b"\0\xff words" * 9
    assert ask(it, "remember", b"one").status == (b"one",)
    assert ask(it, "remember", b"two").status == (b"two",)
    (program,) = those_of(file)
    assert program.pid == first[1]
    assert program.children() == []
    assert program.num_threads() == 1


def test_a_child_is_limited_and_has_what_is_its_own_within_reach(it: Prepared) -> None:
    """Also while another child is there: no leash, no socket and no pipe of anybody else's."""
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(fails, it, "sleep", limit_s=2)
        until(other.running)
        time.sleep(0.3)
        said = [line.split() for line in ask(it, "descriptors").status]
        assert other.result() == "timeout"
    places = {int(number): target.partition(b":")[0] for number, target in said}
    own = {number: what for number, what in places.items() if what != b"/proc" and b"/fd" not in what}
    assert sorted(own.values()) == [b"/dev/null", b"pipe", b"pipe", b"pipe", b"pipe"]
    assert {own[0], own[1], own[2]} == {b"pipe", b"/dev/null"}
    limits = ask(it, "limits").status
    assert limits == (b"%d %d" % (MEMORY, MEMORY), b"60 60", b"0 0", b"group True")
    assert ask(it, "memory").code == 1


def test_two_questions_are_answered_at_once(it: Prepared) -> None:
    """From many threads, each its own answer; one that takes its time holds nobody up."""
    with ThreadPoolExecutor(9) as pool:
        slow = pool.submit(fails, it, "sleep", limit_s=3)
        given = [b"%d" % number * 50_000 for number in range(40)]
        started = time.monotonic()
        assert [ended.output for ended in pool.map(lambda each: ask(it, "echo", each), given)] == given
        assert not slow.done() or time.monotonic() - started >= 2.5
        assert slow.result() == "timeout"


def test_a_child_over_its_time_is_killed_with_what_it_started(it: Prepared, file: Path) -> None:
    """And the program answers the next question."""
    program = who(it)[1]
    nap = f"61.{time.monotonic_ns()}"
    started = time.monotonic()
    assert fails(it, "starts", nap.encode(), limit_s=0.5) == "timeout"
    assert time.monotonic() - started < 3
    until(lambda: not [one for one in psutil.process_iter(["cmdline"]) if nap in (one.info["cmdline"] or ())])
    assert [each.pid for each in those_of(file)] == [program]
    assert who(it)[1] == program


def test_an_answer_that_is_too_large_ends_the_child(it: Prepared, file: Path) -> None:
    """At once, and the next question is answered."""
    assert fails(it, "fill") == "too-large"
    assert len(those_of(file)) == 1
    assert ask(it, "echo", bytes(ROOM)).output == bytes(ROOM)
    assert fails(it, "echo", bytes(ROOM + 1)) == "too-large"


def test_what_a_child_says_by_its_end_is_said_on(it: Prepared) -> None:
    """A line without an end is none; codes are those of the system."""
    assert fails(it, "half") == "failed"
    assert ask(it, "leaves").code == 7
    assert ask(it, "fails").code == 1
    assert ask(it, "no such question").code == 1


def test_a_child_that_crashed_is_the_last_of_its_program(it: Prepared, file: Path) -> None:
    """Who brought one down learns nothing of the next: where things lie in memory is drawn anew. Others may finish."""
    before = who(it)[1]
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(fails, it, "sleep", limit_s=2)
        until(lambda: len(those_of(file)) == 2)
        assert ask(it, "crash").code == -signal.SIGSEGV
        assert who(it)[1] != before
        assert not slow.done()
        assert slow.result() == "timeout"
    assert [each.pid for each in those_of(file)] == [who(it)[1]]


def test_a_program_serves_so_many_questions_and_no_more(file: Path) -> None:
    """Then another one takes its place."""
    it = of(file, most_questions=3)
    one, two, three, four = (who(it)[1] for _ in range(4))
    assert one == two == three != four
    assert [each.pid for each in those_of(file)] == [four]
    it.close()


def test_a_program_that_was_killed_between_two_questions_is_started_again(it: Prepared) -> None:
    """The next question does not know of it, also when it comes so soon that the program has only been told to end."""
    for _ in range(10):
        program = who(it)[1]
        os.kill(program, signal.SIGKILL)
        assert who(it)[1] != program


def test_a_program_that_is_killed_in_the_middle_of_a_question_takes_its_child_with_it(
    it: Prepared, file: Path
) -> None:
    """That question has failed, at once; the next one is answered."""
    program = who(it)[1]
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(fails, it, "sleep")
        until(lambda: len(those_of(file)) == 2)
        os.kill(program, signal.SIGKILL)
        assert asked.result(5) == "failed"
    until(lambda: those_of(file) == [])
    assert who(it)[1] != program


def test_a_program_that_stands_still_is_killed(it: Prepared, file: Path) -> None:
    """No question waits longer than its time, and for its child's end; the next one has a program again."""
    for question in ("who", "sleep"):
        program = who(it)[1]
        with ThreadPoolExecutor(1) as pool:
            asked = pool.submit(fails, it, "sleep", limit_s=1) if question == "sleep" else None
            until(lambda: len(those_of(file)) == 2 if asked else True)  # noqa: B023
            os.kill(program, signal.SIGSTOP)
            started = time.monotonic()
            assert (asked.result() if asked else fails(it, "who", limit_s=0.5)) == "timeout"
            assert time.monotonic() - started < 5
        until(lambda: those_of(file) == [])
        assert who(it)[1] != program


def test_a_signal_to_everybody_of_a_service_ends_no_question(it: Prepared) -> None:
    """A service manager that stops a service sends it to all of its processes; the daemon lets go when it is ready."""
    program = who(it)[1]
    for number in (signal.SIGTERM, signal.SIGINT):
        os.kill(program, number)
    time.sleep(0.1)
    assert who(it)[1] == program


def test_what_cannot_be_a_program_gives_an_error(tmp_path: Path) -> None:
    """One that is not there, loads nothing, or says another thing than that it is ready."""

    def started_as(*command: str) -> str:
        made = Prepared(lambda _: command, {"PATH": "/usr/bin:/bin"})
        before = open_here()
        reason = fails(made, "who", limit_s=2)
        assert open_here() == before
        return reason

    assert started_as(str(tmp_path / "none")) == "no-program"
    assert started_as("sh", "-c", "exec /no/such/program") == "no-program"
    assert (
        started_as(sys.executable, "-I", prepared_child.__file__, str(tmp_path / "none.py"), "3") == "failed"
    )
    for wrong in ("exit 0", "exit 3", "kill -9 $$", "echo rea", "echo other", "cat /dev/zero", "echo ready"):
        assert started_as("sh", "-c", wrong) == "failed"
    for slow in (
        "exec sleep 60",
        "exec >&-; exec sleep 60",
        "printf read; exec sleep 60",
        "echo ready; exec sleep 60",
    ):
        assert started_as("sh", "-c", slow) == "timeout"


def test_no_descriptor_stays_open(it: Prepared) -> None:
    """Here or in the program, after 200 questions, good and bad, and after programs that have ended."""
    ask(it, "who")
    (before, in_program), program = (counted(it), who(it)[1])
    for number in range(200):
        if number % 20 == 10:
            fails(it, "fill")
        else:
            ask(it, "echo", b"x")
    assert counted(it) == (before, in_program)
    assert who(it)[1] == program
    for _ in range(3):
        os.kill(who(it)[1], signal.SIGKILL)
        ask(it, "crash")
    ask(it, "who")
    assert counted(it) == (before, in_program)


def open_here() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def counted(it: Prepared) -> tuple[int, int]:
    return open_here(), psutil.Process(who(it)[1]).num_fds()


def test_nothing_is_left_running_when_it_is_closed_or_nobody_has_it_any_more(file: Path) -> None:
    """Also with a question under way; and a question after that starts it again."""
    it = of(file)
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(fails, it, "sleep")
        until(lambda: len(those_of(file)) == 2)
        it.close()
        until(lambda: those_of(file) == [])
        assert asked.result(5) == "failed"
    assert ask(it, "echo", b"again").output == b"again"
    assert len(those_of(file)) == 1
    del it
    gc.collect()
    assert those_of(file) == []


@pytest.mark.parametrize(
    "how", [signal.SIGKILL, signal.SIGTERM, None], ids=["killed", "told to end", "by itself"]
)
def test_nothing_is_left_running_when_the_one_who_asks_has_ended(
    file: Path, how: signal.Signals | None
) -> None:
    """In the middle of a question, whose child would sleep on for a minute."""
    here = f"""
import sys, threading, time
from relay.edge.openpgp import prepared_child
from relay.edge.openpgp.prepared import Prepared
it = Prepared(lambda fd: (sys.executable, "-I", prepared_child.__file__, {str(file)!r}, str(fd)), {{}})
def ask(): it.ask("sleep", b"", memory_octets={MEMORY}, max_octets=9, deadline=time.monotonic() + 50)
threading.Thread(target=ask, daemon=True).start()
sys.stdin.read()
"""
    asking = psutil.Popen(
        [sys.executable, "-c", here], stdin=-1, env=os.environ | {"PYTHONPATH": str(Path.cwd())}
    )
    until(lambda: len([one for one in those_of(file) if one.pid != asking.pid]) == 2)
    if how is not None:
        asking.send_signal(how)
    asking.stdin.close()
    assert asking.wait(10) == (0 if how is None else -how)
    until(lambda: those_of(file) == [])
