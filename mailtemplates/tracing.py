"""Templates compiled so that every stretch of their output knows where in which template it comes from.

Only linting compiles them so; what is sent never is. Every piece that a traced template yields is a :class:`Traced`,
a string with its stretches. What a macro, a ``{% set %}`` block, ``super()`` or ``caller()`` captures is remembered by
its text, and is given its stretches back where it is printed; what a filter has changed comes from where it is printed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, NamedTuple

from jinja2 import Environment, nodes
from jinja2.compiler import CodeGenerator, Frame
from markupsafe import Markup, escape

from mailtemplates.jinjatokens import locate_tokens, offset_of
from mailtemplates.memo import Memo
from mailtemplates.sinks import environment_for, generator_for
from mailtemplates.template import Sink

_KEPT_CHARACTERS = 4_000_000


class Origin(NamedTuple):
    """A stretch of a template's source, in characters; its line ends counted as one."""

    template: str
    start: int
    end: int


class Stretch(NamedTuple):
    """Characters of output and where they come from.

    :param exact: whether each character stands in the source as it is: the template's own text.
    :param call: where the macro that made them was called, when one did.
    """

    start: int
    end: int
    origin: Origin
    exact: bool
    call: Origin | None = None


class Traced(str):
    """Output with its stretches, in order; what they leave out comes from nowhere."""

    __slots__ = ("stretches",)

    stretches: tuple[Stretch, ...]

    def __new__(cls, text: str, stretches: Iterable[Stretch]) -> Traced:
        self = super().__new__(cls, text)
        self.stretches = tuple(stretches)
        return self


def join(pieces: Iterable[Any]) -> Traced:
    """Pieces of output as one."""
    texts: list[str] = []
    stretches: list[Stretch] = []
    at = 0
    for piece in pieces:
        text = str(piece)
        if isinstance(piece, Traced):
            stretches += [one._replace(start=one.start + at, end=one.end + at) for one in piece.stretches]
        texts.append(text)
        at += len(text)
    return Traced("".join(texts), stretches)


class _Recorder:
    """What one environment's templates call while they render."""

    def __init__(self) -> None:
        self._captured: Memo[str, Traced] = Memo(_KEPT_CHARACTERS)
        self._last = Traced("", ())

    def stretch(self, text: str, template: str, start: int) -> Traced:
        """The template's own text."""
        return Traced(text, (Stretch(0, len(text), Origin(template, start, start + len(text)), True),))

    def concat(self, pieces: Iterable[Any]) -> str:
        """What is captured: a plain string, its stretches remembered."""
        self._last = join(pieces)
        text = str(self._last)
        self._captured.put(text, self._last, len(text) + 100)
        return text

    def value(self, value: Any, escaping: bool, template: str, start: int, end: int) -> Traced:
        """What an expression prints."""
        text = str(escape(value)) if escaping else value.unescape() if isinstance(value, Markup) else str(value)
        origin = Origin(template, start, end)
        captured = self._captured.get(text) if isinstance(value, Markup) or not escaping else None
        if captured:
            return Traced(text, [one if one.call else one._replace(call=origin) for one in captured.stretches])
        return Traced(text, (Stretch(0, len(text), origin, False),) if text else ())

    def filtered(self, value: Any, escaping: bool, template: str, start: int, end: int) -> Traced:
        """What a filter block prints: as it was captured where the filter has changed case or the ends only."""
        text = str(escape(value)) if escaping else str(value)
        before = self._last
        at = before.casefold().find(text.casefold()) if text else -1
        if at < 0 or len(before.casefold()) != len(before):
            return self.value(value, escaping, template, start, end)
        cut = [one for one in before.stretches if one.start < at + len(text) and one.end > at]
        return Traced(text, [one._replace(start=one.start - at, end=one.end - at) for one in cut])


class _TracingGenerator(CodeGenerator):
    """Yields what is printed with its origin; a mixin before a sink's own generator."""

    def visit_Output(self, node: nodes.Output, frame: Frame) -> None:  # noqa: N802
        if frame.require_output_check:
            if self.has_known_extends:
                return
            self.writeline("if parent_template is None:")
            self.indent()
        for child in node.nodes:
            self.start_write(frame, child)
            if isinstance(child, nodes.TemplateData):
                self.write(f"environment.stretch({child.data!r}, {self.name!r}, {offset_of(child)})")
            else:
                self._value(partial(self.visit, child, frame), child, frame)
            self.end_write(frame)
        if frame.require_output_check:
            self.outdent()

    def visit_FilterBlock(self, node: nodes.FilterBlock, frame: Frame) -> None:  # noqa: N802
        inner = frame.inner()
        inner.symbols.analyze_node(node)
        self.enter_frame(inner)
        self.buffer(inner)
        self.blockvisit(node.body, inner)
        self.start_write(frame, node)
        self._value(lambda: self.visit_Filter(node.filter, inner), node, frame, "filtered")
        self.end_write(frame)
        self.leave_frame(inner)

    def visit_CallBlock(self, node: nodes.CallBlock, frame: Frame) -> None:  # noqa: N802
        call_frame, macro = self.macro_body(node, frame)
        self.writeline("caller = ")
        self.macro_def(macro, call_frame)
        self.start_write(frame, node)
        self._value(lambda: self.visit_Call(node.call, frame, forward_caller=True), node, frame)
        self.end_write(frame)

    def _value(self, write: Callable[[], None], node: nodes.Node, frame: Frame, how: str = "value") -> None:
        escaping = "context.eval_ctx.autoescape" if frame.eval_ctx.volatile else str(bool(frame.eval_ctx.autoescape))
        start, end = self.environment.around(offset_of(node), self.name)  # type: ignore[attr-defined]
        finalize = self._make_finalize()
        self.write(f"environment.{how}(")
        if finalize.src is not None:
            self.write(finalize.src)
        write()
        if finalize.src is not None:
            self.write(")")
        self.write(f", {escaping}, {self.name!r}, {start}, {end})")


def _surroundings(environment: Environment, sources: dict[str, str]) -> Callable[[int, str | None], tuple[int, int]]:
    """What finds the ``{{ … }}`` or ``{% … %}`` that an offset lies in."""
    pairs = (
        (environment.variable_start_string, environment.variable_end_string),
        (environment.block_start_string, environment.block_end_string),
    )

    def around(at: int, name: str | None) -> tuple[int, int]:
        source = sources.get(name or "", "")
        start, closing = max((source.rfind(opening, 0, at + 1), closing) for opening, closing in pairs)
        end = source.find(closing, at)
        return (at, at) if start < 0 or end < 0 else (start, end + len(closing))

    return around


def tracing_environment(sources: dict[str, str]) -> Callable[..., Environment]:
    """What makes a sink's environment with tracing; the sources that it compiles are kept by template name."""

    def make(base: Environment, sink: Sink, *, auto_reload: bool) -> Environment:
        overlay = environment_for(base, sink, auto_reload=auto_reload)
        recorder = _Recorder()
        own = generator_for(base, sink)
        overlay.bytecode_cache = None
        overlay.code_generator_class = type("Tracing", (_TracingGenerator, own), {})
        overlay.concat = recorder.concat  # type: ignore[method-assign]
        locate_tokens(overlay, sources)
        for called in (recorder.stretch, recorder.value, recorder.filtered):
            setattr(overlay, called.__name__, called)
        overlay.around = _surroundings(overlay, sources)  # type: ignore[attr-defined]
        return overlay

    return make
