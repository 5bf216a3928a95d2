"""Who a message must not name, and the last look for it (hop 7).

Called by ``compose``, ``service_mail`` and ``explain``.

Everything here is about one message between two people: the author, whose words it carries, and the reader.
``mask_of`` gives the rebuild what it replaces; ``judge`` searches the finished octets for the same people by
other means. Pure; nothing fails.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from relay.domain.conversations import Side
from relay.flow.outcomes import Change
from relay.flow.values import ConversationView, Known, Person
from relay.mail import identity
from relay.mail.display_names import full_names
from relay.mail.draft import author_of
from relay.mail.gate import Gate, Secret, secrets_of
from relay.mail.model import Mail
from relay.mail.names import ORDINARY_WORDS
from relay.mail.providers import PUBLIC_DOMAINS


def mask_of(mail: Mail, author: Person, reader: Person) -> identity.Identity:
    """Everything that names the author of this message, and what the reader knows them as."""
    return author_of(
        addresses_of(mail, author),
        names_of(mail, author),
        author.private,
        reader_alias=reader.alias,
        stands_as=author.stands_as,
        alias=author.alias,
    )


def judge(
    message: bytes,
    mail: Mail,
    author: Person,
    reader: Person,
    known: Known,
    our_words: Sequence[str] = (),
    blocks: Sequence[str] = (),
    thread: Sequence[str] = (),
) -> tuple[Change, ...]:
    """Hop 7: search the finished bytes for everything that names the author. Empty means it may go.

    What stands in the reader's own address is no secret toward the reader (both may be at one company),
    nor are ``our_words``, those of the message that the relay itself put there. ``blocks`` are entries of a directory
    that the author had put in: a single word of theirs (a family name that is also a street's) is none of the author's
    there. Addresses, numbers, full names and everything in ``private`` are secrets wherever they stand.

    ``thread``: ids of letters that the reader has written or had from us. They are not searched in the two fields that
    name them: both may have their mail at one provider, whose domain a program writes into every id; and who gives a
    letter an id that looks like the other's address learns nothing from whether it is answered.
    """
    message = _without_ids(message, thread)
    path = known.entry.envelope.reverse_path.reveal()
    readers_own = " ".join(reader.addresses).lower()
    shown = (author.stands_as, author.alias, known.service.domain, identity.REMOVED, *our_words)

    def secrets_beside(public: Sequence[str]) -> tuple[Secret, ...]:
        return secrets_of(
            addresses=addresses_of(mail, author),
            names=names_of(mail, author),
            private=author.private,
            message_ids=(mail.message_id,) if mail.message_id else (),
            hosts=(),
            aliases=(reader.alias,) if reader.alias else (),
            public_domains=PUBLIC_DOMAINS,
            ordinary_words=ORDINARY_WORDS,
            shown=public,
        )

    secrets = secrets_beside(shown)
    if blocks:
        elsewhere = frozenset(secrets_beside((*shown, *blocks)))
        common = _common_words(names_of(mail, author))
        secrets = tuple(each for each in secrets if each in elsewhere or each.value.casefold() not in common)
    exact = (Secret(path.strip(" <>"), "message id", whole_word=False),) if "@" in path else ()
    findings = Gate([s for s in (*secrets, *exact) if s.value.lower() not in readers_own]).search(message)
    return tuple(
        Change(f"leak-{finding.kind}", f"{finding.place}/{finding.encoding}") for finding in findings
    )


def _without_ids(message: bytes, ids: Sequence[str]) -> bytes:
    """A message whose In-Reply-To and References do not name these."""
    known = {each.encode() for each in ids}
    head, end, body = message.partition(b"\r\n\r\n")
    if not known or not _THREAD.search(head):
        return message
    shown = _THREAD.sub(lambda field: _ID.sub(lambda one: b"" if one[1] in known else one[0], field[0]), head)
    return shown + end + body


_ID = re.compile(rb"<([^<>\r\n]*)>")
_THREAD = re.compile(rb"^(?:In-Reply-To|References):(?:[^\r\n]|\r\n[ \t])*", re.IGNORECASE | re.MULTILINE)


def _common_words(names: Sequence[str]) -> frozenset[str]:
    """What others bear, too: a part of a name of several, and what every organization's address begins with."""
    parts = (name.replace(",", " ").split() for name in names)
    return _MAILBOXES | {word.casefold() for words in parts if len(words) > 1 for word in words}


_MAILBOXES = frozenset(
    ["admin", "contact", "hello", "help", "info", "kontakt", "mail", "office", "support", "team"]
)


def faces(conversation: ConversationView, side: Side) -> tuple[Person, Person]:
    """Author and reader."""
    counselor = conversation.counselor
    assert counselor is not None
    return (conversation.seeker, counselor) if side is Side.SEEKER else (counselor, conversation.seeker)


def addresses_of(mail: Mail, person: Person) -> tuple[str, ...]:
    """All addresses known for the author, those that this message shows included; never one of ours."""
    ours = "@" + person.alias.rpartition("@")[2]
    shown = [
        one.address for one in mail.shown if "@" in one.address and not one.address.lower().endswith(ours)
    ]
    return tuple(dict.fromkeys((*person.addresses, *shown)))


def names_of(mail: Mail, person: Person) -> tuple[str, ...]:
    """All full names known for the author, those that this message shows included."""
    shown = [legible(one.name) for one in mail.shown]
    names = [full for name in (*person.names, *shown) for full in full_names(name)]
    return tuple(dict.fromkeys(name for name in names if name and name != person.stands_as))


def legible(name: str) -> str:
    """A display name without the pieces of encoded words (RFC 2047) that nobody could decode.

    They name nobody, and ``=?utf-8?`` also begins what we encode ourselves.
    """
    return " ".join(word for word in name.split() if "=?" not in word and "?=" not in word)
