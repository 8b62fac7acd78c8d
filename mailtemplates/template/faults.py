"""What Jinja raises, as our errors: with the template's line and column, its text there, and the cure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from types import GeneratorType, TracebackType
from typing import Any

from jinja2 import Environment, Template, TemplateError, TemplateNotFound, TemplateSyntaxError
from jinja2 import UndefinedError as JinjaUndefinedError
from jinja2.utils import missing

from mailtemplates import errors
from mailtemplates.characters import describe, find_surrogate
from mailtemplates.pattern import pattern
from mailtemplates.source import Location, Source, nearest

RENDERED = "<html>"
_QUOTED = pattern(r"'([^']+)'")
_NO_ATTRIBUTE = pattern(r"has no (?:attribute|element) '?([^']+?)'?$")
_UNDEFINED = pattern(r"^'([^']+)' is undefined$")
_NO_FILTER = pattern(r"^No (filter|test) named '([^']+)'")
_MAILBOX = pattern(r"\{\{-?\s*([^{}]*?\|\s*mailbox(?:es)?)\s*-?\}\}")
_DELIMITER = pattern(r"\{[%{#]")


def translate(
    error: Exception, environment: Environment, name: str, data: Mapping[str, Any]
) -> errors.MailTemplatesError:
    """Our error for whatever compiling or rendering the template ``name`` raised.

    :param data: the variables of the render, for the nearest name to an undefined one.
    """
    if isinstance(error, errors.MailTemplatesError):
        if error.location is not None:
            error.location = in_html(error.location, name)
        return _named(_place(error, error.__traceback__, environment))
    if isinstance(error, TemplateSyntaxError):
        return _syntax(error, environment)
    if isinstance(error, TemplateNotFound):
        return _not_found(error, environment, name)
    if isinstance(error, JinjaUndefinedError):
        return _undefined(error, environment, name, data)
    if isinstance(error, RecursionError):
        return _circle(error, environment, name)
    if isinstance(error, UnicodeDecodeError):
        return undecodable(name, error.object)
    return _place(errors.TemplateError(_said(error), cure=_cure(error)), error.__traceback__, environment, name)


def undecodable(path: str, octets: bytes) -> errors.TemplateError:
    """The error for a file that is not UTF-8, with the charset that it looks like and the first bad line."""
    import chardet

    guess = chardet.detect(octets)["encoding"]
    try:
        octets.decode("utf-8")
        start = 0
    except UnicodeDecodeError as bad:
        start = bad.start
    line = octets.count(b"\n", 0, start) + 1
    column = len(octets[octets.rfind(b"\n", 0, start) + 1 : start].decode("utf-8", "replace")) + 1
    believed = f", it looks like {guess}" if guess else ""
    return errors.TemplateError(
        f"the file is not UTF-8{believed}",
        location=Location(path, line, column),
        source_line=octets.split(b"\n")[line - 1].decode(guess or "latin-1", "replace"),
        cure=f"save it as UTF-8, for example: iconv -f {guess or 'CHARSET'} -t UTF-8",
    )


def in_html(location: Location, template: str) -> Location:
    """A place in rendered html, named after the template that made it; other places stay as they are."""
    if location.path != RENDERED:
        return location
    return Location(f"html of {template}", location.line, location.column)


def _said(error: Exception) -> str:
    if isinstance(error, TemplateError):
        return error.message or type(error).__name__
    return f"rendering failed: {type(error).__name__}: {error}".rstrip(": ")


def _cure(error: Exception) -> str:
    if isinstance(error, TemplateError):
        return "mend the template"
    return "check the value that the template uses here, or guard it with {% if %} or |default"


def frames(trace: TracebackType | None) -> Iterator[tuple[Template, int]]:
    """The templates that a traceback passes through, outermost first, each with its template line."""
    while trace is not None:
        template = trace.tb_frame.f_globals.get("__jinja_template__")
        if template is not None:
            yield template, template.get_corresponding_lineno(trace.tb_lineno)
        trace = trace.tb_next


def halved(block: Callable[[Any], Iterator[Any]], context: Any, environment: Environment, word: str) -> Exception:
    """The error for a text with a lone surrogate in it, at the place that prints it, or else of the block.

    :param block: a compiled block, or a template's top level.
    :param word: what the text is.
    """
    template = block.__globals__["__jinja_template__"]
    line = template.get_corresponding_lineno(block.__code__.co_firstlineno)
    said, expression = "", ""
    for piece in (output := block(context)):
        said = str(piece)
        if find_surrogate(said) >= 0:
            template, line = _standing(output)
            expression = getattr(piece, "expression", "")
            break
    source = source_of(environment, template.name)
    text = source.line(line) if source else ""
    at = find_surrogate(said)
    return errors.TemplateError(
        f"{f'`{expression}`' if expression else word} holds {describe(said[at]) if at >= 0 else 'a lone surrogate'}",
        location=Location(source.path if source else template.name or "", line, column_of(text, expression)),
        source_line=text,
        cure="half of an emoji, mostly: cut the data by characters, not by UTF-16 units",
    )


def _standing(output: Any) -> tuple[Template, int]:
    """The template and its line where a compiled block stands, or what it takes in there."""
    frame = output.gi_frame
    inner = output.gi_yieldfrom or frame.f_locals.get("gen")  # of {% include %}
    if isinstance(inner, GeneratorType) and inner.gi_frame and "__jinja_template__" in inner.gi_frame.f_globals:
        return _standing(inner)
    template = frame.f_globals["__jinja_template__"]
    return template, template.get_corresponding_lineno(frame.f_lineno)


def source_of(environment: Environment, name: str | None) -> Source | None:
    """The source of a template that the environment can load, shown under the file's path when it has one."""
    if name is None or environment.loader is None:
        return None
    try:
        text, path, _ = environment.loader.get_source(environment, name)
    except Exception:
        return None
    return Source(path or name, text)


def _place(
    error: errors.MailTemplatesError,
    trace: TracebackType | None,
    environment: Environment,
    name: str = "",
    word: str = "",
) -> errors.MailTemplatesError:
    if error.location is not None:
        return error
    *_, (template, line) = [(None, 0), *frames(trace)]
    source = source_of(environment, template.name if template else name)
    if source is None:
        return error.at(Location(name)) if name else error
    text = source.line(line)
    return error.at(Location(source.path, line, column_of(text, word) if line else 0), text)


def _named(error: errors.MailTemplatesError) -> errors.MailTemplatesError:
    """An error that a filter for addresses raised, with the expression that it stands in when that is the only one."""
    calls = _MAILBOX.findall(error.source_line) if isinstance(error, errors.AddressError) else []
    if len(calls) == 1 and error.location and "`" not in error.problem:
        error.problem = f"`{calls[0]}`: {error.problem}"
        error.location = Location(error.location.path, error.location.line, column_of(error.source_line, calls[0]))
    return error


def column_of(text: str, word: str) -> int:
    """The column of a word inside a line's Jinja code; else of the line's first delimiter, else of its text."""
    opened = _DELIMITER.search(text)
    start = opened.start() if opened else 0
    if word:
        found = re.compile(rf"(?<![\w]){re.escape(word)}(?![\w])").search(text, start)
        if found:
            return found.start() + 1
        if (at := text.find(word, start)) >= 0:
            return at + 1
    return start + 1 if opened else len(text) - len(text.lstrip()) + 1


def _syntax(error: TemplateSyntaxError, environment: Environment) -> errors.TemplateError:
    source = Source(error.filename or error.name or "<template>", error.source or "")
    text = source.line(error.lineno)
    words = _QUOTED.findall(error.message or "")
    column = column_of(text, words[-1] if words else "")
    cure = "mend the Jinja syntax here"
    if "unknown tag" in (error.message or ""):
        cure = "mend the tag's name, or add the Jinja extension that has it (setting: extensions)"
    if found := _NO_FILTER.match(error.message or ""):
        kind, unknown = found.groups()
        known = environment.filters if kind == "filter" else environment.tests
        cure = _did_you_mean(nearest(unknown, known), f"register the {kind} with the engine, or mend its name")
    return errors.TemplateError(
        f"template syntax: {error.message}",
        location=Location(source.path, error.lineno, column),
        source_line=text,
        cure=cure,
    )


def _did_you_mean(name: str | None, otherwise: str) -> str:
    return f"did you mean {name!r}?" if name else otherwise


def _not_found(error: TemplateNotFound, environment: Environment, name: str) -> errors.TemplateError:
    wanted = str(error.name or error.message or name)
    try:
        known = environment.list_templates()
    except TypeError:
        known = []
    problem = f"there is no template {wanted!r}"
    names = getattr(error, "templates", None)
    if names and len(names) > 1:
        problem = f"there is none of the templates {', '.join(map(repr, names))}"
    fault = errors.TemplateError(
        problem,
        cure=_did_you_mean(nearest(wanted, known), "names are relative to the template folder, with forward slashes"),
    )
    *_, (template, _line) = [(None, 0), *frames(error.__traceback__)]
    if template is None:
        return fault
    _place(fault, error.__traceback__, environment, name, wanted)
    return fault


def _undefined(
    error: JinjaUndefinedError, environment: Environment, name: str, data: Mapping[str, Any]
) -> errors.UndefinedError:
    message = error.message or "a value is undefined"
    word, candidates = "", []
    if found := _UNDEFINED.match(message):
        word, candidates = found[1], [*data, *environment.globals]
    elif found := _NO_ATTRIBUTE.search(message):
        word, candidates = found[1], list(_attributes(error.__traceback__))
    fault = errors.UndefinedError(
        message,
        cure=_did_you_mean(
            nearest(word, candidates),
            "give it in the data, or say what to print without it: {{ … |default('') }} or {% if … is defined %}",
        ),
    )
    _place(fault, error.__traceback__, environment, name, word)
    return fault


def _attributes(trace: TracebackType | None) -> Iterator[str]:
    """The names that the object without the attribute does have, read from the undefined value in the traceback."""
    while trace is not None:
        value = trace.tb_frame.f_locals.get("self")
        owner = getattr(value, "owner", missing) if type(value).__name__ == "MissingName" else missing
        if owner is not missing:
            if isinstance(owner, Mapping):
                yield from (str(key) for key in owner)
            else:
                yield from (attribute for attribute in dir(owner) if not attribute.startswith("_"))
        trace = trace.tb_next


def _circle(error: RecursionError, environment: Environment, name: str) -> errors.TemplateError:
    """The error for templates that take each other in without end, or for one that nests too deeply."""
    names = [template.name or "<template>" for template, _ in frames(error.__traceback__)]
    if len(names) == len(set(names)):
        return errors.TemplateError(
            f"{names[-1] if names else name}: this template, or one that it takes in, nests too deeply to be compiled",
            cure="take a part of it into a macro or an include, or write its expressions in fewer brackets",
        )
    round_trip = list(dict.fromkeys(names)) or [name]
    fault = errors.TemplateError(
        f"the templates call each other without end: {' → '.join([*round_trip, round_trip[0]])}",
        cure="break the circle of {% include %}, {% import %}, {% extends %} or macro calls",
    )
    first: dict[str, int] = {}
    for template, line in frames(error.__traceback__):
        first.setdefault(template.name or "", line)
    last = round_trip[-1]
    source = source_of(environment, last)
    if source is not None:
        line = first.get(last, 0)
        fault.at(Location(source.path, line, column_of(source.line(line), "")), source.line(line))
    return fault
