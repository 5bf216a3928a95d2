"""Switches that turn one protection off, so that a case of the matrix can be seen failing without it.

A layer that does something is replaced by one that does nothing. What is safe because nothing is copied
cannot be taken away, so its double copies, as a relay does that edits what it received: the header fields,
or the skeleton of parts (headers of parts, boundaries, what stands around them) without their contents.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from relay.flow import compose, stages
from relay.mail import (
    addresslist,
    attachments,
    contacts,
    content,
    html,
    html_style,
    identity,
    links,
    marks,
    parse,
    rebuild,
    serialize,
)
from relay.mail.cleaning import Cleaned
from relay.mail.model import Mail
from relay.mail.parse import decode_text
from relay.mail.serialize import NewMessage

TurnOff = Callable[[pytest.MonkeyPatch, Mail], None]

_SERIALIZE = serialize.serialize


def _replaced(module: object, name: str, double: object) -> TurnOff:
    return lambda patch, _mail: patch.setattr(module, name, double)


def _all_of(*switches: TurnOff) -> TurnOff:
    def turn_off(patch: pytest.MonkeyPatch, mail: Mail) -> None:
        for switch in switches:
            switch(patch, mail)

    return turn_off


def _show_author(patch: pytest.MonkeyPatch, mail: Mail) -> None:
    """From as it was received."""

    def double(new: NewMessage) -> bytes:
        author = parse.parse(mail.raw).authors[0]  # as it is read with the other switches off
        return _SERIALIZE(replace(new, from_name=author.name, from_address=author.address))

    patch.setattr(compose, "serialize", double)


def _copy_fields(patch: pytest.MonkeyPatch, mail: Mail) -> None:
    """Every header field of the message as it was received, before ours."""
    copied = b"".join(
        h.name.encode() + b": " + h.value.replace(b"\n", b" ") + b"\r\n"
        for h in mail.headers
        if not h.name.startswith("content-t")
    )
    patch.setattr(compose, "serialize", lambda new: copied + _SERIALIZE(new))


def _copy_structure(patch: pytest.MonkeyPatch, mail: Mail) -> None:
    """The parts as they were, each with its header, empty of their contents."""
    skeleton = []
    at = mail.root.span[0]
    for part in mail.root.walk():
        if not part.children:
            skeleton.append(mail.raw[at : part.span[0]])
            at = part.span[1]
    skeleton.append(mail.raw[at:])
    body = b"".join(skeleton).replace(b"\n", b"\r\n")
    kind = b"".join(
        b"Content-Type: " + h.value + b"\r\n" for h in mail.root.headers if h.name == "content-type"
    )

    def double(new: NewMessage) -> bytes:
        head = _SERIALIZE(new).partition(b"\r\nContent-Type")[0]
        return head + b"\r\n" + kind + b"\r\n" + body

    patch.setattr(compose, "serialize", double)


def _write_raw(patch: pytest.MonkeyPatch, _mail: Mail) -> None:
    """The text as it is, without a transfer encoding that hides what SMTP would read."""

    def double(new: NewMessage) -> bytes:
        head, _, _ = _SERIALIZE(replace(new, text="", attachments=())).partition(b"\r\n\r\n")
        files = [file.data for file in new.attachments]
        return head + b"\r\n\r\n" + b"\r\n".join([new.text.encode().replace(b"\n", b"\r\n"), *files])

    patch.setattr(compose, "serialize", double)


def _copy_ids(mail: Mail, _links: object, _side: object) -> tuple[str, tuple[str, ...]]:
    return next(iter(mail.in_reply_to), ""), mail.references


def _take_every_version(self: content._Collector, part: content.Part) -> None:
    """All versions of a multipart/alternative, one after the other."""
    for child in part.children:
        for leaf in child.walk():
            if leaf.maintype == "text":
                self.texts.append(decode_text(self.mail, leaf).text)


def _read_anything(mail: Mail) -> content.Content:
    """What only its reader can open, passed on as it is."""
    return content.Content(mail.raw[mail.root.span[0] : mail.root.span[1]].decode("utf-8", "replace"), ())


def _hand_on(data: bytes, _content_type: str, _filename: str) -> Cleaned:
    return Cleaned("file", "application/octet-stream", "bin", data)


@dataclass(frozen=True)
class Switch:
    """``does``: what the protection does, in the words of ``docs/leaks.md``."""

    does: str
    turn_off: TurnOff


SWITCHES: dict[str, Switch] = {
    "face": Switch("alias and pseudonym instead", _show_author),
    "fields": Switch("no field is copied; eleven are written new", _copy_fields),
    "structure": Switch("parts, boundary and file names are made new", _copy_structure),
    "encoding": Switch("encoded so that SMTP reads no line of it", _write_raw),
    "one-line": Switch(
        "one line, nothing in it ends a field",
        _all_of(
            _replaced(parse, "clean_line", str),
            _replaced(addresslist, "clean_line", str),
            _replaced(rebuild, "_subject", lambda subject, _author, _tally: subject),
            _replaced(serialize, "_one_line", str),
        ),
    ),
    "thread": Switch("only ids that we gave leave, mapped", _replaced(rebuild, "thread_ids", _copy_ids)),
    "words": Switch(
        "replaced by alias, pseudonym or [removed]",
        _replaced(identity, "replace", lambda text, _identity: identity.Replaced(text, ())),
    ),
    "quotes": Switch(
        "cut: not the author's words",
        _replaced(content.Content, "own_words", property(lambda said: said.cleaned)),
    ),
    "marks": Switch(
        "only marks that a script or an emoji needs stay", _replaced(marks, "clean", lambda text: text)
    ),
    "html": Switch(
        "read as text; only what is shown and said stays",
        _replaced(content, "to_text", lambda markup: markup),
    ),
    "hidden": Switch(
        "what is hidden is not read", _replaced(html, "read_style", lambda _text: html_style.NO_STYLE)
    ),
    "version": Switch(
        "the plain version only", _replaced(content._Collector, "_take_alternative", _take_every_version)
    ),
    "links": Switch(
        "link without what tells its reader",
        _all_of(
            _replaced(html, "tidy_url", lambda url: url),
            _replaced(links, "tidy_text", lambda text, _unreadable: text),
        ),
    ),
    "files": Switch("file made anew, or removed with a line", _replaced(attachments, "clean", _hand_on)),
    "signatures": Switch("dropped: it names its key", _replaced(content, "_SIGNATURES", frozenset[str]())),
    "armour": Switch("unwrapped", _replaced(content, "_without_armour", lambda text: text)),
    "sealed": Switch("held: nobody can look inside", _replaced(content, "read", _read_anything)),
    "stages": Switch(
        "used by the relay or held, never passed on",
        _all_of(_replaced(stages, "REQUEST", ()), _replaced(stages, "REPLY", ())),
    ),
    "contacts": Switch(
        "held once, the counselor is asked",
        _replaced(contacts, "kinds", lambda _text, _domain: frozenset[str]()),
    ),
    "gate": Switch("found in the finished bytes and held", lambda _patch, _mail: None),
}
"""The gate, the last layer, is off whenever any of them is."""


def turn_off(names: str, patch: pytest.MonkeyPatch, mail: Mail) -> None:
    """Turn off the layers named, split by blanks, and those behind all of them: the gate, and the question
    to a counselor whose words hold an unknown address. Copying doubles cannot be joined.
    """
    patch.setattr(compose, "judge", lambda *_: ())
    SWITCHES["contacts"].turn_off(patch, mail)
    for name in names.split():
        SWITCHES[name].turn_off(patch, mail)
