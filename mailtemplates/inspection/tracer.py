"""Templates rendered for linting: to what the engine renders, each piece with its place in a template."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

from mailtemplates.engine import Engine
from mailtemplates.jinja.branches import Choice, Watch, World
from mailtemplates.jinja.source import TemplateSource
from mailtemplates.jinja.tracing import Traced, Trees, join, tracing_environment, untraced
from mailtemplates.message.parts import Parts
from mailtemplates.template.renderer import Given, Renderer
from mailtemplates.template.reserved import BODY_BLOCKS, Sink


class Trace(NamedTuple):
    """One render, traced.

    :param parts: what it renders to.
    :param blocks: what each block prints; under the empty name, what a file without body blocks does.
    :param sources: the sources of the templates that took part, by name.
    :param taken: which ways its conditions went.
    """

    parts: Parts
    blocks: Mapping[str, Traced]
    sources: Mapping[str, str]
    taken: frozenset[Choice]


class _TracedRenderer(Renderer):
    """A renderer that keeps what blocks print with its origins."""

    def __init__(self, *args: Any, kept: dict[tuple[str, Sink], list[Any]], **options: Any) -> None:
        super().__init__(*args, **options)
        self._kept = kept

    def pieces(self, output: Any, block: str, sink: Sink) -> list[Any]:
        pieces = super().pieces(output, block, sink)
        self._kept[block, sink] = pieces
        return untraced(pieces)


class Tracer:
    """Traces renders of an engine's templates. One run's; not thread-safe."""

    def __init__(self, engine: Engine) -> None:
        self.watch = Watch()
        self.sources: dict[str, str] = {}
        self._kept: dict[tuple[str, Sink], list[Any]] = {}
        self._trees: Trees = {}
        environment = tracing_environment(self.sources, self.watch, self._trees)
        self._renderer = engine.renderer(environment, partial(_TracedRenderer, kept=self._kept))
        self._given = Given({}, {}, (), engine.settings.locale)

    def know(self, template: TemplateSource) -> None:
        """Take the tree of the template that is traced next, instead of parsing it once more."""
        self._trees.clear()
        if template.tree is not None:
            self._trees[template.name, template.text] = template.tree

    def trace(self, name: str, data: Mapping[str, Any], world: World | None = None) -> Trace:
        """Render a template with its origins.

        :param world: what is so whatever the data says.
        :raises MailTemplatesError: with the place in the template.
        """
        self.watch.enter(world or World())
        self._kept.clear()
        parts = self._renderer.render(name, data, self._given)
        blocks = {block: join(pieces) for (block, _), pieces in self._kept.items() if block}
        if not blocks.keys() & BODY_BLOCKS:
            sink = Sink.HTML if parts.html is not None else Sink.FILE
            blocks[""] = join(self._kept.get(("", sink), ()))
        return Trace(parts, blocks, self.sources, frozenset(self.watch.taken))
