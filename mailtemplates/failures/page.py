"""The page "Why did my mail not arrive?" in each language: the guide, and in its places the tables."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mailtemplates.failures.answer import answer_lines
from mailtemplates.failures.diagnosis import diagnose
from mailtemplates.failures.failure import LANGUAGES, STEPS, Failure, Language
from mailtemplates.failures.family import all_families, family_of
from mailtemplates.failures.provider import all_providers
from mailtemplates.failures.table import Code, all_codes, all_failures
from mailtemplates.failures.vocabulary import VOCABULARIES

_FOLDER = Path(__file__).parent
_FILES: dict[Language, str] = {"en": "why-not-arrived.md", "zh": "zh/why-not-arrived.md"}
_EXPLAINED = "$ mailtpl explain "


def markdown_pages() -> Iterator[tuple[str, str]]:
    """A file name and its Markdown for each language."""
    for language in LANGUAGES:
        guide = (_FOLDER / "guide" / f"{language}.md").read_text(encoding="utf-8")
        lines = (line for written in guide.splitlines() for line in _filled(written, language))
        yield _FILES[language], "\n".join(lines) + "\n"


def _filled(line: str, language: Language) -> Iterator[str]:
    tables = {
        "<!-- providers -->": _providers,
        "<!-- basic codes -->": _basic,
        "<!-- enhanced codes -->": _enhanced,
        "<!-- families -->": _families,
        "<!-- rows -->": _rows,
    }
    if line in tables:
        yield from tables[line](language)
        return
    yield line
    if line.startswith(_EXPLAINED):
        words = line.removeprefix(_EXPLAINED).removeprefix("--language zh ").strip('"')
        yield from answer_lines(diagnose(words), language)


def _providers(language: Language) -> Iterator[str]:
    said = VOCABULARIES[language]
    yield f"| {said.provider} | SMTP | {said.ports} | IMAP (993) | {said.password} |"
    yield "|---|---|---|---|---|"
    for one in all_providers():
        yield f"| {one.name(language)} | {one.smtp} | {one.ports} | {one.imap} | {one.login(language)} |"


def _basic(language: Language) -> Iterator[str]:
    yield from _codes(language, [code for code in all_codes().values() if code.code.isdecimal() and code.code >= "4"])


def _enhanced(language: Language) -> Iterator[str]:
    yield from _codes(language, [code for code in all_codes().values() if "." in code.code])


def _codes(language: Language, codes: list[Code]) -> Iterator[str]:
    said = VOCABULARIES[language]
    rows = all_failures()
    yield f"| {said.code} | {said.stands_for} | {said.see} |"
    yield "|---|---|---|"
    for code in codes:
        links = ", ".join(_link(rows[row]) for row in (code.failure, *code.also))
        name = code.code if code.code.isdecimal() else f"X.{code.code}"
        reference = f" ({code.reference})" if code.reference != "-" else ""
        yield f"| {name} | {code.title(language)}{reference} | {links} |"


def _families(language: Language) -> Iterator[str]:
    said = VOCABULARIES[language]
    yield f"| {said.family} | {said.about} | {said.see} |"
    yield "|---|---|---|"
    for family in all_families():
        links = ", ".join(_link(row) for row in all_failures().values() if family_of(row) is family)
        yield f"| `{family.id}` | {family.title(language)} | {links} |"


def _link(row: Failure) -> str:
    return f"[{row.id}](#{row.id.lower()}-{row.name})"


def _rows(language: Language) -> Iterator[str]:
    said = VOCABULARIES[language]
    for step in STEPS:
        rows = [row for row in all_failures().values() if row.step == step]
        yield from (f"**{said.steps[step]}**", "")
        yield from (f"- {_link(row)} {row.words(language).symptom}" for row in rows)
        yield ""
    for step in STEPS:
        yield from (f"## {said.steps[step]}", "")
        for row in (row for row in all_failures().values() if row.step == step):
            yield from _row(row, language)


def _row(row: Failure, language: Language) -> Iterator[str]:
    said = VOCABULARIES[language]
    words = row.words(language)
    yield from (f"### {row.id} {row.name}", "", words.symptom, "")
    if row.examples:
        yield "```"
        for example in row.examples:
            yield from example.splitlines()
        yield from ("```", "")
    yield from (f"**{said.cause}**{said.colon}{words.cause}", "", f"**{said.cure}**{said.colon}{words.cure}", "")
