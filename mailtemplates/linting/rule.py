"""What a rule is: one decorated function in one file, which is all there is to it.

The name is the function's and the file's. What the rule looks at is the annotation of its first parameter:
``RawMessage`` (once a message), ``Part`` (each part), ``RawField`` (each header field, or those of ``fields``),
``Batch`` (messages together), ``HtmlDocument`` (each html body), ``Bodies`` (html and text side by side),
``Submission`` (a message with its envelope, before it is sent). Options are keyword-only parameters with defaults. The
page is the docstring, and its ``Bad`` and ``Good`` examples, in the notation of :mod:`mailtemplates.octets.notation`,
are the tests.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from textwrap import dedent
from typing import Any, Literal, NamedTuple

from mailtemplates.finding import Findings, Severity
from mailtemplates.pattern import pattern

Profile = Literal["transactional", "bulk"]
Fixing = Literal["safe", "unsafe", "part", "-"]

_HEADING = pattern(r"^(Bad|Good)(?: \(also ([^)]+)\))?:$", re.MULTILINE)


class Example(NamedTuple):
    """A message in notation, and the names of other rules that find something in it too."""

    text: str
    also: frozenset[str]


@dataclass(frozen=True)
class Page:
    """A rule's docstring, taken apart.

    :param summary: the first line.
    :param why: why a reader or a server cares.
    :param reference: the standard or the provider's page.
    """

    summary: str
    why: str
    reference: str
    bad: tuple[Example, ...]
    good: tuple[Example, ...]


@dataclass(frozen=True)
class Rule:
    """One rule.

    :param code: family and number; never used again for another rule.
    :param severity: of its findings, unless one says another.
    :param subject: the name of what it looks at.
    :param check: the function.
    :param fields: for rules over fields: the lower-case names of those it looks at; all when empty.
    :param holding: for rules over fields: octets without which a field is nothing to the rule.
    :param parts: for rules over parts: the kinds (:attr:`~mailtemplates.octets.mime.Part.kinds`) that a part must all
        be of to be anything to the rule.
    :param profile: the first profile that has it.
    :param fix: what ``--fix`` does: safe, only with ``--unsafe-fixes``, for some findings, nothing.
    :param default: whether it is on when nothing is selected.
    :param network: whether it asks other computers; such a rule runs only when selected by its own name or code.
    :param written: for rules over html: whether it looks at a template's style sheets before inlining too.
    :param structural: for rules over html: whether what it finds depends on the structure alone
        (:mod:`mailtemplates.html.structure`), so that it is remembered for all messages of one structure.
    :param texts: for rules over html: whether it looks at the URLs of an author's plain text too, as links.
    """

    code: str
    severity: Severity
    subject: str
    check: Callable[..., Findings]
    fields: frozenset[str] = frozenset()
    profile: Profile = "transactional"
    fix: Fixing = "-"
    default: bool = True
    network: bool = False
    written: bool = False
    structural: bool = False
    texts: bool = False
    holding: bytes = b""
    parts: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """The name in kebab case."""
        return self.check.__name__.replace("_", "-")

    @property
    def family(self) -> str:
        """The code's letters."""
        return self.code.rstrip("0123456789")

    @cached_property
    def options(self) -> Mapping[str, Any]:
        """Its options with their defaults."""
        parameters = inspect.signature(self.check).parameters.values()
        return {one.name: one.default for one in parameters if one.kind is inspect.Parameter.KEYWORD_ONLY}

    @cached_property
    def page(self) -> Page:
        """Its docstring, taken apart."""
        return read_page(inspect.getdoc(self.check) or "")


def rule(
    code: str,
    *,
    severity: Severity,
    fields: tuple[str, ...] = (),
    profile: Profile = "transactional",
    fix: Fixing = "-",
    default: bool = True,
    network: bool = False,
    written: bool = False,
    structural: bool = False,
    holding: bytes = b"",
    parts: tuple[str, ...] = (),
    texts: bool = False,
) -> Callable[[Callable[..., Findings]], Rule]:
    """Make a rule of the function below."""

    def decorate(check: Callable[..., Findings]) -> Rule:
        subject = next(iter(check.__annotations__.values()))
        lower = frozenset(name.lower() for name in fields)
        return Rule(
            *(code, severity, str(subject), check, lower, profile, fix, default, network, written, structural),
            holding=holding,
            parts=frozenset(parts),
            texts=texts,
        )

    return decorate


def read_page(text: str) -> Page:
    """Take a docstring apart: summary, why, ``Reference:``, then ``Bad:`` and ``Good:`` with indented examples."""
    head, *sections = _HEADING.split(text)
    examples: dict[str, list[Example]] = {"Bad": [], "Good": []}
    for kind, also, body in zip(sections[::3], sections[1::3], sections[2::3], strict=True):
        names = frozenset(name.strip() for name in (also or "").split(",") if name.strip())
        examples[kind].append(Example(dedent(body).strip("\n") + "\n", names))
    summary, _, why = head.partition("\n")
    why, _, reference = why.partition("\nReference:")
    reference = " ".join(reference.split())
    return Page(summary.strip(), why.strip(), reference, tuple(examples["Bad"]), tuple(examples["Good"]))
