"""Template and data become parts: each reserved block is rendered for its own sink."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from pathlib import Path
from typing import Any, NamedTuple, Protocol
from weakref import WeakKeyDictionary

from jinja2 import Environment, Template
from jinja2.runtime import Context, new_context

from mailtemplates.errors import HeaderError, LimitError, MailTemplatesError, TemplateError
from mailtemplates.headers.address import mailboxes
from mailtemplates.headers.field import Field
from mailtemplates.headers.fragment import Data
from mailtemplates.headers.headerblocks import make_field, parse_headers_block, read_field
from mailtemplates.html import amendments as document
from mailtemplates.inlining.anatomy import InlineWarning
from mailtemplates.inlining.inliner import Inliner
from mailtemplates.message.attachment import Attachment
from mailtemplates.message.parts import Parts
from mailtemplates.source import Location, Source
from mailtemplates.template import sandbox
from mailtemplates.template.catalogs import Catalogs, language_tag
from mailtemplates.template.context import Render, current
from mailtemplates.template.htmlplace import in_html
from mailtemplates.template.loader import Files
from mailtemplates.template.reserved import (
    ATTACHMENTS,
    BODY_BLOCKS,
    HEADER_FIELDS,
    HEADERS,
    PREHEADER,
    RESERVED,
    Sink,
)
from mailtemplates.template.sinks import environment_for, flatten, is_static
from mailtemplates.text.plaintext import text_of
from mailtemplates.text.woven import Woven, is_whole

_STR = frozenset((str,))
_KEPT_TEMPLATES = 256
_KEPT_WARNINGS = 100


class MakeEnvironment(Protocol):
    """Makes the environment of a sink from the one that all share."""

    def __call__(self, base: Environment, sink: Sink, *, auto_reload: bool) -> Environment: ...


class Given(NamedTuple):
    """What the caller of a render says beside the data: fields that come instead of the template's, files to add."""

    fields: Mapping[str, Any]
    headers: Mapping[str, str]
    attachments: Sequence[Attachment | str | Path]
    locale: str


class Renderer:
    """Renders the templates of one environment. Thread-safe; everything it keeps is bounded."""

    def __init__(
        self,
        environment: Environment,
        *,
        files: Files,
        inliner: Inliner,
        catalogs: Catalogs,
        auto_reload: bool = True,
        text_width: int = 72,
        make_environment: MakeEnvironment = environment_for,
    ) -> None:
        self._environments = {sink: make_environment(environment, sink, auto_reload=auto_reload) for sink in Sink}
        self._limits = getattr(environment, "limits", None)
        self._files = files
        self.inliner = inliner
        self._catalogs = catalogs
        self._text_width = text_width
        self._auto_reload = auto_reload
        self._templates: dict[str, Template] = {}
        self.static_fields: WeakKeyDictionary[Any, Sequence[Field] | None] = WeakKeyDictionary()
        self.warnings: WeakKeyDictionary[Template, dict[tuple[InlineWarning, str], str]] = WeakKeyDictionary()
        self._twins: WeakKeyDictionary[Template, dict[Sink, Template]] = WeakKeyDictionary()

    def render(self, name: str, data: Mapping[str, Any], given: Given) -> Parts:
        """Render a template.

        :raises MailTemplatesError: with the place in the template.
        """
        state = Render(self._files.attachment, self._catalogs.find(given.locale))
        if self._limits:
            sandbox.start_clock(self._limits)
        token = current.set(state)
        try:
            return _Message(self, name, data, given, state).parts()
        except Exception as error:
            from mailtemplates.template.faults import translate  # 3 ms of 50 at the start, and most renders have none

            fault = translate(error, self._environments[Sink.HTML], name, data)
            raise fault from (None if fault is error else error)
        finally:
            current.reset(token)

    def place(self, name: str, error: MailTemplatesError) -> MailTemplatesError:
        """An error about a message that the template ``name`` made, with its place in a template."""
        from mailtemplates.template.templateplace import without_place  # as above

        return without_place(error, self.environment, name)

    @property
    def environment(self) -> Environment:
        """An environment that all sinks share the loader of."""
        return self._environments[Sink.PLAIN]

    def template(self, name: str) -> Template:
        """The template compiled for html, fresh when templates are reloaded."""
        known = self._templates.get(name)
        if known is not None and (not self._auto_reload or known.is_up_to_date):
            return known
        if len(self._templates) >= _KEPT_TEMPLATES:
            self._templates.clear()
        found = self._templates[name] = self._environments[Sink.HTML].get_template(name)
        return found

    def twin(self, template: Template, sink: Sink) -> Template:
        """What was compiled for html compiled for another sink; as fresh as that, without another look at the file."""
        twins = self._twins.get(template)
        if twins is None:
            twins = self._twins[template] = {Sink.HTML: template}
        found = twins.get(sink)
        if found is None:
            found = twins[sink] = self._environments[sink].get_template(template.name or "")
        return found

    def pieces(self, output: Any, block: str, sink: Sink) -> list[Any]:
        """What a block yields for a sink, or under the empty name a template's top level; within the sandbox's limit
        when there is one."""
        if not self._limits:
            return list(output)
        kept: list[Any] = []
        length = 0
        for piece in output:
            kept.append(piece)
            length += len(str(piece))
            try:
                self._environments[Sink.HTML].grown(length)  # type: ignore[attr-defined]
            except LimitError as error:
                output.throw(error)  # where the template stands, which is where the error is to point
        return kept


class _Message:
    """One render of one template."""

    def __init__(self, renderer: Renderer, name: str, data: Mapping[str, Any], given: Given, state: Render) -> None:
        self.renderer = renderer
        self.name = name
        self.given = given
        self.state = state
        self.template = renderer.template(name)
        self.language = language_tag(given.locale) if given.locale else ""
        locale = {"lang": self.language, "locale": given.locale} if given.locale else {}
        self.variables: dict[str, Any] = {**renderer.environment.globals, **locale, **data}
        self.warnings: list[str] = []
        self.found: list[InlineWarning] = []
        self.contexts: dict[Sink, Context] = {}
        self.top: dict[Sink, list[Any]] = {}

    def parts(self) -> Parts:
        """Render every block that the template has."""
        blocks = self.context(Sink.HTML).blocks.keys() & RESERVED
        pieces, text = self.bodies(blocks)
        joined = self.finished(pieces, blocks) if pieces is not None else None
        is_text_made = joined is not None and text is None
        if joined is not None and text is None:
            text = text_of(joined, width=self.renderer._text_width)
        amp = "".join(self.block("amp", Sink.HTML)).strip() if "amp" in blocks else ""
        self.check_whole(amp, "amp", Sink.HTML)
        return Parts(
            fields=tuple(self.fields(blocks, joined)),
            html=joined,
            text=text,
            calendar=self.text("calendar") if "calendar" in blocks else None,
            amp=amp or None,
            related=tuple(self.state.related.values()),
            attachments=self.attachments(blocks),
            warnings=tuple(self.warnings),
            language=self.language or (document.language(joined) if joined else "") or None,
            is_text_made=is_text_made,
        )

    def context(self, sink: Sink) -> Context:
        """The context after the template's top level has run for a sink: its sets, its imports, its parents' blocks."""
        context = self.contexts.get(sink)
        if context is None:
            template = self.renderer.twin(self.template, sink)
            everywhere = self.renderer.environment.globals
            context = self.contexts[sink] = new_context(
                template.environment, template.name, template.blocks, self.variables, True, everywhere
            )
            self.state.block = ""
            self.top[sink] = self.renderer.pieces(template.root_render_func(context), "", sink)
        return context

    def block(self, name: str, sink: Sink) -> list[Any]:
        """What a reserved block yields."""
        context = self.context(sink)
        self.state.block = name
        return self.renderer.pieces(context.blocks[name][0](context), name, sink)

    def check_whole(self, text: str, block: str, sink: Sink) -> None:
        """Refuse half of a character, which no encoding can write.

        :param block: what the text was made by; empty for the top level.
        :raises TemplateError: with the place that printed it.
        """
        if not is_whole(text):
            context = self.context(sink)
            compiled = self.renderer.twin(self.template, sink).root_render_func
            compiled = context.blocks[block][0] if block else compiled
            from mailtemplates.template.faults import halved  # as in :meth:`Renderer.render`

            raise halved(
                compiled, context, self.renderer.environment, f"the block {block}" if block else "the template"
            )

    def text(self, name: str) -> str | None:
        """A block of plain text, without blank lines around it; None when it is empty."""
        text = "".join(map(str, self.block(name, Sink.PLAIN)))
        self.check_whole(text, name, Sink.PLAIN)
        lines = text.replace("\r\n", "\n").split("\n")
        written = [number for number, line in enumerate(lines) if line.strip()]
        return "\n".join(lines[written[0] : written[-1] + 1]) + "\n" if written else None

    def bodies(self, blocks: Set[str]) -> tuple[list[str] | None, str | None]:
        """The pieces of the html and the author's text; a file without body blocks is one of the two as it is."""
        if blocks & BODY_BLOCKS:
            pieces = _plain(self.block("html", Sink.HTML)) if "html" in blocks else None
            return pieces, self.text("text") if "text" in blocks else None
        whole = _plain(self.top[Sink.HTML])
        joined = "".join(whole)
        if not joined.strip():
            raise self.renderer.place(self.name, _no_body())
        if document.is_html(joined):
            return whole, None
        self.context(Sink.FILE)
        text = "".join(self.top[Sink.FILE])
        self.check_whole(text, "", Sink.FILE)
        return None, text.rstrip("\n") + "\n"

    def finished(self, pieces: Sequence[str], blocks: Set[str]) -> Woven:
        """The html with language, preheader and inlined styles."""
        if self.language:
            pieces = document.with_language(pieces, self.language)
        if PREHEADER in blocks:
            preheader = " ".join((self.text(PREHEADER) or "").split())
            if preheader:
                pieces = document.with_preheader(pieces, preheader)
        block = "html" if blocks & BODY_BLOCKS else ""
        try:
            woven = self.renderer.inliner.splice(pieces, self.found.append)
        except UnicodeEncodeError:
            self.check_whole("".join(pieces), block, Sink.HTML)
            raise
        self.check_whole(woven, block, Sink.HTML)
        if self.found:
            self.place_warnings("".join(pieces))
        return woven

    def place_warnings(self, html: str) -> None:
        """Say the warnings at their places in the templates, or else in the html; each is looked for once."""
        from mailtemplates.template.templateplace import line_place  # as in :meth:`Renderer.render`

        known = self.renderer.warnings.setdefault(self.template, {})
        source = Source("", html)
        for warning in self.found:
            line = source.line(warning.location.line)
            said = known.get((warning, line))
            if said is None:
                found = line_place(warning.location, line, self.renderer.environment, self.name)
                place = found[0] if found else in_html(warning.location, self.name)
                said = str(InlineWarning(warning.problem, place))
                if len(known) < _KEPT_WARNINGS:
                    known[warning, line] = said
            self.warnings.append(said)

    def fields(self, blocks: Set[str], html: str | None) -> Iterator[Field]:
        """The header fields: the caller's before the template's, and a ``<title>`` for the subject that nobody gave."""
        for block, name in HEADER_FIELDS.items():
            given = self.given.fields.get(name)
            if given is not None:
                yield _given_field(name, given)
            elif block in blocks:
                yield from self.header_block(block, name)
            elif name == "Subject" and html and (title := document.title(html)) and not blocks & BODY_BLOCKS:
                yield read_field(name, [Data(title, "<title>")])
        own = {name.lower() for name in self.given.headers}
        for field in self.header_block(HEADERS) if HEADERS in blocks else ():
            if field.name.lower() not in own:
                yield field
        for name, value in self.given.headers.items():
            yield make_field(name, value)

    def header_block(self, block: str, name: str = "") -> Sequence[Field]:
        """The fields of a header block; none when it is empty.

        :raises HeaderError: with the place of the block, or of the value in it.
        """
        context = self.context(Sink.PLAIN)
        function = context.blocks[block][0]
        known = self.renderer.static_fields.get(function, ())
        if known:
            return known
        fragments = flatten(self.block(block, Sink.PLAIN))
        if Data not in map(type, fragments) and not any(type(one) is not str or one.strip() for one in fragments):
            return ()
        try:
            fields = _read_block(name, fragments, None)
        except HeaderError:
            return self.blamed(block, name, fragments)
        if known is not None:
            self.renderer.static_fields[function] = fields if is_static(function) else None
        return fields

    def blamed(self, block: str, name: str, fragments: Sequence[Any]) -> Sequence[Field]:
        """Read a header block that is wrong once more, to say where.

        :raises HeaderError: with the place of the value that it is about, else of the block.
        """
        function = self.context(Sink.PLAIN).blocks[block][0]
        template = function.__globals__["__jinja_template__"]
        line = template.get_corresponding_lineno(function.__code__.co_firstlineno)
        try:
            return _read_block(name, fragments, Location(template.name or "", line))
        except HeaderError as error:
            from mailtemplates.template.templateplace import in_header_block  # as above

            place = error.location or Location(template.name or "", line)
            error.location = None
            raise in_header_block(error, self.renderer.environment, place, line, block) from None

    def attachments(self, blocks: Set[str]) -> tuple[Attachment, ...]:
        """What the ``attachments`` block attached, then what the caller added."""
        if ATTACHMENTS in blocks:
            self.block(ATTACHMENTS, Sink.PLAIN)
        given = (
            item if isinstance(item, Attachment) else Attachment.from_path(Path(item))
            for item in self.given.attachments
        )
        return (*self.state.attachments, *given)


def _plain(pieces: list[str]) -> list[str]:
    """The pieces as plain strings: what is joined to ``Markup`` later would be escaped."""
    if _STR.issuperset(map(type, pieces)):
        return pieces
    return [piece if type(piece) is str else str(piece) for piece in pieces]


def _no_body() -> TemplateError:
    return TemplateError(
        "the template has no html and no text",
        cure="add {% block html %}, or {% block text %}, or write the html outside any block",
    )


def _read_block(name: str, fragments: Sequence[Any], location: Location | None) -> Sequence[Field]:
    if name:
        return (read_field(name, fragments, location=location),)
    return parse_headers_block(fragments, location=location)


def _given_field(name: str, value: Any) -> Field:
    """A field that the caller gave: a text for the subject, URLs, or whole addresses, parsed strictly.

    :raises HeaderError: the value is not what the field holds.
    """
    if name == "Subject":
        return read_field(name, [Data(str(value), "subject")])
    if name == "List-Unsubscribe":
        return read_field(name, [str(value)])
    return read_field(name, [mailboxes(value)])
