"""``relay erase``: forget one conversation at once, while the daemon runs or not.

For a person who asks the operator instead of writing FORGET ME. Named by the pseudonym that the counselor knows, or by
the first digits of its id; nothing of it is shown but how many there are. The seeker gets no mail: whoever asked by
another way may have a reason. The counselor is told that it has ended, encrypted where they have a key, and the files
are scrubbed before the command ends.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

from relay.config import Settings, load
from relay.domain.aliases import message_id, mint_token
from relay.domain.deliveries import DeliveryEvent
from relay.edge import randomness
from relay.edge.openpgp.desk import Desk
from relay.edge.store import SqlStore
from relay.edge.store.key_copy import KeyCopy
from relay.errors import ConfigError
from relay.flow.ciphers import CipherTrouble
from relay.flow.letters import Letters
from relay.flow.outcomes import Face, LeasedDelivery, OutgoingKind
from relay.flow.people import view_of
from relay.flow.service_keys import ServiceKey
from relay.mail import notices_seeker
from relay.mail.openpgp_mime import inner_of, outer_of
from relay.parts import certificates_of, engine_of
from relay.resources import folder
from relay.stores import opened

MIN_ID_DIGITS = 6
"""Fewer name somebody by chance."""

WORD = "ERASE"


def act(config: Path, wanted: str, *, is_sure: bool) -> list[str]:
    """Do it; the lines to print. ``is_sure``: without asking. Raises ``ConfigError``."""
    settings = load(config)
    if not is_sure and not _agrees():
        return ["Nothing was erased."]
    store = opened(settings)
    return asyncio.run(_act(store, settings, wanted.strip()))


def _agrees() -> bool:
    if not sys.stdin.isatty():
        raise ConfigError(("relay erase: nobody is here to ask; give --yes when you are sure",))
    print("This cannot be taken back: no copy is kept, and the seeker's address is forgotten.")
    return input(f"Type {WORD} to go on: ").strip() == WORD


async def _act(store: SqlStore, settings: Settings, wanted: str) -> list[str]:
    try:
        if len(wanted) < MIN_ID_DIGITS:
            raise ConfigError(
                (f"relay erase: give the whole pseudonym, or at least {MIN_ID_DIGITS} digits of the id",)
            )
        found = await store.forgetting.find(wanted)
        if len(found) != 1:
            many = "more than one conversation is" if found else "no conversation is"
            raise ConfigError((f"relay erase: {many} named like this; nothing was erased",))
        notice = await _notice(store, settings, found[0])
        await store.forgetting.erase(found[0], datetime.now(UTC))
        if notice is not None:
            now = datetime.now(UTC)
            await store.record(await store.queue_notice(notice, now), DeliveryEvent.NOT_NOW, now, due_at=now)
        told = " Its counselor is told." if notice is not None else ""
        erased = f"Erased: addresses, messages, notes and aliases of this conversation.{told}"
        return [erased, *old_copies(store.key_copy)]
    finally:
        await store.close()


def old_copies(copy: KeyCopy | None) -> list[str]:
    """What the operator has to know of copies from before: whether one of them would still open."""
    if copy is None:
        return [
            "No copy of the data keys is configured (backup.keys_copy), so the keys lie in every copy of the database:",
            "one that was made before now still opens with the master key. Destroy such copies; docs/backup.md says",
            "how to make backups that forget.",
        ]
    if copy.is_stale:
        return [
            f"{copy.path}: the copy of the data keys could not be replaced and still holds the key of this",
            "conversation, so that an older backup still opens with it. Make its folder writable; the daemon tries",
            "again every half minute, and 'relay backup' at once.",
        ]
    return [
        "Its key is gone from the copy of the data keys, too, so no backup made with 'relay backup' brings it back."
    ]


async def _notice(store: SqlStore, settings: Settings, conversation_id: bytes) -> LeasedDelivery | None:
    """What the counselor is told; a note that says nothing when it cannot be encrypted to them."""
    stored = await store.conversation(conversation_id)
    if stored is None:
        return None
    view = view_of(stored, settings.roster())
    if view.counselor is None or view.counselor_id is None:
        return None
    letters, service, now = Letters.load(folder("templates")), settings.service_values(), datetime.now(UTC)
    text = notices_seeker.counselor_erased(letters.texts, view.counselor.language, view.seeker.stands_as)
    one = letters.to_counselor(
        view.counselor, text, service, now, message_id(randomness.octets, service.domain)
    )
    message = one.message
    if _has_key(settings, view.counselor_id):
        desk = _desk(settings, now)
        try:
            armoured = await desk.seal(inner_of(message), view.counselor_id)
            message = outer_of(message, armoured, mint_token(randomness.octets))
        except CipherTrouble:
            new_id = message_id(randomness.octets, service.domain)
            message = letters.key_trouble(Face.COUNSELOR, view.counselor, service, now, new_id).message
        finally:
            desk.close()
    return LeasedDelivery(b"", OutgoingKind.NOTICE, Face.COUNSELOR, one.recipient, "", message, 1, now, 0)


def _has_key(settings: Settings, counselor_id: str) -> bool:
    keys = {c.id: c.openpgp_key for c in settings.counselor}
    return settings.openpgp.counselors != "off" and keys.get(counselor_id) is not None


def _desk(settings: Settings, now: datetime) -> Desk:
    """The counselors' keys; the line's own are not needed here."""
    engine = engine_of(settings)
    certificates = certificates_of(settings, engine, now)

    async def no_keys() -> list[ServiceKey]:
        return []

    return Desk(engine, lambda: certificates, no_keys, lambda: now, lambda: True)
