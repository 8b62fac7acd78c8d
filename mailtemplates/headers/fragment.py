"""What a header block renders to: template text and data, still apart.

A rendered header block is a sequence of fragments. A plain ``str`` is text of the template's author and may carry
syntax (commas, angle brackets, quotes). A :class:`Data` came out of ``{{ … }}`` and is only ever a value: it can
never add a field, an address, a comment or an encoded word.
"""

from __future__ import annotations


class Data(str):
    """Text that came from data. Knows the expression that printed it, and that expression's template and line."""

    __slots__ = ("expression", "line", "template")

    expression: str
    line: int
    template: str

    def __new__(cls, text: str, expression: str = "", line: int = 0, template: str = "") -> Data:
        self = str.__new__(cls, text)
        self.expression = expression
        self.line = line
        self.template = template
        return self
