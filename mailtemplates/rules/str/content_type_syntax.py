from __future__ import annotations

from mailtemplates.characters import shorten
from mailtemplates.finding import Finding, Findings, Fix, Severity, replace
from mailtemplates.linting.rule import rule
from mailtemplates.octets.extended import EXTENDED, ParameterFault, ParameterFaultKind
from mailtemplates.octets.field import RawField
from mailtemplates.octets.parameter import Kind, Parameters, read_parametric
from mailtemplates.pattern import pattern
from mailtemplates.source import nearest

_KINDS: dict[str, Kind] = {"content-type": "type", "content-disposition": "disposition"}
_HELP: dict[ParameterFaultKind, str] = {
    "bad-type": "write type/subtype, such as text/plain or application/pdf",
    "missing-semicolon": "put a semicolon before each parameter",
    "empty-parameter": "leave the semicolon out",
    "repeated-parameter": "leave one of them",
    "bad-parameter": "write name=value",
    "unclosed-quote": "write the second quote",
    "unquoted": "put the value in quotes",
}
_FAMILIES = (
    *("application", "audio", "chemical", "example", "font", "haptics", "image", "message", "model"),
    *("multipart", "text", "video"),
)
_TOKEN = pattern(r"[A-Za-z0-9.+_-]+")
# What was meant where only a half is written.
_WHOLE = {"text": "text/plain", "plain": "text/plain", "html": "text/html"}
# Characters that need quotes and that every reader takes nevertheless; and a token that a comment touches, which is
# legal (RFC 822 §3.1.4) and mostly a file name without quotes.
_READ_ANYWAY = pattern(r"[^\s\"\\(),]+|(?:\([^()\\]*\))?[^\s\"\\(),;=]+(?:\([^()\\]*\))?")

# Findings of one field; nobody needs more.
_MOST = 50
# A value that surely ends where the field or the parameter does.
_VALUE = pattern(r'"[A-Za-z0-9 ._=+-]{1,70}')


_PLACEHOLDER = pattern(r"\{\{[^{}]{0,200}\}\}|\{%[^{}%]{1,200}%\}|\*\|[A-Za-z0-9_:. -]{1,80}\|\*")


@rule("STR012", severity="error", fields=tuple(_KINDS), fix="part")
def content_type_syntax(field: RawField) -> Findings:
    r"""A Content-Type or Content-Disposition cannot be read as it is written.

    A reader that does not understand the field takes the part for plain text in ASCII, or for a file without a name:
    people see markup, damaged letters or `ATT00001.bin`. Where every reader copes, as with a semicolon at the end, it
    is a warning. Comments in parentheses are allowed.

    Reference: RFC 2045 §5.1; RFC 2183 §2

    Bad:

        Content-Type: text; charset=utf-8
        …

    Bad:

        Content-Type: plain/text; charset=utf-8
        …

    Bad:

        Content-Type: text/plain charset=utf-8
        …

    Bad:

        Content-Type: text/plain, charset=utf-8
        …

    Bad:

        Content-Type: text/plain; charset=utf-8;
        …

    Bad:

        Content-Type: text/plain; charset=utf-8; charset=iso-8859-1
        …

    Bad:

        Content-Type: text/plain; charset="utf-8
        …

    Bad:

        Content-Type: text/plain; charset
        …

    Bad:

        Content-Type: text/plain; charset=utf-8
        Content-Disposition: attachment; filename=my order.txt
        …

    Bad:

        Content-Type: text/plain; charset=utf-8
        Content-Disposition: filename="order.txt"
        …

    Bad:

        Content-Type: text/plain; charset=utf-8; name=[1].txt
        Content-Disposition: attachment; filename="[1].txt"
        …

    Good:

        Content-Type: text/plain (as ever); charset="utf-8"; format = flowed
        Content-Disposition: attachment; filename="my order.txt"
        …
    """
    read = read_parametric(field.latin, _KINDS[field.lower])
    if not read.faults and (field.lower != "content-type" or read.token.partition("/")[0] in _FAMILIES):
        return
    if _PLACEHOLDER.search(field.latin):
        return  # HDR020 owns what was never filled in
    if field.lower == "content-type" and read.token and read.token.isascii():
        yield from _unknown_type(field, read)
    unread = tuple([fault for fault in read.faults if fault.kind == "bad-type"])
    for fault in (unread or read.faults)[:_MOST]:
        if fault.kind in _HELP and not _is_others(field, fault):
            yield Finding(
                field.at(fault.start, fault.end),
                fault.problem,
                _help(field, fault),
                _fix(field, read, fault),
                severity=_severity(field, read, fault),
            )


def _unknown_type(field: RawField, read: Parameters) -> Findings:
    """A media type of no family that there is; one that only some programs know begins with ``x-``."""
    family, _, kind = read.token.lower().partition("/")
    if not kind or family in _FAMILIES or family.startswith("x-") or not _TOKEN.fullmatch(family):
        return
    meant = f"{kind}/{family}" if kind in _FAMILIES else f"{nearest(family, _FAMILIES)}/{kind}"
    sure = not meant.startswith("None/")
    help = f"write {meant}" if sure else _HELP["bad-type"]
    problem = f"there are no media types of the family `{shorten(family, 40)}`"
    where = field.at(read.start, read.end)
    yield Finding(where, problem, help, severity=None if sure else "warning")


def _is_others(field: RawField, fault: ParameterFault) -> bool:
    """Whether the fault belongs to a rule for boundaries, for octets outside ASCII or for encoded words."""
    text = field.latin[fault.start : fault.end]
    is_boundary = fault.kind == "unquoted" and fault.name == "boundary" and field.lower == "content-type"
    return fault.kind in EXTENDED or is_boundary or not text.isascii() or "=?" in text


def _help(field: RawField, fault: ParameterFault) -> str:
    if fault.kind == "bad-type" and field.lower == "content-disposition":
        return "write inline or attachment first, then a semicolon"
    return _HELP[fault.kind]


def _severity(field: RawField, read: Parameters, fault: ParameterFault) -> Severity | None:
    if fault.kind == "empty-parameter":
        return "warning"
    if fault.kind == "unquoted":
        return "warning" if _READ_ANYWAY.fullmatch(field.latin, fault.start, fault.end) else None
    if fault.kind == "repeated-parameter":
        return "warning" if _is_same(read, fault) else None
    harmless = fault.kind == "bad-parameter" and fault.name not in ("charset", "boundary") and fault.name
    return "warning" if harmless else None


def _is_same(read: Parameters, fault: ParameterFault) -> bool:
    """Whether a parameter says a second time what it has said."""
    return len({one.value.lower() for one in read.named(fault.name)}) == 1


def _fix(field: RawField, read: Parameters, fault: ParameterFault) -> Fix | None:
    text = field.latin[fault.start : fault.end]
    where = field.at(fault.start, fault.end)
    if fault.kind == "bad-type":
        whole = _WHOLE.get(text.lower().rstrip("/")) if field.lower == "content-type" else None
        return replace(where, whole.encode("ascii")) if whole else None
    if fault.kind == "missing-semicolon":
        return replace(where, b";") if text == "," else _semicolon(field, fault.start)
    if fault.kind == "empty-parameter":
        rest = field.latin[fault.end :].strip(" \t\r\n")
        before = len(field.latin[: fault.start].rstrip(" \t\r\n"))
        return replace(where if rest else field.at(before, len(field.latin)), b"")
    if fault.kind == "repeated-parameter" and _is_same(read, fault):
        before = field.latin.rfind(";", 0, fault.start)
        return replace(field.at(before, fault.end), b"") if before > read.end - 1 else None
    if fault.kind == "unclosed-quote" and _VALUE.fullmatch(text):
        return replace(where, text.encode("ascii") + b'"')
    if (
        fault.kind == "unquoted"
        and fault.name != "charset"
        and "\n" not in text
        and not any(mark in text for mark in '"\\')
    ):
        return replace(where, b'"' + text.encode("ascii") + b'"')
    return None


def _semicolon(field: RawField, at: int) -> Fix:
    """A semicolon right behind what stands before, white space left as it is."""
    end = len(field.latin[:at].rstrip(" \t\r\n"))
    return replace(field.at(end, end), b";" if end < at else b"; ")
