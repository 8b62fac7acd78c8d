"""Untrusted templates: Jinja's immutable sandbox, with limits on output and time.

The limits are checked where a template can grow: at every turn of a loop, every call, every operator and filter that
makes a text longer. Nothing is interrupted from outside, so it works in any thread.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sized
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.sandbox import ImmutableSandboxedEnvironment

from mailtemplates.errors import LimitError
from mailtemplates.pattern import pattern

_WIDTH = pattern(r"\d{6,}|\*|:[^{}]*\{")
_HARMLESS = frozenset(
    {"round", "int", "float", "abs", "filesizeformat", "string", "default", "min", "max", "sum", "length",
     "truncate", "format", "sort", "first", "last", "random", "count", "find", "startswith", "endswith", "split"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Limits:
    """What one render of an untrusted template may take: ``output`` in characters, ``seconds`` of wall time."""

    output: int = 2_000_000
    seconds: float = 2.0


_deadline: ContextVar[float] = ContextVar("mailtemplates_deadline", default=float("inf"))


def start_clock(limits: Limits) -> None:
    """Let the time of the current render begin."""
    _deadline.set(time.monotonic() + limits.seconds)


class _LimitedGenerator(CodeGenerator):
    """Counts the turns of loops, and the length of what ``~`` joins."""

    def visit_For(self, node: nodes.For, frame: Frame) -> None:  # noqa: N802
        if not getattr(node, "limited", False):
            node.iter = nodes.Call(nodes.EnvironmentAttribute("turns"), [node.iter], [], None, None)
            node.iter.set_environment(self.environment).set_lineno(node.lineno)
            node.limited = True  # type: ignore[attr-defined]
        super().visit_For(node, frame)

    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:  # noqa: N802
        join = "markup_join" if frame.eval_ctx.autoescape else "str_join"
        self.write(f"environment.joined({join}, (")
        for arg in node.nodes:
            self.visit(arg, frame)
            self.write(", ")
        self.write("))")


class LimitedSandbox(ImmutableSandboxedEnvironment):
    """The immutable sandbox with :class:`Limits`. Constants are not folded, so that nothing grows while compiling."""

    code_generator_class = _LimitedGenerator
    intercepted_binops = frozenset({"*", "**", "+", "%"})

    def __init__(self, limits: Limits, **options: Any) -> None:
        super().__init__(optimized=False, **options)
        self.limits = limits
        self.finalize = self.finalize or self._printed
        self.globals.pop("lipsum", None)
        self.filters = {name: self._limited(filter_) for name, filter_ in self.filters.items()}

    def tick(self) -> None:
        """Check the clock.

        :raises LimitError: the render has taken its time.
        """
        if time.monotonic() > _deadline.get():
            raise LimitError(
                f"the template takes longer than {self.limits.seconds:g} seconds",
                cure="look for an endless or nested loop, or raise the limit",
            )

    def grown(self, length: int) -> None:
        """Check a length in characters.

        :raises LimitError: it is over the limit of the output.
        """
        if length > self.limits.output:
            raise LimitError(
                f"the template makes more than {self.limits.output} characters",
                cure="print less, or raise the limit",
            )

    def _printed(self, value: Any) -> Any:
        """What is about to be printed, as it is, its length checked first when it is no text yet."""
        if not isinstance(value, str):
            self.grown(_weight(value, self.limits.output))
        return value

    def turns(self, iterable: Iterable[Any]) -> Iterator[Any]:
        """The items of a loop, the clock checked at each."""
        for item in iterable:
            self.tick()
            yield item

    def joined(self, join: Callable[[Any], str], parts: tuple[Any, ...]) -> str:
        """What ``~`` joins, its length checked first."""
        self.grown(_weight(parts, self.limits.output))
        return join(parts)

    def concat(self, pieces: Iterable[str]) -> str:
        """What a macro or a captured block printed, its length checked first."""
        kept = list(pieces)
        self.grown(sum(map(len, kept)))
        return "".join(kept)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """An operator that can make a long text or a huge number, its result's size checked first."""
        self.tick()
        if operator == "**" and (not _small(left) or not _small(right) or abs(right) > 64):
            raise LimitError("the power is too large for a sandboxed template", cure="use smaller numbers")
        if operator == "*":
            self.grown(_repeated(left, right))
        if operator == "+" and hasattr(left, "__len__") and hasattr(right, "__len__"):
            self.grown(len(left) + len(right))
        if operator == "%" and isinstance(left, str):
            self._check(left, "format", right if isinstance(right, tuple) else (right,), {})
        return super().call_binop(context, operator, left, right)

    def call(__self, __context: Any, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805
        """A call from a template: safe by the sandbox's rules, its arguments and its result within the limits."""
        __self.tick()
        owner = getattr(getattr(__obj, "__wrapped__", __obj), "__self__", None)
        if isinstance(owner, str | bytes | int):
            args = tuple(list(arg) if isinstance(arg, Iterator) else arg for arg in args)
            __self._check(_text(owner), getattr(__obj, "__name__", ""), args, kwargs)
        return super().call(__context, __obj, *args, **kwargs)

    def _limited(self, filter_: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(filter_)
        def limited(*args: Any, **kwargs: Any) -> Any:
            self.tick()
            name = getattr(filter_, "__name__", "").removeprefix("do_").removeprefix("sync_do_")
            if name == "join":
                args = tuple(list(arg) if isinstance(arg, Iterator) else arg for arg in args)
            texts = [str(arg) for arg in args if isinstance(arg, str)]
            self._check(texts[0] if texts else "", name, args[1:] if name == "format" else args, kwargs)
            return filter_(*args, **kwargs)

        return limited

    def _check(self, text: str, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Refuse arguments with which a string method or a filter makes a text out of all proportion."""
        values = [*args, *kwargs.values()]
        widths = (*args[2:], *kwargs.values()) if name == "tojson" else values
        numbers = [value for value in widths if isinstance(value, int)]
        if name not in _HARMLESS:
            self.grown(max([0, *numbers]) * (text.count(_REPEATING.get(name, "\0")) + 1))
        match name:
            case "replace":
                self.grown(_replaced(text, [_text(value) for value in values if isinstance(value, str | bytes)]))
            case "join" | "xmlattr":
                self.grown(_joined(text, values, self.limits.output))
            case "format" | "format_map":
                if _WIDTH.search(text):
                    raise LimitError(
                        "the format's width is too large for a sandboxed template", cure="use a smaller width"
                    )
                self.grown((text.count("%") + text.count("{")) * _weight(values, self.limits.output))
            case "indent" | "urlize" | "wordwrap":
                longest = max((len(value) for value in values[1:] if isinstance(value, str)), default=0)
                self.grown(longest * (len(text) if name == "wordwrap" else text.count(_REPEATING[name])))


_REPEATING = {"indent": "\n", "expandtabs": "\t", "urlize": "."}
"""Where in a text a filter or method puts in what it is given."""


def _text(value: object) -> str:
    return value if isinstance(value, str) else value.decode("latin-1") if isinstance(value, bytes) else ""


def _weight(value: object, most: int) -> int:
    """The characters that printing a value makes at least; counted until they are more than ``most``."""
    total = 0
    waiting = [value]
    while waiting and total <= most:
        one = waiting.pop()
        if isinstance(one, str | bytes):
            total += len(one)
        elif isinstance(one, int):
            total += one.bit_length() // 4
        elif isinstance(one, Mapping):
            total += len(one)
            waiting += (*one.keys(), *one.values())
        elif isinstance(one, list | tuple | set | frozenset):
            total += len(one)
            waiting += one
    return total


def _replaced(text: str, texts: list[str]) -> int:
    """The length of ``text`` with one of the texts replaced by another, when every occurrence is."""
    if len(texts) < 2:
        return 0
    old, new = texts[-2:]
    return len(text) + text.count(old) * len(new)


def _joined(text: str, values: list[Any], most: int) -> int:
    """The length of what a joiner among the values makes of a list among them."""
    lists = [value for value in values if isinstance(value, Sized) and not isinstance(value, str | bytes)]
    joiner = max([len(text), *(len(value) for value in values if isinstance(value, str | bytes))])
    return sum(len(items) * joiner + _weight(items, most) for items in lists)


def _small(number: Any) -> bool:
    return isinstance(number, int | float) and abs(number) < 2**64


def _repeated(left: Any, right: Any) -> int:
    """The length of ``left * right`` when one of them is a sequence; the digits of the product otherwise."""
    for text, count in ((left, right), (right, left)):
        if hasattr(text, "__len__") and isinstance(count, int):
            return len(text) * max(0, count)
    if isinstance(left, int) and isinstance(right, int):
        return (left.bit_length() + right.bit_length()) // 3
    return 0
