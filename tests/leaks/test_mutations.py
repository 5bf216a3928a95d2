"""The cleaning steps switched off one by one: each time the gate holds the message, or the search sees the leak.

A step that nobody would miss is not tested, or does nothing; a leak of a secret that the gate knows, and that
only the search sees, would be a hole in the gate. The only tests that patch our own code: it is their subject.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from relay.domain.entries import EntryEvent
from relay.flow import compose
from relay.flow.values import Reason
from relay.mail import attachments, content, identity, images, links, marks, rebuild, subjects
from relay.mail.cleaning import Cleaned, Removed
from relay.mail.model import Mail
from relay.mail.serialize import FIELDS, NewMessage, serialize
from tests.properties.files import files
from tests.properties.world import AUTHORS, MACHINE, Author, Letter, copy_of, leaks, relay

MARK = "\u200b\u200c\u200b"
"""A pattern of invisible characters: which copy this is."""
CLOCK = "4:47"
TRACKER = "jackalsubscription"
WARNING = "EXTERN"
CANARIES = (MARK, CLOCK, TRACKER, WARNING)

Patch = Callable[[pytest.MonkeyPatch, Mail], None]


# --- letters ---------------------------------------------------------------------------------------


def _head(author: Author, kind: str) -> str:
    return (
        f"Received: from {MACHINE['host']} ([{MACHINE['ip']}]) by mx.{author.domain}\r\nFrom: {author.name} <{author.address}>\r\n"
        f"Subject: [EXTERN] {author.family} again\r\nMessage-ID: <{MACHINE['id']}@{MACHINE['host']}>\r\n"
        f"References: <{MACHINE['id']}.old@{MACHINE['host']}>\r\nUser-Agent: {MACHINE['client']}\r\n"
        f"Organization: {MACHINE['organisation']}\r\nMIME-Version: 1.0\r\n{kind}\r\n"
    )


def _words(author: Author) -> str:
    return (
        f"Hello{MARK}, this is {author.name}, write to {author.address}.\r\n"
        f"https://example.org/page?utm_source={TRACKER}&x=1\r\n\r\n"
        f"On Mon, Nov 23, 2026 at {CLOCK} PM Somebody <{author.writes_to}> wrote:\r\n> I am here.\r\n\r\n"
        f"-- \r\n{MACHINE['organisation']}\r\n{author.address}\r\n"
    )


def _mixed(author: Author) -> bytes:
    """Text, a photograph, and a text file, with traces around each."""
    boundary = MACHINE["boundary"]
    _, photo = files(author)[0]
    encoded = base64.encodebytes(photo).replace(b"\n", b"\r\n").decode()
    name = MACHINE["file"]
    return (
        _head(author, f'Content-Type: multipart/mixed; boundary="{boundary}"')
        + f"\r\n--{boundary}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{_words(author)}"
        f'\r\n--{boundary}\r\nContent-Type: image/jpeg; name="{name}.jpg"\r\nContent-Transfer-Encoding: base64\r\n\r\n{encoded}'
        f'\r\n--{boundary}\r\nContent-Type: text/plain; charset=utf-8; name="{name}.txt"\r\n'
        f"Content-Disposition: attachment\r\n\r\nA note by {author.name}{MARK}.\r\n--{boundary}--\r\n"
    ).encode()


def _page(author: Author) -> bytes:
    markup = (
        f"<html><head><title>{MACHINE['client']}</title></head><p class={MACHINE['element']}>I am {author.name}.</p>"
        f"<!-- {MACHINE['comment']} --><img src='http://{MACHINE['host']}/p.gif' width=1></html>"
    )
    return (_head(author, "Content-Type: text/html; charset=utf-8") + "\r\n" + markup).encode()


def letters() -> Iterator[Letter]:
    for author in AUTHORS:
        for make in (_mixed, _page):
            yield Letter(make(author), author, canaries=CANARIES, what=make.__name__)


# --- steps -----------------------------------------------------------------------------------------


def _attr(module: object, name: str, double: object) -> Patch:
    return lambda patch, _mail: patch.setattr(module, name, double)


def _in_new_message(change: Callable[[NewMessage, Mail], NewMessage]) -> Patch:
    """Put something of the old message in the new one."""

    def turn(patch: pytest.MonkeyPatch, mail: Mail) -> None:
        patch.setattr(compose, "serialize", lambda new: serialize(change(new, mail)))

    return turn


def _copy_fields(patch: pytest.MonkeyPatch, mail: Mail) -> None:
    ours = {name.lower() for name in FIELDS}
    kept = [h.name.encode() + b": " + h.value for h in mail.headers if h.name not in ours]
    patch.setattr(compose, "serialize", lambda new: b"\r\n".join([*kept, serialize(new)]))


def _file_as_it_is(data: bytes, content_type: str, _filename: str) -> Cleaned:
    return Cleaned("file", content_type.partition(";")[0], "bin", data)


def _text_files_as_they_are(patch: pytest.MonkeyPatch, _mail: Mail) -> None:
    """``attachments`` decodes; the words are the rebuild's to clean, which knows a text by its type."""
    clean = attachments.clean

    def double(data: bytes, content_type: str, filename: str) -> Cleaned | Removed:
        cleaned = clean(data, content_type, filename)
        if isinstance(cleaned, Cleaned) and cleaned.content_type == "text/plain":
            return replace(cleaned, content_type="text/x-other")
        return cleaned

    patch.setattr(attachments, "clean", double)


def _own_file_names(patch: pytest.MonkeyPatch, mail: Mail) -> None:
    names = [part.filename for part in mail.root.walk() if part.filename]
    patch.setattr(attachments, "neutral_name", lambda index, _cleaned: names[index - 1])


def _own_thread(mail: Mail, _links: object, _side: object) -> tuple[str, tuple[str, ...]]:
    return "", mail.references


STEPS: dict[str, Patch] = {
    "invisible marks removed": _attr(marks, "clean", lambda text: text),
    "quotes and signatures cut": _attr(content.Content, "own_words", property(lambda said: said.cleaned)),
    "links made tidy": _attr(links, "tidy_text", lambda text, _unreadable: text),
    "identity replaced": _attr(identity, "replace", lambda text, *_: identity.Replaced(text, ())),
    "subject cleaned": _attr(rebuild, "_subject", lambda subject, *_: subject),
    "warnings taken off the subject": _attr(subjects, "plain", lambda subject: subject),
    "files made anew": _attr(attachments, "clean", _file_as_it_is),
    "pictures drawn anew": _attr(images, "redraw", lambda data, *_: Cleaned("picture", "image/jpeg", "jpg", data)),
    "text files cleaned": _text_files_as_they_are,
    "file names neutral": _own_file_names,
    "thread ids mapped": _attr(rebuild, "thread_ids", _own_thread),
    "fields left out": _copy_fields,
    "HTML read as text": _attr(content, "to_text", lambda markup: markup),
    "message id new": _in_new_message(lambda new, mail: replace(new, message_id=mail.message_id)),
    "boundary new": _in_new_message(lambda new, mail: replace(new, boundary=mail.root.parameter("boundary") or new.boundary)),
    "pseudonym instead of the name": _in_new_message(lambda new, mail: replace(new, from_name=mail.authors[0].name)),
    "alias instead of the address": _in_new_message(lambda new, mail: replace(new, from_address=mail.authors[0].address)),
}  # fmt: skip


def _passed(letter: Letter, step: str, patch: pytest.MonkeyPatch, *, gate: bool) -> tuple[bool, set[str]]:
    """Whether the gate held the letter, and what arrived that should not have."""
    mail = compose.read(letter.raw)
    assert mail is not None
    with patch.context() as patched:
        STEPS[step](patched, mail)
        if not gate:
            patched.setattr(compose, "judge", lambda *_: ())
        outcome = relay(letter)
    if outcome.event is EntryEvent.HELD:
        assert outcome.reason is Reason.LEAK
        return True, set()
    message = copy_of(outcome)
    assert message is not None
    return False, set(leaks(letter, message))


def test_with_every_step_on_nothing_is_held_and_nothing_leaks() -> None:
    """The letters themselves are fine: what the other tests see comes from the step that is off."""
    for letter in letters():
        message = copy_of(relay(letter))
        assert message is not None, letter.what
        assert leaks(letter, message) == []


@pytest.mark.parametrize("step", STEPS)
def test_without_a_step_the_gate_or_the_search_catches_the_leak(
    step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In both directions."""
    for author in AUTHORS:
        seen = [
            _passed(letter, step, monkeypatch, gate=True) for letter in letters() if letter.author is author
        ]
        assert any(was_held or leaked for was_held, leaked in seen), author.side


@pytest.mark.parametrize("step", STEPS)
def test_without_a_step_and_without_the_gate_it_leaks(step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every step is needed: the search alone sees what it would let through."""
    for author in AUTHORS:
        seen = [
            _passed(letter, step, monkeypatch, gate=False) for letter in letters() if letter.author is author
        ]
        assert any(leaked for _, leaked in seen), author.side


@pytest.mark.parametrize("step", STEPS)
def test_what_names_the_author_never_passes_the_gate_whatever_step_is_off(
    step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The gate knows address, name, aliases, private words and the message's id, and needs nobody's help."""
    for letter in letters():
        _, leaked = _passed(letter, step, monkeypatch, gate=False)
        named = leaked & {*letter.author.secrets, f"{MACHINE['id']}@{MACHINE['host']}"}
        was_held, still = _passed(letter, step, monkeypatch, gate=True)
        assert was_held >= bool(named), named
        assert not still & set(letter.author.secrets)
