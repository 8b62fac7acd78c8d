"""Comments in a template that turn rules off: ``{# mailtpl: ignore[name, CODE] reason #}``.

Four kinds: ``ignore[…]`` for the next construct (a statement with its body, an expression, a tag, a line of
text), ``ignore-file[…]``, and ``disable[…]`` up to ``enable[…]`` or the end. A html comment is never one: it would be
sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from jinja2 import Environment, TemplateSyntaxError

from mailtemplates.finding import Fix
from mailtemplates.finding import replace as replace_span
from mailtemplates.pattern import pattern
from mailtemplates.span import Span
from mailtemplates.template.tokens import raw_tokens, start_of

_COMMENT = pattern(r"\s*mailtpl:\s*(ignore-file|ignore|disable|enable)\s*\[([^\]]*)\]")
_WORD = pattern(r"[^\s,]+")
_CONSTRUCT = pattern(r"\s*(<[^>]*>|[^\n]*)")


class Word(NamedTuple):
    """A rule as a comment names it, and where."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Suppression:
    """One comment, its offsets in octets of the template.

    :param octets: the template.
    :param words: the rules that it names.
    :param comment: the comment with its delimiters.
    :param covers: where findings are hidden.
    :param unused: those words that hid nothing; for the rule that says so, after everything else was judged.
    :param unknown: those that name no rule.
    """

    octets: bytes = field(repr=False)
    kind: str
    words: tuple[Word, ...]
    comment: Span
    covers: Span
    unused: tuple[Word, ...] = ()
    unknown: tuple[Word, ...] = ()


@dataclass(frozen=True, slots=True)
class Skipped:
    """Rules that could not run over a template.

    :param reason: why, in words; empty when nothing was skipped.
    :param span: where in the template, in octets.
    :param broken: whether the template itself is at fault, and not only without samples.
    """

    reason: str
    span: Span
    cure: str = ""
    broken: bool = False


class Gap(NamedTuple):
    """A branch of a template that was never rendered.

    :param title: ``if``, ``elif``, ``else``, ``loop``, ``no rows``.
    :param span: its tag, in octets of the template.
    """

    title: str
    span: Span


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the samples of a template, and their variants, leave out.

    :param schema: the file that holds the samples.
    :param sampled: whether the template was rendered at all.
    """

    gaps: tuple[Gap, ...]
    schema: str = ""
    sampled: bool = True


class _Token(NamedTuple):
    kind: str
    text: str
    start: int


def read_suppressions(source: str, environment: Environment, name: str = "template") -> list[Suppression]:
    """The suppressions of a template, in its order; of a template that does not compile, those before the fault."""
    if "mailtpl:" not in source:
        return []
    octets, offset = source.encode("utf-8", "surrogatepass"), _octets_before(source)
    tokens = list(_tokens(source, environment, name))
    found: list[Suppression] = []
    for at, token in enumerate(tokens):
        match = _COMMENT.match(token.text) if token.kind == "comment" else None
        if match is None:
            continue
        words = tuple(
            Word(word.group(), Span(offset(token.start + word.start()), offset(token.start + word.end())))
            for word in _WORD.finditer(token.text, match.start(2), match.end(2))
        )
        after = next((index for index in range(at, len(tokens)) if tokens[index].kind == "comment_end"), at) + 1
        comment = Span(tokens[at - 1].start, tokens[after].start if after < len(tokens) else len(source))
        covers = _covered(match[1], tokens, after, source)
        found.append(
            Suppression(
                octets,
                match[1],
                words,
                Span(offset(comment.start), offset(comment.end)),
                Span(offset(covers.start), offset(covers.end)),
            )
        )
    return _closed(found)


def _octets_before(source: str) -> Callable[[int], int]:
    if source.isascii():
        return lambda at: at
    return lambda at: len(source[:at].encode("utf-8", "surrogatepass"))


def _tokens(source: str, environment: Environment, name: str) -> Iterator[_Token]:
    """The raw tokens with their offsets; what the lexer left out (trimmed white space) is stepped over."""
    if known := raw_tokens(environment, source, name):
        yield from (_Token(kind, text, start_of(line)) for line, kind, text in known)
        return
    at = 0
    try:
        for _, kind, text in environment.lexer.tokeniter(source, name):
            start = source.find(text, at)
            if start >= 0:
                at = start + len(text)
                yield _Token(kind, text, start)
    except TemplateSyntaxError:
        return


def _covered(kind: str, tokens: list[_Token], after: int, source: str) -> Span:
    if kind == "ignore-file":
        return Span(0, len(source))
    start = tokens[after].start if after < len(tokens) else len(source)
    if kind != "ignore":
        return Span(start, len(source))
    while after < len(tokens) and tokens[after].kind == "data" and not tokens[after].text.strip():
        after += 1
    if after >= len(tokens):
        return Span(start, len(source))
    token = tokens[after]
    if token.kind == "block_begin":
        return Span(token.start, _statement_end(tokens, after, source))
    if token.kind == "variable_begin":
        return Span(token.start, _end_of(tokens, after, "variable_end", source))
    match = _CONSTRUCT.match(source, token.start)
    return Span(match.start(1), max(match.end(1), match.start(1) + 1)) if match else Span(start, len(source))


def _end_of(tokens: list[_Token], at: int, kind: str, source: str) -> int:
    return next((one.start + len(one.text) for one in tokens[at:] if one.kind == kind), len(source))


def _statement_end(tokens: list[_Token], at: int, source: str) -> int:
    """The end of a statement, of its body too when it has one."""
    depth = 0
    opened = _keyword(tokens, at)
    for index in range(at, len(tokens)):
        if tokens[index].kind != "block_begin":
            continue
        word = _keyword(tokens, index)
        depth += (word == opened) - (word == f"end{opened}")
        if depth == 0:
            return _end_of(tokens, index, "block_end", source)
    return _end_of(tokens, at, "block_end", source)


def _keyword(tokens: list[_Token], at: int) -> str:
    return next((one.text for one in tokens[at + 1 : at + 5] if one.kind == "name"), "")


def _closed(found: list[Suppression]) -> list[Suppression]:
    """The suppressions with each ``disable`` ended by the next ``enable`` of the same rules."""
    closed = []
    for at, one in enumerate(found):
        if one.kind == "disable":
            texts = {word.text for word in one.words}
            ends = (
                other.comment.start
                for other in found[at:]
                if other.kind == "enable" and texts & {word.text for word in other.words}
            )
            end = next(ends, one.covers.end)
            closed.append(replace(one, covers=Span(one.covers.start, end)))
        elif one.kind != "enable":
            closed.append(one)
    return closed


def hides(one: Suppression, at: int) -> bool:
    """Whether a finding at an octet of the template is among what a suppression covers."""
    return one.kind == "ignore-file" or one.covers.start <= at < one.covers.end


def without(one: Suppression, words: Iterable[Word]) -> Fix:
    """The fix that takes words out of a comment: the whole comment, with its line when it is alone on it, or less."""
    gone = set(words)
    left = [word.text for word in one.words if word not in gone]
    if left:
        return replace_span(Span(one.words[0].span.start, one.words[-1].span.end), ", ".join(left).encode())
    start = one.octets.rfind(b"\n", 0, one.comment.start) + 1
    end = one.octets.find(b"\n", one.comment.end)
    around = one.octets[start : one.comment.start] + one.octets[one.comment.end : max(end, one.comment.end)]
    return replace_span(one.comment if around.strip() or end < 0 else Span(start, end + 1), b"")
