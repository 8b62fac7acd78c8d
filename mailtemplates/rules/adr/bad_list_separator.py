from __future__ import annotations

from mailtemplates.finding import Edit, Finding, Findings, Fix
from mailtemplates.linting.rule import rule
from mailtemplates.octets.address import ADDRESS_FIELDS, read_addresses
from mailtemplates.octets.addrspec import Fault
from mailtemplates.octets.field import RawField
from mailtemplates.octets.lexeme import Lexeme, read_lexemes


@rule("ADR005", severity="error", fields=ADDRESS_FIELDS, fix="safe")
def bad_list_separator(field: RawField) -> Findings:
    """Addresses have a semicolon between them, or a comma too many.

    A semicolon ends a group and nothing else, though some programs let people type it between addresses; a server
    reads what stands behind it as rubbish or refuses the message. A comma with no address beside it is obsolete:
    readers must take it, writers must not make it, so it is a warning. It is mostly a loop in a template that leaves
    it there.

    Reference: RFC 5322 §3.4, §4.4

    Bad:

        To: ann@reader.example; ben@reader.example;
        …

    Bad:

        To: ann@reader.example,, ben@reader.example
        …

    Bad:

        To: ann@reader.example,
         ,
         ben@reader.example,
        …

    Good:

        To: ann@reader.example, ben@reader.example
        Cc: Readers: cid@reader.example;, dan@reader.example
        …
    """
    faults = read_addresses(field).faults
    semicolons = [fault for fault in faults if fault.kind == "semicolon" and not _ends_undisclosed(field, fault)]
    if semicolons:
        first = semicolons[0]
        problem = "`;` stands where a comma separates addresses"
        help = "write a comma between addresses, and nothing after the last one"
        yield Finding(field.at(first.start, first.end), _count(problem, semicolons), help, _fix(field, semicolons))
    empty = [fault for fault in faults if fault.kind == "empty-element"]
    if empty:
        where = field.at(empty[0].start, empty[0].end)
        yield Finding(
            where, _count(empty[0].problem, empty), "take the comma out", _fix(field, empty), severity="warning"
        )


def _ends_undisclosed(field: RawField, fault: Fault) -> bool:
    """Whether the semicolon ends `undisclosed-recipients;`, a group whose colon is missing."""
    before = field.latin[max(0, fault.start - 40) : fault.start]
    return before.rstrip(" ;").lower().endswith("undisclosed-recipients")


def _count(problem: str, faults: list[Fault]) -> str:
    return f"{problem} ({len(faults)} places in this field)" if len(faults) > 1 else problem


def _fix(field: RawField, faults: list[Fault]) -> Fix:
    """Each fault's mark becomes a comma where an address follows; else it goes, with the white space before it."""
    lexemes = [one for one in read_lexemes(field.latin) if one.kind != "comment"]
    index_at = {one.start: index for index, one in enumerate(lexemes)}
    return Fix(tuple([_edit(field, fault, lexemes, index_at[fault.start]) for fault in faults]))


def _edit(field: RawField, fault: Fault, lexemes: list[Lexeme], index: int) -> Edit:
    mark = lexemes[index]
    if fault.kind == "semicolon" and _separates(lexemes, index):
        return Edit(field.at(mark.start, mark.end), b",")
    before = lexemes[index - 1] if index else None
    if before is not None and before.kind == "space" and before.end == mark.start and before.start > 0:
        return Edit(field.at(before.start, mark.end), b"")
    after = lexemes[index + 1] if index + 1 < len(lexemes) else None
    if before is not None and before.start == 0 and after is not None and after.start == mark.end:
        return Edit(field.at(mark.start, after.end if after.kind == "space" else mark.end), b"")
    return Edit(field.at(mark.start, mark.end), b"")


def _separates(lexemes: list[Lexeme], index: int) -> bool:
    """Whether an element stands behind a mark, and another before it and before the semicolons beside it."""
    after, before = index + 1, index - 1
    while after < len(lexemes) and lexemes[after].kind == "space":
        after += 1
    while before >= 0 and (lexemes[before].kind == "space" or lexemes[before].text == ";"):
        before -= 1
    ends = (before >= 0 and lexemes[before].text != ",", after < len(lexemes) and lexemes[after].text not in (",", ";"))
    return all(ends)
