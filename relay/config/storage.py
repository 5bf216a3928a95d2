"""The section ``[storage]``: the database and its keys. A password never stands in a URL, for URLs are shown."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Annotated, Self
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from pydantic import AfterValidator, Field, ValidationInfo, model_validator

from relay.config import fields
from relay.config.section import Section

EMBEDDED = "sqlite:///"
SERVER = "postgresql+psycopg://"

_SERVER_FORM = "write postgresql+psycopg://ROLE@HOST/DATABASE?sslmode=verify-full"
_FILES = ("sslrootcert", "sslcert", "sslkey")
_KNOWN = frozenset({"host", "port", "sslmode", *_FILES})
"""What may stand behind the question mark of a server's URL: libpq's own words."""


def _url(value: str, info: ValidationInfo) -> str:
    if value.startswith(("postgresql:", "postgres:", "postgresql+")):
        return _server(value, info)
    if not value.startswith(EMBEDDED) or not value.isprintable() or "?" in value or value == EMBEDDED:
        raise ValueError(
            "is not a storage we know; write sqlite:///state/relay.db, a path beside this file, "
            "or postgresql+psycopg://… for several nodes"
        )
    if ":memory:" in value:
        raise ValueError("keeps mail in memory, where a restart loses it; write sqlite:///state/relay.db")
    return EMBEDDED + str(fields.folder_of(info) / value.removeprefix(EMBEDDED))


def _server(value: str, info: ValidationInfo) -> str:
    try:
        parts = urlsplit(value)
        asked = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
        named = parts.hostname
        _ = parts.port
    except ValueError:
        raise ValueError(f"cannot be read; {_SERVER_FORM}") from None
    if not value.startswith(SERVER) or not value.isprintable() or parts.fragment:
        raise ValueError(f"names PostgreSQL in another form than ours; {_SERVER_FORM}")
    if parts.password is not None or any(key == "password" for key, _ in asked):
        raise ValueError(
            "holds a password, which whoever sees this file would read; take it out, and name a file that holds it "
            "as storage.password_file"
        )
    if not parts.username or len(parts.path) < 2 or "/" in parts.path[1:]:
        raise ValueError(f"names no role or no database; {_SERVER_FORM}")
    unknown = {key for key, _ in asked} - _KNOWN
    if unknown:
        raise ValueError(f"has more behind the question mark than {', '.join(sorted(_KNOWN))}")
    hosts = [*((named,) if named else ()), *(text for key, text in asked if key == "host")]
    if not hosts:
        raise ValueError("names no host; write @HOST/, or ?host=/run/postgresql for a socket of this machine")
    is_elsewhere = not all(_is_here(host) for host in hosts)
    if is_elsewhere and dict(asked).get("sslmode") != "verify-full":
        raise ValueError(
            "leads over a network, where others could read or take its place; add ?sslmode=verify-full, and "
            "&sslrootcert=FILE when the server's certificate is not signed by a public authority"
        )
    query = [(key, _file(text, info) if key in _FILES else text) for key, text in asked]
    return parts._replace(query=urlencode(query, quote_via=quote, safe="/")).geturl()


def _file(text: str, info: ValidationInfo) -> str:
    return text if text == "system" else str(fields.path_of(text, info))


def _is_here(host: str) -> bool:
    """A socket of this machine, or an address that never leaves it."""
    host = host if host.startswith("/") or host.count(":") != 1 else host.partition(":")[0]
    try:
        return host.startswith("/") or host == "localhost" or ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


class StorageSection(Section):
    """Where state is kept; all of it is sealed with the master key."""

    url: Annotated[str, AfterValidator(_url)] = Field(
        repr=False,
        description="The embedded database, sqlite:/// and a path; its folder is made, for relay alone. For several "
        "nodes PostgreSQL 15 or newer, the same on each: postgresql+psycopg://ROLE@HOST/DATABASE?sslmode=verify-full "
        "(docs/several-nodes.md). Changing from one to the other moves nothing.",
        examples=["sqlite:///state/relay.db"],
    )
    password_file: fields.FilePath | None = Field(
        default=None,
        description="File whose first line is the password of PostgreSQL's role, readable by relay alone; "
        "'credential:NAME' works too.",
        examples=["credential:storage.password"],
    )
    master_key_file: fields.FilePath = Field(
        description="The master key, made on the first start when the database is new, too. Who has "
        "both has everything: keep a copy elsewhere, and better keep the key off the disk "
        "of the database, as 'credential:master.key' with LoadCredential= in the systemd "
        "unit. Several nodes have the same one.",
        examples=["state/master.key"],
    )
    former_master_key_file: fields.FilePath | None = Field(
        default=None,
        description="Only while the master key is being changed: the file of the one before. With both, the daemon "
        "makes the database over to the new one, and 'relay keys master' says when this line and that file can go.",
        examples=["state/former.key"],
    )

    @property
    def is_embedded(self) -> bool:
        """Whether the database is a file of this machine and ours alone."""
        return self.url.startswith(EMBEDDED)

    @model_validator(mode="after")
    def _with_password(self) -> Self:
        """Tell the store in the URL where the password is, so that nothing else has to carry it."""
        if self.password_file is not None and not self.is_embedded:
            mark = "&" if "?" in self.url else "?"
            named = urlencode({"password_file": str(self.password_file)}, quote_via=quote, safe="/")
            object.__setattr__(self, "url", f"{self.url}{mark}{named}")
        return self
