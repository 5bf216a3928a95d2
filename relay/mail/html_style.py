"""What the attributes of an HTML element say about it: hidden, a quote, a header block, a signature.

Called by ``html`` for every element with attributes. Knows the containers that mail programs write
(Gmail, Outlook, Apple Mail, Thunderbird, Yahoo, Proton, GMX) and inline style; it reads no style
sheets. Pure, linear in the attribute's length.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto


class Role(Enum):
    """What an element is for the shape of a message."""

    PLAIN = auto()
    QUOTE = auto()
    CITED = auto()  # a quote whose first lines say whom it quotes
    REPLY = auto()  # surrounds or introduces a quote, is none itself
    HEADERS = auto()  # lines such as From:, Sent:, To:, above an unmarked quote
    SIGNATURE = auto()


@dataclass(frozen=True, slots=True)
class Style:
    """Inline style, as far as it matters. ``None`` is "as the parent"."""

    gone: bool = False  # hidden, and nothing inside can come back
    unseen: bool | None = None  # hidden, but children may be shown
    preformatted: bool | None = None
    tight: bool = False  # no vertical margin: a paragraph that is only a line
    bar: bool = False  # a rule at the left edge, as quotes have
    rule: bool = False  # the rule above Outlook's header block
    plain_border: bool = False  # says that there is no border


NO_STYLE = Style()
MAX_NAMES = 20
"""Classes looked at of one element; mail programs write one or two."""

_ZERO = re.compile(r"[+-]?0*\.?0*(?:[a-z]{1,4}|%)?\Z")
_TINY = re.compile(r"[+]?0*[0-2]?(?:\.\d*)?(?:px|pt)\Z")  # nobody reads letters of two points
_NO_INK = re.compile(
    r"transparent\Z|(?:rgb|hsl)a?\([^()]{1,40}[,/]\s{0,9}0?\.?0{0,9}%?\s{0,9}\)\Z|#[0-9a-f]{6}00\Z|#[0-9a-f]{3}0\Z"
)
_CLIPPED = re.compile(r"rect\(\s*+(?:[01](?:px)?[\s,]*+){4}\)\Z|inset\((?:50|100)%|circle\(0(?:px|%)?\)")
_SCALED_AWAY = re.compile(r"scale\(\s*+0*+\.?0*+\s*+[,)]")
_FAR_AWAY = re.compile(r"-\d{3,}")
_PREFIX = re.compile(r"^(?:x_|ecx|yiv\d{1,20}|m_-?\d{1,25}(?:__)?)+")
_COLOURS = {"white": "#ffffff", "#fff": "#ffffff", "black": "#000000", "#000": "#000000"}

_SIGNATURES = """
    gmail_signature moz-signature signature ms-outlook-mobile-signature applemailsignature mobile_signature
    protonmail_signature_block ymail_android_signature ymail_ios_signature composer_signature
    zmail_signature_below signature-container
"""
_REPLIES = """
    gmail_quote gmail_quote_container gmail_attr protonmail_quote moz-cite-prefix moz-forward-container
    moz-email-headers-table zmail_extra appendonsend stopspelling olk_src_body_section
    mail-editor-reference-message-container
"""
_ROLES: dict[str, Role] = {
    **dict.fromkeys(_SIGNATURES.split(), Role.SIGNATURE),
    **dict.fromkeys(_REPLIES.split(), Role.REPLY),
    "divrplyfwdmsg": Role.HEADERS,
    "outlookmessageheader": Role.HEADERS,
    "yahoo_quoted": Role.CITED,
}


def role_of(tag: str, attributes: Mapping[str, str], style: Style) -> Role:
    """The role of an element, by its tag, then by the names programs give it, then by its style."""
    names = f"{attributes.get('class', '')} {attributes.get('id', '')}".lower().split()
    roles = [_ROLES.get(_PREFIX.sub("", name, count=1)) for name in names[:MAX_NAMES]]
    if tag == "blockquote":
        cited = attributes.get("type") == "cite" or Role.REPLY in roles
        return Role.PLAIN if style.plain_border and not cited else Role.QUOTE
    if role := next((role for role in roles if role), None):
        return role
    if "data-signatureblock" in attributes or attributes.get("data-smartmail") == "gmail_signature":
        return Role.SIGNATURE
    if tag == "div" and (attributes.get("name") == "quote" or style.bar):
        return Role.CITED
    return Role.HEADERS if tag == "div" and style.rule else Role.PLAIN


def read_style(text: str) -> Style:
    """Read a ``style`` attribute. Later declarations win, as in CSS; ``!important`` is not weighed."""
    said: dict[str, str] = {}
    for declaration in text.lower().split(";"):
        name, colon, value = declaration.partition(":")
        if colon:
            said[name.strip()] = value.replace("!important", "").strip()
    border = said.get("border-left", "")
    top = said.get("border-top", "")
    return Style(
        gone=_is_gone(said),
        unseen=_is_unseen(said),
        preformatted=said["white-space"].startswith(("pre", "break-spaces"))
        if "white-space" in said
        else None,
        tight=_is_tight(said),
        bar="solid" in border and not _starts_with_zero(border) and "none" not in border,
        rule="none" in said.get("border", "") and "solid" in top and "padding" in said and "pt" in top,
        plain_border=said.get("border", "").startswith("none") and not border,
    )


def _is_zero(value: str | None) -> bool:
    return bool(value) and _ZERO.match(value or "") is not None


def _starts_with_zero(value: str) -> bool:
    return _is_zero(next(iter(value.split()), None))


def _is_gone(said: Mapping[str, str]) -> bool:
    """``display: none`` and the other ways to show nothing whatever is inside."""
    if said.get("display") == "none" or said.get("mso-hide") == "all" or _is_zero(said.get("opacity")):
        return True
    clipped = said.get("overflow") == "hidden"
    if clipped and any(_is_zero(said.get(name)) for name in ("max-height", "height", "max-width", "width")):
        return True
    if _SCALED_AWAY.search(said.get("transform", "")) or any(
        map(_CLIPPED.match, (said.get("clip", ""), said.get("clip-path", "")))
    ):
        return True
    return any(_FAR_AWAY.match(said.get(name, "")) for name in ("left", "top", "text-indent"))


def _is_unseen(said: Mapping[str, str]) -> bool | None:
    """No size, no visibility, no ink, or the colour of its own background."""
    answers = []
    if "font-size" in said:
        answers.append(_is_zero(said["font-size"]) or _TINY.match(said["font-size"]) is not None)
    if "visibility" in said:
        answers.append(said["visibility"] in ("hidden", "collapse"))
    ground = said.get("background-color") or said.get("background", "")
    colour = said.get("color")
    if colour:
        inked = "text" in said.get(
            "background-clip", said.get("-webkit-background-clip", "")
        )  # by the background
        answers.append(
            _COLOURS.get(colour, colour) == _COLOURS.get(ground, ground)
            or (_NO_INK.match(colour) is not None and not inked)
        )
    return any(answers) if answers else None


def _is_tight(said: Mapping[str, str]) -> bool:
    sides = said.get("margin", "").split()
    top = said.get("margin-top", sides[0] if sides else "")
    bottom = said.get("margin-bottom", sides[2] if len(sides) > 2 else (sides[0] if sides else ""))
    return _is_zero(top) and _is_zero(bottom)
