from __future__ import annotations

import re

from mailtemplates.characters import shorten
from mailtemplates.finding import Edit, Finding, Findings, Fix
from mailtemplates.linting.rule import rule
from mailtemplates.octets.bodyplace import locate
from mailtemplates.octets.charset import find_misfit, is_utf8
from mailtemplates.octets.mime import Part
from mailtemplates.octets.partcharset import Declared, read_declared, rename
from mailtemplates.octets.quotedprintable import quote_octets
from mailtemplates.pattern import pattern
from mailtemplates.span import Span
from mailtemplates.text.mojibake import Garbled, find_garbled

_PLANE_ENDS = "".join(chr(plane << 16 | low) for plane in range(17) for low in (0xFFFE, 0xFFFF))
_DAMAGED = pattern(f"[\ufffd\ufdd0-\ufdef{_PLANE_ENDS}]")
_OVERRIDE = pattern("[\u202d\u202e]")
# Characters of no width between letters of one word, time and again; joiners in Latin words have no other use.
_CUT_WORD = pattern("(?:[A-Za-z][\u200b-\u200d\u2060\ufeff]++){3}[A-Za-z]")
_PADDING = pattern("(?:[\u200b-\u200d\u2060\ufeff\u034f\u00ad][\u00a0 ]?){20,}")
_ENOUGH = 9
_ASCII = bytes(range(0x80))
# What all of these need in UTF-8, among the octets that are no ASCII, so that most text is let pass at once.
_SUSPECT = pattern(
    rb"\xc3[\x82-\xb4][\xc2\xc5\xc6\xcb\xe2]|\xef[\xb7\xbb\xbf]|\xe2\x80[\x8b-\x8d\xad\xae]|\xe2\x81\xa0"
    rb"|[\xf0-\xf4].\xbf[\xbe\xbf]|\xcd\x8f|(?:\xc2\xad){20}"
)
# Each place is looked for from the start of the body.
_MOST = 20_000_000


@rule("CHS009", severity="warning", fix="part", parts=("text",))
def damaged_or_hidden_characters(part: Part) -> Findings:
    """The text has characters that were damaged on the way into it, or that nobody sees.

    `Ã©` and `�` say that text was read in a wrong charset before it was sent; no reader can mend it. Characters of no
    width inside words, and controls that turn the direction of text, hide what is written from filters and from the
    reader, as senders of spam do.

    Reference: UTS #39 §5; Unicode §23.8; Gmail sender guidelines ("don't hide content")

    Bad:

        Content-Type: text/plain; charset=utf-8
        Content-Transfer-Encoding: quoted-printable
        …

        The caf=C3=83=C2=A9 is open, it=C3=A2=E2=82=AC=E2=84=A2s new.

    Bad:

        Content-Type: text/plain; charset=utf-8
        Content-Transfer-Encoding: quoted-printable
        …

        The caf=EF=BF=BD is open.

    Bad:

        Content-Type: text/plain; charset=iso-8859-1
        Content-Transfer-Encoding: quoted-printable
        …

        The caf=C3=A9 is open.

    Bad:

        Content-Type: text/html; charset=utf-8
        Content-Transfer-Encoding: quoted-printable
        …

        <!DOCTYPE html><p>V=E2=80=8Bi=E2=80=8Ba=E2=80=8Bg=E2=80=8Bra

    Bad:

        Content-Type: text/plain; charset=utf-8
        Content-Transfer-Encoding: quoted-printable
        …

        invoice=E2=80=AEfdp.exe

    Good:

        Content-Type: text/plain; charset=utf-8
        Content-Transfer-Encoding: quoted-printable
        …

        The caf=C3=A9 is open, it=E2=80=99s new. CAF=C3=89=E2=80=A6

    Good:

        Content-Type: text/html; charset=utf-8
        …

        <!DOCTYPE html><div>Your order&zwnj;&nbsp;&zwnj;&nbsp;&zwnj;&nbsp;&zwnj;&nbsp;</div><p>Hello
    """
    if part.decoded.isascii() or part.is_attachment:
        return
    declared = read_declared(part)
    if declared is None or declared.charset is None or declared.charset.codec is None or declared.charset.is_forbidden:
        return
    if declared.charset.name == "utf-8" and not _SUSPECT.search(part.decoded.translate(None, _ASCII)):
        return
    if find_misfit(part.decoded, declared.charset):
        return
    finding = _mislabelled(part, declared) or _garbled(part) or _damaged(part) or _hidden(part)
    if finding:
        yield finding


def _mislabelled(part: Part, declared: Declared) -> Finding | None:
    """Text that is UTF-8 throughout, and declares a charset that gives the same octets other characters."""
    octets = part.decoded
    charset = declared.charset
    if charset is None or charset.name in ("utf-8", "us-ascii") or not charset.extends_ascii or not is_utf8(octets):
        return None
    others = octets.translate(None, _ASCII)
    if len(others) < _ENOUGH and not charset.name.startswith(("iso-8859-", "windows-12")):
        return None
    at = octets.index(others[:1])
    end = next((end for end in range(at, min(at + 24, len(octets))) if octets[end] < 0x80), min(at + 24, len(octets)))
    seen = octets[at:end].decode(charset.codec or "ascii", "replace")
    return Finding(
        locate(part, at, end),
        f"the text is in utf-8, but is declared {charset.name}: readers see `{shorten(seen, 20)}`",
        "write charset=utf-8",
        rename(part, declared, "utf-8", safe=False),
    )


def _garbled(part: Part) -> Finding | None:
    """UTF-8 that was read as windows-1252 and encoded anew."""
    found = find_garbled(part.text)
    if not found:
        return None
    first = found[0]
    count = f"; {len(found)} such places" if len(found) > 1 else ""
    return Finding(
        _place(part, first.start, first.end),
        f"`{shorten(first.seen, 20)}` was surely `{shorten(first.meant, 20)}` once{count}",
        "it was read in a wrong charset: read the source of the text as UTF-8",
        _mend(part, found),
    )


def _damaged(part: Part) -> Finding | None:
    match = _DAMAGED.search(part.text)
    if match is None:
        return None
    what = "a replacement character" if match[0] == "\ufffd" else "a noncharacter"
    count = len(_DAMAGED.findall(part.text))
    words = f"{what} (U+{ord(match[0]):04X})" + (f", the first of {count}" if count > 1 else "")
    problem = f"the text has {words}: what stood there is lost"
    return Finding(_place(part, *match.span()), problem, "take the text from its source again, in the right charset")


def _hidden(part: Part) -> Finding | None:
    text = part.text
    if match := _OVERRIDE.search(text):
        problem = f"a control (U+{ord(match[0]):04X}) turns the direction of the text behind it"
        return Finding(_place(part, *match.span()), problem, "leave it out")
    if match := _CUT_WORD.search(text):
        problem = f"characters of no width stand inside the word `{shorten(_seen(match), 20)}`"
        return Finding(_place(part, *match.span()), problem, "leave them out")
    match = _PADDING.search(text) if part.media_type == "text/plain" else None
    if match:
        problem = f"a run of {len(match[0])} characters that nobody sees"
        return Finding(_place(part, *match.span()), problem, "leave them out")
    return None


def _seen(match: re.Match[str]) -> str:
    return "".join(char for char in match[0] if char.isascii())


def _place(part: Part, start: int, end: int) -> Span:
    """Where characters of the text stand in the message."""
    codec = "utf-8" if _is_plain_utf8(part) else "latin-1"
    before = len(part.text[:start].encode(codec, "replace"))
    return locate(part, before, before + len(part.text[start:end].encode(codec, "replace")))


def _is_plain_utf8(part: Part) -> bool:
    return part.charset in ("utf-8", "utf8")


def _mend(part: Part, found: list[Garbled]) -> Fix | None:
    """What was meant, in place of what is there: in UTF-8 that is not base64."""
    if not _is_plain_utf8(part) or part.encoding == "base64" or len(found) * len(part.content) > _MOST:
        return None
    edits = []
    at = before = 0
    for one in found:
        before += len(part.text[at : one.start].encode("utf-8"))
        size = len(one.seen.encode("utf-8"))
        meant = one.meant.encode("utf-8")
        quoted = part.encoding == "quoted-printable"
        place = locate(part, before, before + size)
        if quoted and b"\n" in part.octets[place.start : place.end]:
            return None
        edits.append(Edit(place, quote_octets(meant, b"\n") if quoted else meant))
        before, at = before + size, one.end
    return Fix(tuple(edits), safe=False)
