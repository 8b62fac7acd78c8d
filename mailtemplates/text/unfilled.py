"""What stands where a value was not filled in: placeholders of template languages, what programs print for nothing."""

from __future__ import annotations

from mailtemplates.pattern import pattern

#: What programs print for nothing, as a regular expression.
NOTHING = r"(?:None|undefined|null|NaN|nan|\[object Object\])"

_NOTHING = pattern(NOTHING)
_MARKS = ("{", "%", "*|", "[object ")
# What cannot be anything else.
_PLACEHOLDER = pattern(
    r"\{\{[^{}]{0,200}\}\}|\{%[^{}%]{1,200}%\}|\*\|[A-Za-z0-9_:. -]{1,80}\|\*|<%[^%]{1,200}%>|\$\{[^{}]{1,100}\}"
    r"|(?<![0-9A-Za-z%])%[A-Za-z][A-Za-z0-9_.]{2,60}%|%\([A-Za-z_]\w{0,60}\)[sdrif]\b|\[object [A-Z][a-z]+\]"
)


def is_nothing(text: str) -> bool:
    """Whether a text is what a program prints for nothing.

    >>> is_nothing(" None"), is_nothing("Nonesuch")
    (True, False)
    """
    return _NOTHING.fullmatch(text.strip(" \t\r\n")) is not None


def find_placeholders(text: str) -> list[tuple[int, int]]:
    """Where placeholders stand that cannot be anything else.

    >>> find_placeholders("{{ name }} <ben@reader.example>")
    [(0, 10)]
    """
    if not any(mark in text for mark in _MARKS):
        return []
    return [match.span() for match in _PLACEHOLDER.finditer(text)]
