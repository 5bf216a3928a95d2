"""``relay report`` as an operator types it: every form, every wrong input in a sentence, the same figures each time."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from relay.cli import main
from relay.config import load
from relay.domain.measures import Measure
from relay.edge.store import counts, open_store
from relay.report.contents import key_of, name_of
from relay.report.text import as_text
from tests.support.line import COUNSELORS_TOML, RELAY_TOML
from tests.unit.report.months import contents

NOW = datetime.now(UTC)
LAST = NOW.replace(day=1) - timedelta(days=3)
BEFORE = LAST.replace(day=1) - timedelta(days=3)
MONTH, EARLIER = f"{LAST:%Y-%m}", f"{BEFORE:%Y-%m}"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A configuration, and a database in which two months were counted."""
    (tmp_path / "relay.toml").write_text(RELAY_TOML.format(port=25))
    (tmp_path / "counselors.toml").write_text(
        COUNSELORS_TOML.format(ana_duty='["always"]', ben_duty='["always"]', ben_languages='["de"]')
    )
    storage = load(tmp_path).storage

    async def made() -> None:
        store = open_store(storage.url, storage.master_key_file)
        for at, many in ((LAST, 31), (BEFORE, 12), (NOW, 7)):
            for measure, cell, count in (
                (Measure.CONVERSATIONS, "new", many),
                (Measure.LANGUAGES, "en", many - 6),
                (Measure.LANGUAGES, "de", 6),
                (Measure.LETTERS, "in", 2 * many),
                (Measure.TOPICS, "=cmd()", many - 6),
                (Measure.RISK, "yes", 2),
            ):
                await store._writer.run(lambda c, m=measure, e=cell, n=count, a=at: counts.add(c, m, e, a, n))
        await store.close()

    asyncio.run(made())
    return tmp_path


class Typed:
    def __init__(self, config: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._config = config
        self._capsys = capsys

    def __call__(self, *words: object, code: int = 0) -> str:
        assert main(["report", *map(str, words), "--config", str(self._config)]) == code
        said = self._capsys.readouterr()
        return said.err if code else said.out


@pytest.fixture
def typed(config: Path, capsys: pytest.CaptureFixture[str]) -> Typed:
    return Typed(config, capsys)


def test_without_a_month_it_is_the_last_one_that_is_over(typed: Typed) -> None:
    """Plain and aligned, for it is no terminal; the same when it is asked for by name."""
    text = typed()
    assert text == typed("--month", MONTH)
    assert f"Example Peer Support: {name_of(LAST.year * 100 + LAST.month)}" in text
    assert re.search(r"(?m)^begun in this month +30$", text)
    assert re.search("(?m)^were marked so +\N{EN DASH}$", text)
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) <= 110


def test_the_same_figures_in_every_form_and_every_time(typed: Typed, tmp_path: Path) -> None:
    """A file may be passed on; nothing in it becomes a formula."""
    table, page = tmp_path / "report.csv", tmp_path / "report.html"
    said = typed("--month", MONTH, "--csv", table, "--html", page)
    assert said.count("it may be passed on") == 2
    rows = list(csv.DictReader(io.StringIO(table.read_text("utf-8"))))
    by_name = {(row["measure"], row["cell"]): row["value"] for row in rows}
    assert by_name["conversations", "new"] == "30"
    assert by_name["languages", "de"] == "5"
    assert by_name["languages", "(others)"] == "25"
    assert by_name["risk", "yes"] == ""
    assert ("topics", "'=cmd()") in by_name
    (values,) = json.loads(typed("--month", MONTH, "--json"))["months"]
    assert values["month"] == MONTH
    assert values["measures"]["conversations"]["cells"] == {"new": 30, "continued": None}
    assert page.read_text("utf-8").startswith("<!DOCTYPE html>")
    before = table.read_bytes(), page.read_bytes()
    typed("--month", MONTH, "--csv", table, "--html", page)
    assert (table.read_bytes(), page.read_bytes()) == before


def test_another_threshold_changes_nothing_that_was_published(typed: Typed, config: Path) -> None:
    before = typed("--month", MONTH)
    with (config / "relay.toml").open("a") as file:
        file.write("\n[statistics]\nsmallest = 10\n")
    assert typed("--month", MONTH) == before


def test_several_months_stand_beside_each_other_with_their_sum(typed: Typed) -> None:
    text = typed("--from", EARLIER, "--to", MONTH)
    assert text == typed("--from", EARLIER)
    assert re.search(r"(?m)^begun in this month +10 +30 +40$", text)
    assert re.search("(?m)^were marked so +\N{EN DASH} +\N{EN DASH} +\N{EN DASH}$", text)
    longer = typed("--from", f"{int(EARLIER[:4]) - 1}-12", "--to", MONTH)
    assert "Nothing was counted in December" in longer


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--month", "2026-13"], "that is no month; write it as 2026-10"),
        (["--month", "October"], "that is no month"),
        (["--month", f"{NOW:%Y-%m}"], "is not over. Two reports of a month that still grows would show"),
        (["--month", "2999-01"], "January 2999 has not been yet"),
        (["--month", "2019-05"], "nothing was counted in May 2019. There are figures from"),
        (["--month", MONTH, "--from", MONTH], "give --month, or --from and --to, not both"),
        (["--to", MONTH], "--to needs --from"),
        (["--from", MONTH, "--to", "2020-01"], "give the earlier month to --from"),
        (["--from", "1999-01", "--to", MONTH], "months are more than fit into one report; at most 24"),
        (["--csv", "none/x.csv"], "none/x.csv: cannot be written: No such file or directory"),
    ],
)
def test_wrong_input_is_answered_with_a_sentence(typed: Typed, words: list[str], sentence: str) -> None:
    said = typed(*words, code=1)
    assert sentence in said
    assert "Traceback" not in said


def test_before_the_first_month_is_over_there_is_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "relay.toml").write_text(RELAY_TOML.format(port=25))
    (tmp_path / "counselors.toml").write_text(
        COUNSELORS_TOML.format(ana_duty='["always"]', ben_duty='["always"]', ben_languages='["de"]')
    )
    assert "start the daemon once" in Typed(tmp_path, capsys)(code=1)
    storage = load(tmp_path).storage

    async def made() -> None:
        await open_store(storage.url, storage.master_key_file).close()

    asyncio.run(made())
    assert "There are no figures yet" in Typed(tmp_path, capsys)(code=1)


class Terminal(io.StringIO):
    """Somebody looks at it."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def test_colours_are_for_a_terminal_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """And not for one that wants none; a terminal without our letters gets others."""
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("NO_COLOR", raising=False)
    out = Terminal()
    as_text(contents(202610), out)
    assert "\x1b[1m" in out.getvalue()
    ascii_only = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    as_text(contents(202610), ascii_only)
    ascii_only.flush()
    assert "\x1b" not in ascii_only.buffer.getvalue().decode("ascii")  # type: ignore[attr-defined]
    assert key_of(202610) == "2026-10"
