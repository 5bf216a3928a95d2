"""Reads the folder of texts, and says everything that is wrong with it at once.

Called by ``texts.Texts.load`` only. The one module of this tier that opens files, and only at start:

    <folder>/<language>/<name>.txt     ``Subject: ...``, an empty line, the body
    <folder>/<language>/words.txt      ``key = text``; lines that start with ``#`` are comments
    <folder>/<language>/referrals.txt, names.txt      the same; each word stands in one of the three

UTF-8, with LF or CRLF; languages are RFC 5646 tags in lower case. A placeholder is ``{name}`` and nothing
cleverer: no format, no attribute, no other brace. What does not end in ``.txt`` is left alone, and so is
the folder ``reading`` (``reading_files``). Raises
``ConfigError``; each problem names file, line and remedy.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from relay.errors import ConfigError
from relay.mail.text_names import OPTIONAL, TEXTS, WORDS

ENGLISH = "en"
"""What every other language falls back to, text by text; so it has to be complete."""

WORDS_FILE = "words.txt"
WORDS_FILES = (WORDS_FILE, "referrals.txt", "names.txt")
READING_FOLDER = "reading"
PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
MAX_FILE_OCTETS = 65_536
"""A text is a page at most; twenty pages are a mistake in the folder."""

_SUBJECT = "Subject:"
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{2,8}){0,2}\Z")
_OPTIONAL_KEY = re.compile(rf"(?:{'|'.join(map(re.escape, OPTIONAL))})[A-Za-z_-]+\Z")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Template:
    """A text with its placeholders: paragraphs of lines, none of them empty."""

    subject: str
    paragraphs: tuple[tuple[str, ...], ...]


@dataclass(slots=True)
class Files:
    """What was read, by language and name; ``seen`` holds what was there, read or not, by its file name."""

    folder: Path
    languages: list[str] = field(default_factory=list)
    templates: dict[tuple[str, str], Template] = field(default_factory=dict)
    words: dict[tuple[str, str], str] = field(default_factory=dict)
    seen: set[tuple[str, str]] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)

    def add(self, what: str, place: Path, line: int = 0) -> None:
        """Note a problem; ``line`` counts from 1, 0 means the whole file."""
        name = (self.folder.name / place.relative_to(self.folder)).as_posix()
        self.problems.append(f"{name}{f':{line}' if line else ''}: {what}")


def read(folder: Path) -> Files:
    """Read all files of all languages. Raises ``ConfigError`` with every problem found."""
    files = Files(folder)
    for entry in _children(files, folder, folders=True):
        if entry.name == READING_FOLDER:
            continue
        if not _LANGUAGE.match(entry.name):
            files.add("is not named like a language; use a tag in lower case such as en or pt-br", entry)
            continue
        files.languages.append(entry.name)
        for file in _children(files, entry, folders=False):
            if file.suffix == ".txt":
                _read_file(files, entry.name, file)
    _check_english(files)
    if files.problems:
        raise ConfigError(tuple(files.problems))
    return files


def _children(files: Files, folder: Path, *, folders: bool) -> list[Path]:
    """The folders, or everything else, in a folder; no hidden ones."""
    try:
        found = [each for each in folder.iterdir() if each.is_dir() is folders]
    except OSError:
        files.add("cannot be read; it must be a folder that the relay may look into", folder)
        return []
    return sorted(each for each in found if not each.name.startswith("."))


def _read_file(files: Files, language: str, file: Path) -> None:
    if file.name not in WORDS_FILES and file.stem not in TEXTS:
        files.add(f"there is no text of this name{_did_you_mean(file.stem, TEXTS)}", file)
        return
    files.seen.add((language, file.name))
    lines = _lines(files, file)
    if lines is None:
        return
    for number, line in enumerate(lines, 1):
        if _CONTROL.search(line):
            files.add("holds a control character; use spaces and ordinary line ends", file, number)
    if file.name in WORDS_FILES:
        _read_words(files, language, file, lines)
    else:
        _read_template(files, language, file, lines)


def _lines(files: Files, file: Path) -> list[str] | None:
    """The lines of a file without white space at their ends, or ``None`` when it cannot be read as text."""
    try:
        with file.open("rb") as stream:
            octets = stream.read(MAX_FILE_OCTETS + 1)
    except OSError:
        files.add("cannot be read", file)
        return None
    if len(octets) > MAX_FILE_OCTETS:
        files.add(f"is larger than {MAX_FILE_OCTETS} octets; a text is a page at most", file)
        return None
    try:
        return [line.rstrip() for line in octets.decode("utf-8-sig").split("\n")]
    except UnicodeDecodeError as error:
        files.add("is not UTF-8; save it as UTF-8", file, octets.count(b"\n", 0, error.start) + 1)
        return None


def _read_template(files: Files, language: str, file: Path, lines: list[str]) -> None:
    subject = lines[0].removeprefix(_SUBJECT).strip()
    if not lines[0].startswith(_SUBJECT) or not subject:
        files.add(f"the first line is not '{_SUBJECT}' with a subject behind it", file, 1)
    if len(lines) > 1 and lines[1]:
        files.add("the line after the subject is not empty", file, 2)
    if not any(lines[1:]):
        files.add("there is no body", file, len(lines))
    _check_placeholders(files, file, 1, lines, TEXTS[file.stem])
    files.templates[language, file.stem] = Template(subject, _paragraphs(lines[1:]))


def _read_words(files: Files, language: str, file: Path, lines: list[str]) -> None:
    for number, line in enumerate(lines, 1):
        if not line or line.startswith("#"):
            continue
        key, _, text = (part.strip() for part in line.partition("="))
        if not (key and text):
            files.add("is not of the form 'key = text'", file, number)
        elif key not in WORDS and not _OPTIONAL_KEY.match(key):
            files.add(f"there is no word of this name{_did_you_mean(key, WORDS)}", file, number)
        elif (language, key) in files.words:
            files.add("this word stands twice in the files of this language", file, number)
        else:
            _check_placeholders(files, file, number, [text], WORDS.get(key, frozenset()))
            files.words[language, key] = text


def _check_placeholders(
    files: Files, file: Path, first: int, lines: list[str], known: frozenset[str]
) -> None:
    """Every known placeholder somewhere, no other one anywhere, no brace that is not part of one."""
    missing = set(known)
    for number, line in enumerate(lines, first):
        for name in PLACEHOLDER.findall(line):
            missing.discard(name)
            if name not in known:
                names = ", ".join(f"{{{each}}}" for each in sorted(known)) or "none"
                files.add(f"unknown placeholder {{{name}}}; here can stand: {names}", file, number)
        if not {"{", "}"}.isdisjoint(PLACEHOLDER.sub("", line)):
            files.add("a brace that is not part of a placeholder such as {service}", file, number)
    for name in sorted(missing):
        files.add(f"the placeholder {{{name}}} is missing", file, first)


def _check_english(files: Files) -> None:
    """Everything has an English version; what is there and could not be read was named already."""
    english = files.folder / ENGLISH
    for name in (*(f"{text}.txt" for text in TEXTS), WORDS_FILE):
        if (ENGLISH, name) not in files.seen:
            files.add("is missing; other languages fall back to English", english / name)
    missing = [key for key in WORDS if (ENGLISH, key) not in files.words]
    if len(missing) < len(WORDS):
        for key in missing:
            files.add(f"the word {key} is missing; other languages fall back to it", english / WORDS_FILE)


def _paragraphs(lines: list[str]) -> tuple[tuple[str, ...], ...]:
    paragraphs: list[list[str]] = [[]]
    for line in lines:
        if line:
            paragraphs[-1].append(line)
        elif paragraphs[-1]:
            paragraphs.append([])
    return tuple(tuple(paragraph) for paragraph in paragraphs if paragraph)


def _did_you_mean(name: str, names: Collection[str]) -> str:
    near = difflib.get_close_matches(name[:100], names, n=1)
    return f"; did you mean {near[0]}?" if near else ""
