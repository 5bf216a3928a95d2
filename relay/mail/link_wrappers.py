"""Links around links: what mail filters and web sites put around an address, and how to open them.

Called by ``links``. A wrapper names the person or the company whose mail it came in (Safe Links in so many words,
the others by an id), so it is never shown: what is inside is, and when that cannot be had, nothing is. Pure,
bounded by its caller; a wrapper that cannot be opened gives an empty string, never an exception.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from urllib.parse import parse_qsl, unquote

# Hosts (or their ends, from the dot), the start of the path, and the parameters that may hold the address.
_BY_PARAMETER: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (".safelinks.protection.outlook.com", "", ("url",)),
    ("linkprotect.cudasvc.com", "", ("a",)),
    (".fireeye.com", "/v1/url", ("u",)),
    (".fireeye.com", "/url", ("u",)),
    (".ctp.trendmicro.com", "", ("url",)),
    (".trendmicro.com", "/wis/", ("url",)),
    ("www.google.com", "/url", ("q", "url")),
    ("l.facebook.com", "", ("u",)),
    ("lm.facebook.com", "", ("u",)),
    ("l.instagram.com", "", ("u",)),
    ("www.youtube.com", "/redirect", ("q",)),
    ("www.linkedin.com", "/redir/", ("url",)),
    ("out.reddit.com", "", ("url",)),
    ("deref-gmx.net", "", ("redirectUrl",)),
    ("deref-web.de", "", ("redirectUrl",)),
    ("deref-mail.com", "", ("redirectUrl",)),
    ("slack-redir.net", "", ("url",)),
)
_WORDS_OF_CISCO = 3  # "/<token>/<address>" has so many pieces


def opened(url: str, host: str, path: str, query: str) -> str | None:
    """The address inside a wrapper, empty if there is none to read; ``None`` if this is no wrapper.

    ``host`` is in lower case.
    """
    for end, start, names in _BY_PARAMETER:
        if _ends(host, end) and path.startswith(start):
            pairs = dict(parse_qsl(query))
            return next((pairs[name] for name in names if name in pairs), "")
    for end, start, read in _BY_RULE:
        if _ends(host, end) and path.startswith(start):
            return read(url, path, query)
    return None


def _ends(host: str, end: str) -> bool:
    return host == end.lstrip(".") or (end.startswith(".") and host.endswith(end))


def _proofpoint_2(_url: str, _path: str, query: str) -> str:
    """``u=https-3A__host_path``: a hyphen for percent, a low line for a slash."""
    inner = dict(parse_qsl(query)).get("u", "")
    return unquote(inner.replace("-", "%").replace("_", "/"))


def _proofpoint_3(url: str, _path: str, _query: str) -> str:
    """``/v3/__https://host/path__;KCs!!company!person$``: asterisks stand for the characters in base64."""
    inner, _, rest = url.partition("/v3/__")[2].rpartition("__;")
    encoded = rest.partition("!!")[0]
    try:
        hidden = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        hidden = ""
    if len(hidden) == inner.count("*"):
        characters = iter(hidden)
        inner = re.sub(r"\*", lambda _: next(characters), inner)
    return re.sub(r"\A(https?):/(?=[^/])", r"\1://", inner)


def _sophos(_url: str, _path: str, query: str) -> str:
    inner = dict(parse_qsl(query)).get("u", "").replace(" ", "+")
    try:
        return base64.urlsafe_b64decode(inner + "=" * (-len(inner) % 4)).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""


def _cisco(_url: str, path: str, _query: str) -> str:
    pieces = path.split("/", _WORDS_OF_CISCO - 1)
    return unquote(pieces[-1]) if len(pieces) == _WORDS_OF_CISCO else ""


def _mimecast(_url: str, _path: str, query: str) -> str:
    """Mimecast keeps the address to itself and shows its host; better the host than nothing."""
    domain = dict(parse_qsl(query)).get("domain", "")
    return f"https://{domain}/" if domain else ""


_BY_RULE: tuple[tuple[str, str, Callable[[str, str, str], str]], ...] = (
    ("urldefense.proofpoint.com", "/v2/", _proofpoint_2),
    ("urldefense.com", "/v3/", _proofpoint_3),
    ("urldefense.us", "/v3/", _proofpoint_3),
    ("urldefense.proofpoint.com", "/v3/", _proofpoint_3),
    (".protection.sophos.com", "/", _sophos),
    ("secure-web.cisco.com", "/", _cisco),
    (".mimecast.com", "/s/", _mimecast),
)
