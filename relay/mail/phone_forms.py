"""A public telephone number as somebody dials it: as it is printed where it belongs, and from elsewhere.

Called by ``entry_lines`` and ``crisis_lines`` for numbers of directories; never for a number of a person. Short
numbers (116 123, 988) and free ones (0800) work in their own country only, so no international form of them is made up.
Pure; what cannot be read stays as it was written.

Standards: ITU-T E.164 (international form), E.123 (spacing; by ``phonenumbers``).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberFormat, PhoneNumberType

from relay.domain.referrals import Phone


@dataclass(frozen=True, slots=True)
class Dialled:
    """``local``: in its country. ``abroad``: from others, when the reader may be there and it works from there.

    ``only_within``: it does not, and this is its country (empty when that is not known either).
    """

    local: str
    abroad: str = ""
    only_within: str | None = None


def dialled(phone: Phone, reader_in: Collection[str]) -> Dialled:
    """``reader_in``: countries where whoever reads it is; empty when nobody has said."""
    written = phone.number
    parsed = _parsed(written, phone.country)
    if parsed is None or not phonenumbers.is_valid_number(parsed):
        is_foreign = bool(phone.country) and phone.country not in reader_in
        return Dialled(written, only_within=phone.country if is_foreign and _is_short(written) else None)
    code = parsed.country_code
    home = phone.country if code == phonenumbers.country_code_for_region(phone.country or "ZZ") else ""
    local = _in(parsed, PhoneNumberFormat.NATIONAL) if written.startswith("+") else written
    if any(phonenumbers.country_code_for_region(each) == code for each in reader_in):
        return Dialled(local)
    is_free = phonenumbers.number_type(parsed) is PhoneNumberType.TOLL_FREE
    if is_free and code != _FREE_EVERYWHERE:
        return Dialled(local, only_within=home or phonenumbers.region_code_for_number(parsed) or "")
    return Dialled(local, _in(parsed, PhoneNumberFormat.INTERNATIONAL))


_FREE_EVERYWHERE = 800
"""The country code of universal international freephone numbers (ITU-T E.169.1)."""
_SHORT_DIGITS = 6


def _parsed(written: str, country: str) -> PhoneNumber | None:
    try:
        return phonenumbers.parse(written, country or None)
    except phonenumbers.NumberParseException:
        return None


def _is_short(written: str) -> bool:
    return not written.startswith("+") and sum(map(str.isdigit, written)) <= _SHORT_DIGITS


def _in(parsed: PhoneNumber, form: int) -> str:
    return str(phonenumbers.format_number(parsed, form))
