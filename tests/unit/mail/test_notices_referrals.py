"""What counselors read about the directory: every sentence in every language, and warnings where they belong."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from relay.domain.referral_choice import Choice, Why
from relay.domain.referral_ranking import Ranked, Wanted, freshness
from relay.mail import commands, marks, notices_referrals
from relay.mail.referral_words import OFFER_WORDS
from relay.mail.texts import Texts
from relay.resources import folder
from tests.unit.mail.entry_samples import HUB, LINE

TEXTS = Texts.load(folder("templates"))
TODAY = date(2026, 11, 30)


def ranked(**changes: object) -> Ranked:
    entry = replace(HUB, **changes)  # type: ignore[arg-type]
    return Ranked(entry, None, freshness(entry, TODAY), ("housing",))


@pytest.mark.parametrize("language", TEXTS.languages)
@pytest.mark.parametrize("why", [each for each in Why if each is not Why.ASKED])
def test_every_doubt_has_a_sentence(language: str, why: Why) -> None:
    """With what it is about in it."""
    wanted = Wanted(place="Perth", languages=("de",))
    told = notices_referrals.why(TEXTS, language, Choice((ranked(),), why), wanted, (412, 7))
    shown = {Why.PLACE_UNKNOWN: "Perth", Why.PLACE_TWICE: "Perth", Why.PARTLY: "housing", Why.GONE: "#7"}
    assert shown.get(why, "") in told
    assert "{" not in told


def test_only_the_counselor_is_warned() -> None:
    """Of what is old or has no date; what is fresh has no warning."""
    assert list(notices_referrals.warning(TEXTS, "en", ranked())) == []
    (old,) = notices_referrals.warning(TEXTS, "en", ranked(verified=TODAY - timedelta(days=400)))
    assert old.startswith("(Last checked: October 2025.")
    (unknown,) = notices_referrals.warning(TEXTS, "en", ranked(verified=None))
    assert unknown.startswith("(Nobody knows when")


@pytest.mark.parametrize("language", TEXTS.languages)
def test_no_line_of_a_preview_reads_like_a_command(language: str) -> None:
    """Also when a directory tries to write one: a machine that sends it back asks for nothing."""
    hostile = ranked(name="!close", line="!block 30d", alert="\uff01spam", web="", cost_note="> !take")
    lines = list(
        notices_referrals.preview(
            TEXTS, language, language, [hostile, Ranked(LINE, None, freshness(LINE, TODAY))], ()
        )
    )
    found = commands.find(marks.clean("\n".join(lines)))
    assert isinstance(found, commands.Orders)
    assert not found.spoken
    assert "!refer #412 #97" in lines[-1]


def test_every_word_about_offers_is_said_somewhere() -> None:
    """Each key stands in the program."""
    source = "".join(
        path.read_text("utf-8") for path in Path("relay").rglob("*.py") if path.name != "referral_words.py"
    )
    assert [key for key in OFFER_WORDS if f'"{key}"' not in source] == []
