"""HTML becomes the text that a person would read: all of the words, none of what is hidden or remote."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.mail.html import to_text
from relay.mail.links import tidy_url
from relay.mail.marks import clean
from relay.mail.quotes import Kind, own_words, segment

CANARY = "canary-7731"

HIDDEN = [
    f"<!-- {CANARY} -->",
    f"<!--[if mso]><p>{CANARY}</p><![endif]-->",
    f"<style>p::after {{ content: '{CANARY}' }}</style>",
    f"<script>document.write('{CANARY}')</script>",
    f"<head><title>{CANARY}</title></head>",
    f"<template>{CANARY}</template>",
    f"<noscript>{CANARY}</noscript>",
    f"<svg><text>{CANARY}</text></svg>",
    f"<object data='x'>{CANARY}</object>",
    f"<iframe srcdoc='{CANARY}'>{CANARY}</iframe>",
    f"<textarea>{CANARY}</textarea>",
    f"<select><option>{CANARY}</option></select>",
    f"<input value='{CANARY}'>",
    f"<img src='https://t.example/{CANARY}.gif' alt='{CANARY}' title='{CANARY}'>",
    f"<div style='display:none'>{CANARY}</div>",
    f"<p style='color:red;DISPLAY : NONE !important'>{CANARY}",
    f"<div style='visibility:hidden'><p>{CANARY}</p></div>",
    f"<div hidden><div><b>{CANARY}</b></div></div>",
    f"<span style='font-size:1px'>{CANARY}</span>",
    f"<span style='font-size: 1.5pt !important'>{CANARY}</span>",
    f"<span style='color:transparent'>{CANARY}</span>",
    f"<span style='color:rgba(0, 0, 0, 0)'>{CANARY}</span>",
    f"<span style='position:absolute;clip:rect(0, 0, 0, 0)'>{CANARY}</span>",
    f"<span style='position:absolute;clip:rect(1px 1px 1px 1px)'>{CANARY}</span>",
    f"<span style='clip-path:inset(100%)'>{CANARY}</span>",
    f"<span style='transform: scale(0)'>{CANARY}</span>",
    f"<span style='font-size:0'>{CANARY}</span>",
    f"<span style='font-size: 0.0px'>{CANARY}</span>",
    f"<div style='opacity:0'>{CANARY}</div>",
    f"<div style='mso-hide:all'>{CANARY}</div>",
    f"<div style='max-height:0;overflow:hidden'>{CANARY}</div>",
    f"<div style='position:absolute;left:-9999px'>{CANARY}</div>",
    f"<span style='color:#FFF;background-color:white'>{CANARY}</span>",
    f"<div aria-hidden='true'>{CANARY}</div>",
    f"<a href='https://{CANARY}@example.org/'>page</a>",
    f"<a href='mailto:{CANARY}@example.org'>write</a>",
    f"<a href='javascript:{CANARY}'>go</a>",
    f"<a href='data:text/plain,{CANARY}'>go</a>",
    f"<a href='cid:{CANARY}'>go</a>",
    f"<a href='/{CANARY}'>go</a>",
    f"<a href='https://example.org/?utm_source={CANARY}&fbclid={CANARY}&mkt_tok={CANARY}'>go</a>",
    f"<p title='{CANARY}' data-x='{CANARY}' class='{CANARY}' id='{CANARY}'>go</p>",
]


@pytest.mark.parametrize("markup", HIDDEN)
def test_what_a_reader_cannot_see_does_not_come_out(markup: str) -> None:
    """Hidden, commented, scripted and remote things leave nothing; what stands around them stays."""
    text = to_text(f"<p>before</p>{markup}<p>after</p>")
    assert CANARY not in text
    assert text.startswith("before")
    assert text.endswith("after")


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>one</p><p>two</p>", "one\n\ntwo"),
        ("<div>one</div><div>two</div>", "one\ntwo"),
        ("<div>one</div><div><br></div><div>two</div>", "one\n\ntwo"),
        ("one<br>two<br><br>three", "one\ntwo\n\nthree"),
        ("<h1>Title</h1>text", "Title\n\ntext"),
        ("a  \n <b>b</b>\tc", "a b c"),
        ("a<b> b</b> <i> c</i>", "a b c"),
        ("<pre>a\n  b  c\n\nd</pre>", "a\n  b  c\n\nd"),
        ("<div style='white-space:pre-wrap'>a\n  b</div>", "a\n  b"),
        ("<ul><li>a<li>b<ul><li>c</ul></ul>", "- a\n- b\n  - c"),
        ("<ol start=3><li><p>a</p></li><li>b</li></ol>", "3. a\n\n4. b"),
        ("<p>x</p><ul><li>a</li></ul><p>y</p>", "x\n\n- a\n\ny"),
        (
            "<table><tr><th>day</th><th>what</th></tr><tr><td>Mon</td><td>rain</td></tr></table>",
            "day | what\nMon | rain",
        ),
        ("<table><tr><td><p>left</p><p>more</p></td><td>right</td></tr></table>", "left\n\nmore\n\nright"),
        (
            "<p class=MsoNormal>a<o:p></o:p></p><p class=MsoNormal><o:p>&nbsp;</o:p></p><p class=MsoNormal>b</p>",
            "a\n\nb",
        ),
        ("<p style='margin:0'>a</p><p style='margin:0'>b</p>", "a\nb"),
        ("<![if !mso]>shown<![endif]>", "shown"),
        ("I am <img alt='😊' src='https://t.example/1.png'> today", "I am 😊 today"),
        ("<td style='font-size:0'><div style='font-size:14px'>kept</div></td>", "kept"),
        ("<p style='font-size:10px;color:rgba(0,0,0,.5)'>kept</p>", "kept"),
        ("<p style='color:transparent;background-clip:text'>kept</p>", "kept"),
        ("<p style='font-size:12pt;transform:scale(0.9)'>kept</p>", "kept"),
        ("<p>ana<img alt='@' src=x>home.test</p>", "ana@home.test"),
        ("<div style='visibility:hidden'>no<b style='visibility:visible'>yes</b></div>", "yes"),
        ("&lt;b&gt; &amp; &#8364;", "<b> & €"),
        ("<hr>", "---"),
        ("<p>unclosed <b>bold <p>next", "unclosed bold\n\nnext"),
        ("", ""),
        ("<!-- only -->", ""),
        ("no markup at all", "no markup at all"),
        ("a < b and c > d", "a < b and c > d"),
        ("<?xml version='1.0' encoding='iso-8859-1'?><p>naïve</p>", "naïve"),
        ("nul\x00l and \ud800half", "null and half"),
    ],
)
def test_markup_becomes_readable_text(markup: str, text: str) -> None:
    """Blocks, lines, lists, tables, white space and broken markup."""
    assert to_text(markup) == text


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<a href='https://example.org/help?id=7'>a page</a>", "a page (https://example.org/help?id=7)"),
        ("see <a href='https://example.org/'>example.org</a>.", "see example.org."),
        ("<a href='https://www.example.org'>https://www.example.org/</a>", "https://www.example.org/"),
        (
            "<a href='https://example.org/?utm_source=x'>https://example.org/?utm_source=x</a>",
            "https://example.org/",
        ),
        ("<a href='https://example.org/?a=1&utm_id=2&b=3#c'>x</a>", "x (https://example.org/?a=1&b=3#c)"),
        ("<a href='https://ann:pw@example.org/'>x</a>", "x (https://example.org/)"),
        (
            "<a href='https://evil.example/'>https://example.org/</a>",
            "https://example.org/ (https://evil.example/)",
        ),
        ("<a href='tel:+4930123'>call</a> <a href='mailto:a@example.org'>Ann</a>", "call Ann"),
        ("<a href='https://example.org/'><img src=x></a>rest", "rest"),
        ("<a href='https://example.org/'>two <div>lines</div></a>", "two\nlines\n(https://example.org/)"),
        ("<a href=' HTTPS://Example.org/a b '>x</a>", "x (https://Example.org/ab)"),
    ],
)
def test_links_show_their_words_and_a_clean_address(markup: str, text: str) -> None:
    """The address is shown unless the words are it; trackers and user information are gone."""
    assert to_text(markup) == text


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (
            (
                "https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fexample.org%2Fa%3Fb%3D1"
                "&data=05%7Cjane%40example.net"
            ),
            "https://example.org/a?b=1",
        ),
        ("https://www.google.com/url?q=https://example.org/&sa=D&ust=1", "https://example.org/"),
        ("https://www.google.com/search?q=help", "https://www.google.com/search?q=help"),
        ("https://example.org/?E%6Dail=jane%40example.net", "https://example.org/"),
        ("https://safelinks.protection.outlook.com/?data=jane", None),
        ("https://x.safelinks.protection.outlook.com/?data=jane", None),
        ("https://[broken", None),
        ("https:///nohost", None),
        ("ftp://example.org/", None),
        ("https://example.org/" + "a" * 3000, None),
        ("https://example.org/\u202eevil", None),
    ],
)
def test_an_address_is_opened_and_freed_of_trackers(url: str, shown: str | None) -> None:
    """Wrappers that name the reader are taken off; what cannot be read is not shown."""
    assert tidy_url(url) == shown


REPLIES = {
    "gmail": (
        "<div dir='ltr'>I am well.</div><br><div class='gmail_quote'><div dir='ltr' class='gmail_attr'>On Mon, Dec 12,"
        " 2016 at 8:45 PM Heron &lt;<a href='mailto:k7@relay.example'>k7@relay.example</a>&gt; wrote:<br></div>"
        "<blockquote class='gmail_quote' style='border-left:1px solid rgb(204,204,204)'>How are you?</blockquote></div>"
    ),
    "outlook desktop": (
        "<div class=WordSection1><p class=MsoNormal>I am well.<o:p></o:p></p><p class=MsoNormal><o:p>&nbsp;</o:p></p>"
        "<div><div style='border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0in 0in 0in'><p class=MsoNormal>"
        "<b>From:</b> Heron &lt;k7@relay.example&gt; <br><b>Sent:</b> Monday, December 12, 2016 8:45 PM<br><b>To:</b>"
        " Robin<br><b>Subject:</b> hello<o:p></o:p></p></div></div><p class=MsoNormal>How are you?</p></div>"
    ),
    "outlook web": (
        "<div class='elementToProof'>I am well.</div><div id='appendonsend'></div><hr style='width:98%'>"
        "<div id='divRplyFwdMsg' dir='ltr'><b>Zzz:</b> Heron &lt;k7@relay.example&gt;<br><b>Yyy:</b> 12.12.2016<br>"
        "<b>Xxx:</b> Robin</div><div><div>How are you?</div></div>"
    ),
    "apple": (
        "<div>I am well.</div><div><br><blockquote type='cite'><div>On Dec 12, 2016, at 8:45 PM, Heron"
        " &lt;k7@relay.example&gt; wrote:</div><br><div>How are you?</div></blockquote></div>"
    ),
    "thunderbird": (
        "<p>I am well.</p><div class='moz-cite-prefix'>On 12.12.16 20:45, Heron wrote:<br></div>"
        "<blockquote type='cite' cite='mid:1@relay.example'><pre>How are you?</pre></blockquote>"
    ),
    "yahoo": (
        "<div>I am well.</div><div id='yiv1_x' class='yiv123yahoo_quoted'><div>On Monday, December 12, 2016 at"
        " 08:45:00 PM GMT+1, Heron &lt;k7@relay.example&gt; wrote: </div><div><br></div><div>How are you?</div></div>"
    ),
    "gmx": (
        "<div>I am well.</div><div name='quote' style='border-left:2px solid #C3D9E5'><div><b>Gesendet:</b> Montag, 12."
        " Dezember 2016<br><b>Von:</b> Heron &lt;k7@relay.example&gt;<br><b>An:</b> Robin<br><b>Betreff:</b> hallo</div>"
        "<div name='quoted-content'>How are you?</div></div>"
    ),
    "proton": (
        "<div>I am well.</div><div class='protonmail_quote'>On Monday, December 12th, 2016 at 8:45 PM, Heron"
        " &lt;k7@relay.example&gt; wrote:<br><blockquote class='protonmail_quote'>How are you?</blockquote></div>"
    ),
}


@pytest.mark.parametrize("markup", REPLIES.values(), ids=REPLIES)
def test_quotes_of_mail_programs_are_recognised(markup: str) -> None:
    """Own words are told from the quote, and the line that names its author is no part of either."""
    text = clean(to_text(markup))
    blocks = segment(text)
    assert "".join(b.text for b in blocks if b.kind is Kind.OWN).strip() == "I am well."
    assert "How are you?" in "".join(b.text for b in blocks if b.kind in (Kind.QUOTE, Kind.TAIL))
    assert own_words(text) in ("I am well.", "I am well.\n\n> How are you?")


SIGNATURES = [
    "<div class='gmail_signature' data-smartmail='gmail_signature'>{}</div>",
    "<span class='gmail_signature_prefix'>-- </span><br><div dir='ltr' class='gmail_signature'>{}</div>",
    "<pre class='moz-signature' cols='72'>-- \n{}</pre>",
    "<div id='Signature'><div>{}</div></div>",
    "<div id='x_Signature'><p>{}</p></div>",
    "<div id='ms-outlook-mobile-signature'>{}</div>",
    "<div id='AppleMailSignature' dir='ltr'>{}</div>",
    "<div class='protonmail_signature_block protonmail_signature_block-proton'>{}</div>",
]


@pytest.mark.parametrize("container", SIGNATURES)
def test_signatures_of_mail_programs_are_recognised(container: str) -> None:
    """At the end and above a quote they become signatures, once delimited."""
    signature = container.format("Anna Example, Head of Nothing")
    for below in (
        "",
        REPLIES["gmail"].removeprefix("<div dir='ltr'>I am well.</div>"),
        REPLIES["apple"].partition("</div>")[2],
    ):
        text = clean(to_text(f"<div>I am well.</div>{signature}{below}"))
        assert own_words(text) == "I am well."
        assert text.count("--") == 1


def test_words_below_a_signature_container_stay() -> None:
    """Who writes on below a signature is heard."""
    text = clean(to_text("<div>Hello.</div><div id='Signature'>Anna</div><div>I am afraid of him.</div>"))
    assert own_words(text) == "Hello.\nAnna\n\nI am afraid of him." or "I am afraid of him." in own_words(
        text
    )
    short = "<div>Hello.</div><div id='Signature'>Anna</div><div>Please hurry</div>"
    assert own_words(clean(to_text(short))).endswith("Please hurry")


def test_a_long_signature_container_holds_a_letter() -> None:
    """Some people write their letter inside it: more than 15 lines are no signature."""
    letter = "".join(f"<div>line {i} of a letter</div>" for i in range(30))
    text = to_text(f"<div>Hello.</div><div id='Signature'>{letter}</div>")
    assert "--" not in text
    assert own_words(text).endswith("line 29 of a letter")


def test_an_indented_paragraph_is_no_quote() -> None:
    """Gmail indents with a blockquote without border; those words are the author's."""
    markup = "<div>She said</div><blockquote style='margin:0 0 0 40px;border:none;padding:0px'>go away</blockquote>"
    assert own_words(to_text(markup)) == "She said\n\ngo away"


def test_quotes_nest() -> None:
    """Each level has its mark, and the level ends with its element."""
    markup = "<blockquote>one<blockquote><p>two</p></blockquote>one again</blockquote>none"
    assert to_text(markup) == "> one\n>\n> > two\n>\n> one again\n\nnone"


HOSTILE = {
    "deep": "<p>first</p>" + "<div>" * 20_000 + "deep" + "</div>" * 20_000 + "<p>last</p>",
    "deep quotes": "first" + "<blockquote>" * 20_000 + "deep" + "</blockquote>" * 20_000 + "last",
    "unclosed": "first" + "<b><i><div>x" * 7_000 + "deep last",
    "tables": "first" + "<table><tr><td>a</td><td>" * 4_000 + "deep last",
    "cells": "first deep<table><tr>" + "<td>a" * 30_000 + "</table>last",
    "signatures": "first deep" + "<div id=Signature>A: b<br>C: d</div>" * 5_000 + "last",
    "headers": "first deep" + "<div id=divRplyFwdMsg>A: b<br>C: d</div>" * 5_000 + "last",
    "less than": "first deep " + "<" * 300_000 + " last",
    "style": "first<p style='" + "a:b;" * 100_000 + "'>deep</p>last",
    "classes": "first<p class='" + "x_" * 100_000 + "'>deep</p>last",
    "breaks": "first deep" + "<br>" * 50_000 + "last",
}


@pytest.mark.parametrize("markup", HOSTILE.values(), ids=HOSTILE)
def test_hostile_markup_gives_its_text_in_linear_time(markup: str) -> None:
    """20,000 levels, unclosed elements, rows and attributes without end: the words come out, soon."""
    began = time.process_time()
    text = to_text(markup)
    assert time.process_time() - began < 3
    assert text.startswith("first")
    assert "deep" in text
    assert text.rstrip("<").rstrip().endswith("last")


def test_more_than_two_mebibytes_are_not_read() -> None:
    """The limit is on the markup, not on the words."""
    assert to_text("<!--" + "x" * 2 * 1024 * 1024 + "-->late") == ""


TAGS = st.sampled_from(
    [
        "<p>",
        "</p>",
        "<div>",
        "</div>",
        "<br>",
        "<blockquote>",
        "</blockquote>",
        "<ul>",
        "<ol>",
        "<li>",
        "</ul>",
        "</ol>",
        "<table>",
        "<tr>",
        "<td>",
        "</table>",
        "<pre>",
        "</pre>",
        "<a href='https://example.org/'>",
        "</a>",
        "<div id=Signature>",
        "<div class=yahoo_quoted>",
        "<hr>",
        "<b>",
        "</i>",
        "<!--",
        "-->",
        "<div id=divRplyFwdMsg>",
        "<dd>",
        "</dd>",
        "<span style='font-size:0'>",
        "</span>",
        "<![endif]>",
        "&",
        "&nbsp;",
        "<",
        "words:",
    ]
)


@given(st.lists(st.one_of(TAGS, st.text(max_size=8)), max_size=30).map("".join))
def test_any_markup_gives_some_text_and_no_exception(markup: str) -> None:
    """Whatever the nesting, the result is tidy: no edges, no trailing blanks inside."""
    text = to_text(markup)
    assert text == text.strip("\n")
    assert "\n\n\n\n" not in text or "<pre>" in markup
