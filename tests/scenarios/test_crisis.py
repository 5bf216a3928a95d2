"""What a seeker is told of help at once: by the queue they write to, never by anything that their mail says."""

from __future__ import annotations

from pathlib import Path

from tests.support.line import Line

CRISIS = """
[[crisis]]
country = "international"
name = "Befrienders Worldwide"
web = "https://befrienders.org/"
checked = 2026-11-01
source = "https://befrienders.org/"

[[crisis]]
country = "international"
name = "Find A Helpline"
web = "findahelpline.com"
checked = 2026-11-01
source = "https://findahelpline.com/"

[[crisis]]
country = "DE"
name = "TelefonSeelsorge"
phone = "0800 1110111"
about = { de = "Tag und Nacht", en = "day and night" }
pair = "de"
checked = 2026-11-01
source = "a call"

[[crisis]]
country = "DE"
name = "Nummer gegen Kummer"
phone = "116 111"
about = { de = "für Kinder und Jugendliche" }
pair = "de"
checked = 2026-11-01
source = "a call"

[[crisis]]
country = "AT"
name = "Rat auf Draht"
phone = "147"
checked = 2026-11-01
source = "a call"

[[crisis]]
country = "GB"
name = "Samaritans"
phone = "116 123"
checked = 2026-11-01
source = "a call"
"""
INTAKE = """
[[intake]]
address = "jugend@relay.test"
language = "de"
countries = ["DE", "AT"]
"""


def made(folder: Path) -> Path:
    folder.mkdir()
    (folder / "crisis.toml").write_text(CRISIS, "utf-8")
    return folder


async def test_the_acknowledgement_names_the_lines_of_the_queues_countries(tmp_path: Path) -> None:
    """In the queue's language, pairs whole, the international entry last; what was said above is not said twice."""
    async with Line(made(tmp_path / "line"), extra=INTAKE) as line:
        sam = line.seeker()
        await sam.writes("Hallo", to="jugend@relay.test")
        told = (await sam.receives(automatic=True)).text.replace("\r\n", "\n")
        assert (
            "Deutschland: TelefonSeelsorge 0800 1110111 (Tag und Nacht), Nummer gegen Kummer 116 111 (für Kinder und Jugendliche)\n"
            "Österreich: Rat auf Draht 147\n"
            "In anderen Ländern: Befrienders Worldwide https://befrienders.org/\n"
        ) in told
        assert told.count("findahelpline.com") == 1
        assert "Samaritans" not in told


async def test_nothing_about_the_seeker_chooses_the_country(tmp_path: Path) -> None:
    """Zone, language and addresses of a mail may belong to the person they hide from."""
    async with Line(made(tmp_path / "line"), extra=INTAKE) as line:
        kim = line.seeker("kim@mail.co.uk.test", "Kim")
        await kim.writes(
            "Hello from London.",
            headers="Accept-Language: en-GB\nContent-Language: en-GB\nX-Country: GB\nReceived: from x.co.uk by y; Mon, 23 Nov 2026 13:00:00 +0000\n",
        )
        told = (await kim.receives(automatic=True)).text.replace("\r\n", "\n")
        assert "Samaritans" not in told
        assert "In other countries: Befrienders Worldwide https://befrienders.org/" in told


async def test_a_service_without_lines_says_what_it_said_before(tmp_path: Path) -> None:
    """The sentence on emergency numbers and the international directory."""
    async with Line(tmp_path / "line") as line:
        sam = line.seeker()
        await sam.writes("Hello")
        told = (await sam.receives(automatic=True)).text.replace("\r\n", "\n")
        assert "Helplines in your country: findahelpline.com\n\nOne trained volunteer" in told
