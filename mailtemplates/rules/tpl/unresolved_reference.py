from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from jinja2 import Environment, nodes

from mailtemplates.finding import Finding, Findings
from mailtemplates.jinja.exports import exports, literal
from mailtemplates.jinja.nameflow import all_nodes, read_flow
from mailtemplates.jinja.nameplace import place_of, string_place
from mailtemplates.jinja.source import TemplateSource
from mailtemplates.linting.rule import rule
from mailtemplates.source import nearest
from mailtemplates.template.tokens import offset_of

_NEAR = "did you mean"


@rule("TPL005", severity="error")
def unresolved_reference(template: TemplateSource) -> Findings:
    """The template names a filter, test, function, macro or other template that does not exist.

    Jinja finds an unknown filter when it compiles the template, but not within an `if`; a missing template and an
    unknown function only when a message is rendered that comes to that place. In a folder without settings and data
    contracts, whose application may know more names and folders, it is an info at most.

    Reference: Jinja2 TemplateAssertionError, TemplateNotFound

    Bad:

        {% block subject %}Your order{% endblock %}
        {% block text %}Hello {{ user.name|uper }}{% endblock %}

    Bad:

        {% block subject %}Your order{% endblock %}
        {% block text %}{% if user.name is strng %}Hello{% endif %}{% endblock %}

    Bad:

        {% block subject %}Your order{% endblock %}
        {% block text %}Hello {% include "partials/footer.j2" %}{% endblock %}

    Bad:

        {% from "macros.j2" import greet %}
        {% block subject %}Your order{% endblock %}
        {% block text %}{{ greet(user.name) }}{% endblock %}
        ═══ templates/macros.j2
        {% macro greeting(name) %}Hello {{ name }}{% endmacro %}

    Bad:

        {% block subject %}Your order{% endblock %}
        {% block text %}{{ format_amount(3) }}{% endblock %}

    Good:

        {% from "macros.j2" import greeting %}
        {% import "macros.j2" as macros %}
        {% block subject %}Your order{% endblock %}
        {% block text %}
        {{ greeting(user.name|upper) }} {{ macros.greeting('Ben') }}
        {% include "partials/footer.j2" ignore missing %}
        {% include ["partials/footer.j2", "macros.j2"] %}
        {% if 'markdown' is filter %}{{ user.name|markdown }}{% endif %}
        {% endblock %}
        ═══ templates/macros.j2
        {% macro greeting(name) %}Hello {{ name }}{% endmacro %}
    """
    if template.tree is None:
        return
    everything = all_nodes(template)
    users = [
        one for one in everything if isinstance(one, nodes.Extends | nodes.Include | nodes.Import | nodes.FromImport)
    ]
    missing = [finding for node in users for finding in _targets(template, node)]
    names = [*_words(template, everything), *_called(template)]
    if template.is_set_up:
        yield from (*missing, *_folded(names))
        return
    missing = [one for one in missing if one.help.startswith(_NEAR)]
    names = [one._replace(problem=f"{one.problem.replace('there is ', '')} is known here") for one in names]
    yield from (one._replace(severity="info") for one in (*missing, *_folded(names)))


def _called(template: TemplateSource) -> Iterator[Finding]:
    """Unknown functions and macros."""
    for use in read_flow(template).uses:
        if use.member.presence == "never" and (use.of == "module" or (use.of == "variables" and use.how == "called")):
            kind = "function" if use.of == "variables" else "macro"
            known = [name for name in use.known if use.of == "module" or _is_callable(template, name)]
            cure = _did_you_mean(use.name, known, f"register the {kind} with the engine" if kind == "function" else "")
            yield Finding(use.span, f"there is no {kind} `{use.path}`", cure)


def _folded(found: list[Finding]) -> Iterator[Finding]:
    """One finding for one word, at its first place."""
    counts = Counter(one.problem for one in found)
    said: set[str] = set()
    for one in found:
        if one.problem not in said:
            said.add(one.problem)
            count = counts[one.problem]
            yield one if count == 1 else one._replace(problem=f"{one.problem} ({count} times)")


def _is_callable(template: TemplateSource, name: str) -> bool:
    return callable(template.environment.globals.get(name))


def _did_you_mean(name: str, known: Iterable[str], otherwise: str) -> str:
    similar = nearest(name, known)
    return f"{_NEAR} `{similar}`?" if similar else otherwise or "mend the name"


def _words(template: TemplateSource, everything: tuple[nodes.Node, ...]) -> Iterator[Finding]:
    """Unknown filters and tests; `'name' is filter` asks whether there is one."""
    asked = {
        node.node.value
        for node in everything
        if isinstance(node, nodes.Test) and node.name in ("filter", "test") and isinstance(node.node, nodes.Const)
    }
    for node in everything:
        if isinstance(node, nodes.Filter | nodes.Test):
            kind = "filter" if isinstance(node, nodes.Filter) else "test"
            environment = template.environment
            known: Mapping[str, Any] = environment.filters if kind == "filter" else environment.tests
            if node.name not in known and node.name not in asked:
                span = place_of(template.text, node.name, offset_of(node))
                cure = _did_you_mean(node.name, known, f"register the {kind} with the engine, or mend its name")
                yield Finding(span, f"there is no {kind} `{node.name}`", cure)


def _targets(
    template: TemplateSource, node: nodes.Extends | nodes.Include | nodes.Import | nodes.FromImport
) -> Iterator[Finding]:
    written = node.template.items if isinstance(node.template, nodes.List | nodes.Tuple) else [node.template]
    names = [literal(one) for one in written]
    missing = [name for name in names if name is not None and template.is_missing(name)]
    if len(missing) < len(written):
        if isinstance(node, nodes.FromImport):
            yield from _macros(template, node)
        return
    if not missing or getattr(node, "ignore_missing", False):
        return
    span = string_place(template.text, missing[0], offset_of(written[0]))
    problem = f"there is no template `{missing[0]}`"
    if len(missing) > 1:
        problem = f"there is none of the templates `{'`, `'.join(missing)}`"
    cure = _did_you_mean(
        missing[0], _templates(template.environment), "names are relative to the template folder, with forward slashes"
    )
    yield Finding(span, problem, cure)


@lru_cache(maxsize=2)
def _templates(environment: Environment) -> list[str]:
    try:
        return environment.list_templates()
    except TypeError:
        return []


def _macros(template: TemplateSource, node: nodes.FromImport) -> Iterator[Finding]:
    """The names that are imported and not there."""
    name = literal(node.template)
    start = offset_of(node.template) + len(name or "") + 2
    known, is_open = exports(template, node.template)
    for one in node.names if not is_open else ():
        wanted = one[0] if isinstance(one, tuple) else one
        if wanted not in known:
            cure = _did_you_mean(wanted, known, f"define it in {name}")
            yield Finding(place_of(template.text, wanted, start), f"`{name}` defines no `{wanted}`", cure)
