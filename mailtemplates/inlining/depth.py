"""How deep the elements of a document nest, and a stack that is deep enough to walk them.

An engine that is compiled walks a tree by calling itself, and a thread's stack is 128 KB to 8 MB: some thousand
elements in one another would end the whole process.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable
from typing import TypeVar

from mailtemplates.errors import MailTemplatesError
from mailtemplates.html.markup import VOID

_SHALLOW = 32
"""Open tags that any thread has the stack for."""

_DEEPEST = 100_000
_OCTETS = 4_096
"""Stack for an open tag: up to five elements, as in table, tbody, tr, td and p, of 600 to 800 octets each."""

_UNCOUNTED = frozenset(
    ("p", "li", "dt", "dd", "td", "th", "tr", "tbody", "thead", "tfoot", "option", "optgroup", *VOID)
)
"""Elements that another of their kind closes: they nest only where one that is counted stands between them."""

_FORMATTING = frozenset(
    ("a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u")
)
"""Elements that stand again in what follows when something around them is closed (HTML §13.2.4.3)."""

_SCOPES = frozenset(("applet", "button", "caption", "html", "marquee", "math", "object", "svg", "table", "template"))
"""Elements that an end tag inside them cannot close anything outside of (HTML §13.2.4.2)."""

_starting = threading.Lock()

Answer = TypeVar("Answer")


class _Scope:
    """What stands open in an element that end tags do not reach out of."""

    __slots__ = ("counts", "name", "names")

    def __init__(self, name: str) -> None:
        self.name = name
        self.names: list[str] = []
        self.counts: Counter[str] = Counter()

    def open(self, name: str) -> None:
        self.names.append(name)
        self.counts[name] += 1

    def close(self, name: str) -> int:
        """Close an element and all in it; how many there were."""
        if not self.counts[name]:
            return 0
        before, last = len(self.names), ""
        while last != name:
            last = self.names.pop()
            self.counts[last] -= 1
        return before - len(self.names)


def depth(parts: Iterable[str]) -> int:
    """At least as many tags as are open at once anywhere in a document; optional ones do not count.

    :param parts: text and tags, one an item, names in lower case; an attribute stands behind a space.
    """
    scopes = [_Scope("")]
    formatting: Counter[str] = Counter()
    opened = deepest = 0
    for part in parts:
        if part[:1] != "<" or part[1:2] in ("!", ""):
            continue
        name = part[1:-1].split(" ", 1)[0]
        if name[0] != "/":
            if name in _UNCOUNTED:
                continue
            opened += 1
            deepest = max(deepest, opened)
            if name in _FORMATTING:
                formatting[name] += 1
            elif name in _SCOPES:
                scopes.append(_Scope(name))
            else:
                scopes[-1].open(name)
            continue
        name = name[1:]
        if formatting[name]:
            formatting[name] -= 1
            opened -= 1
        elif name == scopes[-1].name:
            opened -= 1 + len(scopes.pop().names)
        else:
            opened -= scopes[-1].close(name)
    return deepest


def with_stack(tags: int, work: Callable[[], Answer]) -> Answer:
    """What ``work`` returns or raises, done on a stack for a document of that depth.

    :raises MailTemplatesError: no stack is deep enough.
    """
    if tags <= _SHALLOW:
        return work()
    if tags > _DEEPEST:
        raise MailTemplatesError(
            f"the html nests {tags} elements in one another, and {_DEEPEST} are the most",
            cure="close what is open: browsers show nothing of what nests deeper than 512",
        )
    answers: list[Answer] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            answers.append(work())
        except BaseException as error:
            errors.append(error)

    with _starting:  # the size is that of all threads which begin meanwhile
        usual = threading.stack_size(1_048_576 + tags * _OCTETS)
        try:
            thread = threading.Thread(target=run, daemon=True)
            thread.start()
        finally:
            threading.stack_size(usual)
    thread.join()
    if errors:
        raise errors[0]
    return answers[0]
