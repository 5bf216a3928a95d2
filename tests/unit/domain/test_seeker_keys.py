"""Whatever anybody sends, only who opens what the key in force opens turns encryption off or to another key."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from relay.domain.seeker_keys import (
    MOST_LETTERS,
    NO_KEY,
    WORD_LASTS,
    KeyStanding,
    SeekerKey,
    Turned,
    answered,
    leaves,
    may_write,
    needs_old_word,
    offered,
    withdrawn,
    wrote,
)

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
KEYS = st.sampled_from(["A", "B", "C"])


class Keys(RuleBasedStateMachine):
    """The model knows, of each word, which key opens it, and which words came back.

    ``Owner`` answers what they can open; ``mallory`` gives keys, asks to leave, and answers what her own key "C" opens.
    """

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.key: SeekerKey = NO_KEY
        self.opened_by: dict[str, str] = {}
        self.came: set[str] = set()
        self.agreed: set[str] = set()

    def _word(self, opened_by: str) -> str:
        word = f"KEY-{len(self.opened_by)}"
        self.opened_by[word] = opened_by
        return word

    @rule(fingerprint=KEYS)
    def gives(self, fingerprint: str) -> None:
        words = [self._word(fingerprint)]
        if needs_old_word(self.key, fingerprint):
            words.append(self._word(self.key.fingerprint))
        before = self.key.certificate
        self.key = offered(self.key, fingerprint.encode(), fingerprint, words, self.now)
        assert self.key.certificate == before

    @rule()
    def asks_to_leave(self) -> None:
        before = self.key.certificate
        if self.key.is_in_force:
            self.key = leaves(self.key, self._word(self.key.fingerprint), self.now)
        else:
            self.key = withdrawn(self.key)
        assert self.key.certificate == before

    @rule(can_open=st.sets(KEYS, min_size=1), guess=st.text(max_size=8))
    def answers(self, can_open: set[str], guess: str) -> None:
        """With every word that these keys open, old ones too, and with a guess."""
        words = {word for word, opens in self.opened_by.items() if opens in can_open}
        before = self.key
        self.key, turned = answered(before, {*words, guess}, self.now)
        self.came |= words
        if before.is_in_force and self.key.fingerprint != before.fingerprint:
            assert before.fingerprint in {self.opened_by[word] for word in self.came}
            assert turned in {Turned.ON, Turned.OFF}
        if before.is_in_force and self.key.certificate != before.certificate and turned is Turned.ON:
            assert self.key.fingerprint in {self.opened_by[word] for word in self.came}
        if before.is_in_force and before.fingerprint not in {self.opened_by[word] for word in self.came}:
            assert self.key.fingerprint == before.fingerprint

    @rule(hours=st.integers(min_value=1, max_value=24 * 20))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        if hours > 24 * 14:
            self.came.clear()

    @invariant()
    def standing_is_what_it_says(self) -> None:
        assert (self.key.standing is KeyStanding.IN_FORCE) is bool(self.key.certificate)


TestKeys = Keys.TestCase
TestKeys.settings = settings(max_examples=60, stateful_step_count=20, deadline=None)


def test_a_word_that_comes_too_late_proves_nothing() -> None:
    """Neither for a key nor for leaving."""
    late = NOW + WORD_LASTS
    key = offered(NO_KEY, b"A", "A", ["one"], NOW)
    assert answered(key, ["one"], late) == (key, Turned.NOTHING)
    on, turned = answered(key, ["one"], late - timedelta(seconds=1))
    assert (on.certificate, turned) == (b"A", Turned.ON)
    leaving = leaves(on, "two", NOW)
    assert answered(leaving, ["two"], late) == (leaving, Turned.NOTHING)
    assert answered(leaving, ["one"], NOW) == (leaving, Turned.NOTHING)
    off, turned = answered(leaving, ["two"], NOW)
    assert (off.certificate, turned) == (b"", Turned.OFF)


def test_letters_about_keys_have_an_end_in_a_day() -> None:
    """Somebody forges a hundred requests: the owner gets eight."""
    key = NO_KEY
    for _ in range(MOST_LETTERS):
        assert may_write(key, NOW)
        key = wrote(key, NOW)
    assert not may_write(key, NOW + timedelta(hours=23))
    assert may_write(key, NOW + timedelta(hours=24))
    assert len(wrote(key, NOW + timedelta(hours=24)).letters) == 1
