"""Link targets that may be shown to the other side.

Called by ``html`` for every link, and good for an address found in plain text. Promises: an
address that is returned is http or https and holds no user name, password or known tracking
parameter; a known wrapper (Outlook Safe Links name the *reader* in their parameters) is opened.
Pure and bounded; an address that cannot be read is ``None``, never an exception.

Standards: RFC 3986 §3.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, unquote, urlsplit, urlunsplit

MAX_URL_CHARS = 2000
"""Longer ones are tokens, not addresses: browsers and mail programs of old cut here too."""
MAX_WRAPPERS = 3

_IN_TEXT = re.compile(r"https?://[^\s<>\"\u00ab\u00bb\u201c-\u201f]+", re.IGNORECASE)
_AFTER_AN_ADDRESS = ".,;:!?'*_)]}\u2026"
"""What ends a sentence and not an address."""

_TRACKING = re.compile(
    r"(?:utm_|mc_(?:cid|eid)|_hs(?:enc|mi)|hsctatracking|vero_|fb(?:clid|_)|gclid|gclsrc|gbraid|wbraid|dclid|msclkid"
    r"|yclid|twclid|ttclid|igshid|igsh|mkt_tok|oly_(?:anon|enc)_id|__s\Z|trk_|s_cid|elq|ml_subscriber|ck_subscriber"
    r"|recipient|subscriber|email\Z|e?mail_?(?:id|address)|wickedid|rb_clickid|_ke\Z|_kx\Z|bsft_|sc_(?:cid|lid|uid))",
    re.IGNORECASE,
)
# Hosts (or their ends, from the dot) that wrap an address, and the parameter that holds it.
_WRAPPERS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (".safelinks.protection.outlook.com", ("url",)),
    ("www.google.com", ("q", "url")),
    ("l.facebook.com", ("u",)),
    ("deref-gmx.net", ("redirectUrl",)),
    ("deref-web.de", ("redirectUrl",)),
    ("deref-mail.com", ("redirectUrl",)),
    ("slack-redir.net", ("url",)),
)


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
        inner = _wrapped(host.lower(), path, query)
        if inner is None:
            return urlunsplit((scheme, host, path, _untracked(query), _untracked(fragment)))
        url = inner
    return None


def tidy_text(text: str, unreadable: str, mark: str = "") -> str:
    """A plain text with every address in it made tidy; ``unreadable`` stands for one that must not be shown.

    ``mark`` is written behind one that was changed.

    A link that somebody copied from a mail they received is often a wrapper that names them.
    """
    return _IN_TEXT.sub(lambda match: _tidy_match(match.group(), unreadable, mark), text)


def _tidy_match(found: str, unreadable: str, mark: str) -> str:
    url = found.rstrip(_AFTER_AN_ADDRESS)
    tidy = tidy_url(url)
    return (unreadable if tidy is None else url if _same(url, tidy) else tidy + mark) + found[len(url) :]


def _same(url: str, tidy: str) -> bool:
    """Spelled alike but for what ``urlunsplit`` normalises; then the author's own spelling stays."""
    return url.rstrip("/?#").casefold() == tidy.rstrip("/?#").casefold()


def _wrapped(host: str, path: str, query: str) -> str | None:
    """The address inside a wrapper's query (empty if it holds none), or ``None`` if this is no wrapper."""
    for end, names in _WRAPPERS:
        if host != end.lstrip(".") and not (end.startswith(".") and host.endswith(end)):
            continue
        if end == "www.google.com" and path != "/url":
            continue
        pairs = dict(parse_qsl(query))
        return next((pairs[name] for name in names if name in pairs), "")
    return None


def _untracked(query: str) -> str:
    """A query (or a fragment used like one) without its tracking parameters; the others byte for byte."""
    return "&".join(pair for pair in query.split("&") if not _TRACKING.match(unquote(pair.partition("=")[0])))
