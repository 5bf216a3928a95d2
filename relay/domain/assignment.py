"""Who is to answer: the choice of a counselor for a request, from values alone.

Routing calls ``choose`` for a new conversation and for one that waits; the same values always give the same
answer. Nobody is ever chosen who is off duty, excluded or has no free slot, whatever the need. ``consider`` says
besides why each of the others was not: for ``relay who``, where an operator asks that.

The order is the table ``ORDER``: the first line that fits anybody who is free decides, and among those it fits
it is the turn of whoever has been without a new request the longest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum

from relay.domain.roster import GENERAL_QUEUE, Counselor, Queue
from relay.domain.rota import Rota

_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Load:
    """What a counselor carries now: conversations in their hands, and when they were last given one.

    ``away_until``: until then they get no new one, because nothing reaches them or because they are on leave.
    ``reviewed``: how many replies of theirs a supervisor has let go.
    """

    open: int = 0
    last_assigned_at: datetime | None = None
    away_until: datetime | None = None
    reviewed: int = 0

    def is_away(self, at: datetime) -> bool:
        """Whether nothing new goes to them at that instant."""
        return self.away_until is not None and at < self.away_until


class Why(Enum):
    """Why somebody does not get a request, the weightiest reason first; ``OTHERS_TURN``: for nothing but the turn."""

    EXCLUDED = "excluded"
    OTHER_QUEUE = "other_queue"
    OFF_DUTY = "off_duty"
    AWAY = "away"
    TAKES_NO_NEW = "takes_no_new"
    FULL = "full"
    OTHER_LANGUAGE = "other_language"
    OTHERS_FIT_BETTER = "others_fit_better"
    OTHERS_TURN = "others_turn"


@dataclass(frozen=True, slots=True)
class Candidate:
    """One counselor of the roster with what they carry."""

    counselor: Counselor
    load: Load = Load()

    def is_free(self, at: datetime) -> bool:
        """On duty, there, and with a free slot for somebody new."""
        return self.why_not_free(at, self.counselor.rota) is None

    def why_not_free(self, at: datetime, rota: Rota, *, is_known: bool = False) -> Why | None:
        """What keeps them from taking a request at ``at``, by the rota of its queue; ``None``: nothing does.

        ``is_known``: its author knows them, so that taking nobody new does not count. A limit always does.
        """
        if not rota.on_duty(at):
            return Why.OFF_DUTY
        if self.load.is_away(at):
            return Why.AWAY
        if self.counselor.capacity == 0:
            return None if is_known else Why.TAKES_NO_NEW
        return Why.FULL if self.load.open >= self.counselor.capacity else None

    def speaks(self, language: str) -> bool:
        """Whether one of their languages is ``language``, regions aside: ``en`` is good for ``en-GB``."""
        return _primary(language) in map(_primary, self.counselor.languages)

    @property
    def turn(self) -> tuple[datetime, int, str]:
        """Sorts by whose turn it is: the longest without a new request, the fewest open, the id."""
        return (self.load.last_assigned_at or _NEVER, self.load.open, self.counselor.counselor_id)


@dataclass(frozen=True, slots=True)
class Request:
    """What asks for a counselor.

    ``service_language``: which will do when nobody speaks ``language``. ``excluded``: ids of those who must not get
    it (they gave it back, they are its author, the seeker asked for another). ``usual``: id of the counselor whom
    its author knows. ``queue`` is its own; ``queues`` are all others, for overflow.
    """

    language: str
    queue: Queue = GENERAL_QUEUE
    topics: frozenset[str] = frozenset()
    excluded: frozenset[str] = frozenset()
    usual: str = ""
    service_language: str = "en"
    queues: Mapping[str, Queue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Choice:
    """Who gets it, by which line of ``ORDER``, and why the others do not. ``chosen`` ``None``: it waits."""

    chosen: str | None
    step: str = ""
    others: tuple[tuple[str, Why], ...] = ()


@dataclass(frozen=True, slots=True)
class _Fit:
    """One free counselor in the light of one request."""

    is_usual: bool
    is_fallback_of_usual: bool
    is_fallback_of_queue: bool
    is_own: bool
    """Of the queue, and not only helping out."""
    speaks: bool
    speaks_ours: bool
    """The service's own language."""
    knows: bool
    """Something of what it is about; who names no topics knows a bit of everything."""
    waiting_helps: bool
    """Somebody who could be asked at another hour speaks one of the languages."""


ORDER: tuple[tuple[str, Callable[[_Fit], bool]], ...] = (
    ("the counselor whom the seeker knows, in a language of theirs", lambda fit: fit.is_usual and fit.speaks),
    ("whom that counselor named to stand in", lambda fit: fit.is_fallback_of_usual),
    ("speaks the language and knows the topic", lambda fit: fit.is_own and fit.speaks and fit.knows),
    ("speaks the language", lambda fit: fit.is_own and fit.speaks),
    (
        "speaks the service's language and knows the topic",
        lambda fit: fit.is_own and fit.speaks_ours and fit.knows,
    ),
    ("speaks the service's language", lambda fit: fit.is_own and fit.speaks_ours),
    ("stands in for the queue", lambda fit: fit.is_fallback_of_queue),
    ("helps out from another queue and speaks the language", lambda fit: not fit.is_own and fit.speaks),
    ("helps out from another queue", lambda fit: not fit.is_own and fit.speaks_ours),
    ("nobody speaks the language at any hour", lambda fit: not fit.waiting_helps),
)
"""The first line that fits anybody free decides. A person in need does not wait for their language or topic, only for
a language that somebody else understands."""


def choose(
    candidates: Sequence[Candidate],
    language: str,
    excluded: frozenset[str],
    at: datetime,
    *,
    service_language: str = "en",
) -> str | None:
    """Who answers at ``at`` where there is one queue and nobody is known; see ``consider``."""
    request = Request(language, excluded=excluded, service_language=service_language)
    return consider(candidates, request, at).chosen


def consider(candidates: Sequence[Candidate], request: Request, at: datetime) -> Choice:
    """Give the counselor whose turn it is at ``at`` (aware), and why none of the others is.

    ``candidates`` is the whole roster.
    """
    others: dict[str, Why] = {}
    free: list[tuple[Candidate, _Fit]] = []
    helpers = _helpers(request, at)
    waiting_helps = _waiting_helps(candidates, request, at, helpers)
    usual = next((c.counselor for c in candidates if c.counselor.counselor_id == request.usual), None)
    for candidate in candidates:
        who = candidate.counselor.counselor_id
        fit = _fit(candidate, request, usual, waiting_helps=waiting_helps)
        why = _why_not(candidate, fit, request, helpers, at)
        if why is None:
            free.append((candidate, fit))
        else:
            others[who] = why
    for step, fits in ORDER:
        group = [candidate for candidate, fit in free if fits(fit)]
        if group:
            chosen = min(group, key=lambda c: c.turn).counselor.counselor_id
            in_group = {c.counselor.counselor_id for c in group}
            for candidate, _ in free:
                who = candidate.counselor.counselor_id
                others[who] = Why.OTHERS_TURN if who in in_group else Why.OTHERS_FIT_BETTER
            del others[chosen]
            return Choice(chosen, step, tuple(others.items()))
    others.update((c.counselor.counselor_id, Why.OTHER_LANGUAGE) for c, _ in free)
    return Choice(None, others=tuple(others.items()))


def _helpers(request: Request, at: datetime) -> tuple[Queue, ...]:
    """The queues whose counselors help out now, by agreement."""
    agreed = (each.to for each in request.queue.overflow if each.holds(at))
    return tuple(request.queues.get(name, Queue(name)) for name in agreed)


def answers(counselor: Counselor, queue: Queue) -> bool:
    """Whether a counselor takes requests of this queue: it is one of theirs, or they name none."""
    return not counselor.queues or queue.name in counselor.queues


def _why_not(
    candidate: Candidate, fit: _Fit, request: Request, helpers: Sequence[Queue], at: datetime
) -> Why | None:
    """What keeps one counselor from this request; on duty for its queue, or for one that helps out."""
    counselor = candidate.counselor
    if counselor.counselor_id in request.excluded:
        return Why.EXCLUDED
    stands_in = fit.is_usual or fit.is_fallback_of_usual or fit.is_fallback_of_queue
    own = [request.queue] if fit.is_own or stands_in else []
    queues = own + [queue for queue in helpers if answers(counselor, queue)]
    if not queues:
        return Why.OTHER_QUEUE
    reasons = [
        candidate.why_not_free(at, queue.rota_of(counselor), is_known=fit.is_usual) for queue in queues
    ]
    return None if None in reasons else reasons[0]


def _fit(candidate: Candidate, request: Request, usual: Counselor | None, *, waiting_helps: bool) -> _Fit:
    counselor = candidate.counselor
    topics = request.topics | request.queue.topics
    return _Fit(
        is_usual=counselor is usual,
        is_fallback_of_usual=usual is not None and counselor.counselor_id == usual.fallback,
        is_fallback_of_queue=counselor.counselor_id == request.queue.fallback,
        is_own=answers(counselor, request.queue),
        speaks=candidate.speaks(request.language),
        speaks_ours=candidate.speaks(request.service_language),
        knows=not topics or not counselor.topics or bool(topics & counselor.topics),
        waiting_helps=waiting_helps,
    )


def _waiting_helps(
    candidates: Sequence[Candidate], request: Request, at: datetime, helpers: Sequence[Queue]
) -> bool:
    """Whether anybody who could be asked at another hour speaks one of the languages."""
    return any(
        (each.speaks(request.language) or each.speaks(request.service_language))
        for each in candidates
        if each.counselor.counselor_id not in request.excluded
        and not each.load.is_away(at)
        and each.counselor.capacity
        and any(answers(each.counselor, queue) for queue in (request.queue, *helpers))
    )


def next_start(
    counselors: Iterable[Counselor], after: datetime, queue: Queue | None = None
) -> datetime | None:
    """First instant strictly after ``after`` at which any of them comes on duty, in UTC; ``None``: never.

    ``queue``: only those who answer it count, by its holidays.
    """
    rotas = (
        c.rota if queue is None else queue.rota_of(c)
        for c in counselors
        if queue is None or answers(c, queue)
    )
    return min((start for rota in rotas if (start := rota.next_start(after)) is not None), default=None)


def _primary(language: str) -> str:
    return language.partition("-")[0].lower()
