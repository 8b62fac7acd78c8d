from __future__ import annotations

from mailtemplates.characters import shorten
from mailtemplates.finding import Finding, Findings, replace
from mailtemplates.linting.rule import rule
from mailtemplates.octets.boundary import LONGEST, find_boundary, is_spelled_well, rename
from mailtemplates.octets.extended import Parameter
from mailtemplates.octets.field import RawField
from mailtemplates.octets.mime import Part
from mailtemplates.octets.parameter import read_parametric
from mailtemplates.pattern import pattern

# What readers take from a value without quotes, though quotes are needed.
_READ_ANYWAY = pattern(r"[0-9A-Za-z'+_./:=?@<>\[\]-]+")


@rule("STR008", severity="error", fix="part", parts=("multipart",))
def invalid_boundary(part: Part) -> Findings:
    r"""A boundary is too long, ends with a space, has a character that it may not have, or needs quotes.

    A reader that takes another boundary from the header than from the body finds no part, and the reader sees raw MIME
    or nothing. 70 characters are the most; letters, digits and `'()+_,-./:=? ` are allowed; with any of
    `()<>@,;:\"/[]?=` or a space in it the value stands in quotes. Where every reader copes it is a warning.

    Reference: RFC 2046 §5.1.1; RFC 2045 §5.1

    Bad:

        Content-Type: multipart/mixed; boundary="⟨a×71⟩"
        …

        --⟨a×71⟩
        Content-Type: text/plain; charset=utf-8

        Hello Ben.
        --⟨a×71⟩--

    Bad:

        Content-Type: multipart/mixed; boundary="one "
        …

        --one
        Content-Type: text/plain; charset=utf-8

        Hello Ben.
        --one--

    Bad:

        Content-Type: multipart/mixed; boundary="one*two"
        …

        --one*two
        Content-Type: text/plain; charset=utf-8

        Hello Ben.
        --one*two--

    Bad:

        Content-Type: multipart/mixed; boundary=one:two
        …

        --one:two
        Content-Type: text/plain; charset=utf-8

        Hello Ben.
        --one:two--

    Bad:

        Content-Type: multipart/mixed; boundary=(one)
        …

        --(one)
        Content-Type: text/plain; charset=utf-8

        Hello Ben.
        --(one)--

    Good:

        Content-Type: multipart/mixed; boundary="=_one:two"
        …

        --=_one:two
        Content-Type: text/plain; charset=utf-8

        Hello Ben.
        --=_one:two--
    """
    found = find_boundary(part)
    if found is None:
        return
    field, parameter = found
    value = parameter.value
    where = field.at(parameter.value_start, parameter.end)
    if not value or not value.isascii():
        return
    if len(value) > LONGEST:
        problem = f"the boundary has {len(value)} characters, {LONGEST} are the most"
        yield Finding(where, problem, f"write a boundary of at most {LONGEST} characters", rename(part))
    elif value.endswith(" "):
        fix = replace(where, b'"' + value.rstrip(" ").encode("ascii") + b'"') if '"' not in value else None
        yield Finding(where, "the boundary ends with a space", "leave the space out", fix)
    elif not parameter.quoted and _end_unquoted(field, parameter):
        yield from _unquoted(field, parameter)
    elif not is_spelled_well(value):
        yield Finding(
            where,
            f"the boundary `{shorten(value, 40)}` has a character that it may not have",
            "write it of letters, digits and '()+_,-./:=?",
            rename(part),
            severity="warning" if value.isprintable() else None,
        )


def _end_unquoted(field: RawField, parameter: Parameter) -> int:
    """Where a value ends that has no quotes and needs them; 0 when it needs none."""
    faults = read_parametric(field.latin, "type").faults
    mine = (fault.end for fault in faults if fault.kind == "unquoted" and fault.start == parameter.value_start)
    return max(mine, default=0)


def _unquoted(field: RawField, parameter: Parameter) -> Findings:
    end = _end_unquoted(field, parameter)
    value = field.latin[parameter.value_start : end]
    whole = '"' not in value and "\\" not in value and "\n" not in value
    yield Finding(
        field.at(parameter.value_start, end),
        f"the boundary `{shorten(value, 40)}` needs quotes",
        "put it in quotes",
        replace(field.at(parameter.value_start, end), b'"' + value.encode("latin-1") + b'"') if whole else None,
        severity="warning" if _READ_ANYWAY.fullmatch(value) else None,
    )
