"""Texts of our own, checked when they were read, and filled in by name.

Used by ``notices`` and ``moments``; loaded at start by the composition root and by each worker process.

Values are put in once and never looked at again, so that a value that looks like a placeholder stays
what it is. A line that is empty once filled in vanishes, and a paragraph of such lines with it: an
optional block leaves no hole. A value that runs the other way than its text is set apart (``bidi``).
A text or word that a language lacks is given in English (``de-at``, then ``de``, then ``en``), and
``gaps`` lists it. After ``load`` nothing here fails for want of a text.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from relay.mail import text_files
from relay.mail.bidi import set_apart
from relay.mail.text_files import ENGLISH, PLACEHOLDER, WORDS_FILE, Template
from relay.mail.text_names import CITY, TEXTS, WORDS


@dataclass(frozen=True, slots=True, repr=False)
class Text:
    """One notice as its reader will see it: a subject of one line, a body with LF between its lines."""

    subject: str
    body: str

    def __repr__(self) -> str:
        return f"Text({len(self.body)} characters)"


@dataclass(frozen=True, slots=True, eq=False)
class Texts:
    """All texts and words, by language and name."""

    templates: Mapping[tuple[str, str], Template]
    words: Mapping[tuple[str, str], str]
    languages: tuple[str, ...]

    @classmethod
    def load(cls, folder: Path) -> Texts:
        """Read and check a folder of texts. Raises ``ConfigError`` with every problem found."""
        files = text_files.read(folder)
        return cls(files.templates, files.words, tuple(files.languages))

    def language_of(self, name: str, language: str) -> str:
        """The language in which ``render`` gives this text to a reader of ``language``."""
        return _nearest(self.templates, name, language)

    def language_of_word(self, key: str, language: str) -> str:
        """The language in which ``word`` gives this one."""
        return _nearest(self.words, key, language)

    def render(self, name: str, language: str, **values: str) -> Text:
        """Fill in a text. A line end in the subject becomes a space.

        Raises ``ValueError`` (without any value) unless ``values`` are exactly its placeholders.
        """
        _check(name, TEXTS[name], values)
        spoken = self.language_of(name, language)
        values = {each: set_apart(value, spoken) for each, value in values.items()}
        template = self.templates[spoken, name]
        paragraphs = (
            "\n".join(filter(None, (_fill(line, values) for line in lines))) for lines in template.paragraphs
        )
        return Text(" ".join(_fill(template.subject, values).split()), "\n\n".join(filter(None, paragraphs)))

    def word(self, key: str, language: str, **values: str) -> str:
        """Fill in a small string. Raises ``ValueError`` as ``render`` does."""
        _check(key, WORDS[key], values)
        spoken = _nearest(self.words, key, language)
        return _fill(
            self.words[spoken, key], {each: set_apart(value, spoken) for each, value in values.items()}
        )

    def city(self, name: str, language: str) -> str:
        """What a language calls a city of the time zone database (``New_York``)."""
        return self.named(CITY, name, language) or name.replace("_", " ")

    def named(self, prefix: str, name: str, language: str) -> str:
        """What a language calls something (``OPTIONAL``), else English; empty when neither has a name for it."""
        keys = ((tag, prefix + name) for tag in _tags(language))
        return next((self.words[key] for key in keys if key in self.words), "")

    def gaps(self) -> tuple[str, ...]:
        """What is given in English for want of a translation, as ``de/operator-held.txt``."""
        texts = (
            (f"{tag}/{name}.txt", (tag, name) in self.templates) for tag in self.languages for name in TEXTS
        )
        words = (
            (f"{tag}/{WORDS_FILE}: {key}", (tag, key) in self.words)
            for tag in self.languages
            for key in WORDS
        )
        return tuple(sorted(gap for gap, is_there in (*texts, *words) if not is_there))


def _tags(language: str) -> tuple[str, ...]:
    tag = language.lower()
    return tag, tag.partition("-")[0], ENGLISH


def _nearest(table: Collection[tuple[str, str]], name: str, language: str) -> str:
    return next(tag for tag in _tags(language) if (tag, name) in table)


def _check(name: str, placeholders: frozenset[str], values: Mapping[str, str]) -> None:
    if values.keys() != placeholders:
        raise ValueError(f"{name} takes {sorted(placeholders)}, not {sorted(values)}")


def _fill(line: str, values: Mapping[str, str]) -> str:
    return PLACEHOLDER.sub(lambda found: values[found[1]], line).strip("\r\n").rstrip()
