"""Mail that telephone systems send for a voice message, in the shapes that they really have.

Asterisk: what ``make_email_file`` of ``app_voicemail.c`` writes, with its standard text, with IMAP storage, and with
the text that FreePBX sets. Kazoo: the template of ``voicemail_to_email`` before and since Teletype. sipXecs: the text
of its voicemail service. Recordings lie in ``recordings``, made by libsndfile (LAME, libopus, libvorbis) and tagged by
mutagen with the words of ``CALLER``.
"""

from __future__ import annotations

import base64
import itertools
from dataclasses import dataclass
from pathlib import Path

RECORDINGS = Path(__file__).parent / "recordings"
SENDER = "asterisk@pbx.lemurhost.test"
SECRET = "k3ymoonriver4711abcd"

CALLER = {
    "number": "+491705550199",
    "national": "01705550199",
    "spaced": "0170 555 01 99",
    "name": "Quokka Zebrano",
    "family": "Zebrano",
    "host": "pbx.lemurhost.test",
    "mailbox": "mailbox 4711",
    "owner": "Pangolin Wombat",
    "channel": "PJSIP/okapi-trunk",
    "context": "numbat-context",
}
"""What a telephone system says of a call: a word for every place, to be searched for afterwards."""

_IDS = itertools.count(1)


@dataclass(frozen=True)
class Shape:
    """``head``: fields beside From, To, Date and Message-ID; ``text``: the first part; ``name``: the file's."""

    system: str
    head: str
    text: str
    kind: str
    name: str
    pattern: str = ""


_ASTERISK_TEXT = (
    "Dear Pangolin Wombat:\n\n\tJust wanted to let you know you were just left a 0:42 long message (number 3)\n"
    "in mailbox 4711 from {name}, on Monday, November 23, 2026 at 12:00:00 PM so you might\n"
    "want to check it when you get a chance.  Thanks!\n\n\t\t\t\t--Asterisk\n\n"
)
SHAPES = {
    "asterisk": Shape(
        "asterisk",
        "Subject: [PBX]: New message 3 in mailbox 4711\n"
        "X-Asterisk-CallerID: {number}\nX-Asterisk-CallerIDName: {name}\n",
        _ASTERISK_TEXT,
        "audio/x-wav",
        "msg0003.WAV",
    ),
    "asterisk with IMAP storage": Shape(
        "asterisk",
        "Subject: [PBX]: New message 3 in mailbox 4711\nX-Asterisk-VM-Message-Num: 3\n"
        "X-Asterisk-VM-Server-Name: pbx.lemurhost.test\nX-Asterisk-VM-Context: numbat-context\n"
        "X-Asterisk-VM-Extension: 4711\nX-Asterisk-VM-Caller-channel: PJSIP/okapi-trunk-0000001a\n"
        "X-Asterisk-VM-Caller-ID-Num: {number}\nX-Asterisk-VM-Caller-ID-Name: {name}\nX-Asterisk-VM-Duration: 42\n"
        "X-Asterisk-VM-Message-Type: Message\nX-Asterisk-VM-Orig-date: Monday, November 23, 2026\n",
        _ASTERISK_TEXT,
        "audio/x-gsm",
        "msg0003.gsm",
    ),
    "freepbx": Shape(
        "asterisk",
        "Subject: Voicemail from {name} <{number}>\n",
        'Pangolin Wombat,\n\nThere is a new voicemail in mailbox 4711:\n\n\tFrom:\t"{name}" <{number}>\n'
        "\tLength:\t0:42 seconds\n\tDate:\tMonday, November 23, 2026 at 12:00:00 PM\n\n"
        "Dial *98 to access your voicemail by phone.\nVisit http://pbx.lemurhost.test/ucp to check it with a browser.\n",
        "audio/x-wav",
        "msg0003.wav",
    ),
    "kazoo": Shape(
        "kazoo",
        "Subject: New Voicemail Message\nX-Kazoo-Account: numbat-context\n",
        "New Voicemail Message\n\nCaller ID: {number}\nCaller Name: {name}\n\nCalled To: 4711   (Originally dialed number)\n"
        "Called On: Monday, November 23, 2026 at 12:00\n\n\nFor help or questions about receiving voicemails, please "
        "contact Pangolin Wombat at 14155550100 or email wombat@pbx.lemurhost.test",
        "audio/mpeg",
        "{number}_2026-11-23_12-00-00.mp3",
    ),
    "kazoo with teletype": Shape(
        "kazoo",
        "Subject: New voicemail from {name} ({number})\n",
        "Hi Pangolin Wombat,\n\nYou received a new voicemail message.\n\nFrom: {name} ({number})\nTo: 4711\n"
        "Received On: Monday, November 23, 2026\nLength: 42 seconds\n",
        "audio/mpeg",
        "f3c1b0aa97.mp3",
    ),
    "sipxecs": Shape(
        "generic",
        "Subject: Voice Message from {number} ({name})\n",
        "On Monday, November 23, 2026, {name} left new voicemail, duration 0:42.\n"
        "Listen to message: https://pbx.lemurhost.test/sipxconfig/mailbox/4711/inbox/00000003\n",
        "audio/mpeg",
        "00000003-00.mp3",
        r"^subject: Voice Message from (\+?[0-9]+) \(",
    ),
}  # fmt: skip


def recording(name: str) -> bytes:
    """One of the recordings, with everything in its tags."""
    return (RECORDINGS / name).read_bytes()


def voicemail(
    shape: Shape,
    sound: bytes | None,
    *,
    to: str = "voicemail-in@relay.test",
    sender: str = SENDER,
    number: str = CALLER["number"],
    name: str = CALLER["name"],
) -> bytes:
    """The whole message. ``sound``: what is attached; ``None``: nothing."""
    here = f"----voicemail_3471154217{next(_IDS)}"
    words = {"number": number, "name": name}
    attached = (
        f'--{here}\nContent-Type: {shape.kind}; name="{shape.name.format(**words)}"\n'
        "Content-Transfer-Encoding: base64\nContent-Description: Voicemail sound attachment.\n"
        f'Content-Disposition: attachment; filename="{shape.name.format(**words)}"\n\n'
        f"{base64.encodebytes(sound).decode()}\n"
        if sound is not None
        else ""
    )
    return (
        "Received: from pbx.lemurhost.test (pbx.lemurhost.test [192.0.2.77]) by mx.lemurhost.test with ESMTP id 77\n"
        f'Date: Mon, 23 Nov 2026 12:00:00 +0000\nFrom: "Asterisk PBX" <{sender}>\n'
        f'To: "Pangolin Wombat" <{to}>\n{shape.head.format(**words)}'
        f"Message-ID: <Asterisk-3-{next(_IDS)}-4711-2542@pbx.lemurhost.test>\nMIME-Version: 1.0\n"
        f'Content-Type: multipart/mixed; boundary="{here}"\n\n\nThis is a multi-part message in MIME format.\n\n'
        f"--{here}\nContent-Type: text/plain; charset=ISO-8859-1\nContent-Transfer-Encoding: 8bit\n\n"
        f"{shape.text.format(**words)}\n{attached}--{here}--\n"
    ).encode()
