from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from mailtemplates.characters import shorten
from mailtemplates.finding import Finding, Findings
from mailtemplates.html.document import HtmlDocument
from mailtemplates.linting.rule import rule
from mailtemplates.pattern import pattern
from mailtemplates.span import Span

_OPENS = pattern(r"<!(?:--)?\[\s*if\b([^\]]*)\]", 2)
_SPACED = pattern(r"<!--\s+\[\s*if\b[^\]]*\]>|<!---\s*\[\s*if\b[^\]]*\]>", 2)
_NO_END = pattern(r"<!--\s*\[\s*end\s*if\s*\]\s*-->|<!--\s*<!\s*\[\s*end\s+if\s*\]\s*-->", 2)
_CLOSES = pattern(r"<!\s*\[\s*endif\s*\]", 2)
_REVEALS = pattern(r"\s*>\s*(?:<!\s*-*\s*>|<!--\s*-->|-->)", 2)
_WORD = pattern(r"\s*(?:([()!&|])|([A-Za-z]+)|(\d+(?:\.\d+)?)|(\S))")
_FEATURES = frozenset({"mso", "ie", "vml", "true", "false", "windowsedition", "o", "ppt", "ppc"})
_OPERATORS = frozenset({"gt", "gte", "lt", "lte", "eq"})
_WORDS_OWN = pattern(r">\s*<style[^>]*>\s*v\\:\*")
_VML = pattern(r"<v:[a-z]+", 2)
_OFFICE = pattern(r"<o:officedocumentsettings", 2)


class _Mark(NamedTuple):
    """A comment that opens a condition (``reveals``: what follows is html for everybody else) or ends one."""

    start: int
    end: int
    opens: bool
    closes: bool
    condition: str = ""


@rule("HTM008", severity="error", structural=True)
def mso_markup(document: HtmlDocument) -> Findings:
    """A conditional comment for Outlook is not ended, ends nothing, or asks wrongly; or VML has no namespace.

    Where such a comment is broken Outlook shows both versions or none, or all that follows is a comment for everybody.
    VML without `xmlns:v` is unknown tags for Outlook: the button has no shape, the background no image.

    Reference: Microsoft, About Conditional Comments (ms537512); caniemail html-comments

    Bad:

        <!--[if mso]><table role="presentation"><tr><td>-->
        <p>Hello</p>
        <!--[if mso]></td></tr></table><![endif]-->

    Bad:

        <!--[if !mso]><!-->
        <p>Hello</p>

    Bad:

        <p>Hello</p>
        <!--<![endif]-->

    Bad:

        <!--[if gte mos 9]><p>Hello, Outlook</p><![endif]-->

    Bad:

        <!--[if (gte mso 9)|(IE]><p>Hello, Outlook</p><![endif]-->

    Bad:

        <!--[if !mso]><p>Hello, phone</p><![endif]-->

    Bad:

        <!--[if mso]><v:rect style="width:200px;height:40px"><v:fill type="tile" /></v:rect><![endif]-->

    Good:

        <!--[if (gte mso 9)|(IE)]><table role="presentation" width="600"><tr><td><![endif]-->
        <!--[if !mso]><!-- --><p>Hello</p><!--<![endif]-->
        <![if !mso]><p>Hello</p><![endif]>
        <!--[if mso & !vml]><p>Hello</p><![endif]-->
        <!--[if mso]><v:rect xmlns:v="urn:schemas-microsoft-com:vml" fill="true"></v:rect><![endif]-->
        <!--[if (gte mso 9)|(IE)]></td></tr></table><![endif]-->
    """
    html = document.html
    if "<!" not in html or not ("[" in html or "<v:" in html):
        return
    opened: list[_Mark] = []
    for mark in _marks(document):
        if mark.opens:
            yield from _condition(html, mark)
            if not mark.closes:
                opened.append(mark)
        elif not mark.closes:
            opened[-1:] = []
            problem = f"{shorten(html[mark.start : mark.end], 30)} is a plain comment and ends no condition"
            yield Finding(Span(mark.start, mark.end), problem, "write <!--<![endif]-->")
        elif opened:
            opened.pop()
        else:
            problem = f"{shorten(html[mark.start : mark.end], 30)} ends no condition"
            yield Finding(Span(mark.start, mark.end), problem, "take it out, or open the condition")
    for mark in opened:
        yield _open(html, mark)
    yield from _spaced(document)
    yield from _namespaces(html)


def _marks(document: HtmlDocument) -> Iterator[_Mark]:
    html = document.html
    for token in document.tokens:
        if token.kind != "comment":
            continue
        match = _OPENS.match(html, token.start)
        if match:
            hidden = html.startswith("<!--", token.start)
            close = _CLOSES.search(html, match.end(), token.end) if hidden else None
            reveals = not hidden or bool(_REVEALS.fullmatch(html, match.end(), token.end))
            yield _Mark(*match.span(), True, close is not None and not reveals, match[1])
        elif _CLOSES.search(html, token.start, token.end):
            yield _Mark(token.start, token.end, False, True)
        elif _NO_END.match(html, token.start):
            yield _Mark(token.start, token.end, False, False)


def _open(html: str, mark: _Mark) -> Finding:
    """A condition that nothing ends."""
    text = shorten(html[mark.start : mark.end], 40)
    problem, span = f"the condition {text} is not ended", Span(mark.start, mark.end)
    if _REVEALS.match(html, mark.end) or html.startswith("<![", mark.start):
        return Finding(span, problem, "write <!--<![endif]--> behind what it shows")
    if html.find("<!--", mark.end, html.find("-->", mark.end)) >= 0:
        return Finding(span, f"a comment inside {text} ends it early", "take the inner comment out")
    return Finding(span, problem, "write <![endif]--> at its end")


def _condition(html: str, mark: _Mark) -> Findings:
    """What is wrong with the words of a condition."""
    start = mark.end - 1 - len(mark.condition)
    span = Span(start, mark.end - 1)
    text = mark.condition.strip()
    wrong = _wrong(text)
    if wrong:
        help_ = "write it as [if mso], [if !mso], [if gte mso 9] or [if (gte mso 9)|(IE)]"
        yield Finding(span, f"the condition [if {shorten(text, 40)}] {wrong}", help_, severity="warning")
    elif mark.closes and text.replace(" ", "").strip("()").lower() == "!mso" and not _WORDS_OWN.match(html, mark.end):
        problem = "what stands in <!--[if !mso]> … <![endif]--> is shown by no mail program"
        yield Finding(
            Span(mark.start, mark.end), problem, "write <!--[if !mso]><!--> … <!--<![endif]-->", severity="warning"
        )


def _wrong(text: str) -> str:
    """What is wrong with a condition, in words; empty when nothing is."""
    depth, wants = 0, True
    operator = ""
    for mark, word, number, other in _WORD.findall(text):
        word = word.lower()
        if other:
            return f"has {other!r}, which Outlook does not know there"
        if mark == "(" or mark == "!":
            depth += mark == "("
            if not wants:
                return f"has no operator before {mark!r}"
        elif mark == ")":
            depth -= 1
            if depth < 0 or wants:
                return "has brackets that do not match"
        elif mark:
            if wants:
                return f"has nothing before {mark!r}"
            wants = True
        elif word in _OPERATORS and wants:
            operator = word
        elif word:
            if word not in _FEATURES and not word.startswith("support"):
                return f"asks for {word!r}, which no mail program has"
            if not wants:
                return f"has no operator before {word!r}"
            wants, operator = False, ""
        elif number and wants:
            return f"has a number without a name before {number}"
    if depth:
        return "has brackets that do not match"
    return "is not complete" if wants or operator else ""


def _spaced(document: HtmlDocument) -> Findings:
    """Comments that look like conditional ones and are none."""
    html = document.html
    for token in document.tokens:
        if token.kind == "comment":
            match = _SPACED.match(html, token.start)
            if match and _CLOSES.search(html, match.end(), token.end):
                problem = "a comment with white space before [if is no condition for Outlook"
                yield Finding(Span(*match.span()), problem, "write <!--[if without white space")


def _namespaces(html: str) -> Findings:
    lower = html.lower()
    vml = _VML.search(html) if "<v:" in lower and "xmlns:v" not in lower else None
    if vml:
        yield Finding(
            Span(*vml.span()),
            f"{vml[0]}> without the namespace of VML, so Outlook does not draw it",
            'write xmlns:v="urn:schemas-microsoft-com:vml" on <html> or on the element',
        )
    office = _OFFICE.search(html) if "<o:office" in lower and "xmlns:o" not in lower else None
    if office:
        yield Finding(
            Span(*office.span()),
            "the settings for Outlook have no namespace, so they do not count",
            'write xmlns:o="urn:schemas-microsoft-com:office:office" on <html> or on the element',
            severity="warning",
        )
