"""Macros in SPF records: ``%{ir}.%{v}._spf.%{d2}``. Standard: RFC 7208 §7."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote

_MACRO = r"%\{[SLODIPHVslodiphv](?:[1-9][0-9]*)?[Rr]?[.\-+,/_=]*\}"
_MACRO_STRING = re.compile(rf"(?:{_MACRO}|%%|%_|%-|[!-$&-~])*\Z")
_TOP_LABEL = re.compile(r"\.(?:[A-Za-z0-9]*[A-Za-z][A-Za-z0-9]*|[A-Za-z0-9]+-[A-Za-z0-9-]*[A-Za-z0-9])\.?\Z")
_ENDS_IN_MACRO = re.compile(rf"{_MACRO}\Z")
_EXPANDED = re.compile(r"%(?:\{([A-Za-z])([0-9]*)([Rr]?)([.\-+,/_=]*)\}|([%_-]))")
_SIGNS = {"%": "%", "_": " ", "-": "%20"}
_UNRESERVED = "-._~"

MAX_NAME = 253
"""Octets of a domain name (RFC 7208 §7.3); a longer one loses labels on the left."""

Values = Mapping[str, str]
"""What each letter of ``slodiphv`` stands for; ``p`` is asked for only where it is used."""


def is_macro_string(text: str) -> bool:
    """Tell whether a text keeps to the grammar of ``macro-string``."""
    return _MACRO_STRING.match(text) is not None


def is_domain_spec(text: str) -> bool:
    """Tell whether a text keeps to ``domain-spec``: a macro-string that ends in a top label or a macro."""
    return is_macro_string(text) and bool(_TOP_LABEL.search(text) or _ENDS_IN_MACRO.search(text))


def uses(text: str, letter: str) -> bool:
    """Tell whether a macro of this letter stands in a text."""
    return any((found[1] or "").lower() == letter for found in _EXPANDED.finditer(text))


def expand(text: str, values: Values) -> str:
    """Expand a domain-spec to a name, cut on the left to what a name may hold."""

    def one(found: re.Match[str]) -> str:
        if found[5]:
            return _SIGNS[found[5]]
        pieces = re.split("[" + re.escape(found[4] or ".") + "]", values[found[1].lower()])
        if found[3]:
            pieces.reverse()
        kept = ".".join(pieces[-int(found[2]) :] if found[2] else pieces)
        return quote(kept, safe=_UNRESERVED) if found[1].isupper() else kept

    name = _EXPANDED.sub(one, text).rstrip(".")
    while len(name) > MAX_NAME and "." in name:
        name = name.partition(".")[2]
    return name
