"""The counselors of a service and the queues that they answer, as the configuration gives them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum
from zoneinfo import ZoneInfo

from relay.domain.addresses import CounselorAddress, OurAddress, SupervisorAddress
from relay.domain.overrides import Override
from relay.domain.rota import Rota, Shift
from relay.domain.spans import Spans

GENERAL = "general"
"""The queue of intake addresses that name none."""

UTC_ZONE = ZoneInfo("UTC")

NEVER = Rota()


ALL_REVIEWED = -1
"""``Counselor.review``: a supervisor reads every reply before it goes out."""


@dataclass(frozen=True, slots=True)
class Counselor:
    """One counselor. ``address`` is where they read; ``also_from`` are further addresses they write from.

    ``name`` and ``private`` are never shown to anybody; they are here to be masked.
    ``quiet``: when they are not reminded of what is not about danger; none: when nobody is.
    ``capacity``: conversations at a time; 0: takes nobody new, and keeps those who know them.
    ``review``: how many of their first replies a supervisor reads before they go out; ``ALL_REVIEWED``: every one.
    ``asks_about_signature``: a reply with a signature is held until they say that it may go without.
    ``topics``: what they know well, none: a bit of everything. ``queues``: those they answer, none: all.
    ``fallback``: id of whoever is asked first when they cannot take what would come to them.
    ``zone``: by whose wall clock they speak of times.
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
    common_name: str = ""
    review: int = 0
    quiet: Rota = NEVER
    topics: frozenset[str] = frozenset()
    queues: frozenset[str] = frozenset()
    fallback: str = ""
    zone: ZoneInfo = UTC_ZONE

    @property
    def shown_name(self) -> str:
        """The name under which seekers see them."""
        return self.common_name or self.pseudonym

    @property
    def addresses(self) -> tuple[CounselorAddress, ...]:
        return (self.address, *self.also_from)

    def __repr__(self) -> str:
        return f"Counselor({self.counselor_id})"


@dataclass(frozen=True, slots=True)
class Supervisor:
    """Somebody who watches over quality and risk. ``queues``: those that are theirs; none named means all.
    ``digest``: at whose starts and ends they are told how things stand.

    Counselors know them by their pseudonym; a seeker never hears of them.
    """

    supervisor_id: str
    pseudonym: str
    address: SupervisorAddress
    also_from: tuple[SupervisorAddress, ...] = ()
    language: str = "en"
    queues: tuple[str, ...] = ()
    digest: Rota = NEVER

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
    """A public address that opens conversations: the language it is for, its queue, what it is about, and for which
    countries (ISO 3166).

    ``detects``: whose first message is clearly in another language is answered in that.
    """

    address: OurAddress
    language: str = "en"
    queue: str = GENERAL
    topics: frozenset[str] = frozenset()
    detects: bool = True
    countries: tuple[str, ...] = ()


class Continuity(Enum):
    """Who reads what a seeker writes next: the counselor who answered, or whoever is on duty then."""

    STICKY = "sticky"
    POOL = "pool"


@dataclass(frozen=True, slots=True)
class Overflow:
    """An agreement: at these times counselors of the queue ``to`` help out when nobody of one's own is free."""

    to: str
    when: tuple[Shift, ...]

    def holds(self, at: datetime) -> bool:
        """Tell whether the agreed time is now."""
        return any(shift.covers(at) for shift in self.when)


@dataclass(frozen=True, slots=True)
class Holidays:
    """Days of a feed on which a queue rests; those in ``keeps`` (ids) are on duty as ever: a reduced service."""

    days: Spans
    keeps: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Queue:
    """What requests wait in, and how they find somebody.

    ``fallback``: id of whoever is asked when nobody of the queue is free. ``allows_other``: a seeker may ask for
    another counselor. ``asks_feedback``: two questions at the end; ``None``: as the line does.
    ``asks_consent``: a seeker is asked before a hand-over.
    """

    name: str = GENERAL
    continuity: Continuity = Continuity.STICKY
    topics: frozenset[str] = frozenset()
    fallback: str = ""
    allows_other: bool = True
    asks_feedback: bool | None = None
    asks_consent: bool = False
    overflow: tuple[Overflow, ...] = ()
    holidays: tuple[Holidays, ...] = ()

    def rota_of(self, counselor: Counselor) -> Rota:
        """When a counselor is on duty for this queue."""
        rota = counselor.rota
        for each in self.holidays:
            if counselor.counselor_id not in each.keeps:
                rota = rota.without(each.days)
        return rota


GENERAL_QUEUE = Queue()


@dataclass(frozen=True, slots=True)
class Roster:
    """Everybody on the service's side. ``queues``: those with settings of their own."""

    counselors: tuple[Counselor, ...]
    intakes: tuple[Intake, ...]
    supervisors: tuple[Supervisor, ...] = ()
    queues: tuple[Queue, ...] = ()
    _by_id: Mapping[str, Counselor] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_id", {c.counselor_id: c for c in reversed(self.counselors)})

    def counselor(self, counselor_id: str) -> Counselor | None:
        return self._by_id.get(counselor_id)

    def supervisor(self, supervisor_id: str) -> Supervisor | None:
        return next((s for s in self.supervisors if s.supervisor_id == supervisor_id), None)

    def supervisors_of(self, queue: str) -> tuple[Supervisor, ...]:
        """Everybody who watches over a queue, in the order of the files."""
        return tuple(s for s in self.supervisors if s.watches(queue))

    def countries_of(self, intake: str) -> tuple[str, ...]:
        """Those of an intake address by its key; none when it is no longer there."""
        return next((i.countries for i in self.intakes if i.address.key == intake), ())

    def topics_among(self, words: Iterable[str]) -> frozenset[str]:
        """Those of these words that somebody here knows about; what nobody knows about decides nothing."""
        return frozenset(words) & {topic for counselor in self.counselors for topic in counselor.topics}

    def intake(self, address: OurAddress) -> Intake | None:
        return next((i for i in self.intakes if i.address.same_as(address)), None)

    def queue(self, name: str) -> Queue:
        """The queue of that name, with the usual settings when it has none of its own."""
        return next((queue for queue in self.queues if queue.name == name), Queue(name))

    def intake_of(self, address: str) -> Intake | None:
        """The intake address that a conversation came in by; ``None`` when it is not taken any more."""
        return next((i for i in self.intakes if i.address.key == address.lower()), None)

    def queue_of(self, address: str) -> Queue:
        """The queue of whatever came to an intake address, also when that is not taken any more."""
        intake = self.intake_of(address)
        return self.queue(intake.queue if intake else GENERAL)

    def queue_for(self, address: str, moved_to: str) -> Queue:
        """The queue that a conversation is in: the one that it was moved to, while there is such a one, else that of
        the intake address that it came in by.
        """
        return self.queue(moved_to) if moved_to in self.queue_names else self.queue_of(address)

    @property
    def queue_names(self) -> tuple[str, ...]:
        """Every queue: those of intake addresses, and those with settings of their own."""
        return tuple(sorted({*(i.queue for i in self.intakes), *(q.name for q in self.queues)}))

    def with_overrides(self, overrides: Mapping[str, Override]) -> Roster:
        """The same people with what they have said by mail, by id; whoever is not named has said nothing."""
        if all(overrides.get(c.counselor_id) == c.rota.override for c in self.counselors):
            return self
        people = (
            replace(c, rota=replace(c.rota, override=overrides.get(c.counselor_id))) for c in self.counselors
        )
        return replace(self, counselors=tuple(people))
