"""Regular expressions that are compiled when they are first used.

A process that renders one message uses a few of the package's hundred patterns; compiling all of them at import would
take longer than importing Jinja.
"""

from __future__ import annotations

import re
from typing import Any, cast, overload

_METHODS = ("match", "fullmatch", "search", "sub", "subn", "split", "findall", "finditer")


class _Lazy:
    """Stands for a pattern: its first use compiles it, and then its methods are the compiled pattern's own."""

    def __init__(self, source: Any, flags: int) -> None:
        self._source = source
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        compiled = re.compile(self._source, self._flags)
        self.__dict__.update({method: getattr(compiled, method) for method in _METHODS})
        return getattr(compiled, name)


@overload
def pattern(source: str, flags: int = 0) -> re.Pattern[str]: ...
@overload
def pattern(source: bytes, flags: int = 0) -> re.Pattern[bytes]: ...
def pattern(source: str | bytes, flags: int = 0) -> re.Pattern[str] | re.Pattern[bytes]:
    """What ``re.compile`` gives, compiled when it is first used."""
    return cast("re.Pattern[str]", _Lazy(source, flags))
