"""Whether a message is its author's: signatures checked, SPF taken into account, both against the one From. Pure.

Called by ``compose``: ``asks`` in the first look at a message, so that routing can ask the DNS (``evidence``), and
``prove`` when the answers are there. A login with our own listener is proof by itself.
"""

from __future__ import annotations

from dataclasses import replace

from relay.domain.conversations import Side
from relay.domain.levels import CounselorLevel
from relay.flow.values import Known, TargetKind
from relay.mail import openpgp_mime
from relay.mail.addresslist import read_addresses
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


def proven(mail: Mail, known: Known) -> tuple[Mail, Known]:
    """The message with what the evidence comes to, and without a subject that its signature does not cover."""
    if known.evidence is None:
        return mail, known
    proof = prove(mail, known)
    if proof and proof.verdict is Verdict.PROVEN and _owes_signature(known) and not is_logged_in(known):
        mail = replace(mail, subject=openpgp_mime.covered_subject(mail))
    return mail, replace(known, proof=proof)


def prove(mail: Mail, known: Known) -> Proof | None:
    """What the evidence comes to; ``None`` when no level asked for any.

    Proof of a From that is not the address of whom the alias was issued to is proof of somebody else: the envelope,
    by which they may be recognised too, is nothing that a signature speaks for.
    """
    evidence = known.evidence
    if evidence is None:
        return None
    if is_logged_in(known):
        return Proof(Verdict.PROVEN)
    if _owes_signature(known):
        return _signed(mail, known, evidence)
    proof = _of_author(mail, known, evidence)
    if proof.verdict is Verdict.PROVEN and not _is_issued_to_author(mail, known):
        return Proof(Verdict.UNPROVEN, proof.policy)
    return proof


def _owes_signature(known: Known) -> bool:
    """Tell whether nothing but a signature by the counselor's own key proves this message."""
    is_counselors = known.target.author_side is Side.COUNSELOR or known.target.kind is TargetKind.DESK
    return is_counselors and known.service.counselor_level is CounselorLevel.OPENPGP


def _signed(mail: Mail, known: Known, evidence: Evidence) -> Proof:
    """A signature is good for one alias: once it has been used, or when it names another reader, it proves nothing."""
    conversation, target = known.target.conversation, known.target
    owing = target.supervisor_id or (conversation.counselor_id if conversation else target.speaker_id)
    is_theirs = bool(owing) and owing in evidence.signers
    is_used = not set(evidence.used_up).isdisjoint(evidence.signed_as)
    if not is_theirs or is_used or not openpgp_mime.is_meant_for(mail, known.target.address.key):
        return Proof(Verdict.UNPROVEN)
    return Proof(Verdict.PROVEN, signatures=evidence.signed_as)


def _is_issued_to_author(mail: Mail, known: Known) -> bool:
    """Tell whether the one From is an address of the person who may write here; a new seeker is whoever it names."""
    conversation = known.target.conversation
    if known.target.kind is TargetKind.DESK:
        person = known.target.supervisor or known.target.speaker
    elif conversation is None or conversation.is_new:
        return known.target.kind is TargetKind.INTAKE
    else:
        is_seeker = known.target.author_side is Side.SEEKER
        person = conversation.seeker if is_seeker else conversation.counselor
    own = {address.lower() for address in person.addresses} if person else set()
    return mail.authors[0].address.lower() in own


def _of_author(mail: Mail, known: Known, evidence: Evidence) -> Proof:
    """What the evidence says of the one author in From, whoever that is."""
    domain = author_domain(mail)
    if not domain:
        return Proof(Verdict.UNPROVEN)
    texts = dict(evidence.texts)
    record = _record(domain, texts)
    policy = _policy(record, domain, texts) if record else Policy.ABSENT
    provenance = known.entry.envelope.provenance
    authserv_id = provenance.authserv_id or known.service.authserv_id
    if provenance.is_trusted and authserv_id:
        said = reported.dmarc_of(mail, authserv_id, domain, provenance.own_received)
        if said is not None:
            return Proof(said, policy)
    return _judged(mail, known, evidence, domain, record, policy)


def is_logged_in(known: Known) -> bool:
    """Tell whether the counselor of this conversation, or whom the desk hears, brought the message themselves."""
    conversation, login = known.target.conversation, known.entry.envelope.provenance.login
    if login and known.target.kind is TargetKind.DESK:
        return known.target.speaker_id == login
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
        if (
            claim.fingerprint in evidence.used_up
            or not dmarc.aligned(claim.domain, domain, is_strict=terms.is_dkim_strict)
            or not _is_written_to_alias(mail, claim, known)
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


def _is_written_to_alias(mail: Mail, claim: dkim.Claim, known: Known) -> bool:
    """Tell whether what is signed names the alias: a letter that was signed for somebody else is somebody's capture.

    A field that stands twice was added to, and one that is not signed can be; neither names anybody.
    """
    if known.target.kind is not TargetKind.ALIAS or "to" not in claim.addressed_by:
        return True
    values = [found[0] for name in claim.addressed_by if len(found := mail.all(name)) == 1]
    named = (each.address.lower() for value in values for each in read_addresses(value).mailboxes)
    return known.target.address.key in named


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
