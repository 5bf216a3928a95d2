"""Whether mail belongs to what it is addressed to, as a quick look before anything is read of it.

Called for whoever counts what comes in (``flow.rates``).
"""

from __future__ import annotations

from collections.abc import Collection

from relay.domain.addresses import OurAddress
from relay.domain.aliases import token_of
from relay.domain.conversations import Side
from relay.domain.roster import Roster
from relay.errors import CipherError
from relay.flow.ports import Entries, TokenMeaning
from relay.flow.values import TargetKind


async def belongs(
    store: Entries,
    roster: Roster,
    paths: Collection[OurAddress],
    addresses: Collection[str],
    mailbox: str = "",
) -> bool:
    """Tell whether all of these are live aliases issued to somebody with one of these addresses, or return-paths.

    A quick look for whoever counts what comes in; whether a message may pass is for the stages. May raise
    ``StoreTrouble``. ``mailbox``: the local part of the only one that is ours, where we have no domain.
    """
    claimed = {address.lower() for address in addresses}
    try:
        for path in paths:
            token = token_of(path, mailbox)
            meaning = await store.meaning(token) if token else None
            if meaning is None or meaning.is_retired:
                return False
            if meaning.kind is TargetKind.ALIAS and not claimed & await _issued_to(store, roster, meaning):
                return False
    except CipherError:  # a row that does not open belongs to nobody
        return False
    return bool(paths)


async def _issued_to(store: Entries, roster: Roster, meaning: TokenMeaning) -> set[str]:
    stored = await store.conversation(its, with_thread=False) if (its := meaning.conversation_id) else None
    if stored is None:
        return set()
    if meaning.stands_for is Side.COUNSELOR:
        return {address.lower() for address in stored.seeker_addresses}
    counselor = roster.counselor(stored.counselor_id) if stored.counselor_id else None
    return {address.key for address in counselor.addresses} if counselor else set()
