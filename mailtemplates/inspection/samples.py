"""The messages that a template is judged by: of its samples, and of variants that take the branches no sample takes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, NamedTuple

from mailtemplates.engine import Engine
from mailtemplates.errors import MailTemplatesError
from mailtemplates.headers.headerblocks import read_field
from mailtemplates.inspection.tracer import Trace, Tracer
from mailtemplates.jinja.branches import Branch, Choice, World, plan
from mailtemplates.message.composer import compose
from mailtemplates.message.stamp import Stamp
from mailtemplates.octets.message import RawMessage, read_message
from mailtemplates.template.contract import Contract

STAMP = Stamp(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "lint")
_STAND_IN = read_field("From", ["Sender <sender@mailtemplates.org>"])
_CALLERS = ("from", "to", "subject")
_NAMED = 2


class Sample(NamedTuple):
    """One sample or variant of a template as a message.

    :param given: names of the fields that the caller will give.
    :param varied: whether branches are taken that the data does not take.
    """

    name: str
    raw: RawMessage
    given: frozenset[str]
    trace: Trace
    varied: bool = False


class Samples:
    """The samples of one template and their variants, rendered one after the other.

    :param limit: the most variants.
    :param takes_data: whether the template needs data; one that needs none is its own sample.
    :param known: choices in shared templates that need no variant: other templates of the run have shown them.
    """

    def __init__(
        self,
        engine: Engine,
        tracer: Tracer,
        name: str,
        *,
        limit: int,
        takes_data: bool = True,
        known: Collection[Choice] = (),
    ) -> None:
        self._engine = engine
        self._tracer = tracer
        self._name = name
        self._limit = limit
        self._known = frozenset(known)
        self._contract: Contract | None = engine.contract(name)
        self._takes_data = takes_data
        self._templates = {name}
        self.taken: set[Choice] = set()

    @property
    def examples(self) -> list[Any]:
        """The sample data; nothing, once, for a template that takes none and has no data contract."""
        if self._contract is None:
            return [] if self._takes_data else [{}]
        return list(self._contract.examples)

    @property
    def is_given(self) -> bool:
        """Whether the author gave samples."""
        return self._contract is not None and bool(self._contract.examples)

    def __iter__(self) -> Iterator[Sample]:
        """The samples, then the variants.

        :raises MailTemplatesError: a sample breaks the data contract, or cannot be rendered or composed.
        """
        contract = self._contract
        for index in range(len(self.examples)):
            data = self._data(index)
            if contract is not None:
                contract.check(data, self._name)
            yield self._sample(f"examples[{index}]" if contract else "", data, None)
        if self.examples:
            yield from self._variants()

    def _data(self, index: int) -> Mapping[str, Any]:
        return self._engine.sample(self._name, index) if self._contract else {}

    def unseen(self) -> list[Branch]:
        """The branches of the template's own file that have text and were never rendered; the outermost ones."""
        own = {choice: one for choice, one in self._branches().items() if choice.template == self._name}
        unseen = {choice for choice, one in own.items() if choice not in self.taken and not self._has_row(choice)}
        return [
            own[choice] for choice in own if choice in unseen and own[choice].told and not own[choice].within & unseen
        ]

    def _has_row(self, choice: Choice) -> bool:
        return choice.state == "more" and choice._replace(state="one") in self.taken

    def _branches(self) -> dict[Choice, Branch]:
        """The branches of the templates that took part."""
        found = self._tracer.watch.branches
        return {choice: one for choice, one in found.items() if choice.template in self._templates}

    def _sample(self, name: str, data: Mapping[str, Any], world: World | None) -> Sample:
        trace = self._tracer.trace(self._name, data, world)
        self.taken |= trace.taken
        self._templates |= {choice.template for choice in trace.taken}
        parts = trace.parts
        given = frozenset(field for field in _CALLERS if parts.field(field) is None)
        if "from" in given:
            parts = replace(parts, fields=(_STAND_IN, *parts.fields))
        message = compose(parts, STAMP, smtputf8=self._engine.settings.smtputf8)
        raw = read_message(message.octets, smtputf8=message.envelope.smtputf8)
        return Sample(name, raw, given, trace, world is not None)

    def _variants(self) -> Iterator[Sample]:
        """Renders in which branches are taken that no sample takes; what fails was no data of the author's."""
        queue: list[tuple[World, list[Branch], int]] = []
        tried: set[Choice] = set()
        shown = 0
        for _ in range(3 * self._limit):
            if shown == self._limit:
                return
            if not queue:
                goals = [
                    one
                    for choice, one in self._branches().items()
                    if choice not in self.taken | tried and (choice.template == self._name or choice not in self._known)
                ]
                queue = [(world, reached, 0) for world, reached in plan(goals)][:1]
            if not queue:
                return
            world, reached, index = queue.pop(0)
            tried.update(one.choice for one in reached)
            before = set(self.taken)
            sample = self._variant(world, reached, index)
            new = [one for one in reached if one.choice in self.taken - before]
            left = [one for one in reached if one.choice not in self.taken]
            if sample is not None and new:
                shown += 1
                yield sample._replace(name=f"examples[{index}] + {self._title(new)}")
            elif len(reached) > 1:
                middle = len(reached) // 2
                queue[:0] = [(one, some, index) for half in (left[:middle], left[middle:]) for one, some in plan(half)]
                left = []
            if left and index + 1 < len(self.examples):
                queue += [(one, some, index + 1) for one, some in plan(left)]

    def _variant(self, world: World, reached: list[Branch], index: int) -> Sample | None:
        before = set(self.taken)
        try:
            return self._sample("", self._data(index), world)
        except MailTemplatesError:
            self.taken = before
            return None

    def _title(self, branches: list[Branch]) -> str:
        """The branches in a few words."""
        lines: dict[str, None] = {}
        for one in branches:
            source = self._tracer.sources.get(one.choice.template, "")
            place = "" if one.choice.template == self._name else f" of {one.choice.template}"
            lines[f"{one.title} of line {source.count(chr(10), 0, one.at) + 1}{place}"] = None
        more = [f"{len(lines) - _NAMED} more"] if len(lines) > _NAMED else []
        return ", ".join([*list(lines)[:_NAMED], *more])
