from __future__ import annotations

from collections.abc import Iterator

from mailtemplates.finding import Edit, Finding, Findings, Fix
from mailtemplates.finding import replace as replace_span
from mailtemplates.jinja.source import TemplateSource
from mailtemplates.linting.rule import rule
from mailtemplates.pattern import pattern
from mailtemplates.span import Span

_BOM = b"\xef\xbb\xbf"
_END = pattern(r"\r\n|\r|\n")


@rule("TPL016", severity="warning", fix="part")
def source_encoding(template: TemplateSource) -> Findings:
    """The template's file is not plain UTF-8 text.

    A template that is not UTF-8 cannot be rendered. A byte order mark or a NUL is text of the message when the template
    is included by another, and mixed line ends make every change of the file a change of all its lines.

    Reference: RFC 3629 §6

    Bad:

        {% block subject %}Your order{% endblock %}
        {% block text %}Caf⟨E9⟩ am Markt{% endblock %}

    Bad:

        ⟨EF BB BF⟩{% block subject %}Your order{% endblock %}
        {% block text %}Hello{% endblock %}

    Bad:

        {% block subject %}Your order{% endblock %}
        {% block text %}Hello␍
        Ben{% endblock %}

    Good:

        {% block subject %}Your order{% endblock %}
        {% block text %}Café am Markt{% endblock %}
    """
    octets = template.octets
    if octets.startswith((b"\xff\xfe", b"\xfe\xff")) or not _is_utf8(octets):
        yield _not_utf8(template)
        return
    if octets.startswith(_BOM):
        yield Finding(Span(-3, 0), "the file begins with a byte order mark", "save it as UTF-8 without one",
                      replace_span(Span(-3, 0), b""))  # fmt: skip
    nulls = [at for at, sign in enumerate(template.text) if sign == "\0"] if b"\0" in octets else []
    if nulls:
        edits = tuple(Edit(Span(at, at + 1), b"") for at in nulls)
        more = f" ({len(nulls)} of them)" if len(nulls) > 1 else ""
        yield Finding(Span(nulls[0], nulls[0] + 1), f"the file holds a NUL{more}", "remove it", Fix(edits))
    yield from _line_ends(template)


def _is_utf8(octets: bytes) -> bool:
    try:
        octets.decode()
    except UnicodeDecodeError:
        return False
    return True


def _not_utf8(template: TemplateSource) -> Finding:
    import chardet

    guess = chardet.detect(template.octets)["encoding"]
    at = max(template.text.find("\ufffd"), 0)
    believed = f", it looks like {guess}" if guess else ""
    cure = f"save it as UTF-8, for example: iconv -f {guess or 'CHARSET'} -t UTF-8"
    span = Span(at, min(at + 1, len(template.text)))
    return Finding(span, f"the file is not UTF-8{believed}", cure, severity="error")


def _line_ends(template: TemplateSource) -> Iterator[Finding]:
    """Line ends of several kinds; the fewer ones become like the others."""
    octets = template.octets
    if b"\r" not in octets:
        return
    crlf = octets.count(b"\r\n")
    counts = {b"\r\n": crlf, b"\n": octets.count(b"\n") - crlf, b"\r": octets.count(b"\r") - crlf}
    most = max(counts, key=lambda end: counts[end])
    others = sum(counts.values()) - counts[most]
    if others == 0:
        return
    ends = [found[0].encode() for found in _END.finditer(octets.removeprefix(_BOM).decode())]
    places = [at for at, sign in enumerate(template.text) if sign == "\n"]
    wrong = [at for at, end in zip(places, ends, strict=True) if end != most]
    names = {b"\r\n": "CRLF", b"\n": "LF", b"\r": "CR"}
    kinds = ", ".join(f"{count} {names[end]}" for end, count in counts.items() if count)
    fix = Fix(tuple(Edit(Span(at, at + 1), most) for at in wrong))
    span = Span(wrong[0], wrong[0] + 1)
    yield Finding(span, f"the file's line ends are mixed: {kinds}", f"end every line with {names[most]}", fix)
