"""The section ``[metrics]``: figures for a monitoring system on this machine."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Annotated, Any

from pydantic import Field, PlainValidator, ValidationInfo

from relay.config.fields import SYSTEMD, _endpoint, _string, folder_of
from relay.config.section import Section

UNIX = "unix:"
_SENTENCE = (
    "is not where figures can be asked for; write 127.0.0.1:9418, [::1]:9418 or unix:/run/relay/metrics.sock"
)


def _place(value: Any, info: ValidationInfo) -> str:
    text = _string(value, "127.0.0.1:9418")
    if text.startswith(UNIX):
        path = text.removeprefix(UNIX)
        if not path or not path.isprintable() or len(path.encode()) > 100:
            raise ValueError(_SENTENCE)
        return f"{UNIX}{folder_of(info) / path}"
    try:
        endpoint = _endpoint(text)
    except ValueError:
        raise ValueError(_SENTENCE) from None
    if endpoint == SYSTEMD:
        raise ValueError(_SENTENCE)
    if not ip_address(endpoint.rpartition(":")[0].strip("[]")).is_loopback:
        raise ValueError("would show figures to other hosts; take 127.0.0.1, [::1] or a unix socket, and let your own "
                         "proxy or tunnel carry them")  # fmt: skip
    return endpoint


class MetricsSection(Section):
    """Figures for Prometheus, and whether the daemon is well, by HTTP on this machine alone: /metrics, /healthz and
    /readyz. Counts, ages and states; no figure has a person's name, address or id. Without listen there is nothing.
    """

    listen: Annotated[str, PlainValidator(_place)] | None = Field(
        default=None,
        description="A loopback address with port, or unix: and the path of a socket that is made for relay's user and "
        "group.",
        examples=["127.0.0.1:9418"],
    )
