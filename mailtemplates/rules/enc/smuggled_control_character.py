from __future__ import annotations

from mailtemplates.characters import describe
from mailtemplates.finding import Finding, Findings
from mailtemplates.linting.rule import rule
from mailtemplates.octets.encodedword import read_words
from mailtemplates.octets.field import RawField

# Directions that are set for a stretch and ended again are usual in Hebrew and Arabic names; overrides are not.
_MILD = frozenset("\u2028\u2029\u202a\u202b\u202c\u2066\u2067\u2068\u2069")


@rule("ENC008", severity="error", holding=b"=?")
def smuggled_control_character(field: RawField) -> Findings:
    """An encoded word holds a line break, a NUL or a control of direction.

    A program that decodes the word and writes the text into another header writes a second field, which is how
    recipients are smuggled into mail. Controls of direction make a reader see another text or file name than the one
    that is there. A line break mostly comes from a value that was not trimmed.

    Reference: RFC 2047 §5; CWE-93

    Bad:

        Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe=0D=0ABcc:_eve@evil.example?=
        …

    Bad:

        Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe=E2=80=AEgnp.exe?=
        …

    Bad:

        To: =?utf-8?b?R3LDvADDnw==?= <ben@reader.example>
        …

    Good:

        Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=
        …
    """
    for word in read_words(field):
        fault = word.fault("control")
        if fault and word.is_legal:
            yield Finding(
                field.at(word.start, word.end),
                f"an encoded word holds {describe(fault.problem)}",
                "remove the character from the text before it is encoded",
                severity="warning" if fault.problem in _MILD else None,
            )
