"""Words about keys as people write them: recognised when they stand alone, and left to a human when not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.mail import autocrypt, content, key_words
from relay.mail.key_words import KeyWord
from relay.mail.parse import parse


def _content(text: str) -> content.Content:
    return content.Content(text, ())


KEY = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmDMEX\n-----END PGP PUBLIC KEY BLOCK-----"


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("KEY", KeyWord.GIVEN), ("Key.", KeyWord.GIVEN), ("my key:", KeyWord.GIVEN), ("\n\n  My\u00a0Key!\n", KeyWord.GIVEN),
        ("Mein Schlüssel", KeyWord.GIVEN), ("SCHLUESSEL", KeyWord.GIVEN), ("Ma clé", KeyWord.GIVEN), ("ma cle", KeyWord.GIVEN),
        ("Clave", KeyWord.GIVEN), ("مفتاحي", KeyWord.GIVEN), ("“KEY”", KeyWord.GIVEN), ("🔑 Key", KeyWord.GIVEN),
        ("KEY?", KeyWord.ASKED), ("Key ?", KeyWord.ASKED), ("¿Tu clave?", KeyWord.ASKED), ("Votre clé ?", KeyWord.ASKED),
        ("Euer Schlüssel?", KeyWord.ASKED), ("مفتاحكم؟", KeyWord.ASKED),
        ("no key", KeyWord.UNWANTED), ("NO KEY.", KeyWord.UNWANTED), ("Kein Schlüssel", KeyWord.UNWANTED),
        ("Sans clé", KeyWord.UNWANTED), ("بدون تشفير", KeyWord.UNWANTED),
        ("My key is lost", None), ("the key", None), ("No key?", None), ("key key", None), ("", None),
        ("Is this the key?", None), ("KEY-", KeyWord.GIVEN),
    ],
)  # fmt: skip
def test_a_first_line_that_is_a_word_and_nothing_else(text: str, word: KeyWord | None) -> None:
    """Phones capitalise, decorate and correct; a sentence is never a word."""
    assert key_words.said(_content(text)).word is word


def test_quotes_and_signatures_are_not_what_somebody_says() -> None:
    """Nor is a word in them."""
    below = "\n\nOn Mon, 23 Nov 2026 at 13:00, Robin <x@relay.test> wrote:\n> KEY\n> no key\n"
    assert key_words.said(_content(f"Key{below}")) == key_words.Said(KeyWord.GIVEN, "")
    assert key_words.said(_content(f"Hello.{below}")).word is None
    assert key_words.said(_content("Key\n\n-- \nSam Lee\n")).rest == ""
    assert key_words.said(_content("Key\n\nAnd more.")).rest == "And more."


@given(
    st.text("0123456789abcdefghjkmnpqrstvwxyz", min_size=20, max_size=20),
    st.sampled_from(["", "> ", "Code: ", "(", "\t"]),
)
def test_a_code_comes_back_whatever_a_mail_program_puts_around_it(token: str, before: str) -> None:
    """In lower case, in a quote, at the end of a sentence."""
    code = key_words.code_of(token)
    for written in (code, code.lower(), f"{code}."):
        assert key_words.codes(f"Hello\n{before}{written}\nBye") == (code,)
        assert code not in key_words.without_codes(f"x {written} y").upper()


def test_codes_alone_say_nothing_more() -> None:
    """Alone, in a quote, with a greeting of a machine; words of a person's own are words."""
    code = key_words.code_of("0123456789abcdefghjk")
    quote = f"\n\nOn Mon, 23 Nov 2026 at 13:00, Robin <x@relay.test> wrote:\n> Answer.\n>\n> {code}\n"
    for text in (code, f"{code}\n\n-- \nSam\n", quote, f"{code}{quote}", f"\n{code.lower()} .\n"):
        assert key_words.is_empty_beside(_content(text)), text
    for text in ("", "Hello.", f"{code} and hello", f"Hello.{quote}"):
        assert not key_words.is_empty_beside(_content(text)), text


def test_keys_are_found_by_what_they_are() -> None:
    """Attached under any usual name, or in the text; other files, also armoured ones, are no keys."""

    def mail(attached: str, kind: str, name: str, text: str = "KEY") -> tuple[bytes, ...]:
        raw = (
            f'From: a@b.test\nContent-Type: multipart/mixed; boundary="b"\n\n--b\n\n{text}\n--b\n'
            f'Content-Type: {kind}\nContent-Disposition: attachment; filename="{name}"\n\n{attached}\n--b--\n'
        )
        parsed = parse(raw.encode())
        return key_words.keys_in(parsed, content.read(parsed))

    for kind, name in (
        ("application/pgp-keys", "x"),
        ("text/plain", "key.asc"),
        ("application/octet-stream", "k.pub"),
    ):
        assert len(mail(KEY, kind, name)) == 1
    assert mail(KEY, "application/pgp-keys", "x", f"KEY\n{KEY.replace('mDMEX', 'mDMEY')}")[1:]
    assert len(mail(KEY, "application/pgp-keys", "x", f"KEY\n{KEY}\n")) in {1, 2}
    for attached in (
        "-----BEGIN PGP PRIVATE KEY BLOCK-----\nx",
        "-----BEGIN PGP MESSAGE-----\nx",
        "words",
        "",
    ):
        assert mail(attached, "application/pgp-keys", "key.asc") == ()
    assert mail(KEY, "image/png", "x.png") == ()
    assert mail(KEY + "x" * key_words.MAX_KEY_OCTETS, "application/pgp-keys", "x") == ()


@pytest.mark.parametrize(
    ("value", "is_key"),
    [
        ("addr=sam@mail.test; prefer-encrypt=mutual; keydata=mDME", True),
        ("addr=SAM@mail.test; prefer-encrypt=mutual; _x=1; keydata=mD\n ME", True),
        ("addr=sam@mail.test; keydata=mDME", False),
        ("addr=kim@mail.test; prefer-encrypt=mutual; keydata=mDME", False),
        ("addr=sam@mail.test; prefer-encrypt=mutual; x=1; keydata=mDME", False),
        ("addr=sam@mail.test; prefer-encrypt=mutual; keydata=m?", False),
        ("addr=sam@mail.test; prefer-encrypt=mutual", False),
        ("addr=sam@mail.test; addr=sam@mail.test; prefer-encrypt=mutual; keydata=mDME", False),
        ("addr=sam@mail.test; prefer-encrypt=mutual; keydata=" + "AAAA" * 4_000, False),
    ],
)
def test_a_header_gives_a_key_when_it_is_the_author_s_and_they_wish_it(value: str, is_key: bool) -> None:
    """As the standard says; and two fields that could both count give none."""
    one = parse(f"From: sam@mail.test\nAutocrypt: {value}\n\nx\n".encode())
    assert bool(autocrypt.key_of(one, "sam@mail.test")) is is_key
    two = parse(f"From: sam@mail.test\nAutocrypt: {value}\nAutocrypt: {value}\n\nx\n".encode())
    assert autocrypt.key_of(two, "sam@mail.test") == b""
