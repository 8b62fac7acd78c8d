from __future__ import annotations

import re
from collections.abc import Iterator

from jinja2 import TemplateSyntaxError, nodes

from mailtemplates.finding import Finding, Findings
from mailtemplates.jinja.nameflow import all_nodes, walk
from mailtemplates.jinja.source import SourceToken, TemplateSource
from mailtemplates.linting.rule import rule
from mailtemplates.pattern import pattern
from mailtemplates.source import nearest
from mailtemplates.span import Span

_CHARACTER = pattern(r"unexpected char (.+) at (\d+)$")
_UNKNOWN_TAG = pattern(r"(?:Encountered unknown tag|Unknown tag) '([^']*)'")
_LOOKING = pattern(r"looking for the following tags: (.*?)\. |currently looking for (.*?)\. ")
_INNERMOST = pattern(r"needs to be closed is '(\w+)'")
_WORD = pattern(r"\w+|[-+]?[%}#]\}|\{[{%#]|\S")
_NO_FILTER = pattern(r"No (filter|test) named ")
_TAGS = frozenset(
    [
        "block",
        "call",
        "do",
        "extends",
        "filter",
        "for",
        "from",
        "if",
        "import",
        "include",
        "macro",
        "set",
        "trans",
        "with",
    ]
)
_ESCAPES = (nodes.Continue, nodes.Break)
_END_WORDS = {
    "end of print statement": "}}",
    "end of statement block": "%}",
    "begin of statement block": "{%",
    "begin of print statement": "{{",
}


@rule("TPL001", severity="error")
def template_syntax_error(template: TemplateSource) -> Findings:
    """The template does not compile: its Jinja syntax is wrong.

    Nothing can be rendered from it, and no other rule can look at it.

    Reference: Jinja2 Template Designer Documentation

    Bad:

        {% block text %}
        {% if user.nickname is defined %}Hello {{ user.nickname }}
        {% endblock %}

    Bad:

        {% block text %}Hello {{ user.name | }}{% endblock %}

    Bad:

        {% block text %}Hello {% iff user.name %}{% endblock %}

    Bad:

        {% block text %}Hello{% endblock %}
        {% block text %}Goodbye{% endblock %}

    Good:

        {% block text %}
        {% if user.nickname is defined %}Hello {{ user.nickname }}{% endif %}
        {% endblock %}
    """
    fault = template.fault or _compiling(template)
    if fault is not None:
        yield _explain(template, fault)
    elif template.tree is not None and any(isinstance(one, _ESCAPES) for one in all_nodes(template)):
        for node in _outside_loops(template.tree):
            word = type(node).__name__.lower()
            yield Finding(template.span(node, len(word)), f"`{word}` stands outside a loop", "move it into a {% for %}")


def _compiling(template: TemplateSource) -> TemplateSyntaxError | None:
    """What is wrong with a template that parses; unknown filters and tests are another rule's."""
    if template.tree is None or not _may_fail(all_nodes(template), template.tree.body):
        return None
    try:
        template.environment.overlay()._generate(template.tree, template.name, template.name)
    except TemplateSyntaxError as fault:
        return None if _NO_FILTER.match(fault.message or "") else fault
    except RecursionError:
        return None
    return None


def _may_fail(everything: tuple[nodes.Node, ...], body: list[nodes.Node]) -> bool:
    """Whether there is anything that the compiler might refuse: it takes its time."""
    blocks: set[str] = set()
    for node in everything:
        match node:
            case nodes.Block():
                if node.name in blocks:
                    return True
                blocks.add(node.name)
            case nodes.Extends():
                if node not in body:
                    return True
            case nodes.For():
                if any(name.name == "loop" for name in walk(node.target) if isinstance(name, nodes.Name)):
                    return True
            case nodes.Macro() | nodes.CallBlock():
                if any(argument.name == "caller" for argument in node.args):
                    return True
    return False


def _outside_loops(node: nodes.Node) -> Iterator[nodes.Node]:
    for child in node.iter_child_nodes():
        if isinstance(child, _ESCAPES):
            yield child
        elif not isinstance(child, nodes.For):
            yield from _outside_loops(child)


def _explain(template: TemplateSource, fault: TemplateSyntaxError) -> Finding:
    message = fault.message or "the syntax is wrong"
    if found := _UNKNOWN_TAG.match(message):
        return _unknown_tag(template, fault, found[1], message)
    if message.lower().startswith("unexpected end of template"):
        return _cut_off(template, message)
    if found := _CHARACTER.match(message):
        at = min(int(found[2]), len(template.text))
        return Finding(Span(at, at + 1), f"unexpected character {found[1]}", "remove it, or put it in a string")
    cure = "mend the Jinja syntax here"
    if message == "unexpected '}'":
        cure = "an expression ends with }}"
    if "defined twice" in message:
        cure = "a block has one place; {{ self.name() }} prints it again"
    return Finding(_place(template, fault), _said(message), cure)


def _said(message: str) -> str:
    """Jinja's message, tokens by their signs."""
    for words, sign in _END_WORDS.items():
        message = message.replace(f"'{words}'", f"`{sign}`").replace(words, f"`{sign}`")
    message = message.replace("expected token ", "expected ").replace("expected 'name'", "expected a name").rstrip(". ")
    return message[:1].lower() + message[1:]


def _unknown_tag(template: TemplateSource, fault: TemplateSyntaxError, name: str, message: str) -> Finding:
    looking = _LOOKING.search(message)
    wanted = re.findall(r"'(\w+)'", (looking[1] or looking[2]) if looking else "")
    innermost = _INNERMOST.search(message)
    problem = f"there is no tag `{name}`"
    if name.startswith("end") or name in ("else", "elif"):
        problem = f"`{name}` closes nothing" if not wanted else f"`{name}` stands where `{'` or `'.join(wanted)}` must"
        if innermost:
            opened = _unclosed(template, innermost[1])
            line = f" of line {template.text.count(chr(10), 0, opened.start) + 1}" if opened else ""
            cure = f"close `{innermost[1]}` first: {{% end{innermost[1]} %}}"
            return Finding(_place(template, fault), f"{problem}: `{innermost[1]}`{line} is open", cure)
    tags = {
        "block",
        "call",
        "do",
        "extends",
        "filter",
        "for",
        "from",
        "if",
        "import",
        "include",
        "macro",
        "set",
        "with",
    }
    similar = nearest(name, {*wanted, *tags, *(f"end{tag}" for tag in tags)})
    cure = f"did you mean `{similar}`?" if similar else "mend the tag's name, or add the extension that has it"
    return Finding(_place(template, fault), problem, cure)


def _cut_off(template: TemplateSource, message: str) -> Finding:
    """Something is not closed: at what opens it."""
    innermost = _INNERMOST.search(message)
    if innermost:
        opened = _unclosed(template, innermost[1])
        if opened:
            line = template.text.count("\n") + 1 - template.text.endswith("\n")
            problem = f"`{innermost[1]}` is not closed up to the end of the template (line {line})"
            return Finding(opened, problem, f"add {{% end{innermost[1]} %}}")
    for token in reversed(template.tokens):
        if token.kind in ("variable_begin", "block_begin"):
            sign = "}}" if token.kind == "variable_begin" else "%}"
            return Finding(token.span, f"`{token.text}` is not closed", f"add `{sign}`")
    end = len(template.text)
    return Finding(Span(max(end - 1, 0), end), _said(message), "close what is open")


def _unclosed(template: TemplateSource, word: str) -> Span | None:
    """The name of the innermost tag of that name without its end."""
    opened: list[Span] = []
    for token in _tags(template.tokens):
        if token.text == word:
            opened.append(token.span)
        elif token.text == f"end{word}" and opened:
            opened.pop()
    return opened[-1] if opened else None


def _tags(tokens: tuple[SourceToken, ...]) -> Iterator[SourceToken]:
    """The first name in each statement; of ``set`` those that have a body."""
    waiting = False
    for at, token in enumerate(tokens):
        if token.kind == "block_begin":
            waiting = True
        elif token.kind == "name" and waiting:
            waiting = False
            if token.text != "set" or not _has_value(tokens, at):
                yield token


def _has_value(tokens: tuple[SourceToken, ...], at: int) -> bool:
    for token in tokens[at:]:
        if token.kind == "block_end":
            return False
        if token.kind == "operator" and token.text == "=":
            return True
    return False


def _place(template: TemplateSource, fault: TemplateSyntaxError) -> Span:
    """The word at fault: where the parser stood, else behind the last token that could be read, in the fault's line."""
    text = template.text
    start = getattr(fault.lineno, "start", -1)
    if start < 0:
        tokens = template.tokens
        start = tokens[-1].span.end if tokens else 0
        if tokens and tokens[-1].kind in ("comment_begin", "raw_begin"):
            start = tokens[-1].span.start
    found = _WORD.search(text, start)
    if found and getattr(fault.lineno, "start", -1) >= 0 and "\n" in text[start : found.start()]:
        found = None  # the token is white space, and the word behind it in another line
    at = found.start() if found else start
    if text.count("\n", 0, at) + 1 != int(fault.lineno) and getattr(fault.lineno, "start", -1) < 0:
        rows = text.split("\n")
        row = min(max(int(fault.lineno), 1), len(rows))
        at = sum(len(one) + 1 for one in rows[: row - 1]) + len(rows[row - 1]) - len(rows[row - 1].lstrip())
        found = _WORD.match(text, at)
    return Span(at, found.end() if found else min(at + 1, len(text)))
