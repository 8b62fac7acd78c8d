"""One Jinja environment a sink: html is autoescaped, plain text is not and keeps template text and data apart.

A template is compiled once for each sink that needs it, so macros, includes, imports and ``{% set %}`` blocks follow
the escaping of the sink they are used in, wherever they are defined. Compiled for a sink, a template's top level
runs its statements but does not print the reserved blocks: the renderer asks for them one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from jinja2 import BytecodeCache, Environment, Template, nodes
from jinja2.bccache import Bucket
from jinja2.compiler import CodeGenerator, Frame
from jinja2.runtime import StrictUndefined
from markupsafe import Markup, escape

from mailtemplates.headers.address import Group, Mailbox, mailbox, mailboxes
from mailtemplates.headers.fragment import Data
from mailtemplates.pattern import pattern
from mailtemplates.template.reserved import RESERVED, Sink
from mailtemplates.version import VERSION

Fragment = str | Mailbox | Group


_SPECIAL = pattern(r"[&<>'\"]")


class MissingName(StrictUndefined):
    """An undefined name or attribute: any use of it is an error. Knows the object that lacks it."""

    __slots__ = ()

    def __repr__(self) -> str:
        """An error too: a list that holds it would print it.

        :raises jinja2.UndefinedError: always.
        """
        return str(self)

    @property
    def owner(self) -> Any:
        """The object that lacks the attribute, or Jinja's ``missing`` for a name."""
        return self._undefined_obj


class Mailboxes(tuple[Mailbox, ...]):
    """What the filter ``mailboxes`` gives: several mailboxes, printed as an address list."""

    __slots__ = ()

    def __str__(self) -> str:
        return ", ".join(map(str, self))


def _mailboxes(value: Any) -> Mailboxes:
    return Mailboxes(mailboxes(value))


FILTERS = {"mailbox": mailbox, "mailboxes": _mailboxes}
"""The filters that turn data into addresses."""


class Mixed(str):
    """Rendered plain text that remembers its fragments: what a macro or a ``{% set %}`` block gives."""

    __slots__ = ("fragments",)

    fragments: tuple[Fragment, ...]

    def __new__(cls, fragments: tuple[Fragment, ...]) -> Mixed:
        self = super().__new__(cls, "".join(map(str, fragments)))
        self.fragments = fragments
        return self


def flatten(pieces: Sequence[Any]) -> Sequence[Fragment]:
    """The fragments of what a block of the plain sink yields."""
    return pieces if _FLAT.issuperset(map(type, pieces)) else list(_flattened(pieces))


def _flattened(pieces: Iterable[Any]) -> Iterator[Fragment]:
    for piece in pieces:
        if type(piece) is str or type(piece) is Data:
            yield piece
        elif isinstance(piece, Mixed):
            yield from piece.fragments
        elif isinstance(piece, Mailboxes):
            yield from _separated(piece)
        else:
            yield piece


def _separated(items: Mailboxes) -> Iterator[Fragment]:
    for index, item in enumerate(items):
        if index:
            yield ", "
        yield item


_FLAT = frozenset((str, Data))
_DICT_METHODS = frozenset(dir(dict))
_NO_NAMES = ("resolve_or_missing", "undefined", "concat", "Undefined")
"""What the code of every compiled block names before its own first line."""

_KNOWN = (Mixed, Mailbox, Mailboxes, Group)


def _join(pieces: Iterable[Any]) -> Mixed:
    return Mixed(tuple(_flattened(pieces)))


def _data(value: Any, expression: str, line: int, template: str) -> Any:
    """Mark what an expression printed as data, unless its parts are known."""
    if type(value) is str:
        return Data(value, expression, line, template)
    if isinstance(value, _KNOWN):
        return value
    if isinstance(value, Markup):
        value = value.unescape()
    return Data(str(value), expression, line, template)


def _escaped(value: Any) -> str:
    """What :func:`markupsafe.escape` makes of a value, as a plain string."""
    kind = type(value)
    if kind is int or (kind is str and not _SPECIAL.search(value)):
        return str(value)
    return str(escape(value))


def is_static(block: Callable[..., Any]) -> bool:
    """Whether a compiled block prints nothing but its own text, whatever the data: its code looks nothing up."""
    code = getattr(block, "__code__", None)
    return (
        code is not None
        and code.co_names == _NO_NAMES
        and not code.co_freevars
        and not any(name.startswith(("l_", "t_")) for name in code.co_varnames)
    )


def _quick_getattr(slow: Callable[[Any, str], Any]) -> Callable[[Any, str], Any]:
    """Jinja's look-up of ``value.name``, quicker for what data mostly is: a dict, a name that no dict method has."""

    def look_up(value: Any, name: str) -> Any:
        if type(value) is dict and name in value and name not in _DICT_METHODS:
            return value[name]
        return slow(value, name)

    return look_up


def spell(node: nodes.Node) -> str:
    """The expression as its author would write it, when it is a simple path; else an empty string."""
    match node:
        case nodes.Name():
            return node.name
        case nodes.Getattr():
            inner = spell(node.node)
            return f"{inner}.{node.attr}" if inner else ""
        case nodes.Getitem(arg=nodes.Const() as index):
            inner = spell(node.node)
            return f"{inner}[{index.value!r}]" if inner else ""
        case nodes.Filter(node=nodes.Node() as filtered):
            inner = spell(filtered)
            return f"{inner}|{node.name}" if inner else ""
    return ""


def _outside(frame: Frame) -> bool:
    """Whether a frame prints straight to the template's top level, not into a block, macro or buffer."""
    return frame.block is None and frame.buffer is None


class _Generator(CodeGenerator):
    """Leaves the reserved blocks out of the top level's output."""

    def visit_Block(self, node: nodes.Block, frame: Frame) -> None:  # noqa: N802
        if not (_outside(frame) and node.name in RESERVED):
            super().visit_Block(node, frame)


class _HtmlGenerator(_Generator):
    """Prints escaped values as plain strings: what is printed is joined, and needs no ``Markup`` of its own."""

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        if frame.eval_ctx.volatile or not frame.eval_ctx.autoescape:
            super()._output_child_pre(node, frame, finalize)
            return
        self.write("environment.escaped(")
        if finalize.src is not None:
            self.write(finalize.src)


class _PlainGenerator(_Generator):
    """Nothing is html here: ``{% autoescape %}`` changes nothing."""

    def visit_ScopedEvalContextModifier(  # noqa: N802
        self, node: nodes.ScopedEvalContextModifier, frame: Frame
    ) -> None:
        for child in node.body:
            self.visit(child, frame)


class _FragmentGenerator(_PlainGenerator):
    """Every printed expression is data, and stays apart from the template's text."""

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        self.write("environment.fragment(")
        if finalize.src is not None:
            self.write(finalize.src)

    def _output_child_post(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        if finalize.src is not None:
            self.write(")")
        self.write(f", {spell(node)!r}, {node.lineno}, {self.name!r})")


_GENERATORS: dict[Sink, type[CodeGenerator]] = {
    Sink.HTML: _HtmlGenerator,
    Sink.FILE: _PlainGenerator,
    Sink.PLAIN: _FragmentGenerator,
}


def generator_for(base: Environment, sink: Sink) -> type[CodeGenerator]:
    """The sink's code generator on top of the one that the environment uses already."""
    own, known = _GENERATORS[sink], base.code_generator_class
    return own if issubclass(own, known) else type(own.__name__, (own, known), {})


class _SinkCache(BytecodeCache):
    """A bytecode cache seen by one sink of one kind of environment: what is compiled for it has a key of its own.

    A sandbox compiles its checks into a template; what was compiled without them is not for it.
    """

    def __init__(self, inner: BytecodeCache, sink: Sink, kind: type[Environment]) -> None:
        self._inner = inner
        self._apart = f"{VERSION}/{kind.__module__}.{kind.__qualname__}/{sink.value}"

    def get_cache_key(self, name: str, filename: str | None = None) -> str:
        return self._inner.get_cache_key(f"{self._apart}/{name}", filename)

    def load_bytecode(self, bucket: Bucket) -> None:
        self._inner.load_bytecode(bucket)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._inner.dump_bytecode(bucket)


def _named(load: Callable[..., Template]) -> Callable[..., Template]:
    """Templates keep the name that they were asked for: from a loader with prefixes they come without."""

    def loaded(name: str, variables: Any) -> Template:
        template = load(name, variables)
        template.name = name
        return template

    return loaded


def environment_for(base: Environment, sink: Sink, *, auto_reload: bool) -> Environment:
    """An overlay of ``base`` for one sink: same loader, filters, globals and extensions, its own escaping and cache."""
    overlay = base.overlay(
        autoescape=sink is Sink.HTML, undefined=MissingName, auto_reload=auto_reload, enable_async=False
    )
    if type(base).getattr is Environment.getattr:
        overlay.getattr = _quick_getattr(overlay.getattr)  # type: ignore[method-assign, assignment]
    if base.bytecode_cache is not None:
        overlay.bytecode_cache = _SinkCache(base.bytecode_cache, sink, type(base))
    overlay._load_template = _named(overlay._load_template)  # type: ignore[method-assign]
    overlay.code_generator_class = generator_for(base, sink)
    overlay.escaped = _escaped  # type: ignore[attr-defined]
    if sink is Sink.PLAIN:
        overlay.concat = _join  # type: ignore[method-assign]
        overlay.fragment = _data  # type: ignore[attr-defined]
    return overlay
