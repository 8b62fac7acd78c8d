"""A diagnosis or a row of the table for a person, as lines of at most 80 columns, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mailtemplates.failures.diagnosis import Diagnosis
from mailtemplates.failures.failure import Failure, Language
from mailtemplates.failures.family import family_of
from mailtemplates.failures.reading import Statement
from mailtemplates.failures.remark import remarks
from mailtemplates.failures.table import all_failures
from mailtemplates.failures.vocabulary import VOCABULARIES
from mailtemplates.text.wrapping import display_width, wrap

_LEAD = 11
_SHOWN = 10
"""So many recipients with the same reply are named."""
_SAID = 200


def answer_lines(diagnosis: Diagnosis, language: Language, width: int = 80) -> Iterator[str]:
    """What a text means: whether it is for now or for good, the likely causes, and what else its codes may mean."""
    said = VOCABULARIES[language]
    if diagnosis.reply:
        yield from wrap(str(diagnosis.reply), width)[:3]
    elif not diagnosis.causes:
        yield from wrap(said.not_known, width)
        return
    yield from _hung(said.lasting[diagnosis.lasting], said.why_lasting(diagnosis), width)
    for remark in remarks(diagnosis, language):
        yield from _hung("", remark, width)
    for cause in diagnosis.causes[:1]:
        yield ""
        yield from failure_lines(cause.failure, language, width)
    others = [*list(_causing(diagnosis))[1:], *diagnosis.others]
    yield from ("", said.others) if others else ()
    for failure in others:
        yield from _hung(f"  {failure.id}", failure.words(language).symptom, width)
    yield from ("", said.recipients) if diagnosis.recipients else ()
    for addresses, one in diagnosis.recipients:
        yield from _recipients(addresses, one, language, width)
    yield from ("",) if diagnosis.codes else ()
    for code in diagnosis.codes:
        yield from _hung(code.code if code.code.isdecimal() else f"X.{code.code}", _code(code, language), width)


def failure_lines(failure: Failure, language: Language, width: int = 80) -> Iterator[str]:
    """A row: what is seen, why, the next step, where and whose it is."""
    said = VOCABULARIES[language]
    words = failure.words(language)
    yield f"{failure.id} {failure.name}"
    yield from _hung(said.symptom, words.symptom, width)
    yield from _hung(said.cause, words.cause, width)
    yield from _hung(said.cure, words.cure, width)
    where = (said.steps[failure.step], said.faults[failure.fault], family_of(failure).id)
    yield from _hung(said.where, said.semicolon.join(where), width)


def table_lines(language: Language, width: int = 80) -> Iterator[str]:
    """All rows: id and what is seen, by steps."""
    said = VOCABULARIES[language]
    step = None
    for failure in all_failures().values():
        if failure.step != step:
            yield from ("", said.steps[failure.step]) if step else (said.steps[failure.step],)
            step = failure.step
        yield from _hung(f"  {failure.id}", failure.words(language).symptom, width)


def answer_object(diagnosis: Diagnosis, language: Language) -> dict[str, Any]:
    """A diagnosis as JSON."""
    families = list(dict.fromkeys(family_of(one).id for one in (*_causing(diagnosis), *diagnosis.others)))
    return {
        "reply": _reply_object(diagnosis.reply),
        "lasting": diagnosis.lasting,
        "temporary": {"temporary": True, "permanent": False}.get(diagnosis.lasting),
        "family": families[0] if families else "not-named",
        "reason": diagnosis.reason,
        "confidence": diagnosis.confidence,
        "alternatives": families[1:],
        "causes": [
            {**failure_object(cause.failure, language), "evidence": list(cause.evidence)} for cause in diagnosis.causes
        ],
        "others": [failure.id for failure in diagnosis.others],
        "codes": [
            {"code": code.code, "title": code.title(language), "reference": code.reference} for code in diagnosis.codes
        ],
        "recipients": [_recipients_object(addresses, one) for addresses, one in diagnosis.recipients],
        "remarks": list(remarks(diagnosis, language)),
        "next_step": _next_step(diagnosis, language),
    }


def _causing(diagnosis: Diagnosis) -> Iterator[Failure]:
    return (cause.failure for cause in diagnosis.causes)


def _reply_object(reply: Statement | None) -> dict[str, Any] | None:
    return {"code": reply.code, "enhanced": reply.enhanced, "text": reply.text} if reply else None


def _recipients_object(addresses: tuple[str, ...], diagnosis: Diagnosis) -> dict[str, Any]:
    return {
        "addresses": list(addresses),
        "reply": _reply_object(diagnosis.reply),
        "lasting": diagnosis.lasting,
        "causes": [cause.failure.id for cause in diagnosis.causes],
    }


def _recipients(addresses: tuple[str, ...], diagnosis: Diagnosis, language: Language, width: int) -> Iterator[str]:
    """Who got a reply, and what it means for them."""
    said = VOCABULARIES[language]
    more = len(addresses) - _SHOWN
    who = ", ".join(addresses[:_SHOWN]) + (f" +{more}" if more > 0 else "")
    cause = f"{diagnosis.causes[0].failure.id} {diagnosis.causes[0].failure.name}" if diagnosis.causes else ""
    told = said.semicolon.join(filter(None, (said.lasting[diagnosis.lasting], cause, str(diagnosis.reply)[:_SAID])))
    yield from (f"  {line}" for line in wrap(f"{who}{said.colon}{told}", width - 2))


def _next_step(diagnosis: Diagnosis, language: Language) -> str:
    if diagnosis.causes:
        return diagnosis.causes[0].failure.words(language).cure
    return VOCABULARIES[language].goes_on if diagnosis.reply else VOCABULARIES[language].not_known


def failure_object(failure: Failure, language: Language) -> dict[str, Any]:
    """A row as JSON."""
    words = failure.words(language)
    return {
        "id": failure.id,
        "name": failure.name,
        "step": failure.step,
        "fault": failure.fault,
        "temporary": failure.temporary,
        "family": family_of(failure).id,
        "reason": failure.reason,
        "symptom": words.symptom,
        "cause": words.cause,
        "cure": words.cure,
    }


def _code(code: Any, language: Language) -> str:
    reference = f" ({code.reference})" if code.reference != "-" else ""
    return f"{code.title(language)}{reference}"


def _hung(lead: str, text: str, width: int) -> Iterator[str]:
    indent = " " * _LEAD
    first, *rest = wrap(text, width - _LEAD)
    yield f"{lead}{' ' * (_LEAD - display_width(lead))}{first}".rstrip()
    yield from (indent + line for line in rest)
