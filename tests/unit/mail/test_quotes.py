"""What the author wrote stays word for word; what their mail program added is told apart."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.mail.quotes import Block, Kind, own_words, render, segment
from tests.unit.mail.quote_samples import ATTRIBUTIONS, HEADER_BLOCKS, KEPT, MOBILE

OWN, QUOTE, ATTRIBUTION, HEADERS = Kind.OWN, Kind.QUOTE, Kind.ATTRIBUTION, Kind.HEADERS
TAIL, SIGNATURE, FOOTER = Kind.TAIL, Kind.SIGNATURE, Kind.FOOTER


def kinds(text: str) -> list[Kind]:
    return [block.kind for block in segment(text)]


def of_kind(text: str, kind: Kind) -> str:
    return "\n".join(block.text for block in segment(text) if block.kind is kind).strip()


@pytest.mark.parametrize("attribution", ATTRIBUTIONS.values(), ids=ATTRIBUTIONS)
def test_an_attribution_before_a_quote_is_recognised(attribution: str) -> None:
    """In every language and program of the table, whole, and nothing beside it."""
    text = f"I am well.\nThank you.\n\n{attribution}\n\n> How are you?\n> Write soon."
    assert of_kind(text, ATTRIBUTION) == attribution
    assert of_kind(text, OWN) == "I am well.\nThank you."
    assert own_words(text) == "I am well.\nThank you."


@pytest.mark.parametrize("attribution", ATTRIBUTIONS.values(), ids=ATTRIBUTIONS)
def test_an_attribution_at_the_end_of_the_text_is_recognised(attribution: str) -> None:
    """Some programs cut the quote and leave its first line."""
    assert own_words(f"I am well.\n\n{attribution}\n") == "I am well."


@pytest.mark.parametrize("headers", HEADER_BLOCKS.values(), ids=HEADER_BLOCKS)
def test_a_header_block_and_what_is_below_it_are_recognised(headers: str) -> None:
    """Localised labels, separators, bold labels, wrapped fields; the text below is its TAIL."""
    text = f"I am well.\n\n{headers}\n\nHow are you?\n\nWrite soon."
    assert of_kind(text, OWN) == "I am well."
    assert of_kind(text, HEADERS) == headers
    assert of_kind(text, TAIL) == "How are you?\n\nWrite soon."
    assert own_words(text) == "I am well.\n\n> How are you?\n>\n> Write soon."


@pytest.mark.parametrize("headers", HEADER_BLOCKS.values(), ids=HEADER_BLOCKS)
def test_a_quoted_or_indented_header_block_is_recognised(headers: str) -> None:
    """Marked or moved to the right, it is still a header block."""
    quoted = "\n".join(f"> {line}".rstrip() for line in headers.split("\n"))
    assert of_kind(f"Hi\n\n{quoted}\n>\n> text", HEADERS) == quoted
    indented = "\n".join(f"   {line}".rstrip() for line in headers.split("\n"))
    assert of_kind(f"Hi\n\n{indented}\n\ntext", HEADERS) == indented.strip()


@pytest.mark.parametrize("line", MOBILE)
def test_the_line_of_a_telephone_is_a_signature(line: str) -> None:
    """At the end, and above a quote."""
    assert kinds(f"I am well.\n\n{line}") == [OWN, SIGNATURE]
    attribution = ATTRIBUTIONS["gmail en"]
    assert kinds(f"I am well.\n\n{line}\n\n{attribution}\n> Hi") == [OWN, SIGNATURE, ATTRIBUTION, QUOTE]


@pytest.mark.parametrize("text", KEPT.values(), ids=KEPT)
def test_what_looks_like_a_program_but_is_a_person_stays(text: str) -> None:
    """In doubt a line is the author's."""
    assert own_words(text) == text
    assert set(kinds(text)) <= {OWN, QUOTE}


def test_answers_between_quotes_are_kept_with_what_they_answer() -> None:
    """Quotes followed by the author's words stay, a last one without an answer goes."""
    text = (
        "On Dec 12, 2016, at 8:45 PM, Quiet Heron <k7@relay.example> wrote:\n\n"
        "> Did you sleep?\n\nA little.\n\n> And eat?\n\nNo.\n\n> Take care\n> Heron"
    )
    assert kinds(text) == [ATTRIBUTION, QUOTE, OWN, QUOTE, OWN, QUOTE]
    assert own_words(text) == "> Did you sleep?\n\nA little.\n\n> And eat?\n\nNo."


def test_answers_in_lines_right_below_quoted_lines_are_kept() -> None:
    """No blank line is needed between a question and its answer."""
    assert own_words("> Did you sleep?\nNo.\n> And eat?\nYes.") == "> Did you sleep?\nNo.\n> And eat?\nYes."


def test_words_below_a_marked_quote_with_headers_are_the_author_s() -> None:
    """A header block above marked lines has no tail: who answers at the bottom is heard."""
    text = "From: Quiet Heron <k7@relay.example>\nDate: 12.12.2016\nTo: Robin\n\n> How are you?\n\nNot well."
    assert kinds(text) == [HEADERS, QUOTE, OWN]
    assert own_words(text) == "> How are you?\n\nNot well."


def test_nested_attributions_inside_a_quote_do_not_stay() -> None:
    """Attribution lines name people at every depth of a quote."""
    text = "> On 12.12.16 20:45, Ann <ann@example.org> wrote:\n>> Hi\n> Hello\n\nSo it was."
    assert own_words(text) == ">> Hi\n> Hello\n\nSo it was."


def test_an_attribution_before_a_quote_mark_alone_is_recognised() -> None:
    """The quoted letter was empty, or its first lines are, and an answer follows right below."""
    assert own_words("Hello.\n\nOn 12.12.16 20:45, Quiet Heron wrote:\n>\n\nYes.") == "Hello.\n\n>\n\nYes."


def test_words_below_a_quote_mark_alone_below_headers_are_the_author_s() -> None:
    """The quote is marked, if only by an empty line: what is unmarked after it is no quote."""
    head = "Von: Quiet Heron <k7@relay.example>\nGesendet: Montag, 12. Dezember 2016 um 20:45 Uhr\nBetreff: hello"
    assert own_words(f"Hello.\n\n{head}\n>\n\nYes.") == "Hello.\n\n>\n\nYes."


def test_an_attribution_right_below_quoted_words_is_recognised_by_its_first_word() -> None:
    """Polish programs begin with two words before the date."""
    text = "> Hello.\n> W dniu 12.12.2016 o 20:45, Quiet Heron pisze:\n>> How are you?\nYes."
    assert "pisze" not in own_words(text)


def test_bars_are_quote_marks_in_runs_only() -> None:
    """Two lines with a leading bar are a quote; a row of a table and a single bar are not.

    RFC 3676 §4.5.
    """
    assert kinds("Yes.\n\n| one\n| two") == [OWN, QUOTE]
    assert kinds("| alone") == [OWN]


def test_zoho_s_rule_is_an_attribution_with_a_tail() -> None:
    """A line between dashes that says who wrote when is nobody's own."""
    text = "Yes.\n\n---- On Mon, 12 Dec 2016 20:45:00 +0100 k7@relay.example wrote ----\n\nHow are you?"
    assert kinds(text) == [OWN, ATTRIBUTION, TAIL]


@pytest.mark.parametrize("delimiter", ["-- ", "--", "—", "__", "________"])
def test_a_signature_below_a_delimiter_is_cut(delimiter: str) -> None:
    """RFC 3676 §4.3 and what programs make of it."""
    text = f"I am well.\n\n{delimiter}\nAnna Example\nHead of Nothing\n+49 30 1234567"
    assert kinds(text) == [OWN, SIGNATURE]
    assert own_words(text) == "I am well."


def test_a_signature_above_a_quote_is_cut_and_one_above_an_answer_is_not() -> None:
    """A delimiter ends a text only where nothing of the author's follows or a quote is introduced."""
    attribution = ATTRIBUTIONS["gmail de"]
    assert kinds(f"Yes.\n\n--\nAnna\n\n{attribution}\n> Hi") == [OWN, SIGNATURE, ATTRIBUTION, QUOTE]
    assert kinds("Yes.\n\n--\nAnna\n\n> Hi\n\nNo.") == [OWN, QUOTE, OWN]


def test_contact_data_below_a_closing_is_cut_but_closing_and_name_stay() -> None:
    """Only lines that hold a number, an address or a link, or stand beside them as an address does."""
    text = (
        "I will wait.\n\nMit freundlichen Grüßen\nAnna Example\nExample GmbH\nLindenweg 12\n12345 Berlin\n"
        "Tel. +49 30 1234567\nanna@example.org\nwww.example.org"
    )
    assert own_words(text) == "I will wait.\n\nMit freundlichen Grüßen\nAnna Example"


def test_words_after_contact_data_stay() -> None:
    """A postscript below the telephone number is part of the letter."""
    text = "I will wait.\n\nBest regards\nAnna\nTel. 030 1234567\n\nP.S. Not before six."
    assert own_words(text) == "I will wait.\n\nBest regards\nAnna\n\nP.S. Not before six."


@pytest.mark.parametrize(
    "footer",
    [
        "This e-mail and any attachments are confidential. If you are not the intended recipient, delete it.",
        "Diese E-Mail enthält vertrauliche Informationen.\nWenn Sie nicht der richtige Adressat sind, löschen.",
        "Ce message et toutes les pièces jointes sont confidentiels.",
        "Virus-free. www.avast.com",
        "_______________________________________________\nhelp mailing list\nhelp@lists.example.org",
        "You received this message because you are subscribed to it.\nTo unsubscribe from this group, write.",
    ],
)
def test_legal_notices_and_list_footers_are_cut(footer: str) -> None:
    """At the end of the author's words."""
    assert kinds(f"I am well.\n\n{footer}") == [OWN, FOOTER]
    assert own_words(f"I am well.\n\n{footer}") == "I am well."


@pytest.mark.parametrize(
    "text",
    [
        "Hello.\n\nThis email is confidential, please tell nobody.\nI was raped.",
        "Hello.\n\nThis email is confidential, please tell nobody. He hits her.",
        "Hello.\n\nPlease, this email is confidential. He hits her.",
        "Hello.\n\nCe message est confidentiel, mon mari ne doit pas savoir. Il me frappe.",
        "Hello.\n\nYou are receiving this because you are the only one I trust. I want to die.",
        "Hello.\n\nThis email and any attachments are all I have left of her. I miss my mother.",
        "Hello.\n\nTo unsubscribe from this list visit\nmy grave.",
        "Hello.\n--\nHe is coming home at six.\nPlease answer before.",
        "Hello.\n--\nHe comes at six\nand he will be angry\nplease answer",
        "Hello.\n—\nMom died today.",
        "Hello.\n________________________\nEr schlägt Mama.",
        "Hello.\n—\n他今晚会回来。",
        "Hello.\n—\nLiebe Anna,\n\nich bin traurig.",
    ],
)
def test_words_below_a_drawn_line_or_a_phrase_of_notices_stay(text: str) -> None:
    """Somebody who is afraid asks for confidence in the words of lawyers, and draws lines between thoughts (P3)."""
    assert own_words(text) == text


@pytest.mark.parametrize(
    "notice",
    [
        "This e-mail is confidential. If you are not the intended recipient, please notify me and delete it.",
        "Ce message est confidentiel. Si vous n'êtes pas le destinataire, merci de le détruire.",
        "To unsubscribe from this list visit https://example.org/lists",
    ],
)
def test_a_doubtful_phrase_in_the_company_of_others_is_a_notice(notice: str) -> None:
    """One mark more is enough, and three of them where somebody says "me"."""
    assert own_words(f"I am well.\n\n{notice}") == "I am well."


def test_a_card_of_name_and_firm_is_cut_also_above_words_for_the_reader() -> None:
    """What is said below it stays: a postscript, or a motto, which could be one."""
    assert (
        own_words("Yes.\n\n--\nAnna Example\nExample Hospital\n\nPS: I am scared.")
        == "Yes.\n\nPS: I am scared."
    )


def test_running_text_below_the_delimiter_of_programs_is_a_signature() -> None:
    """RFC 3676 §4.3: dashes with a blank. Below them only what is clearly for the reader stays."""
    assert own_words("Yes.\n\n-- \nThis list of Example Hospital is run by volunteers") == "Yes."
    assert own_words("Yes.\n-- \nAnna\n\nDo not call me") == "Yes.\n-- \nAnna\n\nDo not call me"


def test_title_firm_and_street_between_the_name_and_contact_data_are_cut() -> None:
    """They say where a counselor can be found. A sentence there stays."""
    card = "Anna Example\nSenior Counselor, Hogar\n+34 600 555 014\nCalle Mayor 5, Madrid"
    assert own_words(f"Take care.\n\nBest wishes\n{card}") == "Take care.\n\nBest wishes\nAnna Example"
    assert own_words("Hi\n\nThanks\nSam\nplease hurry\n030 1234567") == "Hi\n\nThanks\nSam\nplease hurry"


@pytest.mark.parametrize(
    "text",
    [
        "--\nAnna",
        "Sent from my iPhone",
        "> only a quote",
        "Best regards\nanna@example.org",
        "This e-mail and any attachments are confidential.",
        ATTRIBUTIONS["gmail en"],
        HEADER_BLOCKS["outlook en"],
    ],
)
def test_a_message_never_becomes_empty(text: str) -> None:
    """What would leave nothing stays (promise P3)."""
    assert own_words(text).strip()


def test_a_quote_alone_stays_without_the_line_that_names_its_author() -> None:
    """A mail that only quotes is relayed as its quote."""
    assert own_words(f"{ATTRIBUTIONS['gmail en']}\n\n> How are you?") == "> How are you?"


def test_a_forwarded_letter_is_kept_as_a_quote() -> None:
    """Who forwards what they received wants it read."""
    assert own_words(f"{HEADER_BLOCKS['forward']}\n\nI will find you.") == "> I will find you."


def test_render_keeps_what_the_policy_says() -> None:
    """Another policy is another set of kinds."""
    blocks = (Block(OWN, "one\n"), Block(QUOTE, "> two"), Block(SIGNATURE, "--\nthree"), Block(TAIL, "four"))
    assert render(blocks, {OWN}) == "one"
    assert render(blocks, {OWN, SIGNATURE, TAIL}) == "one\n\n--\nthree\n> four"
    assert render(blocks, set()) == ""


def test_no_text_has_no_blocks() -> None:
    """The empty text is the empty tuple; white space alone stays what it is."""
    assert segment("") == ()
    assert own_words("") == ""
    assert segment("\n") == (Block(OWN, "\n"),)


PIECES = st.sampled_from(
    [
        *ATTRIBUTIONS.values(),
        *HEADER_BLOCKS.values(),
        *MOBILE[:5],
        *KEPT.values(),
        "> quoted",
        ">> deeper",
        "",
        "--",
        "-- ",
        "I wrote this myself.",
        "Best regards,\nAnna\n+49 30 1234567",
        "This e-mail and any attachments are confidential.",
        "_____",
        "| bar",
        " \t",
        "\r",
    ]
)


@given(st.lists(st.one_of(PIECES, st.text(max_size=20)), max_size=12).map("\n".join))
def test_nothing_vanishes_in_blocks(text: str) -> None:
    """Joined by line ends, the blocks are the text; no two neighbours are of one kind."""
    blocks = segment(text)
    assert "\n".join(block.text for block in blocks) == text
    assert all(a.kind is not b.kind for a, b in pairwise(blocks))


@given(
    st.lists(PIECES, max_size=6),
    st.lists(st.sampled_from(["I am afraid of him.", "Please answer soon.", ""]), max_size=6),
)
def test_words_at_the_top_survive_whatever_follows(pieces: list[str], words: list[str]) -> None:
    """Plain sentences above everything a program may add come out word for word."""
    own = "\n".join(["Dear reader,", *words, "this is what I wanted to say."])
    assert own_words("\n\n".join([own, *pieces])).startswith(own)


@pytest.mark.parametrize(
    "hostile",
    [
        "a:\n" * 30_000,
        (ATTRIBUTIONS["gmail en"] + "\n> x\n") * 5_000,
        "From: a@b.c\nTo: b\n\n" * 10_000,
        "-----Original Message-----\n" * 10_000,
        ">" * 500_000,
        ("> " * 300 + "x\n") * 1_000,
        "a@" * 200_000 + ":",
        "on " * 200_000 + ":",
        "--\n" * 30_000,
        "1.1." * 100_000 + ":\n> x",
        "Best regards\n" + ("+1 " * 1_000 + "\n") * 8,
    ],
)
def test_hostile_text_is_read_in_linear_time(hostile: str) -> None:
    """None of these takes a quarter of the three seconds; a quadratic step would take minutes."""
    began = time.process_time()
    own_words(hostile)
    assert time.process_time() - began < 3
