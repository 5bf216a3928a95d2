"""``relay referrals`` as an operator types it: import, again, search, stale, check; and every wrong input in a sentence."""

from __future__ import annotations

import asyncio
import functools
import io
import os
import pty
import re
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from relay.cli import main
from relay.config import load
from relay.edge.store import open_store, referral_counts
from relay.referrals import importing
from relay.referrals.progress import Bar, said
from tests.support.line import COUNSELORS_TOML, RELAY_TOML
from tests.support.storage import only_sqlite

DAY = datetime.now(UTC).date()
FRESH, OLD, EXPIRED = (str(DAY - timedelta(days=days)) for days in (10, 400, 800))
HEADER = "id,name,topics,town,country,phone,web,mail,status,verified,until,room\n"
ONE = f"a,LGBT youth group,lgbt;youth,Leeds,GB,0113 496 0000,https://a.example.org/,a@a.example.org,active,{FRESH},,1\n"
TWO = f"b,Old line,lgbt,Leeds,GB,0113 496,a.example.org,nobody,active,{OLD},,\n"
THREE = f"c,Very old line,lgbt,Leeds,GB,116 123,http://a b/,,active,{EXPIRED},,\n"
FOUR = "d,LGBT youth group,,Leeds,GB,,,,active,,2020-01-01,\n"
BAD = "e,Bad,,,,,,,shut,,,\n"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A configuration, and the database that the daemon has made."""
    (tmp_path / "relay.toml").write_text(RELAY_TOML.format(port=25))
    (tmp_path / "counselors.toml").write_text(
        COUNSELORS_TOML.format(ana_duty='["always"]', ben_duty='["always"]', ben_languages='["de"]')
    )
    storage = load(tmp_path).storage

    async def made() -> None:
        await open_store(storage.url, storage.master_key_file).close()

    asyncio.run(made())
    return tmp_path


class Typed:
    """What is typed, and what is said."""

    def __init__(self, config: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._config = config
        self._capsys = capsys
        self.sheet = config / "list.csv"

    def __call__(self, *words: object, code: int = 0) -> str:
        assert main(["referrals", *map(str, words), "--config", str(self._config)]) == code
        out, err = self._capsys.readouterr()
        assert (err == "") == (code == 0)
        return out + err

    def into(self, *rows: str, options: tuple[str, ...] = (), code: int = 0) -> str:
        self.sheet.write_text(HEADER + "".join(rows))
        return self("import", self.sheet, *options, code=code)


@pytest.fixture
def typed(config: Path, capsys: pytest.CaptureFixture[str]) -> Typed:
    return Typed(config, capsys)


def test_an_import_says_what_is_new_changed_and_gone(typed: Typed) -> None:
    """And what was not used, where, and why. A row that is bad this time takes nothing away."""
    said = typed.into(ONE, TWO, BAD)
    assert "list.csv, line 4, column status: 'shut' is none of active" in said
    assert "a sheet, 2 usable, 1 row(s) not used." in said
    assert (
        "new: #1  LGBT youth group\nnew: #2  Old line\nlist: 2 new, 0 changed, 0 gone, 0 as before." in said
    )
    assert "list: 0 new, 0 changed, 0 gone, 2 as before." in typed.into(ONE, TWO)
    said = typed.into(TWO.replace("Old line", "Older line"), THREE)
    assert "new: #3  Very old line\nchanged: #2  Older line\ngone: #1  LGBT youth group\n" in said
    assert "new: #1  LGBT youth group\n" in typed.into(ONE, TWO, THREE)
    said = typed.into(ONE.replace("active", "shut"), TWO, THREE)
    assert "list: 0 new, 0 changed, 0 gone, 2 as before." in said
    assert "#1  LGBT youth group" in typed("search", "lgbt youth leeds")


def test_a_part_of_a_directory_takes_nothing_away(typed: Typed) -> None:
    """By ``--keep``; and ``--dry-run`` changes nothing at all."""
    typed.into(ONE, TWO)
    assert "Nothing was changed (--dry-run)." in typed.into(THREE, options=("--dry-run",))
    assert "1 new, 0 changed, 0 gone" in typed.into(THREE, options=("--keep",))
    assert "0 new, 0 changed, 0 gone, 3 as before" in typed.into(ONE, TWO, THREE)


def test_two_directories_do_not_know_each_other(typed: Typed) -> None:
    """The same file under another name is another source."""
    typed.into(ONE)
    assert "other: 1 new, 0 changed, 0 gone" in typed.into(ONE, options=("--source", "Other"))
    assert "#2  LGBT youth group: seems to be the same as #1 (list)" in typed("check")


def test_a_large_import_is_written_in_steps(typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that the daemon's own writes come in between; twenty changes are named and the rest are counted."""
    monkeypatch.setattr(importing, "STEP", 7)
    rows = [ONE.replace("a,LGBT youth group", f"x{n},Line {n}") for n in range(50)]
    said = typed.into(*rows)
    assert said.count("new: #") == 20
    assert "new: 30 more\nlist: 50 new" in said
    assert "list: 0 new, 0 changed, 49 gone, 1 as before." in typed.into(rows[0])


def test_search_says_what_a_counselor_must_know(typed: Typed) -> None:
    """Near first; what is old is marked, what is too old or over is not there."""
    typed.into(ONE, TWO, THREE, FOUR)
    said = typed("search", "lgbt", "leeds")
    assert said.splitlines() == [
        "#1  LGBT youth group  [here]",
        "      0113 496 0000; https://a.example.org/; a@a.example.org",
        "      Leeds GB",
        f"      checked {FRESH[:7]}; from list",
        "#2  Old line  [here]",
        "      0113 496; a.example.org; nobody",
        "      Leeds GB",
        f"      checked {OLD[:7]}; from list",
        "      ! last checked more than a year ago: look before you send it",
    ]
    assert "And 1 more; say more, or give --limit." in typed("search", "lgbt leeds", "--limit", "1")
    assert "      ! says nothing of: food" in typed("search", "lgbt food leeds")
    assert typed("search", "gardening") == "Nothing in the directory may be offered for that.\n"


def test_an_entry_is_shown_by_its_number(typed: Typed) -> None:
    """Whatever its state; what is gone is said to be."""
    typed.into(ONE, TWO.replace("active", "inactive"))
    typed.into(TWO.replace("active", "inactive"))
    said = typed("search", "#2 #1")
    assert said.startswith("#2  Old line\n")
    assert "      ! inactive: not offered\n      ! last checked more than a year ago" in said
    assert said.endswith("#1  is not in the directory, or not any more.\n")


def test_stale_lists_the_oldest_first(typed: Typed) -> None:
    """With what follows from it."""
    typed.into(ONE, TWO, THREE, FOUR)
    assert typed("stale").splitlines() == [
        f"#3  {EXPIRED}  Very old line  (list; not offered any more)",
        f"#2  {OLD}  Old line  (list; marked)",
        "2 of 4 were last checked more than a year ago.",
        "1 do not say when; if you know, import them again with --verified.",
    ]
    typed.into(ONE, TWO, THREE, FOUR, options=("--verified", FRESH))
    assert "do not say when" not in typed("stale")


def test_check_finds_what_is_wrong(typed: Typed) -> None:
    """Numbers, addresses, doubles, dates."""
    typed.into(ONE, TWO, THREE, FOUR)
    assert typed("check").splitlines() == [
        "#2  Old line: the number 0113 496 is none in GB",
        "#2  Old line: the web address 'a.example.org' does not begin with https://",
        "#2  Old line: the mail address 'nobody' is none",
        "#3  Very old line: the web address 'http://a b/' has a space in it",
        f"#3  Very old line: it was last checked on {EXPIRED}; it is not offered",
        "#4  LGBT youth group: it ended on 2020-01-01; it is not offered",
        "#4  LGBT youth group: it has no number, no web or mail address and no place to go",
        "#4  LGBT youth group: seems to be the same as #1 (list)",
        "4 entries, 8 problem(s).",
    ]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--country", "Nowhere"), "--country: 'Nowhere' is no country; give its two letters, as in GB"),
        (("--verified", "soon"), "--verified: 'soon' is no date; write it as 2026-05-31"),
        (("--verified", "2999-01-01"), "--verified: 2999-01-01 has not been yet"),
        (("--source", "x" * 81), "--source: a name of 1 to 80 characters is needed"),
        (
            ("--map", "none.toml"),
            "none.toml: cannot be read: No such file or directory; give the path of the mapping",
        ),
    ],
)
def test_wrong_options_are_one_sentence(typed: Typed, options: tuple[str, ...], sentence: str) -> None:
    """What, where, what to do."""
    assert typed.into(ONE, options=options, code=1) == sentence + "\n"


def test_of_many_that_are_alike_ten_are_named(typed: Typed) -> None:
    """Where the row was used all the same; a row that was not is always named."""
    rows = [f"x{n},Line {n},,,GB,,,,active,9/9/99 {n},,\n" for n in range(15)]
    said = typed.into(*rows, *(BAD.replace("e,", f"e{n},") for n in range(12)))
    assert said.count("is no date") == 11
    assert (
        "list.csv, column verified: 5 more like this (is no date; write it as 2026-05-31); --all names them"
        in said
    )
    assert said.count("the row was not used") == 12
    assert typed.into(*rows, options=("--all",)).count("is no date") == 15


def test_a_directory_without_a_usable_service_changes_nothing(typed: Typed) -> None:
    """A broken file must not empty the directory."""
    typed.into(ONE)
    said = typed.into(BAD, code=1)
    assert "no service in it can be used, so nothing was changed" in said
    assert "#1" in typed("search", "lgbt leeds")


@only_sqlite
def test_without_a_database_the_daemon_has_to_come_first(
    typed: Typed, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Said by the store as for every other command."""
    for path in (config / "state").glob("relay.db*"):
        path.unlink()
    assert "there is no database yet; start the daemon once" in typed("stale", code=1)


class Terminal(io.StringIO):
    """Somebody watches."""

    def isatty(self) -> bool:
        return True


def test_a_bar_is_drawn_where_somebody_watches() -> None:
    """And leaves the line clean."""
    screen = Terminal()
    bar = Bar(screen, 4000)
    for done in (0, 2000, 4000):
        bar.show(done)
    bar.close()
    assert "[##############################]    4000 of 4000" in screen.getvalue()
    assert screen.getvalue().endswith("\r")
    for stream, total in ((io.StringIO(), 4000), (Terminal(), 100)):
        bar = Bar(stream, total)
        bar.show(total)
        bar.close()
        assert stream.getvalue() == ""


def test_an_import_draws_its_bar_on_a_real_terminal_and_the_list_stays_a_list(
    typed: Typed, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is done grows to all of it; nothing of the bar stands in what is printed."""
    typed.sheet.write_text(HEADER + "".join(ONE.replace("a,LGBT", f"x{n},LGBT") for n in range(2500)))
    ours, theirs = pty.openpty()
    seen: list[bytes] = []
    reader = threading.Thread(target=lambda: seen.extend(iter(functools.partial(_octets, ours), b"")))
    reader.start()
    with os.fdopen(theirs, "w") as terminal:
        monkeypatch.setattr("sys.stderr", terminal)
        assert main(["referrals", "import", str(typed.sheet), "--config", str(typed.sheet.parent)]) == 0
    reader.join(10)
    os.close(ours)
    drawn = b"".join(seen).decode()
    done = [int(each) for each in re.findall(r"(\d+) of 2500", drawn)]
    assert done == sorted(done)
    assert done[-1] == 2500
    assert f"\r[{'#' * 30}]" in drawn
    assert drawn.endswith("\r")
    printed = capsys.readouterr().out
    assert "list: 2500 new" in printed
    assert "of 2500" not in printed


def _octets(descriptor: int) -> bytes:
    """What comes out of a terminal; nothing when its other end is closed."""
    try:
        return os.read(descriptor, 4096)
    except OSError:
        return b""


def test_what_cannot_be_counted_is_said_while_it_lasts() -> None:
    """And nothing is left of it."""
    for screen, shown in ((Terminal(), "reading …\r         \r"), (io.StringIO(), "")):
        with said(screen, "reading …"):
            pass
        assert screen.getvalue() == shown


def test_the_map_is_written_for_its_owner_alone(typed: Typed, config: Path) -> None:
    """Into a file that is there, too; a path that cannot be written is a sentence."""
    typed.into(ONE, TWO, THREE)
    page = config / "map.html"
    page.write_text("old" * 100_000)
    page.chmod(0o644)
    assert "The page is in" in typed("map", page)
    text = page.read_text("utf-8")
    assert text.startswith("<!DOCTYPE html>")
    assert "2 of 3 entries can be offered" in text
    assert "United Kingdom" in text or "Britain (UK) (GB)" in text
    assert "old" not in text.split("</style>")[1].partition("How old")[0]
    assert page.stat().st_mode & 0o777 == 0o600
    assert "none/map.html: cannot be written: No such file or directory" in typed(
        "map", config / "none" / "map.html", code=1
    )


def test_counts_are_printed_without_small_ones(typed: Typed, config: Path) -> None:
    """Of months that are over, rounded; of what was given few times not even of how many entries that is so."""
    typed.into(ONE, TWO)
    last = datetime.now(UTC).replace(day=1) - timedelta(days=3)
    month = f"{last:%Y-%m}"
    assert typed("given") == f"Nothing was given 5 times or more in {month}.\n"
    storage = load(config).storage

    async def give() -> None:
        store = open_store(storage.url, storage.master_key_file, exclusive=False)
        for numbers in [(1,)] * 8 + [(2,)] * 4:
            for at in (last, datetime.now(UTC)):
                await store._writer.run(lambda c, n=numbers, at=at: referral_counts.add(c, n, at))
        await store.close()

    asyncio.run(give())
    listed = typed("given")
    assert listed.startswith("#1  LGBT youth group: 10\n")
    assert "#2" not in listed
    assert typed("given", month) == typed("given")
    assert typed("given", "2020-01") == "Nothing was given 5 times or more in 2020-01.\n"
    assert "is not over" in typed("given", f"{datetime.now(UTC):%Y-%m}", code=1)
    assert "write it as 2026-11" in typed("given", "11/2026", code=1)
