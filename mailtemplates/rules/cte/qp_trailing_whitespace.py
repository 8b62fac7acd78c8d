from __future__ import annotations

from mailtemplates.finding import Finding, Findings
from mailtemplates.linting.rule import rule
from mailtemplates.octets.mime import Part
from mailtemplates.octets.reencoding import mend_lines
from mailtemplates.pattern import pattern
from mailtemplates.span import Span

_TRAILING = pattern(rb"(?<![ \t=])[ \t]+(?=\r?\n|\r?\Z)")


@rule("CTE009", severity="error", fix="safe", parts=("leaf", "quoted-printable"))
def qp_trailing_whitespace(part: Part) -> Findings:
    """A line in quoted-printable ends with a space or a tab.

    White space there is taken away on the way and in decoding, so it never reaches the reader: a signature separator
    `-- ` is one no more, and flowed text falls apart. Written as `=20` it stays.

    Reference: RFC 2045 §6.7(3)

    Bad:

        Content-Transfer-Encoding: quoted-printable
        …

        --␠
        Acme =E2=80=93 Shop

    Good:

        Content-Transfer-Encoding: quoted-printable
        …

        --=20
        Acme =E2=80=93 =
        Shop
    """
    if part.has_trailing_space:
        found = [Span(*match.span()) for match in _TRAILING.finditer(part.octets, *part.body)]
        if found:
            words = "a line ends" if len(found) == 1 else f"{len(found)} lines end"
            fix = mend_lines(part, (span.start for span in found))
            yield Finding(found[0], f"{words} with white space", "write =20 for the space, =09 for a tab", fix)
