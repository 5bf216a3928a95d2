"""Which lines are shown together: pairs whole, countries in order, the international ones always."""

from __future__ import annotations

from relay.domain.crisis import INTERNATIONAL, MOST_PER_COUNTRY, CrisisBook, CrisisLine

ANYWHERE = CrisisLine(INTERNATIONAL, "Anywhere", web="https://a.example/")


def names(book: CrisisBook, *countries: str, language: str = "en") -> list[tuple[str, list[str]]]:
    return [(country, [line.name for line in lines]) for country, lines in book.of(countries, language)]


def test_the_international_entry_is_always_there_and_last() -> None:
    """Also where no country was named, or one without lines: seekers write from anywhere."""
    book = CrisisBook((ANYWHERE, CrisisLine("GB", "One", "1")))
    assert names(book) == [(INTERNATIONAL, ["Anywhere"])]
    assert names(book, "FR") == [(INTERNATIONAL, ["Anywhere"])]
    assert names(book, "GB", "GB", INTERNATIONAL) == [("GB", ["One"]), (INTERNATIONAL, ["Anywhere"])]


def test_a_pair_is_shown_whole_or_not_at_all() -> None:
    """Whoever sees the line for young people alone would take it for the only one."""
    pair = (CrisisLine("GB", "Adults", "1", pair="p"), CrisisLine("GB", "Young", "2", pair="p"))
    one, two = CrisisLine("GB", "One", "3"), CrisisLine("GB", "Two", "4")
    assert names(CrisisBook((*pair, one, two)), "GB")[0][1] == ["Adults", "Young", "One"]
    assert names(CrisisBook((one, two, *pair)), "GB")[0][1] == ["One", "Two"]
    assert names(CrisisBook((pair[0], one, pair[1])), "GB")[0][1] == ["Adults", "Young", "One"]


def test_a_pair_is_not_parted_by_language() -> None:
    """One of them speaks it: both are shown."""
    book = CrisisBook(
        (
            CrisisLine("CH", "Adults", "143", languages=("de", "fr"), pair="p"),
            CrisisLine("CH", "Young", "147", languages=("de",), pair="p"),
            CrisisLine("CH", "Italian", "1", languages=("it",)),
        )
    )
    assert names(book, "CH", language="fr")[0][1] == ["Adults", "Young"]
    assert names(book, "CH", language="it")[0][1] == ["Italian"]


def test_without_a_line_in_the_language_those_of_the_country_are_shown() -> None:
    """A number in another language is better than none."""
    book = CrisisBook((CrisisLine("FR", "Une", "1", languages=("fr",)),))
    assert names(book, "FR", language="ar")[0][1] == ["Une"]


def test_no_country_has_more_than_a_few() -> None:
    """Whoever is in danger reads no list."""
    book = CrisisBook(tuple(CrisisLine("GB", str(n), "1") for n in range(9)))
    assert len(names(book, "GB")[0][1]) == MOST_PER_COUNTRY


def test_what_a_line_is_for_is_said_in_the_nearest_language() -> None:
    """The reader's, its primary one, English, the first."""
    line = CrisisLine("GB", "One", "1", about=(("fr", "f"), ("en", "e"), ("de", "d")))
    assert [line.about_in(tag) for tag in ("de-at", "es", "fr")] == ["d", "e", "f"]
    assert CrisisLine("GB", "One", "1", about=(("fr", "f"),)).about_in("es") == "f"
    assert CrisisLine("GB", "One", "1").about_in("es") == ""
