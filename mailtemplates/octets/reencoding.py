"""A leaf written anew in another transfer encoding, as a fix (RFC 2045 §6).

Only the body and the field Content-Transfer-Encoding change.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from mailtemplates.finding import Edit, Fix
from mailtemplates.message.transfer import encode_base64, is_seven_bit, to_crlf
from mailtemplates.octets.body import FIELD, is_text, is_wide, newline
from mailtemplates.octets.mime import Part
from mailtemplates.octets.quotedprintable import mend_line, quote_octets
from mailtemplates.span import Span

_BASE64_WINS = 1.33
#: The most edits of one fix in one stretch; where there were more, the stretch is one edit.
MANY = 5_000


def reencode(part: Part, encoding: str = "") -> Fix | None:
    """A leaf's content in the encoding that suits it, or in a given one; None where no encoding is allowed.

    Not safe where a signature covers the leaf, or where it is part of an attached message.

    :param encoding: ``7bit``, ``8bit``, ``quoted-printable`` or ``base64``.
    """
    if part.is_composite or part.media_type.startswith("message/"):
        return None
    end = newline(part.octets)
    content = part.decoded
    encoding = encoding or best_encoding(part, content)
    body = _written(part, content, encoding, end)
    return Fix((*relabel(part, encoding).edits, Edit(part.body, body)), is_ours(part))


def relabel(part: Part, encoding: str) -> Fix:
    """Another transfer encoding for the same octets: the field replaced, or inserted where there is none."""
    field = part.first(FIELD)
    if field:
        return Fix((Edit(field.body, b" " + encoding.encode("ascii")),), is_ours(part))
    end = newline(part.octets)
    before = part.first("Content-Type") or (part.fields[-1] if part.fields else None)
    at = before.span.end if before else part.header.start
    lines = b"%b: %b%b" % (FIELD.encode("ascii"), encoding.encode("ascii"), end)
    if part.place == "message" and not part.section and part.first("MIME-Version") is None:
        lines = b"MIME-Version: 1.0" + end + lines
    return Fix((Edit(Span(at, at), lines),), is_ours(part))


def mend_lines(part: Part, faults: Iterable[int], prepare: Callable[[bytes], bytes] = bytes) -> Fix:
    """The lines of a quoted-printable body that have faults, written anew (RFC 2045 §6.7).

    :param faults: offsets in the message, in order.
    :param prepare: what is done to a line before.
    """
    octets, body = part.octets, part.body
    newlines = newline(octets)
    edits: list[Edit] = []
    done = body.start - 1
    for fault in faults:
        if fault <= done:
            continue
        start = max(octets.rfind(b"\n", body.start, fault) + 1, body.start)
        done = octets.find(b"\n", fault, body.end)
        done = body.end if done < 0 else done
        end = done - (octets[done - 1 : done + 1] == b"\r\n" and done > start)
        edits.append(Edit(Span(start, end), mend_line(prepare(octets[start:end]), newlines)))
    return Fix(tuple(edits), is_ours(part))


def replace_matches(
    octets: bytes, span: Span, wrong: re.Pattern[bytes], mend: Callable[[re.Match[bytes]], bytes], most: int = MANY
) -> tuple[Edit, ...]:
    """Each match in a span replaced: an edit each, or one for all where they are very many."""
    start, end = span
    edits = []
    for match in wrong.finditer(octets, start, end):
        edits.append(Edit(Span(*match.span()), mend(match)))
        if len(edits) > most:
            return (Edit(Span(start, end), wrong.sub(mend, octets[start:end])),)
    return tuple(edits)


def is_ours(part: Part) -> bool:
    """Whether a part may be written anew unasked: no signature covers it, and it is in no attached message."""
    return not part.signed and part.place != "embedded"


def best_encoding(part: Part, content: bytes) -> str:
    """The encoding that suits a leaf's content: 7bit where that will do for text, else what is shorter."""
    if not is_text(part) or is_wide(part):
        return "base64"
    if is_plain(content):
        return "7bit"
    quoted = len(content) + 2 * (len(content) - len(content.translate(None, _ESCAPED)))
    return "base64" if quoted > _BASE64_WINS * len(content) + 80 else "quoted-printable"


def is_plain(content: bytes) -> bool:
    """Whether octets may stand as 7bit text: ASCII, no NUL, no CR alone, no line over 998."""
    return is_seven_bit(content) and content.count(b"\r") == content.count(b"\r\n")


_ESCAPED = bytes([ord("="), 0x7F, *range(9), *range(11, 13), *range(14, 32), *range(0x80, 0x100)])


def _written(part: Part, content: bytes, encoding: str, end: bytes) -> bytes:
    """Content as it stands in the body; base64 of text is of CRLF line ends (RFC 2046 §4.1.1)."""
    if encoding == "base64":
        octets = encode_base64(to_crlf(content) if is_text(part) and not is_wide(part) else content)
        last = end if octets and (part.content.endswith(b"\n") or part.body.end == len(part.octets)) else b""
        return octets.replace(b"\r\n", end) + last
    if encoding == "quoted-printable":
        return quote_octets(content, end)
    return content.replace(b"\r\n", b"\n").replace(b"\n", end)
