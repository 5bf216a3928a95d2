"""Subjects without what mail programs and gateways put in front of them. Called by ``mail.rebuild``; pure, linear.

``AW: Re: [EXTERN] RE: hello`` grows with every answer and tells which program and which organisation it came
through: what the author wrote is ``hello``, and that it is an answer. Reply prefixes of all languages become
one ``Re:``, forwards one ``Fwd:``, and warnings of gateways go.
"""

from __future__ import annotations

import re

_REPLY = frozenset(
    {
        "re", "aw", "antw", "antwort", "sv", "vs", "vá", "odp", "res", "r", "rif", "rv", "ref", "ynt", "yan\u0131t",
        "atb",
        "отв", "ответ", "на", "הש", "رد", "回复", "回覆", "答复", "返信", "답장", "bls", "σχετ", "απ",
    }
)  # fmt: skip
_FORWARD = frozenset(
    {
        "fw", "fwd", "wg", "tr", "i", "enc", "doorst", "vb", "vl", "pd", "ilt", "пер", "转发", "轉寄", "転送", "전달",
    }
)  # fmt: skip
_WARNINGS = re.compile(
    r"\[?\(?\*{0,5}\b(?:external(?: (?:e-?mail|sender))?|ext|extern|externe?r? (?:e-?mail|absender)|"
    r"caution|suspected spam|spam|possible spam|bulk|unverified sender|encrypted|secure)\b\*{0,5}\]?\)?:?",
    re.IGNORECASE,
)
_BRACKETED = re.compile(r"(?:\[[^\[\]]{1,40}\]|\*{2,5}[^*]{1,40}\*{2,5})\Z")
_PREFIX = re.compile(r"\s*([^\W\d_]{1,8})\s{0,2}(?:\[\d{1,3}\]|\(\d{1,3}\)|\^\d{1,3})?\s{0,2}[:\uff1a]")
_TAG = re.compile(r"\s*(\[[^\[\]]{1,40}\]|\*{2,5}[^*]{1,40}\*{2,5})")
MAX_PREFIXES = 40


def plain(subject: str) -> str:
    """The subject with at most one ``Re:`` or ``Fwd:`` and without gateways' warnings in front."""
    kind = ""
    for _ in range(MAX_PREFIXES):
        prefix = _PREFIX.match(subject)
        if prefix is not None and (word := prefix.group(1).casefold()) in _REPLY | _FORWARD:
            kind = kind or ("Re: " if word in _REPLY else "Fwd: ")
            subject = subject[prefix.end() :]
            continue
        tag = _TAG.match(subject)
        if tag is not None and _is_warning(tag.group(1)):
            subject = subject[tag.end() :]
            continue
        break
    return (kind + subject.strip()).strip()


def _is_warning(tag: str) -> bool:
    return _BRACKETED.match(tag) is not None and _WARNINGS.fullmatch(tag) is not None
