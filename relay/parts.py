"""The parts at the edge as the settings want them: plain values out of sections. Called by ``app`` alone."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from operator import attrgetter
from pathlib import Path

from relay.config import Settings
from relay.config.counselors import CounselorSection
from relay.config.supervisors import SupervisorSection
from relay.domain.reading import Shelf
from relay.domain.roster import Roster
from relay.domain.standing import Verdict
from relay.domain.voicemail import Pbx
from relay.edge import notify
from relay.edge.dkim.carrier import Carrier, SigningCarrier, SigningKey
from relay.edge.dkim.keys import read_key
from relay.edge.logins import Account
from relay.edge.openpgp import Certificate, Engine, OpenPgpError
from relay.edge.openpgp.gnupg import GnuPg
from relay.edge.openpgp.sequoia import Sequoia
from relay.edge.rspamd import Rspamd, RspamdSettings
from relay.edge.smtp_in.certificate import server_context
from relay.edge.smtp_in.limits import Limits
from relay.edge.smtp_in.listener import Place
from relay.edge.smtp_in.settings import ListenerSettings
from relay.edge.smtp_out import NextHopSettings
from relay.edge.store.engines import database_file, parse_url
from relay.edge.wkd import Wkd
from relay.errors import ConfigError
from relay.flow.keywatch import KeyEnd
from relay.flow.pace import Pace
from relay.flow.resolve import Plan
from relay.mail.reading_files import read_shelf
from relay.resources import folder

READING = "reading"
EXPIRES_SOON = timedelta(days=30)


def next_hop_settings(settings: Settings) -> NextHopSettings:
    """The next hop as the edge wants it."""
    hop = settings.next_hop
    return NextHopSettings(
        host=hop.host,
        port=hop.port,
        tls=hop.tls,
        username=hop.username,
        password=settings.next_hop_password(),
        ca_file=str(hop.ca_file) if hop.ca_file else None,
        local_hostname="localhost" if settings.service.mailbox else settings.service.domain,
        max_connections=hop.connections,
    )


def pace_of(settings: Settings) -> Pace:
    """How fast the next hop is given mail."""
    return Pace(settings.next_hop.messages_per_hour)


def signing(carrier: Carrier, settings: Settings) -> Carrier:
    """The way to the next hop, signing where there are keys. Raises ``ConfigError``."""
    keys = [SigningKey(selector, read_key(file)) for selector, file in settings.dkim.selectors.items()]
    return SigningCarrier(carrier, settings.service.domain, keys) if keys else carrier


def screen_of(settings: Settings) -> Rspamd | None:
    """The spam filter, where there is one."""
    section = settings.rspamd
    if section.url is None:
        return None
    return Rspamd(
        RspamdSettings(
            url=section.url,
            time_limit_s=section.time_limit_s,
            max_bytes=section.max_bytes,
            hold=section.hold,
            mark=section.mark,
            when_away=Verdict(section.when_away),
        )
    )


def engine_of(settings: Settings) -> Engine:
    """The OpenPGP engine that the operator has chosen. Raises ``ConfigError`` where its folder cannot be made."""
    if settings.openpgp.engine == "sequoia":
        return Sequoia()
    folder = settings.openpgp.folder or _state_folder(settings) / "openpgp"
    for each in (*reversed(folder.parents), folder):
        try:
            if not each.exists():
                each.mkdir(mode=0o700)
        except OSError:
            problem = (
                f"openpgp.folder: {each} cannot be made; name a folder that the daemon's user may write to"
            )
            raise ConfigError((problem,)) from None
    return GnuPg(folder)


def _state_folder(settings: Settings) -> Path:
    """Where the daemon may write: beside the embedded database, else where systemd says."""
    database = database_file(parse_url(settings.storage.url))
    if database is not None:
        return database.parent
    return Path(os.environ.get("STATE_DIRECTORY") or settings.folder / "state")


def wkd_of(allowed: Callable[[], bool]) -> Callable[[str], Awaitable[bytes]]:
    """Looks up the key of an address at its own domain, where the operator allows it; else there is none."""
    directory = Wkd()

    async def look_up(address: str) -> bytes:
        return await directory.look_up(address) if allowed() else b""

    return look_up


def _with_keys(settings: Settings) -> list[tuple[str, CounselorSection | SupervisorSection]]:
    """Everybody on the service's side who has given a key, as a message names them."""
    people: list[tuple[str, CounselorSection | SupervisorSection]] = []
    people += [(f"counselor {each.id}", each) for each in settings.counselor]
    people += [(f"supervisor {each.id}", each) for each in settings.supervisor]
    return [(who, each) for who, each in people if each.openpgp_key is not None]


def certificates_of(settings: Settings, engine: Engine, now: datetime) -> dict[str, Certificate]:
    """The public keys of counselors and supervisors, by id. Raises ``ConfigError`` for a file that is no key."""
    found, problems = {}, []
    for who, person in _with_keys(settings):
        assert person.openpgp_key is not None
        try:
            found[person.id] = engine.read_certificate(person.openpgp_key.read_bytes(), now)
        except OpenPgpError as error:
            problems.append(
                f"counselors.toml: openpgp_key of {who}: cannot be read as one OpenPGP certificate ({error.reason}); "
                "give their public key alone"
            )
    if problems:
        raise ConfigError(tuple(problems))
    return found


def ends_of(certificates: Mapping[str, Certificate], settings: Settings) -> list[KeyEnd]:
    """When the keys of counselors and supervisors end, as far as they do."""
    names = {each.id: each.pseudonym for each in settings.counselor}
    names |= {each.id: each.pseudonym for each in settings.supervisor}
    return [
        KeyEnd(one.fingerprint, names.get(who, who), one.expires_at)
        for who, one in certificates.items()
        if one.expires_at is not None
    ]


def key_warnings(settings: Settings, now: datetime) -> Iterator[str]:
    """Keys of people on the line that do not work or soon will not; mail to their owners is, or will be, held.

    Raises ``ConfigError`` for a file that is no key.
    """
    names = {person.id: who for who, person in _with_keys(settings)}
    if not names:
        return
    for who, certificate in certificates_of(settings, engine_of(settings), now).items():
        where = f"counselors.toml: openpgp_key of {names[who]}"
        if not certificate.is_usable:
            yield f"{where} does not work ({certificate.trouble}): mail to them is held until there is another"
        elif certificate.expires_at is not None and certificate.expires_at - now < EXPIRES_SOON:
            yield f"{where} expires on {certificate.expires_at:%Y-%m-%d}: ask for the next one in time"


def accounts(settings: Settings) -> tuple[Account, ...]:
    """Counselors who may log in, each by their id and any of their addresses."""
    return tuple(
        Account(c.id, frozenset({c.id, c.address.key, *(a.key for a in c.also_from)}), c.password_hash)
        for c in settings.counselor
        if c.password_hash
    )


def listener_settings(settings: Settings) -> ListenerSettings:
    """The listener as the edge wants it."""
    smtp = settings.smtp
    return ListenerSettings(
        domain=settings.service.domain,
        max_message_bytes=smtp.max_message_bytes,
        trusted_hosts=smtp.trusted_hosts,
        tls_context=tls_context(settings),
        limits=Limits(
            connections=smtp.max_connections,
            connections_per_client=smtp.max_connections_per_host,
            messages_per_client_per_minute=smtp.messages_per_minute_per_host,
        ),
    )


def submission_settings(settings: Settings) -> ListenerSettings:
    """The same for the door where counselors log in: places of its own, and nobody is trusted without a login."""
    return replace(listener_settings(settings), trusted_hosts=())


def tls_context(settings: Settings) -> ssl.SSLContext | None:
    smtp = settings.smtp
    if not (smtp.tls_certificate and smtp.tls_key):
        return None
    return server_context(str(smtp.tls_certificate), str(smtp.tls_key))


FROM_SYSTEMD = "systemd"
"""What ``smtp.listen`` says for socket activation."""


@dataclass(frozen=True)
class Places:
    """Where to listen: for everybody, and for counselors who log in, with TLS from the first octet or by STARTTLS."""

    smtp: list[Place]
    implicit_tls: list[Place]
    starttls: list[Place]


def listening_places(settings: Settings) -> Places:
    """Addresses to listen on, and the sockets of the service manager where the configuration asks for them."""
    submission = settings.submission
    wanted = (settings.smtp.listen, submission.implicit_tls, submission.starttls)
    given: list[tuple[str, socket.socket]] = []
    if any(FROM_SYSTEMD in each for each in wanted):
        given = notify.listen_sockets()
    named = {"submissions": 1, "submission": 2}
    found: list[list[Place]] = [[each for each in place if each != FROM_SYSTEMD] for place in wanted]
    for name, taken in given:
        found[named.get(name, 0)].append(taken)
    keys = ("smtp.listen", "submission.implicit_tls", "submission.starttls")
    for key, asked, have in zip(keys, wanted, found, strict=True):
        if FROM_SYSTEMD in asked and not any(isinstance(each, socket.socket) for each in have):
            raise ConfigError(
                (
                    f"relay.toml: {key}: says systemd, but no socket for it was handed over; "
                    "start its socket unit, or name an address such as 127.0.0.1:25",
                )
            )
    return Places(*found)


def plan_of(settings: Settings, roster: Roster) -> Plan:
    """What routing needs of the configuration, as values. ``roster``: with its calendars. Raises ``ConfigError``."""
    fixed_intakes = tuple(
        i.address.key for i in roster.intakes if not roster.queue_of(i.address.key).allows_other
    )
    service = settings.service_values()
    return Plan(
        replace(service, rules=replace(service.rules, fixed_intakes=fixed_intakes)),
        roster,
        settings.privacy.delay,
        settings.crisis_book(),
        shelf_of(settings),
        settings.pledges(),
        settings.conversations.tags,
        settings.conversations.reopens,
        settings.conversations.feedback,
        settings.conversations.consent_wait,
        settings.conversations.consent_silence == "hand_over",
        _voicemails(settings),
    )


def _voicemails(settings: Settings) -> Mapping[str, Pbx]:
    try:
        return settings.voicemails()
    except (OSError, ValueError):
        raise ConfigError(("relay.toml: voicemail.secret_file cannot be read, or holds no secret",)) from None


def shelf_of(settings: Settings) -> Shelf:
    """The reading lists that come with the program, and the operator's own beside the configuration.

    Raises ``ConfigError``.
    """
    return read_shelf([folder("templates") / READING, settings.folder / READING])


def reading_warnings(settings: Settings, now: datetime) -> Iterator[str]:
    """Texts that have to be looked at again."""
    for each in shelf_of(settings).old(now.date()):
        yield (
            f"{READING}/{each.name}.{each.language}.md: was last checked on {each.checked}, more than a year ago; read "
            f"it again and write the new date (one that came with relay: copy it to {READING}/ beside relay.toml first)"
        )


FIXED = (
    "smtp",
    "submission",
    "imap_intake",
    "next_hop",
    "dkim",
    "storage",
    "openpgp.engine",
    "openpgp.folder",
    "rspamd",
    "dns",
    "workers",
    "logging",
    "metrics",
    "service.domain",
    "service.mailbox",
)
"""What is read once at start: a change of it is in force only after a restart. All else changes with a reload."""


def waiting_for_restart(started: Settings, fresh: Settings) -> tuple[str, ...]:
    """Sections and keys that are other than at the start, by their names in the files."""
    return tuple(name for name in FIXED if attrgetter(name)(started) != attrgetter(name)(fresh))


def free_where_kept(settings: Settings) -> int | None:
    """Octets free where an embedded database is."""
    prefix = "sqlite:///"
    if not settings.storage.url.startswith(prefix):
        return None
    try:
        return shutil.disk_usage(Path(settings.storage.url.removeprefix(prefix)).parent).free
    except OSError:
        return None
