"""The guides as a site of plain pages: ``make site`` writes it to ``dist/site``; nothing in it is fetched or runs.

Called by ``make`` and by the test that follows every link. A page for each file of Markdown, links between them turned into
links between pages, a heading's id made of its words as the usual code hosts do it.
"""

from __future__ import annotations

import posixpath
import re
import shutil
import sys
from collections.abc import Iterator
from html import escape
from itertools import pairwise
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).resolve().parents[1]
HOME = "README.md"

STYLE = """\
:root { color-scheme: light dark; font: 17px/1.55 system-ui, sans-serif }
body { margin: 0 auto; max-width: 52rem; padding: 1rem }
nav { font-size: .85rem; border-bottom: 1px solid; padding-bottom: .5rem }
pre { overflow-x: auto; padding: .6rem; border: 1px solid #8888; border-radius: 4px }
code { font-size: .9em }
div.wide { overflow-x: auto }
table { border-collapse: collapse; font-size: .9rem }
th, td { border: 1px solid #8888; padding: .25rem .5rem; text-align: start; vertical-align: top }
img { max-width: 100% }
@media print { nav { display: none } :root { font-size: 12px } body { max-width: none; padding: 0 } }
"""

PAGE = """\
<!doctype html>
<html lang="{language}" dir="{direction}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
{style}</style>
<nav>{nav}</nav>
<main>
{body}</main>
</html>
"""


def sources() -> list[Path]:
    """Every page, the first one first."""
    return [ROOT / HOME, *sorted((ROOT / "docs").rglob("*.md")), ROOT / "CHANGELOG.md"]


def slug(heading: str) -> str:
    """The id of a heading: small letters, dashes for spaces, other signs left out."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def parsed(source: Path) -> list[Token]:
    """A page as tokens, each heading with its id."""
    tokens = MarkdownIt("commonmark").enable("table").parse(source.read_text("utf-8"))
    seen: dict[str, int] = {}
    for token, inline in pairwise(tokens):
        if token.type == "heading_open":
            name = slug("".join(child.content for child in inline.children or ()))
            token.attrSet("id", f"{name}-{seen[name]}" if name in seen else name)
            seen[name] = seen.get(name, 0) + 1
    return tokens


def links(tokens: list[Token]) -> Iterator[tuple[Token, str]]:
    """Everything that leads somewhere, and the attribute that says where."""
    for token in tokens:
        for child in token.children or ():
            if child.type in {"link_open", "image"}:
                yield child, "href" if child.type == "link_open" else "src"


def ids(source: Path) -> set[str]:
    """The ids of a page's headings."""
    return {str(token.attrGet("id")) for token in parsed(source) if token.type == "heading_open"}


def broken(source: Path) -> list[str]:
    """Links that lead to no file of the project, or to no heading of it."""
    found = []
    for token, key in links(parsed(source)):
        target = str(token.attrGet(key))
        path, _, anchor = target.partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        file = (source.parent / path).resolve() if path else source
        is_there = file.exists() and file.is_relative_to(ROOT)
        if not is_there or (anchor and file.suffix == ".md" and anchor not in ids(file)):
            found.append(target)
    return found


def _page(source: Path) -> str:
    tokens = parsed(source)
    for token, key in links(tokens):
        path, _, anchor = str(token.attrGet(key)).partition("#")
        if path and not re.match(r"[a-z]+:", path):
            token.attrSet(key, _address(source, path) + (f"#{anchor}" if anchor else ""))
    markdown = MarkdownIt("commonmark").enable("table")
    body = markdown.renderer.render(tokens, markdown.options, {})
    body = body.replace("<table>", '<div class="wide"><table>').replace("</table>", "</table></div>")
    title = next((t.content for t in tokens if t.type == "inline"), source.stem)
    language = source.stem if source.parent.name == "counselor-page" else "en"
    up = posixpath.relpath(".", posixpath.dirname(_name(source)) or ".")
    nav = " · ".join(f'<a href="{up}/{_name(each)}">{escape(each.stem.lower())}</a>' for each in sources()
                     if each.parent.name != "counselor-page")  # fmt: skip
    direction = "rtl" if language == "ar" else "ltr"
    return PAGE.format(
        language=language, direction=direction, title=escape(title), style=STYLE, nav=nav, body=body
    )


def _name(source: Path) -> str:
    """Where a page is in the site."""
    if source == ROOT / HOME:
        return "index.html"
    return source.relative_to(ROOT).with_suffix(".html").as_posix()


def _address(source: Path, path: str) -> str:
    """A link to another page or file, from a page."""
    file = (source.parent / path).resolve()
    here = posixpath.dirname(_name(source)) or "."
    return posixpath.relpath(_name(file) if file.suffix == ".md" else file.relative_to(ROOT).as_posix(), here)


def build(folder: Path) -> list[Path]:
    """Write the site, over an older one; the pages that were written."""
    written = []
    for source in sources():
        target = folder / _name(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(_page(source), "utf-8")
        written.append(target)
        for token, key in links(parsed(source)):
            file = (source.parent / str(token.attrGet(key)).partition("#")[0]).resolve()
            if file.is_file() and file.suffix != ".md" and file.is_relative_to(ROOT):
                copy = folder / file.relative_to(ROOT)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, copy)
    return written


if __name__ == "__main__":
    to = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "dist" / "site")
    print(f"{len(build(to))} pages in {to}")
