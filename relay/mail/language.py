"""In which language somebody writes, from their words alone: for the first letter of a conversation. Pure.

Called by ``flow.compose.examine`` in a worker, and only where an intake address asks for it. The model is py3langid's,
a naive Bayes classifier over octets that needs no network; it is loaded at the first use, which takes half a
second and 70 MB, and then answers in a tenth of a millisecond. It knows every language that is written by many
people, so that a letter in one that nobody here speaks is told from the nearest that somebody does. Short or unsure
text is in no language, and the intake address has the say.
"""

from __future__ import annotations

import io
import lzma
import re
from array import array
from collections.abc import Collection
from functools import cache
from typing import Any, Protocol

SURE = 0.95
"""Of 55 short letters in 17 languages none is taken for another from here on; 34 of 40 in ours are recognised."""

MIN_LETTERS = 20
"""Less than a short sentence says too little, and a name or a place is not a language."""

MAX_CHARACTERS = 4_000
"""More does not make it surer."""

_WRITTEN_BY_MANY = (
    "am", "ar", "bg", "bn", "ca", "cs", "da", "de", "el", "en", "es", "et", "eu", "fa", "fi", "fr", "ha", "he",
    "hi", "hr", "hu", "hy", "id", "is", "it", "ja", "ka", "ko", "ku", "lt", "lv", "mk", "ms", "nl", "no", "pl",
    "ps", "pt", "ro", "ru", "sk", "sl", "so", "sq", "sr", "sv", "sw", "ta", "th", "tl", "tr", "uk", "ur", "vi",
    "zh",
)  # fmt: skip
_NOT_WORDS = re.compile(r"\S*(?:://|@|www\.)\S*")


class _Model(Protocol):
    def classify(self, text: str) -> tuple[str, float]: ...


def detect(text: str, among: Collection[str]) -> str:
    """The language of ``text`` as its primary tag (``de``), when it is surely one of ``among``; else empty."""
    words = " ".join(_NOT_WORDS.sub(" ", text[:MAX_CHARACTERS]).split())
    if sum(character.isalpha() for character in words) < MIN_LETTERS:
        return ""
    try:
        language, sure = _model().classify(words)
    except (
        ImportError,
        MemoryError,
        OSError,
    ):  # no room for the model: nothing is known, and nothing is lost
        return ""
    wanted = {tag.partition("-")[0].lower() for tag in among}
    return language if sure >= SURE and language in wanted else ""


@cache
def _model() -> _Model:
    """The model, of our languages only, read in memory: the library's own loader writes a temporary file."""
    import numpy as np
    from py3langid.langid import MODEL_DIR, MODEL_FILE, LanguageIdentifier

    with lzma.open(MODEL_DIR / MODEL_FILE) as packed, np.load(io.BytesIO(packed.read())) as parts:
        labels = parts["classes"].tolist()
        ours = [place for place, label in enumerate(labels) if label in _WRITTEN_BY_MANY]
        return LanguageIdentifier(  # type: ignore[no-any-return]
            parts["ptc"][:, ours],
            parts["pc"][ours],
            [labels[place] for place in ours],
            _compact(parts["nextmove"]),
            parts["out_feat"].tolist(),
            norm_probs=True,
            tk_row=_compact(parts["nextmove_row"]),
        )


def _compact(numbers: Any) -> array[int]:
    """A row of small numbers that is quick to index."""
    row = array({2: "H", 4: "I"}[numbers.dtype.itemsize])
    row.frombytes(numbers.tobytes())
    return row
