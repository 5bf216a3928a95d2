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
    """Trackers, names and wrappers go; the place stays, in the author's own spelling (RFC 3986 §3)."""
    assert tidy_text(given, "[removed]") == made


def test_a_text_full_of_addresses_takes_linear_time() -> None:
    """Twenty thousand addresses, and it returns."""
    assert tidy_text("https://a.test/?utm_x=1 " * 20_000, "").count("https://a.test/") == 20_000


WRAPPED = {
    "proofpoint 2": "https://urldefense.proofpoint.com/v2/url?u=https-3A__example.org_help-3Fa-3D1&d=DwMF&r=ana&m=x&s=y",
    "proofpoint 3": "https://urldefense.com/v3/__https://example.org/help?a=1__;!!abc!ana$",
    "proofpoint 3 with a hidden character": "https://urldefense.com/v3/__https://example.org/help*a=1__;Pw!!abc!ana$",
    "barracuda": "https://linkprotect.cudasvc.com/url?a=https%3a%2f%2fexample.org%2fhelp%3fa%3d1&c=E,1,ana&typo=1",
    "sophos": "https://eu-central-1.protection.sophos.com/?d=example.org&u=aHR0cHM6Ly9leGFtcGxlLm9yZy9oZWxwP2E9MQ==&i=ana&t=x",
    "cisco": "https://secure-web.cisco.com/1ana/https%3A%2F%2Fexample.org%2Fhelp%3Fa%3D1",
    "fireeye": "https://protect2.fireeye.com/v1/url?k=ana&q=1&e=x&u=https%3A%2F%2Fexample.org%2Fhelp%3Fa%3D1",
    "trend micro": "https://eu1.ctp.trendmicro.com/wis/clicktime/v1/query?url=https%3a%2f%2fexample.org%2fhelp%3fa%3d1&umid=ana",
    "safe links": SAFE,
    "youtube": "https://www.youtube.com/redirect?event=x&redir_token=ana&q=https%3A%2F%2Fexample.org%2Fhelp%3Fa%3D1",
    "one in another": "https://l.facebook.com/l.php?u=https%3A%2F%2Furldefense.com%2Fv3%2F__https%3A%2F%2Fexample.org%2Fhelp%3Fa%3D1__%3B%21%21ana%24",
}


@pytest.mark.parametrize("link", WRAPPED.values(), ids=WRAPPED)
def test_a_filter_that_wrapped_a_link_is_not_named(link: str) -> None:
    """Their parameters name the person or the company whose mail the link came in."""
    assert tidy_text(link, "[removed]") == "https://example.org/help?a=1"


@pytest.mark.parametrize(
    "link",
    ["https://urldefense.com/v3/nothing", "https://urldefense.proofpoint.com/v2/url?d=ana", "https://x.protection.sophos.com/?u=%%%",
     "https://secure-web.cisco.com/ana", "https://x.mimecast.com/s/ana", "https://urldefense.com/v3/__javascript:x__;!!ana"],
)  # fmt: skip
def test_a_wrapper_that_cannot_be_opened_is_not_shown(link: str) -> None:
    """Better no link than one that names its reader."""
    assert "ana" not in tidy_text(link, "[removed]")


def test_a_filter_that_keeps_the_address_leaves_its_host() -> None:
    """Mimecast says no more than the host."""
    assert tidy_text("https://protect-eu.mimecast.com/s/ana?domain=example.org", "") == "https://example.org/"


@pytest.mark.parametrize(
    ("given", "made"),
    [
        ("https://youtu.be/abc?si=ana&t=42", "https://youtu.be/abc?t=42"),
        ("https://open.spotify.com/track/1?si=ana", "https://open.spotify.com/track/1"),
        ("https://docs.google.com/document/d/1/edit?usp=sharing&ouid=ana&rtpof=true#heading=h.1",
         "https://docs.google.com/document/d/1/edit#heading=h.1"),
        ("https://www.google.com/search?q=help&sxsrf=ana&ei=ana&ved=ana&rlz=ana", "https://www.google.com/search?q=help"),
        ("https://www.facebook.com/share/1?mibextid=ana&rdid=ana", "https://www.facebook.com/share/1"),
        ("https://www.tiktok.com/@x/video/1?_t=ana&_r=1&sender_device=pc", "https://www.tiktok.com/@x/video/1"),
        ("https://www.linkedin.com/in/x?lipi=ana&rcm=ana", "https://www.linkedin.com/in/x"),
        ("https://x.com/a/status/1?t=ana&s=19", "https://x.com/a/status/1"),
        ("https://example.org/?t=42&s=1&si=2&ref=3", "https://example.org/?t=42&s=1&si=2&ref=3"),
        ("https://www.amazon.de/dp/1?th=1&ref_=ana&pd_rd_r=ana", "https://www.amazon.de/dp/1?th=1"),
        ("https://example.org/?mtm_cid=ana&pk_kwd=ana&srsltid=ana&a=1", "https://example.org/?a=1"),
    ],
)  # fmt: skip
def test_what_tells_who_shared_a_link_goes(given: str, made: str) -> None:
    """The same letter is a person at one host and a time at another: each host has its own list."""
    assert tidy_text(given, "[removed]") == made


def test_the_mark_of_a_picture_goes() -> None:
    """Its id holds when and where the picture was put in."""
    assert tidy_text("See [cid:image001.png@01DA1B2C.3D4E5F60] here", "") == "See here"
    assert tidy_text("The code [cid] and cid: stay", "") == "The code [cid] and cid: stay"
