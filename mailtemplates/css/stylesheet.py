"""A style sheet as rules with offsets: which can be inlined, and what must stay behind.

The sheet is read as CSS Syntax 3 says, errors included, but only as deep as inlining needs: rules,
selectors and declarations, each with its place in the author's text, so that what stays is the author's own text.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from mailtemplates.css.alternatives import settled
from mailtemplates.css.nesting import unnested
from mailtemplates.css.selector import Selector, read_selector
from mailtemplates.pattern import pattern


class Declaration(NamedTuple):
    """``name: value``. ``name`` is lower-case (custom properties as written), ``value`` without ``!important``.

    A declaration that cannot be read has an empty name and its whole text as value. ``yields`` says that its
    ``!important`` counts in the cascade but is not written, so that a rule that stays in ``<style>`` can override it.
    """

    name: str
    value: str
    important: bool
    yields: bool = False


class Fault(NamedTuple):
    """What is wrong in a sheet: a problem in words, and its offset in the sheet's text."""

    problem: str
    offset: int


class Rule(NamedTuple):
    """A rule at ``css[start:end]``; the block of declarations is ``css[block:end]``.

    An at-rule, and a rule that is too broken to take apart, has no selectors. Nor has one with rules nested in it: it
    says in ``nested`` what it means without nesting, in order, an at-rule among them as one that has no selectors;
    nothing when that cannot be said.
    """

    start: int
    block: int
    end: int
    selectors: tuple[Selector, ...]
    declarations: tuple[Declaration, ...]
    nested: tuple[Rule, ...] = ()


class Placed(NamedTuple):
    """A declaration at ``text[start:end]``, its ``!important`` with it, white space and comments around it without."""

    declaration: Declaration
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """A style sheet's text, its rules in order, and what is wrong in it."""

    css: str
    rules: tuple[Rule, ...]
    faults: tuple[Fault, ...]

    def rest(self, needed: Collection[str] = ()) -> str:
        """The author's text without the rules that can be inlined; empty when only space and comments remain.

        ``needed`` are the texts of selectors whose rules stay all the same.
        """
        kept, done = [], 0
        for rule in self.rules:
            live = [selector.text for selector in rule.selectors if _stays(selector, needed)]
            spent = bool(rule.nested) and all(_is_spent(one, needed) for one in rule.nested)
            if spent or (rule.selectors and len(live) < len(rule.selectors)):
                kept.append(self.css[done : rule.start])
                done = rule.end
                if live:
                    kept.append(", ".join(live) + self.css[_block_with_space(self.css, rule) : rule.end])
                else:
                    done = _SPACE.match(self.css, done).end()  # type: ignore[union-attr]
        kept.append(self.css[done:])
        rest = "".join(kept)
        return rest if _NOTHING.sub("", rest) else ""


def _is_spent(rule: Rule, needed: Collection[str]) -> bool:
    """Whether nothing of a rule need stay when it has been inlined."""
    return bool(rule.selectors) and not any(_stays(one, needed) for one in rule.selectors)


def _stays(selector: Selector, needed: Collection[str]) -> bool:
    said = settled(selector)
    return not said or any(one.text in needed for one in said)


_SPACE = pattern(r"[ \t\r\n\f]*")
_NOTHING = pattern(r"/\*[\s\S]*?(?:\*/|\Z)|<!--|-->|\s+")
_GAP = pattern(r"(?:/\*[^*]*+(?:\*(?!/)[^*]*+)*+(?:\*/|\Z)|<!--|-->|[ \t\r\n\f]+)*+")
_TOKEN = pattern(
    r"""/\*[^*]*+(?:\*(?!/)[^*]*+)*+(?:\*/|\Z)"""
    r"""|"[^"\\\n]*+(?:\\[\s\S][^"\\\n]*+)*+(?:"|\n|\\?\Z)|'[^'\\\n]*+(?:\\[\s\S][^'\\\n]*+)*+(?:'|\n|\\?\Z)"""
    r"""|(?i:url)\([ \t\r\n\f]*+(?!["' \t\r\n\f])[^)\\]*+(?:\\[\s\S][^)\\]*+)*+(?:\)|\\?\Z)"""
    r"""|\\[\s\S]|[{}()\[\];,:]"""
)
_IMPORTANT = pattern(r"!\s*important\s*\Z", re.I)
_PROPERTY = pattern(r"(?:--|-?(?:[a-zA-Z_]|[^\x00-\x7f]|\\.))(?:[-\w]|[^\x00-\x7f]|\\.)*\Z")
_LINE_BREAK = pattern(r"[ \t]*[\r\n\f][ \t\r\n\f]*")
_NO_SELECTOR = pattern(r"\A\Z|^[^\[(\"'\\]*[;}{@!$%]")
_DEEPEST = 8
_MOST_WRITTEN = 2000
_CLOSES = {"(": ")", "[": "]", "{": "}"}


@lru_cache(maxsize=64)
def read_sheet(css: str) -> Sheet:
    """Read any text as a style sheet. What is wrong is in :attr:`Sheet.faults`; the rest is read all the same."""
    faults: list[Fault] = []
    return Sheet(css, tuple(_rules(css, faults)), tuple(faults))


@lru_cache(maxsize=2048)
def read_declarations(text: str) -> tuple[Declaration, ...]:
    """Read the content of a ``style`` attribute or of a rule's block."""
    return tuple(declaration for declaration, _ in _declarations(text))


@lru_cache(maxsize=2048)
def place_declarations(text: str) -> tuple[Placed, ...]:
    """The declarations of a ``style`` attribute or of a rule's block with their places in its text."""
    return tuple(
        Placed(declaration, _GAP.match(text, start).end(), start + len(text[start:stop].rstrip()))  # type: ignore[union-attr]
        for (start, stop), declaration in _parts(text)
    )


def _rules(css: str, faults: list[Fault]) -> Iterator[Rule]:
    at, end = _GAP.match(css, 0).end(), len(css)  # type: ignore[union-attr]
    while at < end:
        is_at_rule = css[at] == "@"
        block, stop, problem = _extent(css, at, is_at_rule)
        if problem:
            faults.append(Fault(problem, at))
        selectors: tuple[Selector, ...] = ()
        declarations: tuple[Declaration, ...] = ()
        inside: tuple[Rule, ...] = ()
        if not is_at_rule and block < stop:
            selectors = _selectors(css[at:block])
            declarations, nested = _block(css, block + 1, stop, faults)
            broken = next((selector.text for selector in selectors if _NO_SELECTOR.search(selector.text)), None)
            if broken is not None:
                faults.append(Fault(f"{broken[:40]!r} is not a selector", at))
            if nested and broken is None:
                inside = _nested(css, block + 1, stop, selectors)
            if nested or broken is not None:
                selectors, declarations = (), ()
        yield Rule(at, block, stop, selectors, declarations, inside)
        at = _GAP.match(css, stop).end()  # type: ignore[union-attr]
    comment = css.rfind("/*")
    if comment >= 0 and "*/" not in css[comment + 2 :] and _GAP.fullmatch(css, comment):
        faults.append(Fault("a comment is not closed", comment))


def _extent(css: str, at: int, is_at_rule: bool) -> tuple[int, int, str]:
    """Offset of the ``{`` of the rule begun at ``at``, offset of its end, and what is wrong with it. The first is the
    second for an at-rule without a block."""
    closers: list[str] = []
    block, problem = -1, ""
    for match in _TOKEN.finditer(css, at):
        token = match[0]
        if token in _CLOSES:
            if token == "{" and not closers:
                block = match.start()
            closers.append(_CLOSES[token])
        elif closers:
            if token == closers[-1]:
                closers.pop()
                if block >= 0 and not closers:
                    return block, match.end(), problem
        elif token == ";" and is_at_rule:
            return match.end(), match.end(), ""
        elif token == "}":
            problem = "a } has no { before it"
    if block >= 0:
        return block, len(css), "a block is not closed"
    return len(css), len(css), "" if is_at_rule and not closers else "a rule has no block"


def _block(css: str, start: int, stop: int, faults: list[Fault]) -> tuple[tuple[Declaration, ...], bool]:
    body = css[start : stop - 1] if css[stop - 1] == "}" else css[start:stop]
    found = []
    nested = False
    for declaration, offset in _declarations(body):
        if declaration.name:
            found.append(declaration)
        elif _has_block(declaration.value):
            nested = True
        else:
            faults.append(Fault(f"{declaration.value[:40]!r} is not a declaration", start + offset))
    return tuple(found), nested


def _nested(css: str, start: int, stop: int, parents: tuple[Selector, ...], depth: int = 0) -> tuple[Rule, ...]:
    """What the block ``css[start:stop]`` of a rule says without nesting; nothing when a part of it cannot be said so.

    Declarations behind a nested rule come after it in the cascade (CSS Nesting 1 §4.1).
    """
    end = stop - 1 if css[stop - 1] == "}" else stop
    rules: list[Rule] = []
    written = 0
    for at, block, after in _items(css, start, end):
        if block == after and css[at] != "@":
            said = read_declarations(css[at:after])
            if not all(one.name for one in said):
                return ()
            rules.append(Rule(at, at, after, parents, said))
        elif css[at] == "@":
            rules.append(Rule(at, block, after, (), ()))
        else:
            selectors = unnested(parents, _without_comments(css[at:block]))
            inside = _nested(css, block + 1, after, selectors, depth + 1) if selectors and depth < _DEEPEST else ()
            if not inside and _GAP.match(css, block + 1).end() < after - 1:  # type: ignore[union-attr]
                return ()
            rules += inside
            written += sum(len(one.selectors) for one in inside)
            if written > _MOST_WRITTEN:
                return ()
    return tuple(rules)


def _items(css: str, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """The declarations, rules and at-rules in a rule's block: where each begins, where its own block does, and where it
    ends. The second is the third for one without a block."""
    at = _GAP.match(css, start, end).end()  # type: ignore[union-attr]
    while at < end:
        custom = css.startswith("--", at)
        closers: list[str] = []
        block = after = end
        for match in _TOKEN.finditer(css, at, end):
            token = match[0]
            if token == ";" and not closers:
                block = after = match.end()
                break
            if token in _CLOSES:
                if token == "{" and not closers:
                    block = match.start()
                closers.append(_CLOSES[token])
            elif closers and token == closers[-1]:
                closers.pop()
                if token == "}" and not closers and not custom:
                    after = match.end()
                    break
        yield at, after if custom else block, after
        at = _GAP.match(css, after, end).end()  # type: ignore[union-attr]


def _declarations(body: str) -> Iterator[tuple[Declaration, int]]:
    for (start, stop), declaration in _parts(body):
        text = _without_comments(body[start:stop])
        yield declaration, start + len(text) - len(text.lstrip())


def _parts(body: str) -> Iterator[tuple[tuple[int, int], Declaration]]:
    """What stands between semicolons, read as declarations, and where it stands."""
    for start, stop in _split(body, ";"):
        stripped = _without_comments(body[start:stop]).strip()
        if not stripped:
            continue
        name, colon, value = stripped.partition(":")
        name, value = name.strip(), value.strip()
        important = _IMPORTANT.search(value)
        if important:
            value = value[: important.start()].rstrip()
        custom = name.startswith("--")
        if colon and _PROPERTY.match(name) and (custom or (value and not _has_block(value))):
            name = name if custom else name.lower()
            yield (start, stop), Declaration(name, _LINE_BREAK.sub(" ", value), bool(important))
        else:
            yield (start, stop), Declaration("", stripped, False)


def _has_block(text: str) -> bool:
    return "{" in text and any(match[0] == "{" for match in _TOKEN.finditer(text))


def _selectors(prelude: str) -> tuple[Selector, ...]:
    text = _without_comments(prelude)
    return tuple(read_selector(text[start:stop].strip()) for start, stop in _split(text, ","))


def _split(text: str, separator: str) -> Iterator[tuple[int, int]]:
    """Offsets of the parts of ``text`` between separators that stand in no bracket, string or comment."""
    closers: list[str] = []
    done = 0
    for match in _TOKEN.finditer(text):
        token = match[0]
        if token == separator and not closers:
            yield done, match.start()
            done = match.end()
        elif token in _CLOSES:
            closers.append(_CLOSES[token])
        elif closers and token == closers[-1]:
            closers.pop()
    yield done, len(text)


def _without_comments(text: str) -> str:
    if "/*" not in text:
        return text
    return _TOKEN.sub(lambda match: "" if match[0].startswith("/*") else match[0], text)


def _block_with_space(css: str, rule: Rule) -> int:
    head = css[rule.start : rule.block]
    return rule.start + len(head.rstrip())
