"""The counselors of a service, as the configuration gives them."""

from __future__ import annotations

from dataclasses import dataclass

from relay.domain.addresses import CounselorAddress, OurAddress, SupervisorAddress
from relay.domain.rota import Rota

NEVER = Rota()


@dataclass(frozen=True, slots=True)
class Counselor:
    """One counselor. ``address`` is where they read; ``also_from`` are further addresses they write from.

    ``name`` and ``private`` are never shown to anybody; they are here to be masked.
    ``quiet``: when they are not reminded of what is not about danger; none: when nobody is.
    ``capacity``: conversations at a time. ``asks_about_signature``: a reply with a signature is held until they
    say that it may go without.
    """

    counselor_id: str
    pseudonym: str
    name: str
    address: CounselorAddress
    rota: Rota
    also_from: tuple[CounselorAddress, ...] = ()
    private: tuple[str, ...] = ()
    languages: tuple[str, ...] = ("en",)
    capacity: int = 3
    asks_about_signature: bool = False
    quiet: Rota = NEVER

    @property
    def addresses(self) -> tuple[CounselorAddress, ...]:
        return (self.address, *self.also_from)

    def __repr__(self) -> str:
        return f"Counselor({self.counselor_id})"


@dataclass(frozen=True, slots=True)
class Supervisor:
    """Somebody who watches over quality and risk. ``queues``: those that are theirs; none named means all.

    Counselors know them by their pseudonym; a seeker never hears of them.
    """

    supervisor_id: str
    pseudonym: str
    address: SupervisorAddress
    also_from: tuple[SupervisorAddress, ...] = ()
    language: str = "en"
    queues: tuple[str, ...] = ()

    @property
    def addresses(self) -> tuple[SupervisorAddress, ...]:
        return (self.address, *self.also_from)

    def watches(self, queue: str) -> bool:
        """Tell whether a queue is theirs."""
        return not self.queues or queue in self.queues

    def __repr__(self) -> str:
        return f"Supervisor({self.supervisor_id})"


@dataclass(frozen=True, slots=True)
class Intake:
    """A public address that opens conversations, and the language it is for."""

    address: OurAddress
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Roster:
    """Everybody on the service's side."""

    counselors: tuple[Counselor, ...]
    intakes: tuple[Intake, ...]
    supervisors: tuple[Supervisor, ...] = ()

    def counselor(self, counselor_id: str) -> Counselor | None:
        return next((c for c in self.counselors if c.counselor_id == counselor_id), None)

    def supervisor(self, supervisor_id: str) -> Supervisor | None:
        return next((s for s in self.supervisors if s.supervisor_id == supervisor_id), None)

    def supervisors_of(self, queue: str) -> tuple[Supervisor, ...]:
        """Everybody who watches over a queue, in the order of the files."""
        return tuple(s for s in self.supervisors if s.watches(queue))

    def intake(self, address: OurAddress) -> Intake | None:
        return next((i for i in self.intakes if i.address.same_as(address)), None)
