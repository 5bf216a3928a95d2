"""What stands in the place of ``!refer``, ``!insert`` and ``!read``: looked up in the daemon, as finished text.

An ``Inserter`` of ``desk.lookup``. The worker that reads the message cannot ask the store; it gets what is found here
as an ``Insertion`` for the command's line, or a sentence that says why nothing is sent. A place is only what the
counselor typed; the language is that of the conversation, the countries those of its queue.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from relay.domain.commands import Broken, Command, Insert, Offer, Read, Refer
from relay.domain.reading import MOST_TITLES
from relay.domain.referral_choice import Choice, Why, choose
from relay.domain.referral_question import parse
from relay.domain.referral_ranking import Ranked, Wanted
from relay.flow.desk.lookup import Inserter
from relay.flow.directory import Directory, find, numbered
from relay.flow.letters import Letters
from relay.flow.plan import Plan
from relay.flow.values import Known, Person
from relay.flow.views import Insertion
from relay.mail import notices_referrals, reading_lines
from relay.mail.crisis_lines import crisis_block
from relay.mail.entry_lines import entries
from relay.mail.texts import Texts

MOST_CHOSEN = 6
"""Entries that a counselor may choose by number for one reply."""

_NUMBERS = re.compile(r"(?:#\d{1,9}[ ,;]*)+\Z")
_COUNTRY = re.compile(r"(?:country[ :]+)?([A-Za-z]{2})\Z", re.IGNORECASE)
_CRISIS_USAGE = "!refer! country GB"


class Offering:
    """``directory``: the part of the store that keeps referrals. Answers in the languages of the conversation."""

    def __init__(self, directory: Directory, plan: Callable[[], Plan], texts: Texts) -> None:
        self._directory = directory
        self._plan = plan
        self._texts = texts

    async def insert(self, command: Command, known: Known) -> Insertion:
        """What a command comes to. May raise ``StoreTrouble``."""
        at = _At(known, self._plan(), self._texts)
        if isinstance(command, Refer) and command.offer is Offer.CRISIS:
            return at.crisis(command.question)
        if isinstance(command, Refer):
            return await self._refer(command, at)
        if isinstance(command, Broken):
            found = await self._directory.get([command.number])
            return at.broken(command.number, found[0].name if found else "")
        if isinstance(command, Insert):
            return at.text(command.text_id)
        assert isinstance(command, Read)
        return at.titles(command.question)

    async def _refer(self, command: Refer, at: _At) -> Insertion:
        is_preview = command.offer is Offer.PREVIEW
        if _NUMBERS.match(command.question):
            numbers = [int(each) for each in re.findall(r"\d+", command.question)]
            if len(numbers) > MOST_CHOSEN:
                return Insertion(0, refusal=at.word("refer.too-many", count=str(MOST_CHOSEN)))
            choice = await numbered(self._directory, numbers, at.today)
            return at.chosen(choice, Wanted(), numbers, is_preview=is_preview)
        asked = parse(command.question)
        spoken = asked.languages or (at.seekers.partition("-")[0],)
        found = await find(self._directory, replace(asked, languages=spoken), at.today)
        wanted = replace(found.wanted, languages=asked.languages)
        choice = choose(found.ranked, wanted, is_place_known=found.is_place_known)
        return at.chosen(choice, wanted, is_preview=is_preview)


def inserters_of(
    directory: Directory, plan: Callable[[], Plan], letters: Letters
) -> Mapping[type[Command], Inserter]:
    """What ``Lookup`` asks for each of these commands."""
    offering = Offering(directory, plan, letters.texts)
    return dict.fromkeys((Refer, Broken, Insert, Read), offering)


class _At:
    """One command in one mail: whose, to whom, and the words for both."""

    def __init__(self, known: Known, plan: Plan, texts: Texts) -> None:
        self._plan = plan
        self._texts = texts
        conversation = known.target.conversation
        counselor: Person | None = conversation.counselor if conversation else known.target.speaker
        self._language = counselor.language if counselor else plan.service.language
        self.seekers = conversation.language if conversation else self._language
        self._countries = plan.roster.countries_of(conversation.intake) if conversation else ()
        self.today: date = known.now.date()

    def word(self, key: str, **values: str) -> str:
        """For the counselor."""
        return self._texts.word(key, self._language, **values)

    def chosen(
        self, choice: Choice, wanted: Wanted, numbers: Sequence[int] = (), *, is_preview: bool
    ) -> Insertion:
        """Entries in place of the line, or the reason why not with what there is."""
        countries = wanted.countries or self._countries
        if choice.why is not None:
            why = notices_referrals.why(self._texts, self._language, choice, wanted, numbers)
            shown = () if choice.why is Why.GONE else self._preview(choice.entries, countries)
            lines = (why, *((self.word("refer.near"), *shown) if shown else ()))
            return Insertion(0, told=lines) if is_preview else Insertion(0, refusal="\n".join(lines))
        if is_preview:
            return Insertion(0, told=(self.word("refer.asked"), *self._preview(choice.entries, countries)))
        block = entries(self._texts, self.seekers, [each.referral for each in choice.entries], countries)
        warnings = [
            f"#{each.referral.number}  {line}"
            for each in choice.entries
            for line in notices_referrals.warning(self._texts, self._language, each)
        ]
        return self._sent(
            "refer.sent", block, warnings, tuple(each.referral.number for each in choice.entries)
        )

    def crisis(self, question: str) -> Insertion:
        """Where help is at once in a country."""
        found = _COUNTRY.match(question.strip())
        if found is None:
            return Insertion(0, refusal=self.word("refer.country", usage=_CRISIS_USAGE))
        code = found[1].upper()
        book = self._plan.crisis
        if not book.has(code):
            have = ", ".join(dict.fromkeys(line.country for line in book.lines)) or "-"
            return Insertion(0, refusal=self.word("refer.no-crisis", country=code, countries=have))
        return self._sent("refer.crisis-sent", crisis_block(self._texts, self.seekers, book, (code,)))

    def broken(self, number: int, name: str) -> Insertion:
        """The name of an entry, for the operator; its text is not for the seeker (``desk.referrals``)."""
        if not name:
            return Insertion(0, refusal=self.word("broken.unknown", number=f"#{number}"))
        return Insertion(0, text=name, told=(self.word("broken.told", number=f"#{number}", name=name),))

    def text(self, name: str) -> Insertion:
        """A whole text of the reading list."""
        shelf = self._plan.shelf
        reading = shelf.named(name, self.seekers)
        if reading is not None:
            return Insertion(
                0,
                reading_lines.whole(reading),
                told=(self.word("insert.sent", title=reading.title),),
                is_reading=True,
            )
        others = ", ".join(shelf.others(name))
        if others:
            return Insertion(0, refusal=self.word("insert.other-language", name=name, languages=others))
        names = ", ".join(sorted({each.name for each in shelf.readings}))
        return Insertion(0, refusal=self.word("insert.unknown", name=name, names=names or "-"))

    def titles(self, question: str) -> Insertion:
        """Up to three titles; a language at the end is that of the titles."""
        shelf = self._plan.shelf
        words, language = question.split(), self.seekers
        if len(words) > 1 and words[-1].lower() in shelf.languages():
            language = words.pop().lower()
        found = shelf.about(words, language)[:MOST_TITLES]
        if not found:
            return Insertion(0, refusal=self.word("read.nothing", tag=language))
        titles = reading_lines.titles(self._texts, language, found)
        return replace(self._sent("read.sent", titles), is_reading=True)

    def _preview(self, found: Sequence[Ranked], countries: Sequence[str]) -> tuple[str, ...]:
        return tuple(notices_referrals.preview(self._texts, self._language, self.seekers, found, countries))

    def _sent(self, key: str, block: str, also: Sequence[str] = (), given: tuple[int, ...] = ()) -> Insertion:
        told = (self.word(key), *notices_referrals.copy_of(block), *also)
        return Insertion(0, block, told=told, given=given)
