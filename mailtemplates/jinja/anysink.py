"""Templates compiled once for every sink, where untraced ones are compiled for each: for linting, which renders a
template once or twice and compiles it as often.

The code asks its environment whether it escapes, instead of being made for the answer. Templates that say so
themselves (``{% autoescape %}``) are compiled for each sink.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jinja2 import BytecodeCache, nodes
from jinja2.bccache import Bucket
from jinja2.compiler import CodeGenerator, Frame

from mailtemplates.memo import Memo

if TYPE_CHECKING:
    from types import CodeType

_KEPT_TEMPLATES = 64

ESCAPES = "environment.autoescape"
"""What compiled code asks: true in html, false in text and header fields."""


class SharedCode(BytecodeCache):
    """The code of templates that was compiled for any sink. One run's."""

    def __init__(self) -> None:
        self._kept: Memo[tuple[str, str], CodeType] = Memo(_KEPT_TEMPLATES)
        self.apart: set[str | None] = set()

    def get_cache_key(self, name: str, filename: str | None = None) -> str:
        return name

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        if bucket.key not in self.apart and bucket.code is not None:
            self._kept.put((bucket.key, bucket.checksum), bucket.code)


class AnySinkGenerator(CodeGenerator):
    """Leaves to the environment whether it escapes; a mixin before a sink's own generator.

    Jinja calls code that leaves it open *volatile*. Such code asks the context, which a template that calls a block may
    have changed; this code asks the environment, so that it escapes as what is compiled for one sink does.
    """

    def visit_Template(self, node: nodes.Template, frame: Frame | None = None) -> None:  # noqa: N802
        shared = self.environment.bytecode_cache
        self._is_open = isinstance(shared, SharedCode) and node.find(nodes.EvalContextModifier) is None
        if isinstance(shared, SharedCode):
            (shared.apart.discard if self._is_open else shared.apart.add)(self.name)
        super().visit_Template(node, frame)

    def enter_frame(self, frame: Frame) -> None:
        frame.eval_ctx.volatile = frame.eval_ctx.volatile or self._is_open
        super().enter_frame(frame)

    def return_buffer_contents(self, frame: Frame, force_unescaped: bool = False) -> None:
        if self._is_open and not force_unescaped:
            self.writeline(f"return (Markup if {ESCAPES} else identity)(concat({frame.buffer}))")
        else:
            super().return_buffer_contents(frame, force_unescaped)

    def visit_TemplateData(self, node: nodes.TemplateData, frame: Frame) -> None:  # noqa: N802
        if self._is_open:
            self.write(f"(Markup if {ESCAPES} else identity)({node.data!r})")
        else:
            super().visit_TemplateData(node, frame)

    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:  # noqa: N802
        if not self._is_open:
            super().visit_Concat(node, frame)
            return
        self.write(f"(markup_join if {ESCAPES} else str_join)((")
        for child in node.nodes:
            self.visit(child, frame)
            self.write(", ")
        self.write("))")

    def visit_MarkSafeIfAutoescape(self, node: nodes.MarkSafeIfAutoescape, frame: Frame) -> None:  # noqa: N802
        if not self._is_open:
            super().visit_MarkSafeIfAutoescape(node, frame)
            return
        self.write(f"(Markup if {ESCAPES} else identity)(")
        self.visit(node.expr, frame)
        self.write(")")

    def visit_Filter(self, node: nodes.Filter, frame: Frame) -> None:  # noqa: N802
        if not self._is_open or node.node is not None:
            super().visit_Filter(node, frame)
            return
        with self._filter_test_common(node, frame, True):
            self.write(f"(Markup if {ESCAPES} else identity)(concat({frame.buffer}))")

    def escaping(self, frame: Frame) -> str:
        """The expression that says whether what is printed is escaped."""
        if self._is_open:
            return ESCAPES
        return "context.eval_ctx.autoescape" if frame.eval_ctx.volatile else str(bool(frame.eval_ctx.autoescape))
