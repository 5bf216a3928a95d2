"""The pictures of the guides, in ``docs/pictures``: ``make pictures`` runs the real commands and draws what they print.

    python docs/pictures.py        write all of them

What a terminal shows becomes SVG, a page becomes PNG (Debian's chromium, without a network). The line is a real daemon in this
process, with a clock that stands at ``START``, people who do not exist, and pseudonyms and ids drawn anew from a fixed seed:
so that equal code gives equal SVG, which a test compares. Nobody's address is in a picture; the test searches.

A PNG cannot be compared octet by octet, because fonts and browsers draw a little differently on each machine; it carries a hash of
the page that it shows (without aliases and date), and that is compared.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import io
import random
import re
import sys
import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from PIL import Image  # noqa: E402
from PIL.PngImagePlugin import PngInfo  # noqa: E402
from rich.console import Console, RenderableType  # noqa: E402
from rich.text import Text  # noqa: E402

from relay import cli, rota  # noqa: E402
from relay.config import load  # noqa: E402
from relay.demo import letters  # noqa: E402
from relay.domain.measures import Measure  # noqa: E402
from relay.domain.pseudonyms import mint  # noqa: E402
from relay.edge.store import counts, open_store  # noqa: E402
from relay.operating import status, top  # noqa: E402
from relay.operating.overview import Overview, Watcher  # noqa: E402
from relay.rota_picture import Style  # noqa: E402
from tests.support.browser import Browser  # noqa: E402
from tests.support.line import START, Line  # noqa: E402

FOLDER = ROOT / "docs" / "pictures"
MOST_PNG_OCTETS = 150_000
SEED = 11
PAGE_HASH = "Page-SHA256"
"""The name of the text in a PNG that holds the hash of its page."""

MONTH = datetime(2025, 10, 15, 12, tzinfo=UTC)
"""Of the report: one that is over, wherever the clock is."""

COLUMNS = 80
_SVG = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, "DejaVu Sans Mono", Consolas, monospace; font-size: {char_height}px;
line-height: {line_height}px; font-variant-east-asian: full-width }}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: system-ui, sans-serif }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal"><rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" /></clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""
"""Rich's own form, without the fonts that it would fetch from somewhere else."""

INTAKES = """
[[intake]]
address = "grief@relay.test"
queue = "grief"

[[queue]]
name = "grief"
"""
KIM = """
[[counselor]]
id = "kim"
pseudonym = "Aspen"
name = "Kim Brandt"
address = "kim.brandt@mail.test"
queues = ["grief"]
duty = ["mon-fri 18:00-22:00 Europe/Berlin", "sat 10:00-14:00 Europe/Berlin"]
"""
NAMES_NOBODY_SHOWS = ("ana.ruiz", "Ana Ruiz", "ben.okafor", "Ben Okafor", "kim.brandt", "Kim Brandt", "sam.lee", "Sam Lee",
                      "operator@", "home.test", "mail.test", "600 555 014")  # fmt: skip
"""What no terminal picture may hold."""

BROKEN = (
    ('domain = "relay.test"', 'domain = "relay test"'),
    ("[smtp]", "[smpt]"),
    ('tls = "never"', 'tls = "nver"'),
    ("mon-thu", "mon-thur"),
)


def terminals(folder: Path) -> dict[str, str]:
    """Each SVG by its name. ``folder``: an empty one to work in."""
    lived = folder / "line"
    overview = asyncio.run(_looked(lived))
    style = Style.of(is_terminal=True, encoding="utf-8", colour=True)
    shifts = rota.show(lived, 7, START.isoformat(), style, as_json=False)
    shown: dict[str, tuple[str, RenderableType]] = {
        "status": ("status", Text("\n".join(status.page(overview)))),
        "top": ("top", top.picture(overview)),
        "rota": ("rota --days 7", Text.from_ansi("\n".join(shifts))),
        "check": ("check", Text(_mistakes(lived))),
    }
    return {
        name: drawn(name, f"relay {words} --config /etc/relay", what) for name, (words, what) in shown.items()
    }


async def _looked(lived: Path) -> Overview:
    """At the end of a day."""
    ana, ben = (
        f'["{when} Europe/Berlin"]\nqueues = ["general"]'
        for when in ("mon-thu 09:00-21:00", "mon-fri 18:00-22:00")
    )
    async with Line(lived, ana_duty=ana, ben_duty=ben, extra=INTAKES, people=KIM) as line:
        await _a_day(line)
        watcher = Watcher(load(lived), line.clock)
        try:
            return _anonymous(await watcher.look())
        finally:
            await watcher.close()


async def _a_day(line: Line) -> None:
    """One who talks with Ana, one whom nobody can answer yet, one letter that is held and one that is put off."""
    sam, lee, ren = (line.seeker(f"{name}@mail.test", name.title()) for name in ("sam", "lee", "ren"))
    await sam.writes("I cannot sleep.")
    request = await line.ana.receives()
    await line.ana.replies(request, "I am here.")
    answer = await sam.receives(automatic=False)
    await line.pass_time(minutes=40)
    await lee.writes("My brother died.", to="grief@relay.test")
    await lee.receives()
    await line.pass_time(hours=1, minutes=5)
    await line.seeker("somebody@else.test", "Somebody").writes("Let me in.", to=answer.from_address)
    await line.pass_time(minutes=20)
    line.sink.refuse = lambda verb, _: "451 4.3.0 later" if verb == "DATA" else None
    await ren.writes("Is anybody there?")
    await line.pass_time(seconds=20)


def _anonymous(overview: Overview) -> Overview:
    """The same with pseudonyms and ids that are drawn from the seed: the daemon's own are never the same twice."""
    octets = random.Random(SEED).randbytes
    names: dict[str, str] = {}

    def other(name: str) -> str:
        return names.setdefault(name, mint(octets)) if name else ""

    return replace(
        overview,
        runs=True,
        counts=None,
        waiting=tuple(replace(each, pseudonym=other(each.pseudonym)) for each in overview.waiting),
        stuck=tuple(
            replace(row, row_id=octets(len(row.row_id)), pseudonym=other(row.pseudonym))
            for row in sorted(overview.stuck, key=lambda row: (row.since, row.thing.value, row.reader))
        ),
    )


def _mistakes(lived: Path) -> str:
    """What the command says of a configuration with four mistakes."""
    folder = lived.parent / "broken"
    folder.mkdir(mode=0o700)
    for name in ("relay.toml", "counselors.toml"):
        text = re.sub(r"^port = \d+$", "port = 2526", (lived / name).read_text("utf-8"), flags=re.MULTILINE)
        for right, wrong in BROKEN:
            text = text.replace(right, wrong, 1)
        (folder / name).write_text(text, "utf-8")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        code = cli.main(["check", "--config", str(folder)])
    assert code != 0, "the mistakes were not found"
    return printed.getvalue().strip()


def drawn(name: str, title: str, what: RenderableType) -> str:
    """As a terminal of 80 columns shows it, below the command."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True, color_system="truecolor",
                      highlight=False, legacy_windows=False, _environ={})  # fmt: skip
    console.print(Text(f"$ {title}", style="bold"))
    console.print(what)
    svg = console.export_svg(title="", code_format=_SVG, unique_id=f"relay-{name}")
    return "\n".join(line.rstrip() for line in svg.splitlines()) + "\n"


def pages(folder: Path) -> dict[str, tuple[Path, int]]:
    """Each page by its name, and how wide it is shown. ``folder``: an empty one to work in."""
    lived = asyncio.run(_with_counts(folder))
    report, explained, letter = folder / "report.html", folder / "explain.html", folder / "letter.eml"
    letter.write_bytes(
        letters.gmail("Hello,\n\nsomebody from my old job keeps writing to me and I do not sleep any more.\n\nSam Lee",
                      "help@relay.test", "I need somebody to talk to", 1)
    )  # fmt: skip
    with contextlib.redirect_stdout(io.StringIO()):
        month = ["report", "--month", f"{MONTH:%Y-%m}", "--html", str(report), "--config", str(lived)]
        assert cli.main(month) == 0
        told = ["explain", str(letter), "--as", "seeker", "--html", str(explained), "--config", str(lived)]
        assert cli.main(told) == 0
    return {"report": (report, 760), "explain": (explained, 1000)}


async def _with_counts(folder: Path) -> Path:
    """A configuration, and a database in which a month was counted."""
    lived = folder / "counted"
    async with Line(lived):
        pass
    storage = load(lived).storage
    store = open_store(storage.url, storage.master_key_file)
    for day in range(1, 29):
        at = MONTH.replace(day=day)
        for measure, cell, count in (
            (Measure.CONVERSATIONS, "new", 3 + day % 4), (Measure.LANGUAGES, "en", 3), (Measure.LANGUAGES, "de", day % 4),
            (Measure.LETTERS, "in", 9 + day % 5), (Measure.LETTERS, "out", 8 + day % 3), (Measure.RISK, "no", 3),
        ):  # fmt: skip
            if count:
                await store._writer.run(lambda c, m=measure, e=cell, n=count, a=at: counts.add(c, m, e, a, n))  # noqa: SLF001
    await store.close()
    return lived


def page_hash(page: Path) -> str:
    """Of what a page says: without aliases and message ids, which are drawn by chance, and the date."""
    text = re.sub(r"[a-z0-9]{20}(?=@)", "alias", page.read_text("utf-8"))
    text = re.sub(r"[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d \+0000", "date", text)
    return hashlib.sha256(text.encode()).hexdigest()


def hash_in(picture: Path) -> str:
    """The one that a PNG carries; empty where it has none."""
    with Image.open(picture) as image:
        return str(image.info.get(PAGE_HASH, ""))


def _photograph(page: Path, width: int, to: Path, browser: Browser) -> None:
    """The page from its top, at most as long as it is wide, in as few colours as it needs."""
    browser.open(page, width, height=width).screenshot(to)
    info = PngInfo()
    info.add_text(PAGE_HASH, page_hash(page))
    with Image.open(to) as image:
        few = image.convert("RGB").crop((0, 0, width, min(image.height, width))).quantize(64)
    few.save(to, optimize=True, pnginfo=info)
    assert to.stat().st_size <= MOST_PNG_OCTETS, f"{to.name} is too large"


def main() -> None:
    """Write all of them."""
    FOLDER.mkdir(exist_ok=True)
    # The daemon's log, which nobody reads here.
    with (
        tempfile.TemporaryDirectory(prefix="relay-pictures-") as place,
        contextlib.redirect_stderr(io.StringIO()),
    ):
        folder = Path(place)
        for name, svg in terminals(folder).items():
            (FOLDER / f"{name}.svg").write_text(svg, "utf-8")
        with Browser(folder) as browser:
            for name, (page, width) in pages(folder).items():
                _photograph(page, width, FOLDER / f"{name}.png", browser)
    print(f"{len(list(FOLDER.iterdir()))} pictures in {FOLDER}")


if __name__ == "__main__":
    main()
