"""Warnings: settings that are allowed and probably not meant, each in one sentence.

``relay check`` prints them and ``relay run`` logs how many there are; they stop nothing. They name
counselors by their labels, files and keys, and nobody else.
"""

from __future__ import annotations

import email.policy
import platform
import shutil
import stat
from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from urllib.parse import urlsplit

from relay.config import crisis
from relay.config.crisis import CRISIS_FILE
from relay.config.fields import SYSTEMD
from relay.config.machine import is_credential, is_loopback
from relay.config.schema import COUNSELORS_FILE, RELAY_FILE
from relay.config.settings import Settings
from relay.domain.coverage import coverage, longest, queues_in_use
from relay.domain.roster import Roster
from relay.edge.dkim.keys import KeyKind, kind_of, read_key
from relay.mail.proof import dmarc

LOOK_AHEAD = timedelta(days=14)
LONGEST_GAP = timedelta(hours=24)
"""A rota with longer gaps is mostly a mistake: most helplines promise an answer within a day or two."""

SMALL_DELAY_S = 180
"""Measured at one message a minute: in a range of 90 s the best guess is right for 80 %, of 240 s for 45 %."""

OLDEST_SUFFIXES = timedelta(days=365)

MANY_HOSTS = 65_536
"""More addresses than one organisation's network usually has (an IPv4 /16)."""


def warnings(
    settings: Settings,
    *,
    now: datetime | None = None,
    roster: Roster | None = None,
    without: Collection[str] = (),
) -> tuple[str, ...]:
    """Give every warning. ``now`` (aware): from when on the rota is looked at; the present when left out.

    ``roster``: with its calendars; without it those who have one are not looked at. ``without``: subjects to leave out.
    """
    at = now or datetime.now(UTC)
    by_subject: dict[str, Callable[[], Iterator[str]]] = {
        "duty": lambda: _duty(settings, at, roster),
        "pseudonyms": lambda: _pseudonyms(settings),
        "languages": lambda: _languages(settings),
        "privacy": lambda: _privacy(settings),
        "voicemail": lambda: _voicemail(settings),
        "doors": lambda: _doors(settings),
        "signature": lambda: _signature(settings),
        "seekers' keys": lambda: _seekers_keys(settings),
        "suffixes": lambda: _suffixes(settings, at),
        "crisis": lambda: _crisis(settings, at),
        "files": lambda: _files(settings),
        "interpreter": _interpreter,
    }
    return tuple(each for subject, look in by_subject.items() if subject not in without for each in look())


def _duty(settings: Settings, now: datetime, roster: Roster | None) -> Iterator[str]:
    begin = now.astimezone(UTC).replace(second=0, microsecond=0)
    unread = {c.id for c in settings.counselor if c.rota and roster is None}
    roster = roster or settings.roster()
    for c in roster.counselors:
        if c.counselor_id not in unread and not c.rota.on_duty(now) and c.rota.next_start(now) is None:
            yield f"{COUNSELORS_FILE}: counselor {c.counselor_id} is never on duty"
    queues = list(queues_in_use(roster))
    for queue in queues if not unread else ():
        gap = longest(coverage(roster, queue, begin, begin + LOOK_AHEAD).gaps)
        if gap and gap[1] - gap[0] >= LONGEST_GAP:
            hours = int((gap[1] - gap[0]) / timedelta(hours=1))
            since, until = (f"{at:%a %d %b %H:%M}" for at in gap)
            for_it = f" for the queue {queue.name}" if len(queues) > 1 else ""
            yield (
                f"{COUNSELORS_FILE}: nobody is on duty{for_it} for {hours} hours in the next two weeks, "
                f"from {since} to {until} UTC; requests wait so long; 'relay rota' shows every gap"
            )


def _pseudonyms(settings: Settings) -> Iterator[str]:
    for c in settings.counselor:
        if set(c.pseudonym.casefold().split()) & set(c.name.casefold().split()):
            yield f"{COUNSELORS_FILE}: the pseudonym of counselor {c.id} is a part of their real name"


def _languages(settings: Settings) -> Iterator[str]:
    spoken = {language.partition("-")[0] for c in settings.counselor for language in c.languages}
    for intake in settings.intake:
        if intake.language.partition("-")[0] not in spoken:
            yield f"{RELAY_FILE}: no counselor answers in {intake.language}, the language of an intake"


def _seekers_keys(settings: Settings) -> Iterator[str]:
    """What the keys of seekers cost, where more is chosen than what they give on purpose."""
    section = settings.openpgp
    if section.engine == "gnupg" and section.seekers != "off" and shutil.which("gpg") is None:
        yield (
            f"{RELAY_FILE}: openpgp.engine is 'gnupg' and there is no program gpg: keys that seekers give cannot be "
            "read; install it, choose 'sequoia', or set openpgp.seekers to 'off'"
        )
    if section.lookup and section.seekers == "off":
        yield f"{RELAY_FILE}: openpgp.lookup does nothing while openpgp.seekers is 'off'"
    elif section.lookup:
        yield (
            f"{RELAY_FILE}: openpgp.lookup asks the mail domain of a seeker for their key when they write KEY alone, "
            "and so tells whoever runs that domain that they have written to this line"
        )
    if section.autocrypt != "off":
        yield (
            f"{RELAY_FILE}: openpgp.autocrypt puts the line's key into mail to seekers: a field more, and a key whose "
            "name says which line it is to whoever can read the header"
        )


def _privacy(settings: Settings) -> Iterator[str]:
    delay = settings.privacy.delay
    if delay is not None and delay.longest_s - delay.shortest_s < SMALL_DELAY_S:
        yield (
            f"{RELAY_FILE}: privacy.delay hides little: with such a range most messages can still be told by their "
            "times; '1-5m' hides more than half of them at one message a minute"
        )


def _voicemail(settings: Settings) -> Iterator[str]:
    if any(section.number == "seal" for section in settings.voicemail) and settings.phone.desk is None:
        yield (
            f"{RELAY_FILE}: voicemail.number is 'seal' and phone.desk is missing: numbers are kept and nobody can call "
            "back; give phone.desk, or number = 'discard'"
        )
    if any(section.audio == "forward" for section in settings.voicemail):
        yield f"{RELAY_FILE}: voicemail.audio is 'forward': counselors hear callers' voices, which can be recognised"


def _doors(settings: Settings) -> Iterator[str]:
    smtp, next_hop = settings.smtp, settings.next_hop
    for network in smtp.trusted_hosts:
        if network.num_addresses > MANY_HOSTS and not network.is_loopback:
            yield f"{RELAY_FILE}: smtp.trusted_hosts has a very large network, all free of limits"
    public = [
        endpoint
        for endpoint in smtp.listen
        # Where the sockets of systemd are no file of ours says; the doctor looks (relay.doctor.doors).
        if endpoint != SYSTEMD and not ip_address(endpoint.rpartition(":")[0].strip("[]")).is_loopback
    ]
    if public and smtp.tls_certificate is None:
        yield f"{RELAY_FILE}: smtp.listen is open to other hosts without STARTTLS; give tls_certificate"
    if next_hop.tls in ("never", "opportunistic") and not is_loopback(next_hop.host):
        yield f"{RELAY_FILE}: next_hop.tls = '{next_hop.tls}' lets mail be read on the way to the host"
    hashes = [c for c in settings.counselor if c.password_hash]
    if settings.submission.is_on and not hashes:
        yield f"{RELAY_FILE}: submission is on and nobody can log in; give counselors a password_hash"
    if hashes and not settings.submission.is_on:
        yield f"{COUNSELORS_FILE}: a counselor has a password_hash, and there is no [submission] to log in to"
    filter_host = urlsplit(settings.rspamd.url or "").hostname
    if filter_host and not is_loopback(filter_host):
        yield f"{RELAY_FILE}: rspamd.url is another host, which is given what seekers write; be sure to trust it"


def _signature(settings: Settings) -> Iterator[str]:
    keys = {selector: file for selector, file in settings.dkim.selectors.items() if file.exists()}
    if keys and all(kind_of(read_key(file)) is KeyKind.ED25519 for file in keys.values()):
        yield f"{RELAY_FILE}: dkim.selectors has no RSA key; many providers cannot check Ed25519, and see no signature"


def _suffixes(settings: Settings, now: datetime) -> Iterator[str]:
    """The list of public suffixes tells where one domain ends and a stranger's begins; new ones come every month."""
    asks = settings.authentication.counselor != "alias" or settings.authentication.seeker != "off"
    made = dmarc.suffix_list_date()
    if asks and (made is None or now.date() - made > OLDEST_SUFFIXES):
        age = f"{(now.date() - made).days} days old" if made else "of unknown age"
        yield f"the bundled list of public suffixes is {age}; update the package publicsuffixlist"


def _crisis(settings: Settings, now: datetime) -> Iterator[str]:
    """What seekers are told of help at once is kept true."""
    yield from crisis.warnings(settings.crisis, now.date())
    known = {line.country for line in settings.crisis}
    for country in dict.fromkeys(each for intake in settings.intake for each in intake.countries):
        if country not in known:
            yield f"{RELAY_FILE}: an intake is for {country}, and {CRISIS_FILE} has no line of that country"


def _files(settings: Settings) -> Iterator[str]:
    for name in (RELAY_FILE, COUNSELORS_FILE):
        if (settings.folder / name).stat().st_mode & stat.S_IRWXO:
            yield f"{name}: every user of the machine can read who they are; do: chmod 640 {name}"
    key = settings.storage.master_key_file
    if is_credential(key) and not key.exists():
        yield (
            f"{RELAY_FILE}: storage.master_key_file is a credential, and only there while the service runs; "
            "start it, and look again"
        )


def _interpreter() -> Iterator[str]:
    if not hasattr(email.policy.default, "verify_generated_headers"):
        yield (
            f"Python {platform.python_version()}: its e-mail library lets a received subject write headers "
            "(CVE-2024-6923); relay checks what it sends; install 3.11.10 or later"
        )
