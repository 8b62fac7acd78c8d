from __future__ import annotations

from mailtemplates.finding import Finding, Findings, Fix
from mailtemplates.linting.rule import rule
from mailtemplates.octets.mime import Part
from mailtemplates.octets.partshape import is_sound, shown_type, type_span
from mailtemplates.octets.reencoding import is_ours
from mailtemplates.octets.regrouping import reorder

# From the plainest to the richest; a place among these is nobody's for what is not here.
_RANKS = {"text/plain": 0, "text/enriched": 1, "text/richtext": 1, "text/markdown": 1, "text/html": 2}


@rule("STR003", severity="error", fix="part", parts=("multipart/alternative",))
def alternative_order(part: Part) -> Findings:
    """In a multipart/alternative the html stands before the text.

    The parts go from the plainest to the richest, and a reader shows the last one that it can. With the text last, the
    reader sees the bare text and never the html.

    Reference: RFC 2046 §5.1.4

    Bad:

        Content-Type: multipart/alternative; boundary=one
        …

        --one
        Content-Type: text/html; charset=utf-8

        <!DOCTYPE html><p>Hello Ben.</p>
        --one
        Content-Type: text/plain; charset=utf-8

        Hello Ben.
        --one--

    Good:

        Content-Type: multipart/alternative; boundary=one
        …

        --one
        Content-Type: text/plain; charset=utf-8

        Hello Ben.
        --one
        Content-Type: text/html; charset=utf-8

        <!DOCTYPE html><p>Hello Ben.</p>
        --one--
    """
    if len(part.children) < 2 or not is_sound(part):
        return
    ranked = [(shown_type(child), child) for child in part.children if child.disposition != "attachment"]
    ranked = [(name, child) for name, child in ranked if name in _RANKS]
    ranks = [_RANKS[name] for name, _ in ranked]
    wrong = next((at for at, rank in enumerate(ranks) if rank == 2 and any(less < 2 for less in ranks[at:])), None)
    if wrong is None:
        return
    later = next(name for name, _ in ranked[wrong:] if _RANKS[name] < 2)
    parts = [child for _, child in ranked]
    order = [child for _, child in sorted(ranked, key=lambda one: _RANKS[one[0]])]
    fix = Fix(tuple(reorder(parts, order))) if all(is_ours(child) for child in parts) else None
    yield Finding(
        type_span(parts[wrong]),
        f"the html stands before the {later}: readers show the last part that they can",
        f"put the {later} first and the html behind it",
        fix,
    )
