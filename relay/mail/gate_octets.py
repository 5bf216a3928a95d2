"""Searching octets as they are, beside the text that they may be read as.

Only ``gate`` calls this. Text is searched in letters, with ``pyahocorasick``; of octets there are megabytes, which this
one's automaton goes through four times as fast, and its making takes longer. Pure; linear; never fails.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterable, Iterator

from ahocorasick_rs import BytesAhoCorasick, Implementation

from relay.mail.gate_forms import LOST, Form
from relay.mail.gate_secrets import stands_alone

_WINDOW = 1 << 18
"""Octets searched at a time: all hits of one search are made before the first can be looked at, and somebody may have
written nothing but hits."""

_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]*")
_FROM_URLSAFE = bytes.maketrans(b"-_", b"+/")
_NEIGHBOURS = 4  # base64 characters behind a form that show the next octet
_CHARACTER = 4  # octets at most, in UTF-8


class Octets:
    """Forms of secrets as octets; of equal ones the first counts. Immutable."""

    def __init__(self, words: Iterable[tuple[bytes, Form]]) -> None:
        chosen: dict[bytes, Form] = {}
        for pattern, form in words:
            chosen.setdefault(pattern, form)
        self._forms = tuple(chosen.values())
        self._longest = max(map(len, chosen), default=1)
        self._automaton = BytesAhoCorasick(list(chosen), implementation=Implementation.ContiguousNFA)

    def hits(self, octets: bytes) -> Iterator[Form]:
        """Forms that stand in some octets, each once, and those of whole words only where they stand alone."""
        view, found = memoryview(octets), set[int]()
        for begin in range(0, len(octets), _WINDOW):
            window = view[begin : begin + _WINDOW + self._longest - 1]
            for number, start, end in self._automaton.find_matches_as_indexes(window, overlapping=True):
                form = self._forms[number]
                if number in found or (
                    form.whole_word and not _is_whole(octets, begin + start, begin + end, form)
                ):
                    continue
                found.add(number)
                yield form


def _is_whole(octets: bytes, start: int, end: int, form: Form) -> bool:
    """Tell whether a whole word stands alone. Beside it may stand what is no text, which touches nothing."""
    if form.skip >= 0:
        return _is_alone_in_base64(octets, start, form)
    before = octets[max(0, start - _CHARACTER) : start].decode("utf-8", "replace")[-1:]
    word = octets[start:end].decode("utf-8", "replace")
    after = octets[end : end + _CHARACTER].decode("utf-8", "replace")[:1]
    return stands_alone(before + word + after, len(before), len(before) + len(word))


def _is_alone_in_base64(octets: bytes, start: int, form: Form) -> bool:
    """Tell whether a base64 form of a whole word has no letter or digit beside it once decoded."""
    group = start - LOST[form.skip]
    before = octets[max(0, group - 4) : group]
    if group < 0 or not _BASE64.fullmatch(octets, group, start):
        return True
    run = _BASE64.match(octets, start, start + form.length + _NEIGHBOURS)
    window = (before if len(before) == 4 and _BASE64.fullmatch(before) else b"") + octets[
        group : run.end() if run else start
    ]
    window = window.translate(_FROM_URLSAFE)
    decoded = binascii.a2b_base64(window[: len(window) - (len(window) % 4 == 1)] + b"==")
    at = decoded.find(form.value)
    return at == -1 or stands_alone(decoded.decode("latin-1"), at, at + len(form.value))
