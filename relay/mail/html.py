"""HTML to the text that a person would read aloud.

Called by ``content`` for bodies without a plain text, before ``marks`` and ``quotes`` look at it.
Promises: nothing remote, hidden, scripted or commented comes out; a link is its words and, if it
can be shown (``links``), its address; quotes become ``> `` lines, header blocks of Outlook and its
kin get a line ``-----Original Message-----`` above them and signatures of known programs a ``-- ``,
so that ``quotes.segment`` knows them. No recursion, time and memory linear in at most
``MAX_MARKUP_CHARS``. Broken markup is read as libxml2 repairs it; there is no failure, only less text.

Standards: HTML as mail programs write it; RFC 3676 §4.3, §4.5 for the text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lxml import etree

from relay.mail.html_lines import MAX_QUOTE_LEVELS, Lines
from relay.mail.html_style import NO_STYLE, Role, Style, read_style, role_of
from relay.mail.links import tidy_url
from relay.mail.marks import is_emoji

MAX_MARKUP_CHARS = 2 * 1024 * 1024
MAX_DEPTH = 500
"""Nesting kept of markup that libxml2 refuses (over 2,048 levels). Real mail stays under 200."""


def _tags(names: str) -> frozenset[str]:
    return frozenset(names.split())


_SILENT = _tags(
    "head title style script template noscript noframes svg math object embed applet iframe frame frameset"
    " audio video canvas map input select option optgroup datalist textarea meter progress param xml"
)
_PARAGRAPHS = _tags("p h1 h2 h3 h4 h5 h6 blockquote pre xmp listing ul ol dl table fieldset figure")
_BLOCKS = _tags(
    "html body div section article aside header footer nav main address center form li dt dd tr td th caption"
    " thead tfoot legend figcaption details summary menu dir hgroup"
)
_INLINE = _tags(
    "b i u s em strong small big span font sub sup tt code del ins strike mark abbr cite q label o:p tbody"
)
_VOID = _tags("area base br col hr img input link meta param source track wbr")
_PREFORMATTED = frozenset(("pre", "xmp", "listing"))
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:_-]*)[^<>]*>")
_NOT_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_SCHEME = re.compile(r"(?:https?://)?(?:www\.)?", re.IGNORECASE)
_LINK_START = re.compile(r"(?:https?://|www\.)\S+\Z", re.IGNORECASE)


@dataclass(slots=True)
class _Open:
    """An element that is open: what to do when it ends, and what its children inherit."""

    shown: bool = True
    preformatted: bool = False
    role: Role = Role.PLAIN
    start: int = 0  # lines written before it
    place: tuple[int, int] = (0, 0)
    cells: list[int] | None = None  # of a table row: where its cells begin
    counter: int | None = None  # of an ordered list: the next number


def to_text(markup: str) -> str:
    """Return the readable text of an HTML document or fragment; lines end in LF, none at the end."""
    root = _parse(_NOT_TEXT.sub("", markup[:MAX_MARKUP_CHARS]))
    if root is None:
        return ""
    page = _Page()
    walk = etree.iterwalk(root, events=("start", "end"))
    for event, element in walk:
        tag = element.tag
        if not isinstance(tag, str):
            if event == "end":
                page.text(element.tail)
        elif event == "end":
            page.leave(tag, element)
            page.text(element.tail)
        elif page.enter(tag, element):
            page.text(element.text)
        else:
            walk.skip_subtree()
    return page.lines.finish()


def _parse(markup: str) -> etree._Element | None:
    """The root of the document, thinned and read again if it is nested too deeply; ``None`` if empty."""
    for text in (markup, None):
        parser = etree.HTMLParser(
            encoding="utf-8", huge_tree=True, no_network=True, remove_comments=True, remove_pis=True
        )
        try:
            root = etree.fromstring((_thinned(markup) if text is None else text).encode(), parser=parser)
        except etree.XMLSyntaxError:
            return None
        if text is None or not any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log):
            return root
    return None


def _thinned(markup: str) -> str:
    """``markup`` without the tags nested deeper than ``MAX_DEPTH``: blocks become line breaks."""
    depth = 0

    def keep(match: re.Match[str]) -> str:
        nonlocal depth
        tag = match[2].lower()
        if tag in _VOID or tag in _SILENT:
            return match[0]
        depth = max(0, depth - 1) if match[1] else depth + 1
        if depth < MAX_DEPTH or (match[1] and depth == MAX_DEPTH):
            return match[0]
        return "" if match[1] or tag not in _BLOCKS | _PARAGRAPHS else "<br>"

    return _TAG.sub(keep, markup)


class _Page:
    """Turns elements into lines; one per call of ``to_text``."""

    def __init__(self) -> None:
        self.lines = Lines()
        self._open: list[_Open] = [_Open()]
        self._styles: dict[str, Style] = {}
        self._quotes = 0

    def text(self, text: str | None) -> None:
        """Running text of the innermost open element."""
        if text and self._open[-1].shown:
            self.lines.write(text)

    def enter(self, tag: str, element: etree._Element) -> bool:
        """Begin an element. ``False`` if nothing in it is shown; ``leave`` is called even so."""
        attributes = {str(name): str(value) for name, value in element.items()}
        parent = self._open[-1]
        if not attributes and tag in _INLINE:
            self._open.append(_Open(parent.shown, parent.preformatted))
            return True
        style = self._style(attributes.get("style", ""))
        role = role_of(tag, attributes, style) if attributes or tag == "blockquote" else Role.PLAIN
        now = _Open(parent.shown, parent.preformatted, role, len(self.lines.written))
        self._open.append(now)
        if tag in _SILENT or style.gone or "hidden" in attributes or attributes.get("aria-hidden") == "true":
            now.shown, now.role = False, Role.PLAIN
            return False
        if style.unseen is not None:
            now.shown = not style.unseen
        if style.preformatted is not None or tag in _PREFORMATTED:
            now.preformatted = style.preformatted is not False
        self._begin(tag, element, now, style)
        self.lines.preformatted = now.preformatted
        return True

    def leave(self, tag: str, element: etree._Element) -> None:
        """End the innermost element."""
        now = self._open.pop()
        parent = self._open[-1]
        if tag in _INLINE and now.role is Role.PLAIN:
            self.lines.preformatted = parent.preformatted
            return
        if tag == "a":
            self._show_link(element.get("href", ""), now.place)
        if tag in ("ul", "ol", "dd"):
            self.lines.block()  # what was written in it is still indented
            self.lines.indent -= 1
        if tag in _BLOCKS or tag in _PARAGRAPHS:
            self.lines.block(self._margin(tag, element))
        if tag == "tr" and now.cells:
            self.lines.join_row(now.cells)
        if tag == "li":
            self.lines.marker = ""
        if tag == "p" and _is_outlook(element) and len(self.lines.written) == now.start:
            self.lines.line_break()
        self._end_role(now)
        self.lines.preformatted = parent.preformatted

    def _style(self, text: str) -> Style:
        if not text:
            return NO_STYLE
        style = self._styles.get(text)
        if style is None:
            style = self._styles[text] = read_style(text)
        return style

    def _margin(self, tag: str, element: etree._Element) -> int:
        """Blank lines above and below an element."""
        if tag not in _PARAGRAPHS or (tag in ("ul", "ol") and self.lines.indent):
            return 0
        if tag == "p":  # Outlook's paragraphs are lines, its blank lines are paragraphs
            tight = self._style(element.get("style", "")).tight
            return 0 if tight or _is_outlook(element) else 1
        return 0 if tag == "table" and len(self._open) > 1 and self._open[-1].cells is not None else 1

    def _begin(self, tag: str, element: etree._Element, now: _Open, style: Style) -> None:
        """What the start of an element writes."""
        lines = self.lines
        if tag == "br":
            lines.line_break()
        elif tag == "hr":
            lines.block()
            self.text("---" if now.role is Role.PLAIN else "________________________________")
            lines.block()
        elif tag == "img":
            alt = element.get("alt", "")
            self.text(
                alt if is_emoji(alt) or alt == "@" else ""
            )  # a picture of @ hides an address from machines
        elif tag in _BLOCKS or tag in _PARAGRAPHS:
            lines.block(0 if style.tight and tag == "p" else self._margin(tag, element))
            self._begin_block(tag, element, now)
        now.place = lines.place()
        if now.role in (Role.REPLY, Role.CITED, Role.HEADERS):
            lines.reply_starts_here()
        if now.role in (Role.QUOTE, Role.CITED):
            lines.block(1)
            self._quotes += 1
            lines.quote = min(MAX_QUOTE_LEVELS, self._quotes)
        now.start = len(lines.written)

    def _begin_block(self, tag: str, element: etree._Element, now: _Open) -> None:
        """Lists and table rows."""
        if tag in ("ul", "ol", "dd"):
            self.lines.indent += 1
            start = element.get("start", "1")
            now.counter = (int(start) if start.isdecimal() and len(start) < 6 else 1) if tag == "ol" else None
        elif tag == "tr":
            now.cells = []
        parent = self._open[-2]
        if tag == "li":
            self.lines.marker = "- " if parent.counter is None else f"{parent.counter}. "
            parent.counter = None if parent.counter is None else parent.counter + 1
        elif tag in ("td", "th") and parent.cells is not None:
            parent.cells.append(len(self.lines.written))

    def _end_role(self, now: _Open) -> None:
        """What the end of a quote, a header block or a signature does to the lines written in it."""
        lines = self.lines
        if now.role is Role.PLAIN:
            return
        lines.block(1)
        if now.role is Role.CITED:
            lines.lift_attribution(now.start)
        elif now.role is Role.HEADERS:
            lines.mark_headers(now.start)
        elif now.role is Role.SIGNATURE:
            lines.mark_signature(now.start)
        if now.role in (Role.QUOTE, Role.CITED):
            self._quotes -= 1
            lines.quote = min(MAX_QUOTE_LEVELS, self._quotes)

    def _show_link(self, href: str, place: tuple[int, int]) -> None:
        """Write the address of a link after its words, unless the words are the address."""
        url = tidy_url(href)
        words = self.lines.since(place)
        if not url or (words is not None and not words.strip()) or not self._open[-1].shown:
            return
        if words is None:
            self.text(f" ({url})")
            return
        bare = words.strip()
        if _bare_url(bare) in (_bare_url(href.strip()), _bare_url(url)):
            shown = (
                url if _LINK_START.match(bare) and bare != url and _bare_url(bare) != _bare_url(url) else bare
            )
        else:
            shown = f"{bare} ({url})"
        lead = " " if words.startswith(" ") else ""
        trail = " " if words.endswith(" ") else ""
        self.lines.replace_since(place, lead + shown + trail)


def _is_outlook(element: etree._Element) -> bool:
    """Tell whether a paragraph is one of Word's, which have no margins."""
    return "mso" in element.get("class", "").lower()


def _bare_url(url: str) -> str:
    """A web address as people compare it: without scheme, ``www.`` and the last slash."""
    return _SCHEME.sub("", url, count=1).rstrip("/").casefold()
