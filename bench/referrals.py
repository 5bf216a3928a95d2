"""What a directory of many services costs: reading and importing it, and searching it.

    .venv/bin/python -m bench.referrals [services]      # 100000 by default

Makes a directory that does not exist (HSDS 3 as a zip of CSV: services, organizations, locations, addresses, phones,
schedules, languages, areas, topics), imports it into a new database as the command does, imports it again, and asks
questions. Prints a table. Everything is in a temporary folder that is removed.
"""

from __future__ import annotations

import asyncio
import csv
import gc
import io
import random
import resource
import statistics
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from relay.edge.store import SqlStore, open_store
from relay.flow.directory import search
from relay.referrals.archive import collect
from relay.referrals.context import Context
from relay.referrals.importing import take_in
from relay.referrals.reading import read

TODAY = date(2026, 6, 1)
TOWNS = 400
ROUNDS = 8
QUESTIONS = (
    "lgbt youth {town}",
    "legal advice {town} en",
    "crisis {town}",
    "grief counselling age:16 {town}",
    "housing",
    "women",
    "addiction families free online",
    "youth",
    "group legal support",
    "@{town}",
    "topic:housing {town}",
    "counselling es",
)
TOPICS = [
    "lgbt",
    "youth",
    "women",
    "men",
    "mental-health",
    "grief",
    "addiction",
    "legal",
    "housing",
    "harassment",
    "crisis",
    "food",
    "debt",
    "disability",
    "families",
]
KINDS = [
    "helpline",
    "group",
    "centre",
    "clinic",
    "advice",
    "project",
    "service",
    "drop-in",
    "shelter",
    "network",
]
WORDS = [
    "support",
    "people",
    "who",
    "need",
    "somebody",
    "to",
    "talk",
    "with",
    "about",
    "trouble",
    "at",
    "home",
    "work",
    "school",
    "or",
    "in",
    "the",
    "street",
    "our",
    "team",
    "of",
    "volunteers",
    "listens",
    "offers",
    "counselling",
    "legal",
    "help",
    "food",
    "beds",
    "meetings",
    "every",
    "week",
    "and",
    "free",
    "advice",
    "without",
    "appointment",
    "in",
    "town",
]
LANGUAGES = ["en", "es", "fr", "de", "ar", "pl", "ur", "pa", "ro", "so"]


def _table(archive: zipfile.ZipFile, name: str, header: str, rows: Iterator[tuple[object, ...]]) -> int:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(header.split())
    count = 0
    for row in rows:
        writer.writerow(row)
        count += 1
    archive.writestr(name, out.getvalue())
    return count


def make(path: Path, services: int) -> int:
    """Write a directory; how many rows it has."""
    chance = random.Random(7)
    towns = [f"{chance.choice('BCDFGHLMNPRST')}{chance.choice('aeiou')}{chance.choice(['ll', 'rn', 'st', 'mp', 'nd'])}"
             f"{chance.choice(['ton', 'ham', 'ford', 'wick', 'by'])} {number}" for number in range(TOWNS)]  # fmt: skip
    homes = [chance.randrange(TOWNS) for _ in range(services)]
    numbers = range(services)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        rows = _table(archive, "organizations.csv", "id name description website", (
            (f"o{n}", f"Trust {n}", "A charity", f"https://trust{n}.example.org/") for n in range(services // 5 + 1)))  # fmt: skip
        rows += _table(archive, "services.csv", "id organization_id name description status email fees_description minimum_age "
                       "maximum_age assured_date wait_time", (
            (f"s{n}", f"o{n // 5}", f"{chance.choice(TOPICS).title()} {chance.choice(KINDS)} {n}", " ".join(chance.choices(WORDS, k=40)),
             "active" if n % 20 else "inactive", f"s{n}@example.org", chance.choice(["None", "£20 per hour", ""]),
             chance.choice(["", 12, 18]), chance.choice(["", 25]), TODAY - timedelta(days=chance.randrange(900)), "none")
            for n in numbers))  # fmt: skip
        rows += _table(
            archive,
            "locations.csv",
            "id location_type organization_id",
            ((f"l{n}", "physical", f"o{n // 5}") for n in numbers),
        )
        rows += _table(
            archive,
            "service_at_location.csv",
            "id service_id location_id",
            ((f"a{n}", f"s{n}", f"l{n}") for n in numbers),
        )
        rows += _table(archive, "addresses.csv", "id location_id address_1 city state_province postal_code country address_type", (
            (f"d{n}", f"l{n}", f"{n % 200} High Street", towns[homes[n]], f"Shire {homes[n] // 20}", "AB1 2CD", "GB", "physical") for n in numbers))  # fmt: skip
        rows += _table(archive, "phones.csv", "id service_id number type", (
            (f"p{n}", f"s{n}", f"0113 496 {n % 10000:04}", "voice") for n in numbers))  # fmt: skip
        rows += _table(archive, "schedules.csv", "id service_id freq byday opens_at closes_at", (
            (f"h{n}", f"s{n}", "WEEKLY", "MO,TU,WE,TH,FR", "09:00", "17:00") for n in numbers))  # fmt: skip
        rows += _table(
            archive,
            "languages.csv",
            "id service_id code",
            ((f"g{n}", f"s{n}", chance.choice(LANGUAGES)) for n in numbers),
        )
        rows += _table(archive, "service_areas.csv", "id service_id name", (
            (f"r{n}", f"s{n}", "United Kingdom" if n % 50 == 1 else towns[homes[n]]) for n in numbers))  # fmt: skip
        rows += _table(
            archive,
            "taxonomy_terms.csv",
            "id name description",
            ((f"t{n}", name, name) for n, name in enumerate(TOPICS)),
        )
        rows += _table(archive, "attributes.csv", "id link_id link_entity taxonomy_term_id", (
            (f"x{n}-{k}", f"s{n}", "service", f"t{chance.randrange(len(TOPICS))}") for n in numbers for k in range(2)))  # fmt: skip
    return rows


Spent = tuple[float, float]
"""Seconds on the wall, and of processor time, in which other work on the machine counts little."""


def _now() -> Spent:
    return time.perf_counter(), time.process_time()


def _since(start: Spent) -> Spent:
    wall, processor = _now()
    return wall - start[0], processor - start[1]


async def _import(store: SqlStore, path: Path) -> tuple[Spent, Spent, str]:
    """What reading and writing took, and what came of it."""
    gc.disable()  # as the command does
    start = _now()
    reading = read(collect(path), Context("bench", TODAY))
    reading_took, start = _since(start), _now()
    summary = await take_in(store.referrals, reading, "bench", TODAY, keep=False, told=lambda _: None)
    writing_took = _since(start)
    gc.enable()
    told = f"{len(summary.new)} new, {summary.same} as before, {len(reading.findings)} findings"
    return reading_took, writing_took, told


async def _ask(store: SqlStore, question: str, towns: list[str]) -> tuple[list[float], list[float], int]:
    """Milliseconds on the wall and of processor time, and how many were found."""
    walls, processors, found = [], [], 0
    for town in towns:
        start = _now()
        found += len(await search(store.referrals, question.format(town=town), TODAY))
        wall, processor = _since(start)
        walls.append(wall * 1000)
        processors.append(processor * 1000)
    return walls, processors, found


async def main(services: int) -> None:
    """Measure, and print the table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = make(folder / "bench.zip", services)
        store = open_store(f"sqlite:///{folder / 'state' / 'relay.db'}", folder / "state" / "master.key")
        print(f"{services} services, {rows} rows\n\n| | seconds | of processor |\n| --- | --- | --- |")
        for what in ("first import", "the same again"):
            reading, writing, told = await _import(store, folder / "bench.zip")
            print(f"| {what}: reading | {reading[0]:.1f} | {reading[1]:.1f} |")
            print(f"| {what}: writing ({told}) | {writing[0]:.1f} | {writing[1]:.1f} |")
        towns = [each.where.places[0] for each in await store.referrals.page(1000, ROUNDS)]
        print("\n| question | found | median ms | of processor | worst ms |\n| --- | --- | --- | --- | --- |")
        every: list[float] = []
        busy: list[float] = []
        for question in QUESTIONS:
            walls, processors, found = await _ask(store, question, towns)
            every += walls
            busy += processors
            median, processor = statistics.median(walls), statistics.median(processors)
            print(
                f"| `{question}` | {found // len(towns)} | {median:.1f} | {processor:.1f} | {max(walls):.1f} |"
            )
        median, processor = statistics.median(every), statistics.median(busy)
        print(
            f"\nMedian of all: {median:.1f} ms, {processor:.1f} ms of processor; worst {max(every):.1f} ms."
        )
        size = sum(each.stat().st_size for each in (folder / "state").glob("relay.db*")) >> 20
        print(
            f"Database {size} MB; memory at most {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10} MB."
        )
        await store.close()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000))
