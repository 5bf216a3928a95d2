"""What we author when a seeker has written one of ``seeker_words``: to them, to the counselor, to whoever must act.

The other half of ``notices``, with the same promises: a notice names nobody, shows nobody's address, and holds no word
of a received message but a telephone number for those who call. Confirmations begin with the word in the reader's own
language, so that somebody who did not write it sees what was done in their name. The one for ``QUIET`` says nothing
that a stranger at the mailbox could not read.
"""

from __future__ import annotations

from datetime import datetime

from relay.mail.moments import when_in_words
from relay.mail.notices import languages_offered, other_languages, with_help, words_offered
from relay.mail.seeker_tables import OWN_NAMES, Word
from relay.mail.texts import Text, Texts

# --- to a seeker; ``crisis`` as in ``notices.acknowledgement`` -----------------------------------------


def said(texts: Texts, name: str, language: str, word: Word) -> str:
    """How the text ``name`` calls a word, in the language that it is given in."""
    return texts.word(f"say.{word.value}", texts.language_of(name, language))


def stopped(texts: Texts, language: str, crisis: str = "") -> Text:
    """They want no more mail; this is the last."""
    name = "seeker-stopped"
    return with_help(texts, name, language, word=said(texts, name, language, Word.STOP), crisis=crisis)


def forgotten(texts: Texts, language: str, crisis: str = "") -> Text:
    """They wanted to be forgotten and are; this is the last."""
    name = "seeker-forgotten"
    return with_help(texts, name, language, word=said(texts, name, language, Word.FORGET), crisis=crisis)


def not_here(texts: Texts, language: str, service_name: str, word: Word, crisis: str = "") -> Text:
    """Nothing can be stopped or erased from a public address, where anybody may write under any name."""
    name = "seeker-not-here"
    return with_help(
        texts, name, language, word=said(texts, name, language, word), service=service_name, crisis=crisis
    )


def other(texts: Texts, language: str, crisis: str = "") -> Text:
    """Somebody else will answer."""
    name = "seeker-other"
    return with_help(texts, name, language, word=said(texts, name, language, Word.OTHER), crisis=crisis)


def other_not(texts: Texts, language: str, service_name: str, crisis: str = "") -> Text:
    """Nobody can be chosen at this line."""
    name = "seeker-other-not"
    word = said(texts, name, language, Word.OTHER)
    return with_help(texts, name, language, word=word, service=service_name, crisis=crisis)


def language_changed(texts: Texts, language: str, crisis: str = "") -> Text:
    """Our notes come in ``language`` from now on."""
    return with_help(texts, "seeker-language", language, crisis=crisis)


def languages(texts: Texts, language: str, crisis: str = "") -> Text:
    """The languages that there are, each in its own words."""
    listed = "\n".join(languages_offered(texts).values())
    return with_help(texts, "seeker-languages", language, languages=listed, crisis=crisis)


def urgent(texts: Texts, language: str, service_name: str, crisis: str = "") -> Text:
    """Their message comes first, and where help is sooner than by mail."""
    name = "seeker-urgent"
    word = said(texts, name, language, Word.URGENT)
    return with_help(texts, name, language, word=word, service=service_name, crisis=crisis)


def quiet(texts: Texts, language: str, hours: tuple[str, str, str] | None = None) -> Text:
    """Mail to them looks neutral from now on. ``hours``: start and end (``HH:MM``) and the zone, when some were set."""
    name = "seeker-quiet"
    if hours is None:
        return texts.render(name, language, hours="")
    start, end, zone = hours
    spoken = texts.language_of(name, language)
    word = said(texts, name, language, Word.QUIET)
    sentence = texts.word(
        "quiet-hours", spoken, start=start, end=end, zone=zone_in_words(texts, spoken, zone), word=word
    )
    return texts.render(name, language, hours=sentence)


def quiet_off(texts: Texts, language: str) -> Text:
    """Mail to them looks as usual again."""
    return texts.render("seeker-quiet-off", language)


def call(
    texts: Texts,
    language: str,
    service_name: str,
    calls_at: datetime | None,
    zone: str,
    now: datetime,
    crisis: str = "",
    *,
    has_number: bool = True,
) -> Text:
    """When they are called, or that their number is needed first. ``calls_at``: ``now`` while calls are made."""
    name = "seeker-call" if has_number else "seeker-call-number"
    when = calls_in_words(texts, texts.language_of(name, language), calls_at, zone, now)
    word = said(texts, name, language, Word.CALL)
    return with_help(texts, name, language, word=word, service=service_name, when=when, crisis=crisis)


def calls_in_words(texts: Texts, language: str, calls_at: datetime | None, zone: str, now: datetime) -> str:
    """When calls are made, as a sentence. ``calls_at`` as for ``call``."""
    if calls_at is None:
        return texts.word("calls-unknown", language)
    if calls_at <= now:
        return texts.word("calls-now", language)
    return texts.word("calls-next", language, when=when_in_words(texts, language, calls_at, now, zone))


def call_word(texts: Texts, language: str) -> str:
    """What a seeker writes, with a number, to be called."""
    return texts.word(f"say.{Word.CALL.value}", language)


def call_not(texts: Texts, language: str, service_name: str, crisis: str = "") -> Text:
    """This line calls nobody; who answers by telephone."""
    name = "seeker-call-not"
    word = said(texts, name, language, Word.CALL)
    return with_help(texts, name, language, word=word, service=service_name, crisis=crisis)


def explained(
    texts: Texts,
    language: str,
    service_name: str,
    crisis: str = "",
    *,
    can_change: bool = True,
    calls: bool = True,
) -> Text:
    """All words that do something here. ``can_change``: ``OTHER`` does; ``calls``: ``CALL ME`` does."""
    name = "seeker-help"
    spoken = texts.language_of(name, language)
    missing = {Word.OTHER: not can_change, Word.CALL: not calls}
    words = words_offered(texts, spoken, [word for word in Word if not missing.get(word)])
    return with_help(
        texts,
        name,
        language,
        service=service_name,
        words=words,
        others=other_languages(texts, spoken),
        crisis=crisis,
    )


def discreet_name(texts: Texts, language: str) -> str:
    """The name that mail to somebody who asked for discretion is from, where the operator has chosen none."""
    return texts.word("discreet-name", language)


def discreet_subject(texts: Texts, language: str) -> str:
    """The subject of all such mail."""
    return texts.word("discreet-subject", language)


def zone_in_words(texts: Texts, language: str, zone: str) -> str:
    """A time zone as people name it: the city of the zone database, or the distance from UTC."""
    area, slash, city = zone.rpartition("/")
    return texts.city(city, language) if slash and area != "Etc" else zone


# --- to a counselor; ``pseudonym`` is the seeker's ------------------------------------------------------


def counselor_stopped(texts: Texts, language: str, pseudonym: str) -> Text:
    """The seeker wants no more mail."""
    return texts.render("counselor-stopped", language, pseudonym=pseudonym)


def counselor_erased(texts: Texts, language: str, pseudonym: str) -> Text:
    """The conversation is no more."""
    return texts.render("counselor-erased", language, pseudonym=pseudonym)


def counselor_not_wanted(texts: Texts, language: str, pseudonym: str) -> Text:
    """A reply to somebody who wants no more mail."""
    return texts.render("counselor-not-wanted", language, pseudonym=pseudonym)


def counselor_other(texts: Texts, language: str, pseudonym: str) -> Text:
    """The seeker goes on with somebody else."""
    return texts.render("counselor-other", language, pseudonym=pseudonym)


def hint(texts: Texts, language: str, which: str) -> str:
    """A line below a seeker's words: ``stop``, ``urgent``, ``risk``, ``other`` or ``call``."""
    return texts.word(f"hint-{which}", language)


def hint_language(texts: Texts, language: str, asked: str) -> str:
    """A line below a seeker's words: our notes to them are in another language now. ``asked``: its tag."""
    own_name = OWN_NAMES.get(asked.partition("-")[0], asked)
    return texts.word("hint-language", language, asked=own_name)


# --- to whoever must act ----------------------------------------------------------------------------------


def operator_urgent(texts: Texts, language: str, pseudonym: str, *, by_list: bool) -> Text:
    """A message is urgent, by its author's word or by the operator's own list."""
    name = "operator-urgent"
    key = "urgent-by-list" if by_list else "urgent-by-word"
    return texts.render(
        name, language, cause=texts.word(key, texts.language_of(name, language)), pseudonym=pseudonym
    )


def desk_call(texts: Texts, language: str, pseudonym: str, number: str) -> Text:
    """The phone desk is asked to call somebody."""
    return texts.render("desk-call", language, pseudonym=pseudonym, number=number)


def desk_call_wanted(texts: Texts, language: str, pseudonym: str, *, has_number: bool) -> Text:
    """The phone desk hears that a counselor wants a call. ``has_number``: a task with the number came before."""
    name = "desk-call-wanted"
    key = "call.desk-has-number" if has_number else "call.desk-waits"
    return texts.render(
        name, language, pseudonym=pseudonym, number=texts.word(key, texts.language_of(name, language))
    )


def desk_call_over(texts: Texts, language: str, pseudonym: str, *, is_done: bool) -> Text:
    """The phone desk has nothing more to do: the call was made, or is not wanted any more."""
    name = "desk-call-over"
    key = "call.desk-done" if is_done else "call.desk-not"
    cause = texts.word(key, texts.language_of(name, language))
    return texts.render(name, language, pseudonym=pseudonym, cause=cause)


def feedback_unread(texts: Texts, language: str, status: str) -> Text:
    """To whoever wrote more than two answers, or none that is clear, where nobody reads: what became of it.

    ``status``: ``counted``, ``already`` or ``unclear``.
    """
    name = "seeker-feedback"
    spoken = texts.language_of(name, language)
    return with_help(texts, name, language, status=texts.word(f"feedback.{status}", spoken), crisis="")
