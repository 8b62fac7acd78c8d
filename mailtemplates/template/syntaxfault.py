"""What is wrong with the syntax of a template, where exactly, and the cure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from jinja2 import TemplateSyntaxError, nodes

from mailtemplates.pattern import pattern
from mailtemplates.source import nearest
from mailtemplates.span import Span
from mailtemplates.template.tokens import SourceToken, start_of

_CHARACTER = pattern(r"unexpected char (.+) at (\d+)$")
_UNKNOWN_TAG = pattern(r"(?:Encountered unknown tag|Unknown tag) '([^']*)'")
_LOOKING = pattern(r"looking for the following tags: (.*?)\. |currently looking for (.*?)\. ")
_INNERMOST = pattern(r"needs to be closed is '(\w+)'")
_WORD = pattern(r"\w+|[-+]?[%}#]\}|\{[{%#]|\S")
_TAGS = frozenset(
    ("block", "call", "do", "extends", "filter", "for", "from", "if", "import", "include", "macro", "set", "with")
)
ESCAPES = (nodes.Continue, nodes.Break)
"""What leads out of a loop."""

_END_WORDS = {
    "end of print statement": "}}",
    "end of statement block": "%}",
    "begin of statement block": "{%",
    "begin of print statement": "{{",
}


class SyntaxFault(NamedTuple):
    """Where the fault stands in the template's characters, what is wrong, and the cure."""

    span: Span
    problem: str
    cure: str


def explain(text: str, tokens: Sequence[SourceToken], fault: TemplateSyntaxError) -> SyntaxFault:
    """What a fault of Jinja's parser means.

    :param text: the template with LF line ends.
    :param tokens: its raw tokens, up to a fault of the lexer.
    :param fault: from an environment that :func:`~mailtemplates.template.tokens.locate_tokens` has made exact.
    """
    message = fault.message or "the syntax is wrong"
    if found := _UNKNOWN_TAG.match(message):
        return _unknown_tag(text, tokens, fault, found[1], message)
    if message.lower().startswith("unexpected end of template"):
        return _cut_off(text, tokens, message)
    if found := _CHARACTER.match(message):
        at = min(int(found[2]), len(text))
        return SyntaxFault(Span(at, at + 1), f"unexpected character {found[1]}", "remove it, or put it in a string")
    cure = "mend the Jinja syntax here"
    if message == "unexpected '}'":
        cure = "an expression ends with }}"
    if message.startswith("block ") and "defined twice" in message:
        cure = "a block has one place; {{ self.name() }} prints it again"
    return SyntaxFault(_place(text, tokens, fault), _said(message), cure)


def outside_loops(node: nodes.Node) -> Iterator[nodes.Node]:
    """Each ``break`` and ``continue`` that stands in no loop."""
    for child in node.iter_child_nodes():
        if isinstance(child, ESCAPES):
            yield child
        elif not isinstance(child, nodes.For):
            yield from outside_loops(child)


def _said(message: str) -> str:
    """Jinja's message, tokens by their signs."""
    for words, sign in _END_WORDS.items():
        message = message.replace(f"'{words}'", f"`{sign}`").replace(words, f"`{sign}`")
    message = message.replace("expected token ", "expected ").replace("expected 'name'", "expected a name").rstrip(". ")
    return message[:1].lower() + message[1:]


def _unknown_tag(
    text: str, tokens: Sequence[SourceToken], fault: TemplateSyntaxError, name: str, message: str
) -> SyntaxFault:
    looking = _LOOKING.search(message)
    wanted = re.findall(r"'(\w+)'", (looking[1] or looking[2]) if looking else "")
    innermost = _INNERMOST.search(message)
    problem = f"there is no tag `{name}`"
    if name.startswith("end") or name in ("else", "elif"):
        problem = f"`{name}` closes nothing" if not wanted else f"`{name}` stands where `{'` or `'.join(wanted)}` must"
        if innermost:
            opened = _unclosed(tokens, innermost[1])
            line = f" of line {text.count(chr(10), 0, opened.start) + 1}" if opened else ""
            cure = f"close `{innermost[1]}` first: {{% end{innermost[1]} %}}"
            return SyntaxFault(_place(text, tokens, fault), f"{problem}: `{innermost[1]}`{line} is open", cure)
    similar = nearest(name, {*wanted, *_TAGS, *(f"end{tag}" for tag in _TAGS)})
    cure = f"did you mean `{similar}`?" if similar else "mend the tag's name, or add the extension that has it"
    return SyntaxFault(_place(text, tokens, fault), problem, cure)


def _cut_off(text: str, tokens: Sequence[SourceToken], message: str) -> SyntaxFault:
    """Something is not closed: at what opens it."""
    innermost = _INNERMOST.search(message)
    if innermost:
        opened = _unclosed(tokens, innermost[1])
        if opened:
            line = text.count("\n") + 1 - text.endswith("\n")
            problem = f"`{innermost[1]}` is not closed up to the end of the template (line {line})"
            return SyntaxFault(opened, problem, f"add {{% end{innermost[1]} %}}")
    for token in reversed(tokens):
        if token.kind in ("variable_begin", "block_begin"):
            sign = "}}" if token.kind == "variable_begin" else "%}"
            return SyntaxFault(token.span, f"`{token.text}` is not closed", f"add `{sign}`")
    end = len(text)
    return SyntaxFault(Span(max(end - 1, 0), end), _said(message), "close what is open")


def _unclosed(tokens: Sequence[SourceToken], word: str) -> Span | None:
    """The name of the innermost tag of that name without its end."""
    opened: list[Span] = []
    for token in _tags(tokens):
        if token.text == word:
            opened.append(token.span)
        elif token.text == f"end{word}" and opened:
            opened.pop()
    return opened[-1] if opened else None


def _tags(tokens: Sequence[SourceToken]) -> Iterator[SourceToken]:
    """The first name in each statement; of ``set`` those that have a body."""
    waiting = False
    for at, token in enumerate(tokens):
        if token.kind == "block_begin":
            waiting = True
        elif token.kind == "name" and waiting:
            waiting = False
            if token.text != "set" or not _has_value(tokens, at):
                yield token


def _has_value(tokens: Sequence[SourceToken], at: int) -> bool:
    for token in tokens[at:]:
        if token.kind == "block_end":
            return False
        if token.kind == "operator" and token.text == "=":
            return True
    return False


def _place(text: str, tokens: Sequence[SourceToken], fault: TemplateSyntaxError) -> Span:
    """The word at fault: where the parser stood, else behind the last token that could be read, in the fault's line."""
    start = start_of(fault.lineno)
    if start < 0:
        start = tokens[-1].span.end if tokens else 0
        if tokens and tokens[-1].kind in ("comment_begin", "raw_begin"):
            start = tokens[-1].span.start
    found = _WORD.search(text, start)
    if found and start_of(fault.lineno) >= 0 and "\n" in text[start : found.start()]:
        found = None  # the token is white space, and the word behind it in another line
    at = found.start() if found else start
    if text.count("\n", 0, at) + 1 != int(fault.lineno) and start_of(fault.lineno) < 0:
        rows = text.split("\n")
        row = min(max(int(fault.lineno), 1), len(rows))
        at = sum(len(one) + 1 for one in rows[: row - 1]) + len(rows[row - 1]) - len(rows[row - 1].lstrip())
        found = _WORD.match(text, at)
    return Span(at, found.end() if found else min(at + 1, len(text)))
