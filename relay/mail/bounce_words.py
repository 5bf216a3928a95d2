"""The words by which mail systems say why they did not deliver. Tables only.

``bounces`` looks for them, case folded and with single blanks, in the diagnostic of a report and then in its text.
They are the phrases of the common systems (Postfix, Sendmail, Exim, qmail, Exchange, Domino, OpenSMTPD) and of the
large mailbox providers. The tables are asked in their order: what speaks of one mailbox comes before what speaks of
a host, and a cause before the mere fact.
"""

from __future__ import annotations

from relay.domain.bounces import Fact

FULL = (
    "mailbox full", "mailbox is full", "mailbox for user is full", "inbox is full", "mailbox exceeds allowed size",
    "over quota", "overquota", "over the quota", "quota exceeded", "exceeded quota", "exceeds quota", "quota full",
    "exceeded storage", "exceeded the storage", "exceeded its storage", "storage limit", "storage allocation",
    "quota violation", "out of storage", "mailbox size limit", "mailbox limit", "mailbox quota",
    "not enough storage", "insufficient storage", "not enough disk space", "disk full", "no space left",
    "mailbox has exceeded", "maildir over", "account is full", "account is over", "user is over", "diskspace quota",
    "too many messages", "too many mails", "would be over the allowed quota", "exceeding the mailbox quota",
    "disk quota", "disc quota", "quotaexceeded", "recipientquotaexceeded", "storequota", "no enough mail box",
    "receiving limit", "storage quota", "user's disk", "their mailbox is full", "boîte pleine", "buzón lleno",
    "postfach ist voll", "postfach voll", "speicherplatz", "casella piena", "容量", "ящик переполнен",
    "mail box is full", "mailfolder is full", "exceeded his/her quota", "mailbox over", "quota limit",
)  # fmt: skip

TOO_BIG = (
    "message size exceeds", "message too large", "message too big", "message is too large", "message is too big",
    "message file too big", "size limit for", "exceeds maximum message size", "exceeds the maximum message size",
    "exceeds size limit", "exceeds the size limit", "exceeds maximum size", "maximum message size",
    "message exceeded max message size", "larger than the current system limit", "exceeds fixed maximum message",
    "message length exceeds", "max message size", "message header size exceeds", "line too long", "line limit exceeded",
    "message size limit", "message was larger than", "data size exceeded", "exceed mailbox size limit",
    "message is larger than", "recipsizelimit", "too large message", "nachricht ist zu groß",
)  # fmt: skip

UNKNOWN = (
    "user unknown", "unknown user", "unknown or illegal user", "no such user", "no such mailbox", "no such address",
    "no such recipient", "no such person", "no such local user", "no such account", "mailbox not found",
    "mailbox does not exist", "mailbox unavailable", "mailbox unknown", "unknown mailbox", "unknown recipient",
    "recipient unknown", "recipient not found", "recipient does not exist", "user not found", "user doesn't exist",
    "user does not exist", "user not known", "unknown local", "unknown address", "unknown account", "unknown email",
    "unknown e-mail", "address unknown", "address does not exist", "address doesn't exist", "account does not exist",
    "account not found", "account that you tried to reach does not exist", "address not found", "address wasn't found",
    "address couldn't be found", "does not exist", "doesn't exist", "isn't in our", "is not in our", "no mailbox here",
    "not a valid mailbox", "invalid mailbox", "invalid recipient", "invalid user",
    "bad destination mailbox", "bad address", "no longer available", "no longer valid", "no longer active",
    "no longer on server", "no longer accepts", "no longer exists", "this user doesn't have",
    "account has been disabled", "account is disabled", "account disabled", "account inactive",
    "account is inactive", "account that you tried to reach is disabled", "account has been suspended",
    "account suspended", "account that you tried to reach is over quota and", "mailbox disabled",
    "mailbox is disabled", "mailbox is inactive", "mailbox currently suspended", "user suspended", "inactive user",
    "user is inactive", "user disabled", "user has moved", "recipient has been disabled", "email address is not",
    "is not a known user", "not our customer", "not a local user", "not found in directory",
    "unrouteable address", "unroutable mail", "name is not recognized", "unable to find recipient",
    "couldn't be found", "could not be found", "wasn't found at", "was not found", "resolver.adr.recipnotfound",
    "recipnotfound", "resolver.adr", "unknown to address", "not known at this site", "there is no such",
    "not listed in domino directory", "discontinued", "mailbox deactivated",
    "recipient address rejected: access denied", "account is blocked", "compte du destinataire est bloqu",
    "frozen", "invalid final delivery userid", "no valid recipients", "addresses were unknown",
    "destination addresses were unknown", "recipient(s) not", "ungültige", "unbekannt", "nicht gefunden",
    "inconnue", "inconnu", "n'existe pas", "n'a pas été trouvé", "desconocido", "no existe", "inesistente",
    "sconosciuto", "desconhecid", "не существует", "такого пользователя нет", "user is unknown",
    "宛先不明", "存在しません", "見つかりません", "没有此用户", "地址不存在", "unknownuser",
    "mailbox temporarily disabled", "mailbox is locked", "user terminated", "domain has been suspended",
    "address is not valid", "rejected address", "not a mailbox", "domain name not found: 5.1",
    "has been permanently", "this address no longer", "unable to deliver to user",
    "recipient's mailbox is unavailable",
    "suppression list", "user refuses to receive", "reject mail from user",
)  # fmt: skip

BLOCKED = (
    "spam", "blocked", "blacklist", "black list", "blocklist", "block list", "denylist", "dnsbl", "rbl", "spamhaus",
    "spamcop", "barracuda", "sorbs", "proofpoint", "policy", "policies", "prohibited", "not permitted",
    "not allowed", "not authorized", "unauthorized", "denied", "poor reputation", "reputation", "unsolicited",
    "virus", "malware", "infected", "rejected for", "content rejected", "message rejected", "message refused",
    "message content", "rejected due", "rejected because", "was rejected by", "refused by", "spf", "dkim", "dmarc",
    "authentication required", "authentication failed", "not authenticated", "reverse dns", "ptr record",
    "rdns", "rate limit", "throttl", "too many connections", "too many recipients", "too many hops",
    "too many errors", "too many emails", "sender rejected", "sender address rejected", "sender denied",
    "sender verify", "relaying", "relay access", "relay not", "relay denied", "forbidden", "restricted",
    "is not accepted", "not accept", "doesn't accept", "greylist", "at a rate that", "insecure mail relay",
    "invalid ip", "client ip", "protocol violation", "try again later", "banned", "disallowed",
    "unacceptable", "permission", "administrative prohibition", "administratively", "abuse", "suspicious", "phish",
    "attachment", "access control", "certificate", "security", "invalid sender", "domain of sender",
    "sender domain", "loop detected", "mail loop", "hop count", "routing loop",
    "deliverability", "unwanted", "abgelehnt", "verweigert", "refusé", "rechazado", "rifiutato", "recusad",
    "отклонено", "拒否", "被拒", "filtered", "quarantin",
)  # fmt: skip

UNREACHABLE = (
    "host unknown", "host not found", "unknown host", "domain not found", "domain does not", "no such domain",
    "name or service not known", "name service error", "dns error", "dns soft", "could not resolve",
    "no mx", "mx record", "null mx", "nullmx", "connection timed out", "connection refused", "connection reset",
    "connection lost", "lost connection", "timed out", "timeout", "time out", "could not connect", "cannot connect",
    "couldn't find any host", "couldn't establish", "unable to connect", "no route to host", "network is unreachable",
    "unable to route", "unrouteable mail domain", "bad destination host", "retry timeout exceeded",
    "delivery expired", "delivery time expired", "message expired", "expired", "too old", "in the queue too long",
    "been in the queue", "been queued", "on the queue too long", "been trying", "unable to deliver this message after",
    "no longer try", "giving up", "gave up", "i'm not going to try again", "not going to try again",
    "domain isn't", "loops back to myself", "server configuration", "configuration error", "config error",
    "system error", "local error", "internal error", "service unavailable", "service currently unavailable",
    "temporarily unavailable", "temporary local problem", "temporary failure", "queue file write error",
    "tls is required", "starttls", "unreachable", "not reachable", "failing for a long time",
    "did not respond", "not responding", "cannot open", "can't create",
    "system not", "down for maintenance", "unknown mailer error", "mailer-error", "command output", "pipe to",
    "local configuration", "unable to relay", "host or domain", "domain name", "socket", "broken pipe",
    "requested action aborted", "server error", "resources temporarily", "nicht erreichbar", "introuvable",
)  # fmt: skip

SENDER = (
    "sender address rejected", "domain of sender", "sender domain", "sender rejected", "sender denied", "sender verify",
    "authentication checks failed", "reverse dns", "rdns", "policy violation",
)  # fmt: skip
"""What speaks of whoever sent it, in words that also speak of recipients."""

CAUSES: tuple[tuple[Fact, tuple[str, ...]], ...] = (
    (Fact.FULL, FULL),
    (Fact.BLOCKED, SENDER),
    (Fact.TOO_BIG, TOO_BIG),
    (Fact.UNKNOWN, UNKNOWN),
    (Fact.BLOCKED, BLOCKED),
    (Fact.UNREACHABLE, UNREACHABLE),
)

VAGUE: tuple[tuple[Fact, tuple[str, ...]], ...] = (
    (Fact.UNKNOWN, ("address rejected", "recipient rejected", "not listed in", "invalid address")),
    (Fact.BLOCKED, ("reject", "refuse")),
)
"""What hosts say for many causes: asked last, after the numbers."""

DELAYS = (
    "will be retried", "will retry", "will try again", "will keep trying", "will continue to", "still being retried",
    "still trying", "do not need to resend", "do not need to re-send", "don't need to resend", "no need to resend",
    "not yet been delivered", "not yet delivered", "has been delayed", "been delayed", "delivery delayed",
    "delivery is delayed", "is delayed for", "message delayed", "delayed mail", "this is a warning message only",
    "warning: could not send", "warning: message", "temporary non-fatal errors", "temporary failure report",
    "will be made", "attempts will continue", "delivery incomplete", "zustellung verzögert",
    "wird weiterhin versucht", "retrasado", "retardé", "ritardato",
)  # fmt: skip
"""It may still arrive; in a text that says nothing of an end."""

ENDS = (
    "giving up", "gave up", "given up", "failed permanently", "permanent", "fatal error", "not going to try again",
    "no further attempts", "will be deleted from queue", "no longer try",
)  # fmt: skip
"""It will not arrive, whatever else is said."""

FAILURES = (
    "could not be delivered", "couldn't be delivered", "cannot be delivered", "can't be delivered",
    "was not delivered", "wasn't delivered", "not delivered", "not been delivered", "unable to deliver",
    "undeliverable", "undelivered", "delivery failed", "delivery failure", "delivery has failed",
    "failed to deliver", "could not deliver", "cannot deliver", "couldn't deliver", "did not reach", "didn't reach",
    "returned to sender", "returned message", "returned mail", "non-delivery", "sorry to have to inform you",
    "address(es) failed", "addresses failed", "failure notice", "failed delivery", "unable to send",
    "could not send", "couldn't send", "had errors", "error delivering", "trouble delivering", "cannot send",
    "not processed", "could not be sent", "mail error", "delivery error", "delivery attempt failed", "unzustellbar",
    "nicht zugestellt", "nicht zustellbar", "fehlgeschlagen", "n'a pas été remis", "n'a pas pu être", "non remis",
    "no se ha podido", "no se pudo", "no entregado", "non è stato", "non recapitabile", "não foi possível",
    "не доставлено", "не может быть доставлен", "未能", "退信", "配信できません", "配信不能", "送信できません",
    "お届けできません",
)  # fmt: skip
"""It has not arrived, and will not unless something is said of a delay."""

ARRIVALS = (
    "successfully delivered", "was delivered to", "has been delivered", "delivery confirmation", "was relayed",
    "has been successfully relayed", "delivered successfully", "delivery report (success)", "successful mail delivery",
)  # fmt: skip

RETURNED = (
    "copy of the message", "copy of your message", "original message", "returned message", "message header",
    "message follows", "mail follows", "original mail", "unsent message", "message headers", "headers of the message",
    "return-path:", "received: ", "begin message", "content of your message", "text of your message",
    "ursprüngliche nachricht", "body of your message",
)  # fmt: skip
"""In a line of their own: from here on a plain report shows what it returns, and not why."""
