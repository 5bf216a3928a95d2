"""One row of the leak matrix, and the columns that it has."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from relay.domain.conversations import Side
from tests.leaks.who import Who

BOTH = (Side.SEEKER, Side.COUNSELOR)
REQUEST = (Side.SEEKER,)
REPLY = (Side.COUNSELOR,)

RELAYED, HELD, ABSORBED = "relayed", "held", "absorbed"


@dataclass(frozen=True)
class Case:
    """One way in which a message can tell who wrote it.

    ``plants``: the traits of the author that this place shows, split by ``|``, or what it makes of them; with
    the protection off each of them must be found (``=`` before what is no trait). ``off``: the switches of all layers that
    protect it. ``peers``: key of what the open peers do. ``ends``: what becomes of the message.
    ``directions``: who may have written it. ``is_answer``: comes to an alias, not to an intake address.
    ``sender``: a trait that is the reverse-path instead of the author's address. ``name``: the form of a full
    name that is not given name and family name, ``{x}`` being the word that no other row has.
    """

    id: str
    what: str
    encoding: str
    program: str
    build: Callable[[Who], bytes]
    plants: str | Callable[[Who], str]
    off: str
    peers: str
    ends: str = RELAYED
    directions: tuple[Side, ...] = BOTH
    is_answer: bool = False
    sender: str = "address"
    answer: str = ""
    name: str = ""
    place: str = ""

    def planted(self, who: Who) -> tuple[str, ...]:
        """The words that the place shows of this author."""
        if not isinstance(self.plants, str):
            return (self.plants(who),)
        return tuple(
            one[1:] if one.startswith("=") else str(getattr(who, one))
            for one in self.plants.split("|")
            if one
        )


def at(place: str, rows: Iterable[Case]) -> tuple[Case, ...]:
    """Rows that belong to one place; their ids begin with its first word."""
    prefix = place.split(maxsplit=1)[0].lower().rstrip(",")
    return tuple(replace(row, place=place, id=f"{prefix}/{row.id}") for row in rows)
