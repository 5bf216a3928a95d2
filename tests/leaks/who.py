"""A person whose every trait is a word that stands nowhere else: what the matrix plants and searches for."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

GIVEN = "Ilse"
"""A given name alone may stay, so it is no canary and everybody's."""

ZONE = "+1345"
"""No computer is set to it, so no other text holds it."""

_CONSONANTS = "bdfghjklmnprstvz"
_VOWELS = "aeiou"


@dataclass(frozen=True)
class Who:
    """One author. ``seed`` makes all the words; ``to``: the alias that they write to."""

    seed: str
    to: str

    def known_as(self, to: str, **traits: str) -> Who:
        """The same author with traits that the configuration knows, writing to another alias."""
        who = Who(self.seed, to)
        vars(who).update(traits)
        return who

    def _word(self, what: str, syllables: int = 5) -> str:
        digest = hashlib.sha256(f"{self.seed}/{what}".encode()).digest()
        return "".join(_CONSONANTS[a % 16] + _VOWELS[a // 16 % 5] for a in digest[:syllables])

    def _digits(self, what: str, count: int) -> str:
        return str(int(hashlib.sha256(f"{self.seed}/{what}".encode()).hexdigest(), 16))[3 : 3 + count]

    @cached_property
    def family(self) -> str:
        return self._word("family").capitalize()

    @cached_property
    def name(self) -> str:
        return f"{GIVEN} {self.family}"

    @cached_property
    def local(self) -> str:
        return f"{self._word('one', 3)}.{self._word('two', 3)}"

    @cached_property
    def domain(self) -> str:
        return f"{self._word('domain')}.test"

    @cached_property
    def address(self) -> str:
        return f"{self.local}@{self.domain}"

    @cached_property
    def second(self) -> str:
        """Another address of theirs; the configuration knows a counselor's."""
        return f"{self._word('second')}@{self._word('office')}.test"

    @cached_property
    def phone(self) -> str:
        return f"+34 6{self._digits('phone', 2)} {self._digits('phone2', 3)} {self._digits('phone3', 3)}"

    @cached_property
    def phone_digits(self) -> str:
        return "".join(filter(str.isdigit, self.phone))[2:]

    @cached_property
    def handle(self) -> str:
        return "@" + self._word("handle")

    @cached_property
    def host(self) -> str:
        return f"{self._word('host')}-laptop.lan"

    @cached_property
    def ip(self) -> str:
        return f"2001:db8:{self._digits('ip', 4)}::{self._digits('ip2', 4)}"

    @cached_property
    def client(self) -> str:
        return f"{self._word('client').capitalize()}Mail"

    @cached_property
    def token(self) -> str:
        """Any other word: an id, a mark, a comment."""
        return self._word("token", 6)

    @cached_property
    def firm(self) -> str:
        return f"{self._word('firm').capitalize()} GmbH"

    @cached_property
    def street(self) -> str:
        return f"{self._word('street').capitalize()} 14"

    @cached_property
    def key(self) -> str:
        """A key id as OpenPGP writes it."""
        return hashlib.sha256(f"{self.seed}/key".encode()).hexdigest()[:16].upper()

    @cached_property
    def beacon(self) -> str:
        """A host that would learn when and where a mail is read."""
        return f"{self._word('beacon', 6)}.test"

    @cached_property
    def third(self) -> str:
        """Somebody else's address that stands beside the author's."""
        return f"{self._word('third')}@{self._word('elsewhere')}.test"

    @cached_property
    def deputy(self) -> str:
        return self._word("deputy").capitalize()

    @cached_property
    def token_word(self) -> str:
        return "lantern" + self._word("says", 3)

    @cached_property
    def says(self) -> str:
        """What is meant for the other side, with a word that must arrive."""
        return f"Thank you, the {self.token_word} of yesterday helped me."

    @cached_property
    def plain_id(self) -> str:
        """A message id that tells nothing."""
        return f"{self._digits('id', 12)}@mail.test"

    @property
    def zone(self) -> str:
        return ZONE

    @cached_property
    def secrets(self) -> tuple[str, ...]:
        """Everything that may not reach the other side."""
        return (
            self.family, self.name, self.local, self.domain, self.second, self.phone, self.phone_digits, self.handle,
            self.host, self.ip, self.client, self.token, self.firm, self.street, self.key, self.beacon, self.third,
            self.deputy, self.zone, self.to.partition("@")[0],
        )  # fmt: skip
