from __future__ import annotations

import re

from mailtemplates.characters import shorten
from mailtemplates.finding import Edit, Finding, Findings, Fix
from mailtemplates.linting.rule import rule
from mailtemplates.octets.field import RawField
from mailtemplates.octets.lexeme import Lexeme, read_lexemes
from mailtemplates.octets.listuri import FaultKind, UriFault, read_list_uris
from mailtemplates.pattern import pattern

_URI_FIELDS = (
    *("List-Unsubscribe", "List-Subscribe", "List-Help", "List-Post", "List-Owner", "List-Archive", "Archived-At"),
)
_ATOM = r"[!#$%&'*+/=?^_`{|}~0-9A-Za-z-]+"
_LIST_ID = pattern(rf"{_ATOM}(?:\.{_ATOM})+")
_MANY = 20
_ADDRESS = pattern(r"<[\w.+-]+@[\w-]+(?:\.[\w-]+)+>", re.ASCII)
_PROBLEM: dict[FaultKind, str] = {
    "bare": "the URI has no angle brackets",
    "unclosed": "an angle bracket has no partner",
    "missing-comma": "no comma stands between two URIs",
    "no-uri": "what stands in the angle brackets is no URI",
    "text": "text stands outside of angle brackets",
    "empty": "the field holds no URI",
}
_HELP: dict[FaultKind, str] = {
    "missing-comma": "put a comma between them: <https://…>, <mailto:…>",
    "no-uri": "write the whole URI with its scheme: <mailto:leave@…> or <https://…>",
    "text": "put it in parentheses, as a comment, or take it out",
}


@rule("BLK004", severity="error", fields=(*_URI_FIELDS, "List-Id"), profile="bulk", fix="part")
def list_header_syntax(field: RawField) -> Findings:
    """A List-… field is not written as the standard says, so that no program can use it.

    The URIs of List-Unsubscribe, List-Help and the others stand in angle brackets with commas between them; without
    brackets mail programs show no button. List-Id has the list's name, and then its identifier in angle brackets: at
    least two labels with dots between them, as in a domain. The fix writes the
    brackets, commas and `mailto:` that are missing.

    Reference: RFC 2369 §2; RFC 2919 §2–3; RFC 5064 §2

    Bad:

        List-Unsubscribe: https://acme-shop.com/u/7f3a
        List-Unsubscribe-Post: List-Unsubscribe=One-Click
        …

    Bad:

        List-Unsubscribe: <https://acme-shop.com/u/7f3a> <mailto:leave@acme-shop.com>
        List-Unsubscribe-Post: List-Unsubscribe=One-Click
        …

    Bad:

        List-Unsubscribe: <https://acme-shop.com/u/7f3a>
        List-Unsubscribe-Post: List-Unsubscribe=One-Click
        List-Help: <help@acme-shop.com>
        …

    Bad:

        List-Unsubscribe: <https://acme-shop.com/u/7f3a>
        List-Unsubscribe-Post: List-Unsubscribe=One-Click
        List-Id: news.acme-shop.com
        …

    Bad:

        List-Unsubscribe: <https://acme-shop.com/u/7f3a>
        List-Unsubscribe-Post: List-Unsubscribe=One-Click
        List-Id: Acme news <news>
        …

    Good:

        List-Unsubscribe: (by the web) <https://acme-shop.com/u?a=1,2>, <mailto:leave@acme-shop.com>
        List-Unsubscribe-Post: List-Unsubscribe=One-Click
        List-Id: "Acme, Inc." news <news.acme-shop.com>
        List-Post: NO (a newsletter)
        …
    """
    if field.lower == "list-id":
        yield from _judge_id(field)
        return
    faults = read_list_uris(field).faults
    if not faults or (field.lower == "list-post" and field.value.upper().startswith("NO")):
        return
    first = faults[0]
    where = field.extent if first.kind == "empty" else field.at(first.start, first.end)
    shown = f": `{shorten(field.latin[first.start : first.end], 40)}`" if first.kind != "empty" else ""
    help = _HELP.get(first.kind, "write <https://…>, <mailto:…>")
    yield Finding(where, _PROBLEM[first.kind] + shown, help, _fix(field, faults))


def _fix(field: RawField, faults: tuple[UriFault, ...]) -> Fix | None:
    """Edits for all faults of a field, or None when one of them has no sure cure."""
    if len(faults) > _MANY:
        return None
    edits: list[Edit] = []
    opened = -1
    for fault in faults:
        text = field.latin[fault.start : fault.end]
        if fault.kind == "unclosed" and text == "<":
            opened = fault.end
        elif fault.kind == "bare":
            if fault.start != opened:
                edits.append(Edit(field.at(fault.start, fault.start), b"<"))
            edits.append(Edit(field.at(fault.end, fault.end), b">"))
        elif fault.kind == "missing-comma":
            before = len(field.latin[: fault.start].rstrip(" \t\r\n"))
            edits.append(Edit(field.at(before, before), b","))
        elif fault.kind == "no-uri" and _ADDRESS.fullmatch(text):
            edits.append(Edit(field.at(fault.start + 1, fault.start + 1), b"mailto:"))
        else:
            return None
    return Fix(tuple(edits)) if edits else None


def _judge_id(field: RawField) -> Findings:
    lexemes = [one for one in read_lexemes(field.latin) if not one.is_blank]
    opened = max((index for index, one in enumerate(lexemes) if one.text == "<"), default=None)
    if opened is None:
        yield _without_brackets(field, lexemes)
        return
    closed = next((index for index, one in enumerate(lexemes) if one.text == ">" and index > opened), len(lexemes))
    start = lexemes[opened].end
    end = lexemes[closed].start if closed < len(lexemes) else lexemes[-1].end
    identifier = field.latin[start:end].strip(" \t\r\n")
    where = field.at(lexemes[opened].start, lexemes[closed].end if closed < len(lexemes) else end)
    if closed == len(lexemes):
        yield Finding(where, "the identifier's angle bracket is not closed", "write List-Id: Name <list.domain>")
    elif not _LIST_ID.fullmatch(identifier):
        problem = f"`{shorten(identifier, 40)}` is no list identifier"
        yield Finding(where, problem, "write labels with dots between them, as in a domain: <news.acme-shop.com>")
    elif len(identifier) > 255:
        yield Finding(where, f"the identifier has {len(identifier)} octets, and 255 are the most", "shorten it")
    elif closed + 1 < len(lexemes):
        rest = field.at(lexemes[closed + 1].start, lexemes[-1].end)
        yield Finding(rest, "text stands behind the identifier", "put the name before it: Name <list.domain>")


def _without_brackets(field: RawField, lexemes: list[Lexeme]) -> Finding:
    if not lexemes:
        return Finding(field.extent, "the field holds no identifier", "write List-Id: Name <list.domain>")
    where = field.at(lexemes[0].start, lexemes[-1].end)
    identifier = field.latin[lexemes[0].start : lexemes[-1].end]
    fix = Fix((Edit(where, b"<" + identifier.encode("latin-1") + b">"),)) if _LIST_ID.fullmatch(identifier) else None
    problem = f"the list identifier `{shorten(identifier, 40)}` has no angle brackets"
    return Finding(where, problem, "write List-Id: Name <list.domain>", fix)
