"""Templates compiled so that every stretch of their output knows where in which template it comes from.

Only linting compiles them so; what is sent never is. Every piece that a traced template yields is a :class:`Traced`, a
string with its stretches and the piece that an untraced template yields in its place. What a macro, a ``{% set %}``
block, ``super()`` or ``caller()`` captures is remembered by its text, and is given its stretches back where it is
printed; what a filter has changed comes from where it is printed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, NamedTuple

from jinja2 import Environment, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.runtime import Undefined
from markupsafe import Markup, escape

from mailtemplates.jinja.anysink import AnySinkGenerator, SharedCode
from mailtemplates.jinja.branches import Watch
from mailtemplates.memo import Memo
from mailtemplates.pattern import pattern
from mailtemplates.template.reserved import Sink
from mailtemplates.template.sinks import Mixed, environment_for, generator_for, spell
from mailtemplates.template.tokens import locate_tokens, offset_of

_KEPT_CHARACTERS = 4_000_000
_GETTEXT = frozenset({"gettext", "ngettext", "pgettext", "npgettext"})
_VALUE = pattern(r"\s*(?:\{\{.*?\}\}|\n|\{%.*?%\})\s*")
_URL = pattern(r"ur[il]|link|href|src")


class Origin(NamedTuple):
    """A stretch of a template's source, in characters; its line ends counted as one."""

    template: str
    start: int
    end: int


class Stretch(NamedTuple):
    """Characters of output and where they come from.

    :param exact: whether each character stands in the source as it is: the template's own text.
    :param call: where the macro that made them was called, when one did.
    :param hollow: whether the data has nothing there, and a branch is rendered all the same.
    """

    start: int
    end: int
    origin: Origin
    exact: bool
    call: Origin | None = None
    hollow: bool = False


class Traced(str):
    """Output with its stretches, in order; what they leave out comes from nowhere.

    ``piece`` is what an untraced template yields.
    """

    __slots__ = ("piece", "stretches")

    stretches: tuple[Stretch, ...]
    piece: Any

    def __new__(cls, text: str, stretches: Iterable[Stretch], piece: Any = None) -> Traced:
        self = super().__new__(cls, text)
        self.stretches = tuple(stretches)
        self.piece = text if piece is None else piece
        return self


def join(pieces: Iterable[Any]) -> Traced:
    """Pieces of output as one."""
    texts: list[str] = []
    stretches: list[Stretch] = []
    at = 0
    for piece in pieces:
        text = str(piece)
        if isinstance(piece, Traced):
            stretches += _shifted(piece.stretches, at)
        texts.append(text)
        at += len(text)
    return Traced("".join(texts), stretches)


def _shifted(stretches: Iterable[Stretch], by: int) -> Iterator[Stretch]:
    for start, end, origin, exact, call, hollow in stretches:
        yield Stretch(start + by, end + by, origin, exact, call, hollow)


def untraced(pieces: Iterable[Any]) -> list[Any]:
    """The pieces that an untraced template yields."""
    return [piece.piece if isinstance(piece, Traced) else piece for piece in pieces]


class _Printed(NamedTuple):
    """An expression that is printed.

    :param path: as its author writes it, when it is a simple path.
    :param names: the paths in it.
    :param constant: whether it prints the same whatever the data.
    :param told: the text between the tags of a ``trans``, with its place; empty for everything else.
    """

    origin: Origin
    path: str
    line: int
    names: tuple[str, ...]
    constant: bool = False
    told: tuple[int, int] = (0, 0)


class _Recorder:
    """What one environment's templates call while they render."""

    def __init__(
        self, environment: Environment, sink: Sink, watch: Watch, sources: dict[str, str], printed: list[_Printed]
    ) -> None:
        self._captured: Memo[str, Traced] = Memo(_KEPT_CHARACTERS)
        self._last = Traced("", ())
        self._concat = environment.concat
        self._fragment: Callable[..., Any] | None = environment.fragment if sink is Sink.PLAIN else None  # type: ignore[attr-defined]
        self._watch = watch
        self._sources = sources
        self.printed = printed

    def stretch(self, text: str, template: str, start: int) -> Traced:
        """The template's own text."""
        return Traced(text, (Stretch(0, len(text), Origin(template, start, start + len(text)), True),))

    def concat(self, pieces: Iterable[Any]) -> Any:
        """What is captured, its stretches remembered."""
        kept = list(pieces)
        self._last = join(kept)
        text = str(self._last)
        self._captured.put(text, self._last, len(text) + 100)
        return self._concat(untraced(kept))

    def value(self, value: Any, escaping: bool, index: int) -> Traced:
        """What an expression prints."""
        printed = self.printed[index]
        hollow = bool(self._watch.world) and self._is_hollow(value, printed)
        if hollow and (isinstance(value, Undefined) or not value):
            value = "https://mailtemplates.org/" if _URL.search(printed.path) else "value"
        if self._fragment is not None:
            piece = self._fragment(value, printed.path, printed.line, printed.origin.template)
            known = isinstance(value, Mixed | Markup)
        else:
            piece = str(escape(value)) if escaping else str(value)
            known = isinstance(value, Markup) or not escaping
        return self._traced(piece, known, printed, hollow)

    def block(self, value: Any, index: int) -> Traced:
        """What a call block prints, as it is."""
        return self._traced(value, True, self.printed[index])

    def _traced(self, piece: Any, known: bool, printed: _Printed, hollow: bool = False) -> Traced:
        """A piece with its stretches: those it was captured with, when it may be what was captured."""
        text = str(piece)
        captured = self._captured.get(text) if known and text and not printed.constant else None
        if captured:
            call = printed.origin
            return Traced(text, [one if one.call else one._replace(call=call) for one in captured.stretches], piece)
        if printed.told[1]:
            return Traced(text, self._translated(text, printed), piece)
        return Traced(text, (Stretch(0, len(text), printed.origin, False, None, hollow),) if text else (), piece)

    def _is_hollow(self, value: Any, printed: _Printed) -> bool:
        """Whether the data has nothing to print here, and only the world made a branch of it."""
        if value is None or isinstance(value, Undefined):
            return True
        paths = self._watch.hollow
        return any(name == path or name.startswith(f"{path}.") for name in printed.names for path in paths)

    def _translated(self, text: str, printed: _Printed) -> Iterator[Stretch]:
        """The stretches of a ``trans`` block: its text where that is printed as it is, else its tag."""
        template = printed.origin.template
        at = 0
        for start, words in _words(self._sources.get(template, ""), *printed.told):
            found = text.find(words, at)
            if found < 0:
                continue
            if found > at:
                yield Stretch(at, found, printed.origin, False)
            at = found + len(words)
            yield Stretch(found, at, Origin(template, start, start + len(words)), True)
        if at < len(text):
            yield Stretch(at, len(text), printed.origin, False)

    def filtered(self, value: Any, index: int) -> Traced:
        """What a filter block prints: as it was captured where the filter has changed case or the ends only."""
        before = self._last
        traced = self.block(value, index)
        text = str(traced)
        at = before.casefold().find(text.casefold()) if text else -1
        if at < 0 or len(before.casefold()) != len(before):
            return traced
        cut = [one for one in before.stretches if one.start < at + len(text) and one.end > at]
        return Traced(text, _shifted(_clipped(cut, at, at + len(text)), -at), traced.piece)


def _clipped(stretches: Iterable[Stretch], start: int, end: int) -> Iterator[Stretch]:
    """The stretches without what lies outside."""
    for one in stretches:
        before, after = max(start - one.start, 0), max(one.end - end, 0)
        origin = one.origin
        if one.exact:
            origin = Origin(origin.template, origin.start + before, origin.end - after)
        yield one._replace(start=one.start + before, end=one.end - after, origin=origin)


def _words(source: str, start: int, end: int) -> Iterator[tuple[int, str]]:
    """The texts of a ``trans`` block between its values and line ends, each with its place."""
    at = start
    for gap in [*_VALUE.finditer(source, start, end), None]:
        until = gap.start() if gap else end
        if until > at:
            yield at, source[at:until]
        at = gap.end() if gap else end


class _TracingGenerator(AnySinkGenerator):
    """Yields what is printed with its origin; a mixin before a sink's own generator."""

    _recursive: nodes.For | None = None

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

    def start_write(self, frame: Frame, node: nodes.Node | None = None) -> None:
        """Of a statement only a recursive loop writes what it has captured itself."""
        super().start_write(frame, node)
        self._recursive = node if isinstance(node, nodes.For) else None
        if self._recursive is not None:
            self.write("environment.block(")

    def end_write(self, frame: Frame) -> None:
        if self._recursive is not None:
            self.write(f", {self._printed(self._recursive)})")
            self._recursive = None
        super().end_write(frame)

    def visit_FilterBlock(self, node: nodes.FilterBlock, frame: Frame) -> None:  # noqa: N802
        inner = frame.inner()
        inner.symbols.analyze_node(node)
        self.enter_frame(inner)
        self.buffer(inner)
        self.blockvisit(node.body, inner)
        self.start_write(frame, node)
        self._block("filtered", lambda: self.visit_Filter(node.filter, inner), node)
        self.end_write(frame)
        self.leave_frame(inner)

    def visit_CallBlock(self, node: nodes.CallBlock, frame: Frame) -> None:  # noqa: N802
        call_frame, macro = self.macro_body(node, frame)
        self.writeline("caller = ")
        self.macro_def(macro, call_frame)
        self.start_write(frame, node)
        self._block("block", lambda: self.visit_Call(node.call, frame, forward_caller=True), node)
        self.end_write(frame)

    def _around(self, node: nodes.Node) -> tuple[int, int]:
        around: tuple[int, int] = self.environment.around(offset_of(node), self.name)  # type: ignore[attr-defined]
        return around

    def _value(self, write: Callable[[], None], node: nodes.Node, frame: Frame) -> None:
        """Write an expression that is printed as the sink prints values."""
        finalize = self._make_finalize()
        self.write("environment.value(")
        if finalize.src is not None:
            self.write(finalize.src)
        write()
        if finalize.src is not None:
            self.write(")")
        self.write(f", {self.escaping(frame)}, {self._printed(node)})")

    def _block(self, method: str, write: Callable[[], None], node: nodes.Node) -> None:
        """Write what a statement prints as it is."""
        self.write(f"environment.{method}(")
        write()
        self.write(f", {self._printed(node)})")

    def _printed(self, node: nodes.Node) -> int:
        """The number of what a node prints."""
        printed: list[_Printed] = self.environment.printed  # type: ignore[attr-defined]
        origin = Origin(self.name or "", *self._around(node))
        names = _paths(node)
        constant = isinstance(node, nodes.Expr) and not names
        printed.append(_Printed(origin, spell(node), node.lineno, names, constant, self._told(node, origin)))
        return len(printed) - 1

    def _told(self, node: nodes.Node, origin: Origin) -> tuple[int, int]:
        """Where the text of a ``trans`` block stands; nowhere for what is none."""
        match node:
            case nodes.Call(node=nodes.Name(name=name)) if name in _GETTEXT:
                source: str = self.environment.sources.get(origin.template, "")  # type: ignore[attr-defined]
                end = source.find("endtrans", origin.end)
                tag = source[origin.start : origin.end].lstrip("{%-+ \t\n")
                return (origin.end, source.rfind("{", 0, end)) if tag.startswith("trans") and end > 0 else (0, 0)
        return 0, 0


def _paths(node: nodes.Node) -> tuple[str, ...]:
    """The paths that an expression names."""
    found = [node, *node.find_all((nodes.Name, nodes.Getattr))]
    return tuple({spell(one) for one in found if isinstance(one, nodes.Name | nodes.Getattr)} - {""})


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


Trees = dict[tuple[str, str], nodes.Template]
"""Templates that are parsed already, their tokens located, by name and source."""


def _parse_known(environment: Environment, sources: dict[str, str], trees: Trees) -> None:
    """Let an environment take the trees that are known; those that the compiler would change are parsed again."""
    parse = environment._parse

    def parse_unknown(source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = trees.get((name or "", source))
        if tree is None or "autoescape" in source:
            return parse(source, name, filename)
        sources[name or ""] = source
        return tree

    environment._parse = parse_unknown  # type: ignore[method-assign]


def tracing_environment(
    sources: dict[str, str], watch: Watch, trees: Trees | None = None
) -> Callable[..., Environment]:
    """What makes a sink's environment with tracing, its conditions watched; the sources that it compiles are kept by
    template name.

    :param trees: what is parsed already.
    """

    shared = SharedCode()
    printed: list[_Printed] = []

    def make(base: Environment, sink: Sink, *, auto_reload: bool) -> Environment:
        overlay = environment_for(base, sink, auto_reload=auto_reload)
        recorder = _Recorder(overlay, sink, watch, sources, printed)
        own = generator_for(base, sink)
        overlay.bytecode_cache = shared if base.code_generator_class is CodeGenerator else None
        overlay.code_generator_class = type("Tracing", (_TracingGenerator, own), {})
        overlay.concat = recorder.concat  # type: ignore[method-assign]
        locate_tokens(overlay, sources)
        if trees is not None and overlay.bytecode_cache is shared:
            _parse_known(overlay, sources, trees)
        for called in (recorder.stretch, recorder.value, recorder.block, recorder.filtered):
            setattr(overlay, called.__name__, called)
        overlay.printed = recorder.printed  # type: ignore[attr-defined]
        overlay.sources = sources  # type: ignore[attr-defined]
        overlay.around = _surroundings(overlay, sources)  # type: ignore[attr-defined]
        watch.install(overlay)
        return overlay

    return make
