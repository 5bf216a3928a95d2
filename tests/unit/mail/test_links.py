"""Addresses of the web in plain text."""

import pytest

from relay.mail.links import tidy_text

SAFE = "https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fexample.org%2Fhelp%3Fa%3D1&data=05%7C02%7Cana.ruiz%40home.test"


@pytest.mark.parametrize(
    ("given", "made"),
    [
        ("See https://example.org/a?b=1.", "See https://example.org/a?b=1."),
        ("See https://example.org/a?utm_source=ana&b=1!", "See https://example.org/a?b=1!"),
        (f"({SAFE})", "(https://example.org/help?a=1)"),
        ("HTTPS://Example.org/Path", "HTTPS://Example.org/Path"),
        ("https://ana:secret@example.org/", "https://example.org/"),
        ("https://example.org/" + "x" * 3000, "[removed]"),
        ("http://[broken", "[removed]"),
        ("no address here: http//x", "no address here: http//x"),
    ],
)
def test_an_address_keeps_where_it_leads_and_loses_whom_it_names(given: str, made: str) -> None:
    """Trackers, names and wrappers go; the place stays, in the author's own spelling."""
    assert tidy_text(given, "[removed]") == made


def test_a_text_full_of_addresses_takes_linear_time() -> None:
    """Twenty thousand addresses, and it returns."""
    assert tidy_text("https://a.test/?utm_x=1 " * 20_000, "").count("https://a.test/") == 20_000
