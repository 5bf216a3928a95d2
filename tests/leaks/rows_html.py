"""Rows of the matrix: HTML. What names the author, what is hidden, and all that would call home when read."""

from __future__ import annotations

import base64
from collections.abc import Callable

from tests.leaks.case import Case, at
from tests.leaks.letters import entity, html, letter, parts, text
from tests.leaks.who import Who


def _page(row: str, what: str, encoding: str, markup: str | Callable[[Who], str], plants: str | Callable[[Who], str], off: str = "html",
          program: str = "any", peers: str = "body-html", head: str = "") -> Case:  # fmt: skip
    def build(who: Who) -> bytes:
        made = markup.format(w=who) if isinstance(markup, str) else markup(who)
        return letter(who, html(who, made, head=head.format(w=who)))

    return Case(row, what, encoding, program, build, plants, off, peers)


def _references(text: str, form: str) -> str:
    return "".join(form.format(ord(c)) for c in text)


IDENTITY = at("HTML, who wrote it", (
    _page("decimal", "address", "decimal references", lambda w: f"<p>at {_references(w.address, '&#{};')}</p>", "address", "words"),
    _page("hexadecimal", "address", "hexadecimal references", lambda w: f"<p>at {_references(w.address, '&#x{:X};')}</p>", "address", "words"),
    _page("named", "address", "named references", lambda w: f"<p>{w.address.replace('@', '&commat;').replace('.', '&period;')}</p>", "address", "words"),
    _page("spans", "address", "one span for each letter", lambda w: "<p>" + "".join(f"<span>{c}</span>" for c in w.address) + "</p>", "address", "words",
          program="Outlook desktop"),
    _page("picture-at", "address", "picture for the sign", lambda w: f'<p>{w.local}<img alt="@" src="x.png">{w.domain}</p>', "address", "words"),
    _page("wbr", "family name", "soft breaks inside", lambda w: f"<p>{w.family[:3]}<wbr>{w.family[3:6]}&shy;{w.family[6:]}</p>", "family", "words"),
    _page("split-comment", "address", "comment inside", lambda w: f"<p>{w.local}<!-- x -->@<b></b>{w.domain}</p>", "address", "words"),
    _page("mailto", "mailto link", "percent", lambda w: f'<p><a href="mailto:{w.local}%40{w.domain}?subject=x">write</a></p>', lambda w: f"{w.local}%40{w.domain}", "html words"),
    _page("mailto-shown", "mailto link with its address", "plain", '<p><a href="mailto:{w.address}">{w.address}</a></p>', "address", "words", program="Gmail web"),
    _page("name", "name in bold and italics", "tags inside", lambda w: f"<p>Ilse <b>{w.family[:4]}</b><i>{w.family[4:]}</i></p>", "family", "words"),
    _page("link-path", "link to the author's own page", "URL", '<p><a href="https://{w.domain}/me">my page</a></p>', "domain", "words"),
    _page("link-user", "link with a user name", "URL", '<p><a href="https://{w.token}:x@wiki.test/page">page</a></p>', "token", "links"),
    _page("link-tracked", "link with campaign parameters", "URL",
          '<p><a href="https://news.test/a?utm_source={w.token}&amp;fbclid={w.client}&amp;id=7">article</a></p>', "token|client", "links",
          peers="link", program="newsletter, copied"),
    _page("link-safelinks", "Safe Links wrapper that names its reader", "percent, twice",
          lambda w: '<p><a href="https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fnews.test%2Fa&amp;data=05%7C02%7C'
                    f'{w.local}%40{w.domain}%7C{w.token}&amp;sdata={w.key}">article</a></p>', "token|key", "links words", peers="link", program="Microsoft 365"),
    _page("link-google", "redirect of a search engine", "percent",
          '<p><a href="https://www.google.com/url?q=https%3A%2F%2Fnews.test%2Fa&amp;ust={w.token}&amp;usg={w.key}">article</a></p>', "token|key", "links",
          peers="link", program="Gmail web"),
))  # fmt: skip

_LINKS = {
    "proofpoint": ("mail filter's wrapper", "https://urldefense.com/v3/__https://news.test/a__;!!{w.key}!{w.token}$", "token|key", "Proofpoint"),
    "proofpoint-old": ("mail filter's wrapper", "https://urldefense.proofpoint.com/v2/url?u=https-3A__news.test_a&d=x&r={w.token}&m={w.key}", "token|key", "Proofpoint"),
    "barracuda": ("mail filter's wrapper", "https://linkprotect.cudasvc.com/url?a=https%3a%2f%2fnews.test%2fa&c=E,1,{w.token}", "token", "Barracuda"),
    "mimecast": ("mail filter's wrapper", "https://protect-eu.mimecast.com/s/{w.token}?domain=news.test", "token", "Mimecast"),
    "sophos": ("mail filter's wrapper", "https://eu1.protection.sophos.com/?d=x&u=aHR0cHM6Ly9uZXdzLnRlc3QvYQ==&i={w.token}", "token", "Sophos"),
    "cisco": ("mail filter's wrapper", "https://secure-web.cisco.com/1{w.token}/https%3A%2F%2Fnews.test%2Fa", "token", "Cisco"),
    "youtube": ("link that tells who shared it", "https://youtu.be/abc?si={w.token}", "token", "YouTube"),
    "documents": ("link that tells who shared it", "https://docs.google.com/document/d/1/edit?usp=sharing&ouid={w.token}", "token", "Google Docs"),
    "facebook": ("link that tells who shared it", "https://www.facebook.com/share/1?mibextid={w.token}&rdid={w.key}", "token|key", "Facebook"),
    "tiktok": ("link that tells who shared it", "https://www.tiktok.com/@x/video/1?_t={w.token}", "token", "TikTok"),
    "search": ("link that tells who searched", "https://www.google.com/search?q=help&ei={w.token}&rlz={w.key}", "token|key", "Chrome"),
}  # fmt: skip


def _link(row: str, what: str, url: str, plants: str, program: str) -> Case:
    return Case(
        row,
        what,
        "plain text",
        program,
        lambda w: letter(w, text(w, f"See {url.format(w=w)} there.")),
        plants,
        "links",
        "written",
    )


LINKS = at("Links", (
    *(_link(row, *rest) for row, rest in _LINKS.items()),
    Case("cid", "mark of a picture in the plain version", "RFC 2392", "Outlook desktop",
         lambda w: letter(w, text(w, f"See [cid:{w.token}@{w.host}] there.")), "token|host", "links", "written"),
))  # fmt: skip

HIDDEN = at("HTML, hidden", (
    _page("comment", "comment", "comment", "<p>a<!-- {w.token} {w.firm} -->b</p>", "token|firm"),
    _page("conditional", "conditional comment", "comment", "<!--[if mso]><p>{w.token}</p><![endif]--><p>b</p>", "token", program="Outlook desktop"),
    _page("conditional-open", "downlevel-revealed condition", "declaration", "<![if !vml {w.token}]><p>b</p><![endif]>", "token", program="Word"),
    _page("display", "text that is not displayed", "inline style", '<p>a<span style="display:none">{w.token}</span></p>', "token", "hidden", program="preheader"),
    _page("visibility", "text that is invisible", "inline style", '<p>a<span style="visibility:hidden">{w.token}</span></p>', "token", "hidden"),
    _page("tiny", "text of no size", "inline style", '<p>a<span style="font-size:0px;line-height:0">{w.token}</span></p>', "token", "hidden", program="preheader"),
    _page("white", "white on white", "inline style", '<p>a<span style="color:#ffffff;background-color:#ffffff">{w.token}</span></p>', "token", "hidden"),
    _page("transparent", "text of no opacity", "inline style", '<p>a<span style="opacity:0">{w.token}</span></p>', "token", "hidden"),
    _page("no-ink", "text without ink", "inline style", '<p>a<span style="color:rgba(0,0,0,0)">{w.token}</span></p>', "token", "hidden"),
    _page("points", "text of one point", "inline style", '<p>a<span style="font-size:1px">{w.token}</span></p>', "token", "hidden", program="preheader"),
    _page("clipped", "text clipped away", "inline style", '<p>a<span style="position:absolute;clip:rect(0,0,0,0)">{w.token}</span></p>', "token", "hidden"),
    _page("scaled", "text scaled to nothing", "inline style", '<p>a<span style="transform:scale(0)">{w.token}</span></p>', "token", "hidden"),
    _page("far", "text off the page", "inline style", '<p>a<span style="position:absolute;left:-9999px">{w.token}</span></p>', "token", "hidden"),
    _page("attribute", "hidden attribute", "attribute", "<p>a<span hidden>{w.token}</span></p>", "token"),
    _page("aria", "aria-hidden", "attribute", '<p>a<span aria-hidden="true">{w.token}</span></p>', "token"),
    _page("alt", "alternative text of a picture", "attribute", '<p><img src="cid:{w.token}" alt="Photo of {w.firm}"></p>', "token|firm"),
    _page("title", "title, data-* and aria-label", "attribute", '<p title="{w.firm}" data-owner="{w.token}" aria-label="{w.client}">a</p>', "firm|token|client"),
    _page("class", "class, id and name of elements", "attribute", '<div class="{w.token}" id="x_{w.client}"><a name="{w.firm}"></a>a</div>', "token|client|firm"),
    _page("page-title", "title of the page", "head", "<p>a</p>", "token|firm", head="<title>{w.firm} {w.token}</title>"),
    _page("meta", "author and generator", "head", "<p>a</p>", "firm|client", head='<meta name="author" content="{w.firm}"><meta name="Generator" content="{w.client} 15">',
          program="Word"),
    _page("base", "base address", "head", "<p>a</p>", "beacon", head='<base href="https://{w.beacon}/">', program="browser"),
    _page("style", "style sheet", "CSS", "<p>a</p>", "token|client", head="<style>/* {w.token} */ p:after {{ content: '{w.client}' }}</style>"),
    _page("office-xml", "document properties", "XML island", "<p>a</p>", "firm|token",
          head="<xml><o:DocumentProperties><o:Author>{w.firm}</o:Author><o:Template>file:///C:/Users/{w.token}/x.dotm</o:Template></o:DocumentProperties></xml>",
          program="Word"),
    _page("smart-tag", "smart tags with a person", "XML", '<p><st1:PersonName w:st="on" ProductID="{w.token}">a</st1:PersonName></p>', "token", program="Word"),
    _page("input", "hidden input", "form", '<form action="https://{w.beacon}/f"><input type="hidden" name="id" value="{w.token}"><p>a</p></form>', "beacon|token"),
    _page("textarea", "what a form holds", "form", "<p>a</p><textarea>{w.token}</textarea><select><option>{w.firm}</select>", "token|firm"),
    _page("noscript", "for readers without scripts", "element", "<p>a</p><noscript>{w.token}</noscript><template>{w.firm}</template>", "token|firm"),
    _page("svg-text", "text and metadata of a drawing", "SVG", "<p>a</p><svg><metadata>{w.token}</metadata><title>{w.firm}</title><text>{w.client}</text></svg>",
          "token|firm|client"),
    _page("math", "annotation of a formula", "MathML", "<p>a</p><math><annotation>{w.token}</annotation></math>", "token"),
    _page("data-picture", "picture in the page", "data URI",
          lambda w: f'<p>a<img src="data:image/png;base64,{base64.b64encode(w.token.encode()).decode()}"></p>', "token"),
    _page("data-link", "link to a page in the page", "data URI",
          lambda w: f'<p><a href="data:text/html;base64,{base64.b64encode(w.token.encode()).decode()}">a</a></p>', "token"),
    _page("script-link", "link that runs a script", "URL", "<p><a href=\"javascript:location='https://{w.beacon}'\">a</a></p>", "beacon"),
    _page("file-link", "link to the author's disk", "URL", '<p><a href="file:///C:/Users/{w.token}/letter.docx">a</a></p>', "token", program="Outlook desktop"),
    _page("cid-link", "link to a part", "URL", '<p><a href="cid:{w.token}@{w.host}">a</a></p>', "token|host"),
    _page("after-end", "text after the end of the page", "markup", "<p>a</p></body></html><!-- {w.token} -->", "token"),
    _page("processing", "processing instruction and CDATA", "markup", '<?xml:namespace ns="{w.token}"?><p>a</p>', "token", program="Word"),
    Case("alternative", "what only the HTML version says", "multipart/alternative", "newsletter tool",
         lambda w: letter(w, parts(text(w), html(w, f'<span style="display:none">{w.token}</span><img src="https://{w.beacon}/p.gif">'), kind="alternative")),
         "token|beacon", "version", "remote"),
    Case("amp", "AMP version", "text/x-amp-html", "newsletter tool",
         lambda w: letter(w, parts(text(w), entity("text/x-amp-html", f"<html amp4email><body>{w.token}</body></html>"), kind="alternative")),
         "token", "version", "unknown"),
    Case("watch", "version for a watch", "text/watch-html", "newsletter tool",
         lambda w: letter(w, parts(text(w), entity("text/watch-html", f"<b>{w.token}</b>"), kind="alternative")), "token", "version", "unknown"),
    Case("enriched", "enriched version", "text/enriched", "Eudora",
         lambda w: letter(w, parts(text(w), entity("text/enriched", f"<x-color><param>{w.token}</param>a</x-color>"), kind="alternative")),
         "token", "version", "unknown"),
))  # fmt: skip

_U = "https://{w.beacon}/{w.token}"
_BODY = {
    "img": f'<img src="{_U}.gif" width="1" height="1">',
    "srcset": f'<img srcset="{_U}.png 2x" sizes="1px">',
    "background": f'<table background="{_U}.png"><tr><td>a</td></tr></table>',
    "css-link": f'<link rel="stylesheet" href="{_U}.css">',
    "css-import": f"<style>@import url('{_U}.css');</style>",
    "css-behavior": f"<style>p {{{{ behavior: url('{_U}.htc') }}}}</style>",
    "css-content": f"<style>p:before {{{{ content: url('{_U}.png') }}}}</style>",
    "css-attachment": f"<div style=\"background:url('{_U}.png') fixed\">a</div>",
    "font-face": f"<style>@font-face {{{{ font-family: x; src: url('{_U}.woff') }}}}</style>",
    "bgsound": f'<bgsound src="{_U}.wav">',
    "audio": f'<audio src="{_U}.mp3" autoplay preload></audio>',
    "video-mp4": f'<video src="{_U}.mp4" autoplay></video>',
    "video-source": f'<video><source src="{_U}.webm" type="video/webm"></video>',
    "video-ogg": f'<video><source src="{_U}.ogv" type="video/ogg"></video>',
    "video-track": f'<video><track src="{_U}.vtt" default></video>',
    "video-preload": f'<video preload="auto"><source src="{_U}.mov"></video>',
    "poster": f'<video poster="{_U}.jpg"></video>',
    "applet": f'<applet code="x.class" codebase="{_U}"></applet>',
    "object": f'<object data="{_U}.html"></object>',
    "flash": f'<embed src="{_U}.swf" type="application/x-shockwave-flash">',
    "iframe": f'<iframe src="{_U}.html"></iframe>',
    "iframe-srcdoc": f"<iframe srcdoc=\"&lt;img src='{_U}'&gt;\"></iframe>",
    "iframe-data": "<iframe src=\"data:text/html,<img src='https://{w.beacon}/{w.token}'>\"></iframe>",
    "svg-image": f'<svg><image xlink:href="{_U}.png" href="{_U}.png"/></svg>',
    "svg-use": f'<svg><use href="{_U}.svg#a"/><style>@import "{_U}.css"</style></svg>',
    "js": f"<script>new Image().src='{_U}'</script>",
    "script-in-script": f"<script><script>new Image().src='{_U}'</script></script>",
    "meta-refresh": f'<meta http-equiv="refresh" content="1; url={_U}">',
    "manifest": f'<link rel="manifest" href="{_U}.json">',
    "link-prefetch": f'<link rel="prefetch" href="{_U}">',
    "dns-prefetch": '<link rel="dns-prefetch" href="//{w.token}.{w.beacon}">',
    "dns-prefetch-anchor": '<meta http-equiv="x-dns-prefetch-control" content="on"><link rel="preconnect" href="//{w.token}.{w.beacon}">',
    "atom": f'<link rel="alternate" type="application/atom+xml" href="{_U}.atom">',
    "rss": f'<link rel="alternate" type="application/rss+xml" href="{_U}.rss">',
    "opensearch": f'<link rel="search" type="application/opensearchdescription+xml" href="{_U}.xml">',
    "image-submit": f'<form><input type="image" src="{_U}.png"></form>',
    "view-source": f'<iframe src="view-source:{_U}"></iframe>',
}


def _tracker(row: str, markup: str) -> Case:
    return _page(row, f"{row.replace('-', ' ')} that calls home", "HTML", f"<p>b</p>{markup}<p>c</p>", "beacon|token", program="tracker",
                 peers="remote")  # fmt: skip


def _receipt(row: str, field: str) -> Case:
    return Case(row, f"{field} asks for a receipt", "header field", "tracker",
                lambda w: letter(w, text(w), f"{field}: {w.token}@{w.beacon}"), "beacon|token", "fields", "client")  # fmt: skip


TRACKERS = at("Trackers, the 39 of the Email Privacy Tester", (
    *(_tracker(name, markup) for name, markup in _BODY.items()),
    _receipt("disposition-notification", "Disposition-Notification-To"),
    _receipt("return-receipt", "Return-Receipt-To"),
))  # fmt: skip

ROWS = (*IDENTITY, *LINKS, *HIDDEN, *TRACKERS)
