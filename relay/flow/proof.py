"""Whether a message is its author's: signatures checked, SPF taken into account, both against the one From. Pure.

Called by ``compose``: ``asks`` in the first look at a message, so that routing can ask the DNS (``evidence``), and
``prove`` when the answers are there. A login with our own listener is proof by itself.
"""

from __future__ import annotations

from relay.domain.conversations import Side
from relay.flow.values import Known
from relay.mail.model import Mail
from relay.mail.proof import dkim, dmarc, reported
from relay.mail.proof.dmarc import NO_RECORD, Policy, Record, Verdict
from relay.mail.proof.evidence import Evidence, Proof
from relay.mail.proof.spf import Spf

_NOT_ONE_AUTHOR = frozenset({"several-from", "ambiguous-from", "duplicate-from", "no-from"})


def asks(mail: Mail) -> tuple[str, ...]:
    """Names in the DNS whose texts may prove who wrote a message: at most seven."""
    domain = author_domain(mail)
    if not domain:
        return ()
    return tuple(dict.fromkeys((*dmarc.record_names(domain), *(c.key_name for c in dkim.claims(mail)))))


def author_domain(mail: Mail) -> str:
    """The domain of the one mailbox that every program shows as the author; empty when there is none."""
    if len(mail.authors) != 1 or mail.defects & _NOT_ONE_AUTHOR:
        return ""
    domain = mail.authors[0].address.rpartition("@")[2].rstrip(".").lower()
    return domain if domain.isascii() and "." in domain else ""


def prove(mail: Mail, known: Known) -> Proof | None:
    """What the evidence comes to; ``None`` when no level asked for any."""
    evidence = known.evidence
    if evidence is None:
        return None
    if is_logged_in(known):
        return Proof(Verdict.PROVEN)
    domain = author_domain(mail)
    if not domain:
        return Proof(Verdict.UNPROVEN)
    texts = dict(evidence.texts)
    record = _record(domain, texts)
    policy = _policy(record, domain, texts) if record else Policy.ABSENT
    provenance = known.entry.envelope.provenance
    if provenance.is_trusted and known.service.authserv_id:
        said = reported.dmarc_of(mail, known.service.authserv_id, domain)
        if said is not None:
            return Proof(said, policy)
    return _judged(mail, known, evidence, domain, record, policy)


def is_logged_in(known: Known) -> bool:
    """Tell whether the counselor of this conversation brought the message themselves."""
    conversation, login = known.target.conversation, known.entry.envelope.provenance.login
    is_counselor = known.target.author_side is Side.COUNSELOR
    return bool(login and is_counselor and conversation and conversation.counselor_id == login)


def _judged(
    mail: Mail, known: Known, evidence: Evidence, domain: str, record: Record | None, policy: Policy
) -> Proof:
    texts = dict(evidence.texts)
    terms = record or NO_RECORD
    is_unsure = record is None or evidence.spf is Spf.TEMPERROR
    signatures = []
    for claim in dkim.claims(mail):
        if claim.fingerprint in evidence.used_up or not dmarc.aligned(
            claim.domain, domain, is_strict=terms.is_dkim_strict
        ):
            continue
        records = texts.get(claim.key_name)
        if records is None:
            is_unsure = True
        elif dkim.check(mail, claim, records, known.now):
            signatures.append(claim.fingerprint)
    by_path = evidence.spf is Spf.PASS and dmarc.aligned(
        evidence.spf_domain, domain, is_strict=terms.is_spf_strict
    )
    if record is None:  # whether alignment is strict is not known
        return Proof(Verdict.UNKNOWN)
    if signatures or by_path:
        return Proof(Verdict.PROVEN, policy, tuple(signatures))
    if is_unsure:
        return Proof(Verdict.UNKNOWN, policy)
    return Proof(Verdict.UNPROVEN if record == NO_RECORD else Verdict.REFUTED, policy)


def _record(domain: str, texts: dict[str, tuple[str, ...] | None]) -> Record | None:
    """The policy record that counts for a domain, ``NO_RECORD`` for none; ``None`` when the DNS did not say."""
    for name in dmarc.record_names(domain):
        found = texts.get(name)
        if found is None:
            return None
        record = dmarc.read(found)
        if record is not None:
            return record
    return NO_RECORD


def _policy(record: Record, domain: str, texts: dict[str, tuple[str, ...] | None]) -> Policy:
    """What is asked for this domain: the record of the organisation has a word for what is below it."""
    own = dmarc.read(texts.get(f"_dmarc.{domain}") or ())
    return record.policy if own is not None else record.subdomain_policy
