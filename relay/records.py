"""What the DNS has to say of the line, as lines of a zone file: ``relay dns``.

Called by ``cli``; reads the configuration and the DKIM keys, asks nobody. What only the operator can know stands as
``PLACEHOLDER`` and is explained above its line. Each record is complete: comments begin with a semicolon, and
nothing has to be unfolded by hand. Nothing here is secret, and no person is named.

Standards: RFC 1035 §5.1 (zone files), §3.3.14 (strings of at most 255 octets); RFC 6376 §3.6.2; RFC 7208 §3;
RFC 7489 §6.3; RFC 8460 §3 (TLS-RPT); RFC 8461 §3 (MTA-STS).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from relay.config import Settings
from relay.config.machine import is_credential, is_loopback
from relay.domain.addresses import Address
from relay.edge.dkim.keys import PrivateKey, read_key, record_of
from relay.errors import ConfigError

PLACEHOLDER: Final = "MAIL-HOST-TO-BE-FILLED-IN.invalid"
"""A name that cannot exist (RFC 2606 §2): published by mistake, it leads nowhere."""

TTL_S: Final = 3600
MAX_STRING_OCTETS: Final = 255
POLICY_AGE_S: Final = 604_800
"""A week: short enough to change one's mind, as RFC 8461 §3.2 has it "weeks or greater" for what stays."""


def records(settings: Settings, host: str | None) -> Iterator[str]:
    """Every line; ``host``: the name of the machine that takes the line's mail. Raises ``ConfigError``."""
    if settings.service.mailbox is not None:
        yield "; Nothing to publish: service.mailbox is a mailbox at a provider's domain, and its records are theirs."
        return
    domain = settings.service.domain
    mail_host = _checked(host) if host is not None else PLACEHOLDER
    yield f"; Records for {domain}, to be copied into its zone. Where a form asks for one long text,"
    yield "; join the quoted pieces without anything between them."
    if host is None:
        yield f"; {PLACEHOLDER} stands for the host that takes the line's mail; give it with --host."
    yield ""
    yield "; Where mail for the line goes. The host needs an A or AAAA record, and its address a PTR to its name."
    yield f"{domain}. {TTL_S} IN MX 10 {mail_host}."
    yield ""
    yield from _spf(settings)
    yield ""
    yield from _dkim(settings)
    yield ""
    yield "; What others do with mail that only pretends to be ours: refuse it. Reports come to you, the operator."
    yield _text(
        f"_dmarc.{domain}", f"v=DMARC1; p=reject; sp=reject; adkim=s; aspf=s; rua=mailto:postmaster@{domain}"
    )
    yield ""
    yield from _tls(settings, mail_host)


def _spf(settings: Settings) -> Iterator[str]:
    """Who sends: the next hop. What a provider's next hop sends from, only the provider knows."""
    host = settings.next_hop.host
    terms = "mx"
    if is_loopback(host):
        yield "; Who may send for the line: the host above, where the next hop is. If it sends through another,"
        yield "; put that one's include: before -all."
    elif (literal := _literal(host)) is not None:
        terms += f" {literal}"
        yield "; Who may send for the line: the host above and the next hop."
    else:
        yield f"; Who may send for the line: put what the provider of {host} names, such as"
        yield "; include:spf.provider.example, before -all; without it, mail is refused."
    yield _text(settings.service.domain, f"v=spf1 {terms} -all")


def _literal(host: str) -> str | None:
    try:
        address = ip_address(host)
    except ValueError:
        return None
    return f"ip{address.version}:{address}"


def _dkim(settings: Settings) -> Iterator[str]:
    selectors = settings.dkim.selectors
    if not selectors:
        yield "; DKIM: relay signs nothing, because [dkim] has no selectors. Make a key with 'relay dkim FILE',"
        yield "; or have your next hop sign; without a signature, forwarded mail is refused."
        return
    yield "; The keys that relay signs with. Leave a record a week after its selector is gone."
    for selector, file in selectors.items():
        yield _text(f"{selector}._domainkey.{settings.service.domain}", record_of(_key(selector, file)))


def _key(selector: str, file: Path) -> PrivateKey:
    if is_credential(file) and not file.exists():
        sentence = (
            "is a credential, which only the service sees; begin the command with "
            "CREDENTIALS_DIRECTORY=FOLDER, where the key's file is in FOLDER under the credential's name"
        )
        raise ConfigError((f"relay.toml: dkim.selectors.{selector}: {sentence}",))
    return read_key(file)


def _tls(settings: Settings, host: str) -> Iterator[str]:
    domain = settings.service.domain
    yield "; Reports of failed TLS (RFC 8460) come to you, too."
    yield _text(f"_smtp._tls.{domain}", f"v=TLSRPTv1; rua=mailto:postmaster@{domain}")
    yield ""
    if settings.smtp.tls_certificate is None:
        yield "; MTA-STS (RFC 8461): only with a certificate. Here smtp.tls_certificate is not given; where an MTA of"
        yield f"; yours stands before relay, it needs one for {host}, and then:"
    else:
        yield f"; MTA-STS (RFC 8461): nobody on the way can take TLS away. The certificate must be for {host}, and"
    policy = ("version: STSv1", "mode: enforce", f"mx: {host}", f"max_age: {POLICY_AGE_S}")
    yield f"; a web server has to answer https://mta-sts.{domain}/.well-known/mta-sts.txt with these lines:"
    yield from (f";     {line}" for line in policy)
    yield "; Publish the record last; a changed policy needs a changed id."
    name = hashlib.sha256("\n".join(policy).encode("ascii")).hexdigest()[:20]
    yield ("; " if host == PLACEHOLDER else "") + _text(f"_mta-sts.{domain}", f"v=STSv1; id={name}")


def _text(name: str, text: str) -> str:
    """A TXT record in one line, its text in strings that are short enough."""
    pieces = (text[start : start + MAX_STRING_OCTETS] for start in range(0, len(text), MAX_STRING_OCTETS))
    return f"{name}. {TTL_S} IN TXT " + " ".join(f'"{piece}"' for piece in pieces)


def _checked(host: str) -> str:
    try:
        name = Address("x", host.removesuffix(".")).domain
    except ValueError:
        name = ""
    if "." not in name or name.replace(".", "").isdigit():
        raise ConfigError(("--host: is not a host name; write it in full, as in mx.example.org",))
    return name
