"""CSS inlining: style sheets become ``style`` attributes, and nothing else of the author's html changes.

Floor 3. An engine says once which selectors match which tag of a document's structure; that answer is kept and used for
every document of the same structure. See ``docs/inlining.md``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from mailtemplates.anatomy import Anatomy, InlineWarning, Load, dissect
from mailtemplates.errors import SettingsError
from mailtemplates.inliners import load_engine
from mailtemplates.markup import encode
from mailtemplates.matching import Matching, match, skeleton
from mailtemplates.memo import Memo
from mailtemplates.rulebook import Rulebook
from mailtemplates.source import Source
from mailtemplates.stylesheet import read_sheet

KeepStyle = Literal["rest", "all", "none"]
"""What stays in ``<style>``: what could not be inlined, everything, or nothing."""

INVISIBLE = frozenset({"head", "title", "base", "link", "meta", "style", "script"})
"""Elements that are never shown: they get no style."""

Edit = tuple[int, int, str]
"""``html[start:end]`` becomes the text."""


class Inlined(NamedTuple):
    """Inlined html, and what was wrong with the input."""

    html: str
    warnings: tuple[InlineWarning, ...]


class Inliner:
    """Inlines documents, and remembers the structures it has seen. Thread-safe; its memory is bounded.

    :param engine: the name of an engine in :mod:`mailtemplates.inliners`, loaded when a structure is first seen.
    :param keep_style: what stays in ``<style>`` elements.
    :param load: reads the sheet that a relative ``<link rel=stylesheet>`` names; without it such a link is an error.
    """

    def __init__(
        self,
        engine: str = "css-inline",
        keep_style: KeepStyle = "rest",
        *,
        base_url: str | None = None,
        load: Load | None = None,
    ) -> None:
        if keep_style not in ("rest", "all", "none"):
            raise SettingsError(f"keep_style cannot be {keep_style!r}", cure="choose rest, all or none")
        self._engine = load_engine(engine)
        self._keep_style = keep_style
        self._load = load
        self._base_url = base_url
        self._rulebooks: Memo[tuple[tuple[str, ...], tuple[str, ...]], Rulebook] = Memo(64)
        self._matchings: Memo[tuple[Rulebook, str], Matching] = Memo(400_000)

    def inline(self, html: str, css: str = "") -> Inlined:
        """Inline the document's style sheets, and ``css`` after them."""
        anatomy = dissect(html, self._load)
        source = Source("<css>", css)
        extra = [InlineWarning(fault.problem, source.locate(fault.offset)) for fault in read_sheet(css).faults]
        edits = self._edits(anatomy, css)
        return Inlined(apply(html, edits), (*anatomy.warnings, *extra))

    def _edits(self, anatomy: Anatomy, css: str) -> list[Edit]:
        rulebook = self._rulebook(anatomy, css)
        parts = skeleton(anatomy, rulebook)
        key = (rulebook, "".join(parts))
        matching = self._matchings.get(key) or self._matchings.put(
            key, match(parts, rulebook, self._engine), len(parts)
        )
        edits = [*self._sheet_edits(anatomy, css), *tag_edits(anatomy, rulebook, matching)]
        return sorted(edits)

    def _rulebook(self, anatomy: Anatomy, css: str) -> Rulebook:
        inlined = tuple(sheet.css for sheet in anatomy.sheets if sheet.inlined) + ((css,) if css else ())
        others = tuple(sheet.css for sheet in anatomy.sheets if not sheet.inlined)
        key = inlined, others
        known = self._rulebooks.get(key)
        if known:
            return known
        kept = () if self._keep_style == "none" else (*others, *(read_sheet(text).rest() for text in inlined))
        return self._rulebooks.put(key, Rulebook(inlined, kept))

    def _sheet_edits(self, anatomy: Anatomy, css: str) -> Iterator[Edit]:
        for sheet in anatomy.sheets:
            rest = self._rest(sheet.css) if sheet.inlined or self._keep_style != "rest" else sheet.css
            if sheet.pinned or (rest == sheet.css and sheet.offset >= 0):
                continue
            if not rest:
                yield sheet.start, sheet.end, ""
            elif sheet.offset < 0:
                media = f' media="{encode(sheet.media)}"' if sheet.media else ""
                yield sheet.start, sheet.end, f"<style{media}>{rest}</style>"
            else:
                yield sheet.offset, sheet.offset + len(sheet.css), rest
        if rest := self._rest(css):
            at = _head_end(anatomy)
            yield at, at, f"<style>{rest}</style>"

    def _rest(self, css: str) -> str:
        if self._keep_style == "rest":
            return read_sheet(css).rest()
        return css if self._keep_style == "all" else ""


def tag_edits(anatomy: Anatomy, rulebook: Rulebook, matching: Matching) -> Iterator[Edit]:
    """The start tags whose style changes."""
    html = anatomy.html
    numbers = iter(matching.numbers)
    for kind, start, end, name in anatomy.tokens:
        if kind == "start":
            matched = next(numbers)
            if matched and name not in INVISIBLE:
                tag = html[start:end]
                styled = rulebook.styled(tag, name, matched)
                if styled is not tag:
                    yield start, end, styled


def apply(html: str, edits: Iterable[Edit]) -> str:
    """``html`` with edits that are sorted and don't overlap."""
    parts: list[str] = []
    done = 0
    for start, end, text in edits:
        parts += html[done:start], text
        done = end
    return "".join([*parts, html[done:]])


def _head_end(anatomy: Anatomy) -> int:
    """Where a style sheet of our own goes: the end of the head, else before the first tag that is shown."""
    for kind, start, _, name in anatomy.tokens:
        if kind == "end" and name == "head":
            return start
        if kind == "start" and name not in INVISIBLE and name != "html":
            return start
    return 0


def inline_css(
    html: str,
    css: str = "",
    *,
    engine: str = "css-inline",
    keep_style: KeepStyle = "rest",
    base_url: str | None = None,
    load: Load | None = None,
) -> str:
    """``html`` with its style sheets, and ``css`` after them, inlined; see :class:`Inliner` for the options."""
    return Inliner(engine, keep_style, base_url=base_url, load=load).inline(html, css).html
