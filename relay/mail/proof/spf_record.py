"""An SPF record as its domain publishes it: read whole, so that an error at its end is found at its beginning.

Standard: RFC 7208 §4.5 (selecting), §4.6 (terms), §5 (mechanisms), §6 (modifiers), §12 (grammar).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network

from relay.mail.proof.spf_macros import is_domain_spec, is_macro_string

Network = IPv4Network | IPv6Network

_VERSION = re.compile(r"v=spf1(?: |\Z)", re.IGNORECASE)
_MODIFIER = re.compile(r"([A-Za-z][A-Za-z0-9._-]*)=(.*)\Z", re.DOTALL)
_DIRECTIVE = re.compile(r"([+?~-]?)([A-Za-z0-9]+)(.*)\Z", re.DOTALL)
_CIDR = re.compile(r"(?:/(0|[1-9][0-9]?))?(?://(0|[1-9][0-9]{0,2}))?\Z")
_IP4 = re.compile(r":([0-9.]+)(?:/(0|[1-9][0-9]?))?\Z")
_IP6 = re.compile(r":([0-9A-Fa-f:.]+)(?:/(0|[1-9][0-9]{0,2}))?\Z")

RESULTS = {"+": "pass", "-": "fail", "~": "softfail", "?": "neutral"}
_IP4_BITS, _IP6_BITS = 32, 128


class RecordError(Exception):
    """A record that breaks the grammar: ``permerror``."""


@dataclass(frozen=True, slots=True)
class Directive:
    """A mechanism and what a match of it means. ``target`` is a domain-spec, empty for the domain itself."""

    result: str
    mechanism: str
    target: str = ""
    ip4_bits: int = _IP4_BITS
    ip6_bits: int = _IP6_BITS
    network: Network | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """The directives in order, and where to go on when none of them matches."""

    directives: tuple[Directive, ...]
    redirect: str = ""


def select(texts: Sequence[str]) -> str | None:
    """The one SPF record among the texts at a name, ``None`` when there is none. Raises ``RecordError``."""
    found = [text for text in texts if _VERSION.match(text)]
    if len(found) > 1:
        raise RecordError("several records")
    return found[0] if found else None


def read(text: str) -> Record:
    """Read a whole record. Raises ``RecordError``."""
    if not text.isascii():
        raise RecordError("beyond ASCII")
    directives: list[Directive] = []
    once: dict[str, str] = {}
    for term in filter(None, text.split(" ")[1:]):
        modifier = _MODIFIER.match(term)
        if modifier is None:
            directives.append(_directive(term))
            continue
        name, value = modifier[1].lower(), modifier[2]
        if name not in {"redirect", "exp"}:
            if not is_macro_string(value):
                raise RecordError("a modifier")
            continue
        if name in once or not is_domain_spec(value):
            raise RecordError("a modifier")
        once[name] = value
    return Record(tuple(directives), once.get("redirect", ""))


def _directive(term: str) -> Directive:
    parts = _DIRECTIVE.match(term)
    if parts is None:
        raise RecordError("a term")
    result, mechanism, rest = RESULTS[parts[1] or "+"], parts[2].lower(), parts[3]
    if mechanism == "all" and not rest:
        return Directive(result, mechanism)
    if mechanism in {"include", "exists"}:
        return Directive(result, mechanism, _required(rest))
    if mechanism == "ptr":
        return Directive(result, mechanism, _required(rest) if rest else "")
    if mechanism in {"a", "mx"}:
        return _with_lengths(result, mechanism, rest)
    if mechanism in {"ip4", "ip6"}:
        return Directive(result, mechanism, network=_network(mechanism, rest))
    raise RecordError("a mechanism")


def _required(rest: str) -> str:
    if not (rest.startswith(":") and is_domain_spec(rest[1:])):
        raise RecordError("a domain")
    return rest[1:]


def _with_lengths(result: str, mechanism: str, rest: str) -> Directive:
    """``a:domain/24//64``: a slash may also stand in a macro, so lengths are looked for at the end."""
    at = next((i for i in range(len(rest) + 1) if _CIDR.match(rest, i)), len(rest))
    lengths = _CIDR.match(rest, at)
    target = _required(rest[:at]) if at else ""
    ip4 = int(lengths[1]) if lengths and lengths[1] else _IP4_BITS
    ip6 = int(lengths[2]) if lengths and lengths[2] else _IP6_BITS
    if ip4 > _IP4_BITS or ip6 > _IP6_BITS:
        raise RecordError("a length")
    return Directive(result, mechanism, target, ip4, ip6)


def _network(mechanism: str, rest: str) -> Network:
    found = (_IP4 if mechanism == "ip4" else _IP6).match(rest)
    if found is None:
        raise RecordError("a network")
    try:
        network = ip_network(f"{found[1]}/{found[2]}" if found[2] else found[1], strict=False)
    except ValueError:
        raise RecordError("a network") from None
    if network.version != (4 if mechanism == "ip4" else 6):
        raise RecordError("a network")
    return network
