"""The version of a template: a digest of its source and of every template that it names."""

from __future__ import annotations

from collections.abc import Iterable

from jinja2 import Environment, TemplateNotFound, meta
from jinja2.exceptions import TemplateError

from mailtemplates.digest import digest_of
from mailtemplates.memo import Memo

_references: Memo[str, tuple[str, ...]] = Memo(10_000)


def template_version(environment: Environment, name: str) -> str:
    """64 hexadecimal digits that change with the source of a template, of its layouts, includes and imports.

    Templates whose names are computed when it is rendered, and files that it attaches, do not count. A template that
    is missing or cannot be parsed counts as its name: rendering it says what is wrong.
    """
    sources: dict[str, str] = {}
    waiting = [name]
    while waiting:
        name = waiting.pop()
        if name not in sources:
            sources[name] = _source(environment, name)
            waiting.extend(_named_in(environment, sources[name]))
    return digest_of(*(piece.encode("utf-8", "surrogatepass") for pair in sorted(sources.items()) for piece in pair))


def _source(environment: Environment, name: str) -> str:
    try:
        return environment.loader.get_source(environment, name)[0] if environment.loader else ""
    except (TemplateNotFound, UnicodeDecodeError):
        return ""


def _named_in(environment: Environment, source: str) -> Iterable[str]:
    digest = digest_of(source.encode("utf-8", "surrogatepass"))
    known = _references.get(digest)
    if known is None:
        try:
            found = tuple(filter(None, meta.find_referenced_templates(environment.parse(source))))
        except TemplateError:
            found = ()
        known = _references.put(digest, found)
    return known
