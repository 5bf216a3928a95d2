"""The test suite of RFC 7208, all of it, against a table of records; and what the suite does not ask.

Only the text that a domain would have its senders told is not compared: we tell nobody.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from relay.mail.proof.lookups import LookupTrouble, RecordType
from relay.mail.proof.spf import Spf, check

SUITE = Path(__file__).parent / "rfc7208" / "rfc7208-tests.yml"
MAX_ALIASES = 8


class Zone:
    """The records of one scenario, in the notation of the suite: a ``SPF`` record is one of TXT, too."""

    def __init__(self, data: dict[str, list[Any]]) -> None:
        self._names = {name.lower(): records for name, records in data.items()}
        self.asked: list[tuple[str, RecordType]] = []

    async def __call__(self, name: str, record_type: RecordType, aliases: int = 0) -> tuple[str, ...]:
        self.asked.append((name, record_type))
        records = self._names.get(name.lower().rstrip("."), [])
        given = [one for one in records if isinstance(one, dict)]
        alias = next((one["CNAME"] for one in given if "CNAME" in one), None)
        if alias is not None:
            return await self(alias, record_type, aliases + 1) if aliases < MAX_ALIASES else ()
        kinds = {record_type.value}
        if record_type is RecordType.TXT and not any("TXT" in one for one in given):
            kinds.add("SPF")
        found = [value for one in given for kind, value in one.items() if kind in kinds and value != "NONE"]
        if "TIMEOUT" in found or ("TIMEOUT" in records and not found):
            raise LookupTrouble("no answer")
        return tuple(_text(value) for value in found)


def _text(value: Any) -> str:
    if isinstance(value, list) and value and isinstance(value[0], int):
        return str(value[1])  # an exchange, with its preference before it
    return "".join(value) if isinstance(value, list) else str(value)


def cases() -> Iterator[Any]:
    for scenario in yaml.safe_load_all(SUITE.read_text("utf-8")):
        for name, case in scenario["tests"].items():
            yield pytest.param(scenario["zonedata"], case, id=name)


@pytest.mark.parametrize(("zone", "case"), list(cases()))
def test_the_suite_of_the_standard(zone: dict[str, list[Any]], case: dict[str, Any]) -> None:
    """Where the suite allows several results, ours is one of them (RFC 7208 §4.5, §4.6, §5, §6, §7)."""
    found, _ = asyncio.run(check(case["host"], case["mailfrom"], case["helo"], Zone(zone)))
    expected = case["result"]
    assert found.value in (expected if isinstance(expected, list) else [expected])


def test_the_suite_was_read() -> None:
    """Else the test above would look at nothing."""
    assert len(list(cases())) > 190


NULL_PATH = {"helo.test": [{"TXT": "v=spf1 ip4:192.0.2.1 -all"}]}


@pytest.mark.parametrize(
    ("client", "sender", "helo", "result", "domain"),
    [
        ("192.0.2.1", "", "helo.test", Spf.PASS, "helo.test"),
        ("192.0.2.9", "", "helo.test", Spf.FAIL, "helo.test"),
        ("::ffff:192.0.2.1", "", "helo.test", Spf.PASS, "helo.test"),
        ("192.0.2.1", "ann@HELO.test.", "x", Spf.PASS, "helo.test"),
        ("not an address", "ann@helo.test", "x", Spf.NONE, "helo.test"),
        ("192.0.2.1", "", "[192.0.2.1]", Spf.NONE, "[192.0.2.1]"),
        ("192.0.2.1", "ann@h\u00e9lo.test", "x", Spf.NONE, "h\u00e9lo.test"),
    ],
)
def test_what_the_suite_does_not_ask(client: str, sender: str, helo: str, result: Spf, domain: str) -> None:
    """The null reverse-path, an address that is mapped or none, and which domain the result is about."""
    assert asyncio.run(check(client, sender, helo, Zone(NULL_PATH))) == (result, domain)


def test_the_number_of_questions_is_bounded() -> None:
    """Records that include each other twice would double the questions at each step."""
    zone = Zone(
        {
            f"d{n}.test": [{"TXT": f"v=spf1 include:d{n + 1}.test include:d{n + 1}.test mx a -all"}]
            for n in range(40)
        }
    )
    assert asyncio.run(check("192.0.2.1", "ann@d0.test", "x", zone))[0] is Spf.PERMERROR
    assert len(zone.asked) < 40
