"""What a seeker reads of an entry: golden replies in every language, and what never stands in one."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.domain.crisis import INTERNATIONAL, CrisisBook, CrisisLine
from relay.domain.reading import Reading
from relay.domain.referrals import Hours, Opening, Phone, Referral
from relay.mail.crisis_lines import crisis_block
from relay.mail.entry_lines import entries, entry_lines, shown_web, tidied
from relay.mail.reading_lines import titles
from relay.mail.referral_words import ENTRY_WORDS
from relay.mail.texts import Texts
from relay.resources import folder
from tests.unit.mail.entry_samples import ALL, DOOR, HUB, LINE, OFFICE

TEXTS = Texts.load(folder("templates"))
GOLDEN = Path(__file__).parent / "golden_entries"
BOOK = CrisisBook(
    (
        CrisisLine("GB", "Samaritans", "116 123", about=(("en", "free, day and night"), ("de", "kostenlos"))),
        CrisisLine("GB", "Childline", web="https://www.childline.org.uk/?utm_source=x"),
        CrisisLine(INTERNATIONAL, "Befrienders Worldwide", web="https://befrienders.org/"),
    )
)
READING = Reading(
    "sleep-tips", "en", "Sleeping", ("sleep",), HUB.verified or HUB.verified, "text", "In short."
)  # type: ignore[arg-type]


def _reply(language: str) -> str:
    near = entries(TEXTS, language, ALL, ("GB",))
    far = entries(TEXTS, language, ALL, ("DE",))
    crisis = crisis_block(TEXTS, language, BOOK, ("GB",))
    shelf = titles(TEXTS, language, [READING])
    return (
        f"{near}\n\n=== elsewhere ===\n\n{far}\n\n=== crisis ===\n\n{crisis}\n\n=== reading ===\n\n{shelf}\n"
    )


@pytest.mark.parametrize("language", [tag for tag in TEXTS.languages if tag != "pt-br"])
def test_a_reply_is_word_for_word_the_golden_one(language: str, tmp_path: Path) -> None:
    """A changed word is seen by a person before it is sent. On a mismatch the actual reply is written beside it."""
    golden = GOLDEN / f"{language}.txt"
    reply = _reply(language)
    (tmp_path / "actual.txt").write_text(reply, "utf-8")
    assert reply == golden.read_text("utf-8"), f"see {tmp_path / 'actual.txt'}"


def test_there_is_a_golden_reply_for_every_language() -> None:
    """And none for a language that is gone."""
    assert {file.stem for file in GOLDEN.glob("*.txt")} == set(TEXTS.languages)


class _Recording(Texts):
    """Notes which words were asked for."""

    asked: set[str]

    def word(self, key: str, language: str, **values: str) -> str:
        self.asked.add(key)
        return super().word(key, language, **values)


def test_every_word_for_entries_is_used_by_one_of_these() -> None:
    """A word that no entry can show would be translated for nothing."""
    texts = _Recording(TEXTS.templates, TEXTS.words, TEXTS.languages)
    object.__setattr__(texts, "asked", set())
    odd = replace(
        DOOR,
        phones=(Phone("85258", "XX"),),
        cost_note="",
        hours=Hours((Opening((0, 1, 2, 3, 4, 5, 6), 540, 600),)),
    )
    for countries in (("GB",), ("DE",), ()):
        entries(texts, "en", (*ALL, odd), countries)
    crisis_block(texts, "en", BOOK, ("GB",))
    titles(texts, "en", [READING])
    assert ENTRY_WORDS.keys() - texts.asked == set()


def test_no_address_that_we_send_follows_its_reader() -> None:
    """Not the web address, and none that stands in a text of the directory."""
    for language in TEXTS.languages:
        reply = _reply(language)
        assert "utm_" not in reply
        assert "fbclid" not in reply
    assert "https://hub.example.org/join?group=3" in _reply("en")
    assert shown_web("www.x.example/?utm_id=4&a=1") == "www.x.example/?a=1"
    assert shown_web("javascript:alert(1)") == ""
    assert (
        tidied("See http://a.example/?gclid=3, or www.b.example?utm_term=c.")
        == "See http://a.example/, or www.b.example."
    )


def test_a_notice_is_always_there() -> None:
    """``alert`` says that something is not as usual: whoever does not read it goes to a closed door."""
    for language in TEXTS.languages:
        lines = entry_lines(TEXTS, language, HUB, ())
        assert any("2 Low Street" in line for line in lines)
    bare = Referral("s", "1", "Name", alert="Closed.")
    assert entry_lines(TEXTS, "en", bare, ()) == ("Name", "Please note: Closed.")


def test_a_number_is_given_as_it_is_dialled_where_the_reader_is() -> None:
    """At home as it is printed there; from abroad in full, unless it does not work from there."""
    home, abroad, unknown = ("\n".join(entry_lines(TEXTS, "en", HUB, c)) for c in (("GB",), ("DE",), ()))
    assert "Phone: 0113 496 0000\n" in home
    assert "+44" not in home
    for text in (abroad, unknown):
        assert "0113 496 0000 (from other countries: +44 113 496 0000)" in text
    line = "\n".join(entry_lines(TEXTS, "en", LINE, ("DE",)))
    assert "116 123 (only within this country: United Kingdom)" in line
    assert "+44" not in line
    assert "Phone: (650) 555-0123\n" in "\n".join(entry_lines(TEXTS, "en", OFFICE, ("US",)))


def test_hours_name_their_zone_only_for_readers_who_may_be_elsewhere() -> None:
    """The city where a country has one zone; else that it is the time there."""
    assert "time)" not in "\n".join(entry_lines(TEXTS, "en", HUB, ("GB",)))
    assert "(London time)" in "\n".join(entry_lines(TEXTS, "en", HUB, ("DE",)))
    assert "(local time there)" in "\n".join(entry_lines(TEXTS, "en", OFFICE, ("GB",)))
    assert "time" not in "\n".join(entry_lines(TEXTS, "en", LINE, ("DE",))).replace("mobiles", "")


def test_what_only_the_counselor_needs_is_not_in_it() -> None:
    """No number of an entry, no fax, no source."""
    reply = _reply("en")
    assert "412" not in reply
    assert "0113 496 0002" not in reply
    assert "directory" not in reply


def test_a_door_is_named_when_there_is_nothing_else() -> None:
    """And only then: an address is long."""
    assert "Address: 3 High Street, Leeds" in entry_lines(TEXTS, "en", DOOR, ())
    assert not [
        line
        for line in entry_lines(TEXTS, "en", replace(DOOR, web="https://d.example/"), ())
        if "High" in line
    ]


@given(
    st.builds(
        Referral,
        st.just("s"),
        st.just("1"),
        st.just("Name"),
        line=st.text(max_size=60),
        web=st.text(max_size=60),
        alert=st.text(max_size=60),
        cost_note=st.text(max_size=30),
        phones=st.lists(
            st.builds(Phone, st.text(min_size=1, max_size=20), st.sampled_from(["", "GB", "XX"])), max_size=3
        ).map(tuple),
        hours=st.builds(Hours, note=st.text(max_size=30)),
    )
)
def test_no_directory_makes_it_fail_or_adds_a_line_of_its_own(referral: Referral) -> None:
    """What a directory says stays on the line of its fact, whatever it is."""
    for language in TEXTS.languages:
        for line in entry_lines(TEXTS, language, referral, ()):
            assert not re.search(r"[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]", line)
