"""Address headers: who a message says it is from and for.

Called by ``parse`` for From, Reply-To, To and Cc. Promises: one pass, linear time, no recursion;
every mailbox that is readable is returned, and whenever another parser could come to another
mailbox than we do, the list is ``ambiguous``: a caller that gives rights to an author must not
take such a From. Nothing here raises.

Standards: RFC 5322 §3.4 (mailboxes, groups) and §4.4 (routes), RFC 6854 (group in From),
RFC 2047 §5 (words in display names, and only there).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from relay.mail.charset import clean_line, decode, decode_words
from relay.mail.model import Correspondent
from relay.mail.patterns import possessive

MAX_BARE_NAMES: Final = 8
MAX_ADDRESS_CHARS: Final = 320  # 64 of local part, "@", 255 of domain (RFC 5321 §4.5.3.1)


@dataclass(frozen=True, slots=True)
class AddressList:
    """The mailboxes of one address header, in order, and whether all parsers will see the same.

    ``bare_names``: what stands as a name without a readable address; it is nobody to write to, and still names
    whoever wrote the header.
    """

    mailboxes: tuple[Correspondent, ...]
    ambiguous: bool
    bare_names: tuple[str, ...] = ()


# Tokens of RFC 5322 §3.2, possessive: each character is looked at once. Comments nest and are counted.
_TOKEN: Final = possessive(
    r"""(?P<space>[ \t]++)
      | "(?P<quoted>(?:[^"\\]++|\\.)*+)(?P<closed>"?)
      | (?P<atom>[^ \t"<>,;:@()\\]++)
      | (?P<special>[<>,;:@(])
      | (?P<junk>.)""",
    re.VERBOSE | re.DOTALL,
)
_COMMENT_STEP: Final = re.compile(r"[^()\\]*+(\\.|.|\Z)", re.DOTALL)
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
_CONTROL: Final = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")
_DOT_STRING: Final = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+\Z", re.ASCII)
_LOOKS_LIKE_ADDRESS: Final = re.compile(
    r"(?<![\w.!#$%&'*+/=?^`{|}~-])[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w.-]{1,255}(?![\w.-])", re.ASCII
)

# Kind ("space", "quoted", "atom", "comment", or the special character itself) and text.
Token = tuple[str, str]


def read_addresses(value: bytes) -> AddressList:
    """Read one address header value (unfolded); the caller bounds its length."""
    reader = _Reader()
    reader.read(decode(value).text)
    if not reader.mailboxes and "@" in (words := clean_line(decode_words(value))):
        return _rescue(words, reader.bare_names)
    return AddressList(tuple(reader.mailboxes), reader.ambiguous, tuple(reader.bare_names))


def _rescue(words: str, bare_names: Sequence[str]) -> AddressList:
    """The one thing that looks like an address in a header without structure: somebody may be told."""
    found = set(_LOOKS_LIKE_ADDRESS.findall(words))
    mailboxes = (Correspondent("", found.pop()),) if len(found) == 1 else ()
    return AddressList(mailboxes, ambiguous=True, bare_names=tuple(bare_names))


@dataclass(slots=True)
class _Entry:
    """What stands between two commas, as far as it was read."""

    outside: list[Token] = field(default_factory=list)  # display name, or an address without brackets
    inside: list[Token] = field(default_factory=list)  # of the angle brackets
    opened: bool = False
    closed: bool = False


class _Reader:
    """One pass over the tokens of one header."""

    def __init__(self) -> None:
        self.mailboxes: list[Correspondent] = []
        self.bare_names: list[str] = []
        self.ambiguous = False
        self._entry = _Entry()
        self._carried = ""  # "Doe, " of an unquoted "Doe, John <…>"
        self._in_group = False

    def read(self, text: str) -> None:
        text, controls = _CONTROL.subn("", text)
        self.ambiguous = controls > 0
        pos = 0
        while match := _TOKEN.match(text, pos):
            pos = match.end()
            kind, word = match.lastgroup or "", match[0]
            if match["quoted"] is not None:
                kind, word = "quoted", _ESCAPED.sub(r"\1", match["quoted"])
                self.ambiguous |= not match["closed"]
            elif word == "(":
                kind, (word, pos) = "comment", self._comment(text, pos)
            elif kind == "special":
                kind = word
            elif kind == "junk":
                self.ambiguous = True
            self._take(kind, word)
        self.ambiguous |= self._in_group
        self._finish()
        self._remember(self._carried)

    def _comment(self, text: str, pos: int) -> tuple[str, int]:
        """Content of the comment that opened before ``pos``, and where it ends (RFC 5322 §3.2.2)."""
        start, depth = pos, 1
        while depth and pos < len(text):
            step = _COMMENT_STEP.match(text, pos)
            assert step is not None  # it matches anywhere, also nothing
            depth += {"(": 1, ")": -1}.get(step[1], 0)
            pos = step.end()
        self.ambiguous |= depth > 0
        return text[start : pos - 1 if depth == 0 else pos], pos

    def _take(self, kind: str, word: str) -> None:
        entry = self._entry
        in_angle = entry.opened and not entry.closed
        if kind == "<":
            self.ambiguous |= entry.opened
            entry.opened, entry.closed, entry.inside = True, False, []
        elif kind == ">":
            self.ambiguous |= not in_angle
            entry.closed = True
        elif kind == ":":
            self.ambiguous = True  # a group, a route or "mailto:": too few parsers know all of them
            self._in_group |= not in_angle
            (entry.inside if in_angle else entry.outside).clear()
        elif kind in {",", ";"} and not (in_angle and kind == "," and entry.inside[:1] == [("@", "@")]):
            self.ambiguous |= in_angle or (kind == ";" and not self._in_group)
            self._in_group &= kind == ","
            self._finish()
        else:
            (entry.inside if in_angle else entry.outside).append((kind, word))
            self.ambiguous |= entry.closed and kind not in {"space", "comment"}

    def _finish(self) -> None:
        """Turn what was read since the last comma into a mailbox, if it holds one."""
        entry, self._entry = self._entry, _Entry()
        bare = not entry.opened and ("@", "@") in entry.outside
        if not (entry.opened or bare):
            words = _name(entry.outside)
            self._carried += f"{words}, " if words else ""
            return
        address = self._address(entry.outside if bare else entry.inside)
        name = "" if bare else clean_line(self._carried + _name(entry.outside))
        beside = self._carried + (_name(_words_beside_address(entry.outside)) if bare else "")
        if entry.opened:
            self.ambiguous |= not entry.closed or self._hides_an_address(entry.outside, name, address)
            self.ambiguous |= not name and bool(self.mailboxes)  # a@b,<c@d>
        self._carried = ""
        if address:
            comments = (text for kind, text in entry.outside + entry.inside if kind == "comment")
            name = name or clean_line(decode_words(next(comments, "").encode("utf-8")))
            self.mailboxes.append(Correspondent(name, address))
            self._remember(beside if bare else "")
        else:
            self.ambiguous = True
            self._remember(beside if bare else name)

    def _remember(self, name: str) -> None:
        name = clean_line(name).strip(" ,")
        if name and len(self.bare_names) < MAX_BARE_NAMES:
            self.bare_names.append(name)

    def _address(self, tokens: list[Token]) -> str:
        """The addr-spec as written, empty for none; anything but ``dot-string@domain`` is ambiguous."""
        while tokens and tokens[0][0] in {"space", "comment"}:
            tokens = tokens[1:]
        while tokens and tokens[-1][0] in {"space", "comment"}:
            tokens = tokens[:-1]
        kinds = [kind for kind, _ in tokens]
        local = tokens[0][1] if tokens else ""
        plain = kinds in (["atom", "@", "atom"], ["quoted", "@", "atom"]) and _DOT_STRING.match(local)
        words = (f'"{text}"' if kind == "quoted" else text for kind, text in tokens if kind != "comment")
        written = "".join(words)
        self.ambiguous |= not plain or "=?" in written
        if " " in written and len(found := _LOOKS_LIKE_ADDRESS.findall(written)) == kinds.count("@") == 1:
            written = found[0]  # "Joe Doe joe@example.org" without brackets
        return written if "@" in kinds and len(written) <= MAX_ADDRESS_CHARS else ""

    @staticmethod
    def _hides_an_address(outside: list[Token], name: str, address: str) -> bool:
        """Tell whether the name could pass for another mailbox: an ``@`` bare or in an encoded word."""
        bare = ("@", "@") in outside
        encoded = any("=?" in text for _, text in outside)
        if not (bare or (encoded and ("@" in name or "<" in name))):
            return False
        return name.strip("<>'\" ").lower() != address.lower()


def _words_beside_address(tokens: list[Token]) -> list[Token]:
    """``Joe Doe`` of ``Joe Doe joe@example.org``: what stands before the local part."""
    at = tokens.index(("@", "@"))
    return tokens[: max(at - 1, 0)]


def _name(tokens: list[Token]) -> str:
    """The words of a display name, decoded; comments are not part of it."""
    written = "".join(text for kind, text in tokens if kind != "comment")
    return clean_line(decode_words(written.encode("utf-8"))) if written else ""
