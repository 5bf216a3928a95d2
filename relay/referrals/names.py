"""Languages and countries by name or code.

Called by the readers. A language that is not in the list stays as it was written, in small letters; a country that is
not known is no country, because numbers and places are looked up by it.

Standards: ISO 639-1, ISO 3166-1 alpha-2 (names from the time zone database).
"""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.resources import files

from relay.referrals.values import clean

_LANGUAGES = """
ar arabic arabisch العربية ara|am amharic amh|bg bulgarian bul|bn bengali bangla ben|bs bosnian bos
ca catalan cat|cs czech cze ces|cy welsh cymraeg wel cym|da danish dan dansk|de german deutsch ger deu
el greek gre ell|en english eng englisch inglés anglais|es spanish español espanol spa spanisch castellano
et estonian est|eu basque baq eus|fa farsi persian dari per fas|fi finnish fin
fr french français francais fre fra französisch|ga irish gle|gu gujarati guj|he hebrew heb|hi hindi hin
hr croatian hrv|hu hungarian hun|hy armenian arm hye|id indonesian ind|it italian italiano ita italienisch
ja japanese jpn|ka georgian geo kat|km khmer khm|ko korean kor|ku kurdish kur kurmanji sorani
lt lithuanian lit|lv latvian lav|mk macedonian mac mkd|ml malayalam mal|mr marathi mar|ms malay may msa
my burmese bur mya|ne nepali nep|nl dutch nederlands dut nld|no norwegian nor norsk|pa punjabi panjabi pan
pl polish polski pol polnisch|ps pashto pus|pt portuguese português portugues por
ro romanian rum ron rumänisch|ru russian rus russisch|rw kinyarwanda kin|si sinhala sin|sk slovak slo slk
sl slovenian slv|so somali som|sq albanian alb sqi|sr serbian srp|sv swedish swe svenska|sw swahili swa
ta tamil tam|te telugu tel|th thai tha|ti tigrinya tir|tl tagalog filipino tgl fil
tr turkish türkçe turkce tur türkisch|uk ukrainian ukr|ur urdu urd|vi vietnamese vie|yi yiddish yid
yo yoruba yor|zh chinese mandarin chi zho cmn|yue cantonese|zu zulu zul|bfi bsl|ase asl
"""
_LANGUAGE_CODES = {
    name: line.split()[0] for line in re.split(r"[|\n]", _LANGUAGES.strip()) for name in line.split()
}
_IN_BRACKETS = re.compile(r"([^()]+?)\s*\(([^()]+)\)\Z")
_LANGUAGE_CHARS = 40
_CODE_CHARS = 3
_CODE = re.compile(r"([a-z]{2,3})(?:[-_][A-Za-z0-9]{2,8})*\Z")

_ALSO_COUNTRIES = {
    "uk": "GB", "great britain": "GB", "united kingdom": "GB", "usa": "US", "united states of america": "US",
    "deutschland": "DE", "österreich": "AT", "schweiz": "CH", "suisse": "CH", "españa": "ES", "éire": "IE",
    "republic of ireland": "IE", "holland": "NL", "czech republic": "CZ", "turkey": "TR", "korea": "KR",
    "south korea": "KR", "russian federation": "RU", "viet nam": "VN", "méxico": "MX", "brasil": "BR", "italia": "IT",
}  # fmt: skip

_WORLDWIDE = {
    "worldwide", "global", "globally", "international", "internationally", "anywhere", "everywhere", "weltweit",
    "mundial", "all countries",
}  # fmt: skip
_NATIONAL = {"national", "nationwide", "countrywide", "bundesweit", "nacional", "nationally", "whole country"}


def language(text: str) -> str:
    """The code of a language, or its name in small letters."""
    folded = text.strip().casefold()
    if folded in _LANGUAGE_CODES:
        return _LANGUAGE_CODES[folded]
    if found := _IN_BRACKETS.match(folded):
        inner, outer = language(found[2]), language(found[1])
        return inner if inner in _LANGUAGE_CODES.values() else outer
    if (found := _CODE.match(folded)) and found[1] in _LANGUAGE_CODES:
        return _LANGUAGE_CODES[found[1]]
    first = folded.partition(" ")[0]
    return _LANGUAGE_CODES.get(first, folded) if len(first) > _CODE_CHARS else folded


def languages(names: tuple[str, ...]) -> tuple[str, ...]:
    """Several, each once."""
    known = (language(clean(name, _LANGUAGE_CHARS)) for name in names)
    return tuple(dict.fromkeys(each for each in known if each))


def country(text: str) -> str:
    """The code of a country, or nothing."""
    folded = text.strip().casefold()
    code = _countries().get(folded, "")
    return folded.upper() if not code and folded.upper() in _codes() else code


def country_name(code: str) -> str:
    """The English name of a country with its code; the code where there is no name."""
    name = _table().get(code)
    return f"{name} ({code})" if name else code


def is_worldwide(area: str) -> bool:
    """Whether the name of a service area means everywhere."""
    return area.strip().casefold() in _WORLDWIDE


def is_national(area: str) -> bool:
    """Whether it means a whole country without naming it."""
    return area.strip().casefold() in _NATIONAL


@lru_cache(maxsize=1)
def _codes() -> frozenset[str]:
    return frozenset(_countries().values())


@lru_cache(maxsize=1)
def _countries() -> dict[str, str]:
    """Codes by name, in small letters."""
    return {name.casefold(): code for code, name in _table().items()} | _ALSO_COUNTRIES


@lru_cache(maxsize=1)
def _table() -> dict[str, str]:
    """Names by code."""
    table = files("tzdata.zoneinfo").joinpath("iso3166.tab").read_text("utf-8")
    rows = (line.partition("\t") for line in table.splitlines() if line and not line.startswith("#"))
    return {code: name for code, _, name in rows}
