from __future__ import annotations

from mailtemplates.finding import Finding, Findings
from mailtemplates.linting.rule import rule
from mailtemplates.octets.bodyplace import locate
from mailtemplates.octets.charset import Charset, guess_charset
from mailtemplates.octets.mime import Part
from mailtemplates.octets.partcharset import find_part_misfit, read_declared


@rule("CHS002", severity="error", parts=("text",))
def undecodable_text(part: Part) -> Findings:
    """A text part holds octets that mean nothing in its charset.

    Readers show a replacement character for such octets, or take the whole text for another charset. Some servers
    convert text on the way and cut it there.

    Reference: RFC 2046 §4.1.2; RFC 3629 §3

    Bad (also eight-bit-on-wire):

        Content-Type: text/plain; charset=utf-8
        Content-Transfer-Encoding: 8bit
        …

        Caf⟨E9⟩ in Paris

    Bad:

        Content-Type: text/plain; charset=us-ascii
        Content-Transfer-Encoding: quoted-printable
        …

        Gr=C3=B6=C3=9Fe: 42

    Bad:

        Content-Type: text/plain; charset=utf-8
        Content-Transfer-Encoding: quoted-printable
        …

        Thank you =ED=A0=BD=ED=B8=80

    Bad:

        Content-Type: text/plain; charset=utf-8
        Content-Transfer-Encoding: base64
        …

        R3LDtsOf4oI=

    Good:

        Content-Type: text/plain; charset=utf-8
        Content-Transfer-Encoding: quoted-printable
        …

        Caf=C3=A9 in Paris

    Good:

        Content-Type: text/plain; charset=iso-8859-1
        Content-Transfer-Encoding: quoted-printable
        …

        Caf=E9 in Paris
    """
    declared = read_declared(part)
    if declared is None or not declared.label or declared.charset is None or part.media_type == "text/rfc822-headers":
        return
    misfit = find_part_misfit(part)
    if misfit is None or misfit.kind != "invalid":
        return
    octets = part.decoded
    end = _end(octets, misfit.at, declared.charset)
    what = _describe(octets, misfit.at, declared.charset)
    guess = guess_charset(octets, misfit.at, declared.charset)
    yield Finding(
        locate(part, misfit.at, end),
        f"`{octets[misfit.at : end].hex(' ').upper()}` is no {declared.charset.name}{what}",
        _help(declared.charset.name, guess),
        severity="warning" if part.is_attachment else None,
    )


def _help(name: str, guess: str) -> str:
    if guess == "utf-8":
        return f"declared {name}, is utf-8: write charset=utf-8"
    if guess:
        return f"declared {name}, is probably {guess}: name that charset, or better encode the text as UTF-8"
    return f"encode the text as {name}; it may have been cut, or joined from texts in two charsets"


def _end(octets: bytes, at: int, charset: Charset) -> int:
    """The end of the octets that are wrong together."""
    if charset.name == "us-ascii":
        end = at
        while end < len(octets) and octets[end] > 0x7F and end < at + 8:
            end += 1
        return end
    try:
        octets.decode(charset.codec or "ascii")
    except UnicodeDecodeError as error:
        if error.start == at or charset.name == "utf-8":
            return max(at + 1, min(error.end, at + 8))
    return at + 1


def _describe(octets: bytes, at: int, charset: Charset) -> str:
    """What is wrong with octets that are no UTF-8."""
    if charset.name != "utf-8":
        return ""
    lead, after = octets[at], octets[at + 1 : at + 2]
    if lead == 0xED and after >= b"\xa0":
        return ": a surrogate, as CESU-8 writes it"
    if (
        lead in (0xC0, 0xC1)
        or (lead == 0xE0 and b"\x80" <= after < b"\xa0")
        or (lead == 0xF0 and b"\x80" <= after < b"\x90")
    ):
        return ": an overlong form"
    if lead < 0xC0:
        return ": it continues a character that has not begun"
    return ": the character is cut off" if at + 4 > len(octets) and lead < 0xF5 else ""
