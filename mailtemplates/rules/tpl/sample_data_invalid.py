from __future__ import annotations

from mailtemplates.errors import DataError
from mailtemplates.finding import Finding, Findings
from mailtemplates.jinja.source import TemplateSource
from mailtemplates.linting.rule import rule
from mailtemplates.span import Span


@rule("TPL006", severity="error")
def sample_data_invalid(template: TemplateSource) -> Findings:
    """A sample of the data contract breaks the contract.

    The samples are what the template is judged and previewed with. One that does not keep the schema shows a message
    that no reader will get, and cannot be rendered.

    Reference: JSON Schema 2020-12

    Bad:

        {% block subject %}Your order{% endblock %}
        {% block text %}Hello {{ user.name }}{% endblock %}
        ═══ schemas/t.json
        {
          "required": ["user"],
          "properties": {"user": {"required": ["name"], "properties": {"name": {"type": "string"}}}},
          "examples": [{"user": {"name": 7}}]
        }

    Good:

        {% block subject %}Your order{% endblock %}
        {% block text %}Hello {{ user.name }}{% endblock %}
        ═══ schemas/t.json
        {
          "required": ["user"],
          "properties": {"user": {"required": ["name"], "properties": {"name": {"type": "string"}}}},
          "examples": [{"user": {"name": "Ann"}}]
        }
    """
    contract = template.contract
    if contract is None:
        return
    first_line = Span(0, max(template.text.find("\n"), min(1, len(template.text))))
    for index, sample in enumerate(contract.examples):
        try:
            faults = contract.faults(sample)
        except (DataError, RecursionError) as error:
            problem = error.problem if isinstance(error, DataError) else "the schema refers to itself without end"
            yield Finding(first_line, f"{contract.path}: {problem}", "mend the schema")
            return
        if faults:
            more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
            problem = f"examples[{index}] of {contract.path} breaks the schema: {faults[0]}{more}"
            yield Finding(first_line, problem, "mend the sample, or the schema when it asks for too much")
