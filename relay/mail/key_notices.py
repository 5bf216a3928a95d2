"""What we write about OpenPGP keys of seekers and of the line: the other half of ``notices``, with the same promises.

A function is named after the file in ``templates`` that it fills in. Which of them leave encrypted is for
``flow.seeker_keys`` to see to; the texts that may leave in clear say nothing of anybody.
"""

from __future__ import annotations

from typing import Final

from relay.mail.texts import Text, Texts

OFF_WORD: Final = "NO KEY"
"""One word in all languages, as for a counselor's answers; those of ``key_words`` do as well."""


def seeker_key_confirm(texts: Texts, language: str, service_name: str, code: str) -> Text:
    """To be read with the key that was given: the word to answer with."""
    return texts.render("seeker-key-confirm", language, service=service_name, code=code)


def seeker_key_change(texts: Texts, language: str, service_name: str, code: str) -> Text:
    """To be read with the key in force: somebody gives another one."""
    return texts.render("seeker-key-change", language, service=service_name, code=code)


def seeker_key_on(texts: Texts, language: str, service_name: str) -> Text:
    """From now on everything is encrypted."""
    return texts.render("seeker-key-on", language, service=service_name, word=OFF_WORD)


def seeker_key_half(texts: Texts, language: str) -> Text:
    """One of the two words has come back."""
    return texts.render("seeker-key-half", language)


def seeker_key_leave(texts: Texts, language: str, service_name: str, code: str) -> Text:
    """To be read with the key in force: somebody asks for mail in clear."""
    return texts.render("seeker-key-leave", language, service=service_name, code=code)


def seeker_key_off(texts: Texts, language: str) -> Text:
    """From now on everything is in clear."""
    return texts.render("seeker-key-off", language)


def seeker_key_not(texts: Texts, language: str, refusal: str) -> Text:
    """A key was not taken; ``refusal``: of ``text_names.KEY_REFUSALS``. What was, goes on."""
    cause = texts.word(f"key-not.{refusal}", texts.language_of("seeker-key-not", language))
    return texts.render("seeker-key-not", language, cause=cause)


def seeker_key_waits(texts: Texts, language: str) -> Text:
    """Something for a seeker waits because it cannot be encrypted to them; in clear, without a word of anybody."""
    return texts.render("seeker-key-waits", language)


def line_key(texts: Texts, language: str, service_name: str) -> Text:
    """The line's own key, attached."""
    return texts.render("line-key", language, service=service_name)


def counselor_seeker_key(texts: Texts, language: str, pseudonym: str) -> Text:
    """A counselor's answer waits because it cannot be encrypted to the seeker."""
    return texts.render("counselor-seeker-key", language, pseudonym=pseudonym)


def operator_cipher(texts: Texts, language: str, reason: str, cause: str, entry_ref: str) -> Text:
    """A message is held because it cannot be encrypted. ``cause``: of ``text_names.CIPHER_CAUSES``."""
    spoken = texts.language_of("operator-cipher", language)
    return texts.render(
        "operator-cipher",
        language,
        reason=texts.word(f"reason.{reason}", spoken),
        cause=texts.word(f"cipher.{cause}", spoken),
        entry=entry_ref,
    )


def operator_notice_kept(texts: Texts, language: str, cause: str) -> Text:
    """A notice of ours cannot be encrypted to its reader, and is kept until it can."""
    spoken = texts.language_of("operator-notice-kept", language)
    return texts.render("operator-notice-kept", language, cause=texts.word(f"cipher.{cause}", spoken))


def operator_key_trouble(texts: Texts, language: str, cause: str) -> Text:
    """What a seeker asked about their key could not be done."""
    spoken = texts.language_of("operator-key-trouble", language)
    return texts.render("operator-key-trouble", language, cause=texts.word(f"cipher.{cause}", spoken))
