"""CSS inlining: style sheets become ``style`` attributes, and nothing else of the author's html changes.

An engine says once which selectors match which tag of a document's structure; that answer is kept and used for
every document of the same structure. See ``docs/inlining.md``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple, Protocol

from mailtemplates.css.stylesheet import read_sheet
from mailtemplates.errors import MailTemplatesError, SettingsError
from mailtemplates.inliners import engine_version, load_engine
from mailtemplates.inlining.anatomy import Anatomy, InlineWarning, Load, dissect
from mailtemplates.inlining.baseurl import URL_ATTRIBUTES, check_base
from mailtemplates.inlining.edits import Edit, KeepStyle, apply, narrowed, sheet_edits, sheet_texts, tag_edits
from mailtemplates.inlining.matching import Matching, match, skeleton
from mailtemplates.inlining.paths import PathGraph
from mailtemplates.inlining.pieces import Lexer, PieceKey
from mailtemplates.inlining.rulebook import ALWAYS_RELEVANT, Rulebook
from mailtemplates.inlining.splice import Family, Paths, Plan, distribute, walk
from mailtemplates.inlining.weaving import Likeness, likeness
from mailtemplates.memo import Memo
from mailtemplates.source import Source
from mailtemplates.text.woven import Woven
from mailtemplates.version import VERSION

_FORMAT = "3"
_KEPT_LATELY = 256


class Store(Protocol):
    """Keeps answers of engines beyond the process. Both methods never raise; a lost answer is only asked again."""

    def get(self, key: str) -> bytes | None:
        """What was put under ``key`` (64 hexadecimal digits), or None."""

    def put(self, key: str, value: bytes) -> None:
        """Keep ``value`` under ``key``."""


Report = Callable[[InlineWarning], object]
"""Takes a warning."""


class Inlined(NamedTuple):
    """Inlined html, and what was wrong with the input."""

    html: str
    warnings: tuple[InlineWarning, ...]


class Statistics(NamedTuple):
    """How often :meth:`Inliner.splice` knew the pieces (``hits``), made a plan from known paths (``walks``), or looked
    at the whole document (``misses``); and how often an engine ran (``engine_runs``)."""

    hits: int
    walks: int
    misses: int
    engine_runs: int


class Inliner:
    """Inlines documents, and remembers the structures it has seen. Thread-safe; its memory is bounded.

    :param engine: the name of an engine in :mod:`mailtemplates.inliners`, imported when a structure is first seen.
    :param keep_style: what stays in ``<style>``: ``"rest"`` (what could not be inlined), ``"all"`` or ``"none"``.
    :param base_url: makes relative URLs absolute; without it they stay as they are.
    :param load: reads the sheet that a relative ``<link rel=stylesheet>`` names; without it such a link is an error.
    :param store: keeps answers of the engine between processes.
    """

    def __init__(
        self,
        engine: str = "css-inline",
        keep_style: KeepStyle = "rest",
        *,
        base_url: str | None = None,
        load: Load | None = None,
        store: Store | None = None,
    ) -> None:
        if keep_style not in ("rest", "all", "none"):
            raise SettingsError(f"keep_style cannot be {keep_style!r}", cure="choose rest, all or none")
        self._engine_name = engine
        self._engine = load_engine(engine)
        self._keep_style = keep_style
        self._base_url = check_base(base_url) if base_url else ""
        self._load = load
        self._store = store
        self._counts = dict.fromkeys(Statistics._fields, 0)
        self._rulebooks: Memo[tuple[tuple[str, ...], tuple[str, ...]], Rulebook] = Memo(32)
        self._matchings: Memo[tuple[Rulebook, str], Matching] = Memo(4_000_000)
        self._families: Memo[str, Family] = Memo(256)
        self._plans: Memo[tuple[Family, PieceKey], Plan] = Memo(16_000_000)
        self._lately: dict[tuple[int, str], Likeness] = {}

    @property
    def statistics(self) -> Statistics:
        """Counts since this inliner was made; under many threads, near enough."""
        return Statistics(**self._counts)

    def inline(self, html: str, css: str = "") -> Inlined:
        """Inline the document's style sheets, and ``css`` after them.

        Raises :class:`SettingsError` for a linked sheet that cannot be read.
        """
        html = str(html)
        anatomy = dissect(html, self._load)
        rulebook = self._rulebook(anatomy, css)
        edits = self._edits(anatomy, rulebook, self._matching(anatomy, rulebook), css)
        source = Source("<css>", css)
        extra = [InlineWarning(fault.problem, source.locate(fault.offset)) for fault in read_sheet(css).faults]
        return Inlined(apply(html, edits), (*anatomy.warnings, *extra))

    def splice(self, pieces: Iterable[str], report: Report | None = None) -> Woven:
        """Inline a document that comes in pieces, as a template yields it: the same as :meth:`inline` of the whole.

        ``report`` is called with each warning, as in :class:`Inlined`; its place is that in the first document with
        these pieces.

        Stretches that come again become the same ``str`` objects again. Costs a few dictionary look-ups for each piece
        once the document's structure, or the paths it is made of, are known, and next to nothing when the last document
        of as many pieces differed in values only.
        """
        given = list(pieces)
        like = self._lately.get((len(given), given[0])) if given else None
        if like is not None and self._current(like.plan) and (values := like.values(given)) is not None:
            self._counts["hits"] += 1
            _tell(report, like.plan.warnings)
            return Woven.filled(like.shape, values)
        return self._spliced(given, report)

    def _spliced(self, given: list[str], report: Report | None) -> Woven:
        family = self._family(given)
        lexer = family.lexer
        key = lexer.key(given)
        plan = self._plans.get((family, key))
        if plan is None or not self._current(plan):
            plan = self._walked(family, lexer, key, given) or self._planned(family, given)
            if plan is None:
                inlined = self.inline("".join(given))
                _tell(report, inlined.warnings)
                return Woven([inlined.html])
        else:
            self._counts["hits"] += 1
        _tell(report, plan.warnings)
        woven = Woven([piece if out is None else out for piece, out in zip(given, plan.outs, strict=True)])
        if given and woven.shape is not None:
            self._remember(given, key, lexer, plan, woven)
        return woven

    def _remember(self, pieces: list[str], key: PieceKey, lexer: Lexer, plan: Plan, woven: Woven) -> None:
        sign = len(pieces), pieces[0]
        known = self._lately.get(sign)
        like = likeness(pieces, key, lexer, plan, woven) if known is None or known.plan is not plan else None
        if like is not None:
            if len(self._lately) >= _KEPT_LATELY:
                self._lately.clear()
            self._lately[sign] = like

    def _family(self, pieces: list[str]) -> Family:
        """Documents are kin when their first piece with a style sheet is the same, or else their first with a tag."""
        for sign in ("<style", "<"):
            for piece in pieces:
                if sign in piece:
                    return self._families.get(piece) or self._new_family(piece)
        return self._families.get("") or self._new_family("")

    def _new_family(self, piece: str) -> Family:
        return self._families.put(piece, Family(Lexer(self._always_relevant())), 1 + len(piece) // 10_000)

    def _always_relevant(self) -> frozenset[str]:
        return ALWAYS_RELEVANT | URL_ATTRIBUTES | {"srcset"} if self._base_url else ALWAYS_RELEVANT

    def _current(self, plan: Plan) -> bool:
        """Whether the linked sheets are what they were; :meth:`inline` reports one that can no longer be read."""
        if not plan.links or self._load is None:
            return not plan.links
        try:
            return all(self._load(href) == css for href, css in plan.links)
        except (MailTemplatesError, OSError, KeyError, ValueError):
            return False

    def _walked(self, family: Family, lexer: Lexer, key: PieceKey, pieces: Sequence[str]) -> Plan | None:
        for paths in family.paths:
            outs = walk(paths, key) if paths.lexer is lexer else None
            if outs is not None:
                self._counts["walks"] += 1
                warnings = tuple(dissect("".join(pieces), self._load).warnings) if family.faulty else ()
                return self._keep(family, key, Plan(outs, (), warnings))
        return None

    def _planned(self, family: Family, pieces: Sequence[str]) -> Plan | None:
        """Look at the whole document, and learn from it."""
        self._counts["misses"] += 1
        html = "".join(pieces)
        anatomy = dissect(html, self._load)
        family.faulty = family.faulty or bool(anatomy.warnings)
        rulebook = self._rulebook(anatomy, "")
        lexer = family.lexer
        if not rulebook.values <= lexer.relevant:
            lexer = family.lexer = Lexer(lexer.relevant | rulebook.values)
        matching = self._matching(anatomy, rulebook)
        edits = [
            narrowed(start, html[start:end], text) for start, end, text in self._edits(anatomy, rulebook, matching, "")
        ]
        key = lexer.key(pieces)
        outs = distribute(pieces, key, edits)
        links = tuple((sheet.href, sheet.css) for sheet in anatomy.sheets if sheet.href)
        if not rulebook.sideways and not self._base_url and not links:
            self._learn(family, lexer, anatomy, rulebook, matching)
        return self._keep(family, key, Plan(outs, links, tuple(anatomy.warnings))) if outs is not None else None

    def _learn(self, family: Family, lexer: Lexer, anatomy: Anatomy, rulebook: Rulebook, matching: Matching) -> None:
        needed = matching.needed()
        sheets = sheet_texts(anatomy, self._keep_style, rulebook.texts(needed))
        known = family.paths
        graph = next((paths.graph for paths in known if paths.graph.rulebook is rulebook), None) or PathGraph(rulebook)
        if not any(
            (paths.lexer, paths.graph, paths.sheets, paths.needed) == (lexer, graph, sheets, needed) for paths in known
        ):
            family.paths = (Paths(lexer, graph, sheets, needed), *known)[:8]
        graph.learn(anatomy, matching)

    def _edits(self, anatomy: Anatomy, rulebook: Rulebook, matching: Matching, css: str) -> list[Edit]:
        sheets = sheet_edits(anatomy, css, self._keep_style, rulebook.texts(matching.needed()), self._base_url)
        return sorted([*sheets, *tag_edits(anatomy, rulebook, matching.numbers, self._base_url)])

    def _rulebook(self, anatomy: Anatomy, css: str) -> Rulebook:
        inlined = tuple(sheet.css for sheet in anatomy.sheets if sheet.inlined) + ((css,) if css else ())
        others = tuple(sheet.css for sheet in anatomy.sheets if not sheet.inlined)
        key = inlined, others
        known = self._rulebooks.get(key)
        if known:
            return known
        kept = (*others, *(read_sheet(text).rest() for text in inlined))
        return self._rulebooks.put(key, Rulebook(inlined, () if self._keep_style == "none" else kept))

    def _matching(self, anatomy: Anatomy, rulebook: Rulebook) -> Matching:
        parts = skeleton(anatomy, rulebook)
        structure = "".join(parts)
        key = rulebook, structure
        known = self._matchings.get(key)
        if known:
            return known
        return self._matchings.put(key, self._ask(parts, structure, rulebook), len(parts) + len(structure) // 8)

    def _ask(self, parts: list[str], structure: str, rulebook: Rulebook) -> Matching:
        """The store's answer, else the engine's."""
        if self._store is None or not rulebook.selectors:
            return self._run(parts, rulebook)
        told = json.dumps(
            [VERSION, _FORMAT, self._engine_name, engine_version(self._engine_name), rulebook.selectors, structure]
        )
        name = sha256(told.encode("utf-8", "surrogatepass")).hexdigest()
        found = self._store.get(name)
        if found:
            try:
                return Matching.from_json(found)
            except ValueError:
                pass
        matching = self._run(parts, rulebook)
        self._store.put(name, matching.to_json())
        return matching

    def _run(self, parts: list[str], rulebook: Rulebook) -> Matching:
        self._counts["engine_runs"] += bool(rulebook.selectors)
        return match(parts, rulebook.selectors, self._engine)

    def _keep(self, family: Family, key: PieceKey, plan: Plan) -> Plan:
        return self._plans.put((family, key), plan, 16 * len(key) + sum(len(out) for out in plan.outs if out))


def _tell(report: Report | None, warnings: Iterable[InlineWarning]) -> None:
    for warning in warnings:
        if report:
            report(warning)


@lru_cache(maxsize=8)
def _shared(engine: str, keep_style: KeepStyle, base_url: str | None) -> Inliner:
    return Inliner(engine, keep_style, base_url=base_url)


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
    if load is None:
        return _shared(engine, keep_style, base_url).inline(html, css).html
    return Inliner(engine, keep_style, base_url=base_url, load=load).inline(html, css).html
