from __future__ import annotations

from collections.abc import Sequence

from mailtemplates.finding import Finding, Findings, Fix, replace
from mailtemplates.headers.parameter import write_parameter
from mailtemplates.linting.rule import rule
from mailtemplates.octets.extended import EXTENDED, Parameter, ParameterFault, ParameterFaultKind
from mailtemplates.octets.field import RawField
from mailtemplates.octets.parameter import Kind, Parameters, read_parametric

_KINDS: dict[str, Kind] = {"content-type": "type", "content-disposition": "disposition"}
_HELP: dict[ParameterFaultKind, str] = {
    "quoted-extended": "leave the quotes out: filename*=utf-8''name",
    "no-first-section": "number the sections from 0",
    "gap": "number the sections without a gap: 0, 1, 2",
    "no-charset": "begin the value with its charset and two quotes: utf-8''",
    "unknown-charset": "write utf-8'' and encode the value in it",
    "bad-percent": "write every other octet than letters, digits and -._~ as % and two hexadecimal digits",
    "undecodable": "name the charset that the value is really in, best utf-8",
}
# Findings of one field; nobody needs more.
_MOST = 50
# Where the reader's view of the value is not in doubt.
_SURE: frozenset[ParameterFaultKind] = frozenset(("quoted-extended", "no-first-section", "no-charset", "bad-percent"))


@rule("ENC010", severity="error", fields=("Content-Type", "Content-Disposition"), fix="part", holding=b"*")
def malformed_extended_parameter(field: RawField) -> Findings:
    """An extended parameter such as `filename*=` is written wrongly.

    Readers that know RFC 2231 take the value for what it is, quotes and percent signs included, or pass over the
    parameter, and the file has a strange name or none. Sections that do not begin with 0 are not found at all.

    Reference: RFC 2231 §3, §4

    Bad:

        Content-Disposition: attachment; filename*="utf-8''Gr%C3%B6%C3%9Fe.txt"
        …

    Bad:

        Content-Disposition: attachment; filename*1=order-; filename*2=2026.txt
        …

    Bad:

        Content-Disposition: attachment; filename*0=order-; filename*2=2026.txt
        …

    Bad:

        Content-Disposition: attachment; filename*=order.txt
        …

    Bad:

        Content-Disposition: attachment; filename*=utf-9''order.txt
        …

    Bad:

        Content-Disposition: attachment; filename*=utf-8''100%.txt
        …

    Bad:

        Content-Disposition: attachment; filename*=utf-8''my order.txt
        …

    Bad:

        Content-Disposition: attachment; filename*=utf-8''Gr%F6%DFe.txt
        …

    Good:

        Content-Disposition: attachment; filename*=utf-8''Gr%C3%B6%C3%9Fe.txt
        …

    Good:

        Content-Disposition: attachment; filename*0*=utf-8''Gr%C3%B6%C3%9F; filename*1="e 1.txt"
        …
    """
    read = read_parametric(field.latin, _KINDS[field.lower])
    told: set[str] = set()
    for fault in read.faults[:_MOST]:
        if fault.kind in EXTENDED and fault.name not in told:
            told.add(fault.name)
            yield Finding(field.at(fault.start, fault.end), fault.problem, _HELP[fault.kind], _fix(field, read, fault))


def _fix(field: RawField, read: Parameters, fault: ParameterFault) -> Fix | None:
    """The parameter written anew, when it stands in one stretch and has no other fault."""
    parts = read.named(fault.name)
    mine = [one for one in read.faults if one.name == fault.name]
    if not _is_sure(parts, mine) or not _is_one_stretch(read.written, parts):
        return None
    text = _text(field, parts, mine)
    if not text or not text.isprintable() or not fault.name.isascii():
        return None
    chunks = [chunk.encode("ascii") for chunk in write_parameter(fault.name, text)]
    end = max([parts[-1].end, *(one.end for one in mine)])
    return replace(field.at(parts[0].start, end), (b";" + field.line_end + b" ").join(chunks))


def _is_sure(parts: Sequence[Parameter], faults: Sequence[ParameterFault]) -> bool:
    return bool(parts) and all(one.kind in _SURE for one in faults) and len({one.numbered for one in parts}) == 1


def _is_one_stretch(written: Sequence[Parameter], parts: Sequence[Parameter]) -> bool:
    first = written.index(parts[0])
    return list(written[first : first + len(parts)]) == list(parts)


def _text(field: RawField, parts: Sequence[Parameter], faults: Sequence[ParameterFault]) -> str:
    """What a reader was meant to see: the sections in order, decoded."""
    ordered = sorted(parts, key=lambda one: one.section)
    last = max((one.end for one in faults if one.kind == "bad-percent"), default=0)
    pieces = []
    for at, one in enumerate(ordered):
        value = one.value if one.quoted or last <= one.end else field.latin[one.value_start : last]
        number = f"*{at}" if one.numbered else ""
        pieces.append(f'x{number}{"*" if one.extended else ""}="{value.translate(_ESCAPES)}"')
    return read_parametric("x; " + "; ".join(pieces), "disposition").values.get("x", "")


_ESCAPES = str.maketrans({'"': '\\"', "\\": "\\\\"})
