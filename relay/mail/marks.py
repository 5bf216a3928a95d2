"""Invisible marks: what a reader cannot see, taken out of a text, so that it cannot tell two copies apart.

Called on every text that came from a person (subject, plain body, body made from HTML) before
anything else reads it. Promises: pure, linear, idempotent (``clean(clean(x)) == clean(x)``), and two
copies of one text that differ only in invisible marks come out the same. Words stay as they were
written: a joiner that Persian or Hindi needs stays, and so does a family emoji. Homoglyphs, the
number of spaces inside a line and the choice of words are visible and are left alone.
Never fails: whatever cannot be shown is dropped.

Standards: UAX #15 (NFC, and the limit of 30 marks on one letter, §13), UAX #9 (bidi controls),
UTS #51 (emoji sequences), Unicode Default_Ignorable_Code_Point.
"""

from __future__ import annotations

import re
import unicodedata

MAX_MARKS = 30
"""Combining marks on one letter. No writing system needs more (UAX #15 §13), sorting them is quadratic."""
MAX_BLANK_LINES = 2

_ZWNJ, _ZWJ = "\u200c", "\u200d"
_KEYCAP = "\u20e3"
_MONGOLIAN_SEPARATOR = "\u180e"
_IDEOGRAPHIC_SPACE = "\u3000"
_BRAILLE_BLANK = "\u2800"

_LINE_ENDS = re.compile("\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
# The same for ASCII, where no neighbour decides: line ends stay, tabs and what can be seen; controls go.
_ASCII = {octet: None for octet in (*range(0x20), 0x7F) if chr(octet) not in "\n\t"} | {
    ord(end): "\n" for end in "\r\v\f\x1c\x1d\x1e"
}
_BLANK_LINES = re.compile(rf"\n{{{MAX_BLANK_LINES + 2},}}")

# Ignorable although their category says letter, mark or symbol: combining grapheme joiner, Hangul fillers,
# Khmer inherent vowels, interlinear filler, musical null notehead, object replacement.
_DROPPED = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0\ufffc\U00016fe4\U0001d159")
# Format characters that are seen: signs that enclose the digits after them.
_VISIBLE_FORMAT = frozenset(
    "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
)

# Marks whose neighbours decide. They are looked at in runs, between two characters that surely stay.
_VARIATION = "\ufe0e\ufe0f"
_MONGOLIAN = "\u180b\u180c\u180d\u180f" + _MONGOLIAN_SEPARATOR
_TAGS = "".join(map(chr, range(0xE0020, 0xE0080)))
_RUN = re.compile(f"[{_ZWNJ}{_ZWJ}{_VARIATION}{_MONGOLIAN}{_TAGS}]+")
_BIDI_MARKS = {"\u200e": "L", "\u200f": "R", "\u061c": "R"}
_ISOLATES, _POP = "\u2066\u2067\u2068", "\u2069"
_BIDI = frozenset(_BIDI_MARKS) | frozenset(_ISOLATES + _POP)
_CONDITIONAL = frozenset(_ZWNJ + _ZWJ + _VARIATION + _MONGOLIAN + _TAGS) | _BIDI

_FLAG = "\U0001f3f4"
# England, Scotland and Wales: the only tag sequences that Unicode recommends for interchange.
_TAGGED_FLAGS = {
    "".join(chr(0xE0000 + ord(c)) for c in name) + "\U000e007f" for name in ("gbeng", "gbsct", "gbwls")
}

_SKIN_TONES = frozenset("\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff")
# Characters shown as text unless VS16 follows (emoji-variation-sequences.txt without those that are
# emoji by default, after which a selector changes nothing and could only be a mark).
_TEXT_BY_DEFAULT = frozenset(
    "©®‼⁉™ℹ↔↕↖↗↘↙↩↪⌨⏏⏭⏮⏯⏱⏲⏸⏹⏺Ⓜ▪▫▶◀◻◼☀☁☂☃☄☎☑☘☝☠☢☣☦☪☮☯☸☹☺♀♂♟♠♣♥♦♨♻♾⚒⚔⚕⚖⚗⚙⚛⚜⚠⚧⚰⚱⛈⛏⛑⛓⛩⛰⛱⛴⛷⛸⛹"  # noqa: RUF001
    "✂✈✉✌✍✏✒✔✖✝✡✳✴❄❇❣❤➡⤴⤵⬅⬆⬇〰〽㊗㊙🅰🅱🅾🅿🈂🈷🌡🌤🌥🌦🌧🌨🌩🌪🌫🌬🌶🍽🎖🎗🎙🎚🎛🎞🎟🏋🏌🏍🏎🏔🏕🏖🏗🏘🏙🏚🏛🏜🏝🏞🏟🏳🏵🏷🐿👁📽"
    "🕉🕊🕯🕰🕳🕴🕵🕶🕷🕸🕹🖇🖊🖋🖌🖍🖐🖥🖨🖱🖲🖼🗂🗃🗄🗑🗒🗓🗜🗝🗞🗡🗣🗨🗯🗳🗺🛋🛍🛎🛏🛠🛡🛢🛣🛤🛥🛩🛰🛳"
)
_KEYS = frozenset("#*0123456789")

_ADULTS = "👨👩🧑"
_PEOPLE = _ADULTS + "👦👧🧒👶"
_GENDERED = (
    _ADULTS
    + "⛹🏃🏄🏊🏋🏌🏴👮👯👰👱👳👷💁💂💆💇🕵🙅🙆🙇🙋🙍🙎🚣🚴🚵🚶🤦🤵🤷🤸🤹🤼🤽🤾🦸🦹🧍🧎🧏🧔🧖🧗🧘🧙🧚🧛🧜🧝🧞🧟"
)
# What may follow a zero-width joiner, and after what (emoji-zwj-sequences.txt as rules).
_JOINS: dict[str, frozenset[str]] = {
    **dict.fromkeys("⚕⚖✈🌾🍳🍼🎄🎓🎤🎨🏫🏭💻💼🔧🔬🚀🚒🦯🦰🦱🦲🦳🦼🦽🤝", frozenset(_ADULTS)),
    **dict.fromkeys("♀♂", frozenset(_GENDERED)),
    **dict.fromkeys("👨👩🧑", frozenset(_PEOPLE + "❤💋🤝")),
    **dict.fromkeys("👦👧🧒👶", frozenset(_PEOPLE)),
    "❤": frozenset(_ADULTS),
    "💋": frozenset("❤"),
    "➡": frozenset("🦯🦼🦽🏃🚶🧎♀♂"),
    "⬛": frozenset("🐈🐦"),
    "🔥": frozenset("❤🐦"),
    "↔": frozenset("🙂"),
    "↕": frozenset("🙂"),
    "☠": frozenset(_FLAG),
    "⚧": frozenset("🏳"),
    "🌈": frozenset("🏳"),
    "❄": frozenset("🐻"),
    "🌫": frozenset("😶"),
    "💨": frozenset("😮"),
    "💫": frozenset("😵"),
    "🗨": frozenset("👁"),
    "🦺": frozenset("🐕"),
    "🩹": frozenset("❤"),
    "🫲": frozenset("🫱"),
    "🟩": frozenset("🍋"),
    "🟫": frozenset("🍄"),
    "💥": frozenset("⛓"),
}

_ARABIC = re.compile("[\u0620-\u064a\u066e-\u06d3\u06d5\u06ee\u06ef\u06fa-\u06fc\u0750-\u077f\u08a0-\u08c9]")
# Letters that never join the next one (Joining_Type R or U): a joiner after them shows nothing.
_NOT_JOINING = re.compile(
    "[\u0621-\u0625\u0627\u0629\u062f-\u0632\u0648\u0671-\u0677\u0688-\u0699\u06c0\u06c3-\u06cb\u06cd\u06cf\u06d2\u06d3\u06d5]"
)
_INDIC = re.compile("[\u0900-\u0dff\u1000-\u109f\u1780-\u17d3]")
_MONGOLIAN_LETTER = re.compile("[\u1820-\u18aa]")
_CJK = re.compile(
    "[\u3040-\u30ff\u3105-\u312f\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uff66-\uff9f\U00020000-\U0003fffd]"
)
_EMOJI = re.compile(
    "[\u203c-\u2049\u20e3\u2122\u2139\u2194-\u21aa\u2300-\u23ff\u24c2\u25aa-\u27bf\u2934-\u2b55\u3030\u303d\u3297\u3299"
    "\U0001f000-\U0001faff\U000e0020-\U000e007f\u200d\ufe0e\ufe0f©®]+\\Z"
)
_VIRAMA = 9
"""Canonical combining class of every virama: the sign that takes the vowel from an Indic letter."""


def clean(text: str) -> str:
    """Return ``text`` with nothing in it that a reader cannot see.

    Lines end in LF and not in spaces, at most two blank lines follow each other, none begin or end
    the text. Spaces of any kind become U+0020, except the ideographic one in CJK text; tabs stay.
    """
    if text.isascii():
        return _trimmed(text.replace("\r\n", "\n").translate(_ASCII))
    text = _LINE_ENDS.sub("\n", text)
    seen = set(text)
    cjk = any(map(_CJK.match, seen))
    braille = any("\u2801" <= c <= "\u28ff" for c in seen)
    text = text.translate({ord(c): _shown(c, cjk=cjk, braille=braille) for c in seen if not " " <= c <= "~"})
    if not text.isascii():
        text = _normalised(text)
        text = "\n".join(_directed(line) if not _BIDI.isdisjoint(line) else line for line in text.split("\n"))
        text = _normalised(_RUN.sub(_needed_marks, text))
    return _trimmed(text)


def _trimmed(text: str) -> str:
    # The blank of a signature's delimiter (RFC 3676 §4.3) tells it from dashes that somebody drew.
    text = "\n".join([line if line == "-- " else line.rstrip(" \t\u3000") for line in text.split("\n")])
    return _BLANK_LINES.sub("\n" * (MAX_BLANK_LINES + 1), text).strip("\n")


def is_emoji(text: str) -> bool:
    """Tell whether ``text`` is made of emoji and nothing else (at most 40 characters, at least one)."""
    return 0 < len(text) <= 40 and _EMOJI.match(text) is not None


def _shown(char: str, *, cjk: bool, braille: bool) -> str | None:
    """What stands for one character: itself, a space, or ``None`` for nothing."""
    if char in "\n\t" or char in _CONDITIONAL or char in _VISIBLE_FORMAT:
        return char
    category = unicodedata.category(char)
    if category == "Zs" or char == _BRAILLE_BLANK:
        kept = (char == _IDEOGRAPHIC_SPACE and cjk) or (char == _BRAILLE_BLANK and braille)
        return char if kept else " "
    if category == "Cn":  # emoji and ideographs that are younger than our Unicode tables can be seen
        newer = 0x1F000 <= ord(char) <= 0x1FAFF or (
            0x20000 <= ord(char) <= 0x3FFFD and ord(char) & 0xFFFE != 0xFFFE
        )
        return char if newer else None
    if category[0] == "C" or char in _DROPPED or _is_selector(char):
        return None
    return char


def _is_selector(char: str) -> bool:
    return "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef"


def _normalised(text: str) -> str:
    """NFC with at most ``MAX_MARKS`` combining marks in a row, cut before sorting and again after."""
    for _ in range(2):
        if marks := "".join(c for c in set(text) if unicodedata.combining(c)):
            text = re.sub(f"([{marks}]{{{MAX_MARKS}}})[{marks}]+", r"\1", text)
        text = unicodedata.normalize("NFC", text)
    return text


def _needed_marks(run: re.Match[str]) -> str:
    """What stays of a run of joiners, selectors and tags, by the characters on both sides of it."""
    text, marks = run.string, run.group()
    before, after = text[max(0, run.start() - 1) : run.start()], text[run.end() : run.end() + 1]
    if before == _FLAG and (tags := "".join(c for c in marks if c in _TAGS)) in _TAGGED_FLAGS:
        return tags
    kept = ""
    if before in _TEXT_BY_DEFAULT or (before in _KEYS and after == _KEYCAP):
        kept = next((c for c in marks if c in _VARIATION), "")
    if _ZWJ in marks and _joins_emoji(text, run.start(), after):
        return kept + _ZWJ
    if _MONGOLIAN_LETTER.match(before):
        separator = _MONGOLIAN_SEPARATOR in marks and _MONGOLIAN_LETTER.match(after)
        return next((c for c in marks if c in _MONGOLIAN and (separator or c != _MONGOLIAN_SEPARATOR)), "")
    return kept or _script_joiner(text, run.start(), marks, after)


def _joins_emoji(text: str, start: int, after: str) -> bool:
    """Tell whether the emoji that ends at ``start`` and ``after`` are drawn as one when joined."""
    base = start - 1
    if base > 0 and text[base] in _SKIN_TONES:
        base -= 1
    return base >= 0 and text[base] in _JOINS.get(after, frozenset())


def _script_joiner(text: str, start: int, marks: str, after: str) -> str:
    """The first joiner of ``marks`` if Arabic or Indic letters look different because of it."""
    joiner = next((c for c in marks if c in (_ZWNJ, _ZWJ)), "")
    if not joiner or start == 0:
        return ""
    if _INDIC.match(text[start - 1]) and _INDIC.match(after):
        beside_virama = _VIRAMA in (unicodedata.combining(text[start - 1]), unicodedata.combining(after))
        return joiner if beside_virama else ""
    base = start - 1
    while base > max(0, start - MAX_MARKS) and unicodedata.combining(text[base]):
        base -= 1
    if not _ARABIC.match(text[base]) or _NOT_JOINING.match(text[base]):
        return ""
    before_letter = _ARABIC.match(after) is not None
    return joiner if before_letter == (joiner == _ZWNJ) else ""


def _directed(line: str) -> str:
    """``line`` with the bidi marks that can change its order: none without right-to-left letters.

    A mark stays where its neighbours are not both letters of its own direction, one in each gap.
    An isolate stays when it is closed in the same line and holds something. Embeddings and
    overrides have gone before (UAX #9 advises isolates instead).
    """
    plain = [c for c in line if c not in _CONDITIONAL]
    if not any(unicodedata.bidirectional(c) in ("R", "AL") for c in plain):
        return "".join(c for c in line if c not in _BIDI)
    kept = [c not in _BIDI for c in line]
    opened: list[tuple[int, int]] = []  # where it opened, how many visible characters stood before
    visible = 0
    marked = -1
    for i, char in enumerate(line):
        if char not in _BIDI:
            visible += char not in _CONDITIONAL
        elif char in _ISOLATES:
            opened.append((i, visible))
        elif char == _POP:
            if opened:
                start, before = opened.pop()
                kept[start] = kept[i] = visible > before
        elif marked != visible:
            neighbours = [plain[j] for j in (visible - 1, visible) if 0 <= j < len(plain)]
            sides = {unicodedata.bidirectional(c).replace("AL", "R") for c in neighbours}
            kept[i] = len(neighbours) < 2 or sides != {_BIDI_MARKS[char]}
            marked = visible if kept[i] else marked
    return "".join(c for c, keep in zip(line, kept, strict=True) if keep)
