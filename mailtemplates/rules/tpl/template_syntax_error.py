from __future__ import annotations

from jinja2 import TemplateSyntaxError, nodes

from mailtemplates.finding import Finding, Findings
from mailtemplates.jinja.nameflow import all_nodes, walk
from mailtemplates.jinja.source import TemplateSource
from mailtemplates.linting.rule import rule
from mailtemplates.pattern import pattern
from mailtemplates.template.syntaxfault import ESCAPES, explain, outside_loops

_NO_FILTER = pattern(r"No (filter|test) named ")


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
        yield Finding(*explain(template.text, template.tokens, fault))
    elif template.tree is not None and any(isinstance(one, ESCAPES) for one in all_nodes(template)):
        for node in outside_loops(template.tree):
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
