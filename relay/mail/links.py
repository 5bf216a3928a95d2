"""Link targets that may be shown to the other side.

Called by ``html`` for every link, and good for an address found in plain text. Promises: an
address that is returned is http or https and holds no user name, password or known tracking
parameter; a known wrapper (Outlook Safe Links name the *reader* in their parameters, see ``link_wrappers``) is opened.
Pure and bounded; an address that cannot be read is ``None``, never an exception.

Standards: RFC 3986 §3, RFC 2392.
"""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit, urlunsplit

from relay.mail.link_trackers import is_tracking
from relay.mail.link_wrappers import opened

MAX_URL_CHARS = 2000
"""Longer ones are tokens, not addresses: browsers and mail programs of old cut here too."""
MAX_WRAPPERS = 3

_IN_TEXT = re.compile(r"https?://[^\s<>\"\u00ab\u00bb\u201c-\u201f]+", re.IGNORECASE)
_AFTER_AN_ADDRESS = ".,;:!?'*_)]}\u2026"
"""What ends a sentence and not an address."""

_PART_REFERENCE = re.compile(r" ?[\[<](?:cid|mid):[^\s\[\]<>]{1,300}[\]>]", re.IGNORECASE)
"""Where a picture stood in the HTML version (RFC 2392): its id holds a time, a host or a number of the program."""


def tidy_url(url: str) -> str | None:
    """``url`` without what identifies its reader or author, or ``None`` if it must not be shown."""
    for _ in range(MAX_WRAPPERS):
        url = "".join(url.split())
        if len(url) > MAX_URL_CHARS or not url.isprintable():
            return None
        try:
            scheme, netloc, path, query, fragment = urlsplit(url)
        except ValueError:
            return None
        host = netloc.rpartition("@")[2]
        if scheme not in ("http", "https") or not host:
            return None
        inner = opened(url, host.lower(), path, query)
        if inner is None:
            known = host.lower().partition(":")[0]
            return urlunsplit((scheme, host, path, _untracked(known, query), _untracked(known, fragment)))
        url = inner
    return None


def tidy_text(text: str, unreadable: str, mark: str = "") -> str:
    """A plain text with every address in it made tidy; ``unreadable`` stands for one that must not be shown.

    Marks of pictures that Outlook and its kin leave in the plain version (``[cid:image001.png@01DA…]``) go.

    ``mark`` is written behind one that was changed.

    A link that somebody copied from a mail they received is often a wrapper that names them.
    """
    without_parts = _PART_REFERENCE.sub(mark, text) if "[" in text or "<" in text else text
    if "://" not in without_parts:
        return without_parts
    return _IN_TEXT.sub(lambda match: _tidy_match(match.group(), unreadable, mark), without_parts)


def _tidy_match(found: str, unreadable: str, mark: str) -> str:
    url = found.rstrip(_AFTER_AN_ADDRESS)
    tidy = tidy_url(url)
    return (unreadable if tidy is None else url if _same(url, tidy) else tidy + mark) + found[len(url) :]


def _same(url: str, tidy: str) -> bool:
    """Spelled alike but for what ``urlunsplit`` normalises; then the author's own spelling stays."""
    return url.rstrip("/?#").casefold() == tidy.rstrip("/?#").casefold()


def _untracked(host: str, query: str) -> str:
    """A query (or a fragment used like one) without its tracking parameters; the others byte for byte."""
    pairs = query.split("&")
    return "&".join(pair for pair in pairs if not is_tracking(host, unquote(pair.partition("=")[0])))
