"""What Jinja raises, as our errors: with the template's line and column, its text there, and the cure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from types import GeneratorType, TracebackType
from typing import Any, NamedTuple

from jinja2 import Environment, Template, TemplateError, TemplateNotFound, TemplateSyntaxError
from jinja2 import UndefinedError as JinjaUndefinedError
from jinja2.utils import missing

from mailtemplates import errors
from mailtemplates.characters import describe, find_surrogate
from mailtemplates.pattern import pattern
from mailtemplates.source import Location, Source, nearest, nearest_path
from mailtemplates.template.codeplace import code_offset
from mailtemplates.template.htmlplace import in_html
from mailtemplates.template.sinks import MissingName
from mailtemplates.template.syntaxfault import explain, outside_loops
from mailtemplates.template.templateplace import column_of, source_of, written_in
from mailtemplates.template.tokens import locate_tokens, offset_of, read_tokens, with_lf
from mailtemplates.template.wrongcharset import undecodable

_NO_ATTRIBUTE = pattern(r"has no (?:attribute|element) '?([^']+?)'?$")
_UNDEFINED = pattern(r"^'([^']+)' is undefined$")
_NO_FILTER = pattern(r"^No (filter|test) named '([^']+)'")
_MAILBOX = pattern(r"\{\{-?\s*([^{}]*?\|\s*mailbox(?:es)?)\s*-?\}\}")
_CLOSED = pattern(r"[%}]\}")
_PRELUDE = pattern(r"t_\d+")
"""What Jinja calls the function that stands for a filter or test which there is none of."""

_NOTHING = "Tried to select from an empty list"
_UNDEFINED_CURE = "give it in the data, or say what to print without it: {{ … |default('') }} or {% if … is defined %}"
_OTHER_CURES = {
    "there is no parent block": "remove super(), or extend a template that has this block",
    "does not export the requested name": "mend the name, or write it there with {% macro %} or {% set %}",
    "was not provided": "give it where the macro is called, or a default: {% macro name(parameter='') %}",
}
"""What else is undefined beside data, by Jinja's words, and its cure."""


def translate(
    error: Exception, environment: Environment, name: str, data: Mapping[str, Any]
) -> errors.MailTemplatesError:
    """Our error for whatever compiling or rendering the template ``name`` raised.

    :param data: the variables of the render, for the nearest name to an undefined one.
    """
    if isinstance(error, errors.MailTemplatesError):
        if error.location is not None:
            written_in(error, environment, name)
            error.location = in_html(error.location, name)
        return _named(_place(error, error.__traceback__, environment))
    if isinstance(error, TemplateSyntaxError):
        return _syntax(error, environment)
    if isinstance(error, TemplateNotFound):
        return _not_found(error, environment, name)
    if isinstance(error, JinjaUndefinedError):
        return _undefined(error, environment, name, data)
    if isinstance(error, SyntaxError):
        return _outside_loop(error, environment, name)
    if isinstance(error, RecursionError):
        return _circle(error, environment, name)
    if isinstance(error, UnicodeDecodeError):
        return undecodable(name, error.object)
    unknown = _unknown(error, environment) if isinstance(error, TemplateError) else ""
    word = _NO_FILTER.sub(r"\2", _said(error)).partition(" ")[0] if unknown else ""
    fault = errors.TemplateError(_said(error), cure=unknown or _cure(error))
    return _place(fault, error.__traceback__, environment, name, word)


def _unknown(error: TemplateError, environment: Environment) -> str:
    """The cure for a filter or test that there is none of; empty for any other error."""
    found = _NO_FILTER.match(error.message or "")
    if not found:
        return ""
    kind, unknown = found.groups()
    known = environment.filters if kind == "filter" else environment.tests
    return _did_you_mean(nearest(unknown, known), f"register the {kind} with the engine, or mend its name")


def _said(error: Exception) -> str:
    if isinstance(error, TemplateError):
        return error.message or type(error).__name__
    said = str(error).replace(MissingName.__name__, "an undefined value")
    return f"rendering failed: {type(error).__name__}: {said}".rstrip(": ")


def _cure(error: Exception) -> str:
    if isinstance(error, TemplateError):
        return "mend the template"
    return "check the value that the template uses here, or guard it with {% if %} or |default"


class TemplateFrame(NamedTuple):
    """A template in a traceback, its line, and the line of the code that was made of it."""

    template: Template
    line: int
    code_line: int


def frames(trace: TracebackType | None) -> Iterator[TemplateFrame]:
    """The templates that a traceback passes through, outermost first."""
    while trace is not None:
        template = trace.tb_frame.f_globals.get("__jinja_template__")
        if template is not None and not _PRELUDE.fullmatch(trace.tb_frame.f_code.co_name):
            yield TemplateFrame(template, template.get_corresponding_lineno(trace.tb_lineno), trace.tb_lineno)
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


def _place(
    error: errors.MailTemplatesError,
    trace: TracebackType | None,
    environment: Environment,
    name: str = "",
    word: str = "",
) -> errors.MailTemplatesError:
    if error.location is not None:
        return error
    *_, frame = [None, *frames(trace)]
    source = source_of(environment, frame.template.name if frame else name)
    if source is None:
        return error.at(Location(name)) if name else error
    exact = _exact(frame, source, word) if frame else None
    if exact:
        return error.at(exact, source.line(exact.line))
    line = frame.line if frame else 0
    text = source.line(line)
    return error.at(Location(source.path, line, column_of(text, word) if line else 0), text)


def _exact(frame: TemplateFrame, source: Source, word: str) -> Location | None:
    """The place of a word in the expression or statement that was run, or its own first character's."""
    text = with_lf(source.text)
    start = code_offset(frame.template, text, frame.code_line)
    if start < 0:
        return None
    closed = _CLOSED.search(text, start)
    end = closed.start() if closed else len(text)
    if text.startswith("trans", start):
        end = max(end, text.find("endtrans", start))
    found = re.compile(rf"(?<!\w){re.escape(word)}(?!\w)").search(text, start, end) if word else None
    return Source(source.path, text).locate(found.start() if found else start)


def _named(error: errors.MailTemplatesError) -> errors.MailTemplatesError:
    """An error that a filter for addresses raised, with the expression that it stands in when that is the only one."""
    calls = _MAILBOX.findall(error.source_line) if isinstance(error, errors.AddressError) else []
    if len(calls) == 1 and error.location and "`" not in error.problem:
        error.problem = f"`{calls[0]}`: {error.problem}"
        error.location = Location(error.location.path, error.location.line, column_of(error.source_line, calls[0]))
    return error


def _syntax(error: TemplateSyntaxError, environment: Environment) -> errors.TemplateError:
    text = with_lf(error.source or "")
    source = Source(error.filename or error.name or "<template>", text)
    span, problem, cure = explain(
        text, tuple(read_tokens(environment, text, error.name)), _located(error, environment, text)
    )
    cure = _unknown(error, environment) or cure
    place = source.locate(span.start)
    return errors.TemplateError(
        f"template syntax: {problem}", location=place, source_line=source.line(place.line), cure=cure
    )


def _located(error: TemplateSyntaxError, environment: Environment, text: str) -> TemplateSyntaxError:
    """The same error with a line that knows its offset."""
    located = environment.overlay()
    locate_tokens(located, {})
    try:
        located._generate(located.parse(text, error.name), error.name, error.name)
    except TemplateSyntaxError as exact:
        return exact
    except Exception:  # it is another error that was asked about
        return error
    return error


def _outside_loop(error: SyntaxError, environment: Environment, name: str) -> errors.TemplateError:
    """The error for ``break`` and ``continue`` outside a loop, which only Python notices."""
    sources = (source_of(environment, one) for one in (name, *_names(environment)))
    source = next((one for one in sources if one and one.path == error.filename), None)
    fault = errors.TemplateError(f"template syntax: {error.msg}", cure="move it into a {% for %}, or remove it")
    if source is None:
        return fault
    text = with_lf(source.text)
    located = environment.overlay()
    locate_tokens(located, {})
    for node in outside_loops(located.parse(text)):
        place = Source(source.path, text).locate(offset_of(node))
        fault.at(place, source.line(place.line))
    return fault


def _names(environment: Environment) -> list[str]:
    """The names of all templates, where the loader knows them."""
    try:
        return environment.list_templates()
    except TypeError:
        return []


def _did_you_mean(name: str | None, otherwise: str) -> str:
    return f"did you mean {name!r}?" if name else otherwise


def _not_found(error: TemplateNotFound, environment: Environment, name: str) -> errors.TemplateError:
    wanted = str(error.name or error.message or name)
    known = _names(environment)
    problem = f"there is no template {wanted!r}"
    if wanted.startswith(_NOTHING):
        problem, known = "no template is named: the name is empty or None", []
    names = getattr(error, "templates", None)
    if names and len(names) > 1:
        problem = f"there is none of the templates {', '.join(map(repr, names))}"
    fault = errors.TemplateError(
        problem,
        cure=_did_you_mean(
            nearest_path(wanted, known), "names are relative to the template folder, with forward slashes"
        ),
    )
    if not any(frames(error.__traceback__)):
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
    other = next((cure for sign, cure in _OTHER_CURES.items() if sign in message), "")
    fault = errors.UndefinedError(message, cure=other or _did_you_mean(nearest(word, candidates), _UNDEFINED_CURE))
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
    names = [frame.template.name or "<template>" for frame in frames(error.__traceback__)]
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
    for template, line, _ in frames(error.__traceback__):
        first.setdefault(template.name or "", line)
    last = round_trip[-1]
    source = source_of(environment, last)
    if source is not None:
        line = first.get(last, 0)
        fault.at(Location(source.path, line, column_of(source.line(line), "")), source.line(line))
    return fault
