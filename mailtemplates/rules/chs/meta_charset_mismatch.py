from __future__ import annotations

from collections.abc import Iterator

from mailtemplates.characters import shorten
from mailtemplates.finding import Edit, Finding, Findings, Fix
from mailtemplates.html.markup import attribute_spans, attributes, cut
from mailtemplates.linting.rule import rule
from mailtemplates.octets.bodyplace import locate
from mailtemplates.octets.charset import find_charset, is_same
from mailtemplates.octets.mime import Part
from mailtemplates.octets.partcharset import read_declared
from mailtemplates.octets.reencoding import is_ours
from mailtemplates.pattern import pattern
from mailtemplates.span import Span

_LABEL = pattern(r"charset\s*=\s*[\"']?\s*([^\s;\"',]+)", 2)
_LINE = 76
_MOST = 10


@rule("CHS006", severity="warning", fix="part", parts=("text/html",))
def meta_charset_mismatch(part: Part) -> Findings:
    """The html names another charset in a meta element than the part does in its Content-Type.

    A mail program reads by the Content-Type. When the html is saved, forwarded or shown in a browser the meta element
    counts, and the text is damaged. Some webmail services believe the meta element at once.

    Reference: HTML §13.2.3.2 (the transport's charset wins); RFC 2046 §4.1.2

    Bad:

        Content-Type: text/html; charset=utf-8
        …

        <!DOCTYPE html><html><head><meta charset="iso-8859-1"></head><body><p>Hello

    Bad:

        Content-Type: text/html; charset=utf-8
        Content-Transfer-Encoding: quoted-printable
        …

        <html><head>
        <meta http-equiv=3D"Content-Type" content=3D"text/html; charset=3Dwindows-1=
        252">
        </head><body><p>Gr=C3=BC=C3=9Fe

    Bad:

        Content-Type: text/html; charset=utf-8
        Content-Transfer-Encoding: base64
        …

        PCFET0NUWVBFIGh0bWw+PG1ldGEgY2hhcnNldD1rb2k4LXI+PHA+R3LDvMOfZQ0K

    Good:

        Content-Type: text/html; charset=utf-8
        …

        <!DOCTYPE html><html><head><meta charset="UTF8"><!-- <meta charset="koi8-r"> --></head><body><p>Hello

    Good:

        Content-Type: text/html; charset=us-ascii
        …

        <!DOCTYPE html><html><head><meta charset="utf-8"></head><body><p>Hello
    """
    declared = read_declared(part)
    if declared is None or not declared.label or declared.charset is None or declared.charset.is_forbidden:
        return
    name = declared.charset.name
    is_ascii = part.decoded.isascii()
    wrong = [one for one in _labels(part, name) if not _agrees(is_ascii, name, one[2])]
    if not wrong:
        return
    label = wrong[0][2]
    places = [locate(part, start, end) for start, end, _ in wrong[:_MOST]]
    yield Finding(
        places[0],
        f"the meta element says `{shorten(label, 40)}`, the Content-Type says {name}",
        f"write charset={name} in the meta element, or leave it out",
        _fix(part, places, [one[2] for one in wrong], name) if len(wrong) <= _MOST else None,
    )


def _labels(part: Part, name: str) -> Iterator[tuple[int, int, str]]:
    """The charsets that meta elements name, and where in the decoded octets; none where all are surely ``name``."""
    lower = part.decoded.lower()
    last = lower.rfind(b"<meta")
    if last < 0 or b"charset" not in lower:
        return
    end = lower.find(b">", last) + 1
    if _is_agreed(lower[: end or last], name):
        return
    html = part.decoded[: end or last].decode("latin-1")
    for token in cut(html):
        if token.kind == "start" and token.name == "meta":
            tag = html[token.start : token.end]
            found = _label(tag) if "charset" in tag.lower() else None
            if found:
                yield token.start + found[0], token.start + found[1], tag[found[0] : found[1]]


def _is_agreed(html: bytes, name: str) -> bool:
    """Whether ``charset`` stands nowhere but before that name in quotes."""
    return html.count(b"charset") == html.count(b'charset="%b"' % name.encode("ascii"))


def _label(tag: str) -> tuple[int, int] | None:
    """Where the charset's label stands in a meta tag."""
    named = attributes(tag)
    for span in attribute_spans(tag):
        value = tag[span.value_start : span.value_end]
        if span.name == "charset" and value.strip():
            start = span.value_start + len(value) - len(value.lstrip())
            return start, start + len(value.strip())
        if span.name == "content" and named.get("http-equiv", "").strip().lower() == "content-type":
            match = _LABEL.search(value)
            if match:
                return span.value_start + match.start(1), span.value_start + match.end(1)
    return None


def _agrees(is_ascii: bool, name: str, label: str) -> bool:
    """Whether a label is the part's charset, or either is only ASCII, as the text is."""
    if is_same(label, name):
        return True
    told = find_charset(label)
    if not is_ascii or told is None or not told.extends_ascii:
        return False
    return "us-ascii" in (name, told.name)


def _fix(part: Part, places: list[Span], labels: list[str], name: str) -> Fix | None:
    """The meta elements' labels replaced, where they stand so that it can be done in place."""
    if part.encoding == "base64":
        return None
    edits = []
    for place, label in zip(places, labels, strict=True):
        octets = part.octets[place.start : place.end]
        quoted = part.encoding == "quoted-printable"
        if quoted and (octets != label.encode("latin-1") or not _fits(part, place, name)):
            return None
        edits.append(Edit(place, name.encode("ascii")))
    return Fix(tuple(edits), is_ours(part))


def _fits(part: Part, place: Span, name: str) -> bool:
    """Whether a line of quoted-printable has room for another label."""
    start = part.octets.rfind(b"\n", part.body.start, place.start) + 1 or part.body.start
    end = part.octets.find(b"\n", place.end, part.body.end)
    line = part.octets[start : part.body.end if end < 0 else end].rstrip(b"\r")
    return len(line) - (place.end - place.start) + len(name) <= max(_LINE, len(line))
