"""The play itself: three acts (set up, talk, search), printed as they happen."""

from __future__ import annotations

import asyncio
import email
import email.policy
import shutil
import sys
import tempfile
import textwrap
import time
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

from relay.demo import letters
from relay.demo.forms import forms
from relay.demo.letters import COUNSELOR, COUNSELOR_NAME, INTAKE, SEEKER, SEEKER_NAME, Earlier
from relay.demo.stage import Stage

_CONFIG = """\
[service]
name = "Example Peer Support"
domain = "{domain}"
operator = "operator@ops.example"
[[intake]]
address = "{intake}"
[smtp]
listen = ["127.0.0.1:0"]
[next_hop]
host = "127.0.0.1"
port = {port}
tls = "never"
[storage]
url = "sqlite:///state/relay.db"
master_key_file = "state/master.key"
"""
_COUNSELORS = f"""\
[[counselor]]
id = "ana"
pseudonym = "Robin"
name = "{COUNSELOR_NAME}"
private = ["+34 600 555 014"]
address = "{COUNSELOR}"
duty = ["always"]
capacity = 10
"""


def play() -> int:
    """Play the demo; the exit code of the process."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="relay-demo-") as folder:
        hits = asyncio.run(_Play(Path(folder)).run())
    print(f"\nIt took {time.monotonic() - started:.1f} seconds. Nothing of it is left on this machine.")
    return 0 if hits == 0 else 1


class _Play:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.stage = Stage()
        self.sink, self.log = self.stage.sink, self.stage.log

    async def run(self) -> int:
        print("Starting the daemon on loopback with an embedded database ...", flush=True)

        def command(port: int) -> list[str]:
            (self.folder / "relay.toml").write_text(
                _CONFIG.format(domain=letters.DOMAIN, intake=INTAKE, port=port)
            )
            (self.folder / "counselors.toml").write_text(_COUNSELORS)
            return ["-m", "relay", "run", "--config", str(self.folder)]

        async with self.stage.set_up(command):
            await self._talk()
        return self._search()

    async def _talk(self) -> None:
        sent = letters.gmail(
            f"Hello,\n\nsomebody from my old job keeps writing to me at {SEEKER} and I do not sleep any more.\n"
            f"Please do not tell anybody.\n\nSam Lee",
            INTAKE, "I need somebody to talk to", 1,
        )  # fmt: skip
        await self.stage.send(SEEKER, INTAKE, sent)
        request = _open(await self.sink.next_for(COUNSELOR))
        acknowledgement = _open(await self.sink.next_for(SEEKER))
        _show("The seeker writes, in Gmail", "The counselor on duty receives", sent, request)
        _show("(nobody: the relay answers at once)", "The seeker receives", b"", acknowledgement)

        sent = letters.outlook(
            "Hello Sam,\n\nthank you for writing. That sounds exhausting. I am Ana Ruiz's colleague Robin, and I am here.\n"
            "How long has it been going on?\n\nRobin",
            _address(request), "RE: " + str(request["Subject"]), 2, _earlier(request),
        )  # fmt: skip
        await self.stage.send(COUNSELOR, _address(request), sent)
        answer = _open(await self.sink.next_for(SEEKER))
        _show("The counselor answers, in Outlook", "The seeker receives", sent, answer)

        sent = letters.apple(
            "Since summer. Yesterday he stood here, I took a picture.", _address(answer), "Re: " + str(answer["Subject"]), 3,
            _earlier(answer),
        )  # fmt: skip
        await self.stage.send(SEEKER, _address(answer), sent)
        more = _open(await self.sink.next_for(COUNSELOR))
        _show("The seeker answers, on a telephone, with a photograph", "The counselor receives", sent, more)

        sent = letters.out_of_office(_address(more), _earlier(more))
        await self.stage.send("", _address(more), sent)
        print(_rule("The counselor's mail program sends an out-of-office note that names everybody"))
        print("  The relay absorbs it. The seeker receives nothing.")

        sent = letters.outlook(
            "Sam, that is a reason to call the police today, and you do not have to do it alone.\n"
            "Good reading: https://www.example.org/stalking/first-steps?utm_source=mail&utm_campaign=ana",
            _address(more), "RE: " + str(more["Subject"]), 4, _earlier(more),
        )  # fmt: skip
        await self.stage.send(COUNSELOR, _address(more), sent)
        advice = _open(await self.sink.next_for(SEEKER))
        _show("The counselor answers", "The seeker receives", sent, advice)

        sent = letters.gmail(
            "Thank you. I will.", _address(advice), "Re: " + str(advice["Subject"]), 5, _earlier(advice)
        )
        await self.stage.send(SEEKER, _address(advice), sent)
        thanks = _open(await self.sink.next_for(COUNSELOR))
        _show("The seeker answers", "The counselor receives", sent, thanks)

        sent = letters.outlook(
            "Write whenever you like.", _address(thanks), "RE: " + str(thanks["Subject"]), 6, _earlier(thanks)
        )
        await self.stage.send(COUNSELOR, _address(thanks), sent)
        last = _open(await self.sink.next_for(SEEKER))
        _show("The counselor answers", "The seeker receives", sent, last)

    def _search(self) -> int:
        """Look for both real addresses and names in everything that the other side, a log or a disk could tell."""
        print(_rule("Searching everything for both real addresses"))
        seeker, counselor = [SEEKER, "sam.lee", SEEKER_NAME], [COUNSELOR, "ana.ruiz", COUNSELOR_NAME]
        to_counselor = b"\n".join(one.message for one in self.sink.kept if one.recipient == COUNSELOR)
        to_seeker = b"\n".join(one.message for one in self.sink.kept if one.recipient == SEEKER)
        files = [path for path in (self.folder / "state").rglob("*") if path.is_file()]
        disk = b"\n".join(path.read_bytes() for path in files)
        places = [
            ("what the counselor received", seeker, to_counselor),
            ("what the seeker received", counselor, to_seeker),
            (f"the daemon's log, {len(self.log)} lines", [*seeker, *counselor], "".join(self.log).encode()),
            (f"the database, {len(files)} files", [*seeker, *counselor], disk),
        ]
        total = 0
        for name, words, haystack in places:
            hits = sum(haystack.lower().count(form.lower()) for word in words for form in set(forms(word)))
            total += hits
            print(f"  {name:44} {len(haystack):>9,} octets   {hits} found")
        print(f"\n  Real addresses and names found: {total}")
        return total


def _open(message: bytes) -> EmailMessage:
    parsed = email.message_from_bytes(message, policy=email.policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def _address(message: EmailMessage) -> str:
    return str(message["From"]).rpartition("<")[2].rstrip(">")


def _earlier(message: EmailMessage) -> Earlier:
    name = str(message["From"]).rpartition("<")[0].strip().strip('"')
    return Earlier(
        str(message["Subject"]), name, _address(message), str(message["Message-ID"]), _text(message)
    )


def _text(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    return str(body.get_content()).rstrip() if body is not None else ""


def _rule(title: str) -> str:
    return f"\n-- {title} " + "-" * max(0, _width() - len(title) - 4)


def _width() -> int:
    return min(shutil.get_terminal_size((110, 40)).columns, 140) if sys.stdout.isatty() else 110


def _show(left_title: str, right_title: str, sent: bytes, received: EmailMessage) -> None:
    """Two columns: everything that was sent, and everything that was received."""
    half = (_width() - 3) // 2
    left = list(_wrapped(_brief(sent.decode("utf-8", "replace")), half))
    names = [part.get_filename() for part in received.iter_attachments()]
    right_text = "\n".join(f"{name}: {value}" for name, value in received.items()) + "\n\n" + _text(received)
    right_text += "".join(f"\n[file: {name}]" for name in names)
    right = list(_wrapped(right_text, half))
    print(_rule(""))
    print(f"{left_title:{half}} | {right_title}")
    print(f"{'-' * half}-+-{'-' * half}")
    for place in range(max(len(left), len(right))):
        one = left[place] if place < len(left) else ""
        other = right[place] if place < len(right) else ""
        print(f"{one:{half}} | {other}".rstrip())
    sys.stdout.flush()


def _brief(text: str) -> str:
    """A message without the long middle of its encoded files."""
    lines, shown, hidden = text.replace("\r", "").split("\n"), [], 0
    for line in lines:
        if len(line) > 60 and " " not in line and not line.startswith(("http", "--")):
            hidden += 1
            continue
        if hidden:
            shown.append(f"({hidden} lines of an encoded file)")
            hidden = 0
        shown.append(line)
    return "\n".join(shown)


def _wrapped(text: str, width: int) -> Iterator[str]:
    for line in text.split("\n"):
        yield from textwrap.wrap(line, width, drop_whitespace=False, replace_whitespace=True) or [""]
