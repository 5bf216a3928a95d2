"""The envelope grammar: one refusal for every path that is not ours, and what MAIL may carry."""

from __future__ import annotations

import time

import pytest

from relay.edge.smtp_in.grammar import EnvelopeError, forward_path, reverse_path

OURS = frozenset({"relay.test", "second.test"})

NOT_OURS = [
    "<u@ext.test>",
    "<u%ext.test@relay.test>x",
    "<ext.test!u@relay.test",
    "<u%ext.test>",
    "<@relay.test:u@ext.test>",
    "<@relay.test:help@relay.test>",
    "<@a,@b:u@ext.test>",
    '<"u@ext.test"@relay.test>',
    '<"u%ext.test"@relay.test>',
    '<"help"@relay.test>',
    "<u@ext.test@relay.test>",
    "<help@relay.test@relay.test>",
    "<help@[127.0.0.1]>",
    "<help@[IPv6:::1]>",
    "<help@relay.test.>",
    "<.help@relay.test>",
    "<help.@relay.test>",
    "<he..lp@relay.test>",
    "<help@relay.test",
    "help@relay.test>",
    "help@relay.test",
    "<help@relay.test>x",
    "<help@relay.test>,<v@ext.test>",
    "<help@relay.test,v@ext.test>",
    '<""@relay.test>',
    '<" "@relay.test>',
    "<help(c)@relay.test>",
    "<he lp@relay.test>",
    "< help@relay.test>",
    "<help@relay.test >",
    "<help@ relay.test>",
    "<=?utf-8?q?u=40ext?=\x00@relay.test>",
    "<hélp@relay.test>",
    "<help@rélay.test>",
    "<help@sub.relay.test>",
    "<help@test>",
    "<help@>",
    "<@relay.test>",
    "<help>",
    "<>",
    "",
    "<" + "a" * 65 + "@relay.test>",
    "Help <help@relay.test>",
    "<<help@relay.test>>",
    "<help@relay.test\t>",
    "<help\udcff@relay.test>",
]


@pytest.mark.parametrize("path", NOT_OURS)
def test_whatever_is_not_a_plain_address_of_ours_is_unknown(path: str) -> None:
    """Foreign, routed, quoted, percent-hacked, malformed: the same reply as for an address that never was."""
    with pytest.raises(EnvelopeError) as caught:
        forward_path("TO:" + path, "relay.test", OURS)
    assert str(caught.value.reply) == "550 5.1.1 No such recipient here"


@pytest.mark.parametrize(
    ("argument", "address"),
    [
        ("TO:<help@relay.test>", "help@relay.test"),
        ("to:<HeLp@Relay.TEST>", "help@relay.test"),
        ("TO: <help@relay.test>", "help@relay.test"),
        ("TO:<help@relay.test> ", "help@relay.test"),
        ("TO:<postmaster>", "postmaster@relay.test"),
        ("TO:<Postmaster>", "postmaster@relay.test"),
        ("TO:<abuse@second.test>", "abuse@second.test"),
        ("TO:<b=x+y/z@relay.test>", "b=x+y/z@relay.test"),
        ("TO:<ext.test!u@relay.test>", "ext.test!u@relay.test"),
    ],
)
def test_an_address_of_ours_is_read_in_lower_case(argument: str, address: str) -> None:
    """Postmaster needs no domain (RFC 5321 §4.5.1); whether an address exists is for the Door to say."""
    assert forward_path(argument, "relay.test", OURS).reveal() == address


@pytest.mark.parametrize("argument", [None, "", "<help@relay.test>", "FROM:<help@relay.test>"])
def test_rcpt_without_its_keyword_is_a_syntax_error(argument: str | None) -> None:
    """RFC 5321 §4.1.1.3."""
    with pytest.raises(EnvelopeError) as caught:
        forward_path(argument, "relay.test", OURS)
    assert caught.value.reply.code == 501


def test_parameters_of_rcpt_are_refused_before_anyone_is_looked_up() -> None:
    """DSN is not offered (RFC 3461); no success report is ever promised."""
    with pytest.raises(EnvelopeError) as caught:
        forward_path("TO:<help@relay.test> NOTIFY=SUCCESS ORCPT=rfc822;x", "relay.test", OURS)
    assert caught.value.reply.code == 555


@pytest.mark.parametrize(
    ("argument", "path"),
    [
        ("FROM:<>", ""),
        ("FROM: <> ", ""),
        ("from:<A.b@Ext.Test>", "A.b@Ext.Test"),
        ("FROM:<prvs=0123456789=u@ext.test>", "prvs=0123456789=u@ext.test"),
        ("FROM:<SRS0=aB+c=1D=ext.test=u@fwd.test>", "SRS0=aB+c=1D=ext.test=u@fwd.test"),
        ("FROM:<list-bounces+u=ext.test@list.test>", "list-bounces+u=ext.test@list.test"),
        ('FROM:<"a b"@ext.test>', '"a b"@ext.test'),
        ('FROM:<"a>\\" b"@ext.test> SIZE=5', '"a>\\" b"@ext.test'),
        ("FROM:<u@[192.0.2.1]>", "u@[192.0.2.1]"),
        ("FROM:<u@[IPv6:2001:db8::1]>", "u@[IPv6:2001:db8::1]"),
        ("FROM:<u@localhost>", "u@localhost"),
        ("FROM:<u@ext.test> SIZE=1000 BODY=8BITMIME AUTH=<>", "u@ext.test"),
        ("FROM:<u@ext.test> body=7bit  size=0", "u@ext.test"),
    ],
)
def test_every_mailbox_of_the_standard_is_taken_as_reverse_path(argument: str, path: str) -> None:
    """BATV, SRS and VERP forms occur, and so do quoted local parts; it is kept as written.

    RFC 5321 §4.1.2, §4.5.3.1.3.
    """
    assert reverse_path(argument, 1000) == path


@pytest.mark.parametrize(
    ("argument", "reply"),
    [
        (None, "501 5.5.4"),
        ("TO:<u@ext.test>", "501 5.5.4"),
        ("FROM:u@ext.test", "553 5.1.7"),
        ("FROM:<u@ext.test", "553 5.1.7"),
        ("FROM:<u>", "553 5.1.7"),
        ("FROM:<u@ext..test>", "553 5.1.7"),
        ("FROM:<u@-ext.test>", "553 5.1.7"),
        ("FROM:<@a.test:u@ext.test>", "553 5.1.7"),
        ("FROM:<a b@ext.test>", "553 5.1.7"),
        ("FROM:<u@ext.test>SIZE=1", "553 5.1.7"),
        ("FROM:<" + "u" * 312 + "@ext.test>", "553 5.1.7"),
        ("FROM:<ü@ext.test>", "553 5.6.7"),
        ("FROM:<u@ext.test\udcff>", "553 5.6.7"),
        ("FROM:<u@ext.test> SIZE=1001", "552 5.3.4"),
        ("FROM:<u@ext.test> SIZE=99999999999", "552 5.3.4"),
        ("FROM:<u@ext.test> SIZE=-1", "501 5.5.4"),
        ("FROM:<u@ext.test> SIZE", "501 5.5.4"),
        ("FROM:<u@ext.test> SIZE=" + "9" * 21, "501 5.5.4"),
        ("FROM:<u@ext.test> SIZE=1 size=1", "501 5.5.4"),
        ("FROM:<u@ext.test> BODY=BINARYMIME", "555 5.5.4"),
        ("FROM:<u@ext.test> BODY", "555 5.5.4"),
        ("FROM:<u@ext.test> AUTH=u@ext.test", "555 5.5.4"),
        ("FROM:<u@ext.test> RET=FULL ENVID=x", "555 5.5.4"),
        ("FROM:<u@ext.test> SMTPUTF8", "555 5.5.4"),
        ("FROM:<u@ext.test> X", "555 5.5.4"),
        ("FROM:<u@ext.test> X=", "501 5.5.4"),
        ("FROM:<u@ext.test> =X", "501 5.5.4"),
        ("FROM:<u@ext.test> a;b", "501 5.5.4"),
    ],
)
def test_what_mail_may_not_carry_has_its_code(argument: str | None, reply: str) -> None:
    """RFC 1870 §6, RFC 5321 §4.1.1.11, RFC 6531 §3.5 (RFC 1870 §4, RFC 4954 §5, RFC 6152)."""
    with pytest.raises(EnvelopeError) as caught:
        reverse_path(argument, 1000)
    assert str(caught.value.reply).startswith(reply)


@pytest.mark.parametrize(
    "hostile",
    [
        "<" + "a" * 2000,
        "<" + "a." * 1000,
        "<a@" + "a-" * 1000,
        "<a@" + "a." * 1000,
        '<"' + "a" * 2000,
        '<"' + "\\" * 2000,
        "<a@[" + "1" * 2000,
        "<a@b.test> " + "A=1 " * 500,
        "<a@b.test> " + "A" * 2000,
    ],
)
def test_hostile_arguments_take_no_time(hostile: str) -> None:
    """Linear in the length of a command line."""
    began = time.perf_counter()
    for read in (
        lambda: reverse_path("FROM:" + hostile, 1000),
        lambda: forward_path("TO:" + hostile, "relay.test", OURS),
    ):
        with pytest.raises(EnvelopeError):
            read()
    assert time.perf_counter() - began < 0.02
