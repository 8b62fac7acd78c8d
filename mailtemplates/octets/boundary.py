"""The boundary of a multipart: its characters, and another one instead of it (RFC 2046 §5.1.1)."""

from __future__ import annotations

from hashlib import sha256

from mailtemplates.finding import Edit, Fix
from mailtemplates.octets.extended import Parameter
from mailtemplates.octets.field import RawField
from mailtemplates.octets.mime import Part
from mailtemplates.octets.parameter import read_parametric
from mailtemplates.pattern import pattern

#: Most characters of a boundary.
LONGEST = 70

_BOUNDARY = pattern(r"[0-9A-Za-z'()+_,./:=? -]+")


def is_spelled_well(boundary: str) -> bool:
    """Whether a boundary has only the characters that it may have."""
    return _BOUNDARY.fullmatch(boundary) is not None


def find_boundary(part: Part) -> tuple[RawField, Parameter] | None:
    """The boundary parameter as written, where there is one, whole, and its field."""
    field = part.first("Content-Type")
    named = read_parametric(field.latin, "type").named("boundary") if field else []
    return (field, named[0]) if field and named and not named[0].numbered and not named[0].extended else None


def rename(part: Part) -> Fix | None:
    """Another boundary for a multipart, in the parameter and in all its delimiters.

    None when a signature covers the part, and when no delimiter is found, or one is damaged.
    """
    found = find_boundary(part)
    damaged = any(one.kind == "bad-delimiter" for one in part.defects)
    if found is None or part.signed or damaged or not part.delimiters:
        return None
    field, parameter = found
    old = part.parameters["boundary"].rstrip().encode("utf-8", "surrogateescape")
    new = _new(part.octets, old)
    edits = [Edit(field.at(parameter.value_start, parameter.end), b'"' + new + b'"')]
    for line in part.delimiters:
        start = line.start + 2
        edits.append(Edit(line._replace(start=start, end=start + len(old)), new))
    return Fix(tuple(edits))


def _new(octets: bytes, old: bytes) -> bytes:
    """A boundary that stands nowhere in the message."""
    new = old
    while b"--" + new in octets or new == old:
        new = b"=_" + sha256(new).hexdigest()[:24].encode("ascii")
    return new
