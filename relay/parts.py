"""The parts at the edge as the settings want them: plain values out of sections. Called by ``app`` alone."""

from __future__ import annotations

import ssl
from dataclasses import replace

from relay.config import Settings
from relay.domain.standing import Verdict
from relay.edge.dkim.carrier import Carrier, SigningCarrier, SigningKey
from relay.edge.dkim.keys import read_key
from relay.edge.logins import Account
from relay.edge.rspamd import Rspamd, RspamdSettings
from relay.edge.smtp_in.limits import Limits
from relay.edge.smtp_in.settings import ListenerSettings
from relay.edge.smtp_out import NextHopSettings


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
        local_hostname=settings.service.domain,
        max_connections=hop.connections,
    )


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
        tls_context=_context(settings),
        limits=Limits(
            connections=smtp.max_connections,
            connections_per_client=smtp.max_connections_per_host,
            messages_per_client_per_minute=smtp.messages_per_minute_per_host,
        ),
    )


def submission_settings(settings: Settings) -> ListenerSettings:
    """The same for the door where counselors log in: places of its own, and nobody is trusted without a login."""
    return replace(listener_settings(settings), trusted_hosts=())


def _context(settings: Settings) -> ssl.SSLContext | None:
    smtp = settings.smtp
    if not (smtp.tls_certificate and smtp.tls_key):
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(smtp.tls_certificate, smtp.tls_key)
    return context
