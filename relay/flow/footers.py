"""What a counselor can do next, as links to tap: the last lines of every notice to them. Called by ``letters``.

A link opens a mail that is ready to be sent (RFC 6068); commands in it are percent-encoded, so that no line of a notice
reads like one. ``alias``: the address that stands for the seeker whom the notice is about, where it is about one whom
this counselor has.
"""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import quote

from relay.mail.texts import Text, Texts


def with_actions(text: Text, texts: Texts, language: str, desk: str, alias: str = "") -> Text:
    """The same text with two or three actions below; ``desk``: the address of the desk."""
    links = [("action.list", _link(desk, "!list")), ("action.help", _link(desk, "!help"))]
    if alias:
        links = [("action.write", f"mailto:{alias}"), ("action.pass", _link(alias, "!pass")), links[0]]
    lines = [texts.word(key, language, link=link) for key, link in links]
    return replace(text, body="\n\n".join((text.body, "\n".join(lines))))


def _link(address: str, command: str) -> str:
    written = quote(command, safe="")
    return f"mailto:{address}?subject={written}&body={written}"
