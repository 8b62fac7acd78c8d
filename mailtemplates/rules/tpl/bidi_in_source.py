from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from mailtemplates.finding import Finding, Findings
from mailtemplates.jinja.source import TemplateSource
from mailtemplates.linting.rule import rule
from mailtemplates.pattern import pattern
from mailtemplates.span import Span
from mailtemplates.template.tokens import SourceToken

_BIDI = pattern("[\u202a-\u202e\u2066-\u2069]")
_OVERRIDE = pattern("[\u202d\u202e]")
_INVISIBLE = pattern("[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e007f]")
_COMMENTS = frozenset({"comment_begin", "comment", "comment_end"})


@rule("TPL017", severity="error")
def bidi_in_source(template: TemplateSource) -> Findings:
    r"""The template's code holds characters that nobody sees or that turn the direction of the text.

    What an editor and a review show is then not what runs. In text the marks of direction are needed; only the two
    overrides have no place there.

    Reference: CVE-2021-42574; UTS #55

    Bad:

        {% block subject %}Your order{% endblock %}
        {% block text %}Hello{# ⟨E2 80 AE⟩ checked #}{% endblock %}

    Bad:

        {% block subject %}Your order{% endblock %}
        {% block text %}{{ 'Hello ⟨E2 80 AE⟩' }}{% endblock %}

    Good:

        {% block subject %}Your order{% endblock %}
        {% block text %}{{ 'Hello' }} ⟨E2 80 8F⟩there{# checked #}{% endblock %}
    """
    if template.text.isascii() or not _INVISIBLE.search(template.text):
        return
    for token in template.tokens:
        where, characters = _looked_at(token)
        found = [match.start() for match in characters.finditer(token.text)]
        if found:
            yield _explain(token, where, found)
    if template.fault is not None:
        yield from _behind(template)


def _looked_at(token: SourceToken) -> tuple[str, re.Pattern[str]]:
    """What a token is called, and the characters that have no place in it."""
    if token.kind == "data":
        return "the text", _OVERRIDE
    if token.kind in _COMMENTS:
        return "a comment", _BIDI
    return ("a string", _BIDI) if token.kind == "string" else ("the code", _INVISIBLE)


def _explain(token: SourceToken, where: str, found: list[int]) -> Finding:
    at = token.span.start + found[0]
    sign = token.text[found[0]]
    name = unicodedata.name(sign, "an invisible character")
    more = f" (and {len(found) - 1} more there)" if len(found) > 1 else ""
    return Finding(
        Span(at, at + 1), f"U+{ord(sign):04X} {name} in {where}{more}", "remove it, or write it as an escape"
    )


def _behind(template: TemplateSource) -> Iterator[Finding]:
    """What the lexer did not come to."""
    end = template.tokens[-1].span.end if template.tokens else 0
    found = _BIDI.search(template.text, end)
    if found:
        rest = SourceToken("data", template.text[end:], Span(end, len(template.text)))
        yield _explain(rest, "the source", [found.start() - end])
