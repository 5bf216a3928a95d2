"""Contact details in a counselor's words."""

import pytest

from relay.mail.contacts import kinds


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Call me on +49 30 1234567 tonight.", {"phone"}),
        ("My number is (030) 123 45 67.", {"phone"}),
        ("0171-2345678", {"phone"}),
        ("044.668.18.00", {"phone"}),
        ("From 18:00 030 1234567, until 24.12.2026 030/1234567.", {"phone"}),
        ("01.23.45.67.89", {"phone"}),
        ("Write to jo.bloggs@mail.test.", {"address"}),
        ("I am @jo_bloggs there.", {"handle"}),
        ("jo@mail.test or 030 1234567", {"address", "phone"}),
    ],
)
def test_contact_details_are_seen(text: str, found: set[str]) -> None:
    """A telephone number, an address or a handle that nobody has registered is worth one question."""
    assert kinds(text, lambda address: address.endswith("@relay.test")) == found


@pytest.mark.parametrize(
    "text",
    [
        "In 2026 it was 23.11.2026, about 1,200,000 people.",
        "Call 116 123 or 112 at once.",
        "Read https://www.example.org/a/1234567890?x=+49301234567",
        "Write to k7m2qk7m2qk7m2qk7m2q@relay.test.",
        "We meet at 18:00-22:00 and it costs 12.50.",
        "Thank you @ all",
        "Your router is 192.168.178.23, mine 10.0.0.138.",
        "Come on 2026-11-24 16:30 or on 24.11.2026 9:15.",
        "We are there 1.12.2026 - 5.12.2026, and on November 30 2026 10:00.",
    ],
)
def test_dates_prices_short_codes_links_and_our_own_aliases_are_none(text: str) -> None:
    """A question too many delays an answer."""
    assert kinds(text, lambda address: address.endswith("@relay.test")) == frozenset()
