from __future__ import annotations

from collections.abc import Iterator

from mailtemplates.finding import Finding, Findings, Fix, replace
from mailtemplates.headers.parameter import write_parameter
from mailtemplates.linting.rule import rule
from mailtemplates.octets.extended import Parameter, ParameterFault
from mailtemplates.octets.field import RawField
from mailtemplates.octets.message import RawMessage
from mailtemplates.octets.parameter import Kind, Parameters, read_parametric

_KINDS: dict[str, Kind] = {"content-type": "type", "content-disposition": "disposition"}

# Findings of one field; nobody needs more.
_MOST = 50


@rule("ENC009", severity="error", fix="part")
def raw_non_ascii_parameter(message: RawMessage) -> Findings:
    """A parameter of a MIME field holds octets outside ASCII, mostly in a file name.

    Readers guess the charset of such octets, and the file gets a damaged name; some servers refuse the message, as
    its header is not ASCII. RFC 2231 has a form that names the charset. A message that is sent with SMTPUTF8 may hold
    UTF-8.

    Reference: RFC 2231 §4; RFC 2045 §5.1

    Bad:

        Content-Type: text/plain; charset=utf-8
        Content-Disposition: attachment; filename="Größe.txt"
        …

    Bad:

        Content-Type: text/plain; charset=utf-8; name=Größe.txt
        Content-Disposition: attachment; filename=a.txt
        …

    Bad:

        Content-Type: text/plain; charset=utf-8
        Content-Disposition: attachment; filename="Gr⟨F6 DF⟩e.txt"
        …

    Good:

        Content-Disposition: attachment; filename*=utf-8''Gr%C3%B6%C3%9Fe.txt
        …
    """
    for field in () if message.octets.isascii() or message.smtputf8 else _fields(message):
        read = read_parametric(field.latin, _KINDS[field.lower])
        for fault in read.faults[:_MOST]:
            if fault.kind == "non-ascii":
                yield Finding(
                    field.at(fault.start, fault.end),
                    fault.problem,
                    f"write {_suggestion(field, fault)}",
                    _fix(field, read, fault),
                    severity="warning" if field.place == "embedded" else None,
                )


def _fields(message: RawMessage) -> Iterator[RawField]:
    is_global = any(part.media_type == "message/global" for part in message.parts)
    for part in message.parts if is_global else message.all_parts:
        for field in part.fields:
            if field.lower in _KINDS and not field.raw.isascii():
                yield field


def _suggestion(field: RawField, fault: ParameterFault) -> str:
    text = _utf8(field.latin[fault.start : fault.end].partition("=")[2].strip('" '))
    return write_parameter(fault.name, text)[0] if text and len(text) < 60 else f"{fault.name}*=utf-8''…, encoded"


def _fix(field: RawField, read: Parameters, fault: ParameterFault) -> Fix | None:
    """The parameter as RFC 2231 has it, when its octets are surely UTF-8 and it is one parameter."""
    one = next((one for one in read.named(fault.name) if one.start == fault.start), None)
    text = _value(field, read, one) if one else None
    if one is None or not text or one.numbered or one.extended or not _is_free(one.name):
        return None
    end = max([one.end, *(other.end for other in read.faults if other.start == one.value_start)])
    chunks = (b";" + field.line_end + b" ").join(chunk.encode("ascii") for chunk in write_parameter(one.name, text))
    return replace(field.at(one.start, end), chunks)


def _is_free(name: str) -> bool:
    """Whether the parameter may have any text for its value."""
    return name.isascii() and name not in ("charset", "boundary")


def _value(field: RawField, read: Parameters, one: Parameter) -> str | None:
    """The value, with what belongs to it when its quotes were forgotten."""
    for fault in read.faults:
        if fault.start == one.value_start and fault.kind == "unquoted":
            return _utf8(field.latin[fault.start : fault.end])
    return _utf8(one.value)


def _utf8(latin: str) -> str | None:
    try:
        text = latin.encode("latin-1").decode("utf-8")
    except ValueError:
        return None
    return text if text.isprintable() else None
