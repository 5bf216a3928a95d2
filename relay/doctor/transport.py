"""MTA-STS and TLS-RPT (RFC 8461, RFC 8460): can somebody on the way take TLS away, and would you hear of it?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from relay.doctor.around import Around
from relay.doctor.findings import Finding, critical, hint, warning
from relay.doctor.mail_host import Answer, unanswered
from relay.mail.proof.lookups import RecordType


@dataclass(frozen=True, slots=True)
class Facts:
    """``policy``: the file that the record promises; ``None`` where it was not asked for, or nothing came."""

    domain: str
    hosts: tuple[str, ...]
    record: Answer
    policy: str | None
    reports: Answer


async def look(around: Around) -> list[Finding]:
    """Ask for both records, and fetch the policy where there is one."""
    if around.settings.service.mailbox is not None:
        return []
    domain = around.settings.service.domain
    record = await around.texts(f"_mta-sts.{domain}", "v=stsv1")
    policy = await around.fetch(f"https://mta-sts.{domain}/.well-known/mta-sts.txt") if record else None
    hosts = await around.records(domain, RecordType.MX) or ()
    return list(
        judge(Facts(domain, hosts, record, policy, await around.texts(f"_smtp._tls.{domain}", "v=tlsrptv1")))
    )


def judge(facts: Facts) -> Iterator[Finding]:
    """Neither is a must; a policy that is wrong keeps mail away."""
    if facts.record is None or facts.reports is None:
        yield unanswered(f"MTA-STS and TLS-RPT of {facts.domain}")
        return
    if not facts.record:
        yield hint(
            f"{facts.domain} has no MTA-STS policy",
            "somebody on the way can have mail to the line sent in clear",
            "with a certificate for the mail host: what 'relay dns' prints, the web server's file first",
        )
    elif facts.policy is None:
        yield warning(
            f"{facts.domain} promises an MTA-STS policy, and its file cannot be fetched",
            "whoever does not know the policy yet sends without it",
            f"have a web server answer https://mta-sts.{facts.domain}/.well-known/mta-sts.txt as 'relay dns' says",
        )
    else:
        yield from _policy(facts.domain, facts.policy, facts.hosts)
    if not facts.reports:
        yield hint(
            f"{facts.domain} has no TLS-RPT record",
            "you do not hear of mail that did not come because of TLS",
            "publish the record that 'relay dns' prints",
        )


def _policy(domain: str, policy: str, hosts: tuple[str, ...]) -> Iterator[Finding]:
    pairs = [
        (k.strip(), v.strip().lower()) for k, _, v in (line.partition(":") for line in policy.splitlines())
    ]
    named = [value for key, value in pairs if key == "mx"]
    mode = next((value for key, value in pairs if key == "mode"), "")
    left_out = [host for host in hosts if not any(_matches(pattern, host.lower()) for pattern in named)]
    if mode == "enforce" and left_out:
        yield critical(
            f"the MTA-STS policy of {domain} does not name {left_out[0]}, which is its MX",
            "providers that keep to it bring no mail to the line any more",
            "name the MX in the policy's file, and give the record a new id",
        )
    elif mode not in {"enforce", "testing", "none"}:
        yield warning(
            f"the MTA-STS policy of {domain} has no mode that is known",
            "it counts for nothing",
            "answer with the lines that 'relay dns' prints",
        )


def _matches(pattern: str, host: str) -> bool:
    """RFC 8461 §4.1: a star stands for one label on the left."""
    return pattern == host or (pattern.startswith("*.") and host.partition(".")[2] == pattern[2:])
