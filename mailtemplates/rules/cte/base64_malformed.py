from __future__ import annotations

from mailtemplates.characters import shorten
from mailtemplates.finding import Finding, Findings
from mailtemplates.linting.rule import rule
from mailtemplates.octets.base64 import part_fault
from mailtemplates.octets.mime import Part
from mailtemplates.pattern import pattern
from mailtemplates.span import Span

_FOR_URLS = pattern(rb"(?!--)[A-Za-z0-9+/_-]{40,}=*")


@rule("CTE014", severity="error", parts=("leaf", "base64"))
def base64_malformed(part: Part) -> Findings:
    """A body in base64 is not base64: foreign characters, wrong padding, or something behind the padding.

    Decoders pass over what they do not know, stop there, or give nothing, so readers see different files, and some
    an empty one. Mostly the content was cut, never encoded, or has a footer that a mailing list put behind it.

    Reference: RFC 2045 §6.8

    Bad:

        Content-Transfer-Encoding: base64
        …

        R3LD*MOfZQ==

    Bad:

        Content-Transfer-Encoding: base64
        …

        R3LDvMOfZQ

    Bad:

        Content-Transfer-Encoding: base64
        …

        R3LDvMOfZQ==
        R3LDvMOfZQ==

    Bad:

        Content-Transfer-Encoding: base64
        …

        Grüße aus Köln

    Good:

        Content-Transfer-Encoding: base64
        …

        R3LD
        vMOfZQ==
    """
    fault = part_fault(part)
    if fault and not _is_boundary(part.content, fault.start):
        start = part.body.start
        found = part.content[fault.start : fault.end].decode("utf-8", "replace")
        shown = f" (`{shorten(found, 30)}`)" if "alphabet" in fault.problem and found.isprintable() else ""
        yield Finding(Span(start + fault.start, start + fault.end), fault.problem + shown, _help(part, found))


def _is_boundary(content: bytes, at: int) -> bool:
    """Whether the fault is rather a line of a boundary, that the multipart did not find."""
    line = content[content.rfind(b"\n", 0, at) + 1 :][:200].partition(b"\n")[0].strip()
    return b"--" in line and line != b"--" and not _FOR_URLS.fullmatch(line)


def _help(part: Part, found: str) -> str:
    if found and not found.strip("-_"):
        return "encode with + and /, not the alphabet for URLs"
    return "encode the content again, all of it, in one piece"
