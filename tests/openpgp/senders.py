"""Whose message it says it is, and who signed it: the paper's identity class, each in both forms of OpenPGP."""

from __future__ import annotations

from tests.openpgp.people import ANA, BEN, clear_signed, detached, letter, mallory, signed, text_body
from tests.openpgp.spoofs import EVIL, Spoof, evil

_REPLY = f"Reply-To: {ANA}\n"
_PAD = " " * 17


def _others(who: str) -> str:
    """Every other field of the header that could name an author."""
    names = (
        "Return-Path",
        "Sender",
        "Reply-To",
        "Originator-Return-Address",
        "Apparently-To",
        "X-Apparently-To",
    )
    return "".join(f"{name}: Ana Ruiz <{who}>\n" for name in names)


_SENDERS = (
    ("i1-from-is-not-signer", "From is Ana's, the signature Mallory's", f"Ana Ruiz <{ANA}>", ""),
    ("i2-name-of-ana", "Ana's name before the signer's address", f"Ana Ruiz <{BEN}>", _REPLY),
    ("i2-from-contains-signer", "the signer's address as a name", f'"{BEN}" <{ANA}>', ""),
    ("i2-from-is-empty", "no address at all", "<>", _REPLY),
    ("i2-from-does-not-exist", "no From field", "", _REPLY),
    ("i2-from-is-a-name", "a name alone", "Ana Ruiz", _REPLY),
    ("i2-ana-then-signer", "Ana's address as the name of the signer's", f'"{ANA}" <{BEN}>', ""),
    ("i2-ana-then-signer-bare", "the same without quotes", f"{ANA} <{BEN}>", _REPLY),
    ("i2-ana-then-signer-far", "the same with the signer's out of sight", f"{ANA}{_PAD}. <{BEN}>", _REPLY),
    ("i2-signer-then-ana-bare", "the signer's address before Ana's", f"{BEN} <{ANA}>", _REPLY),
    ("i2-signer-then-ana-far", "the same with Ana's out of sight", f"{BEN}{_PAD}. <{ANA}>", _REPLY),
    ("i2-signer-then-ana", "two addresses in brackets", f"<{BEN}> <{ANA}>", ""),
    ("i2-signer-in-comment", "the signer's in a comment", f"{ANA} ({BEN})", ""),
    ("i3-two-mailboxes", "Ana and the signer", f"Ana Ruiz <{ANA}>, Ben <{BEN}>", ""),
    ("i3-two-mailboxes-reversed", "the signer and Ana", f"Ben <{BEN}>, Ana Ruiz <{ANA}>", ""),
    ("i3-sender-is-signer", "Sender names the signer", f"Ana Ruiz <{ANA}>", f"Sender: {BEN}\n"),
    ("i3-sender-is-ana", "From names the signer, Sender Ana", f"Ben <{BEN}>", f"Sender: {ANA}\n"),
    ("i3-others-are-signer", "From names Ana, every other field the signer", f"Ana Ruiz <{ANA}>", _others(BEN)),
    ("i3-others-are-ana", "From names the signer, every other field Ana", f"Ben <{BEN}>", _others(ANA)),
    ("i3-two-from-fields", "Ana's first", f"Ana Ruiz <{ANA}>", f"From: Ben <{BEN}>\n"),
    ("i3-two-from-fields-reversed", "the signer's first", f"Ben <{BEN}>", f"From: Ana Ruiz <{ANA}>\n"),
)  # fmt: skip


def _identity(name: str, what: str, sender: str, fields: str, form: str) -> Spoof:
    def build(to: str, _: str) -> bytes:
        content = evil()
        body = (
            signed(content, detached(content, mallory()))
            if form == "mime"
            else text_body(clear_signed(EVIL + "\n", mallory()))
        )
        return letter(body, to, sender, fields=fields)

    return Spoof(f"{name}-{form}", what, build)


IDENTITY = tuple(_identity(*row, form) for row in _SENDERS for form in ("mime", "inline"))
