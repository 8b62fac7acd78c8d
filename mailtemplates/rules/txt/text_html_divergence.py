from __future__ import annotations

from collections.abc import Iterable

from mailtemplates.characters import shorten
from mailtemplates.finding import Finding, Findings
from mailtemplates.linting.rule import rule
from mailtemplates.octets.bodies import Bodies, Body
from mailtemplates.pattern import pattern
from mailtemplates.span import Span
from mailtemplates.text.figures import Figure, is_told, read_figures, read_told

_URL = pattern(r"(?i)<?(?:https?://|mailto:|tel:|www\.)\S++|(?<!\S)[^\s@]++@\S++")
_WORD = pattern(r"[^\W\d_]{4,}")
_ANY_WORD = pattern(r"\w+")
_EAST = pattern(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3\u0e00-\u0eff]")
_ENOUGH_WORDS = 12
_SHARED = 0.25
_SHOWN = 3


@rule("TXT002", severity="warning")
def text_html_divergence(bodies: Bodies) -> Findings:
    """The plain text and the html say different things: an amount, a code or a date is in one of them only.

    They are two forms of one message, and each reader is shown one of them. A code that is missing from the text locks
    out who reads that; a price that differs is a promise. Text that is written by hand grows old when the html changes.

    Reference: RFC 2046 §5.1.4

    Bad:

        Content-Type: multipart/alternative; boundary=one
        …

        --one
        Content-Type: text/plain; charset=utf-8

        Hello Ben, your order has been paid. Thank you.
        --one
        Content-Type: text/html; charset=utf-8

        <!DOCTYPE html><p>Hello Ben, your order AC-20817 has been paid: $49.00. Thank you.</p>
        --one--

    Bad:

        Content-Type: multipart/alternative; boundary=one
        …

        --one
        Content-Type: text/plain; charset=utf-8

        Hello Ben, your order has been paid: $59.00.
        --one
        Content-Type: text/html; charset=utf-8

        <!DOCTYPE html><p>Hello Ben, your order has been paid.</p>
        --one--

    Bad:

        Content-Type: multipart/alternative; boundary=one
        …

        --one
        Content-Type: text/plain; charset=utf-8

        Dear customer, please choose another password within twenty-four hours, because somebody asked us
        about resetting yours. Ignore this letter otherwise.
        --one
        Content-Type: text/html; charset=utf-8

        <!DOCTYPE html><p>Welcome aboard! Your subscription starts today. Discover recipes, collect favourites, invite
        friends and cook together every weekend.</p>
        --one--

    Good:

        Content-Type: multipart/alternative; boundary=one
        …

        --one
        Content-Type: text/plain; charset=utf-8

        Hello Ben, your order AC-20817 has been paid on 2 November 2026: USD 1.249,00.
        --one
        Content-Type: text/html; charset=utf-8

        <!DOCTYPE html><p>Hello Ben, your order <b>AC-20817</b> has been paid on 2026-11-02: <b>$1,249</b>.</p>
        --one--
    """
    if bodies.pair is None or bodies.is_generated:
        return
    text, html = bodies.pair
    shared = _shared(text.text, bodies.said)
    if shared is not None:
        first = len(text.text) - len(text.text.lstrip())
        problem = f"the text says something else than the html: of its words {shared:.0%} are in the html"
        yield Finding(text.span(first, len(text.text.rstrip())), problem, "write the text anew, or leave it out")
        return
    missing = _missing(bodies.said, text.text)
    # With many gone the text is a summary; that it has nothing of its own is what counts then.
    if missing and not _is_about_nothing(text.text):
        problem = f"the text lacks {_listed(missing)}, which the html says"
        yield Finding(_in_html(html, missing[0].text), problem, "say it in the text too")
    extra = _missing(text.text, html.text + " " + bodies.said)
    if extra:
        where = text.span(extra[0].start, extra[0].start + len(extra[0].text))
        yield Finding(where, f"the html lacks {_listed(extra)}, which the text says", "say it in the html too")


def _missing(one: str, other: str) -> list[Figure]:
    """The figures of one text that another does not tell, each once."""
    figures = read_figures(one)
    if not figures:
        return []
    told = read_told(other)
    return list({figure.text: figure for figure in reversed(figures) if not is_told(figure, told)}.values())[::-1]


def _is_about_nothing(text: str) -> bool:
    """Whether a text is empty or nearly so."""
    return len(_ANY_WORD.findall(_URL.sub(" ", text))) < 3


def _listed(figures: Iterable[Figure]) -> str:
    names = [f"`{shorten(' '.join(figure.text.split()), 40)}`" for figure in figures]
    rest = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {rest} more" if rest > 0 else "")


def _in_html(html: Body, words: str) -> Span:
    """Where words stand in the html's text; where the longest of them does, or any text, if not as they are."""
    document = html.document
    assert document is not None
    longest = max(words.split(), key=len)
    texts = [one for one in document.tokens if one.kind == "text" and not document.html[one.start : one.end].isspace()]
    for wanted in (words, longest):
        for token in texts:
            at = document.html.find(wanted, token.start, token.end)
            if at >= 0:
                return html.span(at, at + len(wanted))
    return html.span(texts[0].start, texts[0].end) if texts else html.span(0, 0)


def _shared(text: str, said: str) -> float | None:
    """The share of a text's words that the html has, when it is so small that they are two messages."""
    words = _words(text)
    if len(words) < _ENOUGH_WORDS:
        return None
    others = _words(said)
    if len(others) < _ENOUGH_WORDS:
        return None
    shared = len(words & others) / len(words)
    return shared if shared < _SHARED else None


def _words(text: str) -> set[str]:
    """The words of some length; pairs of characters where writing has no spaces."""
    found: set[str] = set()
    for word in _WORD.findall(_URL.sub(" ", text).casefold()):
        if _EAST.search(word):
            found.update(word[at : at + 2] for at in range(len(word) - 1))
        else:
            found.add(word)
    return found
