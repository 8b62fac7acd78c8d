from __future__ import annotations

from mailtemplates.finding import Edit, Finding, Findings, Fix
from mailtemplates.linting.rule import rule
from mailtemplates.octets.body import newline
from mailtemplates.octets.charset import find_codec
from mailtemplates.octets.mime import Part
from mailtemplates.octets.partshape import is_body, is_sound, related_root, shown_type, type_span
from mailtemplates.octets.reencoding import is_ours
from mailtemplates.octets.regrouping import delimiter, entity_octets, fresh_boundary, multipart_fields, reorder
from mailtemplates.pattern import pattern
from mailtemplates.span import Span
from mailtemplates.text.plaintext import to_text

_WORD = pattern(r"[a-z0-9]+|[^\W\x00-\x7f]")
_MOST = 20_000


@rule("STR002", severity="error", fix="part", parts=("multipart/mixed",))
def mixed_instead_of_alternative(part: Part) -> Findings:
    """The text and the html version stand side by side in multipart/mixed, as if they were two things.

    In a multipart/mixed every part is shown: the reader sees the message twice, or once and the other version as an
    attachment. Two versions of the same belong into a multipart/alternative, of which one is shown. Python's
    MIMEMultipart() is mixed unless it is told otherwise: MIMEMultipart("alternative").

    Reference: RFC 2046 §5.1.3, §5.1.4

    Bad:

        Content-Type: multipart/mixed; boundary=one
        …

        --one
        Content-Type: text/plain; charset=utf-8

        Hello Ben, your order is on its way.
        --one
        Content-Type: text/html; charset=utf-8

        <!DOCTYPE html><p>Hello Ben, your order is on its way.</p>
        --one--

    Bad:

        Content-Type: multipart/mixed; boundary=one
        …

        --one
        Content-Type: text/html; charset=utf-8

        <!DOCTYPE html><p>Hello Ben, your order is on its way.</p>
        --one
        Content-Type: text/plain; charset=utf-8

        Hello Ben, your order is on its way.
        --one
        Content-Type: text/csv; charset=utf-8
        Content-Disposition: attachment; filename=a.csv

        1,2
        --one--

    Good:

        Content-Type: multipart/mixed; boundary=one
        …

        --one
        Content-Type: multipart/alternative; boundary=two

        --two
        Content-Type: text/plain; charset=utf-8

        Hello Ben, your order is on its way.
        --two
        Content-Type: text/html; charset=utf-8

        <!DOCTYPE html><p>Hello Ben, your order is on its way.</p>
        --two--
        --one
        Content-Type: text/csv; charset=utf-8
        Content-Disposition: attachment; filename=a.csv

        1,2
        --one--

    Good:

        Content-Type: multipart/mixed; boundary=one
        …

        --one
        Content-Type: multipart/alternative; boundary=two

        --two
        Content-Type: text/plain; charset=utf-8

        Hello all, shall we meet on Monday?
        --two
        Content-Type: text/html; charset=utf-8

        <!DOCTYPE html><p>Hello all, shall we meet on Monday?</p>
        --two--
        --one
        Content-Type: text/plain; charset=utf-8
        Content-Disposition: inline

        To leave this list write to leave@list.example
        --one--
    """
    if len(part.children) < 2 or not is_sound(part):
        return
    bodies = [number for number, child in enumerate(part.children) if is_body(child)]
    kinds = [shown_type(part.children[number]) for number in bodies]
    if sorted(kinds) != ["text/html", "text/plain"] or bodies[1] - bodies[0] != 1:
        return
    one, other = (part.children[number] for number in bodies)
    text, html = (one, other) if kinds[0] == "text/plain" else (other, one)
    alike, is_longer = _likeness(text, html)
    if alike < 0.5 and (text is other or not is_longer):
        return
    yield Finding(
        type_span(part),
        "a text and an html version of the message stand side by side in multipart/mixed"
        if alike >= 0.5
        else "a text and an html body stand side by side in multipart/mixed; if they say the same, one is shown twice",
        'put them in a multipart/alternative, the text first (in Python: MIMEMultipart("alternative"))',
        _fix(part, bodies[0], text, html) if alike >= 0.5 and is_ours(one) and is_ours(other) else None,
        None if alike >= 0.5 else "warning",
    )


def _likeness(text: Part, html: Part) -> tuple[float, bool]:
    """How many of the words of both stand in both, 0 to 1, and whether the html has more: it is no mere footer."""
    while html.children:
        html = related_root(html) if html.media_type == "multipart/related" else html.children[0]
    if html.charset != "us-ascii" and not find_codec(html.charset):
        return 0, False
    words = set(_WORD.findall(text.text[:_MOST].lower()))
    others = set(_WORD.findall(to_text(html.text[: 5 * _MOST])[:_MOST].lower()))
    if not words or not others:
        return 0, False
    return 2 * len(words & others) / (len(words) + len(others)), len(others) >= len(words)


def _fix(part: Part, first: int, text: Part, html: Part) -> Fix:
    """``mixed`` made ``alternative`` where nothing else is in it; else an alternative of the two in their place."""
    old = list(part.children[first : first + 2])
    if len(part.children) == 2:
        where = type_span(part)
        kind = Edit(Span(where.end - len("mixed"), where.end), b"alternative")
        return Fix((kind, *reorder(old, [text, html])))
    boundary = fresh_boundary(part)
    end = newline(part.octets)
    line = delimiter(boundary, part)
    head = multipart_fields("alternative", boundary, text, html) + end + line
    whole = head + entity_octets(text) + end + line + entity_octets(html) + end + b"--" + boundary + b"--"
    return Fix((Edit(Span(old[0].header.start, old[1].body.end), whole),))
