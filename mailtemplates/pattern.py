"""Regular expressions that are compiled when they are first used.

A process that renders one message uses a few of the package's hundred patterns; compiling all of them at import would
take longer than importing Jinja.
"""

from __future__ import annotations

import re
import sys
from typing import Any, cast, overload

_METHODS = ("match", "fullmatch", "search", "sub", "subn", "split", "findall", "finditer")


_TAKES_BACK = sys.version_info < (3, 11, 5)
"""Whether a possessive repeat of what has choices of its own, as in ``(?:a|bc?)*+``, matches too little (gh-106052)."""


def _compile_atomic(source: Any, flags: int = 0) -> Any:
    """What ``re.compile`` gives, with such repeats as atomic groups: ``(?>(?:a|bc?)*)``, which is the same."""
    from re import _compiler, _parser  # type: ignore[attr-defined]  # there in 3.11, and asked of no later version

    tree = _parser.parse(source, flags)
    _make_atomic(tree, _compiler, _parser)
    return _compiler.compile(tree, flags)


def _make_atomic(part: Any, compiler: Any, parser: Any) -> None:
    if isinstance(part, parser.SubPattern):
        for at, (operation, arguments) in enumerate(part.data):
            _make_atomic(arguments, compiler, parser)
            if operation is parser.POSSESSIVE_REPEAT and not compiler._simple(arguments[2]):
                repeat = parser.SubPattern(part.state, [(parser.MAX_REPEAT, arguments)])
                part.data[at] = (parser.ATOMIC_GROUP, repeat)
    elif isinstance(part, tuple | list):
        for one in part:
            _make_atomic(one, compiler, parser)


class _Lazy:
    """Stands for a pattern: its first use compiles it, and then its methods are the compiled pattern's own."""

    def __init__(self, source: Any, flags: int) -> None:
        self._source = source
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        compiled = (_compile_atomic if _TAKES_BACK else re.compile)(self._source, self._flags)
        self.__dict__.update({method: getattr(compiled, method) for method in _METHODS})
        return getattr(compiled, name)


@overload
def pattern(source: str, flags: int = 0) -> re.Pattern[str]: ...
@overload
def pattern(source: bytes, flags: int = 0) -> re.Pattern[bytes]: ...
def pattern(source: str | bytes, flags: int = 0) -> re.Pattern[str] | re.Pattern[bytes]:
    """What ``re.compile`` gives, compiled when it is first used."""
    return cast("re.Pattern[str]", _Lazy(source, flags))
