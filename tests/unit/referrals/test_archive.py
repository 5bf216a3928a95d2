"""What an operator names is read within bounds, and what is no directory is refused with one sentence."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

import pytest

from relay.errors import ConfigError
from relay.referrals import archive
from relay.referrals.archive import collect
from relay.referrals.context import Context
from relay.referrals.reading import read
from tests.unit.referrals.directories import TODAY


def zipped(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in members.items():
            made.writestr(name, content)
    return path


def refused(path: Path) -> str:
    with pytest.raises(ConfigError) as raised:
        collect(path)
    (problem,) = raised.value.problems
    assert str(path) in problem
    return problem


def test_a_file_a_folder_and_a_zip_give_the_same(tmp_path: Path) -> None:
    """Other files beside them do not matter."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.csv").write_bytes(b"name\nA\n")
    (tmp_path / "in" / "logo.png").write_bytes(b"\x89PNG")
    path = zipped(
        tmp_path / "a.zip",
        {"x/a.csv": b"name\nA\n", "x/logo.png": b"\x89PNG", "__MACOSX/x/a.csv": b"?", "b/": b""},
    )
    for place in (tmp_path / "in" / "a.csv", tmp_path / "in", path):
        (found,) = collect(place)
        assert (found.name, found.raw, found.stem, found.is_json) == ("a.csv", b"name\nA\n", "a", False)


def test_wrong_input_is_one_sentence(tmp_path: Path) -> None:
    """What it is, where, and what to give instead."""
    made = {
        "a.pdf": b"%PDF-1.7\n",
        "a.xls": b"\xd0\xcf\x11\xe0\xa1\xb1",
        "a.gz": b"\x1f\x8b\x08",
        "a.csv": b" \n",
        "b.csv": b"a\x00b,c\n",
    }
    for name, content in made.items():
        (tmp_path / name).write_bytes(content)
    assert "is a PDF; give a CSV or JSON file, a zip of them, or a folder" in refused(tmp_path / "a.pdf")
    assert "is an old Office file" in refused(tmp_path / "a.xls")
    assert "is compressed with gzip; unpack it first" in refused(tmp_path / "a.gz")
    assert "is empty" in refused(tmp_path / "a.csv")
    assert "is no text" in refused(tmp_path / "b.csv")
    assert "does not exist" in refused(tmp_path / "none.csv")
    assert "without any CSV or JSON file" in refused(zipped(tmp_path / "empty.zip", {}))
    assert "is an Office file; save the sheet as CSV" in refused(
        zipped(tmp_path / "a.xlsx", {"xl/workbook.xml": b"<x/>"})
    )
    (tmp_path / "cut.zip").write_bytes(
        zipped(tmp_path / "whole.zip", {"a.csv": os.urandom(900)}).read_bytes()[:500]
    )
    assert "is a zip that is damaged, locked or of a rare kind" in refused(tmp_path / "cut.zip")
    (tmp_path / "bare").mkdir()
    assert "holds no CSV or JSON file" in refused(tmp_path / "bare")
    os.mkfifo(tmp_path / "pipe")
    assert "is no file" in refused(tmp_path / "pipe")


def test_a_bomb_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its ratio, by its size whatever it says of itself, and by how many there are."""
    bomb = zipped(tmp_path / "bomb.zip", {"a.csv": bytes(1) * (12 << 20)})
    assert "unpacks to far more than tables do" in refused(bomb)
    monkeypatch.setattr(archive, "MAX_TOTAL_OCTETS", 1000)
    assert "is larger than any directory" in refused(
        zipped(tmp_path / "two.zip", {"a.csv": b"x" * 600, "b.csv": b"x" * 600})
    )
    monkeypatch.setattr(archive, "MAX_MEMBERS", 3)
    many = zipped(tmp_path / "many.zip", {f"{n}.csv": b"x" for n in range(4)})
    assert "holds more than 3 files" in refused(many)


def test_a_size_that_lies_helps_nobody(tmp_path: Path) -> None:
    """What counts is what comes out."""
    path = zipped(tmp_path / "lie.zip", {"a.csv": b"name\n" + b"A\n" * 5000})
    raw = path.read_bytes()
    at = raw.rindex(b"PK\x01\x02") + 24
    path.write_bytes(raw[:at] + (10).to_bytes(4, "little") + raw[at + 4 :])
    try:
        (found,) = collect(path)
    except ConfigError:
        return
    assert len(found.raw) <= 10


def test_paths_in_an_archive_are_names_and_nothing_else(tmp_path: Path) -> None:
    """Nothing is written, wherever they point."""
    outside = tmp_path / "outside.csv"
    path = zipped(tmp_path / "a.zip", {f"../../{outside.name}": b"name\nA\n", "C:\\x\\b.csv": b"name\nB\n"})
    before = sorted(tmp_path.rglob("*"))
    assert [(each.name, each.folder) for each in collect(path)] == [("outside.csv", ""), ("b.csv", "C:/x")]
    assert sorted(tmp_path.rglob("*")) == before


def test_an_archive_with_two_directories_is_not_mixed(tmp_path: Path) -> None:
    """The operator says which."""
    row = b"id,name,status\n1,A,active\n"
    path = zipped(tmp_path / "a.zip", {"full/services.csv": row, "simple/services.csv": row})
    with pytest.raises(ConfigError, match=r"several directories \(full, simple\)"):
        read(collect(path), Context("test", TODAY))


def test_a_locked_zip_is_refused(tmp_path: Path) -> None:
    """There is nobody to ask for a password."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        made.writestr("a.csv", "name\nA\n")
    raw = bytearray(buffer.getvalue())
    raw[6] |= 1
    raw[raw.rindex(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "locked.zip").write_bytes(bytes(raw))
    assert "damaged, locked" in refused(tmp_path / "locked.zip")
