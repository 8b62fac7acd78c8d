"""The failure table: the rows of ``rows/``, a file a step, and the meaning of reply codes. Read when first asked."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from mailtemplates.failures.failure import STEPS, Failure, Language

_FOLDER = Path(__file__).parent


class Code(NamedTuple):
    """A reply code of RFC 5321, or an enhanced status code of the registry of RFC 5248 without its class (``7.8``).

    :param failure: the id of the row that is meant when the text says no more.
    :param weight: how much the code says, as the weight of a phrase: those that servers use for anything say little.
    :param also: ids of rows that use it too.
    """

    code: str
    en: str
    zh: str
    reference: str
    failure: str
    weight: int
    also: tuple[str, ...]

    def title(self, language: Language) -> str:
        """What the code stands for."""
        return self.zh if language == "zh" else self.en


@cache
def all_failures() -> dict[str, Failure]:
    """The rows by their ids, in the order of the steps."""
    found: dict[str, Failure] = {}
    for step in STEPS:
        for row in _json(f"rows/{step}.json"):
            failure = Failure.read(step, row)
            if failure.id in found:
                raise RuntimeError(f"rows/{step}.json: {failure.id} is taken")
            found[failure.id] = failure
    return found


def find_failure(word: str) -> Failure | None:
    """The row of an id or a name, in any case; None when there is none."""
    lower = word.lower().replace("_", "-")
    return next((row for row in all_failures().values() if lower in (row.id.lower(), row.name)), None)


@cache
def all_codes() -> dict[str, Code]:
    """Codes by themselves: ``535``, and enhanced ones without their class, ``7.8``."""
    return {
        code: Code(code, row["en"], row["zh"], row["reference"], row["failure"], row["weight"], tuple(row["also"]))
        for code, row in _json("codes.json").items()
    }


def find_code(code: str) -> Code | None:
    """What is known of ``535``, ``5.7.8``, ``X.7.8`` or ``7.8``; None when it is not in the table.

    An enhanced status code that is not in the table stands for its subject, ``X.7.0`` (RFC 3463 §2).
    """
    known = all_codes()
    if code.count(".") == 2:
        subject, detail = code.split(".")[1:]
        code = f"{int(subject)}.{int(detail)}" if detail.isdecimal() and subject.isdecimal() else ""
    return known.get(code) or known.get(f"{code.partition('.')[0]}.0")


def _json(name: str) -> Any:
    return json.loads((_FOLDER / name).read_bytes())
