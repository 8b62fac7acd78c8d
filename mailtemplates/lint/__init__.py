"""Linting: what a rule is, which rules run, and what becomes of their findings.

``from mailtemplates import lint`` is the function :func:`mailtemplates.lint.linter.lint`. Once this package is imported
the same words find the package, so it can be called too, and gives what the function gives.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import Any


class _Package(ModuleType):
    def __call__(self, *arguments: Any, **named: Any) -> Any:
        return import_module(f"{__name__}.linter").lint(*arguments, **named)


sys.modules[__name__].__class__ = _Package
