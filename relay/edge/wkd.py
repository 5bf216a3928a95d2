"""A key from the Web Key Directory of an address's own domain: one question over HTTPS, where the operator allows it.

Made by ``parts``; called by ``flow.seeker_keys`` when a seeker has written KEY without a key. What is asked tells
whoever runs that domain that this line wants that person's key; so it is asked only on their word, only there, and only
when ``[openpgp] lookup`` says so. Promises:

- Only port 443 of ``openpgpkey.DOMAIN``, or of DOMAIN where that name does not exist; never an address inside of
  somebody's network; no redirect, no proxy, no cookie, no name of ours in the question.
- ``TIME_LIMIT_S`` for all of it, ``MAX_OCTETS`` of an answer. Whatever goes wrong, there is no key.
- What comes is octets of a stranger: an engine reads it, and its owner proves that it is theirs.

Standard: draft-koch-openpgp-webkey-service §3.1 (both ways), RFC 9112 (HTTP/1.1).
"""

from __future__ import annotations

import asyncio
import hashlib
import ipaddress
import socket
import ssl
from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import quote

from relay.mail.zbase32 import zbase32

TIME_LIMIT_S: Final = 10.0
MAX_OCTETS: Final = 262_144
MAX_HEAD_OCTETS: Final = 16_384
PORT: Final = 443

Addresses = Callable[[str], Awaitable[list[str]]]
"""The addresses of a host; ``LookupError`` when there is no such name."""


async def _system(host: str) -> list[str]:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, PORT, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        if error.errno in {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}:
            raise LookupError from None
        raise
    return [str(place[0]) for *_, place in found]


def is_public(address: str) -> bool:
    """Tell whether an address is somewhere in the world, and not in a network of somebody's own."""
    given = ipaddress.ip_address(address.partition("%")[0])
    inner = getattr(given, "ipv4_mapped", None) or getattr(given, "sixtofour", None)
    return all(each.is_global and not each.is_multicast for each in (given, inner) if each is not None)


class Wkd:
    """``addresses``, ``may_reach``, ``port`` and ``context`` are for tests, which have a server of their own."""

    def __init__(
        self,
        addresses: Addresses = _system,
        may_reach: Callable[[str], bool] = is_public,
        port: int = PORT,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._addresses = addresses
        self._may_reach = may_reach
        self._port = port
        self._context = context

    async def look_up(self, address: str) -> bytes:
        """The key of an address in binary; empty when there is none, or anything is not as it should be."""
        local, _, domain = address.rpartition("@")
        if not local or not domain.isascii() or not _is_host(domain):
            return b""
        name = zbase32(hashlib.sha1(local.lower().encode("utf-8"), usedforsecurity=False).digest())
        wanted = f"hu/{name}?l={quote(local, safe='')}"
        domain = domain.lower()
        try:
            async with asyncio.timeout(TIME_LIMIT_S):
                host, path = f"openpgpkey.{domain}", f"/.well-known/openpgpkey/{domain}/{wanted}"
                try:
                    places = await self._addresses(host)
                except LookupError:
                    host, path = domain, f"/.well-known/openpgpkey/{wanted}"
                    places = await self._addresses(host)
                if not places or not all(self._may_reach(each) for each in places):
                    return b""
                return await self._get(host, places[0], path)
        except (OSError, ssl.SSLError, ValueError, EOFError, LookupError, TimeoutError):
            return b""

    async def _get(self, host: str, place: str, path: str) -> bytes:
        """One question to one place whose certificate is for that host. Raises what ``look_up`` catches."""
        context = self._context or ssl.create_default_context()
        reader, writer = await asyncio.open_connection(
            place, self._port, ssl=context, server_hostname=host, limit=MAX_HEAD_OCTETS
        )
        try:
            writer.write(
                f"GET {path} HTTP/1.1\r\nHost: {host}\r\nAccept: application/octet-stream\r\n"
                "Connection: close\r\n\r\n".encode("ascii")
            )
            head = await reader.readuntil(b"\r\n\r\n")
            return await _body(reader, head)
        except asyncio.LimitOverrunError:
            return b""
        finally:
            writer.close()


async def _body(reader: asyncio.StreamReader, head: bytes) -> bytes:
    status, *lines = head.decode("latin-1").split("\r\n")
    if status.split(" ")[1:2] != ["200"]:
        return b""
    fields = {
        name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)
    }
    if fields.get("transfer-encoding", "").lower() == "chunked":
        return await _chunks(reader)
    if "transfer-encoding" in fields or fields.get("content-encoding", "identity").lower() != "identity":
        return b""
    length = fields.get("content-length")
    if length is not None:
        size = int(length)
        return await reader.readexactly(size) if 0 <= size <= MAX_OCTETS else b""
    return await _to_the_end(reader)


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while True:
        line = await reader.readuntil(b"\r\n")
        size = int(line.partition(b";")[0].strip() or b"x", 16)
        if size == 0:
            return body
        if size < 0 or len(body) + size > MAX_OCTETS:
            return b""
        body += await reader.readexactly(size)
        if await reader.readexactly(2) != b"\r\n":
            return b""


async def _to_the_end(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while piece := await reader.read(MAX_OCTETS):
        body += piece
        if len(body) > MAX_OCTETS:
            return b""
    return body


def _is_host(domain: str) -> bool:
    """Tell whether it is a name with labels, and no number that some resolvers take for an address."""
    labels = domain.split(".")
    plain = all(label and len(label) <= 63 and label.replace("-", "").isalnum() for label in labels)
    return plain and len(labels) > 1 and len(domain) <= 200 and not labels[-1].isdigit()
