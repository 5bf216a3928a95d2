"""Telephone numbers of directories: as they are printed locally, with what they are for.

Called by the readers, and by ``checking`` for whether a number can be dialled in its country. A short number (116
123, 988) is a number like any other.

Standards: ITU-T E.164.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import phonenumbers
from phonenumbers import shortnumberinfo

from relay.domain.referrals import Phone, PhoneKind
from relay.referrals.findings import Reading, quoted
from relay.referrals.tables import Row
from relay.referrals.values import clean

_KINDS = {
    "": PhoneKind.VOICE, "voice": PhoneKind.VOICE, "cell": PhoneKind.VOICE, "mobile": PhoneKind.VOICE,
    "hotline": PhoneKind.VOICE, "phone": PhoneKind.VOICE, "tel": PhoneKind.VOICE, "landline": PhoneKind.VOICE,
    "toll free": PhoneKind.VOICE, "whatsapp": PhoneKind.TEXT, "video": PhoneKind.VOICE, "text": PhoneKind.TEXT,
    "sms": PhoneKind.TEXT, "textphone": PhoneKind.TEXTPHONE, "tty": PhoneKind.TEXTPHONE,
    "tdd": PhoneKind.TEXTPHONE, "fax": PhoneKind.FAX, "pager": PhoneKind.TEXT,
}  # fmt: skip
MIN_DIGITS = 3
NUMBER_CHARS = 40
"""A cell with more is a sentence with a number in it, which would be cut in the middle of something."""
_NOTE_CHARS = 120
_MAX_PHONES = 8


def kind_of(text: str) -> PhoneKind | None:
    """What a number is for, in the words of directories; ``None`` when the word is not known."""
    return _KINDS.get(text.strip().casefold())


def phone(row: Row, country: str, reading: Reading) -> Phone | None:
    """A row of phones; ``None`` when there is no number in it."""
    written = clean(row.get("number"), NUMBER_CHARS)
    if sum(map(str.isdigit, written)) < MIN_DIGITS:
        reading.bad(row.file, row.line, "number", f"{quoted(row.get('number'))} is no telephone number")
        return None
    kind = kind_of(row.get("type"))
    if kind is None:
        reading.note(
            row.file, row.line, "type", f"{quoted(row.get('type'))} is no kind of number; taken as voice"
        )
    extension = row.get("extension").strip()
    note = "; ".join(filter(None, (f"ext. {extension}" if extension else "", row.get("description"))))
    return Phone(written, country_of(written) or country, kind or PhoneKind.VOICE, clean(note, _NOTE_CHARS))


def without_doubles(phones: Iterable[Phone | None]) -> tuple[Phone, ...]:
    """Each number once for each thing that it is for."""
    found: dict[tuple[str, PhoneKind], Phone] = {}
    for each in phones:
        if each is not None:
            found.setdefault((re.sub(r"\D", "", each.number), each.kind), each)
    return tuple(found.values())[:_MAX_PHONES]


def country_of(written: str) -> str:
    """The country of a number that says so itself (``+44 …``)."""
    if not written.startswith("+"):
        return ""
    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(written)) or ""
    except phonenumbers.NumberParseException:
        return ""


def as_printed(written: str, country: str) -> str:
    """A number in E.164 as it is printed in its country; as it was written when it cannot be told.

    Lists that force short numbers into E.164 (``+44116123``) have made them undiallable; they are put back.
    """
    if not written.startswith("+"):
        return written
    try:
        parsed = phonenumbers.parse(written)
    except phonenumbers.NumberParseException:
        return written
    national = phonenumbers.national_significant_number(parsed)
    if phonenumbers.is_valid_number(parsed):
        own = phonenumbers.region_code_for_number(parsed)
        form = phonenumbers.PhoneNumberFormat
        return phonenumbers.format_number(parsed, form.NATIONAL if own == country else form.INTERNATIONAL)
    return national if country and _is_short(national, country) else written


def is_diallable(each: Phone) -> bool | None:
    """Whether a number is one in its country; ``None`` when the country is not known."""
    digits = re.sub(r"\D", "", each.number)
    if each.country and _is_short(digits, each.country):
        return True
    try:
        parsed = phonenumbers.parse(each.number, each.country or None)
    except phonenumbers.NumberParseException:
        return False if each.country or each.number.startswith("+") else None
    return phonenumbers.is_valid_number(parsed)


def _is_short(digits: str, country: str) -> bool:
    try:
        parsed = phonenumbers.parse(digits, country)
    except phonenumbers.NumberParseException:
        return False
    return shortnumberinfo.is_possible_short_number_for_region(
        parsed, country
    ) and shortnumberinfo.is_valid_short_number_for_region(parsed, country)
