"""A mailbox keeps no envelope: only what the provider itself wrote on top of a message tells whom it was for."""

from __future__ import annotations

import pytest

from relay.mail.trace import read

OWN = (
    b"Return-Path: <sam@mail.test>\r\n"
    b"Delivered-To: help+k7@provider.test\r\n"
    b"Received: from mx.mail.test (mx.mail.test [192.0.2.7])\r\n\tby mx.provider.test; Mon, 23 Nov 2026 12:00:00 +0000\r\n"
)
LETTER = b"From: Sam Lee <sam@mail.test>\r\nTo: help@provider.test\r\nSubject: Hi\r\n\r\nDelivered-To: body@provider.test\r\n"


def test_the_providers_own_fields_are_the_envelope() -> None:
    """Return-Path and recipient as at delivery (RFC 5321 §4.4), and whom the author names beside it."""
    found = read(OWN + LETTER, "Delivered-To", 1)
    assert (found.reverse_path, found.recipient, found.named) == (
        "sam@mail.test", "help+k7@provider.test", ("help@provider.test",),
    )  # fmt: skip


@pytest.mark.parametrize("own_received", [1, 2])
@pytest.mark.parametrize(
    "forged",
    [
        b"Delivered-To: help+victim@provider.test\r\n",
        b"delivered-to : <help+victim@provider.test>\r\n",
        b"Return-Path: <>\r\nDelivered-To: help+victim@provider.test\r\n",
        b"X: y\r\n z\r\nDelivered-To:\r\n help+victim@provider.test\r\n",
    ],
)
def test_a_field_that_came_with_the_message_is_nobodys_word(forged: bytes, own_received: int) -> None:
    """A seeker can write any header; the topmost is the provider's, which puts its own above all others."""
    found = read(OWN + forged + LETTER, "Delivered-To", own_received)
    assert (found.reverse_path, found.recipient) == ("sam@mail.test", "help+k7@provider.test")


def test_where_the_provider_names_nobody_a_forged_field_does_not_either() -> None:
    """Below the provider's own Received everything is a stranger's, whatever it is called."""
    received = OWN.partition(b"Received:")
    only = b"Return-Path: <sam@mail.test>\r\nReceived:" + received[2]
    assert (
        read(only + b"Delivered-To: help+victim@provider.test\r\n" + LETTER, "Delivered-To", 1).recipient
        == ""
    )
    assert (
        read(b"Delivered-To: help+k7@provider.test\r\n\r\n", "Delivered-To", 1).recipient
        == "help+k7@provider.test"
    )


def test_a_provider_with_several_hops_of_its_own_is_believed_down_to_the_lowest() -> None:
    """As where the public door stands before the mailbox, and Return-Path below the inner hop."""
    header = (
        b"Delivered-To: help+k7@provider.test\r\nReceived: by inner.provider.test\r\n"
        b"Return-Path: <sam@mail.test>\r\nReceived: from mail.test by mx.provider.test\r\n"
        b"Return-Path: <other@evil.test>\r\n"
    )
    assert read(header + LETTER, "Delivered-To", 2).reverse_path == "sam@mail.test"
    assert (
        read(header + LETTER, "Delivered-To", 1).reverse_path == "sam@mail.test"
    )  # from From: a claim as good


def test_the_null_path_of_a_report_stays_null() -> None:
    """A bounce must not become a letter from somebody (RFC 5321 §4.5.5)."""
    header = OWN.replace(b"<sam@mail.test>", b"<>")
    assert read(header + LETTER, "Delivered-To", 1).reverse_path == ""


def test_another_field_can_be_named() -> None:
    """Some providers write X-Original-To; its name may be in any case."""
    header = b"X-Original-To: help+q9@provider.test\r\n" + OWN
    assert read(header + LETTER, "x-original-TO", 1).recipient == "help+q9@provider.test"


@pytest.mark.parametrize(
    "octets",
    [b"", b"\r\n", b"no header at all", b"Delivered-To: a b c@d\r\n\r\n", b"Delivered-To: \xff\xfe@x\r\n\r\n"[:14],
     b"Delivered-To: " + b"a" * 5000 + b"@x\r\n\r\n", b"From x@y Mon Nov 23\r\nDelivered-To: a@b\r\n\r\n"],
)  # fmt: skip
def test_what_is_no_header_names_nobody(octets: bytes) -> None:
    """Never an error: such a message is left where a person sees it."""
    assert read(octets, "Delivered-To", 1).recipient == ""
