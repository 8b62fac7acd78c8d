"""A row of the failure table: one cause that keeps mail from arriving, how it shows, and the cure."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, Self, get_args

Step = Literal[
    "config", "dns", "tcp", "greeting", "ehlo", "tls", "cert", "capabilities", "auth", "sender", "recipient",
    "message", "identity", "send", "arrive", "runtime",
]  # fmt: skip
"""Where in a delivery it happens, in the order in which a doctor asks."""

STEPS: tuple[Step, ...] = get_args(Step)

Fault = Literal["sender", "network", "server", "recipient"]
"""Who can mend it: whoever sends, whoever runs the network between, the server that answers, or the other side."""

Language = Literal["en", "zh"]

LANGUAGES: tuple[Language, ...] = get_args(Language)


class Words(NamedTuple):
    """A row in one language: what is seen, why, and the next step."""

    symptom: str
    cause: str
    cure: str


class Failure(NamedTuple):
    """One row.

    :param id: its stable id, ``D04``; ``name`` is the same in words.
    :param temporary: whether the same may work later with nothing changed, where no reply code says so.
    :param reason: the family, a word of sisimai's list of reasons where it has one.
    :param phrases: what servers and programs say then; see :mod:`mailtemplates.failures.phrase`.
    :param examples: texts as they were met; the test of the row.
    """

    id: str
    name: str
    step: Step
    fault: Fault
    temporary: bool
    reason: str
    en: Words
    zh: Words
    phrases: tuple[str, ...]
    examples: tuple[str, ...]

    @classmethod
    def read(cls, step: Step, row: dict[str, Any]) -> Self:
        """A row of a file of ``rows/``."""
        return cls(
            row["id"], row["name"], step, row["fault"], row["lasts"] == "temporary", row["reason"],
            Words(*row["en"]), Words(*row["zh"]), tuple(row.get("phrases", ())), tuple(row.get("examples", ())),
        )  # fmt: skip

    def words(self, language: Language) -> Words:
        """The row's texts in a language."""
        return self.zh if language == "zh" else self.en
