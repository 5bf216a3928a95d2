"""Canaries on both sides: a unique word for every place that tells who somebody is, searched everywhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.canaries import found, views
from tests.support.line import Letter, Line, Person

SEEKER = {
    "address": "quokka.zebrano@lemurhost.test",
    "local": "quokka.zebrano",
    "domain": "lemurhost.test",
    "name": "Quokka Zebrano",
    "family": "Zebrano",
    "host": "narwhal-laptop.lan",
    "ip": "203.0.113.199",
    "client": "OkapiMail 7.3",
    "id": "axolotl.771",
    "zone": "+1345",
    "organisation": "Pangolin Ltd",
    "reply_to": "gerbil@capybara.test",
    "boundary": "----=_Wombat_Boundary_5511",
    "comment": "tapir-comment",
    "mime": "Ibexware",
}
COUNSELOR = {
    "address": "ana.ruiz@home.test",
    "local": "ana.ruiz",
    "domain": "home.test",
    "second": "aruiz@work.test",
    "name": "Ana Ruiz",
    "family": "Ruiz",
    "phone": "600 555 014",
    "handle": "@anaruiz",
    "host": "marmot-desktop.corp",
    "ip": "198.51.100.231",
    "client": "NumbatMail 2.0",
    "id": "dugong.993",
    "zone": "-0742",
    "organisation": "Kinkajou GmbH",
    "reply_to": "ocelot@fossa.test",
    "boundary": "----=_Echidna_Boundary_8812",
    "comment": "civet-comment",
    "mime": "Oryxware",
}


def dressed(who: dict[str, str], to: str, text: str, html: str, earlier: Letter | None = None) -> bytes:
    """A message with everything on it that mail programs and servers add."""
    quoted = "\n".join("> " + line for line in earlier.text.splitlines()) if earlier else ""
    attribution = (
        f"On 23.11.2026 13:00 {who['zone']}, {who['name']} <{who['address']}> wrote:" if earlier else ""
    )
    thread = (
        f"In-Reply-To: {earlier['Message-ID']}\r\nReferences: {earlier['Message-ID']} <{who['id']}.old@{who['host']}>\r\n"
        if earlier
        else ""
    )
    body = (
        f"{text}\n\n{attribution}\n{quoted}\n\n-- \n{who['name']}\n{who['organisation']}\n{who['address']}\n"
    )
    boundary = who["boundary"]
    return (
        f"Return-Path: <{who['address']}>\r\n"
        f"Received: from {who['host']} ([{who['ip']}]) by mx.{who['domain']} with ESMTPSA id {who['id']}\r\n"
        f'From: "{who["name"]}" <{who["address"]}> ({who["comment"]})\r\nSender: {who["address"]}\r\n'
        f'Reply-To: {who["reply_to"]}\r\nTo: {to}\r\nCc: "{who["name"]} (private)" <{who["reply_to"]}>\r\n'
        f"Subject: =?utf-8?q?Hello_from_{who['name'].replace(' ', '_')}?=\r\nDate: Mon, 23 Nov 2026 13:00:00 {who['zone']}\r\n"
        f"Message-ID: <{who['id']}@{who['host']}>\r\n{thread}User-Agent: {who['client']}\r\nX-Mailer: {who['client']}\r\n"
        f"Organization: {who['organisation']}\r\nX-Originating-IP: [{who['ip']}]\r\nThread-Topic: {who['name']}\r\n"
        f"Disposition-Notification-To: {who['address']}\r\nAutocrypt: addr={who['address']}; keydata=AAAA\r\n"
        f"List-Unsubscribe: <https://{who['domain']}/u>\r\nMIME-Version: 1.0 ({who['mime']} 1.0)\r\n"
        f'Content-Type: multipart/mixed; boundary="{boundary}"\r\n\r\npreamble {who["address"]}\r\n'
        f"--{boundary}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-ID: <{who['id']}@{who['host']}>\r\n"
        f"Content-Description: {who['name']}\r\n\r\n"
        + body.replace("\n", "\r\n")
        + f"\r\n--{boundary}\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{html}\r\n"
        f'--{boundary}\r\nContent-Type: text/vcard; name="{who["name"]}.vcf"\r\n'
        f"Content-Disposition: attachment; filename*=utf-8''{who['local']}.vcf\r\n\r\n"
        f"BEGIN:VCARD\r\nFN:{who['name']}\r\nEMAIL:{who['address']}\r\nEND:VCARD\r\n"
        f"--{boundary}\r\nContent-Type: message/rfc822\r\n\r\nFrom: {who['address']}\r\nReceived: from {who['host']}\r\n"
        f"Subject: nested {who['client']}\r\n\r\nnested words of {who['name']}\r\n"
        f"--{boundary}\r\nContent-Type: text/calendar; method=REQUEST\r\n\r\nORGANIZER;CN={who['name']}:mailto:{who['address']}\r\n"
        f"--{boundary}--\r\nepilogue {who['client']}\r\n"
    ).encode()


TEXTS = [
    "Plain words.",
    "I am {name}, write to {address} or <mailto:{address}>.",
    "Reach me: {local} at {domain}, that is {local}@{domain}!",
    "My address backwards is no secret, but {address} in https://{domain}/~{local}?m={address} is.",
    "{family}, {name}; {name}'s letter; ({name}) {address}",
]


@pytest.mark.parametrize("text", TEXTS)
async def test_no_canary_of_either_side_reaches_the_other_a_log_or_the_disk(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    """Everything that a mail program, a server or a habit adds is absent from what the other side receives."""
    async with Line(tmp_path / "line") as line:
        seeker = Person(line, SEEKER["address"], SEEKER["name"])
        html = '<p>Hidden <span style="display:none">{address}</span><img src="https://{domain}/p.gif" alt="{name}"></p>'

        async def sends(who: dict[str, str], to: str, earlier: Letter | None = None) -> None:
            message = dressed(who, to, text.format(**who), html.format(**who), earlier)
            await line.submit(who["address"], [to], message)

        await sends(SEEKER, "help@relay.test")
        request = await line.ana.receives(automatic=False)
        await sends(COUNSELOR, request.from_address, request)
        answer = await seeker.receives(automatic=False)
        await sends(SEEKER, answer.from_address, answer)
        await line.ana.receives(automatic=False)
        await line.quiet()

        to_ana = [view for letter in line.ana.mailbox for view in views(letter.raw)]
        to_seeker = [view for letter in seeker.mailbox for view in views(letter.raw)]
        to_operator = [view for letter in line.operator.mailbox for view in views(letter.raw)]
        assert found(SEEKER.values(), to_ana) == []
        assert found(COUNSELOR.values(), to_seeker) == []
        everything = [*SEEKER.values(), *COUNSELOR.values()]
        assert found(everything, to_operator) == []

        state = [path.read_bytes() for path in (tmp_path / "line" / "state").iterdir() if path.is_file()]
        zones = {SEEKER["zone"], COUNSELOR["zone"]}
        assert found([word for word in everything if word not in zones], state) == []
        logged = capsys.readouterr()
        assert found(everything, [logged.err.encode(), logged.out.encode()]) == []


async def test_the_search_itself_finds_what_is_there(tmp_path: Path) -> None:
    """Without the relay in between every canary is found: the test above can fail."""
    message = dressed(SEEKER, "help@relay.test", "{name} {family}".format(**SEEKER), "<p>x</p>")
    assert found(SEEKER.values(), views(message)) == list(SEEKER.values())
