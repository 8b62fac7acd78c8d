from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from itertools import pairwise

from mailtemplates.characters import shorten
from mailtemplates.finding import Finding, Findings
from mailtemplates.html.document import Element, HtmlDocument
from mailtemplates.html.markup import VOID, Token, attribute_spans
from mailtemplates.linting.rule import rule
from mailtemplates.pattern import pattern
from mailtemplates.span import Span

#: Elements whose end tag html lets authors leave out (HTML §13.1.2.4).
_OPTIONAL = frozenset(
    {"html", "head", "body", "p", "li", "dt", "dd", "option", "optgroup", "tr", "td", "th", "tbody", "thead", "tfoot",
     "colgroup", "caption", "rp", "rt"}
)  # fmt: skip
_CELLS = frozenset({"td", "th", "tr"})
_TABLE = frozenset({"table", "tbody", "thead", "tfoot", "tr"})
_CLEAN_TAG = pattern(
    r"""<[A-Za-z][^\s/>"'<]*+(?:[\s/]++[^\s/>"'<=]++(?:\s*+=\s*+(?:"[^"<]*+"|'[^'<]*+'|[^\s"'<>=`]++)(?![^\s/>]))?+)*+[\s/]*+>"""
)
_CUT_OFF = pattern(r"</?[A-Za-z]")
_TAG_IN_VALUE = pattern(r"</?[A-Za-z][^<]*>")
_KNOWN = _OPTIONAL | frozenset(
    {"a", "abbr", "acronym", "address", "applet", "area", "article", "aside", "audio", "b", "base", "basefont",
     "bdi", "bdo", "bgsound", "big", "blink", "blockquote", "br", "button", "canvas", "center", "cite", "code",
     "col", "command", "data", "datalist", "del", "details", "dfn", "dialog", "dir", "div", "dl", "em", "embed",
     "fieldset", "figcaption", "figure", "font", "footer", "form", "frame", "frameset", "h1", "h2", "h3", "h4",
     "h5", "h6", "header", "hgroup", "hr", "i", "iframe", "img", "input", "ins", "isindex", "kbd", "keygen",
     "label", "legend", "link", "listing", "main", "map", "mark", "marquee", "math", "menu", "meta", "meter",
     "multicol", "nav", "nobr", "noembed", "noframes", "noscript", "object", "ol", "output", "param", "picture",
     "plaintext", "pre", "progress", "q", "ruby", "s", "samp", "script", "search", "section", "select", "slot",
     "small", "source", "spacer", "span", "strike", "strong", "style", "sub", "summary", "sup", "svg", "table",
     "template", "textarea", "time", "title", "track", "tt", "u", "ul", "var", "video", "wbr", "xml", "xmp"}
)  # fmt: skip
_MOST = 20


@rule("HTM002", severity="warning", structural=True)
def invalid_html(document: HtmlDocument) -> Findings:
    """Tags do not match: an element is not closed, an end tag closes nothing, a quote or a comment has no end.

    Each mail program mends such html in its own way, so the message looks right in one and falls apart in another: bold
    text to the end, a column under the other, a footer that is gone. What html allows to be left out, as `</li>`, and
    what Outlook needs, as halves of tables in conditional comments, is passed over.

    Reference: HTML §13.2; Gmail sender guidelines: "format them according to HTML standards"

    Bad:

        <p>Your order is <b>on its way.</p>
        <p>We write again soon.</p>

    Bad:

        <div>
        <table role="presentation"><tr><td><p>Hello</p></td></td></tr></table>
        </div>

    Bad:

        <div style="color: #333333"><div><p>Hello</p></div>

    Bad:

        <table role="presentation"><tr><td>
        <table role="presentation"><tr><td>Hello</td></tr>
        </td></tr></table>

    Bad:

        <p><img src="cid:logo" alt="Acme "and sons""></p>

    Bad:

        <!-- the greeting <p>Hello</p>

    Bad:

        <p>Hello</p>
        <p class="note" Your order is on its way.</p

    Bad:

        <p><b><i>Hello</b></i></p>

    Bad:

        <table role="presentation"><tr><p>Hello</p></tr><tr><td>Hello</td></tr></table>

    Good:

        <ul><li>One<li>Two</ul>
        <table role="presentation"><tr><td>Hello<br/>Ben<tr><td><img src="cid:logo" alt="Acme"></img></table>
        <!--[if mso]><table role="presentation"><tr><td><![endif]-->
        <div><p>Hello <o:p></o:p></p></div>
        <!--[if mso]></td></tr></table><![endif]-->
    """
    broken = [*_broken_tags(document), *_cut_off(document)]
    yield from broken[:_MOST]
    if not broken and not _is_cut(document):
        found = [*_Balance(document).judge()]
        if all(one.severity == "info" for one in found):
            found += _in_no_cell(document)
        yield from found[:_MOST]


def _broken_tags(document: HtmlDocument) -> Findings:
    """Start tags with a quote too few or too many, or without their end."""
    for element in document.elements:
        source = element.source
        if _CLEAN_TAG.fullmatch(source):
            continue
        for one in attribute_spans(source):
            value = source[one.value_start : one.value_end]
            at = element.tag.start
            if '"' in one.name or "'" in one.name:
                span = Span(at + one.start, at + one.end)
                problem = (
                    f"a quote is missing or too much in <{element.name}> at {shorten(source[one.start : one.end], 30)}"
                )
                yield Finding(span, problem, "put each value between two quotes; inside them use the other kind")
                break
            if "<" in one.name or (not one.quote and "<" in value):
                problem = f"<{element.name}> has no > before the next tag"
                yield Finding(Span(at, at + one.start), problem, "close the tag")
                break
            if one.name != "srcdoc" and _TAG_IN_VALUE.search(value) and "\n" in value:
                problem = f"the value of {one.name} in <{element.name}> has no closing quote"
                yield Finding(Span(at + one.start, at + one.value_start), problem, "close the quote")
                break


def _cut_off(document: HtmlDocument) -> Findings:
    """Comments, tags and styles that the end of the html cuts off; and comments in comments."""
    html, tokens = document.html, document.tokens
    last = tokens[-1] if tokens else None
    if last and last.kind == "comment" and _CUT_OFF.match(html, last.start):
        name = html[last.start : last.start + 30].split()[0]
        yield Finding(Span(last.start, last.start + len(name)), f"the tag {name} has no end", "close the tag with >")
    is_plain = last and html.startswith("<!--", last.start) and not html.startswith("<!--[if", last.start)
    if last and last.kind == "comment" and is_plain and not _is_closed(html, last):
        problem = "a comment has no end, so all that follows is not shown"
        yield Finding(Span(last.start, last.start + 4), problem, "close it with -->")
    if last and last.kind == "raw" and last.end == len(html):
        problem = f"<{last.name}> is not closed, so all that follows is not shown"
        yield Finding(document.elements[-1].tag, problem, f"close it with </{last.name}>")
    for comment, text in pairwise(tokens):
        if comment.kind == "comment" and text.kind == "text" and "-->" in html[text.start : text.end]:
            inner = html[comment.start + 4 : comment.end]
            at = html.find("-->", text.start)
            if "<!--" in inner and "[if" not in inner:
                yield Finding(Span(at, at + 3), "a comment in a comment ended it early", "take the inner one out")


def _is_closed(html: str, comment: Token) -> bool:
    text = html[comment.start : comment.end]
    return text.endswith(("-->", "--!>")) or text in ("<!-->", "<!--->")


def _is_cut(document: HtmlDocument) -> bool:
    """Whether a conditional comment swallows the end of the html."""
    last = document.tokens[-1] if document.tokens else None
    return bool(last and last.kind == "comment" and not document.html.endswith(">"))


class _Balance:
    """Start and end tags matched as their author meant them.

    Where they cross, what decides is whether the rest of the html still closes what is open: if it does, the end tag at
    hand is one too many; if not, the open element lacks its own.
    """

    def __init__(self, document: HtmlDocument) -> None:
        self.document = document
        self.open: list[Element] = []
        self.count: Counter[str] = Counter()
        self.closes_cells = any(one.kind == "end" and one.name in ("td", "th") for one in document.tokens)
        self.paragraphs: list[Element] = []
        self.later: dict[str, tuple[list[int], list[int]]] = {}

    def judge(self) -> Findings:
        """What is wrong, in the order of the tags at which it is seen; at most a bounded number."""
        elements = iter(self.document.elements)
        seen = 0
        for at, token in enumerate(self.document.tokens):
            if token.kind == "start":
                yield from self.start(at, next(elements))
            elif token.kind == "end" and token.name not in VOID and ":" not in token.name:
                if self.open and self.open[-1].name == token.name:
                    self.matched(self.pop(), token)
                    continue
                for finding in self.end(at, token):
                    seen += 1
                    yield finding
                if seen > _MOST:
                    return
        for element in self.open:
            yield from self.unclosed(element)
        if self.paragraphs:
            yield self.parted()

    def start(self, at: int, element: Element) -> Findings:
        name = element.name
        if name in VOID or ":" in name or _ends_itself(element):
            return
        if name in ("html", "body") and self.count[name]:
            yield Finding(element.tag, f"a second <{name}> in the html", "take it out")
            return
        if (
            name == "a"
            and self.count["a"]
            and "href" in element.attributes
            and self.closed_later(at, "a") > self.count["a"]
        ):
            yield Finding(element.tag, "a link stands in a link", "close the outer one before it")
        self.open.append(element)
        self.count[name] += 1

    def pop(self) -> Element:
        element = self.open.pop()
        self.count[element.name] -= 1
        return element

    def end(self, at: int, token: Token) -> Findings:
        """An end tag that is not the innermost element's."""
        name, span = token.name, Span(token.start, token.end)
        if not self.count[name]:
            if name != "p":
                yield Finding(span, f"</{name}> closes nothing", "take it out, or open the element")
            return
        depth = next(at for at in range(len(self.open) - 1, -1, -1) if self.open[at].name == name)
        inside = {one.name for one in self.open[depth + 1 :]}
        lacking = {one: self.count[one] - self.closed_later(at, one) for one in inside}
        if any(missing > 0 for missing in lacking.values()):
            while len(self.open) > depth + 1:
                element = self.pop()
                if lacking[element.name] > 0:
                    lacking[element.name] -= 1
                    yield from self.unclosed(element)
            self.matched(self.pop(), token)
        elif self.closed_later(at, name) >= self.count[name]:
            yield Finding(span, f"</{name}> closes nothing here", "take it out, or open the element")
        else:
            inner = self.open[depth + 1]
            problem = f"</{name}> stands before the </{inner.name}> of an element inside <{name}>"
            yield Finding(span, problem, "close the inner element first")
            self.count[name] -= 1
            del self.open[depth]

    def matched(self, element: Element, token: Token) -> None:
        """An element and its end tag, which html may see ended before."""
        if element.name == "p" and element.end < token.start:
            self.paragraphs.append(element)

    def parted(self) -> Finding:
        """Paragraphs that a block inside them ends."""
        first = self.paragraphs[0]
        block = next(one.name for one in self.document.elements if one.tag.start == first.end)
        more = f", and {len(self.paragraphs) - 1} more such" if len(self.paragraphs) > 1 else ""
        problem = f"<{block}> ends the paragraph that it stands in, so </p> makes an empty one{more}"
        return Finding(first.tag, problem, "close the paragraph before the block, or use <div>", severity="info")

    def closed_later(self, at: int, name: str) -> int:
        """How many end tags of a name behind a token close what is open at it."""
        if not self.later:
            self.count_later()
        places, counts = self.later.get(name, ([], []))
        found = bisect_left(places, -at) - 1
        return counts[found] if found >= 0 else 0

    def count_later(self) -> None:
        """From the end, by name: where the number of end tags changes that no start tag behind it matches."""
        count: Counter[str] = Counter()
        elements = reversed(self.document.elements)
        tokens = self.document.tokens
        for at in range(len(tokens) - 1, -1, -1):
            kind, _, _, name = tokens[at]
            if kind == "end":
                count[name] += 1
            elif kind == "start" and not _ends_itself(next(elements)):
                count[name] = max(count[name] - 1, 0)
            else:
                continue
            places, counts = self.later.setdefault(name, ([], []))
            places.append(-at)
            counts.append(count[name])

    def unclosed(self, element: Element) -> Findings:
        name = element.name
        if name in _OPTIONAL and not (name in _CELLS and self.closes_cells):
            return
        if name not in _KNOWN and "-" not in name and not any(one.name in ("svg", "math") for one in element.ancestors):
            shown = shorten(element.source, 30)
            problem = f"{shown} is no element of html, so readers do not see it"
            yield Finding(element.tag, problem, f"if it is text, write &lt;{shorten(name, 30)}&gt;")
            return
        slash = element.source.endswith("/>")
        problem = f"<{name}> is not closed" + ("; html ignores the slash in it" if slash else "")
        cure = f"write </{name}> where it ends"
        yield Finding(element.tag, problem, cure, severity="info" if name in _CELLS else None)


def _ends_itself(element: Element) -> bool:
    """Whether an element is of svg or other markup, where a slash ends it."""
    return element.source.endswith("/>") and (
        ":" in element.name or any(one.name in ("svg", "math") for one in element.ancestors)
    )


def _in_no_cell(document: HtmlDocument) -> Findings:
    """What stands in a table but in no cell, and cells in no table; once each."""
    tables: set[int] = set()
    for element in document.outside_cells:
        if ":" not in element.name and element.get("type").lower() != "hidden":
            problem = f"<{element.name}> stands in a table but in no cell, so it is shown before the table"
            yield Finding(element.tag, problem, "put it into a <td>")
            return
    for token, around in document.texts:
        if around is None or around.name not in _TABLE or around.index in tables:
            continue
        if document.text_between(Span(token.start, token.end)):
            tables.add(around.index)
            problem = "text stands in a table but in no cell, so it is shown before the table"
            yield Finding(Span(token.start, token.end), problem, "put it into a <td>")
    for element in document.select("tr", "td", "th") if not document.is_fragment else ():
        if element.parent is None or element.parent.name not in _TABLE:
            yield Finding(element.tag, f"<{element.name}> stands in no table", "put it into one")
            return
